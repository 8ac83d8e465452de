"""Where each account stands in the drawing of the graph.

Networks are placed by Fruchterman-Reingold on the graph of networks and pushed apart until their discs
do not overlap; members are placed by Fruchterman-Reingold inside their disc. Accounts in no network
stand beside the networks they are linked to; those linked to no network are drawn as groups of their own.
So distance means something: near is linked. The same graph and seed give the same positions.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["positions"]

Points = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

_PLACED: Final = 300
"""Networks placed by force; smaller ones beyond that number stand on a ring (pushing apart is quadratic)."""
_GOLDEN: Final = np.pi * (3 - 5**0.5)
_STEPS: Final = 60_000
"""Work of one network's drawing: steps times accounts."""
_EDGES: Final = 20
"""Edges a member, the strongest first, that pull on it; more take time and change little."""


def positions(nodes: pl.DataFrame, graph: pl.DataFrame, *, seed: int) -> tuple[pl.Series, pl.Series]:
    """Return x and y of each account, in [-1000, 1000].

    Parameters
    ----------
    nodes : account_id, network (null: in none); one row an account of the graph.
    graph : source, target, weight.
    seed : of the starting positions.

    Notes
    -----
    2,000 accounts with 70,000 edges take about 0.4 s, 50,000 with 500,000 about 4 s.
    """
    if nodes.is_empty():
        return pl.Series("x", [], dtype=pl.Float64), pl.Series("y", [], dtype=pl.Float64)
    ids = nodes.select("account_id", i=pl.int_range(pl.len()))
    graph = graph.sort("weight", "source", "target", descending=[True, False, False])
    ends = graph.select(
        pl.col(end).replace_strict(ids["account_id"], ids["i"], return_dtype=pl.Int64) for end in ("source", "target")
    ).to_numpy()
    groups = nodes["network"].cast(pl.Int64).rank("dense").fill_null(0).to_numpy().astype(np.int64) - 1
    with _seeded(seed) as rng:
        points = _place(ends, graph["weight"].to_numpy(), groups, rng)
    points = np.round(points * (1000 / max(float(np.abs(points).max()), 1e-9)), 2)
    return pl.Series("x", points[:, 0]), pl.Series("y", points[:, 1])


@contextmanager
def _seeded(seed: int) -> Iterator[np.random.Generator]:
    """Seed igraph's generator, which is global, and give it back."""
    import igraph

    igraph.set_random_number_generator(random.Random(seed))  # noqa: S311 - positions, not secrets
    try:
        yield np.random.default_rng(seed)
    finally:
        igraph.set_random_number_generator(random)


def _place(ends: Numbers, weight: Points, groups: Numbers, rng: np.random.Generator) -> Points:
    groups = _with_components(ends, groups)
    n_groups = int(groups.max()) + 1
    size = np.bincount(groups[groups >= 0], minlength=n_groups)
    centres = _centres(groups[ends], weight, size, rng)
    points = np.zeros((len(groups), 2))
    for group, members, inner in _inside(ends, groups, n_groups):
        spread = _force(len(members), inner, None, rng)
        points[members] = centres[group] + _into_disc(spread) * np.sqrt(size[group])
    _strays(points, ends, groups, rng)
    return points


def _with_components(ends: Numbers, groups: Numbers) -> Numbers:
    """Make a group of each connected component of the accounts that no network reaches."""
    import igraph

    reached = groups >= 0
    touching = reached[ends].any(axis=1)
    reached[ends[touching].ravel()] = True
    graph = igraph.Graph(n=len(groups), edges=ends[~reached[ends].any(axis=1)])
    component = np.asarray(graph.connected_components().membership)
    _, number = np.unique(component[~reached], return_inverse=True)
    groups = groups.copy()
    groups[~reached] = number + groups.max() + 1
    return groups


def _inside(ends: Numbers, groups: Numbers, n_groups: int) -> Iterator[tuple[int, Numbers, Numbers]]:
    """Yield each group with its accounts and its first (strongest) edges, the latter numbered within the group."""
    members = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[members], np.arange(n_groups + 1))
    rank = np.empty(len(groups), dtype=np.int64)
    rank[members] = np.arange(len(groups))
    of = groups[ends]
    edges = ends[(of[:, 0] == of[:, 1]) & (of[:, 0] >= 0)]
    edges = edges[np.argsort(groups[edges[:, 0]], kind="stable")]
    cuts = np.searchsorted(groups[edges[:, 0]], np.arange(n_groups + 1))
    for group in range(n_groups):
        mine = members[starts[group] : starts[group + 1]]
        strongest = edges[cuts[group] : cuts[group + 1]][: _EDGES * len(mine)]
        yield group, mine, rank[strongest] - starts[group]


def _force(n: int, edges: Numbers, weights: Points | None, rng: np.random.Generator) -> Points:
    """Fruchterman-Reingold from a seeded start."""
    import igraph

    if n < 3:
        return np.array([[-1.0, 0.0], [1.0, 0.0]])[:n]
    graph: Any = igraph.Graph(n=n, edges=edges)
    start = rng.uniform(-1, 1, (n, 2)) * n**0.5
    placed = graph.layout_fruchterman_reingold(
        weights=None if weights is None else weights.tolist(),
        niter=int(np.clip(_STEPS // n, 30, 300)),
        seed=start.tolist(),
        grid="grid" if n > 300 else "nogrid",
    )
    return np.asarray(placed.coords, dtype=np.float64)


def _into_disc(points: Points) -> Points:
    """Centre the points and scale them so that all but the outermost few lie in the unit disc."""
    points = points - np.median(points, axis=0)
    radius = np.hypot(points[:, 0], points[:, 1])
    scaled = points / max(float(np.quantile(radius, 0.95)), 1e-9)
    far = np.maximum(np.hypot(scaled[:, 0], scaled[:, 1]), 1.0)
    return np.asarray(scaled / far[:, None] * np.minimum(far, 1.1)[:, None])


def _centres(of: Numbers, weight: Points, size: Numbers, rng: np.random.Generator) -> Points:
    """Return the centre of each group's disc, whose radius is the root of its size."""
    order = np.argsort(-size, kind="stable")
    placed = order[:_PLACED]
    number = np.full(len(size) + 1, -1)
    number[placed] = np.arange(len(placed))
    pair = np.sort(number[of], axis=1)
    between = (pair[:, 0] >= 0) & (pair[:, 0] != pair[:, 1])
    lines, line = np.unique(pair[between], axis=0, return_inverse=True)
    heavy = np.log1p(np.bincount(line.ravel(), weight[between], minlength=len(lines)))
    radius = np.sqrt(size.astype(np.float64)) * 1.2 + 0.5 * np.sqrt(size.mean())
    force = _force(len(placed), lines, heavy, rng) * float(radius[placed].mean())
    centres = np.zeros((len(size), 2))
    centres[placed] = _apart(force - force.mean(axis=0), radius[placed])
    rest = order[_PLACED:]
    centres[rest] = _ring(len(rest), float(radius[rest].max(initial=1)) * 1.6, _reach(centres[placed], radius[placed]))
    return centres


def _apart(points: Points, radius: Points) -> Points:
    """Push discs apart until none overlap (or 300 rounds have passed), after pulling them together."""
    points = points * 0.6
    for _ in range(300):
        step = points[:, None] - points[None]
        far = np.hypot(step[..., 0], step[..., 1])
        np.fill_diagonal(far, 1e18)
        lack = radius[:, None] + radius[None] - far
        if lack.max() <= 1e-3:
            break
        push = np.where(lack > 0, lack / np.maximum(far, 1e-9) / 2, 0)
        points = points + (step * push[..., None]).sum(axis=1) * 0.8
    return points


def _reach(points: Points, radius: Points) -> float:
    return float((np.hypot(points[:, 0], points[:, 1]) + radius).max(initial=0))


def _ring(n: int, gap: float, inner: float) -> Points:
    """Return n points on a sunflower's disc around a free middle, `gap` apart."""
    turn = np.arange(n)
    radius = np.sqrt(inner**2 + gap**2 * (turn + 1) / 2)
    return np.stack([radius * np.cos(turn * _GOLDEN), radius * np.sin(turn * _GOLDEN)], axis=1)


def _strays(points: Points, ends: Numbers, groups: Numbers, rng: np.random.Generator) -> None:
    """Place the accounts in no group at the mean of their neighbours that are in one, a little outward."""
    both = np.concatenate([ends, ends[:, ::-1]])
    link = both[(groups[both[:, 0]] < 0) & (groups[both[:, 1]] >= 0)]
    stray = np.flatnonzero(groups < 0)
    known = np.bincount(link[:, 0], minlength=len(groups))[stray, None]
    total = np.stack(
        [np.bincount(link[:, 0], points[link[:, 1], axis], minlength=len(groups))[stray] for axis in (0, 1)], axis=1
    )
    reach = _reach(points, np.ones(len(points)))
    points[stray] = total / known * 1.08 + rng.normal(0, 1, (len(stray), 2)) * reach * 0.04
