"""Speed and memory of reading, beside a plain polars read of the same file; `make bench`, or `python bench/reading.py`.

The posts of the sample in `data/`, or of a Parquet file of the same columns, are written in each form until a file has
the size asked for; every copy has ids and times of its own. Prints Markdown: MB of text for each CPU second and for
each second, what two cores would give if nothing else ran on them, the peak of memory, and the ratio to polars, which
parses the file into columns and no more: no refused rows, no ids kept as text, no times, links, accounts or tables.
Times are of this machine, on this day: quote ratios. Memory is measured at two sizes: it must not grow with the file.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
import zstandard

ROOT = Path(__file__).parents[1]
READ = """
import sys, tempfile, time
from pathlib import Path
from cib.read import read
from cib.settings import InputSettings
before = time.process_time()
with tempfile.TemporaryDirectory() as out:
    posts = read(InputSettings(files=(sys.argv[1],)), root=Path(), out=Path(out), memory=1_000_000_000).posts
print(posts, time.process_time() - before)
"""
PARSE = """
import sys, time, polars as pl
before = time.process_time()
name = sys.argv[1].removesuffix(".gz").removesuffix(".zst")
if name.endswith("csv"):
    posts = len(pl.read_csv(sys.argv[1], infer_schema=False))
elif name.endswith("ndjson"):
    posts = len(pl.read_ndjson(sys.argv[1]))
else:
    posts = len(pl.read_parquet(sys.argv[1]))
print(posts, time.process_time() - before)
"""


def copies(source: Path, megabytes: float) -> pl.DataFrame:
    """Return posts of about so many megabytes of CSV."""
    posts = pl.read_parquet(source)
    plain = posts.select(
        user="author",
        text="content",
        time=pl.col("publish_date").cast(pl.String).str.replace(" ", "T") + "Z",
        lang="language",
        followers="followers",
    )
    text = plain.select(pl.concat_str(pl.all().cast(pl.String), ignore_nulls=True).str.len_bytes().sum()).item() / 1e6
    times = max(1, round(megabytes / (text + 24 * len(plain) / 1e6)))
    whole = pl.concat([plain] * times)
    ids = pl.int_range(len(whole), dtype=pl.Int64, eager=True) + 730_000_000_000_000_000
    return whole.insert_column(0, ids.cast(pl.String).alias("id"))


def written(posts: pl.DataFrame, folder: Path) -> list[Path]:
    """Write the posts in every form."""
    csv, lines, table = folder / "posts.csv", folder / "posts.ndjson", folder / "posts.parquet"
    posts.write_csv(csv)
    with lines.open("w", encoding="utf-8") as file:
        for row in posts.iter_rows(named=True):
            account = {"username": row.pop("user"), "followers": row.pop("followers")}
            file.write(json.dumps(row | {"author": account}, ensure_ascii=False) + "\n")
    posts.write_parquet(table)
    packed = [folder / "posts.ndjson.gz", folder / "posts.ndjson.zst"]
    packed[0].write_bytes(gzip.compress(lines.read_bytes(), 6))
    packed[1].write_bytes(zstandard.compress(lines.read_bytes(), 3))
    return [csv, lines, table, *packed]


def cost(program: str, file: Path) -> tuple[float, float, float, int]:
    """Run a program in a process of its own; return seconds, CPU seconds of its work, peak memory in MB, and posts."""
    before = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(file)],
        stdout=subprocess.PIPE,
        env=os.environ | {"POLARS_MAX_THREADS": "2", "PYTHONPATH": str(ROOT)},
    )
    said = process.stdout.read() if process.stdout else b""
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"failed: {file}")
    posts, cpu = said.split()
    return time.perf_counter() - before, float(cpu), used.ru_maxrss / 1e3, int(posts)


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=ROOT / "data" / "ira_sample.parquet")
    parser.add_argument("--megabytes", type=float, default=100)
    given = parser.parse_args()
    print("| file | MB of text | posts | MB/s | MB per CPU s | two free cores, MB/s | peak MB | CPU s beside polars |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    peaks = []
    for share in (0.25, 1):
        with tempfile.TemporaryDirectory() as name:
            posts = copies(given.source, share * given.megabytes)
            for file in written(posts, Path(name)):
                text = (Path(name) / (file.name.removesuffix(".gz").removesuffix(".zst"))).stat().st_size / 1e6
                wall, cpu, peak, rows = cost(READ, file)
                if share == 1:
                    plain = cost(PARSE, file)[1]
                    speed = f"{text / wall:.0f} | {text / cpu:.0f} | {2 * text / cpu:.0f}"
                    ratio = f"{cpu / plain:.1f}"
                    print(f"| {file.name} | {text:.0f} | {rows:,} | {speed} | {peak:.0f} | {ratio} |", flush=True)
                peaks.append((share, file.name, text, peak))
    print("\n| file | MB of text | peak MB |\n|---|---:|---:|")
    for _, name, text, peak in sorted(peaks, key=lambda row: (row[1], row[0])):
        print(f"| {name} | {text:.0f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
