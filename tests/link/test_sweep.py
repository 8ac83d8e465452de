"""The sweep yields all pairs that its definition names, and no other, whatever the batches, slabs and loops."""

from datetime import timedelta
from itertools import combinations

import numpy as np
import polars as pl
import pytest

import cib.link.acts as acts_module
import cib.link.sweep as engine
from cib.link.acts import acts_of
from cib.link.parts import Parts, participating
from cib.link.prune import Shelves, prune
from cib.link.sweep import Sweep, in_order, inside, repeated, slabs, sweep
from tests.link.made import START, Act, acts_at_random, links, traces

LOOPS = ("drop", "drop_ids", "keep")


def yielded(swept: Sweep, size: int) -> list[tuple[int, int]]:
    """All pairs of rows, in the order in which they come; batches are checked on the way."""
    found: list[tuple[int, int]] = []
    whose = swept.object if swept.owner is None else swept.object[swept.owner]
    last_closed = -1
    for batch in swept.batches(size):
        assert len(batch.left) <= size
        objects = swept.object[batch.left]
        assert (objects > last_closed).all()
        if batch.closed and len(objects):
            last_closed = int(objects.max())
        found += list(zip(batch.left.tolist(), batch.right.tolist(), strict=True))
    assert set(whose.tolist()) <= set(swept.object.tolist())
    return found


def in_rows(swept: Sweep) -> list[tuple[int, int, int, int]]:
    """Account, object, post and microsecond of each row."""
    post = swept.acts["post"].to_list()
    return list(zip(swept.account.tolist(), swept.object.tolist(), post, swept.time.tolist(), strict=True))


def counts(one: Act, two: Act, loops: str, own: set[tuple[int, int]]) -> bool:
    """Whether two acts make a pair by the rule for loops."""
    if loops == "keep":
        return True
    if loops == "drop_ids" and (one[2] == two[2] or {one[1:3], two[1:3]} & own):
        return False
    return one[0] != two[0]


def shared_posts(rng: np.random.Generator) -> list[Act]:
    """Acts of which several may be in one post."""
    return [(a, o, int(rng.integers(0, 9)), t) for a, o, _, t in acts_at_random(rng)]


@pytest.mark.parametrize("loops", LOOPS)
def test_pairs_are_all_pairs_inside_the_window_that_count(loops):
    rng = np.random.default_rng(1)
    pairs = 0
    for case in range(400):
        acts = shared_posts(rng)
        own = {acts[i][1:3] for i in rng.integers(0, len(acts), 3)} if acts else set()
        window = (0, 1, 3, 20)[case % 4]
        table = pl.DataFrame(sorted(own), schema={"object": pl.UInt32, "post": pl.UInt32}, orient="row")
        swept = sweep(traces(acts), timedelta(seconds=window), loops=loops, own=table)
        rows = in_rows(swept)
        expected = [
            (i, j)
            for i, j in combinations(range(len(rows)), 2)
            if rows[i][1] == rows[j][1]
            and rows[j][3] - rows[i][3] <= window * 10**6
            and counts(rows[i], rows[j], loops, own)
        ]
        assert yielded(swept, (1, 2, 5, 1000)[case % 4]) == expected
        pairs += len(expected)
    assert pairs > 1000


@pytest.mark.parametrize("loops", LOOPS)
def test_ranges_of_partners_are_written_out_as_they_are(loops):
    rng = np.random.default_rng(2)
    for case in range(300):
        swept = sweep(traces(shared_posts(rng)), timedelta(seconds=3), loops=loops)
        n = len(swept.object)
        owner = np.sort(rng.integers(0, n, 12)) if n else np.zeros(0, dtype=np.int64)
        first = rng.integers(owner, n + 1)
        end = rng.integers(first, n + 1)
        ranged = Sweep(
            swept.acts, swept.account, swept.object, swept.time, end, 3, owner=owner, first=first, loops=loops
        )
        rows = in_rows(ranged)
        expected = [
            (i, j)
            for i, low, high in zip(owner.tolist(), first.tolist(), end.tolist(), strict=True)
            for j in range(low, high)
            if counts(rows[i], rows[j], loops, set())
        ]
        assert yielded(ranged, (1, 3, 1000)[case % 3]) == expected
        assert ranged.n_pairs == sum((end - first).tolist())


def test_acts_of_a_post_that_is_the_object_pair_with_nothing_but_count_for_their_account():
    # Account 0 has two acts in posts that pair up only if the act on its own post (object 0, post 0) counts.
    acts = [(0, 0, 0, 0), (1, 0, 1, 0), (0, 1, 0, 0), (1, 1, 2, 0), (2, 1, 3, 0)]
    own = pl.DataFrame({"object": [0], "post": [0]}, schema={"object": pl.UInt32, "post": pl.UInt32})
    swept = sweep(traces(acts), timedelta(seconds=1), loops="drop_ids", own=own)
    assert sum(len(batch.left) for batch in swept.batches(100)) == 3  # the three accounts on object 1
    parts = Parts(acts_of(traces(acts)), timedelta(seconds=1), loops="drop_ids", own=own)
    for whole in (swept, parts):
        busy = participating(whole, acts_of(traces(acts)), 2, size=1)
        assert np.flatnonzero(busy).tolist() == [0]
        one_end = whole.counting(busy, both=False)
        assert sum(len(batch.left) for part in one_end.parts() for batch in part.batches(100)) == 2


@pytest.mark.parametrize("slab", [1, 2, 5, 2**20])
def test_order_slabs_and_counts_inside_the_window_are_those_of_the_definition(slab, monkeypatch):
    monkeypatch.setattr(engine, "_SLAB", slab)
    rng = np.random.default_rng(slab)
    seen = 0
    for case in range(300):
        acts = acts_at_random(rng)
        given = traces(acts)
        window = (0, 1, 3, 20)[case % 4]
        assert in_order(given).rows() == sorted(given.rows(), key=lambda row: (row[1], row[3], row[0], row[2]))
        others, own = [0] * 4, [0] * 4
        for one, two in combinations(acts, 2):
            if one[1] == two[1] and abs(one[3] - two[3]) <= window:
                (others if one[0] != two[0] else own)[one[1]] += 1
        width = timedelta(seconds=window)
        near = inside(in_order(given), width).tolist() if acts else []
        assert near == [others[thing] for thing in sorted({act[1] for act in acts})]
        assert sweep(given, width).self_pairs(4).tolist() == own
        again = [[x[:2] for x in acts].count(act[:2]) > 1 for act in acts]
        assert repeated(given["object"].to_numpy(), given["account"].to_numpy()).tolist() == again
        seen += sum(others) + sum(own)
    assert seen > 1000


def test_sorted_traces_are_not_sorted_again():
    acts = in_order(traces(acts_at_random(np.random.default_rng(5))))
    assert in_order(acts) is acts


def test_slabs_are_whole_objects_and_no_longer_than_asked_unless_one_object_is():
    objects = np.repeat(np.arange(6), [3, 1, 9, 2, 2, 1])
    assert list(slabs(objects, 4)) == [(0, 4), (4, 13), (13, 17), (17, 18)]
    assert list(slabs(objects[:0], 4)) == []


def test_a_clock_never_runs_over(monkeypatch):
    """With room for one object only, every object has a clock of its own, and the pairs stay the same."""
    rng = np.random.default_rng(7)
    for _ in range(100):
        acts = traces(acts_at_random(rng))
        plain = sweep(acts, timedelta(seconds=3)).end.tolist()
        with monkeypatch.context() as patch:
            patch.setattr(engine, "_CLOCK_LIMIT", 10)
            assert sweep(acts, timedelta(seconds=3)).end.tolist() == plain


def test_a_window_of_ten_thousand_years_is_any_time():
    """The product of acts and window is far beyond 64 bits."""
    acts = [(0, 0, 0, 0), (1, 0, 1, 10**9), (2, 0, 2, 5), (3, 1, 3, 0), (4, 1, 4, 2 * 10**9)]
    assert sweep(traces(acts), timedelta(days=3_650_000)).n_pairs == 4
    assert sweep(traces(acts), timedelta(seconds=10**9 - 1)).n_pairs == 2


def test_a_sweep_in_parts_holds_the_pairs_among_the_accounts_that_are_asked_for(monkeypatch):
    rng = np.random.default_rng(8)
    for case in range(200):
        monkeypatch.setattr(acts_module, "ROWS", (1, 4, 2**20)[case % 3])
        window = None if case % 5 == 0 else timedelta(seconds=3)
        given = traces(acts_at_random(rng))
        kept = rng.random(5) < 0.6
        swept = sweep(given.filter(pl.Series(kept).gather(given["account"])), window)
        post = swept.acts["post"]
        expected = [(post[i], post[j]) for i, j in yielded(swept, 100)]
        parts = list(Parts(acts_of(given), window).among(kept).parts())
        found = [(p.acts["post"][i], p.acts["post"][j]) for p in parts for i, j in yielded(p, 100)]
        assert sorted(found) == sorted(expected)


def pruned(given, min_objects, width, shelves):
    return prune(acts_of(given), min_objects, width, shelves).frame()


@pytest.mark.parametrize(("slab", "memory"), [(1, 160), (3, 400), (2**20, 10**9)])
def test_pruning_with_a_window_changes_no_edge_and_leaves_nothing_to_prune(slab, memory, monkeypatch, tmp_path):
    """Also if what is left lies on disk, which is then as it was before."""
    monkeypatch.setattr(acts_module, "ROWS", slab)
    rng = np.random.default_rng(9)
    removed = more = 0
    for case in range(400):
        acts = acts_at_random(rng)
        window, min_objects = (None, 0, 1, 3)[case % 4], 1 + case % 3
        width = None if window is None else timedelta(seconds=window)
        with Shelves(memory, tmp_path) as shelves:
            kept = pruned(traces(acts).sample(fraction=1, shuffle=True, seed=case), min_objects, width, shelves)
        left = [(a, o, p, int((t - START).total_seconds())) for a, o, p, t in kept.rows()]
        assert links(left, window, min_objects) == links(acts, window, min_objects)
        assert pruned(kept, min_objects, width, Shelves()).equals(kept)
        assert in_order(kept) is kept
        removed += len(acts) - len(kept)
        more += len(pruned(traces(acts), min_objects, None, Shelves())) - len(kept)
        assert list(tmp_path.iterdir()) == []
    assert removed > 1000
    assert more > 100


def test_pruning_gives_up_on_a_chain_and_the_edges_stay_the_same(monkeypatch):
    """Every round of such a chain frees one act; patience ends before the chain does."""
    monkeypatch.setattr("cib.link.prune._FREE", 0)
    monkeypatch.setattr("cib.link.prune._PATIENCE", 3)
    chain = [(who, what, 2 * who + what, 0) for who in range(100) for what in (who, who + 1)]
    acts = [*chain, (200, 200, 1000, 0), (200, 201, 1001, 0), (201, 200, 1002, 0), (201, 201, 1003, 0)]
    kept = pruned(traces(acts), 2, None, Shelves())
    assert 4 < len(kept) < len(acts)
    assert set(kept["account"].to_list()) >= {200, 201}


def test_one_viral_object_costs_its_window_and_not_its_square():
    """200,000 acts on one object: 2 * 10^10 pairs, of which those inside the window are looked at."""
    n = 200_000
    acts = pl.DataFrame(
        {"account": np.arange(n) % 1000, "object": np.zeros(n, dtype=np.int64), "post": np.arange(n)}
    ).cast(pl.UInt32)
    at = pl.from_epoch(pl.Series(np.arange(n) * 10), "s").dt.cast_time_unit("us").dt.replace_time_zone("UTC")
    swept = sweep(acts.with_columns(time=at), timedelta(seconds=20))
    assert swept.n_pairs == 2 * n - 3
    sizes = [len(batch.left) for batch in swept.batches(50_000)]
    assert (sum(sizes), max(sizes)) == (2 * n - 3, 50_000)
