"""Positions: every account has one, linked accounts stand near each other, networks do not overlap."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest

from cib.report.layout import positions


def cliques(*sizes: int, loose: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return networks that are cliques, and `loose` accounts in no network, each linked to the first one of all."""
    starts = np.cumsum([0, *sizes])
    edges = [(a, b) for s, n in zip(starts, sizes, strict=False) for a in range(s, s + n) for b in range(a + 1, s + n)]
    edges += [(0, int(starts[-1]) + k) for k in range(loose)]
    network = [k + 1 for k, n in enumerate(sizes) for _ in range(n)] + [None] * loose
    nodes = pl.DataFrame(
        {"account_id": [f"p:{i:04d}" for i in range(len(network))], "network": network},
        schema_overrides={"network": pl.UInt32},
    )
    graph = pl.DataFrame(
        {
            "source": [f"p:{a:04d}" for a, _ in edges],
            "target": [f"p:{b:04d}" for _, b in edges],
            "weight": [1.0] * len(edges),
        }
    )
    return nodes, graph


def placed(nodes: pl.DataFrame, graph: pl.DataFrame, seed: int = 1) -> np.ndarray:
    return np.stack([s.to_numpy() for s in positions(nodes, graph, seed=seed)], axis=1)


def test_networks_are_apart_and_members_together():
    nodes, graph = cliques(12, 8, 8, 5)
    points = placed(nodes, graph)
    network = nodes["network"].to_numpy()
    assert np.abs(points).max() == pytest.approx(1000)
    middle = {k: points[network == k].mean(axis=0) for k in np.unique(network)}
    radius = {k: np.hypot(*(points[network == k] - middle[k]).T).max() for k in middle}
    for a, b in combinations(middle, 2):
        assert np.hypot(*(middle[a] - middle[b])) > radius[a] + radius[b]


def test_positions_are_the_same_every_time_and_differ_by_seed():
    nodes, graph = cliques(6, 5, loose=3)
    first = placed(nodes, graph)
    assert (placed(nodes, graph) == first).all()
    assert (placed(nodes, graph.reverse()) == first).all()
    assert not (placed(nodes, graph, seed=2) == first).all()


def test_the_global_generator_is_given_back():
    import random

    random.seed(5)
    expected = random.random()
    random.seed(5)
    placed(*cliques(5))
    assert random.random() == expected


def test_accounts_in_no_network_stand_by_their_neighbours():
    nodes, graph = cliques(10, 10, loose=4)
    points = placed(nodes, graph)
    network = nodes["network"].fill_null(0).to_numpy()
    near, far = (points[network == k].mean(axis=0) for k in (1, 2))
    for point in points[network == 0]:
        assert np.hypot(*(point - near)) < np.hypot(*(point - far))


def test_a_graph_without_networks_is_drawn_by_its_components():
    nodes, graph = cliques(7, 7)
    points = placed(nodes.with_columns(network=pl.lit(None, pl.UInt32)), graph)
    assert np.isfinite(points).all()
    one, two = points[:7], points[7:]
    assert np.hypot(*(one - one.mean(axis=0)).T).max() < np.hypot(*(one.mean(axis=0) - two.mean(axis=0)))


def test_many_small_networks():
    nodes, graph = cliques(*[3] * 320)
    points = placed(nodes, graph)
    assert np.isfinite(points).all()
    assert len(np.unique(points.round(1), axis=0)) > 900


def test_no_accounts_no_positions():
    nodes, graph = cliques()
    assert [len(s) for s in positions(nodes, graph, seed=1)] == [0, 0]
