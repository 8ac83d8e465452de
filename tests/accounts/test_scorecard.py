"""The scorecard: points added up by hand, saved and read back, honest on accounts it has not seen (all synthetic)."""

import json
from datetime import UTC, datetime, timedelta
from math import exp

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from cib.accounts import describe
from cib.accounts.modelled import MODEL_NAME
from cib.accounts.scorecard import FEATURES, Part, Scorecard, fit_scorecard, load_scorecard, profile_features
from cib.accounts.trial import area, cross_validated, reliability
from cib.errors import ConfigError
from cib.settings import AccountSettings
from tests.accounts import made

NOW = datetime(2020, 1, 11, tzinfo=UTC)
BY_HAND = Scorecard(
    (Part("followers", (10.0, 100.0), (-2.0, 0.5, 1.5)), Part("verified", (1.0,), (0.25, -3.0))),
    intercept=-0.5,
    slope=2.0,
)


def features(**columns):
    size = len(next(iter(columns.values())))
    return pl.DataFrame({name: columns.get(name, [None] * size) for name in FEATURES}).cast(pl.Float64)


def crowd(count, *, seed=1, strength=1.5):
    """Features of which two tell something of the truth, and one is often missing; the rest is noise."""
    rng = np.random.default_rng(seed)
    truth = rng.random(count) < 0.4
    columns = {name: rng.normal(0, 1, count) for name in FEATURES}
    columns["age_days"] += strength * truth
    columns["post_count"] -= strength * truth
    frame = pl.DataFrame(columns)
    return frame.with_columns(
        pl.when(pl.Series(rng.random(count) > 0.3)).then("name_length").alias("name_length")
    ), truth


def test_features_by_hand():
    accounts = made.accounts(
        2,
        handle=["anna12", ""],
        name=["Änn", None],
        description=["four", None],
        followers=[30, 0],
        following=[10, 0],
        post_count=[100, None],
        created_at=[NOW - timedelta(days=10), NOW + timedelta(days=1)],
        verified=[True, None],
        default_profile=[False, True],
        label=["bot", "human"],
    )
    one, other = profile_features(accounts, as_of=NOW).rows(named=True)
    assert one == {
        "followers": 30, "following": 10, "post_count": 100, "follower_ratio": 0.75, "age_days": 10,
        "posts_per_day": 10, "followers_per_day": 3, "following_per_day": 1, "handle_length": 6,
        "handle_digits": pytest.approx(1 / 3),
        "name_length": 3, "description_length": 4, "verified": 1, "default_profile": 0,
    }  # fmt: skip
    assert (other["age_days"], other["follower_ratio"], other["handle_digits"]) == (1, None, None)
    assert profile_features(accounts.drop("label"), as_of=NOW).columns == list(FEATURES)


def test_points_are_added_up_and_unknown_ones_add_nothing():
    frame = features(followers=[9, 10, 100, None], verified=[0, 1, None, None])
    z = [-0.5 - 2 + 0.25, -0.5 + 0.5 - 3, -0.5 + 1.5, -0.5]
    assert BY_HAND.points(frame).tolist() == pytest.approx(z)
    assert BY_HAND.probability(frame).tolist() == pytest.approx([1 / (1 + exp(-2 * one)) for one in z])
    assert BY_HAND.known(frame).to_list() == [2, 2, 1, 0]


def test_an_unknown_value_stands_for_the_average_one():
    frame, truth = crowd(600)
    model = fit_scorecard(frame, truth, seed=1)
    for part in model.parts:
        known = frame[part.name].drop_nulls()
        alone = Scorecard((part,), 0.0).points(features(**{part.name: known.to_list()}))
        assert alone.mean() == pytest.approx(0, abs=1e-5)


def test_it_finds_what_is_there_and_is_calibrated_on_fresh_accounts():
    frame, truth = crowd(1_500)
    fresh, fresh_truth = crowd(4_000, seed=2)
    model = fit_scorecard(frame, truth, seed=1)
    p = model.probability(fresh)
    assert roc_auc_score(fresh_truth, p) > 0.9
    table = reliability(p, fresh_truth)
    assert (table["p"] - table["share"]).abs().max() < 0.08
    weights = {part.name: max(part.points) - min(part.points) for part in model.parts}
    assert set(sorted(weights, key=weights.get)[-2:]) == {"age_days", "post_count"}


def test_noise_is_told_to_be_noise_so_no_account_is_tried_that_was_fitted_to():
    frame, truth = crowd(200, strength=0)
    trial = cross_validated(frame, truth, seed=1)
    assert trial.auc_low < 0.5
    assert trial.auc < 0.6
    assert trial.brier > trial.brier_base - 0.01
    assert trial.accounts == trial.table["accounts"].sum() == 200
    assert fit_scorecard(frame, truth, seed=1).probability(frame)[truth].mean() > truth.mean()  # of those it has seen


def test_columns_that_tell_nothing_get_no_points():
    truth = np.tile([True, False], 60)
    frame = features(followers=[5.0] * 120, verified=np.tile([1.0, 0.0], 60))
    model = fit_scorecard(frame, truth, seed=1)
    assert [part.name for part in model.parts] == ["verified"]
    nothing = fit_scorecard(features(followers=[None] * 120), truth, seed=1)
    assert nothing.parts == ()
    assert nothing.probability(features(followers=[1.0])).tolist() == pytest.approx([0.5], abs=0.01)


def test_the_same_seed_gives_the_same_file(tmp_path):
    frame, truth = crowd(300)
    for name in ("a", "b"):
        fit_scorecard(frame, truth, seed=1).save(tmp_path / name / "model.json")
    assert (tmp_path / "a" / "model.json").read_bytes() == (tmp_path / "b" / "model.json").read_bytes()


def test_a_model_is_read_back_as_it_was(tmp_path):
    model = Scorecard(BY_HAND.parts, -0.5, 2.0, 0.1, (0.2, 0.6), ("x",)).described(label="bot", seed=1)
    model.save(tmp_path / "model.json")
    assert load_scorecard(tmp_path / "model.json") == model


@pytest.mark.parametrize(
    "change",
    [
        {"format": "cib scorecard 0"},
        {"slope": "NaN"},
        {"slope": None},
        {"abstain": [0.9, 0.1]},
        {"parts": [{"name": "followers", "edges": [1.0], "points": [1.0]}]},
        {"parts": [{"name": "followers", "edges": [2.0, 1.0], "points": [0, 0, 0]}]},
        {"parts": [{"name": "shoe_size", "edges": [1.0], "points": [0, 0]}]},
        {"parts": 3},
        {"card": None},
    ],
)
def test_a_file_that_is_no_sound_model_is_refused(tmp_path, change):
    BY_HAND.save(tmp_path / "model.json")
    document = json.loads((tmp_path / "model.json").read_text()) | change
    (tmp_path / "model.json").write_text(json.dumps(document))
    with pytest.raises(ConfigError, match="is not a model of this version"):
        load_scorecard(tmp_path / "model.json")


def test_a_file_that_is_not_there_or_not_json_is_refused(tmp_path):
    (tmp_path / "model.json").write_text("import os")
    for name in ("model.json", "absent.json"):
        with pytest.raises(ConfigError, match="cannot be read as a model"):
            load_scorecard(tmp_path / name)


# As an indicator ----------------------------------------------------------------------------------


def said(model, **columns):
    profiles = made.accounts(len(next(iter(columns.values()))), **columns)
    found = describe(made.posts([], []), profiles, AccountSettings(), resolution_s=1, seed=1, model=model)
    return found.filter(pl.col("name") == MODEL_NAME)


def test_without_a_model_there_is_no_such_indicator_and_with_one_nothing_else_changes():
    posts, accounts = made.corpus()
    without, along = (
        describe(posts.lazy(), accounts, AccountSettings(), resolution_s=1, seed=1, model=model)
        for model in (None, BY_HAND)
    )
    assert MODEL_NAME not in without["name"].to_list()
    assert along.filter(pl.col("name") != MODEL_NAME).equals(without)
    assert along.filter(pl.col("name") == MODEL_NAME)["applicable"].any()


def test_what_is_said_and_where_it_abstains():
    model = Scorecard(BY_HAND.parts, -0.5, 2.0, 0.0, (0.3, 0.7), ("x",))
    rows = said(
        model,
        followers=[500, 5, 50, None, 500],
        verified=[None, False, False, None, None],
        platform=["x", "x", "x", "x", "y"],
        account_id=["x:0", "x:1", "x:2", "x:3", "y:4"],
    )
    assert rows["value"].to_list()[:2] == pytest.approx([1 / (1 + exp(-2)), 1 / (1 + exp(4.5))])
    assert rows["value"].to_list()[2:] == [None] * 3
    sentences = rows["sentence"].to_list()
    alike = "Of accounts of the training file with a profile like this, {} % bore its label; {}."
    away = " This does not carry over to other data."
    assert sentences[0] == alike.format(88, "more than 50 % of the accounts here") + away
    assert sentences[1] == alike.format(1, "hardly any account here has less") + away
    assert sentences[2:] == [
        "The model abstains: neither likely nor unlikely, between 30 and 70 %.",
        "The model abstains: 0 of 2 features known, 1 needed.",
        "The model abstains: it was trained on accounts of another platform.",
    ]


# The trial ----------------------------------------------------------------------------------------


def test_the_area_is_scikit_learns_and_its_interval_holds_the_truth():
    rng = np.random.default_rng(4)
    inside, true_area = 0, 0.8413447  # of two normals whose means lie sqrt(2) standard deviations apart
    for _ in range(200):
        truth = np.arange(120) < 50
        p = np.round(rng.normal(np.where(truth, np.sqrt(2), 0), 1), 2)
        auc, low, high = area(p, truth)
        assert auc == pytest.approx(roc_auc_score(truth, p))
        inside += low <= true_area <= high
    assert 180 <= inside <= 199


def test_reliability_by_hand():
    p = np.repeat([0.05, 0.9], 10)
    truth = np.r_[np.zeros(10), np.ones(9), 0].astype(bool)
    table = reliability(p, truth)
    assert table["accounts"].to_list() == [2] * 10
    assert table["p"].to_list() == [pytest.approx(0.05)] * 5 + [pytest.approx(0.9)] * 5
    assert table["share"].to_list() == [0] * 5 + [0.5] + [1] * 4
    # Wilson: 1 of 2
    assert table.row(5)[2:4] == pytest.approx((0.0945, 0.9055), abs=1e-4)
