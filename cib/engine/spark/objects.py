"""Acts as tables, on Spark: objects counted, numbered, and put into strata; traces sorted."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from cib.engine.spark.spread import Scratch, Spread, mapped, numbered, write_parts
from cib.settings import LayerSettings
from cib.tables import OBJECTS, TIME, TRACES
from cib.traces.numbering import ledger_of, marked, strata
from cib.traces.traced import ORDER, OWN

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["write_traced", "write_traces"]


def write_traced(
    acts: Spread, ledger: list[tuple[str, int, int]], layer: LayerSettings, name: str, out: Path, scratch: Scratch
) -> dict[str, Any]:
    """Write what :func:`cib.traces.build` gives; return what the manifest says of it.

    Parameters
    ----------
    acts : account, post, time, language, example, key, and `row` and `place`, by which they are ordered.
    ledger : what was left out.
    """
    objects = scratch.kept(mapped(_objects(acts, layer, scratch), lambda piece: marked(piece, layer)))
    in_stratum = strata(_marks(objects) if layer.strata else pl.Series("mark", [""]))

    def finished(piece: pl.DataFrame) -> pl.DataFrame:
        joined = piece.join(in_stratum, on="mark", how="left", maintain_order="left")
        return OBJECTS.check(joined.select(list(OBJECTS.columns)))

    n_objects = write_parts(objects, ["object"], out / "objects.parquet", scratch, finished)
    named = scratch.kept(acts.join(objects.select("key", "object"), on=["key"]).select(*_traced(layer)))
    traces = write_traces(named.select(*TRACES.columns), out, scratch)
    _write_own(named, layer, out, scratch)
    ledger_of(ledger, traces, name).write_parquet(out / "ledger.parquet")
    return {"traces": traces, "objects": n_objects, "accounts": named.frame.select("account").distinct().count()}


def _marks(objects: Spread) -> pl.Series:
    """Return the marks of the strata, each once."""
    marks = objects.select("mark")
    return Spread(marks.frame.distinct(), marks.schema).collected()["mark"]


def write_traces(traces: Spread, out: Path, scratch: Scratch) -> int:
    """Write TRACES, sorted; return how many."""
    return write_parts(traces, ["object", "time", "account", "post"], out / "traces.parquet", scratch, TRACES.check)


def _traced(layer: LayerSettings) -> list[str]:
    return [*TRACES.columns, *(["row", "own"] if layer.loops != "drop" else [])]


def _objects(acts: Spread, layer: LayerSettings, scratch: Scratch) -> Spread:
    """Return the objects by number: key, example, acts, accounts, first, and if the layer asks for it language."""
    from pyspark.sql import functions as f

    appeared = f.min(f.struct("row", "place", "example")).alias("appeared")
    counts = acts.frame.groupBy("key").agg(
        appeared,
        f.count("*").alias("acts"),
        f.countDistinct("account").alias("accounts"),
        f.min("time").alias("first"),
    )
    flat = counts.select("*", "appeared.*").drop("appeared")
    schema = {
        "key": pl.String(), "example": pl.String(), "acts": pl.UInt32(), "accounts": pl.UInt32(), "first": TIME,
        "row": pl.UInt32(), "place": pl.UInt32(),
    }  # fmt: skip
    if "language" in layer.strata:
        flat = flat.join(_languages(acts.frame), on="key", how="left")
        schema["language"] = pl.String()
    return numbered(Spread(flat.select(*schema), pl.Schema(schema)), ["row", "place"], "object", scratch)


def _languages(acts: "DataFrame") -> "DataFrame":
    """Return key, language: the commonest language of the acts on each object, of equals the first by name."""
    from pyspark.sql import functions as f

    counts = acts.filter("language is not null").groupBy("key", "language").count()
    commonest = f.min(f.struct(-f.col("count"), f.col("language"))).alias("commonest")
    return counts.groupBy("key").agg(commonest).select("key", f.col("commonest.language").alias("language"))


def _write_own(named: Spread, layer: LayerSettings, out: Path, scratch: Scratch) -> None:
    """Write what linking asks of posts' ids: acts of posts on themselves, and the order of accounts."""
    from pyspark.sql import functions as f

    if layer.loops == "drop":
        pl.DataFrame(schema=OWN).write_parquet(out / "own.parquet")
        pl.DataFrame(schema=ORDER).write_parquet(out / "order.parquet")
        return
    own = named.frame.filter("own").select(*OWN).distinct()
    write_parts(Spread(own, pl.Schema(OWN)), list(OWN), out / "own.parquet", scratch, _as_is)
    order = named.frame.groupBy("account").agg(f.min("row").alias("first"))
    write_parts(Spread(order, pl.Schema(ORDER)), ["account"], out / "order.parquet", scratch, _as_is)


def _as_is(piece: pl.DataFrame) -> pl.DataFrame:
    return piece
