"""The tests against chance: equal to the formulas written out, and calibrated where nothing is coordinated."""

from datetime import timedelta
from itertools import combinations, product
from math import comb

import numpy as np
import polars as pl
import pytest
from scipy.stats import poisson

from cib.link import link
from cib.link.chance import Chance, benjamini_hochberg
from cib.link.sweep import sweep
from cib.settings import LayerSettings
from tests.link.made import acts_at_random, objects, traces


def expectation_by_hand(acts, strata, window, u, v):
    """Overlap, expected overlap, expected synchrony, log-likelihood ratio and p, straight from the definitions."""
    stratum, bands = strata
    by_account = {a: {o for x, o, _, _ in acts if x == a} for a, _, _, _ in acts}
    accounts = {o: {a for a, x, _, _ in acts if x == o} for _, o, _, _ in acts}
    shared = by_account[u] & by_account[v]
    ratio = 0.0
    by_band = np.zeros(4)
    for s, band in product(set(stratum.values()), range(4)):
        alike = {o for o in accounts if stratum[o] == s}
        cell = {o for o in alike if bands[o] == band}
        total = sum(len(accounts[o]) for o in alike)
        pairs = sum(len(accounts[o]) * (len(accounts[o]) - 1) for o in cell)
        rate = len(by_account[u] & alike) * len(by_account[v] & alike) * pairs / total**2 if total else 0
        seen = len(shared & cell)
        by_band[band] += rate
        if seen > rate > 0:
            ratio += seen * np.log(seen / rate) - (seen - rate)
    tails = [poisson.sf(sum(bands[o] == band for o in shared) - 1, by_band[band]) for band in range(4)]
    sync = 0.0
    for o in shared:
        on = [(a, t) for a, x, _, t in acts if x == o]
        different = [(x, y) for x, y in combinations(on, 2) if x[0] != y[0]]
        q = sum(abs(x[1] - y[1]) <= window for x, y in different) / len(different)
        times = sum(a == u for a, _ in on) * sum(a == v for a, _ in on)
        sync += 1 - (1 - q) ** times
    p = min(4 * min(tails), 1.0) if len(shared) > by_band.sum() else 1.0
    return len(shared), by_band.sum(), sync, ratio, p


@pytest.mark.parametrize("seed", range(20))
def test_expectations_equal_their_definitions(seed):
    rng = np.random.default_rng(seed)
    acts = []
    while len({a for a, *_ in acts}) < 2:
        acts = sorted(set(acts_at_random(rng)))
    groups, bands = rng.integers(0, 2, 4), rng.integers(0, 4, 4)
    table = objects(acts).with_columns(
        stratum=pl.Series(groups, dtype=pl.UInt32), band=pl.Series(bands, dtype=pl.UInt8)
    )
    chance = Chance(traces(acts), table, sweep(traces(acts), timedelta(seconds=3)))
    ends = list(combinations(sorted({a for a, *_ in acts}), 2))
    seen = chance.expect(*(np.array(side) for side in zip(*ends, strict=True)))
    for i, (u, v) in enumerate(ends):
        by_hand = expectation_by_hand(acts, (dict(enumerate(groups)), dict(enumerate(bands))), 3, u, v)
        got = (seen.overlap[i], seen.expected[i], seen.expected_sync[i], seen.llr[i], seen.p_overlap[i])
        assert got == pytest.approx(by_hand, abs=1e-9)
    n = len({a for a, *_ in acts})
    assert chance.n_pairs == comb(n, 2)


def strangers(rng, n_accounts=400, n_objects=300, n_acts=6000):
    """Heavy-tailed accounts and objects that meet by chance alone, at times of each object's own burst."""
    accounts, things = rng.pareto(1.5, n_accounts) + 0.1, rng.pareto(1.2, n_objects) + 0.1
    account = rng.choice(n_accounts, n_acts, p=accounts / accounts.sum())
    thing = rng.choice(n_objects, n_acts, p=things / things.sum())
    seconds = (thing * 10_000 + rng.exponential(200 * (1 + thing % 7))).astype(int)
    return list(zip(account.tolist(), thing.tolist(), range(n_acts), seconds.tolist(), strict=True))


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


def test_a_planted_pair_is_found_among_strangers():
    rng = np.random.default_rng(8)
    acts = strangers(rng)
    planted = [(500 + k, 300 + o, 10_000 + 2 * o + k, o * 500 + k) for o in range(8) for k in range(2)]
    everything = acts + planted
    layer = LayerSettings(window=timedelta(seconds=60), min_objects=2)
    edges = link(traces(everything), objects(everything, 308), layer, name="x", memory=10**9, sink=lambda _: None).edges
    assert edges.filter(pl.col("q") <= 0.01).select("a", "b").rows() == [(500, 501)]


def test_q_values_agree_with_scipy_when_every_test_is_given():
    from scipy.stats import false_discovery_control

    p = np.random.default_rng(1).uniform(size=200) ** 3
    assert benjamini_hochberg(p, 200) == pytest.approx(false_discovery_control(p))


def test_tests_that_were_not_run_count():
    p = np.array([0.001, 0.02])
    every = np.concatenate([p, np.ones(98)])
    assert benjamini_hochberg(p, 100) == pytest.approx(benjamini_hochberg(every, 100)[:2])


def test_poisson_tail_is_above_the_exact_tail_where_it_decides():
    """P(X >= x) of independent indicators is at most the Poisson tail from one above the mean on."""
    q = np.array([0.9, 0.5, 0.2, 0.2, 0.1])
    exact = np.array([1.0])
    for share in q:
        exact = np.convolve(exact, [1 - share, share])
    for x in (3, 4, 5):
        assert exact[x:].sum() <= poisson.sf(x - 1, q.sum())
