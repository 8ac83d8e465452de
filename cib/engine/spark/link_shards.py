"""Acts cut into shards that are swept apart, so that every pair of acts lies in exactly one.

An object with few acts is one shard. One with many, the viral one that would keep one core busy for ever, is cut by
time into buckets of four windows: an act stands in the bucket of its time, and as a copy in the bucket before if it may
have a partner there. A bucket that still holds too many, and an object without a window, is cut by accounts into
blocks: shard (i, j) holds the acts of blocks i and j, and the pairs between them.

Bits say which pairs of a shard are its own: two acts with a bit in common are a pair of another shard (two copies: of
the next bucket; two acts of one block: of the shard (i, i)).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from polars import selectors

from cib.engine.spark.spread import rows_of
from cib.link.acts import marked
from cib.link.sweep import Loops, Sweep, sweep

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = [
    "BUCKET",
    "COPY",
    "ONE",
    "OTHER",
    "SHARD",
    "Cluster",
    "Shards",
    "arrow",
    "by_bucket",
    "sharded",
    "slabs",
    "spread",
    "table_of",
]

Ints: TypeAlias = npt.NDArray[np.int64]
Marks: TypeAlias = npt.NDArray[np.bool_]
BUCKET: Final = ("place", "bucket")
SHARD: Final = (*BUCKET, "low", "high")
"""What a shard is known by; the place is its object, or two of them whose texts are nearly the same."""
COPY: Final = 1
"""The bit of an act that stands here for the pairs it makes with acts of this bucket; its own bucket is another."""
_LOW: Final = 2
_HIGH: Final = 4
"""Bits of acts of the one or the other of two blocks of accounts."""
ONE: Final = 8
OTHER: Final = 16
"""Bits of acts on the one or the other of two objects: each object's own pairs are elsewhere."""
_WINDOWS: Final = 4
"""Windows in a bucket: a quarter of the acts is copied, and no more than four windows of acts come together."""
_ROWS: Final = 2**18
"""Acts that are swept together, give or take a shard."""


def sharded(acts: "DataFrame", window: int | None, size: int, *, after: bool = False) -> "DataFrame":
    """Return the acts with `bucket`, `bits`, and `split`: whether their object lies in several buckets.

    Parameters
    ----------
    acts : account, object, post, at (microseconds), and perhaps more; `place` and `bits` if a place is not an object.
    window : microseconds; None: there are no buckets, but `split` tells of objects with many acts as well.
    size : acts that an object may have without being cut.
    after : whether acts are copied into the bucket after theirs too, so that each finds all that is near.
    """
    from pyspark.sql import functions as fn

    placed = acts
    if "place" not in acts.columns:
        placed = acts.withColumn("place", fn.col("object")).withColumn("bits", fn.lit(0))
    many = (
        placed.groupBy("place").count().filter(fn.col("count") > size).select("place", fn.expr("true").alias("split"))
    )
    found = placed.join(fn.broadcast(many), "place", "left").withColumn("split", fn.expr("coalesce(split, false)"))
    if window is None:
        return found.withColumn("bucket", fn.lit(0).cast("long"))
    width = max(_WINDOWS * window, 1)
    since = fn.expr(f"pmod(at, {width})")
    home = fn.expr(f"(at - pmod(at, {width})) div {width}")  # whole numbers throughout
    places = [fn.struct(home.alias("bucket"), fn.lit(0).alias("copy"))]
    places.append(fn.when(since < window, fn.struct((home - 1).alias("bucket"), fn.lit(COPY).alias("copy"))))
    if after:
        places.append(
            fn.when(since >= width - window, fn.struct((home + 1).alias("bucket"), fn.lit(COPY).alias("copy")))
        )
    one = fn.array(fn.struct(fn.lit(0).cast("long").alias("bucket"), fn.lit(0).alias("copy")))
    place = fn.explode(fn.when(fn.col("split"), fn.array_compact(fn.array(*places))).otherwise(one))
    found = found.select("*", place.alias("stand")).select("*", "stand.bucket", "stand.copy")
    return found.withColumn("bits", fn.col("bits").bitwiseOR(fn.col("copy"))).drop("stand", "copy")


def by_bucket(acts: "DataFrame", partitions: int) -> "DataFrame":
    """Return sharded acts with each bucket in one part, in sweeping order; they are not cut into blocks."""
    return acts.repartition(partitions, *BUCKET).sortWithinPartitions(*BUCKET, "at", "account", "post")


def spread(shards: "DataFrame", size: int, partitions: int) -> "DataFrame":
    """Return sharded acts cut into blocks where a bucket holds too many, each shard in one part, in sweeping order."""
    from pyspark.sql import functions as fn

    many = shards.filter("split").groupBy(*BUCKET).count().filter(fn.col("count") > size)
    many = many.select(*BUCKET, fn.expr(f"(count + {size - 1}) div {size}").alias("blocks"))
    found = shards.join(fn.broadcast(many), [*BUCKET], "left").fillna(1, ["blocks"])
    found = found.withColumn("mine", fn.expr("account % blocks"))
    found = found.withColumn("other", fn.explode(fn.expr("sequence(0L, blocks - 1)")))
    found = found.withColumn("low", fn.least("mine", "other")).withColumn("high", fn.greatest("mine", "other"))
    side = fn.when(fn.col("mine") == fn.col("low"), fn.lit(_LOW)).otherwise(fn.lit(_HIGH))
    apart = fn.when(fn.col("low") == fn.col("high"), fn.lit(0)).otherwise(side)
    found = found.withColumn("bits", fn.col("bits").bitwiseOR(apart)).drop("mine", "other", "blocks")
    return found.repartition(partitions, *SHARD).sortWithinPartitions(*SHARD, "at", "account", "post")


def slabs(batches: Iterator[pa.RecordBatch], by: tuple[str, ...], rows: int = _ROWS) -> Iterator[pl.DataFrame]:
    """Yield rows of Spark, sorted by some columns, as frames in which nothing that agrees in these is parted."""
    held: list[pl.DataFrame] = []
    asked, n = rows, 0
    for batch in batches:
        held.append(rows_of(batch))
        n += batch.num_rows
        if n < asked:
            continue
        whole = pl.concat(held)
        number = whole.select(pl.struct(by).rle_id()).to_series()
        cut = int(number.search_sorted(number[-1], "left"))
        if cut:
            yield whole[:cut]
        held, n = [whole[cut:]], len(whole) - cut
        asked = max(rows, 2 * n)
    if n:
        yield pl.concat(held)


def arrow(frame: pl.DataFrame) -> Iterator[pa.RecordBatch]:
    """Yield a frame as Spark takes it: whole numbers of 64 bits."""
    yield from table_of(frame).to_batches()


def table_of(frame: pl.DataFrame) -> pa.Table:
    """Return a frame as Spark takes it: whole numbers of 64 bits."""
    return frame.with_columns(selectors.integer().cast(pl.Int64)).to_arrow()


@dataclass(frozen=True)
class Cluster:
    """What work is done on.

    Attributes
    ----------
    spark : the session.
    partitions : parts into which work is cut.
    shard_acts : acts on one object that are worked off together.
    memory : bound of the working memory of one part in Python, bytes.
    """

    spark: "SparkSession"
    partitions: int
    shard_acts: int
    memory: int

    def frame(self, rows: pl.DataFrame) -> "DataFrame":
        """Return rows of this machine as rows of Spark."""
        return self.spark.createDataFrame(table_of(rows))


@dataclass(frozen=True)
class Shards:
    """The sweep of shards, a slab at a time (see :class:`cib.link.parts.Swept`).

    Attributes
    ----------
    slabs : gives out whole shards: SHARD, account, post, at, bits and own.
    window, loops : as of :func:`cib.link.sweep.sweep`.
    active, both : which accounts count, and whether at both ends of a pair; None: all.
    """

    slabs: Callable[[], Iterator[pl.DataFrame]]
    window: timedelta | None
    loops: Loops
    active: Marks | None = None
    both: bool = True

    def parts(self) -> Iterator[Sweep]:
        """Yield the sweep of each slab."""
        for slab in self.slabs():
            part = self._swept(slab)
            yield part if self.active is None else part.counting(self.active, both=self.both)

    def _swept(self, slab: pl.DataFrame) -> Sweep:
        acts = slab.select(
            "account", "bits", "own", "post",
            object=pl.struct(SHARD).rle_id(),
            time=pl.from_epoch("at", "us").dt.replace_time_zone("UTC"),
            thing="object",
        )  # fmt: skip
        part = sweep(acts, self.window, loops=self.loops)
        bits, own = part.acts["bits"].cast(pl.Int64), part.acts["own"]
        return replace(
            part,
            object=part.acts["thing"].to_numpy(),  # that the ends of windows are in the shard is known by now
            apart=bits.to_numpy() if bits.max() else None,
            own=own.to_numpy() if own.any() else None,
        )

    def among(self, accounts: Marks) -> "Shards":
        """Return the sweep of the marked accounts' acts alone."""
        given = self.slabs

        def fewer() -> Iterator[pl.DataFrame]:
            for slab in given():
                some = slab.filter(pl.Series(marked(accounts, slab["account"].to_numpy())))
                if len(some):
                    yield some

        return replace(self, slabs=fewer)

    def counting(self, active: Marks, *, both: bool) -> "Shards":
        """Return the sweep of the pairs of which both ends are marked accounts, or one."""
        return replace(self, active=active, both=both)
