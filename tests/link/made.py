"""Small made-up layers, and the definition of a link written out by brute force."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import combinations
from statistics import median

import numpy as np
import polars as pl

from cib.tables import OBJECTS, TRACES

START = datetime(2016, 9, 1, tzinfo=UTC)

Act = tuple[int, int, int, int]
"""account, object, post, second."""


def acts_at_random(rng: np.random.Generator) -> list[Act]:
    """Few accounts, objects and seconds, so that ties, repeats and self-pairs are the rule."""
    n = int(rng.integers(0, 25))
    columns = (rng.integers(0, 5, n), rng.integers(0, 4, n), rng.permutation(n), rng.integers(0, 12, n))
    acts = list(zip(*(column.tolist() for column in columns), strict=True))
    return acts + [acts[i] for i in rng.integers(0, n, int(rng.integers(0, 3)))] if n else acts


def traces(acts: list[Act]) -> pl.DataFrame:
    rows = [(a, o, p, START + timedelta(seconds=t)) for a, o, p, t in acts]
    return pl.DataFrame(rows, schema=TRACES.schema, orient="row")


def objects(acts: list[Act], n: int = 4) -> pl.DataFrame:
    """OBJECTS in one stratum; objects nobody acted on are given one act, as the contract wants."""
    rows = []
    for number in range(n):
        mine = [a for a, o, _, _ in acts if o == number]
        rows.append(
            (number, f"o{number}", f"o{number}", max(len(mine), 1), max(len(set(mine)), 1), _band(len(set(mine))), 0)
        )
    return pl.DataFrame(rows, schema=OBJECTS.schema, orient="row")


def _band(accounts: int) -> int:
    return sum(accounts > most for most in (5, 20, 80))


def links(acts: list[Act], window: int | None, min_objects: int) -> dict[tuple[int, int], dict[str, object]]:
    """All pairs of accounts with enough objects, and what the evidence says, straight from the definition."""
    if window is None:
        firsts: dict[tuple[int, int], Act] = {}
        for act in sorted(acts, key=lambda act: (act[3], act[0], act[2])):
            firsts.setdefault(act[:2], act)
        acts = list(firsts.values())
    found = defaultdict(list)
    for one, two in combinations(acts, 2):
        if one[1] == two[1] and one[0] != two[0] and (window is None or abs(one[3] - two[3]) <= window):
            a, b = sorted((one, two))
            found[a[0], b[0]].append((a, b))
    return {ends: _facts(pairs) for ends, pairs in found.items() if len({a[1] for a, _ in pairs}) >= min_objects}


def _facts(pairs: list[tuple[Act, Act]]) -> dict[str, object]:
    deltas = [b[3] - a[3] for a, b in pairs]
    in_time = [(a, b) if a[3] <= b[3] else (b, a) for a, b in pairs]  # of two at one moment, that of a comes first
    return {
        "objects": len({a[1] for a, _ in pairs}),
        "pairs": len(pairs),
        "first_s": min(min(a[3], b[3]) for a, b in pairs),
        "last_s": max(max(a[3], b[3]) for a, b in pairs),
        "delta_median_s": float(median(map(abs, deltas))),
        "delta_mean_s": sum(map(abs, deltas)) / len(deltas),
        "messages_a": len({a[2] for a, _ in pairs}),
        "messages_b": len({b[2] for _, b in pairs}),
        "posts_first": len({x[2] for x, _ in in_time}),
        "posts_second": len({y[2] for _, y in in_time}),
        "lead": sum((d > 0) + 0.5 * (d == 0) for d in deltas) / len(deltas),
        "posts": sorted((a[1], a[2], b[2], float(b[3] - a[3])) for a, b in pairs),
    }
