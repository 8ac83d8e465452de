"""Measures of a run against the truth: scikit-learn's numbers, hand-worked ones, and intervals that cover."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from cib.evaluate.curve import account_measures, curve_of, order_of
from cib.evaluate.judge import judge, resamples
from cib.evaluate.overlap import best_matches, network_measures, partition_measures
from cib.evaluate.truth import Held


@st.composite
def scored(draw):
    """Accounts with a coarse score (ties), a truth that has both sides, and a weight."""
    n = draw(st.integers(2, 40))
    score = draw(st.lists(st.integers(0, 6), min_size=n, max_size=n))
    planted = draw(st.lists(st.booleans(), min_size=n, max_size=n).filter(lambda flags: len(set(flags)) == 2))
    weight = draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))
    return np.array(score, float), np.array(planted), np.array(weight, float)


@given(scored())
def test_the_curve_is_scikit_learns(case):
    score, planted, weight = case
    curve = curve_of(order_of(score), planted, weight)
    expected = metrics.average_precision_score(planted, score, sample_weight=weight)
    assert curve.average_precision() == pytest.approx(expected)
    assert curve.roc_auc() == pytest.approx(metrics.roc_auc_score(planted, score, sample_weight=weight))
    false, true, _ = metrics.roc_curve(planted, score, sample_weight=weight, drop_intermediate=False)
    for rate in (0.001, 0.01, 0.05, 0.3, 1.0):
        assert curve.recall_at(rate) == pytest.approx(true[false <= rate + 1e-12].max())


@given(scored())
def test_a_weight_is_as_many_accounts(case):
    score, planted, weight = case
    times = weight.astype(int)
    reported = score >= 4
    repeated = [np.repeat(values, times) for values in (score, planted, reported)]
    whole = account_measures(order_of(repeated[0]), repeated[1], repeated[2], np.ones(times.sum()))
    assert account_measures(order_of(score), planted, reported, weight) == pytest.approx(whole)


@given(scored())
def test_another_base_rate_is_more_or_fewer_of_the_others(case):
    score, planted, weight = case
    curve = curve_of(order_of(score), planted, weight)
    rate = 0.2
    factor = weight[planted].sum() * (1 - rate) / (rate * weight[~planted].sum())
    other = np.where(planted, weight, factor * weight)
    expected = metrics.average_precision_score(planted, score, sample_weight=other)
    assert curve.average_precision(rate) == pytest.approx(expected)


def test_accounts_without_a_score_come_last_together():
    score, planted = np.array([np.nan, 2.0, np.nan, 1.0]), np.array([True, True, False, False])
    low = np.array([-9.0, 2.0, -9.0, 1.0])
    curve = curve_of(order_of(score), planted, np.ones(4))
    assert curve.average_precision() == pytest.approx(metrics.average_precision_score(planted, low))


def test_the_first_k_worked_by_hand():
    # Two planted above; then four of one score, one of them planted; then two others.
    score = np.array([9, 8, 5, 5, 5, 5, 1, 1.0])
    planted = np.array([True, True, True, False, False, False, False, False])
    curve = curve_of(order_of(score), planted, np.ones(8))
    assert curve.precision_at(2) == 1
    assert curve.precision_at(4) == pytest.approx((2 + 2 * 0.25) / 4)
    assert curve.precision_at(100) == pytest.approx(3 / 8)


def test_the_reported_worked_by_hand():
    planted = np.array([True, True, True, False, False])
    reported = np.array([True, True, False, True, False])
    found = account_measures(order_of(np.arange(5.0)), planted, reported, np.array([1, 1, 1, 1, 16.0]))
    assert found["precision of the reported"] == pytest.approx(2 / 3)
    assert found["recall of the reported"] == pytest.approx(2 / 3)
    assert found["F1 of the reported"] == pytest.approx(2 / 3)
    # At a base rate of 1 %: 0.01 * 2/3 hits against 0.99 * 1/17 false alarms.
    expected = (0.01 * 2 / 3) / (0.01 * 2 / 3 + 0.99 / 17)
    assert found["precision of the reported at a base rate of 1 %"] == pytest.approx(expected)


# Networks -----------------------------------------------------------------------------------------

NETWORK = np.array([1, 1, 1, 1, 2, 2, 3, 3, 0, 0, 0])
CAMPAIGN = np.array([0, 0, 0, -1, 1, 1, -1, -1, 1, 1, -1])


def test_networks_worked_by_hand():
    found = network_measures(NETWORK, CAMPAIGN, np.ones(11))
    # Network 1: three of campaign 0 and another; 2: two of campaign 1, whose other two are nowhere; 3: others.
    assert found["weighted precision"] == pytest.approx((4 * 0.75**2 + 2) / (3 + 2))
    assert found["purity"] == pytest.approx(5 / 6)
    assert found["best-match F1"] == pytest.approx((2 * 3 / (4 + 3) + 2 * 2 / (2 + 4)) / 2)
    assert found["rank of the first pure network"] == 2
    assert found["networks that cover 50 % of the planted"] == 2
    assert np.isnan(found["networks that cover 80 % of the planted"])


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 2), st.integers(0, 3)), min_size=1, max_size=40))
def test_networks_by_brute_force(rows):
    network, campaign, weight = (np.array(column) for column in zip(*rows, strict=True))
    expanded = [(n, c) for n, c, w in rows for _ in range(w)]
    if not any(c >= 0 for _, c in expanded):
        return
    found = network_measures(network, campaign, weight.astype(float))
    groups = {n: [c for m, c in expanded if m == n] for n in sorted({n for n, _ in expanded}) if n}
    share = {n: sum(c >= 0 for c in members) / len(members) for n, members in groups.items()}
    top = sum(len(members) * share[n] ** 2 for n, members in groups.items())
    below = sum(len(members) * share[n] for n, members in groups.items())
    assert found["weighted precision"] == pytest.approx(top / below if below else 0)
    pure = [n for n, members in groups.items() if max(members.count(c) for c in (0, 1, 2)) >= 0.9 * len(members)]
    assert (min(pure) if pure else None) == (
        None if np.isnan(first := found["rank of the first pure network"]) else first
    )
    best = []
    for one in sorted({c for _, c in expanded if c >= 0}):
        size = sum(c == one for _, c in expanded)
        best.append(max([2 * members.count(one) / (len(members) + size) for members in groups.values()], default=0))
    assert best_matches(network, campaign, weight.astype(float)).tolist() == pytest.approx(best)


def test_a_partition_is_scikit_learns():
    rng = np.random.default_rng(1)
    network, campaign = rng.integers(0, 4, 80), rng.integers(-1, 3, 80)
    found = partition_measures(network, campaign, np.ones(80))
    planted = campaign >= 0
    inside = planted & (network > 0)
    alone = [f"alone {n}" if net == 0 else f"in {net}" for n, net in enumerate(network)]
    single = np.array(alone)[planted]
    assert found["coverage"] == pytest.approx(inside.sum() / planted.sum())
    for name, score in (
        ("AMI", metrics.adjusted_mutual_info_score),
        ("ARI", metrics.adjusted_rand_score),
        ("homogeneity", metrics.homogeneity_score),
    ):
        assert found[f"{name}, assigned only"] == pytest.approx(score(campaign[inside], network[inside]))
        assert found[f"{name}, unassigned as singletons"] == pytest.approx(score(campaign[planted], single))


def test_with_one_campaign_there_is_no_partition_to_find():
    found = partition_measures(np.array([1, 1, 0]), np.array([0, 0, 0]), np.ones(3))
    assert np.isnan(found["AMI, assigned only"])
    assert found["coverage"] == pytest.approx(2 / 3)


# Intervals ----------------------------------------------------------------------------------------


def beside(rows, runs=("one",)):
    frame = pl.DataFrame(rows).with_columns(level=pl.lit(None, dtype=pl.Int64))
    names = sorted(set(frame.filter(kind="campaign")["name"]))
    cells = {name: n for n, name in enumerate(sorted(set(frame["name"].drop_nulls())))}
    return Held(
        frame.with_columns(
            campaign=pl.Series([names.index(name) if name in names else -1 for name in frame["name"]]),
            cell=pl.Series([cells.get(name, -1) for name in frame["name"]]),
        ),
        names,
        list(runs),
        0,
    )


def simple(planted_found, planted, others_found, others, *, runs=("one",)):
    """Accounts of one campaign and others, of each some in network 1."""
    counts = [planted_found, planted - planted_found, others_found, others - others_found]
    rows = {
        "accounts": counts,
        "name": ["x", "x", None, None],
        "kind": ["campaign", "campaign", "organic", "organic"],
    }
    for n in range(len(runs)):
        rows |= {f"score_{n}": [1.0, None] * 2, f"network_{n}": [1, 0] * 2, f"reported_{n}": [True, False] * 2}
    return beside(rows, runs)


def test_a_resample_keeps_both_sides_and_whole_cells():
    rows = {
        "accounts": [3, 2, 4, 100, 50],
        "name": ["a", "a", "b", None, "fans"],
        "kind": ["campaign", "campaign", "campaign", "organic", "fans"],
        "score_0": [1.0, None, 1.0, None, 2.0],
        "network_0": [1, 0, 1, 0, 2],
        "reported_0": [True, False, True, False, True],
    }
    for weight in resamples(beside(rows), 50, 1, "accounts"):
        assert weight[:3].sum() == 9
        assert weight.sum() == 159
    seen = set()
    for weight in resamples(beside(rows), 50, 1, "cells"):
        a, b = weight[0] / 3, weight[2] / 4
        assert weight[1] == 2 * a
        assert a + b == 2
        assert weight[3] + weight[4] / 50 == 101
        seen.add(a)
    assert seen == {0, 1, 2}


def test_intervals_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(7)
    covered = []
    for trial in range(300):
        found = simple(rng.binomial(80, 0.7), 80, rng.binomial(400, 0.02), 400)
        recalls = [weight[0] / (weight[0] + weight[1]) for weight in resamples(found, 150, trial, "accounts")]
        low, high = np.percentile(recalls, [2.5, 97.5])
        covered.append(low <= 0.7 <= high)
    # 95 % intervals of a binomial share; with 300 trials three standard errors are 4 points.
    assert 0.90 <= np.mean(covered) <= 0.99


def test_a_run_does_not_differ_from_itself_and_the_same_seed_says_the_same():
    two = simple(30, 40, 5, 300, runs=("one", "two"))
    table = judge(two, draws=60, seed=3)
    difference = table.filter(run="two - one")
    known = difference.drop_nulls("value")
    assert set(known["about"]) == {"accounts", "networks", "partition"}
    assert (known["value"] == 0).all()
    assert known["low"].drop_nulls().eq(0).all()
    assert table.equals(judge(two, draws=60, seed=3))
    assert not table.equals(judge(two, draws=60, seed=4))
