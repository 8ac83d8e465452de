"""The kernels on Spark: each takes the acts that count and finds links and their shards (:mod:`cib.link.kernels`)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from math import ceil, sqrt
from typing import TYPE_CHECKING, Final

import polars as pl
import pyarrow as pa

from cib.engine.spark.link_pairs import Pairing
from cib.engine.spark.link_shards import ONE, OTHER, arrow, slabs
from cib.engine.spark.link_sweep import Linking, Work, counted, inside_window, participants, shards_of
from cib.engine.spark.spread import rows_of
from cib.link.count import PACK
from cib.link.near import near_objects
from cib.link.product import chosen, listed, nearest
from cib.settings import LayerSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["KERNELS"]

_EVER: Final = timedelta(days=366_000)
"""A window that nothing is outside of."""
_BYTES_PER_CELL: Final = 80
"""Of an account's act on an object in a matrix."""
_CELLS: Final = 500_000
"""Cells multiplied together are at least so many: below, moving them costs more than multiplying."""
_LISTED: Final = "account long, other long, overlap long, similarity double"


def _by_sweep(work: Work) -> Linking:
    shards = work.keep(shards_of(work.kept, work.layer.window, work))
    return _counted(shards, work.layer.window, inside_window(work.kept, work.layer.window, work.cluster), work)


def _counted(shards: "DataFrame", window: timedelta | None, n_pairs: int, work: Work) -> Linking:
    """Return the links that shards hold."""
    layer = work.layer
    pairing = Pairing(window, layer.loops, work.cluster.memory, both=layer.participation == "both")
    if layer.min_acts > 1:
        pairing = replace(pairing, active=work.tell(participants(shards, pairing, work)))
    return Linking(counted(shards, pairing, layer.min_objects), shards, pairing, n_pairs)


def _by_near(work: Work) -> Linking:
    """Find near texts here, and sweep each object, and each two that are near, as a place of their own."""
    from pyspark.sql import functions as fn

    window, acts = work.layer.window, work.kept
    if window is None:
        first = acts.groupBy("account", "object").agg(fn.expr("min(struct(at, post)) as first"))
        acts = first.select("account", "object", "first.post", "first.at")
    texts = rows_of(work.texts.join(acts.select("object").distinct(), "object").toArrow()).cast({"object": pl.UInt32})
    left, right = near_objects(texts.sort("object"), work.layer.min_similarity, memory=work.cluster.memory)
    ends = [
        pl.DataFrame({"object": end, "place": (left + 1) * PACK + right}).with_columns(bits=pl.lit(bits))
        for end, bits in ((left, ONE), (right, OTHER))
    ]
    near = work.cluster.frame(pl.concat(ends)).withColumn("bits", fn.col("bits").cast("int"))
    alone = acts.withColumn("place", fn.col("object")).withColumn("bits", fn.lit(0))
    placed = work.keep(alone.unionByName(acts.join(near, "object")))
    shards = shards_of(placed, window, work).withColumn("split", fn.expr("true"))
    return _counted(work.keep(shards), window or _EVER, inside_window(placed, window or _EVER, work.cluster), work)


def _by_similarity(work: Work) -> Linking:
    from pyspark.sql import functions as fn

    cells = work.keep(work.busy.groupBy("account", "object").agg(fn.count("*").alias("len")))
    popularity = cells.groupBy("object").agg(fn.count("*").alias("popularity"))
    accounts = cells.select("account").distinct().count()
    alike = chosen(_listed(cells.join(popularity, "object"), accounts, work), work.layer)
    links = alike.select(
        key=pl.col("a").cast(pl.Int64) * PACK + pl.col("b"),
        objects=pl.col("overlap").cast(pl.UInt32),
        pairs=pl.col("overlap").cast(pl.UInt64),
        similarity="similarity",
    )
    shards = work.keep(shards_of(work.kept, None, work))
    pairing = Pairing(None, "drop", work.cluster.memory)
    return Linking(links, shards, pairing, inside_window(work.kept, None, work.cluster))


def _listed(cells: "DataFrame", accounts: int, work: Work) -> pl.DataFrame:
    """Return who lists whom (see :func:`cib.link.product.listed`): accounts in groups, two groups at a place."""
    from pyspark.sql import functions as fn

    cluster, layer = work.cluster, work.layer
    n = cells.count()
    groups = max(1, ceil(sqrt(2 * min(cluster.partitions, n / _CELLS))), ceil(2 * n * _BYTES_PER_CELL / cluster.memory))
    mine, other = fn.expr(f"account % {groups}"), fn.explode(fn.expr(f"sequence(0L, {groups - 1}L)"))
    dealt = cells.withColumn("mine", mine).withColumn("other", other)
    as_row, as_column = (fn.expr(f"{one} * {groups} + {two}") for one, two in (("mine", "other"), ("other", "mine")))
    if layer.neighbours:  # each group's lists of each other
        places = fn.array_distinct(fn.array(as_row, as_column))
    else:
        places = fn.array(fn.least(as_row, as_column))
    placed = dealt.withColumn("place", fn.explode(places)).select("place", "account", "object", "len", "popularity")
    told = partial(_listed_at, told=(groups, accounts, layer, cluster.memory))
    cut = placed.repartition(cluster.partitions, "place").sortWithinPartitions("place")
    found = cut.mapInArrow(told, _LISTED)
    if layer.neighbours:
        found = found.repartition(cluster.partitions, "account").sortWithinPartitions("account")
        found = found.mapInArrow(partial(_nearest, neighbours=layer.neighbours), _LISTED)
    low = (fn.col("overlap") >= layer.min_objects) & (fn.col("similarity") >= layer.min_similarity)
    return rows_of(found.filter(low).toArrow())


def _listed_at(
    batches: Iterator[pa.RecordBatch], told: tuple[int, int, LayerSettings, int]
) -> Iterator[pa.RecordBatch]:
    """Give the lists of groups of accounts as far as they hold another group, a place after the other."""
    groups, accounts, layer, memory = told
    for slab in slabs(batches, ("place",), rows=1):
        for cells in slab.partition_by("place", maintain_order=True):
            place = int(cells["place"][0])
            between = (groups, place // groups, place % groups)
            yield from arrow(listed(cells.drop("place"), accounts, layer, memory=memory, between=between))


def _nearest(batches: Iterator[pa.RecordBatch], neighbours: int) -> Iterator[pa.RecordBatch]:
    """Give what each account lists of all that its parts list."""
    for slab in slabs(batches, ("account",)):
        yield from arrow(nearest(slab, neighbours))


KERNELS: Final[dict[str, Callable[[Work], Linking]]] = {
    "sweep": _by_sweep,
    "similarity": _by_similarity,
    "near": _by_near,
}
