"""Tables spread over a cluster: Spark moves, sorts and counts rows; what is computed of them, polars computes.

A table keeps its polars types on the way: Spark has no unsigned numbers and no enumerations, so that rows are cast
on their way out and back. Whatever is needed twice is written to a scratch folder that all machines see.
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import polars as pl

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

__all__ = [
    "Scratch",
    "Spread",
    "Work",
    "batches_of",
    "mapped",
    "numbered",
    "rows_of",
    "scratch_in",
    "sharded",
    "spark_schema",
    "write_parts",
]

Work: TypeAlias = Callable[[pl.DataFrame], pl.DataFrame]

_SHARD, _WITHIN, _FIRST = "cib_shard", "cib_within", "cib_first"
_PIECE: Final = 100_000
"""Rows that are worked on at once, where rows are worked on one by one."""


@dataclass(frozen=True)
class Spread:
    """A table spread over the cluster.

    Attributes
    ----------
    frame : Spark's table.
    schema : the polars types of its columns.
    """

    frame: "DataFrame"
    schema: pl.Schema

    @classmethod
    def read(cls, session: "SparkSession", path: Path, schema: pl.Schema) -> "Spread":
        """Return some columns of a Parquet file, or of a folder of them."""
        return cls(session.read.schema(spark_schema(schema)).parquet(_address(path, read=True)), schema)

    @classmethod
    def empty(cls, session: "SparkSession", schema: pl.Schema) -> "Spread":
        """Return a table without rows."""
        return cls(session.createDataFrame([], spark_schema(schema)), schema)

    def select(self, *names: str) -> "Spread":
        """Return some of the columns."""
        return Spread(self.frame.select(*names), pl.Schema({name: self.schema[name] for name in names}))

    def join(self, other: "Spread", on: Sequence[str], how: str = "left") -> "Spread":
        """Return the rows joined with those of another table; of a semi join the rows alone."""
        added = {} if how.endswith("semi") else {n: t for n, t in other.schema.items() if n not in on}
        schema = pl.Schema(self.schema | added)
        return Spread(self.frame.join(other.frame, on=list(on), how=how).select(*schema), schema)

    def and_(self, other: "Spread") -> "Spread":
        """Return the rows, and those of a table with the same columns."""
        return Spread(self.frame.unionByName(other.frame), self.schema)

    def collected(self) -> pl.DataFrame:
        """Return the rows here, in no order."""
        return _polars(self.frame.toArrow(), self.schema)


@dataclass(frozen=True)
class Scratch:
    """A folder that all machines see, and the session that works in it."""

    session: "SparkSession"
    folder: Path

    def path(self) -> Path:
        """Return the path of a new folder."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def kept(self, table: Spread) -> Spread:
        """Write a table, so that it is computed once, and return it."""
        path = self.path()
        table.frame.write.mode("overwrite").parquet(_address(path))
        return Spread.read(self.session, path, table.schema)


@contextmanager
def scratch_in(session: "SparkSession", out: Path) -> Iterator[Scratch]:
    """Yield a scratch folder in `out`, which is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=out.absolute(), prefix="spark-", ignore_cleanup_errors=True) as folder:
        yield Scratch(session, Path(folder))


def mapped(table: Spread, work: Work) -> Spread:
    """Return what `work` makes of the rows, which it is given some at a time, in any order."""
    taken, schema = table.schema, work(pl.DataFrame(schema=table.schema)).schema

    def run(batches: Iterator["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
        for piece in _pieces(batches, taken):
            yield from batches_of(work(piece), schema)

    return Spread(table.frame.mapInArrow(run, spark_schema(schema)), schema)


def sharded(table: Spread, by: str, work: Work) -> Spread:
    """Return what `work` makes of the rows, which it is given in shards: those with one value in `by` together.

    Notes
    -----
    A shard is in memory whole, and as large as the rows of its most frequent value at least.
    """
    taken, schema = table.schema, work(pl.DataFrame(schema=table.schema)).schema

    def run(batches: Iterator["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
        frames = [_polars(batch, taken) for batch in batches]
        if frames:
            yield from batches_of(work(pl.concat(frames)), schema)

    return Spread(table.frame.repartition(by).mapInArrow(run, spark_schema(schema)), schema)


def numbered(table: Spread, by: Sequence[str], name: str, scratch: Scratch) -> Spread:
    """Return the rows with a column `name`: their numbers from 0 in the order of columns that no two rows share."""
    from pyspark.sql import functions as f

    ordered = table.frame.sort(*by).select("*", f.spark_partition_id().alias(_SHARD))
    within = f.monotonically_increasing_id().bitwiseAND((1 << 33) - 1).alias(_WITHIN)
    schema = pl.Schema({**table.schema, _SHARD: pl.Int64(), _WITHIN: pl.Int64()})
    kept = scratch.kept(Spread(ordered.select("*", within), schema))
    counts = sorted((row[_SHARD], row["count"]) for row in kept.frame.groupBy(_SHARD).count().collect())
    before = accumulate((count for _, count in counts), initial=0)
    firsts = [(shard, first) for (shard, _), first in zip(counts, before, strict=False)]
    known = f.broadcast(scratch.session.createDataFrame(firsts, f"{_SHARD} bigint, {_FIRST} bigint"))
    number = (f.col(_FIRST) + f.col(_WITHIN)).alias(name)
    joined = kept.frame.join(known, on=_SHARD).select(*table.schema, number)
    return Spread(joined, pl.Schema({**table.schema, name: pl.UInt32()}))


def write_parts(table: Spread, by: Sequence[str], out: Path, scratch: Scratch, work: Work) -> int:
    """Write what `work` makes of the rows as Parquet files in a folder, sorted over all of them; return how many.

    Parameters
    ----------
    by : what the rows are sorted by. `work` is given sorted rows, and keeps their number and order.
    out : the folder, which is made; its files are read in the order of their names.

    Notes
    -----
    A file appears by a rename, so that a task that is done twice leaves it once. Each is in memory whole.
    """
    out.mkdir()
    aside, schema = scratch.path(), table.schema

    def run(batches: Iterator["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
        from pyspark import TaskContext

        context = TaskContext.get()
        frames = [_polars(batch, schema) for batch in batches]
        if frames and context is not None:
            made = work(pl.concat(frames))
            new = aside / f"{context.taskAttemptId()}.parquet"
            made.write_parquet(new, compression="zstd")
            new.replace(out / f"part-{context.partitionId():06}.parquet")
            yield from batches_of(pl.DataFrame({"rows": [len(made)]}), _ROWS)

    done = table.frame.sort(*by).mapInArrow(run, "rows bigint").collect()
    if not done:
        work(pl.DataFrame(schema=schema)).write_parquet(out / "part-000000.parquet")
    return sum(row["rows"] for row in done)


_ROWS: Final = pl.Schema({"rows": pl.Int64()})


def _address(path: Path, *, read: bool = False) -> str:
    """Return a path as Spark takes it, whatever its default file system is: to be read, no part of it is a pattern."""
    plain = str(path.absolute())
    return "file://" + (re.sub(r"([][{}*?\\])", r"\\\1", plain) if read else plain)


def _pieces(batches: Iterator["pa.RecordBatch"], schema: pl.Schema) -> Iterator[pl.DataFrame]:
    """Yield the rows in frames of at least :data:`_PIECE` rows, but for the last."""
    held: list[pl.DataFrame] = []
    for batch in batches:
        held.append(_polars(batch, schema))
        if sum(map(len, held)) >= _PIECE:
            yield pl.concat(held)
            held = []
    if held:
        yield pl.concat(held)


def _polars(rows: "pa.RecordBatch | pa.Table", schema: pl.Schema) -> pl.DataFrame:
    """Return rows as they come from Spark in the types of a schema."""
    return rows_of(rows).select(list(schema)).cast(schema)


def rows_of(rows: "pa.RecordBatch | pa.Table") -> pl.DataFrame:
    """Return rows as they come from Spark, in its types."""
    frame = pl.from_arrow(rows)
    return frame if isinstance(frame, pl.DataFrame) else frame.to_frame()


def batches_of(frame: pl.DataFrame, schema: pl.Schema) -> Iterator["pa.RecordBatch"]:
    """Yield rows as Spark takes them."""
    named = frame.select(list(schema)).cast({n: pl.String() for n, t in schema.items() if isinstance(t, pl.Enum)})
    yield from named.to_arrow().cast(_arrow_schema(schema)).to_batches()


def _arrow_schema(schema: pl.Schema) -> "pa.Schema":
    """Return the Arrow types that Spark has for those of polars."""
    import pyarrow as pa

    return pa.schema([(name, _arrow_type(dtype)) for name, dtype in schema.items()])


def _arrow_type(dtype: pl.DataType) -> "pa.DataType":
    import pyarrow as pa

    if dtype.is_integer():
        return pa.int64()
    if isinstance(dtype, pl.List):
        return pa.list_(_arrow_type(dtype.inner))  # type: ignore[arg-type]
    kinds = {pl.Boolean: pa.bool_(), pl.Datetime: pa.timestamp("us", "UTC"), pl.Float64: pa.float64()}
    return next((arrow for kind, arrow in kinds.items() if dtype == kind), pa.string())


def spark_schema(schema: pl.Schema) -> "StructType":
    """Return the Spark types for those of polars."""
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(_arrow_schema(schema))
