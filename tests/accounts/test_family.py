"""Families: normal scores of ranks, summed by hand; and the count of those above the 99th percentile."""

from dataclasses import replace
from math import sqrt
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest

from cib.accounts import INDICATORS
from cib.accounts.family import FAMILIES, extreme_families, families, family_score
from tests.accounts import made

normal = NormalDist().inv_cdf


def past_of(**ranks):
    """A corpus of which only the ranks are known."""
    frame = pl.DataFrame(ranks)
    return replace(made.history(made.posts([], []), made.accounts(len(frame))), ranks=frame)


def test_ranks_are_turned_to_the_unusual_side_and_summed():
    past = past_of(up=[0.25, 0.75], down=[0.25, 0.75], far=[0.125, 0.5])
    found = family_score(past, parts=(("up", "high"), ("down", "low"), ("far", "both")))
    first = (normal(0.25) + normal(0.75) + normal(0.75)) / sqrt(3)
    # Nothing lies farther out than half an account: 0 becomes 1 / (2 * 2).
    second = (normal(0.75) + normal(0.25) + normal(0.25)) / sqrt(3)
    assert found["value"].to_list() == pytest.approx([first, second])
    assert found["detail"].to_list() == ["3 indicators, above all down", "3 indicators, above all up"]


def test_what_does_not_apply_is_left_out():
    past = past_of(up=[0.25, 0.75, None, None], more=[None, 0.9, 0.5, None], other=[0.1, 0.2, 0.3, 0.4])
    found = family_score(past, parts=(("up", "high"), ("more", "high"), ("absent", "high")))
    # `more` applies to two accounts, so no rank in it counts beyond 3/4.
    assert found["value"].to_list()[:3] == pytest.approx([normal(0.25), 2 * normal(0.75) / sqrt(2), 0])
    assert found["reason"].to_list() == [None] * 3 + ["No indicator of this family applies to it."]
    assert found["detail"][0] == "1 indicator, above all up"


def test_the_scatter_does_not_depend_on_how_many_apply():
    rng = np.random.default_rng(5)
    ranks = {f"i{n}": rng.permutation(4_000) / 4_000 + 1 / 8_000 for n in range(9)}
    for count in (1, 4, 9):
        scores = family_score(past_of(**ranks), parts=tuple((f"i{n}", "high") for n in range(count)))["value"]
        assert scores.std() == pytest.approx(1, abs=0.03)


def parts(*titles):
    return {title: ((title, "high"),) for title in titles}


def test_one_in_a_hundred_is_above_the_99th_percentile_of_a_family():
    rising = np.arange(0.5, 300) / 300
    found = extreme_families(past_of(a=rising, b=np.roll(rising, 1), c=rising), parts=parts("a", "b", "c"))
    assert found["value"].value_counts().sort("value").rows() == [(0.0, 296), (1.0, 1), (2.0, 1), (3.0, 2)]
    assert set(found["detail"]) == {"3"}


def test_a_rank_that_many_share_is_above_nothing():
    shared = [0.49] * 294 + [0.99] * 6
    assert set(extreme_families(past_of(a=shared), parts=parts("a"))["value"]) == {0}


def test_fewer_than_a_hundred_have_no_99th_percentile():
    assert set(extreme_families(past_of(a=np.arange(99) / 99), parts=parts("a"))["reason"]) == {
        "Insufficient data: 99 accounts, 100 needed."
    }
    mostly = [0.5] * 99 + [None] * 99
    assert set(extreme_families(past_of(a=mostly), parts=parts("a"))["reason"]) == {
        "No family of indicators applies to 100 accounts."
    }


def test_every_single_indicator_of_a_family_is_in_its_summary():
    single = [one for one in INDICATORS.values() if "indicators" not in one.needs]
    made_again = families(single)
    assert [one.name for one in made_again] == [*(f"family_{name}" for name in FAMILIES), "extreme_families"]
    for family in FAMILIES:
        titles = {one.title for one in single if one.family == family}
        assert titles
        assert {title for title, _ in INDICATORS[f"family_{family}"].function.keywords["parts"]} == titles
    assert {one.family for one in single} - set(FAMILIES) == {"content"}
