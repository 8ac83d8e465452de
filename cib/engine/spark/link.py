"""Linking one layer on Spark: the same tables as :func:`cib.link.link`, row for row.

Acts stay on the cluster. What comes here is of the size of the links: their keys, what their pairs say of them and
their p-values, some 250 bytes each, which the networks need here anyway.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from cib.engine.base import pairs_writer
from cib.engine.spark.link_chance import expected, margins_of, synchrony
from cib.engine.spark.link_kernels import KERNELS
from cib.engine.spark.link_pairs import Pairing, facts, pairs_written, repeated_acts
from cib.engine.spark.link_shards import Cluster
from cib.engine.spark.link_sweep import Linking, Work, matched, participants, pruned, shards_of
from cib.engine.spark.spread import Spread, rows_of, scratch_in
from cib.link import Beside
from cib.link.chance import Expectation, Judge, benjamini_hochberg
from cib.link.edges import acts_asked, edges_of, ledger_of, told
from cib.link.evidence import MATCHES, Fast, facts_of, pairs_of
from cib.link.forecast import Limits, check_evidence
from cib.settings import LayerSettings
from cib.tables import OBJECTS, PAIRS, REPETITION, TRACES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["link_layer"]

_TICK: Final = timedelta(microseconds=1)


def link_layer(
    traced: Path, layer: LayerSettings, cluster: Cluster, *, name: str, beside: Beside, out: Path
) -> dict[str, Any]:
    """Link the accounts of one layer (see :meth:`cib.engine.Engine.link`)."""
    from pyspark.sql import functions as fn

    stored = Spread.read(cluster.spark, traced / "traces.parquet", TRACES.empty().schema).frame
    acts = stored.select("account", "object", "post", fn.unix_micros("time").alias("at"))
    things = Spread.read(cluster.spark, traced / "objects.parquet", OBJECTS.empty().schema).frame
    with ExitStack() as held:
        capped, objects, ledger = _capped(acts, things, layer, name)
        busy = _busy(capped, layer)
        scratch = held.enter_context(scratch_in(cluster.spark, out))
        work = Work(busy, busy, things.select("object", "key"), layer, beside, cluster, held, scratch)
        kept = pruned(work)
        work = replace(work, kept=kept)
        rows = [frame.count() for frame in (capped, busy, kept)]
        ledger += [told(name, layer, "busy", (rows[0], rows[1])), told(name, layer, "kept", (rows[1], rows[2]))]
        found = KERNELS[layer.kernel](work)
        limits = Limits(cluster.memory, beside.disk, out)
        check_evidence(found.links, name=name, limits=limits)
        said = _evidence(found, work, out)
        seen = _expected(found.links, capped, objects, layer, cluster)
        again = REPETITION.empty() if layer.window is None else _repetition(busy, layer.window, name, cluster)
    edges = edges_of(found.links, said, seen, layer, name)
    edges.write_parquet(out / "edges.parquet")
    again.write_parquet(out / "repetition.parquet")
    ledger_of(ledger).write_parquet(out / "ledger.parquet")
    return {"pairs": found.n_pairs, "edges": len(edges)}


def _capped(
    acts: "DataFrame", objects: "DataFrame", layer: LayerSettings, name: str
) -> tuple["DataFrame", "DataFrame", list[dict[str, Any]]]:
    """Leave out the acts on viral objects, if the layer caps them; of objects, return their numbers."""
    from pyspark.sql import functions as fn

    names = ("object", "acts", "accounts", "band", "stratum")
    things = objects.select(*(fn.col(column).cast("long").alias(column) for column in names))
    viral = objects.filter(fn.col("accounts") > layer.max_accounts) if layer.max_accounts else objects.limit(0)
    first = viral.orderBy(fn.desc("accounts"), "object").limit(3).select("key").collect()
    if not first:
        return acts, things, []
    kept = acts.join(viral.select("object"), "object", "left_anti")
    gone = fn.col("accounts") > layer.max_accounts
    less = things.withColumn("acts", fn.when(gone, 0).otherwise(fn.col("acts")))
    less = less.withColumn("accounts", fn.when(gone, 0).otherwise(fn.col("accounts")))
    rows = (acts.count(), kept.count())
    return kept, less, [told(name, layer, "capped", rows, [row["key"] for row in first])]


def _busy(acts: "DataFrame", layer: LayerSettings) -> "DataFrame":
    """Return the acts of accounts with enough of them (see :func:`cib.link.edges.acts_asked`)."""
    from pyspark.sql import functions as fn

    asked = acts_asked(layer)
    if asked <= 1:
        return acts
    enough = acts.groupBy("account").count().filter(fn.col("count") >= asked)
    return acts.join(enough.select("account"), "account", "left_semi")


def _evidence(found: Linking, work: Work, out: Path) -> pl.DataFrame:
    """Write the pairs behind the links, and return what they say of each link."""
    none = facts_of(pairs_of(pl.DataFrame(schema=MATCHES)), None, None)
    if found.links.is_empty():
        _write_pairs(iter(()), out / "pairs.parquet")
        return none
    pairs = work.keep(matched(found, work.tell(found.links["key"].to_numpy())))
    beside = work.tell((_fast(work), work.beside.order))
    schema = ", ".join(f"{name} {_SPARK[dtype]}" for name, dtype in none.schema.items())
    said = rows_of(pairs.mapInArrow(partial(facts, told=beside), schema).toArrow())
    parts = out / "pairs"
    pairs.mapInArrow(pairs_written, _PAIRS).write.parquet(f"file://{parts.absolute()}", compression="zstd")
    _write_pairs((rows for part in sorted(parts.glob("part-*")) for rows in _batches(part)), out / "pairs.parquet")
    rmtree(parts)
    return said.cast(none.schema).sort("key")


_SPARK: Final = {
    pl.Int64(): "long", pl.UInt32(): "long", pl.UInt64(): "long", pl.Float64(): "double",
    pl.Datetime("us", "UTC"): "timestamp",
}  # fmt: skip
_PAIRS: Final = ", ".join(f"{name} {_SPARK[dtype]}" for name, dtype in PAIRS.schema.items())


def _batches(part: Path) -> Iterator[pl.DataFrame]:
    for batch in pq.ParquetFile(part).iter_batches():
        yield rows_of(batch).cast(PAIRS.schema)


def _write_pairs(frames: Iterator[pl.DataFrame], path: Path) -> None:
    """Write PAIRS of one part after the other into one file."""
    with pairs_writer(path) as sink:
        for frame in frames:
            sink(frame)


def _fast(work: Work) -> Fast | None:
    """Return the fast window and who takes part inside it."""
    layer = work.layer
    if layer.fast_window is None:
        return None
    accounts = None
    if layer.min_acts > 1:
        acts = work.kept
        if work.own is not None:
            acts = acts.join(work.cluster.frame(work.own.select("object", "post")), ["object", "post"], "left_anti")
        quick = shards_of(acts, layer.fast_window, work)
        accounts = participants(quick, Pairing(layer.fast_window, layer.loops, work.cluster.memory), work)
    return Fast(layer.fast_window // _TICK, accounts)


def _expected(
    links: pl.DataFrame, acts: "DataFrame", objects: "DataFrame", layer: LayerSettings, cluster: Cluster
) -> Expectation:
    """Return what was seen and what chance expects, of the links in their order."""
    from pyspark.sql import functions as fn

    timed = layer.window is not None and layer.timing_null != "none"
    margins = margins_of(acts, objects, timed=timed)
    judge = Judge(margins, layer)
    if links.is_empty():
        return Expectation(np.zeros(0, dtype=np.int64), *[np.zeros(0)] * 8)
    told = objects.withColumn("near", fn.expr("0L")).withColumn("own", fn.expr("0L"))
    if layer.window is not None and layer.timing_null == "conditional":
        told = objects.join(synchrony(acts, layer.window, cluster), "object")
    seen = expected(links, acts, told, judge, cluster)
    columns: dict[str, Any] = {name: column.to_numpy() for name, column in seen.drop("key").to_dict().items()}
    return Expectation(**columns, q=benjamini_hochberg(np.asarray(columns["p"]), margins.n_pairs))


def _repetition(acts: "DataFrame", window: timedelta, name: str, cluster: Cluster) -> pl.DataFrame:
    """Return REPETITION of a layer."""
    from pyspark.sql import functions as fn

    cut = acts.repartition(cluster.partitions, "account", "object").sortWithinPartitions("account", "object")
    found = cut.mapInArrow(partial(repeated_acts, window=window), "account long, post long, reach long")
    sums = found.groupBy("account").agg(fn.sum("reach").alias("pairs"), fn.countDistinct("post").alias("messages"))
    frame = rows_of(sums.filter("pairs > 0").toArrow()).with_columns(layer=pl.lit(name)).sort("account")
    return REPETITION.check(frame.select(list(REPETITION.columns)).cast(REPETITION.schema))
