"""The acts of several layers as those of one, on Spark: which act of a post counts is told shard by shard of posts."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from cib.engine.spark.objects import write_traces
from cib.engine.spark.spread import Spread, numbered, scratch_in, sharded, write_parts
from cib.tables import OBJECTS, TRACES
from cib.traces.combined import alike, combined_ledger, key_in, telling
from cib.traces.traced import ORDER, OWN

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["combine"]

_LAYER: Final = "layer"
_COUNTS: Final = {"acts": pl.Int64(), "shared_acts": pl.Int64(), "fresh": pl.Int64()}
"""Columns of the row of a shard that tells how many acts there were; null in the acts themselves."""


def combine(session: "SparkSession", made: Mapping[str, Path], *, name: str, out: Path) -> dict[str, Any]:
    """Make the traces of the layer `combined` of those of other layers; see :class:`cib.engine.Engine`."""
    from pyspark.sql import functions as f

    layers = list(made)
    with scratch_in(session, out) as scratch:
        told = scratch.kept(sharded(_acts(session, made), "post", partial(_telling, layers=len(layers))))
        counted = told.frame.select(*(f.coalesce(f.sum(count), f.lit(0)) for count in _COUNTS)).collect()[0]
        left = told.frame.filter(f.col("fresh").isNull())
        alone = left.select(_LAYER).distinct().count() < 2
        acts = Spread(left.filter("false") if alone else left, told.schema).select(_LAYER, *TRACES.columns)
        objects = numbered(_objects(session, acts, made), [_LAYER, "place"], "object", scratch)
        in_order = scratch.kept(objects)
        write_parts(in_order, ["object"], out / "objects.parquet", scratch, partial(_finished, layers=layers))
        traces = scratch.kept(_traces(acts, in_order))
        n_traces = write_traces(traces, out, scratch)
        pl.DataFrame(schema=OWN).write_parquet(out / "own.parquet")
        pl.DataFrame(schema=ORDER).write_parquet(out / "order.parquet")
        ledger = combined_ledger(name, np.array(list(counted), dtype=np.int64), alone=alone)
        ledger.write_parquet(out / "ledger.parquet")
        return {
            "traces": n_traces,
            "objects": in_order.frame.count(),
            "accounts": traces.frame.select("account").distinct().count(),
            "interval_s": None,
        }


def _acts(session: "SparkSession", made: Mapping[str, Path]) -> Spread:
    """Return TRACES of all layers, with the place of their layer, and whether somebody else acted on the object."""
    from pyspark.sql import functions as f

    whole = Spread.empty(session, pl.Schema({**TRACES.schema, "shared": pl.Boolean(), _LAYER: pl.Int64()}))
    for place, folder in enumerate(made.values()):
        acts = Spread.read(session, folder / "traces.parquet", TRACES.schema).frame
        objects = Spread.read(session, folder / "objects.parquet", OBJECTS.schema).frame
        shared = objects.select("object", (f.col("accounts") > 1).alias("shared"))
        marked = acts.join(shared, on="object").withColumn(_LAYER, f.lit(place).cast("bigint"))
        whole = whole.and_(Spread(marked, whole.schema))
    return whole


def _telling(acts: pl.DataFrame, layers: int) -> pl.DataFrame:
    """Return the acts of some posts that count, and below them a row that tells how many there were."""
    numbers = acts.with_columns(number=pl.col("post").rank("dense") - 1)
    parts = [numbers.filter(pl.col(_LAYER) == place) for place in range(layers)]
    posts = [part["number"].to_numpy() for part in parts]
    chosen, counts = telling(posts, [part["shared"].to_numpy() for part in parts])
    fresh = [part.filter(pl.Series(mine)) for part, mine in zip(parts, chosen, strict=True)]
    kept = pl.concat([numbers.clear(), *fresh])
    told = pl.DataFrame([counts.tolist()] if len(acts) else [], schema=_COUNTS, orient="row")
    return pl.concat([kept.drop("number", "shared"), told], how="diagonal")


def _objects(session: "SparkSession", acts: Spread, made: Mapping[str, Path]) -> Spread:
    """Return the objects of the acts: layer, `place` (their number there), key, example, acts, accounts."""
    from pyspark.sql import functions as f

    counts = acts.frame.groupBy(_LAYER, f.col("object").alias("place")).agg(
        f.count("*").alias("acts"), f.countDistinct("account").alias("accounts")
    )
    texts = {"key": pl.String(), "example": pl.String()}
    numbers = {_LAYER: pl.Int64(), "place": pl.UInt32()}
    known = Spread.empty(session, pl.Schema({**numbers, **texts}))
    for place, folder in enumerate(made.values()):
        here = Spread.read(session, folder / "objects.parquet", OBJECTS.schema).frame
        layer = f.lit(place).cast("bigint").alias(_LAYER)
        things = here.select(layer, f.col("object").alias("place"), "key", "example")
        known = known.and_(Spread(things, known.schema))
    degrees = pl.Schema({**numbers, "acts": pl.UInt32(), "accounts": pl.UInt32()})
    return Spread(counts, degrees).join(known, on=[_LAYER, "place"], how="inner")


def _traces(acts: Spread, objects: Spread) -> Spread:
    """Return TRACES: the acts with their objects' new numbers."""
    numbers = objects.frame.select(_LAYER, "place", "object")
    renamed = acts.frame.withColumnRenamed("object", "place").join(numbers, on=[_LAYER, "place"])
    return Spread(renamed.select(*TRACES.schema), TRACES.schema)


def _finished(objects: pl.DataFrame, layers: list[str]) -> pl.DataFrame:
    """Return OBJECTS."""
    layer = pl.col(_LAYER).replace_strict(list(range(len(layers))), layers, return_dtype=pl.String)
    return alike(objects.with_columns(key=key_in(layer)))
