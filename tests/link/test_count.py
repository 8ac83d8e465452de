"""Pairs of accounts are counted exactly, in memory and on disk, and the same whatever the bound on memory."""

from collections import defaultdict
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cib.link import count
from cib.link.acts import acts_of
from cib.link.count import PACK, account_keys, count_links, matches
from cib.link.parts import Parts
from cib.link.runs import Runs, ranges
from cib.link.sweep import Pairs, Sweep, sweep
from tests.link.made import acts_at_random, traces

MEMORY = (100, 700, 5000, 10**9)
"""From a batch of one pair, with everything on disk, to all at once."""


def by_definition(swept: Sweep, min_objects: int) -> list[tuple[int, int, int]]:
    """Key, objects and pairs of all pairs of accounts, one pair of acts after the other."""
    met = defaultdict(list)
    for batch in swept.batches(10**6):
        for i, j in zip(batch.left.tolist(), batch.right.tolist(), strict=True):
            a, b = sorted((int(swept.account[i]), int(swept.account[j])))
            met[a * 2**32 + b].append(int(swept.object[i]))
    return sorted((key, len(set(on)), len(on)) for key, on in met.items() if len(set(on)) >= min_objects)


def ranged(swept: Sweep, rng: np.random.Generator, n: int = 15) -> Sweep:
    """A sweep with ranges of partners on any object, as nearly the same texts have them."""
    rows = len(swept.object)
    owner = np.sort(rng.integers(0, rows, n)) if rows else np.zeros(0, dtype=np.int64)
    first = rng.integers(owner, rows + 1)
    end = rng.integers(first, rows + 1)
    return Sweep(swept.acts, swept.account, swept.object, swept.time, end, 3, owner=owner, first=first)


@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize("loops", ["drop", "keep"])
def test_links_are_those_of_the_definition(memory, loops, tmp_path):
    rng = np.random.default_rng(memory)
    linked = spilled = 0
    for case in range(60 if memory < 10**6 else 300):
        window = (None, 0, 3, 20)[case % 4]
        swept = sweep(traces(acts_at_random(rng)), None if window is None else timedelta(seconds=window), loops=loops)
        swept = ranged(swept, rng) if case % 5 == 0 else swept
        min_objects = 1 + case % 3
        found = count_links(swept, min_objects, memory=memory, scratch=tmp_path)
        assert found.rows() == by_definition(swept, min_objects)
        assert dict(found.schema) == {"key": pl.Int64, "objects": pl.UInt32, "pairs": pl.UInt64}
        linked += len(found)
        spilled += 8 * int(found["pairs"].sum()) > memory
    assert linked > 100
    assert (spilled > 10) == (memory == 100)
    assert list(tmp_path.iterdir()) == []  # what was put there is gone


def crowded(rng: np.random.Generator, n: int = 1500) -> pl.DataFrame:
    """Acts of 40 accounts on 12 objects, one of which has half of them: repeats, and objects larger than a batch."""
    objects = np.where(rng.random(n) < 0.5, 0, rng.integers(0, 12, n))
    columns = (rng.integers(0, 40, n), objects, np.arange(n), rng.integers(0, 200, n))
    return traces(list(zip(*(column.tolist() for column in columns), strict=True)))


@pytest.mark.parametrize("memory", [60_000, 200_000, 10**9])
def test_repeats_on_objects_larger_than_a_batch_count_once_an_object(memory, tmp_path):
    swept = sweep(crowded(np.random.default_rng(4)), timedelta(seconds=5))
    assert swept.n_pairs > 10_000
    for min_objects in (1, 2, 5):
        found = count_links(swept, min_objects, memory=memory, scratch=tmp_path)
        assert found.rows() == by_definition(swept, min_objects)
        assert len(found) > 10


def test_any_memory_gives_the_same_bytes(tmp_path):
    swept = sweep(crowded(np.random.default_rng(5)), timedelta(seconds=5))
    whole = count_links(swept, 1, memory=10**9)
    for memory in (40_000, 200_000, 10**6):
        assert_frame_equal(count_links(swept, 1, memory=memory, scratch=tmp_path), whole, check_exact=True)


def test_account_numbers_beyond_32_bits_together_are_sorted_the_slow_way_alike():
    """Two accounts of 31 bits and the objects of a batch do not fit into one integer."""
    rng = np.random.default_rng(6)
    acts = crowded(rng, 400)
    names = pl.Series(np.sort(rng.choice(2**31 - 1, 40, replace=False)), dtype=pl.UInt32)
    far = sweep(acts.with_columns(account=names.gather(acts["account"])), timedelta(seconds=20))
    near = count_links(sweep(acts, timedelta(seconds=20)), 1, memory=10**9)
    found = count_links(far, 1, memory=10**9)
    assert found.rows() == by_definition(far, 1)
    assert found.drop("key").rows() == near.drop("key").rows()


def test_memory_bounds_what_is_held(tmp_path, monkeypatch):
    """Runs in memory never exceed half of it by more than a batch, and no range of the merge is much too long."""
    swept = sweep(crowded(np.random.default_rng(7), 4000), timedelta(seconds=5))
    memory, held, merged = 200_000, [], []
    spill, between = Runs.spill, Runs.between

    def watched_spill(self, path):
        held.append(self.nbytes)
        spill(self, path)
        assert self.nbytes == 0

    def watched_between(self, low, high):
        rows = between(self, low, high)
        merged.append(rows.nbytes)
        return rows

    monkeypatch.setattr(Runs, "spill", watched_spill)
    monkeypatch.setattr(Runs, "between", watched_between)
    count_links(swept, 1, memory=memory, scratch=tmp_path)
    assert memory / 2 < sum(held) < memory
    assert len(merged) > 3
    assert max(merged) < memory / 2


def test_keys_are_the_smaller_account_and_the_larger():
    acts = traces([(5, 0, 0, 0), (3, 0, 1, 0), (9, 0, 2, 1)])
    swept = sweep(acts, timedelta(seconds=1))
    rows = Pairs(np.array([0, 1]), np.array([1, 2]), closed=True)
    assert account_keys(swept, rows).tolist() == [3 * PACK + 5, 5 * PACK + 9]


@pytest.mark.parametrize("spare", [1, 8])
def test_matches_are_the_pairs_with_these_keys_among_whatever_stands_in_the_table(spare, monkeypatch):
    """With one slot for each key there are many that are in the table for another's sake."""
    monkeypatch.setattr(count, "_SPARE", spare)
    rng = np.random.default_rng(8)
    seen = 0
    for case in range(150):
        swept = sweep(traces(acts_at_random(rng)), timedelta(seconds=3), loops=("drop", "keep")[case % 2])
        whole = ranged(swept, rng) if case % 3 == 0 else swept
        swept = whole if case % 3 == 0 else Parts(acts_of(swept.acts), timedelta(seconds=3), loops=swept.loops)
        keys = count_links(swept, 1, memory=10**9)["key"].to_numpy()
        keys = keys[rng.random(len(keys)) < 0.4]
        post = whole.acts["post"].to_list()
        expected = [
            (post[i], post[j], key)
            for batch in whole.batches(10**6)
            for i, j, key in zip(batch.left, batch.right, account_keys(whole, batch).tolist(), strict=True)
            if key in keys
        ]
        found = [
            (part.acts["post"][i], part.acts["post"][j], key)
            for part, left, right, whose in matches(swept, keys, (1, 7, 1000)[case % 3])
            for i, j, key in zip(left.tolist(), right.tolist(), whose.tolist(), strict=True)
        ]
        assert found == expected
        seen += len(found)
    assert seen > 200


def test_acts_of_accounts_without_a_key_are_left_out():
    acts = [(0, 0, 0, 0), (1, 0, 1, 0), (2, 0, 2, 0), (3, 1, 3, 0), (1, 1, 4, 0)]
    swept = Parts(acts_of(traces(acts)), timedelta(seconds=1)).among(np.array([True, True]))
    assert [part.acts["post"].to_list() for part in swept.parts()] == [[0, 1, 4]]


@pytest.mark.parametrize("on_disk", [False, True])
def test_runs_give_back_by_range_what_they_were_given(on_disk, tmp_path):
    rng = np.random.default_rng(9)
    for case in range(20):
        one, two = Runs(), Runs(width=2)
        everything = []
        for turn in range(6):
            if on_disk and turn == 3:
                one.spill(tmp_path / f"one{case}")
                two.spill(tmp_path / f"two{case}")
            values = np.sort(rng.integers(0, 50, int(rng.integers(0, 30))))
            one.add(values)
            two.add(values, -values)
            everything += values.tolist()
        parts = ranges([one, two], (1, 10, 10**6)[case % 3])
        assert (one.path is not None) == on_disk
        got = [(one.between(*part), two.between(*part)) for part in parts]
        assert sorted(np.concatenate([rows[:, 0] for rows, _ in got]).tolist()) == sorted(everything)
        for rows, pairs in got:
            assert pairs.tolist() == [[value, -value] for value in rows[:, 0].tolist()]
        highest = [rows.max() for rows, _ in got if len(rows)]
        lowest = [rows.min() for rows, _ in got if len(rows)]
        assert all(high < low for high, low in zip(highest[:-1], lowest[1:], strict=True))


def test_ranges_are_about_as_long_as_asked():
    rng = np.random.default_rng(10)
    runs = Runs()
    for _ in range(20):
        runs.add(np.sort(rng.integers(0, 10**9, 1000)))
    lengths = [len(runs.between(*part)) for part in ranges([runs], 2000)]
    assert sum(lengths) == 20_000
    assert max(lengths) < 2600
    assert len(lengths) in (10, 11)


def test_no_pairs_are_no_links():
    swept = sweep(traces([(0, 0, 0, 0)]), timedelta(seconds=1))
    assert count_links(swept, 1, memory=10**6).is_empty()
    assert list(matches(swept, np.zeros(0, dtype=np.int64), 10)) == []
    assert ranges([Runs()], 10) == []
