"""The sweep finds what the definition says, for every window, support and bound on memory."""

from datetime import timedelta
from itertools import combinations

import numpy as np
import polars as pl
import pytest

from cib.link import link
from cib.link.acts import acts_of
from cib.link.prune import Shelves, prune
from cib.link.sweep import sweep
from cib.settings import LayerSettings
from cib.tables import PAIRS
from tests.link.made import START, acts_at_random, links, objects, traces


def found(acts, window, min_objects, memory):
    layer = LayerSettings(window=None if window is None else timedelta(seconds=window), min_objects=min_objects)
    evidence = [PAIRS.empty()]
    result = link(traces(acts), objects(acts), layer, name="x", memory=memory, sink=evidence.append)
    seconds = {f"{end}_s": (pl.col(f"{end}_at") - START).dt.total_seconds() for end in ("first", "last")}
    return result.edges.with_columns(**seconds), pl.concat(evidence)


def test_sweep_equals_brute_force_on_thousands_of_cases():
    rng = np.random.default_rng(0)
    pairs = 0
    for case in range(4000):
        acts = acts_at_random(rng)
        window = (0, 1, 3, 20)[case % 4]
        swept = sweep(traces(acts), timedelta(seconds=window))
        post = swept.acts["post"].to_numpy()
        batches = list(swept.batches((1, 3, 1000)[case % 3]))
        ends = [np.sort(np.stack([post[b.left], post[b.right]]), axis=0).T.tolist() for b in batches]
        got = sorted(tuple(pair) for batch in ends for pair in batch)
        expected = sorted(
            tuple(sorted((x[2], y[2])))
            for x, y in combinations(acts, 2)
            if x[1] == y[1] and x[0] != y[0] and abs(x[3] - y[3]) <= window
        )
        assert got == expected
        pairs += len(got)
    assert pairs > 20_000


@pytest.mark.parametrize(("memory", "cases"), [(10**9, 150), (2000, 40), (300, 20)])
def test_edges_and_evidence_equal_brute_force(memory, cases):
    """The smaller bounds on memory force batches of a few pairs and several passes."""
    rng = np.random.default_rng(memory)
    linked = 0
    for _ in range(cases):
        acts = acts_at_random(rng)
        window = [None, 0, 1, 3, 20][rng.integers(0, 5)]
        min_objects = int(rng.integers(1, 4))
        expected = links(acts, window, min_objects)
        edges, evidence = found(acts, window, min_objects, memory)
        assert set(edges.select("a", "b").rows()) == set(expected)
        for edge in edges.iter_rows(named=True):
            facts = dict(expected[edge["a"], edge["b"]])
            posts = facts.pop("posts")
            assert {name: edge[name] for name in facts} == pytest.approx(facts)
            mine = evidence.filter((pl.col("a") == edge["a"]) & (pl.col("b") == edge["b"]))
            assert sorted(mine.select("object", "post_a", "post_b", "delta_s").rows()) == posts
            linked += 1
        assert evidence.select("a", "b").equals(evidence.select("a", "b").sort("a", "b"))
    assert linked > cases  # the cases do link accounts


@pytest.mark.parametrize("seed", range(4))
def test_pruning_changes_no_edge(seed):
    rng = np.random.default_rng(100 + seed)
    removed = 0
    for _ in range(100):
        acts = acts_at_random(rng)
        kept = prune(acts_of(traces(acts)), 2, None, Shelves()).frame()
        left = [(a, o, p, int((t - START).total_seconds())) for a, o, p, t in kept.rows()]
        assert links(left, 3, 2) == links(acts, 3, 2)
        removed += len(acts) - len(left)
    assert removed > 200


def test_pruning_goes_on_to_the_fixed_point():
    # 2 leaves (one object), then object 1 has one account left, then 1 leaves, then 0
    acts = [(0, 0, 0, 0), (1, 0, 1, 0), (1, 1, 2, 0), (2, 1, 3, 0), (0, 2, 4, 0)]
    assert prune(acts_of(traces(acts)), 2, None, Shelves()).rows() == 0


def test_window_is_inclusive_to_the_microsecond():
    acts = traces([(0, 0, 0, 0), (1, 0, 1, 60)])
    assert sweep(acts, timedelta(seconds=60)).n_pairs == 1
    assert sweep(acts, timedelta(seconds=60) - timedelta(microseconds=1)).n_pairs == 0


def test_an_object_never_reaches_into_the_next():
    acts = traces([(0, 0, 0, 5), (1, 1, 1, 5), (2, 1, 2, 6)])
    assert sweep(acts, timedelta(days=1)).n_pairs == 1


def test_a_window_longer_than_all_times_is_any_time():
    acts = traces([(0, 0, 0, 0), (1, 0, 1, 1), (2, 1, 2, 0)])
    assert sweep(acts, timedelta(days=36_500_000)).n_pairs == 1


def test_viral_objects_are_left_out_and_counted():
    acts = [(account, 0, account, 0) for account in range(5)] + [(0, 1, 10, 0), (1, 1, 11, 0)]
    layer = LayerSettings(window=timedelta(seconds=1), min_objects=1, max_accounts=4)
    result = link(traces(acts), objects(acts), layer, name="x", memory=10**9, sink=lambda _: None)
    assert result.edges.select("a", "b", "objects").rows() == [(0, 1, 1)]
    row = result.ledger.row(0, named=True)
    assert (row["rows_in"], row["rows_out"], row["examples"]) == (7, 2, ["o0"])


def test_nothing_in_nothing_out():
    edges, evidence = found([], 60, 2, 10**9)
    assert edges.is_empty()
    assert evidence.is_empty()
