"""Reading on the machines of a cluster: files into parts, and parts into posts, with the functions of :mod:`cib.read`.

A part is what a batch of a file became. Parts lie in a folder that all machines see. Work that is done twice, because a
machine was lost, leaves files of other names, and nobody is told of the first.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Final

import polars as pl

from cib.engine.spark.spread import Scratch, Spread, batches_of, spark_schema
from cib.errors import CibError
from cib.read import AccountLists
from cib.read.assemble import Clock, Parts, as_posts, left, write_table
from cib.read.fields import ACCOUNT_FIELDS
from cib.read.files import InputFile
from cib.read.plan import plan_one
from cib.read.repeats import NUMBER
from cib.read.stage import read_file
from cib.read.tally import Tally
from cib.settings import SourceSettings
from cib.tables import ACCOUNTS, TIME

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "SEEN",
    "Chunk",
    "Done",
    "File",
    "Part",
    "Settled",
    "mark_of",
    "of_parts",
    "posts_in",
    "read_one",
    "seen_in",
    "write_chunk",
]

_FIELDS: Final = {name: ACCOUNTS.schema[name.removeprefix("account_")] for name in ACCOUNT_FIELDS}
SEEN: Final = pl.Schema(
    {
        "account_id": pl.String(), "platform": pl.String(), **_FIELDS,
        **{f"{name} at": TIME for name in _FIELDS}, "posts": pl.UInt32(), "origin": pl.String(), "place": pl.UInt32(),
    }
)  # fmt: skip
"""What a part says of its accounts, how many of its posts by each stay, the part's source, and its place."""


@dataclass(frozen=True)
class File:
    """A file to be read: how it is opened, the settings and the name of its source, whose posts, batch, scratch."""

    file: InputFile
    settings: SourceSettings
    origin: str
    accounts: AccountLists
    size: int
    folder: Path


@dataclass(frozen=True)
class Done:
    """A file that was read: its parts, its rows, what was wrong with it as a whole, and the machine's mark."""

    parts: Parts
    tally: Tally
    error: CibError | None
    mark: int


@dataclass(frozen=True)
class Part:
    """A part in its place among all: its files, the number of its first post, how many it has, and its source."""

    place: int
    posts: Path
    accounts: Path
    first: int
    rows: int
    origin: str


@dataclass(frozen=True)
class Settled:
    """Posts that come again: folders of rows that go, and of merged lists, by number; None if nothing comes again."""

    gone: Path | None = None
    merged: Path | None = None


@dataclass(frozen=True)
class Chunk:
    """Parts that become one file of POSTS, the number of its first post, and where it is to be."""

    parts: Sequence[Part]
    settled: Settled
    first: int
    accounts: Path
    path: Path
    folder: Path


def mark_of() -> int:
    """Return what posts' keys hang on beside the post: other versions and processors may give other keys."""
    return int(pl.Series(["cib"]).hash(1).item())


def read_one(task: File) -> Done:
    """Read a file into parts."""
    folder = Path(mkdtemp(dir=task.folder))
    parts, tally, error = Parts(folder), Tally(folder / "quarantine.ndjson"), None
    try:
        plan = replace(plan_one(task.file, task.settings), origin=task.origin)
        read_file(plan, parts, tally, task.size, task.accounts)
    except CibError as found:
        error = found
    return Done(parts, tally, error, mark_of())


def of_parts(
    scratch: Scratch, parts: Sequence[Part], work: Callable[[Part], pl.DataFrame], schema: pl.Schema
) -> Spread:
    """Return what `work` makes of each part, in one table."""

    def run(places: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        for batch in places:
            for place in batch.column(0).to_pylist():
                yield from batches_of(work(parts[place]), schema)

    session = scratch.session
    slices = min(len(parts), 4 * session.sparkContext.defaultParallelism)
    frame = session.range(0, len(parts), 1, slices).mapInArrow(run, spark_schema(schema))
    return Spread(frame, schema)


def posts_in(part: Part, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Return the posts of a part (some columns of them), with their numbers among all."""
    posts = pl.read_ipc(part.posts, columns=None if columns is None else list(columns))
    return posts.with_columns(pl.int_range(part.first, part.first + part.rows, dtype=pl.UInt32).alias(NUMBER))


def seen_in(part: Part, settled: Settled) -> pl.DataFrame:
    """Return what a part says of its accounts, as :data:`SEEN`."""
    posts = posts_in(part, ["account_id"])
    stay = posts.filter(_stays(posts, part, settled)).group_by("account_id").agg(posts=pl.len())
    seen = pl.read_ipc(part.accounts).join(stay, on="account_id", how="left", maintain_order="left")
    absent = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in SEEN.items() if name not in seen.columns]
    told = seen.with_columns(absent).with_columns(origin=pl.lit(part.origin), place=pl.lit(part.place))
    return told.with_columns(pl.col("posts").fill_null(0)).select(list(SEEN)).cast(SEEN)


def write_chunk(chunk: Chunk) -> Clock:
    """Write a file of POSTS, and return what has seen their times."""
    new = Path(mkdtemp(dir=chunk.folder)) / "posts.parquet"
    ids = pl.concat(posts_in(part, ["account_id"]).select(pl.col("account_id").unique()) for part in chunk.parts)
    known = pl.scan_parquet(chunk.accounts).select("account_id", "account")
    numbers = known.join(ids.unique().lazy(), on="account_id", how="semi").collect(engine="streaming")
    clock = write_table(_tables(chunk, numbers), new, max(part.rows for part in chunk.parts))
    if clock.posts:
        new.replace(chunk.path)
    return clock


def _tables(chunk: Chunk, numbers: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield POSTS of each part of which a post stays."""
    first = chunk.first
    for part in chunk.parts:
        posts = posts_in(part)
        lists = None if chunk.settled.merged is None else _between(chunk.settled.merged, part)
        kept = left(posts, _stays(posts, part, chunk.settled), lists)
        if len(kept):
            yield as_posts(kept.join(numbers, on="account_id", how="left", maintain_order="left"), first)
            first += len(kept)


def _stays(posts: pl.DataFrame, part: Part, settled: Settled) -> pl.Series:
    """Whether each of a part's posts stays."""
    if settled.gone is None:
        return pl.Series([True]).new_from_index(0, len(posts))
    return ~posts[NUMBER].is_in(_between(settled.gone, part)[NUMBER].implode())


def _between(folder: Path, part: Part) -> pl.DataFrame:
    """Return the rows of sorted Parquet files that have numbers of a part; the other files are not read."""
    within = pl.col(NUMBER).is_between(part.first, part.first + part.rows - 1)
    return pl.scan_parquet(folder).filter(within).collect()
