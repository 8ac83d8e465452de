"""Time and memory of linking against the size of the data; `python bench/scale.py`, options with `--help`.

Made-up traces: activity of accounts and popularity of objects follow power laws (exponents 2.5 and 2.3), the acts on
an object come in bursts, and 5 % of the acts are of cells of 20 accounts that act together on 20 objects. Each size is
made in one process and linked, from the traces to the edges with evidence, tests and q-values, in another, whose peak
is the highest resident memory that the system saw, the traces themselves and all libraries included. Prints Markdown.
Times are of this machine, on this day: quote ratios.
"""

import argparse
import itertools
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from record import YARDSTICK, Cost, Row, heading, keep, measured

from cib.link import Beside, link
from cib.settings import LayerSettings
from cib.tables import OBJECTS, TRACES

SEED = 20160901
YEAR_S = 365 * 86_400
BURST = 10
"""Mean acts in a burst."""
SPREAD_S = 120
"""Mean time from a burst's beginning to an act in it."""
CELL, CELL_OBJECTS, CELL_SHARE = 20, 20, 0.05
"""Accounts in a cell, objects it acts on together, and the share of all acts that are theirs."""


def made(n: int, folder: Path) -> None:
    """Write about `n` acts: popularity and activity by power laws, times in bursts, and cells that act together."""
    accounts, things = max(n // 10, 100), max(n // 4, 25)
    cells = int(n * CELL_SHARE / (CELL * CELL_OBJECTS))
    rng = np.random.default_rng([SEED, n])
    # of n draws of things * u^4, so many fall below a number
    below = np.round((n - cells * CELL * CELL_OBJECTS) * (np.arange(things + 1) / things) ** 0.25).astype(np.int64)
    writer = Writer(folder, n, rng.permutation(accounts).astype(np.uint32))
    for first, last in _pieces(below):
        thing = np.repeat(np.arange(first, last), np.diff(below[first : last + 1]))
        account = (accounts * rng.random(len(thing)) ** 3).astype(np.int64)
        begins = (np.diff(thing, prepend=-1) != 0) | (rng.random(len(thing)) < 1 / BURST)
        at = rng.integers(0, YEAR_S, int(begins.sum()))[np.cumsum(begins) - 1]
        writer.add(account, thing, at + rng.exponential(SPREAD_S, len(thing)))
    for first in range(0, cells, 1000):
        some = min(1000, cells - first)
        cell = np.repeat(np.arange(some * CELL_OBJECTS), CELL)
        members = np.repeat(rng.integers(0, accounts, (some, CELL)), CELL_OBJECTS, axis=0).ravel()
        at = rng.integers(0, YEAR_S, some * CELL_OBJECTS)[cell] + rng.random(len(cell)) * 30
        writer.add(members, things + first * CELL_OBJECTS + cell, at)
    writer.close()


def _pieces(below: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield objects from, to, with about a million acts each."""
    cuts = np.unique(np.searchsorted(below, np.arange(0, below[-1], 10**6)))
    yield from itertools.pairwise([*cuts.tolist(), len(below) - 1])


def one_object(n: int, folder: Path) -> None:
    """Write `n` acts on one object in a year, each by an account of its own or by one of few."""
    rng = np.random.default_rng([SEED, n, 1])
    writer = Writer(folder, n, rng.permutation(n // 3).astype(np.uint32))
    writer.add(rng.integers(0, n // 3, n), np.zeros(n, dtype=np.int64), rng.random(n) * YEAR_S)
    writer.close()


class Writer:
    """Writes TRACES and OBJECTS of pieces of whole objects, in the order in which tracing writes them."""

    def __init__(self, folder: Path, n: int, names: np.ndarray) -> None:
        rng = np.random.default_rng([SEED, 2])
        self._folder, self._names, self._posts, self._done = folder, names, rng.permutation(2 * n).astype(np.uint32), 0
        self._objects: list[pl.DataFrame] = []
        self._file = pq.ParquetWriter(folder / "traces.parquet", TRACES.empty().to_arrow().schema, compression="zstd")

    def add(self, account: np.ndarray, thing: np.ndarray, second: np.ndarray) -> None:
        """Write some acts; objects are numbered anew, so that each has acts."""
        at = pl.from_epoch(pl.Series((second * 1e6).astype(np.int64) + 1_451_606_400_000_000), "us")
        known = sum(map(len, self._objects))
        rows = pl.DataFrame(
            {
                "account": self._names[account],
                "object": np.unique(thing, return_inverse=True)[1] + known,
                "post": self._posts[self._done : self._done + len(thing)],
                "time": at.dt.replace_time_zone("UTC"),
            }
        ).cast(dict(TRACES.schema))
        self._done += len(thing)
        rows = rows.sort("object", "time", "account", "post")
        self._file.write_table(rows.to_arrow().cast(TRACES.empty().to_arrow().schema))
        things = rows.group_by("object", maintain_order=True).agg(acts=pl.len(), accounts=pl.col("account").n_unique())
        self._objects.append(things.cast(pl.UInt32))

    def close(self) -> None:
        """Write the objects."""
        self._file.close()
        things = pl.concat(self._objects)
        name = "o" + pl.col("object").cast(pl.String)
        band = sum((pl.col("accounts") > most).cast(pl.UInt8) for most in (5, 20, 80))
        things = things.with_columns(key=name, example=name, band=band, stratum=pl.lit(0, dtype=pl.UInt32))
        things.select(pl.col(c).cast(t) for c, t in OBJECTS.schema.items()).write_parquet(
            self._folder / "objects.parquet"
        )


def linked(folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """Link what lies in the folder, from files to edges; return what it cost and found."""
    traces, objects = (pl.scan_parquet(folder / f"{name}.parquet") for name in ("traces", "objects"))
    window = timedelta(seconds=options.window)
    layer = LayerSettings(window=window, min_objects=options.min_objects, repeats="keep")
    said: list[str] = []
    with disk_used(folder) as disk, (folder / "pairs").open("wb") as evidence:
        start, cpu = time.perf_counter(), time.process_time()
        beside = Beside(scratch=folder, tell=said.append)
        memory = int(options.memory * 10**9)
        found = link(
            traces,
            objects,
            layer,
            name="url",
            memory=memory,
            sink=lambda frame: frame.write_ipc(evidence),
            beside=beside,
        )
        spent = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {
        "traces": int(traces.select(pl.len()).collect().item()),
        "pairs": found.n_pairs,
        "edges": len(found.edges),
        "seconds": spent[0],
        "cpu": spent[1],
        "peak": peak,
        "disk": disk[0] / 1e9,
        "said": " ".join(said),
    }


@contextmanager
def disk_used(folder: Path) -> Iterator[list[int]]:
    """Yield a list whose only item becomes the largest size of all files below the folder, beyond what is there now."""
    most, done = [0], threading.Event()
    before = size_of(folder)

    def watch() -> None:
        while not done.wait(0.2):
            most[0] = max(most[0], size_of(folder) - before)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder, some of which may go while they are counted."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            size += path.stat().st_size
    return size


def measure(name: str, n: int, options: argparse.Namespace) -> dict[str, Any]:
    """Make and link one size, each in a process of its own; return what it cost and found."""
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        given = ["--memory", options.memory, "--window", options.window, "--min-objects", options.min_objects]
        for step in ("make", "link"):
            command = [sys.executable, __file__, *map(str, given), "--step", step, "--folder", folder, "--case", name]
            done = subprocess.run([*command, "--sizes", str(n)], check=True, stdout=subprocess.PIPE, text=True)
    row: dict[str, Any] = json.loads(done.stdout)
    return row


def main() -> None:
    """Parse the command line; make, link, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=float, nargs="*", default=[1, 3, 10, 30], help="millions of traces")
    parser.add_argument("--memory", type=float, default=1, help="what linking may use, GB")
    parser.add_argument("--window", type=float, default=60, help="seconds")
    parser.add_argument("--min-objects", type=int, default=2)
    parser.add_argument("--scratch", type=Path, help="folder for what is made: 20 GB for a billion acts")
    parser.add_argument("--keep", action="store_true", help="add to bench/history.csv")
    parser.add_argument("--step", choices=("make", "link"), help=argparse.SUPPRESS)
    parser.add_argument("--case", default="many objects", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step == "make":
        n = int(options.sizes[0])
        (made if options.case == "many objects" else one_object)(n, options.folder)
    elif options.step == "link":
        print(json.dumps(linked(options.folder, options)))
    else:
        table(options)


def table(options: argparse.Namespace) -> None:
    """Print all sizes, one object with a million acts, and how time grows with acts."""
    print(f"{heading('nobody')}\n\nmemory = {options.memory:g} GB, w = {options.window:g} s, ", end="")
    print(f"min_objects = {options.min_objects}\n")
    print("| case | acts | pairs in window | edges | s | CPU s | peak GB | disk GB | forecast |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---|")
    found = []
    for name, n in [*(("many objects", int(size * 1e6)) for size in options.sizes), ("one object", 1_000_000)]:
        row = measure(name, n, options)
        cost = f"{row['seconds']:.1f} | {row['cpu']:.1f} | {row['peak']:.2f} | {row['disk']:.2f} | {row['said']}"
        print(f"| {name} | {row['traces']:,} | {row['pairs']:,} | {row['edges']:,} | {cost} |", flush=True)
        found += [row] if name == "many objects" else []
    if len(found) > 1:
        logs = {name: np.log([row[name] for row in found]) for name in ("traces", "seconds", "cpu")}
        growth = [f"{what} as n^{np.polyfit(logs['traces'], logs[what], 1)[0]:.2f}" for what in ("seconds", "cpu")]
        print(f"\nWith acts grow {' and '.join(growth)}.")
    if options.keep:
        yardstick = measured(YARDSTICK)
        keep([as_row(row, options.memory, yardstick) for row in found])


def as_row(row: dict[str, Any], memory: float, yardstick: Cost) -> Row:
    """Return a size as a measurement beside the yardstick."""
    cost = Cost(row["cpu"], row["seconds"], 1000 * row["peak"])
    what = f"link {row['traces']:,} synthetic acts in {memory:g} GB"
    return Row(what, f"{row['edges']:,} edges", cost, "numpy, sort of 20 million", yardstick, 1)


if __name__ == "__main__":
    main()
