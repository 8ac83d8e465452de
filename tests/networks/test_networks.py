"""Fusing, grouping and ranking: small graphs whose answer can be checked by hand."""

import math
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from cib.networks import fuse, group, rank
from cib.settings import GraphSettings, LayerSettings, NetworkSettings
from cib.tables import EDGES, GRAPH, OBJECTS, PAIRS

AT = datetime(2016, 9, 1, tzinfo=UTC)


def edge(layer, a, b, **facts):
    base = {
        "objects": 2, "pairs": 2, "overlap": 2, "similarity": 0.5, "expected": 0.1, "expected_sync": 0.1, "llr": 10.0,
        "p_overlap": 1e-6, "p_sync": 1e-4, "p": 1e-9, "q": 1e-6, "first_at": AT, "last_at": AT,
        "delta_median_s": 1.0, "lead": 0.5,
    }  # fmt: skip
    return base | {"layer": layer, "a": a, "b": b} | facts


def edges(*rows):
    return EDGES.check(
        pl.DataFrame([{c: row[c] for c in EDGES.columns} for row in rows], schema=EDGES.schema, orient="row")
    )


def pairs(*rows):
    """a, b, object, post_a, post_b, day."""
    full = [(a, b, o, x, y, AT + timedelta(days=day), 1.0) for a, b, o, x, y, day in rows]
    return PAIRS.check(pl.DataFrame(full, schema=PAIRS.schema, orient="row")).lazy()


def objects(n, accounts=2):
    return pl.DataFrame(
        [(i, f"k{i}", f"k{i}", accounts, accounts, 0, 0) for i in range(n)], schema=OBJECTS.schema, orient="row"
    ).lazy()


LAYERS = {"text": LayerSettings(), "url": LayerSettings(reliability=0.5), "timing": LayerSettings(supporting=True)}
TWO_POSTS_EACH = [(0, 1, 0, 10, 20, 0), (0, 1, 1, 11, 21, 1)]


def test_weight_is_the_sum_over_layers_with_a_bonus():
    table = edges(edge("text", 0, 1), edge("url", 0, 1, llr=100.0, p_sync=1e-200))
    evidence = {"text": pairs(*TWO_POSTS_EACH), "url": pairs((0, 1, 0, 12, 22, 0), (0, 1, 1, 13, 23, 1))}
    graph = fuse(table, evidence, LAYERS, GraphSettings())
    text = 10 + 4 * math.log(10)
    url = 0.5 * (30 + 10 * math.log(10))  # both capped
    assert graph["weight"].item() == pytest.approx((text + url) * 1.25)
    assert graph["layers"].item().to_list() == ["url", "text"]
    assert graph["acts"].item() == 4


def test_one_act_seen_in_two_layers_counts_in_the_first():
    table = edges(edge("text", 0, 1), edge("url", 0, 1))
    evidence = {"text": pairs(*TWO_POSTS_EACH), "url": pairs(*TWO_POSTS_EACH)}
    graph = fuse(table, evidence, LAYERS, GraphSettings())
    assert graph["layers"].item().to_list() == ["text"]
    assert graph["weight"].item() == pytest.approx(10 + 4 * math.log(10))


def test_one_post_with_many_shared_objects_is_one_act():
    table = edges(edge("text", 0, 1, objects=5))
    evidence = {"text": pairs(*[(0, 1, o, 10, 20 + o, 0) for o in range(5)])}
    assert fuse(table, evidence, LAYERS, GraphSettings(min_acts=2)).is_empty()
    graph = fuse(table, evidence, LAYERS, GraphSettings(min_acts=1))
    assert graph["weight"].item() == pytest.approx((10 + 4 * math.log(10)) / 5)


def test_synchrony_counts_from_two_objects_on_and_not_without_a_window():
    for facts in ({"objects": 1}, {"p_sync": None, "expected_sync": None}):
        table = edges(edge("text", 0, 1, **facts))
        evidence = {"text": pairs(*TWO_POSTS_EACH[: facts.get("objects", 2)])}
        assert fuse(table, evidence, LAYERS, GraphSettings(min_acts=1))["weight"].item() == pytest.approx(10.0)


def test_supporting_layers_make_no_edge_but_strengthen_one():
    both = edges(edge("text", 0, 1), edge("timing", 0, 1), edge("timing", 0, 2))
    evidence = {
        "text": pairs(*TWO_POSTS_EACH),
        "timing": pairs((0, 1, 0, 30, 40, 0), (0, 1, 1, 31, 41, 0), (0, 2, 0, 1, 2, 0), (0, 2, 1, 3, 4, 0)),
    }
    graph = fuse(both, evidence, LAYERS, GraphSettings())
    assert graph.select("a", "b").rows() == [(0, 1)]
    assert graph["layers"].item().to_list() == ["text", "timing"]


@pytest.mark.parametrize(
    ("change", "kept"),
    [({}, 1), ({"q": 1e-7}, 0), ({"min_weight": 30.0}, 0), ({"min_layers": 2}, 0), ({"min_acts": 3}, 0)],
)
def test_every_threshold_removes_the_edge(change, kept):
    graph = fuse(edges(edge("text", 0, 1)), {"text": pairs(*TWO_POSTS_EACH)}, LAYERS, GraphSettings(**change))
    assert len(graph) == kept


def cliques(*sizes):
    """Complete graphs side by side, joined by one weak edge each."""
    rows, start = [], 0
    for size in sizes:
        rows += [(i, j, 5.0) for i in range(start, start + size) for j in range(i + 1, start + size)]
        rows += [(start - 1, start, 0.1)] if start else []
        start += size
    full = [(a, b, w, ["text"], 3, 3, 0.0, AT, AT) for a, b, w in rows]
    return pl.DataFrame(full, schema=GRAPH.schema, orient="row").sort("a", "b")


def test_cliques_are_found_and_numbered_by_size():
    found = group(cliques(4, 6, 2), NetworkSettings(min_accounts=3, resolution=1.0), seed=1)
    assert found.group_by("group", maintain_order=True).agg("account").rows() == [
        (0, [4, 5, 6, 7, 8, 9]),
        (1, [0, 1, 2, 3]),
    ]
    assert found["stability"].to_list() == [1.0] * 10


def test_grouping_is_the_same_for_the_same_seed_and_leaves_igraph_as_it_was():
    import random

    import igraph

    settings = NetworkSettings(seeds=3)
    graph = cliques(5, 5, 5)
    random.seed(3)
    before = igraph.Graph.Erdos_Renyi(30, 0.3).get_edgelist()
    assert group(graph, settings, seed=1).equals(group(graph, settings, seed=1))
    random.seed(3)
    assert igraph.Graph.Erdos_Renyi(30, 0.3).get_edgelist() == before


def test_no_graph_no_groups():
    assert group(GRAPH.empty(), NetworkSettings(), seed=1).is_empty()


def ranked(accounts_per_object):
    """Three accounts, all linked by text; accounts 0 and 1 share three objects on two days."""
    shared = [(a, b, o, 10 * a + o, 10 * b + o, o % 2) for a, b in ((0, 1), (0, 2), (1, 2)) for o in range(3)]
    table = edges(*(edge("text", a, b, objects=3, lead=1.0 if a == 0 else 0.5) for a, b in ((0, 1), (0, 2), (1, 2))))
    evidence = {"text": pairs(*shared)}
    layers = {"text": LayerSettings()}
    graph = fuse(table, evidence, layers, GraphSettings())
    groups = group(graph, NetworkSettings(), seed=1)
    return graph, rank(groups, graph, table, evidence, {"text": objects(3, accounts_per_object)}, layers)


def test_every_part_of_the_score_by_hand():
    graph, found = ranked(accounts_per_object=30)
    row = found.networks.row(0, named=True)
    weight = graph["weight"][0]
    assert row["evidence"] == pytest.approx(weight * math.sqrt(3))
    assert (row["accounts"], row["edges"], row["density"], row["objects"], row["days"]) == (3, 3, 1.0, 3, 2)
    assert row["exclusivity"] == pytest.approx(0.1)
    assert row["synchrony"] == 1.0
    factors = {name.removeprefix("factor_"): row[name] for name in row if name.startswith("factor_")}
    assert factors == pytest.approx(
        {"support": 1.0, "layers": 0.6, "exclusivity": 0.5, "synchrony": 1.0, "stability": 1.0}
    )
    assert row["score"] == pytest.approx(row["evidence"] * math.prod(factors.values()))
    assert row["tier"] == "C"


def test_a_network_that_owns_its_objects_ranks_above_a_crowds_part():
    own, part, crowd = (ranked(n)[1].networks["score"].item() for n in (3, 30, 300))
    assert own == pytest.approx(2 * part, rel=1e-6)  # the logistic is 1 and one half
    assert part > 5 * crowd


def test_who_comes_first_leads():
    members = ranked(3)[1].members
    assert dict(members.select("account", "role").rows()) == {0: "leader", 1: "amplifier", 2: "amplifier"}
    assert members["share_inside"].to_list() == [1.0] * 3


def test_nothing_to_rank():
    found = rank(
        group(GRAPH.empty(), NetworkSettings(), seed=1), GRAPH.empty(), EDGES.empty(), {}, {}, {"text": LayerSettings()}
    )
    assert found.networks.is_empty()
    assert found.members.is_empty()
