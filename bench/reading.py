"""Speed and memory of reading, beside a plain polars read of the same file; `make bench`, or `python bench/reading.py`.

The posts of the sample in `data/`, or of a Parquet file of the same columns, are written in each form until a file has
the size asked for; every copy has ids and times of its own. `lean` has what is read and no more, about 180 bytes a
post; `wide` has beside it what exports have that nobody reads, about 700. Prints Markdown: MB for each second and CPU
second of the whole of reading, from the file to the tables, and of rows alone, from the file to columns of text; and
the CPU time of both as a multiple of polars', which parses the file into columns: no refused rows, no row numbers, no
ids kept as text, and of the whole no times, links, accounts or tables either. Then each reader's own files, their
samples repeated: MB for each CPU second from the file to posts. Times are of this machine, on this day: quote ratios.
Memory is measured at two sizes: it must not grow with the file.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl
import zstandard

ROOT = Path(__file__).parents[1]
READ = """
import resource, sys, tempfile, time
from pathlib import Path
from cib.read import read
from cib.settings import InputSettings
began, before = time.perf_counter(), time.process_time()
with tempfile.TemporaryDirectory() as out:
    posts = read(InputSettings(files=(sys.argv[1],)), root=Path(), out=Path(out), memory=1_000_000_000).posts
    print(posts, time.perf_counter() - began, time.process_time() - before)
"""
ROWS = """
import sys, time
from pathlib import Path
from cib.read.plan import plan_files
from cib.read.rows import posts_of
from cib.read.source import batches
from cib.settings import InputSettings
settings = InputSettings(files=(sys.argv[1],), timezone="UTC", format=sys.argv[3])
(plan,) = plan_files(settings, Path())
began, before, rows = time.perf_counter(), time.process_time(), 0
for batch in batches(plan.source, plan.wanted, settings, 16 << 20):
    rows += len(batch.frame)
    if sys.argv[2] == "posts":
        posts_of(batch.frame, plan.mapped, plan.reader, settings, "x")
print(rows, time.perf_counter() - began, time.process_time() - before)
"""
PARSE = """
import sys, time, polars as pl
began, before = time.perf_counter(), time.process_time()
name = sys.argv[1].removesuffix(".gz").removesuffix(".zst")
if name.endswith("csv"):
    posts = len(pl.read_csv(sys.argv[1], infer_schema=False))
elif name.endswith("ndjson"):
    posts = len(pl.read_ndjson(sys.argv[1]))
else:
    posts = len(pl.read_parquet(sys.argv[1]))
print(posts, time.perf_counter() - began, time.process_time() - before)
"""
UNREAD = [
    ("reply_settings", "everyone"),
    ("context", "what a tool that collects posts writes beside each of them and no method here looks at; " * 4),
    (
        "retrieved_by",
        "https://api.example.org/2/tweets/search/all?query=long&expansions=author_id,referenced_tweets.id",
    ),
]


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


def written(posts: pl.DataFrame, folder: Path, name: str) -> list[Path]:
    """Write the posts in every form."""
    csv, lines, table = (folder / f"{name}.{form}" for form in ("csv", "ndjson", "parquet"))
    posts.write_csv(csv)
    with lines.open("w", encoding="utf-8") as file:
        for row in posts.iter_rows(named=True):
            account = {"username": row.pop("user"), "followers": row.pop("followers")}
            file.write(json.dumps(row | {"author": account}, ensure_ascii=False) + "\n")
    posts.write_parquet(table)
    packed = [folder / f"{name}.ndjson.gz", folder / f"{name}.ndjson.zst"]
    packed[0].write_bytes(gzip.compress(lines.read_bytes(), 6))
    packed[1].write_bytes(zstandard.compress(lines.read_bytes(), 3))
    return [csv, lines, table, *packed]


def cost(program: str, file: Path, *further: str) -> tuple[float, float, float, int]:
    """Run a program in a process of its own; return its seconds, CPU seconds, peak memory in MB, and posts."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(file), *further],
        stdout=subprocess.PIPE,
        env=os.environ | {"POLARS_MAX_THREADS": "2", "PYTHONPATH": str(ROOT)},
    )
    said = process.stdout.read() if process.stdout else b""
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"failed: {file}")
    posts, wall, cpu = said.split()
    return float(wall), float(cpu), used.ru_maxrss / 1e3, int(posts)


def repeated(sample: Path, folder: Path, megabytes: float) -> Path:
    """Write a sample's rows, or documents one a line, again and again; its posts come again as well."""
    raw = gzip.decompress(sample.read_bytes()) if sample.suffix == ".gz" else sample.read_bytes()
    name = sample.name.removesuffix(".gz")
    head, body = (raw.split(b"\n", 1)[0] + b"\n", raw.split(b"\n", 1)[1]) if name.endswith(".csv") else (b"", raw)
    if name.endswith(".json"):
        whole = json.loads(raw)
        answers = [one["response"]["body"]["string"] for one in whole.get("interactions", [])][1:]
        body = ("\n".join(answers) if answers else json.dumps(whole)).encode()
    path = folder / (name if head else "posts.ndjson")
    times = max(1, int(megabytes * 1e6 / len(body)))
    path.write_bytes(head + (body.rstrip(b"\n") + b"\n") * times)
    return path


def forms(source: Path, megabytes: float) -> None:
    """Print the speed of every form, and the peak of memory at two sizes."""
    print("| file | MB | posts | MB/s | MB per CPU s | rows, MB/s | rows, MB per CPU s | of polars' CPU time |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    peaks = []
    for share, name in ((0.25, "lean"), (1, "lean"), (1, "wide")):
        with tempfile.TemporaryDirectory() as folder:
            posts = copies(source, share * megabytes / (4 if name == "wide" else 1))
            more = [pl.lit(value).alias(column) for column, value in UNREAD] if name == "wide" else []
            for file in written(posts.with_columns(more), Path(folder), name):
                text = Path(folder) / file.name.removesuffix(".gz").removesuffix(".zst")
                size = text.stat().st_size / 1e6
                wall, cpu, peak, rows = cost(READ, file)
                if share == 1:
                    own, mine, _, _ = cost(ROWS, file, "rows", "auto")
                    plain = cost(PARSE, file)[1]
                    speed = f"{size / wall:.0f} | {size / cpu:.0f} | {size / own:.0f} | {size / mine:.0f}"
                    ratio = f"{cpu / plain:.1f} (rows {mine / plain:.1f})"
                    print(f"| {file.name} | {size:.0f} | {rows:,} | {speed} | {ratio} |", flush=True)
                if name == "lean":
                    peaks.append((file.name, size, peak))
    print("\n| file | MB of text | peak MB |\n|---|---:|---:|")
    for name, size, peak in sorted(peaks):
        print(f"| {name} | {size:.0f} | {peak:.0f} |")


def readers(megabytes: float) -> None:
    """Print the speed of every reader on its own samples."""
    sys.path.insert(0, str(ROOT))
    from tests.read.test_readers import SAMPLES as OF_READERS

    print("\n| reader | sample | MB | rows | MB per CPU s |\n|---|---|---:|---:|---:|")
    for name, samples in OF_READERS.items():
        with tempfile.TemporaryDirectory() as folder:
            file = repeated(samples[0], Path(folder), megabytes)
            _, cpu, _, rows = cost(ROWS, file, "posts", name)
            size = file.stat().st_size / 1e6
            print(f"| `{name}` | {samples[0].name} | {size:.0f} | {rows:,} | {size / cpu:.0f} |", flush=True)


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=ROOT / "data" / "ira_sample.parquet")
    parser.add_argument("--megabytes", type=float, default=200)
    parser.add_argument("--of-a-reader", type=float, default=20, help="MB of each reader's own file")
    given = parser.parse_args()
    forms(given.source, given.megabytes)
    readers(given.of_a_reader)


if __name__ == "__main__":
    main()
