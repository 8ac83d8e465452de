"""The rules that edges must pass, against their definitions written out, and against networkx."""

import math
from collections import defaultdict
from itertools import pairwise

import networkx as nx
import numpy as np
import polars as pl
import pytest

from cib.errors import ConfigError
from cib.networks import keep
from cib.networks.keep import keep_steps
from cib.settings import KeepRule
from tests.networks.made import edge, edges, random_edges

RULES = [
    "min_weight", "quantile", "top_k", "disparity", "q", "centrality", "centrality_quantile", "neighbours",
]  # fmt: skip


def table(*rows):
    return pl.DataFrame(rows, schema={"a": pl.UInt32, "b": pl.UInt32, "weight": pl.Float64}, orient="row")


def weights(*values):
    """One edge a weight, no two of them touching."""
    return table(*((2 * i, 2 * i + 1, float(w)) for i, w in enumerate(values)))


def ends(frame):
    return list(zip(frame["a"], frame["b"], strict=True))


def random_tables(count=60, **how):
    for seed in range(count):
        rng = np.random.default_rng(seed)
        yield rng, random_edges(rng, n=int(rng.integers(2, 12)), m=int(rng.integers(1, 30)), **how)


@pytest.mark.parametrize(
    ("share", "strict", "kept"),
    [
        (0.5, True, [3, 10]),  # the quantile is 2, an edge's own weight
        (0.5, False, [2, 3, 10]),
        (0.9, True, [10]),  # 3 + 0.6 * 7 = 7.2
        (0.9, False, [10]),
        (0.0, True, [2, 3, 10]),
        (0.0, False, [1, 1, 2, 3, 10]),
        (1.0, False, [10]),
        (1.0, True, []),
    ],
)
def test_quantile_as_in_the_worked_example(share, strict, kept):
    rule = KeepRule(rule="quantile", value=share, strict=strict)
    assert keep(weights(1, 1, 2, 3, 10), [rule])["weight"].to_list() == kept


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99, 1.0])
def test_equal_weights_pass_the_quantile_all_or_not_at_all(share):
    alike = weights(*[0.1] * 7)
    assert len(keep(alike, [KeepRule(rule="quantile", value=share)])) == 7
    assert keep(alike, [KeepRule(rule="quantile", value=share, strict=True)]).is_empty()


def test_quantile_is_type_7():
    for rng, frame in random_tables():
        share = float(rng.choice([0, 0.1, 0.25, 0.5, 0.9, 0.995, 1]))
        x = sorted(frame["weight"])
        if not x:
            continue
        h = (len(x) - 1) * share
        low, high = x[math.floor(h)], x[math.ceil(h)]
        bound = low + (h - math.floor(h)) * (high - low)
        for strict in (True, False):
            kept = keep(frame, [KeepRule(rule="quantile", value=share, strict=strict)])
            expected = [w for w in frame["weight"] if (w > bound if strict else w >= bound)]
            assert kept["weight"].to_list() == expected


def test_min_weight():
    rows = weights(1, 2, 3)
    assert keep(rows, [KeepRule(rule="min_weight", value=2)])["weight"].to_list() == [2, 3]
    assert keep(rows, [KeepRule(rule="min_weight", value=2, strict=True)])["weight"].to_list() == [3]


def test_top_k_of_either_end():
    for rng, frame in random_tables(loops=True):
        k = int(rng.integers(0, 5))
        mine = defaultdict(list)
        for a, b, w in frame.rows():
            mine[a].append((-w, b, (a, b)))
            if a != b:
                mine[b].append((-w, a, (a, b)))
        heaviest = {pair for own in mine.values() for _, _, pair in sorted(own)[:k]}
        assert ends(keep(frame, [KeepRule(rule="top_k", value=k)])) == [p for p in ends(frame) if p in heaviest]


def test_top_k_keeps_what_only_one_end_ranks():
    star = table((0, 1, 9.0), (0, 2, 5.0), (0, 3, 5.0))  # an edge of the centre's is the best that each other end has
    assert ends(keep(star, [KeepRule(rule="top_k", value=1)])) == [(0, 1), (0, 2), (0, 3)]
    triangle = table((0, 1, 9.0), (0, 2, 8.0), (1, 2, 7.0))
    assert ends(keep(triangle, [KeepRule(rule="top_k", value=1)])) == [(0, 1), (0, 2)]


def test_disparity_takes_the_smaller_alpha_of_both_ends():
    for rng, frame in random_tables(loops=True):
        strength, degree = defaultdict(float), defaultdict(int)
        for a, b, w in frame.rows():
            for end in {a, b}:
                strength[end] += w
                degree[end] += 1
        alphas = {
            (a, b): min((1 - w / strength[end]) ** (degree[end] - 1) for end in (a, b)) for a, b, w in frame.rows()
        }
        # Between the alphas that occur, so that rounding decides nothing.
        bound = float(rng.choice(sorted(alphas.values()))) * 1.000001 if alphas else 0.5
        kept = keep(frame, [KeepRule(rule="disparity", value=bound)])
        assert ends(kept) == [pair for pair, alpha in alphas.items() if alpha < bound]


def test_disparity_by_hand():
    # The hub spreads 10 over 9 + 1: alpha = 0.1 and 0.9. The leaves have one edge each, which says nothing.
    hub = table((0, 1, 9.0), (0, 2, 1.0))
    assert ends(keep(hub, [KeepRule(rule="disparity", value=0.11)])) == [(0, 1)]
    assert ends(keep(hub, [KeepRule(rule="disparity", value=0.09)])) == []
    assert ends(keep(hub, [KeepRule(rule="disparity", value=0.91)])) == [(0, 1), (0, 2)]
    assert keep(weights(1, 5), [KeepRule(rule="disparity", value=1.0)]).is_empty()  # alpha 1 at both ends


def test_q():
    rows = edges(edge("url", 0, 1, q=0.01), edge("url", 0, 2, q=0.010001))
    assert ends(keep(rows, [KeepRule(rule="q", value=0.01)])) == [(0, 1)]


def test_any_column_can_be_asked():
    rows = edges(
        edge("url", 0, 1, objects=1, pairs=9, messages_a=2, messages_b=7, similarity=0.1, weight=1.0),
        edge("url", 0, 2, objects=5, pairs=3, messages_a=4, messages_b=1, similarity=0.9, weight=2.0),
    )
    bounds = {"objects": 3, "pairs": 5, "messages": 5, "similarity": 0.5, "weight": 2}
    kept = {by: ends(keep(rows, [KeepRule(rule="min_weight", value=v, by=by)])) for by, v in bounds.items()}
    assert kept == {
        "objects": [(0, 2)], "pairs": [(0, 1)], "messages": [(0, 1)], "similarity": [(0, 2)], "weight": [(0, 2)],
    }  # fmt: skip


def test_edges_without_fast_pairs_have_no_part_in_the_quantile_of_fast_pairs():
    fast = [None, 0, 0, 0, 1, 2, 4]
    rows = edges(*(edge("url", 0, i, pairs_fast=n) for i, n in enumerate(fast, 1)))
    kept = keep(rows, [KeepRule(rule="quantile", value=0.5, strict=True, by="pairs_fast")])
    assert kept["pairs_fast"].to_list() == [4]  # the median of 1, 2, 4 is 2
    assert keep(rows, [KeepRule(rule="min_weight", by="pairs_fast")])["pairs_fast"].to_list() == [1, 2, 4]


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match="'quantile' asks for 'similarity'"):
        keep(weights(1, 2), [KeepRule(rule="quantile", value=0.5, by="similarity")])


def test_neighbours_bring_back_the_subgraph_around_what_is_left():
    for rng, frame in random_tables(weights=(1, 2, 3, 4), loops=True):
        least = int(rng.integers(2, 5))
        full = nx.Graph(ends(frame))
        core = {end for a, b, w in frame.rows() if w >= least for end in (a, b)}
        around = core | {other for account in core for other in full[account]}
        kept = keep(frame, [KeepRule(rule="min_weight", value=least), KeepRule(rule="neighbours")])
        assert ends(kept) == [(a, b) for a, b in ends(frame) if {a, b} <= around]


def test_neighbours_by_hand():
    # 0 - 1 is heavy. 2 and 3 are its neighbours and linked to each other; 4 is a neighbour's neighbour.
    rows = table((0, 1, 9.0), (0, 2, 1.0), (1, 3, 1.0), (2, 3, 1.0), (3, 4, 1.0), (4, 5, 1.0))
    kept = keep(rows, [KeepRule(rule="min_weight", value=5), KeepRule(rule="neighbours")])
    assert ends(kept) == [(0, 1), (0, 2), (1, 3), (2, 3)]


@pytest.mark.parametrize("weighted", [True, False])
def test_centrality_as_networkx_has_it(weighted):
    dropped = 0
    for rng, frame in random_tables(count=40):
        if frame.is_empty():
            continue
        theirs = nx.Graph()
        theirs.add_weighted_edges_from(frame.rows())
        found = nx.eigenvector_centrality(theirs, max_iter=100_000, tol=1e-14, weight="weight" if weighted else None)
        values = sorted(found.values())
        gaps = [(y + x) / 2 for x, y in pairwise(values) if y - x > 1e-6]
        bound = float(rng.choice(gaps)) if gaps else 1e-6
        kept = keep(frame, [KeepRule(rule="centrality", value=bound, weighted=weighted)])
        expected = [(a, b) for a, b in ends(frame) if found[a] >= bound and found[b] >= bound]
        assert ends(kept) == expected
        dropped += len(frame) - len(expected)
    assert dropped > 50


def test_centrality_quantile_is_over_all_accounts():
    # A clique of four with a tail: the tail's accounts are the least central two of six.
    rows = table(*((i, j, 1.0) for i in range(4) for j in range(i + 1, 4)), (3, 4, 1.0), (4, 5, 1.0))
    for share, accounts in ((0.0, 6), (0.2, 5), (0.4, 4), (1.0, 1)):
        theirs = nx.eigenvector_centrality_numpy(nx.Graph(ends(rows)))
        bound = np.quantile(sorted(theirs.values()), share) - 1e-9
        central = {account for account, value in theirs.items() if value >= bound}
        assert len(central) == accounts
        kept = keep(rows, [KeepRule(rule="centrality_quantile", value=share)])
        assert ends(kept) == [(a, b) for a, b in ends(rows) if {a, b} <= central]


def test_accounts_in_the_same_position_stay_or_go_together():
    ring = table(*((min(i, (i + 1) % 50), max(i, (i + 1) % 50), 0.1) for i in range(50)))
    assert len(keep(ring, [KeepRule(rule="centrality_quantile", value=0.7)])) == 50


def test_centrality_counts_no_edge_with_itself():
    rows = table((0, 0, 100.0), (1, 2, 1.0), (1, 3, 1.0), (2, 2, 5.0), (2, 3, 1.0))
    assert ends(keep(rows, [KeepRule(rule="centrality", value=0.5)])) == [(1, 2), (1, 3), (2, 2), (2, 3)]
    assert keep(table((0, 0, 1.0)), [KeepRule(rule="centrality", value=0.0)]).is_empty()


def test_rules_are_applied_in_order_each_to_what_is_left():
    rows = weights(1, 1, 2, 3, 10)
    half, light = KeepRule(rule="quantile", value=0.5, strict=True), KeepRule(rule="min_weight", value=3)
    assert keep(rows, [half, light])["weight"].to_list() == [3, 10]
    assert keep(rows, [light, half])["weight"].to_list() == [10]
    assert [len(step) for _, step in keep_steps(rows, [light, half])] == [2, 1]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_takes_an_empty_table(rule):
    empty = edges(edge("url", 0, 1)).clear()
    assert keep(empty, [KeepRule(rule=rule, value=1)]).equals(empty)


def test_rows_keep_their_order_and_columns():
    rows = edges(edge("url", 5, 9, weight=3.0), edge("url", 0, 1, weight=1.0), edge("url", 2, 3, weight=2.0))
    for rule in RULES:
        bound = {"q": 1.0, "disparity": 1.1, "top_k": 1}.get(rule, 0.0)  # one that all three pass
        assert keep(rows, [KeepRule(rule=rule, value=bound)]).equals(rows), rule


def test_unweighted_centrality_of_a_table_of_several_pieces():
    whole = pl.DataFrame({"a": [0, 0, 1, 5], "b": [1, 2, 2, 6], "weight": [1.0, 2.0, 3.0, 9.0]})
    pieces = pl.concat([whole.head(1), whole.tail(3)], rechunk=False)
    rule = KeepRule(rule="centrality", value=0.01, weighted=False)
    assert keep(pieces, [rule]).rows() == keep(whole, [rule]).rows() == whole.head(3).rows()
