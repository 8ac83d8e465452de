"""The engine on a file: reading, traces, links; and a whole method on a file."""

import csv
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from cib.config import load
from cib.link import Beside, Linked, link
from cib.methods import find
from cib.pipeline import Job, run
from cib.read import read
from cib.settings import InputSettings, LayerSettings, Settings
from cib.traces import TRACES, build
from tests.methods.oracle import Share, Timed

__all__ = [
    "START",
    "Found",
    "edges_of",
    "linked",
    "method",
    "read_file",
    "run_method",
    "write_messages",
    "write_shares",
]

START = datetime(2021, 1, 4, tzinfo=UTC)
"""A Monday at midnight, so that bins of minutes, hours and days begin at second 0."""
_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []
"""Go when Python ends."""


def read_file(file: Path) -> Path:
    """Read a file; return the folder with its posts and accounts."""
    _FOLDERS.append(tempfile.TemporaryDirectory(prefix="cib-test-"))
    out = Path(_FOLDERS[-1].name)
    read(InputSettings(files=(file.name,)), root=file.parent, out=out, memory=10**9)
    return out


def linked(folder: Path, layer: LayerSettings) -> Linked:
    """Link the accounts of posts that were read; the layer's trace must be filled in."""
    traced = build(pl.scan_parquet(folder / "posts.parquet"), layer, name=layer.trace)
    order = np.zeros(pl.read_parquet(folder / "accounts.parquet").height, dtype=np.int64)
    order[traced.order["account"].to_numpy()] = traced.order["first"].to_numpy()
    beside = Beside(order=order if len(traced.order) else None, own=traced.own)
    return link(
        traced.traces, traced.objects, layer, name=layer.trace, memory=10**9, sink=lambda _: None, beside=beside
    )


def edges_of(folder: Path, layer: LayerSettings) -> pl.DataFrame:
    """Return the layer's edges of two accounts, with their ids as `source` and `target`."""
    edges = linked(folder, layer).edges.filter(pl.col("a") != pl.col("b"))
    ids = pl.read_parquet(folder / "accounts.parquet")["account_id"].str.replace("^[a-z]+:", "")
    return edges.with_columns(source=ids.gather(edges["a"]), target=ids.gather(edges["b"]))


@dataclass(frozen=True)
class Found:
    """The tables of a run, without the platform before each account."""

    edges: pl.DataFrame
    graph: pl.DataFrame
    members: pl.DataFrame
    repetition: pl.DataFrame

    def weights(self, column: str = "weight", *, kept: bool | None = None) -> dict[tuple[str, str], float]:
        """Return a column of the edges by source and target."""
        edges = self.edges if kept is None else self.edges.filter(pl.col("kept") == kept)
        return {(a, b): value for a, b, value in edges.select("source", "target", column).iter_rows()}

    def graph_weights(self) -> dict[tuple[str, str], float]:
        """Return the weights of the graph by source and target."""
        return {(a, b): value for a, b, value in self.graph.select("source", "target", "weight").iter_rows()}


def method(name: str, overrides: dict[str, object] | None = None) -> Settings:
    """Return the settings of a method that comes with cib."""
    path = find(name)
    assert path is not None
    return load(path, traces=TRACES, overrides=overrides)


def run_method(name: str, file: Path, out: Path, **overrides: object) -> Found:
    """Run a method on a file, without the control; overrides by dotted key, with '__' for '.'."""
    values = {key.replace("__", "."): value for key, value in overrides.items()}
    settings = method(name, {"input.files": [file.name], "control.runs": 0} | values)
    run(Job(name, settings, file.parent, out))
    tables = {}
    for table in ("edges", "graph", "members", "repetition"):
        frame = pl.read_parquet(out / "tables" / f"{table}.parquet")
        ends = [end for end in ("source", "target", "account_id") if end in frame.columns]
        tables[table] = frame.with_columns(pl.col(ends).str.replace("^[a-z]+:", ""))
    return Found(**tables)


def write_shares(path: Path, rows: list[Share]) -> Path:
    """Write rows as CooRTweet's table."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["object_id", "account_id", "content_id", "timestamp_share"])
        writer.writerows([row.object, row.account, row.post, int(START.timestamp() + row.time)] for row in rows)
    return path


def write_messages(
    path: Path, messages: Sequence[Timed], *, hashtags: Sequence[str] = (), mentions: Sequence[str] = ()
) -> Path:
    """Write messages as the toolkit's CSV; hashtags and mentions are further columns, a cell for each message."""
    tags, named = hashtags or [""] * len(messages), mentions or [""] * len(messages)
    columns = ["message_id", "user_id", "username", "repost_id", "reply_id", "message", "timestamp", "urls"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*columns, "hashtags", "mentions"])
        for m, tag, name in zip(messages, tags, named, strict=True):
            parents = [m.repost_of or "", m.reply_to or ""]
            at = START.timestamp() + m.time if m.time < START.timestamp() else m.time
            writer.writerow([m.message, m.account, m.account, *parents, m.text, at, " ".join(m.urls), tag, name])
    return path
