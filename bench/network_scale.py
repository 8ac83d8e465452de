"""Time and memory from traces to ranked networks, a million accounts and ten million acts; options with `--help`.

The made-up acts of bench/scale.py (synthetic: power laws, bursts, 5 % of the acts by cells of 20), their objects dealt
to the layers `repost`, `url` and `hashtag`, and these combined, each with its default settings: linked, fused, grouped
on both levels, measured, explained, ranked, every account scored; no shuffle. Each step's seconds by the clock and of
all cores together, and the highest resident memory of the whole. Prints Markdown.
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
from cib.settings import COMBINED, LayerSettings, Settings
from cib.tables import ACCOUNTS, EDGES, PAIRS, POSTS, TRACES
from cib.traces import combine

KINDS = ("repost", "url", "hashtag")

spent: dict[str, tuple[float, float]] = {}
"""Of each step the seconds by the clock, and of all cores together."""


@contextmanager
def step(name: str) -> Iterator[None]:
    """Note the seconds of a step."""
    start, cpu = time.perf_counter(), time.process_time()
    yield
    spent[name] = time.perf_counter() - start, time.process_time() - cpu


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


def dealt(traces: pl.DataFrame, objects: pl.DataFrame) -> dict[str, tuple[pl.DataFrame, pl.DataFrame]]:
    """Return TRACES and OBJECTS of each layer: every third object is another layer's."""
    n = len(KINDS)
    return {
        name: tuple(
            table.filter(pl.col("object") % n == k).with_columns(pl.col("object") // n) for table in (traces, objects)
        )
        for k, name in enumerate(KINDS)
    }  # type: ignore[return-value]


def linked(
    acts: dict[str, tuple[pl.DataFrame, pl.DataFrame]], layers: dict[str, LayerSettings], folder: Path, memory: int
) -> tuple[pl.DataFrame, dict[str, pl.LazyFrame]]:
    """Link each layer; return EDGES of all, and where the PAIRS of each lie."""
    edges, evidence = [EDGES.empty()], {}
    for name, (traces, objects) in acts.items():
        pieces: list[Path] = []

        def sink(frame: pl.DataFrame, name: str = name, pieces: list[Path] = pieces) -> None:
            pieces.append(folder / f"{name}.{len(pieces):05d}.parquet")
            frame.write_parquet(pieces[-1])

        sink(PAIRS.empty())
        with step(f"link {name}"):
            edges.append(link(traces, objects, layers[name], name=name, memory=memory, sink=sink).edges)
        evidence[name] = pl.scan_parquet(pieces)
    return pl.concat(edges), evidence


def whole(folder: Path, memory: int) -> dict[str, object]:
    """Do every step on what lies in the folder; return what was found and what it cost."""
    traces, objects = (pl.read_parquet(folder / f"{name}.parquet") for name in ("traces", "objects"))
    TRACES.check_schema(traces.schema)
    posts, accounts = around(traces, folder)
    counts = {"accounts": len(accounts), "acts": len(traces)}
    settings = Settings.model_validate({"layers": {name: {} for name in (*KINDS, COMBINED)}})
    layers, acts = settings.active_layers, dealt(traces, objects)
    del traces, objects
    with step("combine"):
        combined = combine(acts, name=COMBINED)
    acts[COMBINED] = combined.traces, combined.objects
    edges, evidence = linked(acts, layers, folder, memory)
    things = {name: table.lazy() for name, (_, table) in acts.items()}
    with step("fuse"):
        graph = fuse(edges, evidence, layers, settings.graph).graph
    with step("candidates"):
        groups = candidates(graph, settings.networks, seed=1)
    with step("measure"):
        measured = measure(groups, graph, edges, evidence, things, layers)
    with step("explain"):
        inside = groups.select("group", "account")
        case = Case(inside, pairs_inside(inside, graph, evidence, list(layers)), things, layers, posts, accounts)
        explained = explain(case)
    with step("rank"):
        ranked = rank(measured, explained, ())
    with step("score"):
        scores = score(graph, ranked.networks, ranked.members)
    total = [sum(seconds) for seconds in zip(*spent.values(), strict=True)]
    with step("grouping of a shuffle"):
        largest_evidence(graph, settings.networks, seed=1)
    sizes = {"edges": len(edges), "links": len(graph), "networks": len(ranked.networks), "scores": len(scores)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return counts | sizes | {"spent": spent, "total": total, "peak": peak}


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
    print("| accounts | acts | edges | links | networks | s | CPU s | peak GB |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    counts = " | ".join(f"{row[name]:,}" for name in ("accounts", "acts", "edges", "links", "networks"))
    total = " | ".join(f"{seconds:.0f}" for seconds in row["total"])
    print(f"| {counts} | {total} | {row['peak']:.2f} |\n\n| step | s | CPU s |\n|---|---:|---:|")
    for name, (seconds, cpu) in row["spent"].items():
        print(f"| {name} | {seconds:.1f} | {cpu:.1f} |")


if __name__ == "__main__":
    main()
