"""Traces on Spark: posts named part by part with the expressions of :mod:`cib.traces`, objects numbered by Spark.

What an act needs of other posts is asked by their key: quick reposts by the id of the original, sequences of hashtags
by account, support by account or by object. Then objects are counted and numbered in the order of their first
appearance, and everything is what the local engine makes, row for row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import polars as pl

from cib.engine.spark.objects import write_traced
from cib.engine.spark.spread import Scratch, Spread, mapped, scratch_in, sharded
from cib.settings import LayerSettings
from cib.tables import POSTS, TEXTS, TIME
from cib.traces import Given, lists_of, parts_of, taken_by, texts_of
from cib.traces.acts import acts_of, columns_of, of_kinds, once
from cib.traces.fast import with_originals
from cib.traces.given import resolved
from cib.traces.sequence import gathered, sequences
from cib.traces.support import Step, bin_width, early_steps, late_steps, most_active
from cib.traces.timing import with_first

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["Sources", "runs_here", "trace"]

Prepare: TypeAlias = Callable[[Spread, LayerSettings], Spread]

_PLACE: Final = "place"
_STEP: Final = {"step": pl.Int64(), "reason": pl.String(), "before": pl.Int64(), "after": pl.Int64()}
"""Columns of the rows that tell what became of the acts of a piece; null in the acts themselves."""


def runs_here(layer: LayerSettings) -> bool:
    """Return whether a layer's traces can be made on Spark: what they ask of other posts is known here."""
    return all(part.prepare is None or part.prepare in _PREPARED for part in parts_of(layer))


@dataclass(frozen=True)
class Sources:
    """What traces are made of: POSTS, TEXTS of them if the layer uses any, and what the user's files say."""

    posts: Path
    texts: Path | None
    given: Given


def trace(session: "SparkSession", sources: Sources, layer: LayerSettings, *, name: str, out: Path) -> dict[str, Any]:
    """Make one layer's traces of the posts; see :class:`cib.engine.Engine`.

    Raises
    ------
    KeyError
        It cannot be done on Spark, see :func:`runs_here`.
    """
    with scratch_in(session, out) as scratch:
        ready = _ready(session, sources, layer)
        acts, ledger = _named(ready, layer, sources.given, scratch)
        under_way = _UnderWay(acts, ledger, scratch)
        if layer.loops != "drop":
            under_way.steps(once(layer))
        interval = _supported(under_way, Spread.read(session, sources.posts, _schema({"account"})), layer)
        return write_traced(under_way.acts, under_way.ledger, layer, name, out, scratch) | {"interval_s": interval}


def _schema(names: set[str]) -> pl.Schema:
    return pl.Schema({name: dtype for name, dtype in POSTS.schema.items() if name in names})


def _ready(session: "SparkSession", sources: Sources, layer: LayerSettings) -> Spread:
    """Return the posts with whatever an act needs of other posts, and of texts."""
    parts = parts_of(layer)
    asked = columns_of(parts, layer, lists_of(layer, sources.given)).union(*(_ASKED.get(p.prepare, ()) for p in parts))
    if layer.loops != "drop":
        asked |= {"platform", "post_id"}
    ready = Spread.read(session, sources.posts, _schema(asked))
    if sources.texts is not None and (wanted := sorted(texts_of(layer))):
        named = Spread.read(session, sources.texts, pl.Schema({n: TEXTS.schema[n] for n in ("post", *wanted)}))
        ready = ready.join(named, on=["post"])
    if layer.loops != "drop":
        ready = _whole(ready)
    for part in parts:
        if part.prepare is not None:
            ready = _PREPARED[part.prepare](ready, layer)
    return ready


def _whole(posts: Spread) -> Spread:
    """As :func:`cib.traces.acts.whole`; most ids occur once, so that only the others travel back."""
    from pyspark.sql import functions as f

    key = ["platform", "post_id"]
    again = posts.frame.groupBy(*key).agg(f.min("post").alias("first"), f.count("*").alias("n")).filter("n > 1")
    joined = posts.frame.join(again.drop("n"), on=key, how="left")
    first = f.coalesce("first", "post")
    schema = pl.Schema({**posts.schema, "row": pl.UInt32()})
    return Spread(joined.withColumn("row", f.col("post")).withColumn("post", first).select(*schema), schema)


def _with_originals(posts: Spread, layer: LayerSettings) -> Spread:
    """As :func:`cib.traces.fast.with_originals`."""
    from pyspark.sql import functions as f

    del layer
    key = ["platform", "parent_post_id"]
    parents = posts.frame.select(*key).dropna().distinct()
    earliest = f.min(f.struct("created_at", "account_id")).alias("earliest")
    originals = (
        posts.frame.select("platform", f.col("post_id").alias("parent_post_id"), "created_at", "account_id")
        .join(parents, on=key, how="left_semi")
        .groupBy(*key)
        .agg(earliest)
        .select(
            *key,
            f.col("earliest.created_at").alias("original_at"),
            f.col("earliest.account_id").alias("original_author"),
        )
    )
    texts = dict.fromkeys((*key, "original_author"), pl.String())
    return posts.join(Spread(originals, pl.Schema({**texts, "original_at": TIME})), on=key)


def _sequences(posts: Spread, layer: LayerSettings) -> Spread:
    """As :func:`cib.traces.sequence.sequences`."""
    from pyspark.sql import functions as f

    if layer.bin is None:
        return posts
    tagged = posts.frame.filter(f.col("kind").isin(*layer.kinds) & (f.size("hashtags") > 0))
    first = None
    if layer.bin_start == "first":
        first = pl.lit(_earliest(Spread(tagged, posts.schema)), dtype=TIME)
    return sharded(
        Spread(tagged, posts.schema), "account", lambda shard: gathered(shard.lazy(), layer, first).collect()
    )


def _with_first(posts: Spread, layer: LayerSettings) -> Spread:
    """As :func:`cib.traces.timing.with_first`."""
    from pyspark.sql import functions as f

    if layer.bin_start != "first":
        return posts
    first = _earliest(Spread(posts.frame.filter(f.col("kind").isin(*layer.kinds)), posts.schema))
    return mapped(posts, lambda piece: piece.with_columns(first_at=pl.lit(first, dtype=TIME)))


def _earliest(posts: Spread) -> datetime | None:
    """Return when the first of the posts was posted."""
    from pyspark.sql import functions as f

    first = Spread(posts.frame.agg(f.min("created_at").alias("created_at")), pl.Schema({"created_at": TIME}))
    moment: datetime | None = first.collected().item()
    return moment


_PREPARED: Final[dict[Any, Prepare]] = {
    with_originals: _with_originals,
    sequences: _sequences,
    with_first: _with_first,
}
"""What makes posts ready on Spark, by what does it locally."""
_ASKED: Final[dict[Any, set[str]]] = {
    with_originals: {"platform", "post_id", "parent_post_id", "account_id"},
    sequences: {"hashtags"},
}
"""Columns of posts that this asks for."""


def _named(
    ready: Spread, layer: LayerSettings, given: Given, scratch: Scratch
) -> tuple[Spread, list[tuple[str, int, int]]]:
    """Return the acts, with `row` and `place`, which order them, and what was left out."""
    from pyspark.sql import functions as f

    told = scratch.kept(mapped(ready, partial(_acts_and_steps, layer=layer, given=given)))
    schema = pl.Schema({name: dtype for name, dtype in told.schema.items() if name not in _STEP})
    sums = told.frame.filter("step is not null").groupBy("step", "reason")
    counted = sums.agg(f.sum("before").alias("before"), f.sum("after").alias("after")).collect()
    ledger = [(row["reason"], row["before"], row["after"]) for row in sorted(counted)]
    return Spread(told.frame.filter("step is null").select(*schema), schema), ledger


def _acts_and_steps(posts: pl.DataFrame, layer: LayerSettings, given: Given) -> pl.DataFrame:
    """Return the acts of some posts, and below them what was left out of them, step by step."""
    absent = [pl.lit(None, dtype=t).alias(n) for n, t in POSTS.schema.items() if n not in posts.columns]
    ready = of_kinds(resolved(posts.with_columns(absent).lazy(), given), layer)
    acts = acts_of(ready, parts_of(layer), layer, lists_of(layer, given))
    if layer.loops == "drop":
        for step in once(layer):
            acts.keep(step.reason, step.kept(acts.frame))
    row = pl.col("row" if layer.loops != "drop" else "post").alias("row")
    frame = acts.frame.with_columns(row, pl.int_range(pl.len(), dtype=pl.UInt32).alias(_PLACE))
    steps = [(number, *step) for number, step in enumerate(acts.ledger)] if len(posts) else []
    return pl.concat([frame, pl.DataFrame(steps, schema=_STEP, orient="row")], how="diagonal")


@dataclass
class _UnderWay:
    """The acts of a layer, as they get fewer, and why."""

    acts: Spread
    ledger: list[tuple[str, int, int]]
    scratch: Scratch

    def keep(self, reason: str, kept: Spread) -> None:
        """Go on with `kept`."""
        before = self.acts.frame.count()
        self.acts = self.scratch.kept(kept)
        self.ledger.append((reason, before, self.acts.frame.count()))

    def steps(self, steps: list[Step]) -> None:
        """Ask what is asked of all acts of an account, or on an object."""
        for step in steps:
            self.keep(step.reason, sharded(self.acts, step.by, partial(_step, step=step)))


def _step(acts: pl.DataFrame, step: Step) -> pl.DataFrame:
    return step.kept(acts.sort("row", _PLACE))


def _supported(acts: _UnderWay, posts: Spread, layer: LayerSettings) -> float | None:
    """As :func:`cib.traces.support.supported`."""
    taken = taken_by(parts_of(layer), layer)
    _busy_accounts(acts, posts, layer)
    acts.steps(early_steps(layer))
    shares = partial(_shares, acts)
    interval, width = bin_width(layer, taken, shares)
    acts.steps(late_steps(layer, taken, width))
    return interval


def _shares(acts: _UnderWay) -> pl.DataFrame:
    return acts.acts.select("key", "time").collected().rename({"key": "object"})


def _busy_accounts(acts: _UnderWay, posts: Spread, layer: LayerSettings) -> None:
    """Leave out accounts with few posts, and those that are not among the most active."""
    account = pl.Schema({"account": pl.UInt32()})
    if layer.min_posts > 1:
        busy = posts.frame.groupBy("account").count().filter(f"count >= {layer.min_posts}").select("account")
        kept = acts.acts.join(Spread(busy, account), on=["account"], how="left_semi")
        acts.keep(f"the account has fewer than {layer.min_posts} posts", kept)
    if layer.top_accounts < 1:
        counts = acts.acts.frame.groupBy("account").count().withColumnRenamed("count", "len")
        active = Spread(counts, pl.Schema({"account": pl.UInt32(), "len": pl.UInt32()})).collected()
        top = most_active(active, layer.top_accounts).select("account")
        kept = mapped(acts.acts, lambda piece: piece.join(top, on="account", how="semi", maintain_order="left"))
        acts.keep(f"the account is not among the {layer.top_accounts:.2%} most active", kept)
