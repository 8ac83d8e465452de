"""Outlier: the odd one out is found, named by what makes it odd, and called unusual, not automated."""

from functools import cache

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import IsolationForest

from cib.accounts import INDICATORS, describe
from cib.settings import AccountSettings
from tests.accounts import made


@cache
def outliers(count, *, seed=1, share=0.05):
    """Accounts that post about once an hour with short texts; the last one at every second, with many hashtags."""
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(count), 60)
    at = np.tile(np.arange(60) * 3_600.0, count) + rng.integers(0, 1_800, len(who))
    odd = who == count - 1
    at[odd] = np.arange(60)
    tags = [["t"] * (9 if one else int(n)) for one, n in zip(odd, rng.integers(0, 3, len(who)), strict=True)]
    posts = made.posts(who.tolist(), at.tolist(), hashtags=tags, text=[f"text {n}" for n in range(len(who))])
    profiles = made.accounts(count, handle=[f"name{n}" for n in range(count)])
    settings = AccountSettings(outlier_share=share)
    return describe(posts, profiles, settings, resolution_s=1, seed=seed).filter(pl.col("name") == "outlier")


def test_the_odd_one_out_has_the_highest_score_and_a_sentence_of_two_indicators():
    found = outliers(40)
    assert found["value"].arg_max() == 39
    sentence = found["sentence"][39]
    assert "among the 5 % most unusual, above all in " in sentence
    assert sentence.count("(high)") + sentence.count("(low)") == 2
    assert sentence.endswith("Unusual is not automated.")
    assert "not among the 5 % most unusual" in found.sort("value")["sentence"][0]


def profiles_only(count):
    """Accounts with profiles alone that differ a little; the last one is the lowest in two things."""
    rng = np.random.default_rng(2)
    letters = ["".join(rng.choice(list("abcdefghij"), 8)) for _ in range(count - 1)]
    return made.accounts(
        count,
        handle=[*letters, "aaaaaaaa"],
        followers=[*rng.integers(10, 90, count - 1).tolist(), 1],
        following=[*rng.integers(10, 90, count - 1).tolist(), 999],
        default_profile=[False] * count,
        description=["x"] * count,
    )


def test_low_is_as_unusual_as_high():
    found = describe(made.posts([], []), profiles_only(40), AccountSettings(), resolution_s=1, seed=1)
    sentence = found.filter(pl.col("name") == "outlier")["sentence"][39]
    assert "above all in entropy of the handle (low) and surprise of the handle (low)" in sentence


def test_accounts_beyond_the_sample_of_a_tree_may_stand_in_any_order():
    profiles = profiles_only(400)
    turned = profiles.with_columns(account=(pl.col("account") + 123) % 400).sort("account")
    one, other = (
        describe(made.posts([], []), table, AccountSettings(), resolution_s=1, seed=1).filter(
            pl.col("name") == "outlier"
        )
        for table in (profiles, turned)
    )
    assert one["value"].n_unique() > 300
    back = other.with_columns(account=(pl.col("account") + 400 - 123) % 400).cast(one.schema).sort("account")
    assert back.equals(one)


def test_the_share_says_how_many_are_called_the_most_unusual():
    flagged = outliers(40, share=0.25)["sentence"].str.contains("; among the 25 % most unusual")
    assert flagged.sum() == 10


def test_the_seed_decides():
    assert not outliers(25, seed=1).equals(outliers(25, seed=2))
    assert outliers(25, seed=2**32 + 1).equals(outliers(25, seed=1))


def test_not_for_fewer_than_twenty_accounts():
    assert outliers(20)["applicable"].all()
    assert set(outliers(19)["sentence"]) == {"Insufficient data: 19 accounts with enough indicators, 20 needed."}


def test_an_account_with_few_indicators_is_left_out():
    posts = made.posts(np.repeat(np.arange(30), 40).tolist(), list(range(0, 120_000, 100)))
    found = describe(posts, made.accounts(31), AccountSettings(), resolution_s=1, seed=1)
    row = found.filter(pl.col("name") == "outlier", pl.col("account") == 30).row(0, named=True)
    assert row["sentence"] == "Insufficient data: 1 indicator that applies, 5 needed."


def test_the_score_is_scikit_learns_over_the_middle_ranks():
    rng = np.random.default_rng(3)
    handles = ["".join(rng.choice(list("ab12"), 6)) for _ in range(50)]
    profiles = made.accounts(
        50,
        handle=handles,
        followers=rng.integers(0, 9, 50),
        following=rng.integers(1, 9, 50),
        description=rng.choice(["", "x"], 50),
        default_profile=rng.random(50) < 0.5,
    )
    found = describe(made.posts([], []), profiles, AccountSettings(), resolution_s=1, seed=4)
    single = [name for name, one in INDICATORS.items() if "indicators" not in one.needs]
    wide = found.filter(pl.col("name").is_in(single)).pivot("name", index="account", values="value").drop("account")
    wide = wide[[series.name for series in wide if series.null_count() == 0]]
    assert wide.width == 8
    ranks = np.column_stack([(column.rank("average").to_numpy() - 0.5) / 50 for column in wide])
    forest = IsolationForest(random_state=4, n_jobs=1).fit(ranks[np.lexsort(ranks.T)])
    correlation = np.corrcoef(found.filter(pl.col("name") == "outlier")["value"], -forest.score_samples(ranks))[0, 1]
    assert correlation > 0.8  # the same points, but trees also draw columns that tell nothing
    assert found.filter(pl.col("name") == "outlier")["value"].is_between(0, 1, closed="none").all()


@pytest.mark.parametrize("share", [0.01, 0.5])
def test_any_allowed_share_works(share):
    assert outliers(25, share=share)["value"].equals(outliers(25)["value"])
