"""Reading on Spark: a task a file, then repeats by their key, accounts by their id, posts in the order of the files.

What a file becomes is what the local engine makes of it: the same readers, with batches of the same size, each file in
one piece. What goes over the network are keys of posts (12 bytes each), the posts whose key comes again, and what files
say of accounts. Bounds: a file is read by one task, so a large one is best cut beforehand; the driver holds the
accounts, and looks into the head of each file.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from cib.engine.base import Reading
from cib.engine.spark.read_parts import (
    SEEN,
    Chunk,
    Done,
    File,
    Part,
    Settled,
    mark_of,
    of_parts,
    posts_in,
    read_one,
    seen_in,
    write_chunk,
)
from cib.engine.spark.spread import Scratch, Spread, scratch_in, sharded, write_parts
from cib.errors import InputError, RunError
from cib.read import AccountLists, ReadSummary
from cib.read.accounts import newest
from cib.read.assemble import Clock, Times, with_tables
from cib.read.fields import ACCOUNT_FIELDS
from cib.read.plan import Plan, plan_files
from cib.read.repeats import KEY, LISTS, NUMBER, Policies, settled
from cib.read.rows import HAS_ID
from cib.read.stage import NO_POST, batch_bytes, count_gone, policies_for, summary_of
from cib.read.tally import Tally
from cib.settings import RunSettings
from cib.tables import POSTS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["read"]

_CHUNK: Final = 1_000_000
"""Posts of a file of POSTS, about: some 100 MB."""
_KEYS: Final = pl.Schema({KEY: pl.Int64(), NUMBER: pl.UInt32()})
_COMPARED: Final = pl.Schema(
    {n: t for n, t in POSTS.schema.items() if n not in {"post", "account"}}
    | {HAS_ID: pl.Boolean(), KEY: pl.Int64(), NUMBER: pl.UInt32()}
)
_GONE: Final = (NUMBER, "source_file", "source_row", "reason", "account_id", "post_id", "text")
_MERGED: Final = "cib:merged"


def read(session: "SparkSession", reading: Reading, run: RunSettings, out: Path) -> ReadSummary:
    """Read all input files; see :class:`cib.engine.Engine`.

    Raises
    ------
    InputError
        As :func:`cib.read.read`.
    RunError
        The machines of the cluster do not tell posts by the same keys.
    """
    settings = reading.settings
    plans = plan_files(settings, reading.root)
    tally = Tally(out / "quarantine.ndjson")
    with scratch_in(session, out) as scratch:
        parts = _read_files(scratch, plans, tally, (reading.accounts, batch_bytes(run.memory)))
        again = _settled(scratch, parts, policies_for(plans, settings.duplicates))
        if again.gone is not None:
            count_gone(pl.scan_parquet(again.gone), tally)
        seen = scratch.kept(of_parts(scratch, parts, partial(seen_in, settled=again), SEEN))
        known = _known(seen, scratch)
        posted = known.select("account_id", "posts")
        given = (settings, reading.root)
        accounts, notes = with_tables(known.drop("posts"), posted, partial(_platforms, seen), given, tally)
        accounts.write_parquet(out / "accounts.parquet", compression="zstd")
        times = _write_posts(scratch, parts, again, out)
    tally.ledger().write_parquet(out / "ledger.parquet", compression="zstd")
    return summary_of(plans, tally, times, len(accounts), notes)


def _read_files(scratch: Scratch, plans: list[Plan], tally: Tally, how: tuple[AccountLists, int]) -> list[Part]:
    """Read every file, a task each; return the parts in the order of files and rows."""
    folder = scratch.path()
    tasks = [File(plan.file, plan.settings, plan.origin, *how, folder) for plan in plans]
    files: list[Done] = scratch.session.sparkContext.parallelize(tasks, len(tasks)).map(read_one).collect()
    for file in files:
        if file.error is not None:
            raise file.error
        tally.take(file.tally)
    if any(file.mark != mark_of() for file in files):
        msg = (
            "The machines of the cluster do not tell posts by the same keys: all need the same version of polars, "
            "and processors of one kind."
        )
        raise RunError(msg)
    if not any(file.parts.rows for file in files):
        raise InputError(NO_POST)
    return list(_in_order(files))


def _in_order(files: list[Done]) -> Iterator[Part]:
    place, first = 0, 0
    for parts in (file.parts for file in files):
        for posts, accounts, rows, origin in zip(parts.posts, parts.accounts, parts.counts, parts.origins, strict=True):
            yield Part(place, posts, accounts, first, rows, origin)
            place, first = place + 1, first + rows


def _settled(scratch: Scratch, parts: list[Part], policies: Policies) -> Settled:
    """Settle the posts that come again."""
    from pyspark.sql import functions as f

    keys = scratch.kept(of_parts(scratch, parts, _keys_in, _KEYS))
    known = keys.frame.filter(f.col(KEY).isNotNull())
    twice = known.groupBy(KEY).agg(f.count("*").alias("n")).filter("n > 1").select(KEY)
    again = keys.join(Spread(twice, pl.Schema({KEY: pl.Int64()})), on=[KEY], how="left_semi").select(NUMBER)
    folder = scratch.path() / "again"
    if not write_parts(again, [NUMBER], folder, scratch, _as_is):
        return Settled()
    rows = of_parts(scratch, parts, partial(_compared_in, again=folder), _COMPARED)
    fates = scratch.kept(sharded(rows, KEY, partial(_fates, policies=policies)))
    where = scratch.path()
    gone = Spread(fates.frame.filter(f"not `{_MERGED}`"), fates.schema).select(*_GONE)
    merged = Spread(fates.frame.filter(f"`{_MERGED}`"), fates.schema).select(NUMBER, *LISTS)
    write_parts(gone, [NUMBER], where / "gone", scratch, _as_is)
    lists = write_parts(merged, [NUMBER], where / "merged", scratch, _as_is)
    return Settled(where / "gone", where / "merged" if lists else None)


def _keys_in(part: Part) -> pl.DataFrame:
    """Return the keys of a part's posts."""
    return posts_in(part, [KEY]).select(pl.col(KEY).reinterpret(signed=True), NUMBER)


def _compared_in(part: Part, again: Path) -> pl.DataFrame:
    """Return the posts of a part whose key comes again."""
    within = pl.col(NUMBER).is_between(part.first, part.first + part.rows - 1)
    numbers = pl.scan_parquet(again).filter(within).collect()
    posts = posts_in(part).join(numbers, on=NUMBER, how="semi", maintain_order="left")
    return posts.with_columns(pl.col(KEY).reinterpret(signed=True)).select(list(_COMPARED))


def _fates(rows: pl.DataFrame, policies: Policies) -> pl.DataFrame:
    """Return the rows that go, and the lists of those that others are merged into, as one table."""
    gone, lists = settled(rows, policies)
    gone = gone.with_columns(pl.lit(value=False).alias(_MERGED))
    lists = lists.with_columns(pl.lit(value=True).alias(_MERGED))
    return pl.concat([gone, lists], how="diagonal").select(*_GONE, *LISTS, _MERGED)


def _known(seen: Spread, scratch: Scratch) -> pl.DataFrame:
    """Return what is known of each account of which a post stays, and how many do (`posts`)."""
    folder = scratch.path() / "known"
    write_parts(sharded(seen, "account_id", _latest), ["account_id"], folder, scratch, _as_is)
    return pl.read_parquet(folder, glob=False)


def _latest(seen: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each of some accounts: the last known value of each field."""
    counts = seen.group_by("account_id").agg(pl.col("posts").sum()).filter(pl.col("posts") > 0)
    known = newest(seen.sort("place").drop("posts", "origin", "place"))
    return known.select("account_id", "platform", *ACCOUNT_FIELDS).join(counts, on="account_id")


def _platforms(seen: Spread, origin: str) -> pl.Series:
    """Return the platforms that a source's accounts are on."""
    pairs = seen.select("origin", "platform")
    found = Spread(pairs.frame.distinct(), pairs.schema).collected()
    return found.filter(pl.col("origin") == origin)["platform"].sort()


def _write_posts(scratch: Scratch, parts: list[Part], again: Settled, out: Path) -> Times:
    """Write POSTS as files of about :data:`_CHUNK` posts, and return what their times look like."""
    folder, aside = out / "posts.parquet", scratch.path()
    folder.mkdir()
    left = [part.rows - gone for part, gone in zip(parts, _gone_of(parts, again), strict=True)]
    before = list(accumulate(left, initial=0))
    tasks = []
    for number, (low, high) in enumerate(_cuts(left)):
        path = folder / f"part-{number:06}.parquet"
        tasks.append(Chunk(parts[low:high], again, before[low], out / "accounts.parquet", path, aside))
    whole = Clock()
    for clock in scratch.session.sparkContext.parallelize(tasks, len(tasks)).map(write_chunk).collect():
        whole.take(clock)
    return whole.times()


def _gone_of(parts: list[Part], again: Settled) -> Sequence[int]:
    """Return how many posts of each part go."""
    counts = np.zeros(len(parts), dtype=np.int64)
    if again.gone is not None:
        firsts = np.array([part.first for part in parts])
        for batch in pl.scan_parquet(again.gone).select(NUMBER).collect_batches():
            places = np.searchsorted(firsts, batch[NUMBER].to_numpy(), side="right") - 1
            counts += np.bincount(places, minlength=len(parts))
    return [int(count) for count in counts]


def _cuts(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last place (not included) of the parts of each chunk."""
    low, held = 0, 0
    for place, count in enumerate(rows):
        held += count
        if held >= _CHUNK or place == len(rows) - 1:
            yield low, place + 1
            low, held = place + 1, 0


def _as_is(piece: pl.DataFrame) -> pl.DataFrame:
    return piece
