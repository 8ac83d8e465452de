"""Null models on Spark: fitted here from counts of degrees, judged where the pairs are.

The models (:class:`cib.link.chance.Judge`) need the numbers of accounts and objects of each degree, which are few, and
to judge a pair all acts of its two accounts. Accounts are dealt out over g groups; the links between groups i and j are
judged together, with the acts of both groups: so each act goes to g places, however many links its account has.
"""

from dataclasses import fields, replace
from datetime import timedelta
from functools import partial
from math import ceil, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
import pyarrow as pa

from cib.engine.spark.link_pairs import pairs_inside, steps
from cib.engine.spark.link_shards import Cluster, by_bucket, sharded, table_of
from cib.engine.spark.spread import rows_of
from cib.link.acts import Acts
from cib.link.chance import Expectation, Judge
from cib.link.chance.incidence import incidence_of, share_of
from cib.link.chance.margins import N_BANDS, Classes, Margins
from cib.link.count import PACK
from cib.link.sweep import inside
from cib.tables import TRACES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["BYTES_PER_ACT", "expected", "margins_of", "synchrony"]

BYTES_PER_ACT: Final = 150
"""Of an act of the ends of links, while these are judged."""
_LINKS: Final = 50_000
"""Links judged together are at least so many: below, moving the acts costs more than judging."""
_TICK: Final = timedelta(microseconds=1)
_COLUMNS: Final = [field.name for field in fields(Expectation)][:-1]
_SCHEMA: Final = "key long, overlap long, " + ", ".join(f"{name} double" for name in _COLUMNS[1:])


def margins_of(acts: "DataFrame", objects: "DataFrame", *, timed: bool) -> Margins:
    """Return what null models are fitted to.

    Parameters
    ----------
    acts : account, object, at: all of the layer.
    objects : object, accounts, band, stratum.
    timed : whether the step and the span of the times are asked.
    """
    from pyspark.sql import functions as fn

    last = objects.agg(fn.max("stratum")).first()
    n_strata = int((last[0] if last else 0) or 0) + 1
    distinct = acts.select("account", "object").distinct()
    placed = distinct.join(objects.select("object", "stratum", "band"), "object")
    rows = placed.groupBy("stratum", "account").agg(fn.count("*").alias("degree"))
    columns = placed.groupBy("stratum", "object", "band").agg(fn.count("*").alias("degree"))
    pairs = objects.groupBy("stratum", "band").agg(fn.expr("sum(accounts * (accounts - 1))").alias("pairs"))
    dense = np.zeros((n_strata, N_BANDS))
    for row in pairs.collect():
        dense[row["stratum"], row["band"]] = row["pairs"]
    return Margins(
        distinct.select("account").distinct().count(), n_strata, _classes(rows), _classes(columns), dense,
        *(_clock(acts) if timed else (1, 0)),
    )  # fmt: skip


def _classes(found: "DataFrame") -> Classes:
    """Return how many rows there are of each stratum, degree and band."""
    from pyspark.sql import functions as fn

    band = fn.col("band").cast("long") if "band" in found.columns else fn.lit(0).cast("long")
    counted = found.select("stratum", "degree", band.alias("band")).groupBy("stratum", "degree", "band").count()
    frame = rows_of(counted.toArrow()).sort("stratum", "degree", "band")
    return Classes(*(frame[name].to_numpy().astype(np.int64) for name in ("stratum", "degree", "band", "count")))


def _clock(acts: "DataFrame") -> tuple[int, int]:
    """Return the step that all times keep to, and their span, microseconds."""
    from pyspark.sql import functions as fn

    ends = acts.agg(fn.min("at"), fn.max("at")).first()
    if ends is None or ends[0] is None:
        return 1, 0
    origin = int(ends[0])
    found = acts.select("at").mapInArrow(lambda batches: steps(batches, origin), "step long").collect()
    return max(int(np.gcd.reduce([row["step"] for row in found])), 1), int(ends[1]) - origin


def synchrony(acts: "DataFrame", window: timedelta, cluster: Cluster) -> "DataFrame":
    """Return object, near and own: pairs of two accounts inside the window, and of one account at any time."""
    from pyspark.sql import functions as fn

    cut = by_bucket(sharded(acts, window // _TICK, cluster.shard_acts), cluster.partitions)
    count = partial(pairs_inside, count=partial(inside, window=window))
    near = cut.mapInArrow(count, "object long, near long").groupBy("object").agg(fn.sum("near").alias("near"))
    own = acts.groupBy("object", "account").count()
    return near.join(own.groupBy("object").agg(fn.expr("sum(count * (count - 1) div 2)").alias("own")), "object")


def expected(
    links: pl.DataFrame, acts: "DataFrame", objects: "DataFrame", judge: Judge, cluster: Cluster
) -> pl.DataFrame:
    """Return key and the columns of :class:`Expectation` but q of the links, sorted by key.

    Parameters
    ----------
    links : key and objects.
    acts : account, object, at: all of the layer.
    objects : object, acts, band, stratum, near, own (see :func:`synchrony`).
    judge : the fitted models.
    cluster : what it is done on.
    """
    groups = _groups(len(links), acts, cluster)
    ends = links.with_columns(a=pl.col("key") // PACK, b=pl.col("key") % PACK)
    one, other = pl.col("a") % groups, pl.col("b") % groups
    ends = ends.with_columns(place=pl.min_horizontal(one, other) * groups + pl.max_horizontal(one, other))
    wanted = pl.concat([ends.select("place", account=name) for name in ("a", "b")]).unique()
    needed = acts.join(cluster.frame(wanted), "account").join(objects, "object")
    pairs = cluster.frame(ends.select("place", "key", "objects"))
    judged = pairs.groupBy("place").cogroup(needed.groupBy("place")).applyInArrow(partial(_judged, judge), _SCHEMA)
    return rows_of(judged.toArrow()).sort("key")


def _groups(links: int, acts: "DataFrame", cluster: Cluster) -> int:
    """Return how many groups of accounts: enough for all parts to have work, and for two groups to fit into memory."""
    busy = ceil(sqrt(2 * min(cluster.partitions, links / _LINKS)))
    return max(1, busy, ceil(2 * acts.count() * BYTES_PER_ACT / cluster.memory))


def _judged(judge: Judge, links: pa.Table, acts: pa.Table) -> pa.Table:
    """Judge the links between two groups of accounts, by all acts of these."""
    pairs, rows = rows_of(links).sort("key"), rows_of(acts)
    accounts, objects = (rows[name].unique().sort() for name in ("account", "object"))
    told = rows.select("object", "acts", "band", "stratum", "near", "own").unique("object").sort("object")
    frame = rows.select(
        account=accounts.search_sorted(rows["account"]),
        object=objects.search_sorted(rows["object"]),
        post=pl.lit(0),  # nobody asks in which
        time=pl.from_epoch("at", "us").dt.replace_time_zone("UTC"),
    ).cast(TRACES.empty().schema)
    frame = frame.sort("object", "time", "account")
    incidence = incidence_of(Acts(lambda: iter([frame])), told.with_columns(accounts="acts"), None)
    share = share_of(*(told[name].to_numpy() for name in ("near", "own", "acts")))
    ends = (accounts.search_sorted(pairs["key"] // PACK), accounts.search_sorted(pairs["key"] % PACK))
    a, b = (end.to_numpy().astype(np.int64) for end in ends)
    columns = judge.columns(replace(incidence, share=share), a, b, pairs["objects"].to_numpy().astype(np.int64))
    return table_of(pl.DataFrame({"key": pairs["key"], **columns}))
