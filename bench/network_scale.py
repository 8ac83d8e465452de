"""Time and memory from traces to ranked networks, a million accounts and ten million acts; options with `--help`.

The made-up acts of bench/scale.py (synthetic: power laws, bursts, 5 % of the acts by cells of 20), one layer with the
settings of `url`: linked, fused, grouped on both levels, measured, explained, ranked, every account scored; no shuffle.
Each step's seconds, and the highest resident memory of the whole. Prints Markdown.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from scale import made, write

from cib.link import link
from cib.networks import Case, candidates, explain, fuse, largest_evidence, measure, pairs_inside, rank, score
from cib.settings import Settings
from cib.tables import ACCOUNTS, POSTS, TRACES

spent: dict[str, float] = {}


@contextmanager
def step(name: str) -> Iterator[None]:
    """Note the seconds of a step."""
    start = time.perf_counter()
    yield
    spent[name] = time.perf_counter() - start


def around(traces: pl.DataFrame, folder: Path) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """Return POSTS and ACCOUNTS to the traces, with nothing in them but who posted when."""
    given = {"post": pl.col("post"), "account": pl.col("account"), "created_at": pl.col("time")}
    filled = {
        "post_id": pl.col("post").cast(pl.String), "account_id": pl.format("x:{}", "account"), "platform": pl.lit("x"),
        "kind": pl.lit("original"), "source_file": pl.lit("f"), "source_row": pl.col("post"),
    }  # fmt: skip
    empty = {name: pl.lit(None) for name in POSTS.columns}
    posts = traces.select(**empty | filled | given).cast(dict(POSTS.schema)).sort("post")
    posts.write_parquet(folder / "posts.parquet")
    accounts = traces.select(account=pl.col("account").unique().sort())
    blank = {name: pl.lit(None) for name in ACCOUNTS.columns if name != "account"}
    named = {"account_id": pl.format("x:{}", "account"), "platform": pl.lit("x"), "handle": pl.format("h{}", "account")}
    accounts = accounts.with_columns(**blank | named).select(list(ACCOUNTS.columns)).cast(dict(ACCOUNTS.schema))
    return pl.scan_parquet(folder / "posts.parquet"), accounts


def whole(folder: Path, memory: int) -> dict[str, object]:
    """Do every step on what lies in the folder; return what was found and what it cost."""
    traces, objects = (pl.read_parquet(folder / f"{name}.parquet") for name in ("traces", "objects"))
    TRACES.check_schema(traces.schema)
    posts, accounts = around(traces, folder)
    settings = Settings.model_validate({"layers": {"url": {}}})
    layers = settings.active_layers
    pieces: list[Path] = []

    def sink(frame: pl.DataFrame) -> None:
        pieces.append(folder / f"pairs.{len(pieces):05d}.parquet")
        frame.write_parquet(pieces[-1])

    with step("link"):
        edges = link(traces, objects, layers["url"], name="url", memory=memory, sink=sink).edges
    evidence, things = {"url": pl.scan_parquet(pieces)}, {"url": objects.lazy()}
    with step("fuse"):
        graph = fuse(edges, evidence, layers, settings.graph).graph
    with step("candidates"):
        groups = candidates(graph, settings.networks, seed=1)
    with step("measure"):
        measured = measure(groups, graph, edges, evidence, things, layers)
    with step("explain"):
        inside = groups.select("group", "account")
        case = Case(inside, pairs_inside(inside, graph, evidence, ["url"]), things, layers, posts, accounts)
        explained = explain(case)
    with step("rank"):
        ranked = rank(measured, explained, ())
    with step("score"):
        scores = score(graph, ranked.networks, ranked.members)
    total = sum(spent.values())
    with step("grouping of a shuffle"):
        largest_evidence(graph, settings.networks, seed=1)
    sizes = {"edges": len(edges), "links": len(graph), "networks": len(ranked.networks), "scores": len(scores)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"accounts": len(accounts), "acts": len(traces)} | sizes | {"spent": spent, "total": total, "peak": peak}


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=float, default=10, help="millions of acts; a tenth as many accounts")
    parser.add_argument("--memory", type=float, default=2, help="what linking may use, GB")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        print(json.dumps(whole(options.folder, int(options.memory * 1e9))))
        return
    with tempfile.TemporaryDirectory() as folder:
        write(made(int(options.size * 1e6)), Path(folder))
        command = [sys.executable, __file__, "--folder", folder, "--memory", str(options.memory)]
        row = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    print("| accounts | acts | edges | links | networks | s | peak GB |\n|---:|---:|---:|---:|---:|---:|---:|")
    counts = " | ".join(f"{row[name]:,}" for name in ("accounts", "acts", "edges", "links", "networks"))
    print(f"| {counts} | {row['total']:.1f} | {row['peak']:.2f} |\n\n| step | s |\n|---|---:|")
    for name, seconds in row["spent"].items():
        print(f"| {name} | {seconds:.1f} |")


if __name__ == "__main__":
    main()
