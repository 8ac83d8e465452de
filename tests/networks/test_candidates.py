"""Two levels of candidates, none of them twice; the two scores of accounts, against their definitions."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array

from cib.networks import candidates, largest_evidence, score
from cib.networks.candidates import evidence_of
from cib.networks.centrality import component_centrality
from cib.networks.coherence import coherence
from cib.settings import NetworkSettings
from cib.tables import GRAPH, MEMBERS, NETWORKS
from tests.networks.made import cliques, graph, random_edges

SETTINGS = NetworkSettings(seeds=2, bootstraps=0)


def clique(accounts, weight):
    return [(a, b, weight) for a, b in combinations(accounts, 2)]


def found(frame, settings=SETTINGS):
    table = candidates(frame, settings, seed=1)
    rows = table.group_by("group", maintain_order=True).agg(pl.col("level").first(), "account")
    return [(level, set(accounts)) for _, level, accounts in rows.iter_rows()]


def test_a_cell_in_a_loose_theme_is_found_beside_it():
    """A ring of weight 9 through 20 accounts, 6 of which are linked by 20 nats each: a theme, and the cell in it."""
    ring = [(min(n, (n + 1) % 20), max(n, (n + 1) % 20), 9.0) for n in range(6, 19)]
    frame = graph(*clique(range(6), 20.0), (5, 6, 9.0), *ring)
    settings = SETTINGS.model_copy(update={"resolution": 0.01, "core_resolutions": ()})
    assert ("theme", set(range(20))) in found(frame, settings)
    assert ("cell", set(range(6))) in found(frame, settings)


def test_what_both_levels_find_is_reported_once():
    assert found(cliques(6, 5, weight=20.0)) == [("both", set(range(6))), ("both", set(range(6, 11)))]


def test_nearly_the_same_on_both_levels_is_the_one_with_more_evidence():
    """Nine tight accounts and one that hangs on by 9 nats: the theme has ten, the cell of 5 nats a pair nine."""
    frame = graph(*clique(range(9), 20.0), (8, 9, 9.0))
    ((level, accounts),) = found(frame, SETTINGS.model_copy(update={"resolution": 0.01}))
    assert (level, accounts) == ("both", set(range(9)))


def test_cells_of_several_resolutions_that_share_half_are_one():
    frame = graph(*clique(range(4), 30.0), *clique(range(4, 9), 2.0), (0, 4, 2.0), (1, 5, 2.0), (2, 6, 2.0))
    settings = NetworkSettings(seeds=3, bootstraps=0, theme_weight=99.0, cell_resolutions=(0.5, 1.0, 5.0, 20.0))
    cells = [accounts for level, accounts in found(frame, settings) if level == "cell"]
    assert set(range(4)) in cells
    for one, other in combinations(cells, 2):
        assert 2 * len(one & other) < min(len(one), len(other))


def test_small_cells_are_looked_for_once_more_where_no_crowd_is():
    rng = np.random.default_rng(2)
    crowd = {tuple(sorted(pair)) for pair in rng.integers(10, 400, (6000, 2)).tolist() if pair[0] != pair[1]}
    loose = [(n, n + 10, 3.0) for n in range(10)]
    frame = graph(*clique(range(10), 12.0), *[(a, b, 3.0) for a, b in sorted(crowd)], *loose)
    settings = SETTINGS.model_copy(update={"cell_resolutions": (), "theme_weight": 99.0})
    assert found(frame, settings) == [("cell", set(range(10)))]
    assert found(frame, settings.model_copy(update={"core_resolutions": ()})) == []


def test_only_leiden_has_cells():
    for method in ("louvain", "components", "cpm"):
        levels = {level for level, _ in found(cliques(6, 5), SETTINGS.model_copy(update={"method": method}))}
        assert levels == {"theme"}


def test_a_group_that_hangs_by_one_link_is_less_stable_than_a_clique():
    chain = [(n, n + 1, 9.0) for n in range(10, 15)]
    settings = NetworkSettings(method="components", bootstraps=20)
    table = candidates(graph(*clique(range(6), 9.0), *chain), settings, seed=1)
    clique_, chained = table.group_by("group", maintain_order=True).agg(pl.col("stability").mean())["stability"]
    assert clique_ > 0.9
    assert chained < 0.8


def test_evidence_is_the_mean_over_all_pairs_times_the_root_of_the_size():
    frame = graph((0, 1, 6.0), (1, 2, 3.0), (2, 3, 50.0))
    groups = pl.DataFrame({"group": [0, 0, 0], "account": [0, 1, 2]}, schema={"group": pl.UInt32, "account": pl.UInt32})
    assert evidence_of(frame, groups)["evidence"].item() == pytest.approx(9 / 3 * 3**0.5)
    table, most = largest_evidence(cliques(6, 5, weight=20.0), SETTINGS, seed=1)
    assert most == pytest.approx(20 * 6**0.5)
    assert table["group"].n_unique() == 2
    assert largest_evidence(GRAPH.empty(), SETTINGS, seed=1)[1] == 0


def dense(frame):
    n = max(frame["a"].max(), frame["b"].max()) + 1
    matrix = np.zeros((n, n))
    for a, b, weight in frame.select("a", "b", "weight").rows():
        matrix[a, b] = matrix[b, a] = weight
    return matrix


def test_coherence_as_defined(monkeypatch):
    for seed in range(20):
        frame = random_edges(np.random.default_rng(seed), n=12, m=40)
        matrix = dense(frame)
        n = len(matrix)
        expected = []
        for u in range(n):
            triangles = sum(matrix[u, v] * matrix[v, x] * matrix[u, x] for v in range(n) for x in range(n))
            expected.append(triangles / matrix[u].sum() ** 1.5 if matrix[u].any() else 0)
        sparse = csr_array(matrix)
        monkeypatch.setattr("cib.networks.coherence._WORK", 5_000_000 if seed % 2 else 7)
        assert coherence(sparse) == pytest.approx(expected)


def test_centrality_of_each_component_is_its_own_leading_eigenvector():
    for sizes in ((5, 3), (40, 4, 4)):
        frame = cliques(*sizes).filter(pl.col("weight") > 1)
        matrix = dense(frame)
        sparse = csr_array(matrix)
        start = 0
        for size in sizes:
            values, vectors = np.linalg.eigh(matrix[start : start + size, start : start + size])
            found_ = component_centrality(sparse)[start : start + size]
            assert found_ == pytest.approx(values[-1] * np.abs(vectors[:, -1]))
            assert values[-1] == pytest.approx(5 * (size - 1))
            start += size


def test_every_account_of_the_graph_is_scored_and_those_in_believed_networks_first():
    frame = graph(*clique(range(4), 20.0), *clique(range(4, 8), 20.0), (8, 9, 5.0))
    facts = dict.fromkeys(NETWORKS.columns, 1.0) | {
        "level": "cell", "tier": "C", "tier_reason": "", "layers": ["url"], "parent": None,
        "first_at": frame["first_at"][0], "last_at": frame["last_at"][0],
    }  # fmt: skip
    rows = [
        facts | {"network": 1, "evidence": 40.0, "score": 20.0},
        facts | {"network": 2, "evidence": 40.0, "score": 4.0},
    ]
    networks = pl.DataFrame(rows, schema=NETWORKS.schema)
    placed = [(1 + n // 4, n, 60.0, 1.0, 1.0, "leader", None, True) for n in range(8)]
    members = pl.DataFrame(placed, schema=MEMBERS.schema, orient="row")
    scores = score(frame, networks, members)
    assert scores["account"].to_list() == [*range(10)]
    assert scores["network"].to_list() == [1] * 4 + [2] * 4 + [None] * 2
    deep = scores["coherence"][0]
    assert scores["score"].to_list() == pytest.approx([deep * 0.6] * 4 + [deep * 0.2] * 4 + [0] * 2)
    assert score(GRAPH.empty(), NETWORKS.empty(), MEMBERS.empty()).is_empty()
