"""Null models of the timing: equal to their formulas written out, calibrated on data of their own null, with power."""

from datetime import timedelta
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import poisson

from cib.link.chance import TIMING, Chance
from cib.settings import LayerSettings
from tests.link.made import acts_at_random, objects, traces

HOUR, DAY = 3600, 86_400
SPAN = 60 * DAY


def everybody(acts):
    ends = list(combinations(sorted({a for a, *_ in acts}), 2))
    return ends, tuple(np.array(side, dtype=np.int64) for side in zip(*ends, strict=True))


def on_object(acts):
    found = {}
    for a, o, _, t in acts:
        found.setdefault(o, {}).setdefault(a, []).append(t)
    return found


def inside(acts, ends, window):
    """Distinct objects on which each pair is inside the window."""
    found = on_object(acts)
    return np.array(
        [
            sum(
                any(abs(s - t) <= window for s in times.get(u, ()) for t in times.get(v, ()))
                for times in found.values()
            )
            for u, v in ends
        ]
    )


def judge(acts, n_objects, timing, window, ends=None, joint="fisher"):
    everyone, sides = everybody(acts)
    if ends is not None:
        everyone, sides = ends, tuple(np.array(side, dtype=np.int64) for side in zip(*ends, strict=True))
    layer = LayerSettings(null="none", timing_null=timing, joint=joint, window=timedelta(seconds=window))
    chance = Chance(traces(acts), objects(acts, n_objects), layer)
    return everyone, chance.test(*sides, inside(acts, everyone, window))


@pytest.mark.parametrize("seed", range(20))
def test_conditional_synchrony_equals_its_definition(seed):
    rng = np.random.default_rng(seed)
    acts = []
    while len({a for a, *_ in acts}) < 2:
        acts = sorted(set(acts_at_random(rng)))
    ends, seen = judge(acts, 4, "conditional", 3)
    for i, (u, v) in enumerate(ends):
        mean = 0.0
        for times in on_object(acts).values():
            if u in times and v in times:
                flat = [(a, t) for a, own in times.items() for t in own]
                pairs = [(x, y) for x, y in combinations(flat, 2) if x[0] != y[0]]
                q = sum(abs(x[1] - y[1]) <= 3 for x, y in pairs) / len(pairs)
                mean += 1 - (1 - q) ** (len(times[u]) * len(times[v]))
        assert seen.expected_sync[i] == pytest.approx(mean, abs=1e-9)
        both = inside(acts, [(u, v)], 3)[0]
        assert seen.p_sync[i] == pytest.approx(poisson.sf(both - 1, mean), abs=1e-9)


def sittings(times, gap):
    """The times of one account in runs without a gap."""
    runs = []
    for t in sorted(times):
        if not runs or t - runs[-1][-1] > gap:
            runs.append([])
        runs[-1].append(t)
    return runs


def one_side(acts, u, v, window, rate):
    mine = [t for a, _, _, t in acts if a == u]
    chance = together = 0.0
    for run in sittings(mine, max(HOUR, 2 * window)):
        pairs = [
            abs(s - t)
            for a, o, _, s in acts
            if a == u and run[0] <= s <= run[-1]
            for b, x, _, t in acts
            if b == v and x == o
        ]
        chance += min(len(pairs) * rate, 1)
        together += any(lag <= window for lag in pairs)
    return chance, poisson.sf(together - 1, chance)


@pytest.mark.parametrize("seed", range(10))
def test_shifted_clock_equals_its_definition(seed):
    """Accounts with sittings, several acts on one object, and ties; the clock ticks every 10 seconds."""
    rng = np.random.default_rng(seed)
    n = 120
    start = rng.choice(np.arange(0, 3 * DAY, 10), 25)[rng.integers(0, 25, n)]
    seconds = start + rng.integers(0, 120, n) * 10
    columns = (rng.integers(0, 4, n), rng.integers(0, 15, n), np.arange(n), seconds)
    acts = list(zip(*(column.tolist() for column in columns), strict=True))
    window = 60
    rate = (2 * window + 10) / (max(seconds) - min(seconds) + 10)
    ends, seen = judge(acts, 15, "shift", window)
    for i, (u, v) in enumerate(ends):
        mean, p = max((one_side(acts, u, v, window, rate), one_side(acts, v, u, window, rate)), key=lambda x: x[1])
        assert seen.p_sync[i] == pytest.approx(p)
        assert seen.expected_sync[i] == pytest.approx(mean)


def test_a_clock_is_not_moved_in_a_single_sitting():
    acts = [(k, o, 2 * o + k, 100 * o + k) for o in range(30) for k in range(2)]
    _, seen = judge(acts, 30, "shift", 60)
    assert np.isnan(seen.expected_sync).all()
    assert (seen.p_sync == 1).all()


def dealt(rng):
    """Everybody shares much with everybody, at times dealt out among each object's acts."""
    acts = []
    for o in range(120):
        who = rng.choice(60, rng.integers(5, 40), replace=False)
        when = (o * 40_000 + rng.exponential(30 * 10 ** rng.uniform(0, 3), len(who))).astype(int)
        acts += [(int(a), o, len(acts) + i, int(t)) for i, (a, t) in enumerate(zip(who, when, strict=True))]
    return acts, 120


def told(rng, spread):
    """Sixty stories of four things each, told by accounts in sittings of half an hour within `spread` of the news."""
    acts, broke = [], rng.integers(0, SPAN, 60)
    for a in range(60):
        for story in rng.choice(60, 30, replace=False):
            begin = broke[story] + rng.integers(0, spread)
            acts += [
                (a, int(4 * story + o), len(acts) + o, int((begin + rng.integers(0, HOUR // 2)) % SPAN))
                for o in range(4)
            ]
    return acts, 240


def moved(rng):
    """The stories of the day, with the clock of each account moved."""
    acts, n_objects = told(rng, 6 * HOUR)
    by = rng.integers(0, SPAN, 60)
    return [(a, o, p, int((t + by[a]) % SPAN)) for a, o, p, t in acts], n_objects


WORLDS = {"conditional": dealt, "shift": lambda rng: told(rng, SPAN)}
"""For each null model of the timing a world in which it is true."""


def false_alarms(timing, world, levels, window=600, seeds=6):
    """{level: pairs with p at most that}, number of pairs, and pairs with q at most 0.05."""
    found, pairs, believed = dict.fromkeys(levels, 0), 0, 0
    for seed in range(seeds):
        acts, n_objects = world(np.random.default_rng(seed))
        _, seen = judge(acts, n_objects, timing, window)
        pairs += len(seen.p_sync)
        believed += int((seen.q <= 0.05).sum())
        for level in found:
            found[level] += int((seen.p_sync <= level).sum())
    return found, pairs, believed


@pytest.mark.parametrize("timing", list(TIMING))
def test_calibrated_where_the_null_is_true(timing):
    found, pairs, believed = false_alarms(timing, WORLDS[timing], (0.05, 0.01, 0.001, 1e-4))
    for level, count in found.items():
        assert count <= level * pairs + 3 * np.sqrt(level * pairs), level
    assert believed == 0


def test_a_moved_clock_is_no_more_surprising_than_it_should_be():
    """At levels that one shift of all times can tell: the window is 1/4320 of the circle, the lags lie within hours."""
    found, pairs, _ = false_alarms("shift", moved, (0.05, 0.01))
    for level, count in found.items():
        assert count <= level * pairs + 3 * np.sqrt(level * pairs), level


def test_sittings_are_why_the_shifted_clock_is_calibrated():
    """Counting objects, as the guard does, finds more than chance among these accounts: it is no test of its own."""
    acts, _ = told(np.random.default_rng(1), SPAN)
    ends, _ = everybody(acts)
    span = max(t for *_, t in acts) - min(t for *_, t in acts) + 1
    on = {a: {x[1] for x in acts if x[0] == a} for a in range(60)}
    shared = np.array([len(on[u] & on[v]) for u, v in ends])
    p = poisson.sf(inside(acts, ends, 600) - 1, shared * 1201 / span)
    assert (p <= 0.001).sum() > 3 * 0.001 * len(p)


@pytest.mark.parametrize("timing", list(TIMING))
def test_a_planted_group_is_found(timing):
    """Four accounts among those of the null's own world, together on some of what the others share."""
    rng = np.random.default_rng(7)
    acts, n_objects = WORLDS[timing](rng)
    last = max(t for *_, t in acts)
    for o in range(0, n_objects, 8):
        when = int(rng.integers(0, last))
        acts += [(100 + k, o, 10**6 + 10 * o + k, when + int(rng.integers(0, 20))) for k in range(4)]
    ends, seen = judge(acts, n_objects, timing, 60)
    group = set(combinations(range(100, 104), 2))
    assert {pair for pair, q in zip(ends, seen.q, strict=True) if q <= 0.01} == group


def test_a_poisson_tail_is_above_the_exact_tail_where_it_decides():
    """P(X >= x) of independent indicators is at most the Poisson tail from one above the mean on (Hoeffding 1956)."""
    q = np.array([0.9, 0.5, 0.2, 0.2, 0.1])
    exact = np.array([1.0])
    for share in q:
        exact = np.convolve(exact, [1 - share, share])
    for x in (3, 4, 5):
        assert exact[x:].sum() <= poisson.sf(x - 1, q.sum())
