"""The tests against chance: what holds for every null model, what is asked together, and what strangers look like."""

from datetime import timedelta
from itertools import combinations
from math import comb

import numpy as np
import polars as pl
import pytest

from cib.link import link
from cib.link.chance import JOINT, OVERLAP, TIMING, Chance, benjamini_hochberg, incidence
from cib.settings import LayerSettings
from tests.link.made import acts_at_random, objects, traces

DAY = 86_400
MINUTE = timedelta(seconds=60)
MODELS = [(null, "none") for null in OVERLAP] + [("none", timing) for timing in TIMING] + [("chung_lu", "conditional")]


def strangers(rng, n_accounts=400, n_objects=300, n_acts=6000):
    """Heavy-tailed accounts and objects that meet by chance alone, at times of each object's own burst."""
    accounts, things = rng.pareto(1.5, n_accounts) + 0.1, rng.pareto(1.2, n_objects) + 0.1
    account = rng.choice(n_accounts, n_acts, p=accounts / accounts.sum())
    thing = rng.choice(n_objects, n_acts, p=things / things.sum())
    seconds = (thing * 10_000 + rng.exponential(200 * (1 + thing % 7))).astype(int)
    return list(zip(account.tolist(), thing.tolist(), range(n_acts), seconds.tolist(), strict=True))


def everybody(acts):
    """All pairs of accounts."""
    ends = list(combinations(sorted({a for a, *_ in acts}), 2))
    return tuple(np.array(side, dtype=np.int64) for side in zip(*ends, strict=True))


def inside(acts, window, a, b):
    """Distinct objects on which each pair of accounts is inside the window, by brute force."""
    found = dict.fromkeys(zip(a.tolist(), b.tolist(), strict=True), frozenset())
    by_object = {}
    for act in acts:
        by_object.setdefault(act[1], []).append(act)
    for thing, on in by_object.items():
        for one, two in combinations(on, 2):
            ends = min(one[0], two[0]), max(one[0], two[0])
            if ends in found and abs(one[3] - two[3]) <= window:
                found[ends] |= {thing}
    return np.array([len(x) for x in found.values()], dtype=np.int64)


def judged(acts, n_objects, **settings):
    """The verdict on all pairs of accounts."""
    layer = LayerSettings(window=MINUTE, **settings)
    a, b = everybody(acts)
    return Chance(traces(acts), objects(acts, n_objects), layer).test(a, b, inside(acts, 60, a, b))


@pytest.mark.parametrize(("null", "timing"), MODELS)
def test_order_does_not_matter(null, timing):
    """Neither that of a pair's ends, nor that of the rows, nor how many pairs are looked at together."""
    acts = strangers(np.random.default_rng(3), 60, 80, 900)
    layer = LayerSettings(window=MINUTE, null=null, timing_null=timing)
    a, b = everybody(acts)
    near = inside(acts, 60, a, b)
    one = Chance(traces(acts), objects(acts, 80), layer).test(a, b, near)
    mixed = np.random.default_rng(1).permutation(len(acts))
    other = Chance(traces([acts[i] for i in mixed]), objects(acts, 80), layer).test(b, a, near)
    for column, values in vars(one).items():
        assert values == pytest.approx(vars(other)[column], nan_ok=True, rel=1e-9), column


@pytest.mark.parametrize(("null", "timing"), MODELS)
def test_batches_do_not_show(monkeypatch, null, timing):
    acts = strangers(np.random.default_rng(4), 60, 80, 900)
    at_once = judged(acts, 80, null=null, timing_null=timing)
    monkeypatch.setattr(incidence, "_PER_BATCH", 7)
    in_batches = judged(acts, 80, null=null, timing_null=timing)
    for column, values in vars(at_once).items():
        assert np.array_equal(values, vars(in_batches)[column], equal_nan=True), column


@pytest.mark.parametrize(("null", "timing"), MODELS)
def test_an_account_beside_itself_proves_nothing_and_nobody_is_no_pair(null, timing):
    acts = strangers(np.random.default_rng(5), 60, 80, 900)
    chance = Chance(traces(acts), objects(acts, 80), LayerSettings(window=MINUTE, null=null, timing_null=timing))
    busiest = np.array([max({a for a, *_ in acts}, key=lambda a: sum(x == a for x, *_ in acts))])
    own = chance.test(busiest, busiest, np.array([40]))
    assert (own.p[0], own.q[0], own.llr[0], own.p_overlap[0], own.p_sync[0]) == (1, 1, 0, 1, 1)
    nobody = np.zeros(0, dtype=np.int64)
    assert all(len(column) == 0 for column in vars(chance.test(nobody, nobody, nobody)).values())


@pytest.mark.parametrize(("null", "timing"), MODELS)
def test_shares_and_counts_are_what_they_are_called(null, timing):
    acts = strangers(np.random.default_rng(6), 60, 80, 900)
    seen = judged(acts, 80, null=null, timing_null=timing)
    by_account = {}
    for a, o, *_ in acts:
        by_account.setdefault(a, set()).add(o)
    a, b = everybody(acts)
    both = [by_account[u] & by_account[v] for u, v in zip(a.tolist(), b.tolist(), strict=True)]
    either = [by_account[u] | by_account[v] for u, v in zip(a.tolist(), b.tolist(), strict=True)]
    assert seen.overlap.tolist() == [len(x) for x in both]
    assert seen.similarity == pytest.approx([len(x) / len(y) for x, y in zip(both, either, strict=True)])
    for column in (seen.p_overlap, seen.p_sync, seen.p, seen.q):
        assert ((column >= 0) & (column <= 1)).all()
    assert (seen.llr >= 0).all()
    assert (seen.q >= seen.p).all()


def test_what_is_not_asked_is_1():
    acts = strangers(np.random.default_rng(7))
    silent = judged(acts, 300, null="none", timing_null="none")
    assert (silent.p == 1).all()
    assert np.isnan(silent.expected_sync).all()
    overlap = judged(acts, 300, null="chung_lu", timing_null="none")
    assert np.array_equal(overlap.p, overlap.p_overlap)
    timing = judged(acts, 300, null="none", timing_null="conditional", joint="fisher")
    assert np.array_equal(timing.p, timing.p_sync)
    assert timing.p.min() < 0.01


def test_joint_rules_equal_their_definitions():
    acts = strangers(np.random.default_rng(9))
    by_rule = {joint: judged(acts, 300, joint=joint) for joint in JOINT}
    overlap, timing = by_rule["both"].p_overlap, by_rule["both"].p_sync
    product = np.maximum(overlap * timing, 1e-300)
    assert by_rule["both"].p == pytest.approx(np.maximum(overlap, timing))
    assert by_rule["fisher"].p == pytest.approx(product * (1 - np.log(product)))
    assert (by_rule["guarded"].p >= by_rule["fisher"].p).all()
    assert (by_rule["guarded"].p > by_rule["fisher"].p).any()


def test_overlap_alone_makes_no_edge_where_a_moved_clock_does_as_much():
    """Two accounts share 600 things over 60 days, at times of their own, and are by chance near on a few of them."""
    rng = np.random.default_rng(12)
    acts = [(k, o, 2 * o + k, int(rng.integers(0, 60 * DAY))) for o in range(600) for k in range(2)] + [
        (10 + o, o, 5000 + o, int(rng.integers(0, 60 * DAY))) for o in range(600)
    ]
    ends = np.array([0]), np.array([1])
    chance = {
        joint: Chance(
            traces(acts), objects(acts, 600), LayerSettings(null="chung_lu", window=timedelta(hours=1), joint=joint)
        )
        for joint in JOINT
    }
    near = inside(acts, 3600, *ends)
    assert 0 < near[0] < 10
    assert chance["fisher"].test(*ends, near).q[0] < 1e-9
    assert chance["guarded"].test(*ends, near).q[0] > 0.05


def test_the_guard_does_not_speak_where_the_data_are_too_short():
    acts = [(k, o, 2 * o + k, 100 * o + k) for o in range(30) for k in range(2)]
    acts += [(2 + o, o, 100 + o, 100 * o + 50) for o in range(30)]
    ends, near = (np.array([0]), np.array([1])), np.array([2])
    for window, speaks in ((timedelta(minutes=1), True), (timedelta(minutes=10), False)):
        layers = [LayerSettings(null="chung_lu", window=window, joint=joint) for joint in ("fisher", "guarded")]
        fisher, guarded = (Chance(traces(acts), objects(acts, 30), layer).test(*ends, near).p[0] for layer in layers)
        assert (guarded > fisher) == speaks


@pytest.mark.parametrize("window", [None, 60])
def test_strangers_are_not_linked(window):
    """Bipartite graphs without coordination, with hubs and accounts of most of the acts: the share of pairs
    below p must not exceed p."""
    layer = LayerSettings(window=None if window is None else timedelta(seconds=window), min_objects=1)
    false_finds = 0
    for seed in range(8):
        acts = strangers(np.random.default_rng(seed))
        edges = link(traces(acts), objects(acts, 300), layer, name="x", memory=10**9, sink=lambda _: None).edges
        possible = comb(len({a for a, *_ in acts}), 2)
        assert len(edges) > 1000
        for p in (0.001, 0.01, 0.05):
            assert (edges["p_overlap"] <= p).sum() <= p * possible
            if window is not None:
                assert (edges["p_sync"] <= p).sum() <= p * possible
        false_finds += (edges["q"] <= 0.05).any()
    assert false_finds == 0


@pytest.mark.parametrize("joint", list(JOINT))
@pytest.mark.parametrize(("null", "timing"), [(null, "conditional") for null in ("chung_lu", "bicm")])
def test_a_planted_pair_is_found_among_strangers(null, timing, joint):
    """Two accounts that are close in time on things that others share."""
    rng = np.random.default_rng(8)
    acts = strangers(rng)
    things = list(range(0, 300, 4))
    planted = [(500 + k, o, 10_000 + 2 * o + k, o * 10_000 + 4_000 + k) for o in things for k in range(2)]
    everything = acts + planted
    layer = LayerSettings(window=MINUTE, min_objects=2, null=null, timing_null=timing, joint=joint)
    edges = link(traces(everything), objects(everything, 300), layer, name="x", memory=10**9, sink=lambda _: None).edges
    assert edges.filter(pl.col("q") <= 0.01).select("a", "b").rows() == [(500, 501)]


def test_q_values_agree_with_scipy_when_every_test_is_given():
    from scipy.stats import false_discovery_control

    p = np.random.default_rng(1).uniform(size=200) ** 3
    assert benjamini_hochberg(p, 200) == pytest.approx(false_discovery_control(p))


def test_tests_that_were_not_run_count():
    p = np.array([0.001, 0.02])
    every = np.concatenate([p, np.ones(98)])
    assert benjamini_hochberg(p, 100) == pytest.approx(benjamini_hochberg(every, 100)[:2])


@pytest.mark.parametrize("seed", range(10))
def test_every_pair_that_could_have_been_counts(seed):
    acts = acts_at_random(np.random.default_rng(seed))
    n = len({a for a, *_ in acts})
    assert Chance(traces(acts), objects(acts), LayerSettings(window=MINUTE)).n_pairs == comb(n, 2)
