"""Grouping by every method, and the level of coordination, against networkx and against their definitions."""

import random

import igraph
import networkx as nx
import numpy as np
import pytest

from cib.networks import group
from cib.networks.grow import grow
from cib.networks.partition import METHODS
from cib.settings import NetworkSettings
from cib.tables import GRAPH
from tests.networks.made import cliques, graph, random_edges


def members(found):
    return [accounts for _, accounts in found.group_by("group", maintain_order=True).agg("account").rows()]


def random_graph(rng, n=14, m=24):
    return graph(*random_edges(rng, n=n, m=m).rows())


def as_networkx(frame):
    made = nx.Graph()
    made.add_weighted_edges_from(frame.select("a", "b", "weight").rows())
    return made


@pytest.mark.parametrize("method", ["leiden", "cpm", "louvain", "fsa_v"])
def test_cliques_are_found_and_numbered_by_size(method):
    settings = NetworkSettings(method=method, min_accounts=3, resolution=1.0, bootstraps=0)
    found = group(cliques(4, 6, 2), settings, seed=1)
    assert members(found) == [[4, 5, 6, 7, 8, 9], [0, 1, 2, 3]]
    assert found["stability"].to_list() == [1.0] * 10


def test_every_method_of_the_settings_is_there():
    assert set(METHODS) == set(NetworkSettings.model_fields["method"].annotation.__args__)


@pytest.mark.parametrize("method", list(METHODS))
def test_grouping_is_the_same_for_the_same_seed_and_leaves_igraph_as_it_was(method):
    settings = NetworkSettings(method=method, seeds=3, steps=5)
    frame = cliques(5, 5, 5)
    random.seed(3)
    before = igraph.Graph.Erdos_Renyi(30, 0.3).get_edgelist()
    assert group(frame, settings, seed=1).equals(group(frame, settings, seed=1))
    random.seed(3)
    assert igraph.Graph.Erdos_Renyi(30, 0.3).get_edgelist() == before


@pytest.mark.parametrize("method", list(METHODS))
def test_no_graph_no_groups(method):
    found = group(GRAPH.empty(), NetworkSettings(method=method, steps=3), seed=1)
    assert found.is_empty()
    assert found.schema == group(cliques(4), NetworkSettings(method=method), seed=1).schema


def test_components_are_whatever_hangs_together():
    for seed in range(20):
        frame = random_graph(np.random.default_rng(seed), n=30, m=20)
        found = group(frame, NetworkSettings(method="components", min_accounts=2, bootstraps=0), seed=1)
        parts = sorted((sorted(c) for c in nx.connected_components(as_networkx(frame))), key=lambda c: (-len(c), c[0]))
        assert members(found) == parts
        assert set(found["stability"]) == {1.0}


def test_the_best_of_many_seeds_is_as_good_as_the_best_that_networkx_finds():
    for name, resolution in (("louvain", 1.0), ("louvain", 2.0), ("leiden", 1.0), ("leiden", 0.5)):
        for seed in range(5):
            frame = random_graph(np.random.default_rng(seed), n=40, m=90)
            theirs = as_networkx(frame)
            settings = NetworkSettings(method=name, min_accounts=2, resolution=resolution, seeds=20)
            ours = members(group(frame, settings, seed=1))
            ours += [[node] for node in set(theirs) - {node for some in ours for node in some}]
            best = max(
                nx.community.modularity(
                    theirs, nx.community.louvain_communities(theirs, resolution=resolution, seed=turn),
                    resolution=resolution,
                )
                for turn in range(10)
            )  # fmt: skip
            assert nx.community.modularity(theirs, ours, resolution=resolution) >= best - 0.005


def grown_by_definition(ends, weights, community, theta):
    """Weber and Neumann's growth as it reads, looking at every edge in every step."""
    mean_of_all = sum(weights) / len(weights)
    groups = {}
    for number in set(community):
        mine = [i for i, (a, b) in enumerate(ends) if community[a] == community[b] == number]
        if not mine:
            continue
        taken = [max(mine, key=lambda i: (weights[i], -i))]
        while True:
            nodes = {node for i in taken for node in ends[i]}
            near = [i for i in mine if i not in taken and nodes & set(ends[i])]
            if not near:
                break
            heaviest = max(near, key=lambda i: (weights[i], -i))
            old = sum(weights[i] for i in taken) / len(taken)
            new = sum(weights[i] for i in [*taken, heaviest]) / (len(taken) + 1)
            if new < mean_of_all or new < theta * old:
                break
            taken.append(heaviest)
        if sum(weights[i] for i in taken) / len(taken) >= mean_of_all:
            groups[number] = {node for i in taken for node in ends[i]}
    return groups


def test_fsa_v_grows_as_defined():
    stopped = dropped = 0
    for seed in range(80):
        rng = np.random.default_rng(seed)
        frame = random_edges(rng, n=16, m=40, weights=(1, 2, 3, 7, 16))
        ends = np.stack([frame["a"], frame["b"]], axis=1).astype(np.int64)
        weights = frame["weight"].to_numpy()
        community = rng.integers(0, 4, 16)
        theta = float(rng.choice([0.3, 0.7, 0.8, 0.95]))
        found = grow(ends, weights, community, theta)
        expected = grown_by_definition(ends.tolist(), weights.tolist(), community.tolist(), theta)
        own = [node for node in range(16) if found[node] > community.max()]
        assert len(set(found[own])) == len(own)  # nobody else's group
        groups = {n: set(np.flatnonzero(found == n).tolist()) for n in set(found.tolist()) if n <= community.max()}
        assert groups == expected
        stopped += sum(len(some) < (community == n).sum() for n, some in groups.items())
        dropped += len(set(community.tolist())) - len(groups)
    assert stopped > 20
    assert dropped > 5


def test_fsa_v_by_hand():
    # The mean of all is 4.8. The mean grows 8, 7.5 (0.94 of it), 7.33 (0.98), 5.75 (0.78).
    ends, community = np.array([[0, 1], [1, 2], [0, 2], [2, 3], [4, 5]]), np.array([0, 0, 0, 0, 1, 1])
    weights = np.array([8.0, 7.0, 7.0, 1.0, 1.0])
    for theta, size in ((0.3, 4), (0.7, 4), (0.8, 3), (0.93, 3), (0.95, 2)):
        found = grow(ends, weights, community, theta).tolist()
        assert [found[node] == 0 for node in range(6)] == [node < size for node in range(6)]
        assert 1 not in found  # the other community's only edge is lighter than the mean of all


def test_fsa_v_keeps_communities_of_equal_weights():
    ends = np.array([[0, 1], [1, 2], [0, 2], [3, 4]])
    assert grow(ends, np.full(4, 0.1), np.array([0, 0, 0, 1, 1]), theta=1.0).tolist() == [0, 0, 0, 1, 1]


def test_coordination_is_the_largest_quantile_with_a_group():
    levels = set()
    for seed in range(25):
        rng = np.random.default_rng(seed)
        frame = random_graph(rng, n=20, m=40)
        steps, least = int(rng.choice([3, 10, 100])), int(rng.integers(2, 5))
        settings = NetworkSettings(method="components", min_accounts=least, steps=steps)
        found = dict(group(frame, settings, seed=1).select("account", "coordination").rows())
        expected = {}
        for step in range(steps + 1):
            threshold = np.quantile(frame["weight"].to_numpy(), step / steps)
            left = as_networkx(frame.filter(frame["weight"] >= threshold))
            for component in nx.connected_components(left):
                if len(component) >= least:
                    expected |= dict.fromkeys(component, step / steps)
        assert found == pytest.approx(expected)
        levels |= {round(level, 2) for level in found.values()}
    assert len(levels) > 10


@pytest.mark.parametrize("method", ["leiden", "louvain"])
def test_coordination_of_cliques_by_hand(method):
    # 6 edges of 5, 6 of 7, 1 of 0.1 between: the quantile 0.5 of 13 weights is 5, the next one is 7.
    heavy = [(i, j, 7.0) for i in range(4, 8) for j in range(i + 1, 8)]
    light = [(i, j, 5.0) for i in range(4) for j in range(i + 1, 4)]
    settings = NetworkSettings(method=method, resolution=1.0, steps=4)
    found = group(graph(*light, (3, 4, 0.1), *heavy), settings, seed=1)
    assert dict(found.select("account", "coordination").rows()) == dict.fromkeys(range(4), 0.5) | dict.fromkeys(
        range(4, 8), 1.0
    )


def test_coordination_is_not_told_unless_asked():
    assert group(cliques(4, 4), NetworkSettings(), seed=1)["coordination"].null_count() == 8
    assert group(cliques(5), NetworkSettings(steps=100), seed=1)["coordination"].to_list() == [1.0] * 5
