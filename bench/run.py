"""Time and memory of a whole run and of the linking alone; `make bench`, or `python bench/run.py --data FOLDER`.

Prints Markdown: the machine, a cold run of the IRA set (all layers, report included), the same with one
threshold changed, and the linking of CooRTweet's two sets from table to edges. Times are of this machine, on
this day: quote ratios.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import polars as pl

from cib.link import link
from cib.read import read
from cib.settings import InputSettings, LayerSettings
from cib.tables import KINDS
from cib.traces import build

ROOT = Path(__file__).parents[1]
REPEATS = 5


def whole_run(config: Path, source: Path, out: Path) -> tuple[float, float, float]:
    """Run a config in a process of its own; return wall and CPU seconds and peak memory in GB."""
    command = [sys.executable, "-m", "cib.cli", "run", str(config), "--input", str(source), "--out", str(out)]
    before = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"failed: {' '.join(command)}")
    return time.perf_counter() - before, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6


def ira(source: Path) -> None:
    """Print a cold run of the IRA set, its stages, and a second run with a stricter q."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "ira"
        stricter = Path(folder) / "ira.toml"
        stricter.write_text(
            (ROOT / "configs" / "ira.toml").read_text(encoding="utf-8") + "\n[graph]\nq = 0.001\n", encoding="utf-8"
        )
        print("\n| IRA set | wall s | CPU s | peak GB |\n|---|---:|---:|---:|")
        for name, config in (("cold", ROOT / "configs" / "ira.toml"), ("q changed", stricter)):
            wall, cpu, memory = whole_run(config, source, out)
            print(f"| {name} | {wall:.1f} | {cpu:.1f} | {memory:.2f} |", flush=True)
            if name == "cold":
                stages = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["stages"]
    print("\n| stage | s | peak MB | rows in | rows out |\n|---|---:|---:|---:|---:|")
    for stage in stages:
        name = f"{stage['stage']} {stage['part']}".strip()
        cost = f"{stage['seconds']:.1f} | {stage['peak_mb']:.0f}"
        print(f"| {name} | {cost} | {stage['rows_in']:,} | {stage['rows_out']:,} |")


def linking(source: Path, trace: str) -> None:
    """Print the median time from one layer's acts to its edges, w = 60 s, one object enough."""
    layer = LayerSettings(trace=trace, kinds=KINDS, window=timedelta(seconds=60), min_objects=1, repeats="keep")
    with tempfile.TemporaryDirectory() as folder:
        read(InputSettings(files=(str(source),)), root=ROOT, out=Path(folder), memory=2 * 10**9)
        posts = pl.scan_parquet(Path(folder) / "posts.parquet").collect().lazy()
    spent, edges, pairs = [], 0, 0
    for _ in range(REPEATS):
        before = time.process_time()
        made = build(posts, layer, name=trace)
        linked = link(made.traces, made.objects, layer, name=trace, memory=2 * 10**9, sink=lambda _: None)
        spent.append(time.process_time() - before)
        edges, pairs = len(linked.edges), int(linked.edges["pairs"].sum())
    print(
        f"| {source.stem}, {trace} | {len(made.traces):,} | {pairs:,} | {edges:,} | {statistics.median(spent):.2f} |",
        flush=True,
    )


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with ira/ira_tweets.parquet")
    data = parser.parse_args().data
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    print(f"{system}, Python {platform.python_version()}, polars {pl.__version__}")
    print("\n| linking, w = 60 s | acts | pairs | edges | CPU s, median of 5 |\n|---|---:|---:|---:|---:|")
    linking(ROOT / "data" / "coortweet" / "russian_coord_tweets.parquet", "object")
    linking(ROOT / "data" / "coortweet" / "german_elections.parquet", "url")
    tweets = data / "ira" / "ira_tweets.parquet"
    if tweets.is_file():
        ira(tweets)
    else:
        print(f"\nNo {tweets}: the IRA set is not measured.")


if __name__ == "__main__":
    main()
