"""The forecast is exact before the work, and what does not fit is refused with numbers that hold."""

import re
from datetime import timedelta
from itertools import combinations

import numpy as np
import polars as pl
import pytest

from cib.errors import RunError
from cib.link import forecast as module
from cib.link import link
from cib.link.acts import BYTES_PER_ACT, acts_of
from cib.link.count import count_links
from cib.link.forecast import BYTES_PER_PAIR_PILED, BYTES_PER_PAIR_WRITTEN, Limits, check, check_evidence, forecast
from cib.link.kernels import Beside
from cib.link.parts import Parts
from cib.link.prune import SHELVED
from cib.link.runs import Runs
from cib.link.sweep import sweep
from cib.settings import LayerSettings
from tests.link.made import acts_at_random, objects, traces

PLENTY = Limits(10**9, 10**12)
MINUTE = LayerSettings(window=timedelta(seconds=60), min_objects=2)


def viral() -> tuple[pl.DataFrame, pl.DataFrame]:
    """300 accounts on object 0 in 50 minutes, and 40 pairs of accounts that share two rare objects each."""
    acts = [(who, 0, who, 10 * who) for who in range(300)]
    for n in range(40):
        acts += [
            (300 + 2 * n + who, 1 + 2 * n + what, 1000 + 4 * n + 2 * what + who, who)
            for who in (0, 1)
            for what in (0, 1)
        ]
    return traces(acts), objects(acts, 81)


def inside(acts: pl.DataFrame, seconds: float) -> int:
    rows = acts.select("object", pl.col("time").dt.epoch("ms")).rows()
    return sum(x[0] == y[0] and abs(x[1] - y[1]) <= 1000 * seconds for x, y in combinations(rows, 2))


def test_pairs_are_exact():
    rng = np.random.default_rng(0)
    total = 0
    for _ in range(200):
        acts = traces(acts_at_random(rng))
        cost = forecast(sweep(acts, timedelta(seconds=3)), 2, 10**9)
        assert cost.pairs == inside(acts, 3)
        total += cost.pairs
    assert total > 1000


@pytest.mark.parametrize("loops", ["drop", "keep"])
def test_what_goes_to_disk_is_never_more_than_forecast_nor_much_less(loops, tmp_path, monkeypatch):
    written = []
    between = Runs.between

    def watched(self, low, high):
        written.append(self.path.stat().st_size if self.path is not None and self.path.exists() else 0)
        return between(self, low, high)

    monkeypatch.setattr(Runs, "between", watched)
    rng = np.random.default_rng(1)
    spilled = 0
    for case in range(60):
        n = 400
        columns = (
            rng.integers(0, (10, 4000)[case % 2], n),
            rng.integers(0, 6, n),
            np.arange(n),
            rng.integers(0, 99, n),
        )
        acts = traces(list(zip(*(column.tolist() for column in columns), strict=True)))
        swept = sweep(acts, timedelta(seconds=2), loops=loops)
        memory = int(rng.integers(1000, 16_000))
        written.clear()
        count_links(swept, 2, memory=memory, scratch=tmp_path)
        cost = forecast(swept, 2, memory)
        shelved = 400 * BYTES_PER_ACT if memory // SHELVED < 400 * BYTES_PER_ACT else 0
        per_range = [sum(written[i : i + 3]) for i in range(0, len(written), 3)]
        assert max(per_range) <= cost.bytes_disk - shelved
        if cost.bytes_memory <= memory:
            assert max(per_range) == 0
        spilled += max(per_range) > 0
    assert spilled > 20


def test_the_evidence_of_edges_of_one_object_is_all_pairs_of_two_accounts():
    acts = [(0, 0, 0, 0), (1, 0, 1, 0), (1, 0, 2, 0)]  # three pairs, one of which is account 1's own
    swept = sweep(traces(acts), timedelta(seconds=1))
    assert forecast(swept, 1, 10**9).bytes_disk == 2 * BYTES_PER_PAIR_WRITTEN
    assert forecast(swept, 2, 10**9).bytes_disk == 0
    kept = sweep(traces(acts), timedelta(seconds=1), loops="keep")
    assert forecast(kept, 1, 10**9).bytes_disk == 3 * BYTES_PER_PAIR_WRITTEN


def test_what_fits_is_let_through():
    acts, things = viral()
    swept = sweep(acts, MINUTE.window)
    assert check(swept, things, MINUTE, name="url", limits=PLENTY).pairs == swept.n_pairs


def refused(limits: Limits, layer: LayerSettings = MINUTE) -> str:
    acts, things = viral()
    with pytest.raises(RunError) as caught:
        check(Parts(acts_of(acts), layer.window), things, layer, name="url", limits=limits)
    return str(caught.value)


def test_what_does_not_fit_is_refused_with_numbers_that_hold():
    acts, _ = viral()
    said = refused(Limits(1000, 50))
    assert f"{inside(acts, 60):,} pairs of acts lie inside the window" in said
    assert "The 1 most popular of 81 objects (300 accounts and more) hold 96% of them" in said
    assert "disk in [run] allows 50 bytes" in said
    rare = acts.filter(pl.col("object") > 0)
    caps = [int(cap) for cap in re.findall(r"max_accounts = (\d+) leaves 80 pairs", said)]
    assert caps == [200, 100, 50]
    assert inside(rare, 60) == 80
    windows = re.findall(r'window = "(\d+)s" leaves ([\d,]+) pairs', said)
    assert windows == [(str(s), f"{inside(acts, s):,}") for s in (30, 12, 3)]
    assert "min_objects = 3 leaves 0 pairs; min_objects = 5 leaves 0 pairs" in said


def test_what_is_free_is_a_limit_too(monkeypatch):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 70})())
    assert "only 70 bytes are free there" in refused(Limits(1000, 10**9))


def test_without_a_window_no_shorter_one_is_named():
    said = refused(Limits(1000, 50), LayerSettings(window=None, min_objects=2))
    assert "window =" not in said
    assert "max_accounts = 200 leaves 80 pairs" in said


def test_evidence_that_was_found_and_does_not_fit_is_refused():
    links = pl.DataFrame(
        {"key": [1, 2, 3], "objects": [2, 3, 4], "pairs": [10, 20, 30]},
        schema={"key": pl.Int64, "objects": pl.UInt32, "pairs": pl.UInt64},
    )
    check_evidence(links, name="url", limits=Limits(10**6, 60 * BYTES_PER_PAIR_WRITTEN))
    both = BYTES_PER_PAIR_WRITTEN + BYTES_PER_PAIR_PILED
    check_evidence(links, name="url", limits=Limits(1000, 60 * both))
    with pytest.raises(RunError):
        check_evidence(links, name="url", limits=Limits(1000, 60 * both - 1))  # too little memory to sort it there
    with pytest.raises(RunError) as caught:
        check_evidence(links, name="url", limits=Limits(10**6, 60 * BYTES_PER_PAIR_WRITTEN - 1))
    said = str(caught.value)
    assert "3 edges is 60 pairs" in said
    assert "min_objects = 3 leaves 2 edges and 50 pairs; min_objects = 4 leaves 1 edges and 30 pairs" in said


def test_a_layer_is_refused_before_it_is_linked():
    acts, things = viral()  # the viral object is pruned: its accounts share nothing else
    with pytest.raises(RunError, match=r"Layer 'url': 80 pairs of acts .* min_objects = 3 leaves 0 pairs"):
        link(acts, things, MINUTE, name="url", memory=1000, sink=pytest.fail, beside=Beside(disk=50))


def test_long_work_is_told_before_it_begins(monkeypatch):
    acts, things = viral()
    said = []
    beside = Beside(tell=said.append)
    link(acts, things, MINUTE, name="url", memory=10**9, sink=lambda _: None, beside=beside)
    assert said == []  # it takes no time
    monkeypatch.setattr("cib.link.kernels._LONG_S", 0.0)
    link(acts, things, MINUTE, name="url", memory=10**9, sink=lambda _: None, beside=beside)
    (sentence,) = said
    assert sentence.startswith("Layer url: 80 pairs of 160 acts lie inside the window. Linking them takes about 0 s, ")
    assert sentence.endswith("0.2 GB of memory, up to 0 bytes on disk, and then 60 bytes for each pair of an edge.")


def test_the_memory_that_is_told_grows_with_the_pairs_up_to_the_bound():
    acts, things = viral()
    swept = Parts(acts_of(acts), MINUTE.window)
    small, large = (check(swept, things, MINUTE, name="url", limits=Limits(n, 10**12)) for n in (1000, 10**9))
    assert small.bytes_memory == large.bytes_memory > 1000
    assert large.bytes_peak - small.bytes_peak == large.bytes_memory - 1000
