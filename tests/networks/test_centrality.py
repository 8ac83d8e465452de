"""Eigenvector centrality, against networkx' power iteration from ones and against closed forms."""

import networkx as nx
import numpy as np
import pytest

from cib.networks import centrality as module
from cib.networks.centrality import eigenvector_centrality

UNIONS = {
    "one clique": [nx.complete_graph(5)],
    "two equal cliques share": [nx.complete_graph(5), nx.complete_graph(5)],
    "the densest has it all": [nx.complete_graph(4), nx.complete_graph(6), nx.path_graph(9)],
    "equal eigenvalues in different shapes": [nx.cycle_graph(5), nx.complete_graph(3), nx.star_graph(4)],
    "large and equal": [nx.complete_graph(40), nx.complete_graph(40), nx.complete_graph(3)],
    "large and small with one eigenvalue": [nx.cycle_graph(60), nx.complete_graph(3)],
    "bipartite": [nx.complete_bipartite_graph(40, 30), nx.path_graph(4)],
    "pairs": [nx.path_graph(2)] * 30,
    "large and irregular": [nx.gnp_random_graph(120, 0.06, seed=4), nx.path_graph(3)],
}


def ours(graph):
    rows = [(a, b, facts.get("weight", 1.0)) for a, b, facts in graph.edges(data=True)]
    a, b, weight = (np.array(column) for column in zip(*rows, strict=True))
    accounts, values = eigenvector_centrality(a, b, weight.astype(np.float64))
    return dict(zip(accounts.tolist(), values.tolist(), strict=True))


def theirs(graph):
    graph.remove_nodes_from(list(nx.isolates(graph)))
    return nx.eigenvector_centrality(graph, max_iter=200_000, tol=1e-14, weight="weight")


@pytest.mark.parametrize("name", UNIONS)
def test_as_networkx_in_graphs_of_several_components(name):
    graph = nx.disjoint_union_all(UNIONS[name])
    assert ours(graph) == pytest.approx(theirs(graph), abs=1e-8)


def test_as_networkx_with_weights():
    for seed in range(30):
        rng = np.random.default_rng(seed)
        graph = nx.gnp_random_graph(int(rng.integers(3, 60)), 0.15, seed=seed)
        for _, _, facts in graph.edges(data=True):
            facts["weight"] = float(rng.choice([0.1, 1, 5]))
        if graph.size():
            assert ours(graph) == pytest.approx(theirs(graph), abs=1e-7)


def test_a_path_has_the_sine_of_its_length():
    for n in (2, 3, 20, 150):
        sine = np.sin(np.pi * np.arange(1, n + 1) / (n + 1))
        found = ours(nx.path_graph(n))
        assert [found[i] for i in range(n)] == pytest.approx(sine / np.linalg.norm(sine), abs=1e-9)


def test_edges_of_no_weight_are_none():
    accounts, values = eigenvector_centrality(np.array([0, 5]), np.array([1, 7]), np.array([2.0, 0.0]))
    assert accounts.tolist() == [0, 1, 5, 7]
    assert values == pytest.approx([2**-0.5, 2**-0.5, 0, 0])
    assert eigenvector_centrality(np.array([0]), np.array([1]), np.zeros(1))[1].tolist() == [0, 0]


def test_where_lanczos_gives_up_the_power_iteration_takes_over(monkeypatch):
    graph = nx.gnp_random_graph(60, 0.3, seed=1)
    expected = ours(graph)
    monkeypatch.setattr(module, "_RESTARTS", 1)
    long = ours(nx.path_graph(500))  # its first restart cannot be enough
    assert np.linalg.norm(list(long.values())) == pytest.approx(1)
    assert min(long.values()) > 0
    assert [long[i] for i in range(500)] == pytest.approx([long[499 - i] for i in range(500)])
    assert ours(graph) == pytest.approx(expected, abs=1e-8)
