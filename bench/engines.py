"""One run on both engines: tables held against each other, time and memory; `python bench/engines.py --data FOLDER`.

Runs configs/ira.toml on the whole IRA set with `engine = "local"` and `engine = "spark"` (all cores of this machine),
and compares the links of every layer, row for row and bit for bit, the pairs of posts behind them, what accounts
repeat, and networks, members and graph. Prints Markdown. Memory is that of all processes of a run together (Spark has
Java and one Python a core), shared pages counted once, looked at twice a second. Needs the extra `spark` and Java.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

ROOT = Path(__file__).parents[1]
SPARK = '\n[run]\nengine = "spark"\n\n[spark]\nmaster = "local[*]"\npartitions = 8\n'
STAGES = {"link": ("edges", "pairs", "repetition", "ledger"), "networks": ("networks", "members", "graph")}


def family(leader: int) -> list[int]:
    """Return the processes of a session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader:
            found.append(int(stat.parent.name))
    return found


def held(process: int) -> int:
    """Return the memory of a process, bytes: its own pages, and its share of those that several have."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def run(config: Path, source: Path, out: Path) -> tuple[float, float]:
    """Run a config in a session of its own; return seconds and the most memory that all its processes had, GB."""
    command = [sys.executable, "-m", "cib.cli", "run", str(config), "--input", str(source), "--out", str(out)]
    before, most = time.perf_counter(), 0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    while process.poll() is None:
        most = max(most, sum(held(other) for other in family(process.pid)))
        time.sleep(0.5)
    if process.returncode:
        sys.exit(f"failed: {' '.join(command)}")
    return time.perf_counter() - before, most / 1e9


def made(out: Path, stage: str) -> dict[str, Path]:
    """Return the results of a stage by their part."""
    found = {}
    for folder in sorted((out / "cache").glob(f"{stage}[.-]*")):
        found[folder.name.rpartition("-")[0].partition(".")[2]] = folder
    return found


def rows(path: Path) -> pl.LazyFrame:
    """Return a table, which may be a folder of files."""
    return pl.scan_parquet(sorted(path.glob("*.parquet")) if path.is_dir() else path, glob=False)


def differing(one: Path, other: Path) -> int:
    """Return how many rows of two tables differ, in their order; all, if they are of different lengths."""
    lengths = [table.select(pl.len()).collect().item() for table in (rows(one), rows(other))]
    if lengths[0] != lengths[1]:
        return max(lengths)
    differ = 0
    for start in range(0, lengths[0], 1_000_000):
        parts = [table.slice(start, 1_000_000).collect() for table in (rows(one), rows(other))]
        same = pl.Series([True] * len(parts[0]))
        for name in parts[0].columns:
            same &= parts[0][name].eq_missing(parts[1][name])
        differ += int((~same).sum())
    return differ


def compare(local: Path, spark: Path) -> int:
    """Print for every table of every layer its rows, and how many differ; return the sum."""
    print("\n| table | rows | rows that differ |\n|---|---:|---:|")
    total = 0
    for stage, tables in STAGES.items():
        ours, theirs = made(local, stage), made(spark, stage)
        for part, folder in ours.items():
            for table in tables:
                if not (folder / f"{table}.parquet").exists():
                    continue
                differ = differing(folder / f"{table}.parquet", theirs[part] / f"{table}.parquet")
                count = rows(folder / f"{table}.parquet").select(pl.len()).collect().item()
                print(f"| {part} {table} | {count:,} | {differ:,} |", flush=True)
                total += differ
    return total


def main() -> None:
    """Parse the command line, run, compare, and fail where a row differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with ira/ira_tweets.parquet")
    parser.add_argument("--keep", type=Path, help="folder for both runs, which stay there")
    asked = parser.parse_args()
    source = asked.data / "ira" / "ira_tweets.parquet"
    if not source.is_file():
        sys.exit(f"No {source}: the engines are not compared.")
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("\n| engine | s | GB | linking, s |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        base = asked.keep or Path(folder)
        text = (ROOT / "configs" / "ira.toml").read_text(encoding="utf-8") + "\n[control]\nruns = 0\n"
        for engine, more in (("local", ""), ("spark", SPARK)):
            config = base / f"{engine}.toml"
            config.write_text(text + more, encoding="utf-8")
            seconds, memory = run(config, source.absolute(), base / engine)
            stages = json.loads((base / engine / "manifest.json").read_text(encoding="utf-8"))["stages"]
            linking = sum(stage["seconds"] for stage in stages if stage["stage"] == "link")
            print(f"| {engine} | {seconds:.0f} | {memory:.1f} | {linking:.0f} |", flush=True)
        if compare(base / "local", base / "spark"):
            sys.exit("The engines differ.")


if __name__ == "__main__":
    main()
