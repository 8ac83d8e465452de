"""Fusing and ranking: small graphs whose answer can be checked by hand, and fusion written out from its definition."""

import math
from collections import defaultdict
from importlib import import_module

import numpy as np
import polars as pl
import pytest

from cib.networks import candidates, fuse, keep, measure, rank
from cib.settings import GraphSettings, KeepRule, LayerSettings, NetworkSettings
from cib.tables import EDGES, GRAPH, LEDGER
from tests.networks.made import AT, edge, edges, objects, pairs

__all__ = ["edge", "edges"]

LAYERS = {"text": LayerSettings(), "url": LayerSettings(reliability=0.5), "timing": LayerSettings(supporting=True)}
TWO_POSTS_EACH = [(0, 1, 0, 10, 20, 0), (0, 1, 1, 11, 21, 1)]
DEFAULT = GraphSettings()
ALL = GraphSettings(q=1, min_weight=0, min_acts=1)


def graph_of(table, evidence, layers=LAYERS, settings=DEFAULT):
    return fuse(table, evidence, layers, settings).graph


def test_weight_is_the_sum_over_layers_with_a_bonus():
    table = edges(edge("text", 0, 1), edge("url", 0, 1, weight=50.0))
    evidence = {"text": pairs(*TWO_POSTS_EACH), "url": pairs((0, 1, 0, 12, 22, 0), (0, 1, 1, 13, 23, 1))}
    graph = graph_of(table, evidence)
    assert graph["weight"].item() == pytest.approx((20 + 0.5 * 50) * 1.25)
    assert graph["layers"].item().to_list() == ["url", "text"]
    assert graph["acts"].item() == 4


def test_one_act_seen_in_two_layers_counts_in_the_first():
    table = edges(edge("text", 0, 1), edge("url", 0, 1))
    evidence = {"text": pairs(*TWO_POSTS_EACH), "url": pairs(*TWO_POSTS_EACH)}
    graph = graph_of(table, evidence)
    assert graph["layers"].item().to_list() == ["text"]
    assert graph["weight"].item() == pytest.approx(20)


def test_versions_of_one_text_count_once_over_all_rungs():
    """Each of two accounts posts two versions: same words twice, and crosswise near copies of what counts already."""
    layers = {name: LayerSettings(trace=name, min_objects=1) for name in ("text", "template", "near_copy", "mention")}
    table = edges(edge("text", 0, 1), edge("near_copy", 0, 1, objects=1), edge("template", 0, 1), edge("mention", 0, 1))
    same = [(0, 1, 0, 10, 20, 0), (0, 1, 1, 11, 21, 1)]
    crosswise = [(0, 1, 0, 10, 21, 0), (0, 1, 0, 11, 20, 0)]
    evidence = {
        "text": pairs(*same),
        "template": pairs(*same, (0, 1, 2, 12, 22, 2)),
        "near_copy": pairs(*same, *crosswise, (0, 1, 2, 12, 22, 2), (0, 1, 2, 13, 22, 2)),
        "mention": pairs(*crosswise),
    }
    made = fuse(table, evidence, layers, GraphSettings(q=1, min_weight=0.5, min_acts=1)).graph.row(0, named=True)
    assert made["acts"] == 2 + 1 + 0
    assert sorted(made["layers"]) == ["template", "text"]


def test_one_post_with_many_shared_objects_is_one_act():
    table = edges(edge("text", 0, 1, objects=5))
    evidence = {"text": pairs(*[(0, 1, o, 10, 20 + o, 0) for o in range(5)])}
    assert graph_of(table, evidence, settings=GraphSettings(min_acts=2)).is_empty()
    graph = graph_of(table, evidence, settings=GraphSettings(min_acts=1))
    assert graph["weight"].item() == pytest.approx(20 / 5)


def test_only_evidence_is_discounted_for_acts_that_are_not_independent():
    table = edges(edge("text", 0, 1, objects=5, weight=7.0))
    evidence = {"text": pairs(*[(0, 1, o, 10, 20 + o, 0) for o in range(5)])}
    for weight, fused in (("evidence", 7 / 5), ("objects", 7), ("pairs", 7), ("messages", 7), ("similarity", 7)):
        graph = graph_of(table, evidence, {"text": LayerSettings(weight=weight)}, ALL)
        assert graph["weight"].item() == pytest.approx(fused)


def test_supporting_layers_make_no_edge_but_strengthen_one():
    both = edges(edge("text", 0, 1), edge("timing", 0, 1), edge("timing", 0, 2))
    evidence = {
        "text": pairs(*TWO_POSTS_EACH),
        "timing": pairs((0, 1, 0, 30, 40, 0), (0, 1, 1, 31, 41, 0), (0, 2, 0, 1, 2, 0), (0, 2, 1, 3, 4, 0)),
    }
    fused = fuse(both, evidence, LAYERS, GraphSettings())
    assert fused.graph.select("a", "b").rows() == [(0, 1)]
    assert fused.graph["layers"].item().to_list() == ["text", "timing"]
    assert fused.ledger.select("where", "reason").rows() == [("graph", "only supporting layers carry it")]


@pytest.mark.parametrize(
    ("change", "row"),
    [
        ({}, None),
        ({"q": 1e-7}, ("text", "false-discovery rate above 1e-07")),
        ({"min_weight": 21.0}, ("text", "brings less than min_weight 21")),
        ({"min_layers": 2}, ("graph", "fewer than 2 layers")),
        ({"min_acts": 3}, ("graph", "fewer than 3 independent acts")),
        ({"keep": (KeepRule(rule="min_weight", value=21),)}, ("graph", "weight below 21")),
    ],
)
def test_every_threshold_removes_the_edge_and_says_so(change, row):
    fused = fuse(edges(edge("text", 0, 1)), {"text": pairs(*TWO_POSTS_EACH)}, LAYERS, GraphSettings(**change))
    assert len(fused.graph) == (row is None)
    rows = LEDGER.check(fused.ledger).rows()
    assert rows == ([] if row is None else [("networks", *row, 1, 0, [])])


def test_fusions_by_hand():
    layers = {"url": LayerSettings(weight="objects"), "text": LayerSettings(weight="pairs", reliability=0.5)}
    table = edges(
        edge("url", 0, 1, weight=3.0), edge("text", 0, 1, weight=8.0), edge("url", 0, 2, weight=5.0, objects=9)
    )
    evidence = {"url": pairs(*TWO_POSTS_EACH, (0, 2, 0, 10, 30, 0)), "text": pairs(*TWO_POSTS_EACH)}
    found = {}
    for fusion in ("evidence", "sum", "maximum", "union"):
        graph = graph_of(table, evidence, layers, ALL.model_copy(update={"fusion": fusion}))
        assert graph.select("a", "b").rows() == [(0, 1), (0, 2)]
        assert graph["layers"].to_list() == [["text", "url"], ["url"]]
        assert graph["acts"].to_list() == [2, 1]
        found[fusion] = graph["weight"].to_list()
    assert found == {"evidence": [7 * 1.25, 5], "sum": [7, 5], "maximum": [4, 5], "union": [1, 1]}


def test_published_fusions_do_not_ask_whose_act_it_is():
    layers = {"text": LayerSettings(), "url": LayerSettings()}
    table = edges(edge("text", 0, 1), edge("url", 0, 1, weight=30.0))
    evidence = {"text": pairs(*TWO_POSTS_EACH), "url": pairs(*TWO_POSTS_EACH)}
    assert graph_of(table, evidence, layers, ALL)["weight"].item() == 20
    both = graph_of(table, evidence, layers, ALL.model_copy(update={"fusion": "sum"}))
    assert both.select("weight", "acts").row(0) == (50, 2)
    # An act counts in the first of the layers that are kept.
    heavy = graph_of(table, evidence, layers, ALL.model_copy(update={"fusion": "sum", "min_weight": 25}))
    assert heavy.select("weight", "acts").row(0) == (30, 2)


def test_a_union_takes_edges_that_weigh_nothing_and_a_sum_does_not():
    table, evidence = edges(edge("text", 0, 1, weight=0.0)), {"text": pairs(*TWO_POSTS_EACH)}
    assert graph_of(table, evidence, settings=ALL.model_copy(update={"fusion": "union"}))["weight"].to_list() == [1]
    for fusion in ("evidence", "sum", "maximum"):
        fused = fuse(table, evidence, LAYERS, ALL.model_copy(update={"fusion": fusion}))
        assert fused.graph.is_empty()
        assert fused.ledger["reason"].to_list() == ["weighs nothing, or each of its acts counts in another layer"]


def test_a_layers_rules_see_what_its_false_discovery_rate_leaves():
    layers = {"url": LayerSettings(weight="pairs", keep=(KeepRule(rule="quantile", value=0.5, strict=True),))}
    weights, q = [1, 1, 2, 3, 10, 99, 99], [0, 0, 0, 0, 0, 1, 1]
    table = edges(
        *(edge("url", 0, i, weight=float(w), q=float(p)) for i, (w, p) in enumerate(zip(weights, q, strict=True), 1))
    )
    evidence = {"url": pairs(*((0, i, 0, 50 + i, 60 + i, 0) for i in range(1, 8)))}
    fused = fuse(table, evidence, layers, GraphSettings(q=0.01, min_weight=5, min_acts=1))
    assert fused.graph.select("b", "weight").rows() == [(5, 10)]
    assert fused.kept.rows() == [("url", 0, 5)]
    assert fused.ledger.select("where", "reason", "rows_in", "rows_out").rows() == [
        ("url", "false-discovery rate above 0.01", 7, 5),
        ("url", "weight not above the quantile 0.5", 5, 2),
        ("url", "brings less than min_weight 5", 2, 1),
    ]


def test_rules_of_one_layer_leave_the_others_alone():
    layers = {"url": LayerSettings(keep=(KeepRule(rule="min_weight", value=99),)), "text": LayerSettings()}
    table = edges(edge("url", 0, 1), edge("text", 0, 1))
    evidence = {"url": pairs(*TWO_POSTS_EACH), "text": pairs(*TWO_POSTS_EACH)}
    fused = fuse(table, evidence, layers, GraphSettings())
    assert fused.graph["layers"].to_list() == [["text"]]  # and the acts count there, as url has no edge any more
    assert fused.graph["acts"].item() == 2
    assert fused.kept.rows() == [("text", 0, 1)]


def test_an_accounts_edge_with_itself_counts_in_the_rules_and_is_kept_but_is_no_edge_of_the_graph():
    half = KeepRule(rule="quantile", value=0.5)
    layers = {"url": LayerSettings(weight="pairs", keep=(half,))}
    rows = [edge("url", 0, 1, weight=2.0), edge("url", 0, 2, weight=3.0), edge("url", 1, 1, weight=4.0)]
    evidence = {"url": pairs((0, 1, 0, 1, 2, 0), (0, 2, 0, 1, 3, 0), (1, 1, 0, 2, 4, 0))}
    with_itself, without = (fuse(edges(*some), evidence, layers, ALL) for some in (rows, rows[:2]))
    assert without.kept.rows() == [("url", 0, 2)]  # the median is 2.5
    assert with_itself.kept.rows() == [("url", 0, 2), ("url", 1, 1)]  # it is 3
    assert with_itself.graph.select("a", "b").rows() == [(0, 2)]
    assert with_itself.ledger["reason"].to_list() == ["weight below the quantile 0.5", "links an account with itself"]
    as_evidence = fuse(edges(*rows), evidence, {"url": LayerSettings()}, ALL)
    assert ("url", 1, 1) in as_evidence.kept.rows()


def test_rules_of_the_graph_see_the_fused_weights():
    table = edges(edge("text", 0, 1), edge("text", 2, 3, weight=24.0), edge("url", 0, 1, weight=20.0))
    evidence = {
        "text": pairs(*TWO_POSTS_EACH, (2, 3, 0, 30, 40, 0), (2, 3, 1, 31, 41, 0)),
        "url": pairs((0, 1, 0, 12, 22, 0), (0, 1, 1, 13, 23, 0)),
    }
    settings = GraphSettings(keep=(KeepRule(rule="quantile", value=0.9),))
    fused = fuse(table, evidence, LAYERS, settings)
    assert fused.graph.select("a", "b").rows() == [(0, 1)]  # 37.5 against 24
    assert fused.kept.rows() == [("text", 0, 1), ("text", 2, 3), ("url", 0, 1)]
    assert fused.graph.equals(keep(graph_of(table, evidence), settings.keep))


def random_layers(rng):
    """EDGES and evidence of four layers that share many posts, one of which combines the others."""
    layers = {
        name: LayerSettings(
            trace=name,
            reliability=float(rng.choice([0.5, 1.0])),
            supporting=name == "timing",
            weight=str(rng.choice(["evidence", "objects"])),
        )
        for name in ("text", "url", "combined", "timing")
    }
    rows, evidence = [], {}
    for name in layers:
        found = {
            (a, b, int(rng.integers(3)), 3 * a + int(rng.integers(3)), 3 * b + int(rng.integers(3)), 0)
            for a, b in (sorted(rng.choice(4, 2, replace=False).tolist()) for _ in range(12))
        }
        evidence[name] = sorted(found)
        for a, b in sorted({pair[:2] for pair in found}):
            shared = len({pair[2] for pair in found if pair[:2] == (a, b)})
            facts = {"q": float(rng.choice([0.001, 0.5])), "weight": float(rng.choice([0, 1, 4, 9]))}
            rows.append(edge(name, a, b, objects=shared, **facts))
    return layers, rows, evidence


def acts_by_definition(layers, left, evidence):
    """Independent acts of each layer's edge: a pair of posts counts in the first layer whose edge holds it, and where
    layers are combined only if neither post is matched with the other account before."""
    present = {(row["layer"], row["a"], row["b"]) for row in left}
    seen, matched, acts = set(), set(), {}
    for name in layers:
        now = [pair for pair in evidence[name] if (name, *pair[:2]) in present]
        for key in {pair[:2] for pair in now}:
            fresh = [pair for pair in now if pair[:2] == key and pair[3:5] not in seen]
            if layers[name].trace == "combined":
                fresh = [(a, b, o, x, y, d) for a, b, o, x, y, d in fresh if not {(x, b), (y, a)} & matched]
            acts[name, *key] = min(len({pair[i] for pair in fresh}) for i in (2, 3, 4))
        seen |= {pair[3:5] for pair in now}
        matched |= {end for a, b, _, x, y, _ in now for end in ((x, b), (y, a))}
    return acts


def fused_by_definition(layers, rows, evidence, settings):
    """Weight, layers and acts of each edge of the graph."""
    discounted = [name for name in layers if settings.fusion == "evidence" and layers[name].weight == "evidence"]

    def bring(row, acts):
        whole = layers[row["layer"]].reliability * row["weight"]
        return whole * acts / row["objects"] if row["layer"] in discounted else whole

    def enough(value):
        return value >= settings.min_weight and (value > 0 or settings.fusion == "union")

    left = [row for row in rows if row["q"] <= settings.q]
    left = left if discounted else [row for row in left if enough(bring(row, None))]
    acts = acts_by_definition(layers, left, evidence)
    merged = defaultdict(list)
    for row in left:
        mine = acts[row["layer"], row["a"], row["b"]]
        if enough(bring(row, mine)):
            merged[row["a"], row["b"]].append((bring(row, mine), row["layer"], mine))
    graph = {}
    for key, parts in merged.items():
        weights, names, counts = zip(*parts, strict=True)
        weight = {
            "evidence": sum(weights) * (1 + settings.layer_bonus * (len(parts) - 1)),
            "sum": sum(weights),
            "maximum": max(weights),
            "union": 1.0,
        }[settings.fusion]
        telling = any(not layers[name].supporting for name in names)
        if telling and len(parts) >= settings.min_layers and sum(counts) >= settings.min_acts:
            graph[key] = (weight, sorted(names), sum(counts))
    return graph


@pytest.mark.parametrize("at_once", [3, 10**6])
@pytest.mark.parametrize("fusion", ["evidence", "sum", "maximum", "union"])
def test_fusion_as_defined(fusion, at_once, monkeypatch):
    """However few pairs of posts are looked at together."""
    monkeypatch.setattr(import_module("cib.networks.fuse"), "_PAIRS_AT_ONCE", at_once)
    found = 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        layers, rows, evidence = random_layers(rng)
        settings = GraphSettings(
            q=float(rng.choice([0.01, 1])), min_weight=float(rng.choice([0, 1, 3])), fusion=fusion,
            min_acts=int(rng.integers(1, 4)), min_layers=int(rng.integers(1, 3)),
        )  # fmt: skip
        graph = graph_of(edges(*rows), {name: pairs(*some) for name, some in evidence.items()}, layers, settings)
        expected = fused_by_definition(layers, rows, evidence, settings)
        assert graph.select("a", "b").rows() == sorted(expected)
        for row in graph.iter_rows(named=True):
            weight, names, acts = expected[row["a"], row["b"]]
            assert row["weight"] == pytest.approx(weight, abs=1e-8)
            assert (sorted(row["layers"]), row["acts"]) == (names, acts)
        found += len(graph)
    assert found > 20


NOTHING_ORGANIC = pl.DataFrame(schema={"group": pl.UInt32, "name": pl.String, "value": pl.Float64})
NOTHING_ORGANIC = NOTHING_ORGANIC.with_columns(applicable=pl.lit(value=False), factor=pl.lit(1.0), sentence=pl.lit(""))


def ranked(accounts_per_object, *, explained=NOTHING_ORGANIC, by_chance=(), **networks):
    """Three accounts, all linked by text; accounts 0 and 1 share three objects on two days."""
    shared = [(a, b, o, 10 * a + o, 10 * b + o, o % 2) for a, b in ((0, 1), (0, 2), (1, 2)) for o in range(3)]
    table = edges(*(edge("text", a, b, objects=3, lead=1.0 if a == 0 else 0.5) for a, b in ((0, 1), (0, 2), (1, 2))))
    evidence = {"text": pairs(*shared)}
    layers = {"text": LayerSettings()}
    graph = graph_of(table, evidence, layers)
    groups = candidates(graph, NetworkSettings(bootstraps=0, **networks), seed=1)
    measured = measure(groups, graph, table, evidence, {"text": objects(3, accounts_per_object)}, layers)
    return graph, rank(measured, explained, by_chance)


def combined_facts(keys, url_objects=2):
    """Facts of three accounts, every two of which share some links (the layer url) and what is combined by these
    keys."""
    ends = ((0, 1), (0, 2), (1, 2))
    table = edges(*(edge(layer, a, b, objects=9) for layer in ("url", "combined") for a, b in ends))
    shared = {
        layer: [(a, b, o, 100 * a + o, 100 * b + o, o % 2) for a, b in ends for o in range(n)]
        for layer, n in (("url", url_objects), ("combined", len(keys)))
    }
    things = {
        "url": objects(url_objects, 6),
        "combined": objects(len(keys), 4).with_columns(key=pl.Series(keys)),
    }
    layers = {name: LayerSettings(trace=name) for name in ("url", "combined")}
    evidence = {name: pairs(*some) for name, some in shared.items()}
    graph = GRAPH.check(
        graph_of(table, evidence, layers).with_columns(layers=pl.lit(["url", "combined"], pl.List(pl.String)))
    )
    groups = candidates(graph, NetworkSettings(bootstraps=0), seed=1)
    return measure(groups, graph, table, evidence, things, layers).facts.row(0, named=True)


def test_what_is_combined_counts_as_a_layer_where_it_holds_several_kinds_of_act():
    assert combined_facts(["url:k0", "hashtag:k0"])["layers"] == ["combined", "url"]
    assert combined_facts(["url:k0", "url:k9"])["layers"] == ["url"]
    assert combined_facts(["hashtag:k0", "hashtag:k:1"])["layers"] == ["hashtag", "url"]


def test_an_object_in_two_layers_is_one():
    found = combined_facts(["url:k0", "url:k1", "hashtag:k0", "mention:k0"])
    assert (found["objects"], found["exclusivity"]) == (4, 0.625)  # 3 of the 6 who shared a link, 3 of 4 elsewhere
    assert combined_facts(["url:k0", "url:k1"])["exclusivity"] == 0.5


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
        {"support": 1.0, "layers": 0.6, "exclusivity": 0.5, "synchrony": 1.0, "stability": 1.0, "organic": 1.0}
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


def test_members_say_how_coordinated_they_are_if_asked():
    assert ranked(3)[1].members["coordination"].to_list() == [None] * 3
    assert ranked(3, steps=4)[1].members["coordination"].to_list() == [1.0] * 3  # all edges weigh alike


def test_scores_of_counts_beyond_nine_billion_are_sums_too():
    pair_counts = [(0, 1), (0, 2), (1, 2)]
    full = [(a, b, 8e9, ["text"], 3, 3, 0.0, AT, AT) for a, b in pair_counts]
    graph = pl.DataFrame(full, schema=GRAPH.schema, orient="row")
    groups = candidates(graph, NetworkSettings(), seed=1)
    found = rank(measure(groups, graph, EDGES.empty(), {}, {}, {"text": LayerSettings()}), NOTHING_ORGANIC, ())
    assert found.networks["evidence"].item() == pytest.approx(8e9 * math.sqrt(3))
    assert found.members["strength"].to_list() == [16e9] * 3


def test_nothing_to_rank():
    groups = candidates(GRAPH.empty(), NetworkSettings(), seed=1)
    nothing = measure(groups, GRAPH.empty(), EDGES.empty(), {}, {}, {"text": LayerSettings()})
    found = rank(nothing, NOTHING_ORGANIC, (1.0, 2.0))
    assert found.networks.is_empty()
    assert found.members.is_empty()
