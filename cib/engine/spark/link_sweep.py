"""What the kernels on Spark are made of: pruning, the shards that are swept, and the links that they hold."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.engine.spark.link_pairs import MATCHED, Pairing, all_inside, answered_acts, paired, pairs_inside
from cib.engine.spark.link_shards import Cluster, by_bucket, sharded, spread
from cib.engine.spark.spread import Scratch, Spread, rows_of, spark_schema
from cib.link import Beside
from cib.link.edges import objects_asked
from cib.settings import LayerSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["Linking", "Work", "counted", "inside_window", "matched", "participants", "pruned", "shards_of"]

Marks: TypeAlias = npt.NDArray[np.bool_]
_TICK: Final = timedelta(microseconds=1)
_ROUNDS: Final = 32
"""Rounds of pruning, at most; what is left then costs work, and changes no edge."""
_ACTS: Final = pl.Schema(dict.fromkeys(("account", "object", "post", "at"), pl.Int64()))


@dataclass(frozen=True)
class Work:
    """What a kernel works on, as rows of Spark: account, object, post, at (microseconds).

    Attributes
    ----------
    kept : acts that can be part of a link.
    busy : acts of the accounts that take part, before pruning.
    texts : object and key of OBJECTS.
    layer : settings.
    beside : what else is known.
    cluster : what it is done on.
    held : gives up in the end what is kept on the cluster.
    scratch : a folder that all machines see.
    """

    kept: "DataFrame"
    busy: "DataFrame"
    texts: "DataFrame"
    layer: LayerSettings
    beside: Beside
    cluster: Cluster
    held: ExitStack
    scratch: Scratch

    @property
    def own(self) -> pl.DataFrame | None:
        """Posts that are themselves the object, if that is asked."""
        own = self.beside.own
        asked = self.layer.loops == "drop_ids" and self.layer.kernel == "sweep"
        return own if asked and own is not None and len(own) else None

    def keep(self, frame: "DataFrame") -> "DataFrame":
        """Keep rows on the cluster, in memory or on its disks, until the layer is linked."""
        frame.persist()
        self.held.callback(frame.unpersist)
        return frame

    def settle(self, acts: "DataFrame") -> "DataFrame":
        """Write acts to the scratch folder, and return them as they stand there.

        How they came about is forgotten: a plan that grows with every round would soon take longer than the rounds.
        """
        return self.scratch.kept(Spread(acts, _ACTS)).frame

    def tell(self, value: Any) -> Any:
        """Tell every executor a value."""
        told = self.cluster.spark.sparkContext.broadcast(value)
        self.held.callback(told.destroy)
        return told


@dataclass(frozen=True)
class Linking:
    """What a kernel finds.

    Attributes
    ----------
    links : key, objects, pairs and perhaps similarity, sorted by key.
    shards, pairing : whose pairs are the evidence.
    n_pairs : pairs of acts inside the window, an account's own repetitions included.
    """

    links: pl.DataFrame
    shards: "DataFrame"
    pairing: Pairing
    n_pairs: int


def pruned(work: Work) -> "DataFrame":
    """Return the acts that can be part of an edge (see :mod:`cib.link.prune`)."""
    from pyspark.sql import functions as fn

    asked = objects_asked(work.layer)
    if asked is None:
        return work.busy
    left = work.settle(_answered(work.busy, work))
    for _ in range(_ROUNDS if asked > 1 else 0):
        few = left.groupBy("account").agg(fn.countDistinct("object").alias("n")).filter(fn.col("n") < asked)
        if few.isEmpty():
            break
        left = work.settle(_answered(left.join(few.select("account"), "account", "left_anti"), work))
    return left


def _answered(acts: "DataFrame", work: Work) -> "DataFrame":
    """Return the acts that another account answers on the object inside the window."""
    from pyspark.sql import functions as fn

    window = work.layer.window
    if window is None:
        several = acts.groupBy("object").agg(fn.expr("min(account) < max(account)").alias("several"))
        return acts.join(several.filter("several").select("object"), "object", "left_semi")
    cut = sharded(acts, window // _TICK, work.cluster.shard_acts, after=True)
    cut = by_bucket(cut, work.cluster.partitions)
    return cut.mapInArrow(partial(answered_acts, width=window // _TICK), spark_schema(_ACTS))


def shards_of(acts: "DataFrame", window: timedelta | None, work: Work) -> "DataFrame":
    """Return the acts in shards, each in one part, in sweeping order; acts of posts that are the object are marked."""
    from pyspark.sql import functions as fn

    if work.own is None:
        marked = acts.withColumn("own", fn.expr("false"))
    else:
        own = work.cluster.frame(work.own.select("object", "post").unique()).withColumn("own", fn.expr("true"))
        marked = acts.join(own, ["object", "post"], "left").withColumn("own", fn.expr("coalesce(own, false)"))
    size = work.cluster.shard_acts
    return spread(sharded(marked, None if window is None else window // _TICK, size), size, work.cluster.partitions)


def participants(shards: "DataFrame", pairing: Pairing, work: Work) -> Marks:
    """Return which accounts have the layer's ``min_acts`` in posts that pair up (see :mod:`cib.link.parts`)."""
    from pyspark.sql import functions as fn

    posts = shards.mapInArrow(partial(paired, pairing=pairing), "post long").distinct()
    count = work.busy.join(posts, "post", "left_semi").groupBy("account").count()
    enough = rows_of(count.filter(fn.col("count") >= work.layer.min_acts).select("account").toArrow())["account"]
    marks = np.zeros(int(enough.max() or -1) + 1, dtype=np.bool_)  # type: ignore[arg-type]
    marks[enough.to_numpy()] = True
    return marks


def inside_window(acts: "DataFrame", window: timedelta | None, cluster: Cluster) -> int:
    """Return the pairs of acts inside the window, those of one account too; without one, of accounts on an object."""
    from pyspark.sql import functions as fn

    if window is None:
        count = acts.groupBy("object").agg(fn.countDistinct("account").alias("n")).selectExpr("n * (n - 1) div 2 near")
    else:
        cut = by_bucket(sharded(acts, window // _TICK, cluster.shard_acts), cluster.partitions)
        all_pairs = partial(pairs_inside, count=partial(all_inside, window=window))
        count = cut.mapInArrow(all_pairs, "object long, near long")
    row = count.agg(fn.sum("near")).first()
    return int((row[0] if row else 0) or 0)


def counted(shards: "DataFrame", pairing: Pairing, min_objects: int) -> pl.DataFrame:
    """Return key, objects and pairs of the accounts that share enough objects, sorted by key."""
    from pyspark.sql import functions as fn

    whole = shards.filter("not split").mapInArrow(pairing.count, "key long, objects long, pairs long")
    apart = shards.filter("split").mapInArrow(pairing.count_apart, "key long, object long, pairs long")
    once = apart.groupBy("key", "object").agg(fn.sum("pairs").alias("pairs"))
    some = once.groupBy("key").agg(fn.count("*").alias("objects"), fn.sum("pairs").alias("pairs"))
    total = whole.union(some).groupBy("key").agg(fn.sum("objects").alias("objects"), fn.sum("pairs").alias("pairs"))
    links = rows_of(total.filter(fn.col("objects") >= min_objects).toArrow())
    return links.cast({"objects": pl.UInt32, "pairs": pl.UInt64}).sort("key")


def matched(found: Linking, keys: Any) -> "DataFrame":
    """Return the pairs behind the links, sorted by key, and in each in the order of the sweep; `keys` is broadcast."""
    from pyspark.sql import functions as fn

    pairs = found.shards.mapInArrow(partial(found.pairing.match, keys=keys), MATCHED)
    by = [
        fn.col("key"),
        fn.expr("if(turned, time_b, time_a)"),
        fn.col("object"),
        fn.col("turned"),
        fn.expr("if(turned, post_b, post_a)"),
        fn.col("other"),
        fn.expr("if(turned, time_a, time_b)"),
        fn.expr("if(turned, post_a, post_b)"),
    ]
    return pairs.repartitionByRange("key").sortWithinPartitions(*by)
