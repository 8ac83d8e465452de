"""Time and memory of linking against the size of the data; `python bench/scale.py`, options with `--help`.

Made-up traces: activity of accounts and popularity of objects follow power laws (exponents 2.5 and 2.3), the acts on
an object come in bursts, and 5 % of the acts are of cells of 20 accounts that act together on 20 objects. Each size is
made in one process and linked, from the traces to the edges with evidence, tests and q-values, in another, whose peak
is the highest resident memory that the system saw, the traces themselves and all libraries included. Prints Markdown.
Times are of this machine, on this day: quote ratios.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from cib.link import link
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


def made(n: int) -> dict[str, np.ndarray]:
    """Return about `n` acts: account, object, second; popularity and activity by power laws, times in bursts."""
    rng = np.random.default_rng([SEED, n])
    accounts, objects = max(n // 10, 100), max(n // 4, 25)
    cells = int(n * CELL_SHARE / (CELL * CELL_OBJECTS))
    alone = n - cells * CELL * CELL_OBJECTS
    account = (accounts * rng.random(alone) ** 3).astype(np.int64)
    thing = np.sort((objects * rng.random(alone) ** 4).astype(np.int64))
    begins = (np.diff(thing, prepend=-1) != 0) | (rng.random(alone) < 1 / BURST)
    at = rng.integers(0, YEAR_S, int(begins.sum()))[np.cumsum(begins) - 1] + rng.exponential(SPREAD_S, alone)
    cell = np.repeat(np.arange(cells * CELL_OBJECTS), CELL)
    members = rng.integers(0, accounts, (cells, CELL))
    return {
        "account": np.concatenate((account, np.repeat(members, CELL_OBJECTS, axis=0).ravel())),
        "object": np.concatenate((thing, objects + cell)),
        "second": np.concatenate(
            (at, rng.integers(0, YEAR_S, cells * CELL_OBJECTS)[cell] + rng.random(len(cell)) * 30)
        ),
    }


def one_object(n: int) -> dict[str, np.ndarray]:
    """Return `n` acts on one object in a year, each by an account of its own or by one of few."""
    rng = np.random.default_rng([SEED, n, 1])
    second = np.sort(rng.random(n)) * YEAR_S
    return {"account": rng.integers(0, n // 3, n), "object": np.zeros(n, dtype=np.int64), "second": second}


def write(acts: dict[str, np.ndarray], folder: Path) -> None:
    """Write the acts as TRACES and OBJECTS, numbered as reading numbers them."""
    rng = np.random.default_rng([SEED, 2])
    account = rng.permutation(int(acts["account"].max()) + 1)[acts["account"]]
    at = pl.from_epoch(pl.Series((acts["second"] * 1e6).astype(np.int64) + 1_451_606_400_000_000), "us")
    rows = pl.DataFrame({"account": account, "object": acts["object"], "time": at.dt.replace_time_zone("UTC")})
    del acts, account
    rows = rows.sort("time", "account", "object").with_row_index("post")
    number = rows.group_by("object", maintain_order=True).agg().with_row_index("number")
    rows = rows.join(number, on="object", maintain_order="left").drop("object").rename({"number": "object"})
    rows = rows.select(pl.col(name).cast(dtype) for name, dtype in TRACES.schema.items())
    rows = rows.sort("object", "time", "account", "post")
    rows.write_parquet(folder / "traces.parquet")
    things = rows.group_by("object").agg(acts=pl.len(), accounts=pl.col("account").n_unique()).sort("object")
    name = "o" + pl.col("object").cast(pl.String)
    band = sum((pl.col("accounts") > most).cast(pl.UInt8) for most in (5, 20, 80))
    things = things.with_columns(key=name, example=name, band=band, stratum=pl.lit(0, dtype=pl.UInt32))
    things.select(pl.col(c).cast(t) for c, t in OBJECTS.schema.items()).write_parquet(folder / "objects.parquet")


def linked(folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """Link what lies in the folder; return what it cost and found."""
    traces, objects = (pl.read_parquet(folder / f"{name}.parquet") for name in ("traces", "objects"))
    window = timedelta(seconds=options.window)
    layer = LayerSettings(window=window, min_objects=options.min_objects, repeats="keep")
    start, cpu = time.perf_counter(), time.process_time()
    memory = int(options.memory * 10**9)
    found = link(traces, objects, layer, name="url", memory=memory, sink=lambda _: None)
    spent = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {
        "traces": len(traces),
        "pairs": _pairs(traces, window),
        "swept": found.n_pairs,
        "edges": len(found.edges),
        "seconds": spent[0],
        "cpu": spent[1],
        "peak": peak,
    }


def _pairs(traces: pl.DataFrame, window: timedelta) -> int:
    from cib.link.sweep import sweep

    return sweep(traces, window).n_pairs


def measure(name: str, n: int, options: argparse.Namespace) -> dict[str, Any]:
    """Make and link one size, each in a process of its own, and print its row."""
    with tempfile.TemporaryDirectory() as folder:
        given = ["--memory", options.memory, "--window", options.window, "--min-objects", options.min_objects]
        for step in ("make", "link"):
            command = [sys.executable, __file__, *map(str, given), "--step", step, "--folder", folder, "--case", name]
            done = subprocess.run([*command, "--sizes", str(n)], check=True, capture_output=step == "link", text=True)
        row: dict[str, Any] = json.loads(done.stdout)
    speed = row["pairs"] / row["seconds"]
    print(
        f"| {name} | {row['traces']:,} | {row['pairs']:,} | {row['swept']:,} | {row['edges']:,} | {row['seconds']:.1f} "
        f"| {row['cpu']:.1f} | {speed:,.0f} | {row['peak']:.2f} |",
        flush=True,
    )
    return row


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=float, nargs="*", default=[1, 3, 10, 30], help="millions of traces")
    parser.add_argument("--memory", type=float, default=4, help="what linking may use, GB")
    parser.add_argument("--window", type=float, default=60, help="seconds")
    parser.add_argument("--min-objects", type=int, default=2)
    parser.add_argument("--step", choices=("make", "link"), help=argparse.SUPPRESS)
    parser.add_argument("--case", default="many objects", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step == "make":
        n = int(options.sizes[0])
        write(made(n) if options.case == "many objects" else one_object(n), options.folder)
    elif options.step == "link":
        print(json.dumps(linked(options.folder, options)))
    else:
        table(options)


def table(options: argparse.Namespace) -> None:
    """Print all sizes, one object with a million acts, and how time grows with pairs."""
    print(f"memory = {options.memory:g} GB, w = {options.window:g} s, min_objects = {options.min_objects}\n")
    print("| case | traces | pairs in window | after pruning | edges | s | CPU s | pairs/s | peak GB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    rows = [measure("many objects", int(size * 1e6), options) for size in options.sizes]
    measure("one object", 1_000_000, options)
    if len(rows) > 1:
        logs = (np.log([row[name] for row in rows]) for name in ("pairs", "seconds"))
        print(f"\nTime grows with pairs in the window as n^{np.polyfit(*logs, 1)[0]:.2f}.")


if __name__ == "__main__":
    main()
