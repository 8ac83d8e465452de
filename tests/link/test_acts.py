"""Acts are the same from a frame, from a file that is never held whole, and from disk; so is what is linked of them."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import cib.link.acts as module
from cib.errors import TableError
from cib.link import link
from cib.link.acts import BYTES_PER_ACT, Shelf, acts_of, counted, marked
from cib.link.sweep import in_order
from cib.settings import LayerSettings
from cib.tables import PAIRS
from tests.link.made import objects, traces


def busy(seed, n=3000):
    """Acts of 60 accounts on 90 objects, of which one has a third of all: ties, repeats, and pairs of many objects."""
    rng = np.random.default_rng(seed)
    thing = np.where(rng.random(n) < 0.3, 0, (90 * rng.random(n) ** 2).astype(int))
    at = thing * 40 + rng.integers(0, 400, n)
    return [tuple(row) for row in np.stack([rng.integers(0, 60, n), thing, np.arange(n), at], axis=1).tolist()]


@pytest.mark.parametrize("rows", [1, 7, 400, 2**20])
def test_slabs_of_a_file_are_whole_objects_in_order(rows, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "ROWS", rows)
    given = in_order(traces(busy(1, 600)))
    given.write_parquet(tmp_path / "traces.parquet", row_group_size=50)
    acts = acts_of(pl.scan_parquet(tmp_path / "traces.parquet"))
    slabs = list(acts)
    assert acts.rows() == len(given)
    assert acts.frame().equals(given)
    assert acts.frame().equals(given)  # a second time, from the start
    first, last = ([slab["object"][end] for slab in slabs] for end in (0, -1))
    assert all(one < two for one, two in zip(last[:-1], first[1:], strict=True))
    assert len(slabs) > 1 or rows > 600
    even = np.arange(60) % 2 == 0
    assert acts.of(even).frame().equals(given.filter(pl.col("account") % 2 == 0))
    assert acts.on(np.arange(90) < 5).frame().equals(given.filter(pl.col("object") < 5))


def test_a_file_in_another_order_is_refused_where_it_is_read(tmp_path):
    given = in_order(traces(busy(2, 100)))
    for n, wrong in enumerate((given.reverse(), given.sort("account", maintain_order=True))):
        wrong.write_parquet(tmp_path / f"{n}.parquet")
        with pytest.raises(TableError, match="sorted by object, time, account, post"):
            acts_of(pl.scan_parquet(tmp_path / f"{n}.parquet")).frame()
    nulls = given.with_columns(post=pl.when(pl.col("post") > 50).then("post"))
    nulls.write_parquet(tmp_path / "nulls.parquet")
    with pytest.raises(TableError, match="'post' must not be null"):
        acts_of(pl.scan_parquet(tmp_path / "nulls.parquet")).frame()


def test_objects_that_are_cut_between_two_slabs_in_the_wrong_order_are_noticed(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "ROWS", 4)
    acts = [(who, thing, 10 * thing + who, 0) for thing in (1, 0, 2) for who in range(3)]
    traces(acts).write_parquet(tmp_path / "traces.parquet")
    with pytest.raises(TableError, match="sorted"):
        acts_of(pl.scan_parquet(tmp_path / "traces.parquet")).frame()


def test_a_shelf_keeps_what_fits_and_puts_the_rest_on_disk(tmp_path):
    frames = [in_order(traces(busy(seed, 20))) for seed in range(5)]
    shelf = Shelf(2 * 20 * BYTES_PER_ACT, tmp_path)
    for frame in frames:
        shelf.add(frame)
        shelf.add(frame.clear())
    assert len(list(tmp_path.glob("*/*"))) == 3
    for _ in range(2):
        assert all(one.equals(two) for one, two in zip(shelf, frames, strict=True))
    shelf.close()
    assert list(tmp_path.iterdir()) == []
    assert list(shelf) == []


def test_counting_adds_up_and_marks_end_where_they_end():
    rng = np.random.default_rng(3)
    parts = [rng.integers(0, 50, n).astype(np.uint32) for n in (5, 0, 200, 30)]
    total = np.zeros(0, dtype=np.int64)
    for part in parts:
        total = counted(total, part)
    everything = np.concatenate(parts)
    assert total[: everything.max() + 1].tolist() == np.bincount(everything).tolist()
    assert not total[everything.max() + 1 :].any()
    assert marked(np.array([True, False, True]), np.array([0, 1, 2, 3, 9], dtype=np.uint32)).tolist() == [1, 0, 1, 0, 0]
    assert not marked(np.zeros(0, dtype=np.bool_), np.array([0, 7], dtype=np.uint32)).any()


LAYERS = {
    "bicm": LayerSettings(window=timedelta(seconds=20), min_objects=2),
    "strata": LayerSettings(window=timedelta(seconds=20), min_objects=2, null="chung_lu", strata=("week",)),
    "moved": LayerSettings(window=timedelta(seconds=20), min_objects=2, null="hypergeometric", timing_null="shift"),
    "any time": LayerSettings(window=None, min_objects=5),
    "capped": LayerSettings(window=timedelta(seconds=20), min_objects=1, min_acts=3, max_accounts=40, repeats="keep"),
    "fast": LayerSettings(
        window=timedelta(seconds=20), fast_window=timedelta(seconds=5), min_objects=1, min_acts=6, loops="drop_ids"
    ),
}


def result(given, things, layer, memory):
    kept = [PAIRS.empty()]
    found = link(given, things, layer, name="x", memory=memory, sink=kept.append)
    return found.edges, found.repetition, found.ledger, pl.concat(kept), pl.DataFrame({"pairs": [found.n_pairs]})


@pytest.mark.parametrize("which", LAYERS)
def test_any_memory_and_any_source_gives_the_same_bytes(which, monkeypatch, tmp_path):
    """From everything in memory to a few pairs at a time, with slabs of one object, and acts and pairs on disk."""
    layer, acts = LAYERS[which], busy(4, 700)
    given, things = in_order(traces(acts)), objects(acts, 90)
    things = things.with_columns(stratum=(pl.col("object") % 3).cast(pl.UInt32))
    given.write_parquet(tmp_path / "traces.parquet", row_group_size=100)
    things.write_parquet(tmp_path / "objects.parquet")
    whole = result(given, things, layer, 10**9)
    assert len(whole[0]) > 10
    for rows, memory in ((20, 30_000), (200, 200_000), (2**20, 10**6)):
        monkeypatch.setattr(module, "ROWS", rows)
        scans = (pl.scan_parquet(tmp_path / f"{name}.parquet") for name in ("traces", "objects"))
        for source in ((given, things), scans):
            for one, two in zip(result(*source, layer, memory), whole, strict=True):
                assert_frame_equal(one, two, check_exact=True)


def test_nothing_comes_of_an_empty_file(tmp_path):
    traces([]).write_parquet(tmp_path / "traces.parquet")
    objects([], 0).write_parquet(tmp_path / "objects.parquet")
    scans = (pl.scan_parquet(tmp_path / f"{name}.parquet") for name in ("traces", "objects"))
    edges, *_ = result(*scans, LAYERS["bicm"], 10**6)
    assert edges.is_empty()
