"""Null models of the overlap: equal to their formulas written out, calibrated on data of their own null, with power."""

from itertools import combinations, product
from math import comb, log

import numpy as np
import polars as pl
import pytest
from scipy.stats import hypergeom, poisson

from cib.errors import RunError
from cib.link.chance import OVERLAP, Chance, bicm
from cib.link.chance.hypergeometric import hypergeometric_tail
from cib.settings import LayerSettings
from tests.link.made import acts_at_random, objects, traces


def made(seed, n=4):
    """A few acts with strata and bands at random: acts, objects, {object: stratum}, {object: band}."""
    rng = np.random.default_rng(seed)
    acts = []
    while len({a for a, *_ in acts}) < 2:
        acts = sorted(set(acts_at_random(rng)))
    stratum, band = rng.integers(0, 2, n), rng.integers(0, 4, n)
    table = objects(acts, n).with_columns(
        stratum=pl.Series(stratum, dtype=pl.UInt32), band=pl.Series(band, dtype=pl.UInt8)
    )
    return acts, table, dict(enumerate(stratum.tolist())), dict(enumerate(band.tolist()))


def everybody(acts):
    ends = list(combinations(sorted({a for a, *_ in acts}), 2))
    return ends, tuple(np.array(side, dtype=np.int64) for side in zip(*ends, strict=True))


def judge(acts, table, null):
    ends, (a, b) = everybody(acts)
    chance = Chance(traces(acts), table, LayerSettings(window=None, null=null))
    return ends, chance.test(a, b, np.zeros(len(a), dtype=np.int64))


def chung_lu_probabilities(matrix):
    """The sum of p_uo p_vo of the closed form: k_u k_v d (d - 1) / M^2 for each object."""
    k, d, m = matrix.sum(axis=1), matrix.sum(axis=0), max(matrix.sum(), 1)
    return k[:, None, None] * k[None, :, None] * (d * (d - 1))[None, None, :] / m**2


def bicm_probabilities(matrix):
    """The same of the configuration model, by plain fixed-point iteration over every account and object."""
    k, d = matrix.sum(axis=1), matrix.sum(axis=0)
    x, y = k / np.sqrt(max(k.sum(), 1)), d / np.sqrt(max(k.sum(), 1))
    for _ in range(20_000):
        x = np.divide(k, (y / (1 + np.outer(x, y))).sum(axis=1), out=np.zeros_like(x), where=k > 0)
        y = np.divide(d, (x[:, None] / (1 + np.outer(x, y))).sum(axis=0), out=np.zeros_like(y), where=d > 0)
    p = np.outer(x, y) / (1 + np.outer(x, y))
    return p[:, None, :] * p[None, :, :]


def by_hand(acts, stratum, band, probabilities):
    """Expected overlap, log-likelihood ratio and p of every pair, from a dense matrix of each stratum."""
    accounts = sorted({a for a, *_ in acts})
    shape = (len(accounts), 4)
    matrix = np.zeros(shape)
    for a, o, *_ in acts:
        matrix[accounts.index(a), o] = 1
    result = {}
    of_stratum = {}
    for s in set(stratum.values()):
        alike = np.array([stratum[o] == s for o in range(4)])
        of_stratum[s] = probabilities(matrix * alike) * alike
    for (i, u), (j, v) in combinations(enumerate(accounts), 2):
        seen, mean, ratio = np.zeros(4), np.zeros(4), 0.0
        for s, b in product(of_stratum, range(4)):
            cell = [o for o in range(4) if stratum[o] == s and band[o] == b]
            here = sum(matrix[i, o] * matrix[j, o] for o in cell)
            rate = sum(of_stratum[s][i, j, o] for o in cell)
            seen[b] += here
            mean[b] += rate
            ratio += here * log(here / rate) - (here - rate) if here > rate > 0 else 0
        tail = min(4 * poisson.sf(seen - 1, mean).min(), 1.0)
        result[u, v] = mean.sum(), ratio, tail if seen.sum() > mean.sum() + 1e-5 else 1.0, seen.sum() - mean.sum()
    return result


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    ("null", "probabilities", "error"), [("chung_lu", chung_lu_probabilities, 1e-9), ("bicm", bicm_probabilities, 1e-3)]
)
def test_degree_corrected_models_equal_their_definitions(null, probabilities, error, seed):
    acts, table, stratum, band = made(seed)
    expected = by_hand(acts, stratum, band, probabilities)
    ends, seen = judge(acts, table, null)
    for i, pair in enumerate(ends):
        mean, ratio, p, above = expected[pair]
        assert seen.expected[i] == pytest.approx(mean, abs=error)
        assert seen.llr[i] == pytest.approx(ratio, abs=5 * error)
        if abs(above) > 1e-2:
            assert seen.p_overlap[i] == pytest.approx(p, abs=5 * error)


@pytest.mark.parametrize("seed", range(5))
def test_the_configuration_model_keeps_the_degrees(seed):
    """Over all accounts the expected overlap with oneself and others must add up to what the degrees give."""
    rng = np.random.default_rng(seed)
    popularity = rng.pareto(1.0, 200) + 0.05
    acts = sorted({(int(a), int(rng.choice(200, p=popularity / popularity.sum()))) for a in rng.integers(0, 150, 3000)})
    acts = [(a, o, i, 0) for i, (a, o) in enumerate(acts)]
    model = bicm.Bicm(Chance(traces(acts), objects(acts, 200), LayerSettings(window=None)).margins)
    rows, columns, ends = model._rows, model._columns, model._ends
    assert len(rows.key) < 80
    p = 1 / (1 + np.exp(-(model._x[:, None] + model._y[None, :])))
    assert (p * columns.number).sum(axis=1) == pytest.approx(rows.degree, rel=1e-5)
    assert (p * rows.number[:, None]).sum(axis=0) == pytest.approx(columns.degree, rel=1e-5)
    assert ends.tolist() == [0, len(columns.key)]


def test_equations_that_are_not_solved_are_told(monkeypatch):
    monkeypatch.setattr(bicm, "_STEPS", 1)
    acts = [(a, o, 10 * a + o, 0) for a in range(6) for o in range(4) if a + o < 6]
    with pytest.raises(RunError, match=r"not solved after 1 steps.*chung_lu"):
        Chance(traces(acts), objects(acts), LayerSettings(window=None, null="bicm"))


def exact_tail(seen, total, k, m):
    return sum(comb(k, j) * comb(total - k, m - j) for j in range(seen, min(k, m) + 1)) / comb(total, m)


def test_hypergeometric_tails_are_exact_and_deep():
    quads = [(2, 10, 3, 4), (3, 10, 3, 4), (10, 50, 10, 30), (1, 1, 1, 1), (40, 1000, 60, 90), (200, 10**5, 300, 900)]
    seen, total, k, m = (np.array(side, dtype=np.int64) for side in zip(*quads, strict=True))
    above = seen * total > k * m
    exact = [exact_tail(*quad) for quad in quads]
    assert hypergeometric_tail(seen, total, k, m)[above] == pytest.approx(np.array(exact)[above], rel=1e-7)
    assert exact[-1] < 1e-200
    assert (hypergeometric_tail(seen, total, k, m)[~above] == 1).all()


def test_hypergeometric_agrees_with_scipy():
    rng = np.random.default_rng(2)
    total = rng.integers(20, 400, 300)
    k, m = rng.integers(1, total // 2 + 1), rng.integers(1, total // 2 + 1)
    seen = rng.integers(0, np.minimum(k, m) + 1)
    got, scipy_says = hypergeometric_tail(seen, total, k, m), hypergeom.sf(seen - 1, total, k, m)
    above = seen * total > k * m
    assert got[above] == pytest.approx(scipy_says[above], rel=1e-9)
    assert above.sum() > 50


@pytest.mark.parametrize("seed", range(10))
def test_hypergeometric_of_a_layer_equals_its_definition(seed):
    acts, table, stratum, _ = made(seed)
    ends, seen = judge(acts, table, "hypergeometric")
    on = {a: {o for x, o, *_ in acts if x == a} for a, *_ in acts}
    there = set().union(*on.values())
    for i, (u, v) in enumerate(ends):
        mean, tails = 0.0, []
        for s in set(stratum.values()):
            alike = {o for o in there if stratum[o] == s}
            k, m = len(on[u] & alike), len(on[v] & alike)
            if k and m:
                both = len(on[u] & on[v] & alike)
                mean += k * m / len(alike)
                tails.append(exact_tail(both, len(alike), k, m) if both * len(alike) > k * m else 1.0)
        assert seen.expected[i] == pytest.approx(mean)
        assert seen.p_overlap[i] == pytest.approx(min(len(tails) * min(tails, default=1.0), 1.0) if tails else 1.0)


def drawn(rng, popularity, n_accounts=300):
    """Acts of accounts of very different activity, each choosing its objects by popularity, each object once."""
    activity = np.minimum(rng.pareto(1.2, n_accounts) * 4 + 1, len(popularity) * 0.3).astype(int)
    share = popularity / popularity.sum()
    chosen = [
        (a, int(o)) for a in range(n_accounts) for o in rng.choice(len(share), activity[a], replace=False, p=share)
    ]
    return [(a, o, i, 0) for i, (a, o) in enumerate(chosen)]


def false_alarms(null, popularity, seeds=10):
    """{level: pairs with p at most that}, and the number of pairs."""
    found, pairs = dict.fromkeys((0.05, 0.01, 0.001, 1e-4), 0), 0
    for seed in range(seeds):
        acts = drawn(np.random.default_rng(seed), popularity(np.random.default_rng(100 + seed)))
        _, seen = judge(acts, objects(acts, 400), null)
        pairs += len(seen.p_overlap)
        for level in found:
            found[level] += int((seen.p_overlap <= level).sum())
    return found, pairs


@pytest.mark.parametrize("null", list(OVERLAP))
def test_calibrated_where_the_null_is_true(null):
    """On objects of equal popularity all are; on heavy-tailed ones the degree-corrected."""
    worlds = [lambda _: np.ones(400)] + [lambda rng: rng.pareto(1.1, 400) + 0.05] * (null != "hypergeometric")
    for popularity in worlds:
        found, pairs = false_alarms(null, popularity)
        for level, count in found.items():
            assert count <= level * pairs + 3 * np.sqrt(level * pairs), level


def test_the_hypergeometric_is_wrong_where_objects_differ_in_popularity():
    found, pairs = false_alarms("hypergeometric", lambda rng: rng.pareto(1.1, 400) + 0.05, seeds=2)
    assert found[1e-4] > 30 * 1e-4 * pairs


@pytest.mark.parametrize("null", list(OVERLAP))
def test_a_planted_group_is_found_and_nobody_else(null):
    """Five accounts share 12 of their 20 objects, which others know as well."""
    rng = np.random.default_rng(5)
    acts = drawn(rng, np.ones(400))
    common = rng.choice(400, 12, replace=False)
    for k in range(5):
        own = np.union1d(common, rng.choice(400, 8, replace=False))
        acts += [(400 + k, int(o), 10_000 + 100 * k + i, 0) for i, o in enumerate(own)]
    ends, seen = judge(acts, objects(acts, 400), null)
    assert {pair for pair, q in zip(ends, seen.q, strict=True) if q <= 0.01} == set(combinations(range(400, 405), 2))
