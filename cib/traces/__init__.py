"""POSTS -> TRACES, OBJECTS: what counts as acting on the same thing.

A trace is a function of the layer's settings that returns two expressions: what a post names (a string or a
list of strings, the *example*), and the canonical form of an example (the *key*; null: no object). Two acts are
on the same object if their keys are equal. Adding a trace is one function in a file here and one line in
:data:`TRACES`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from cib.settings import LayerSettings
from cib.tables import LEDGER, OBJECTS, POSTS
from cib.tables import TRACES as TRACES_TABLE
from cib.traces.domain import domain
from cib.traces.plain import hashtag, media, mention, named_object, reply
from cib.traces.repost import repost
from cib.traces.text import text
from cib.traces.timing import timing
from cib.traces.url import url

__all__ = ["TRACES", "Trace", "Traced", "build"]

POPULARITY_BANDS: Final = (5, 20, 80)
"""Objects with up to 5, 20, 80 and more accounts are counted apart: what two accounts share of the rare is not
drowned by the popular."""


@dataclass(frozen=True)
class Trace:
    """A kind of act.

    Attributes
    ----------
    title : what two accounts share, in words for the report.
    needs : the column of POSTS without which the trace has no data.
    acts : settings -> (example, key), see the module.
    """

    title: str
    needs: str
    acts: Callable[[LayerSettings], tuple[pl.Expr, pl.Expr]]


TRACES: Final[dict[str, Trace]] = {
    "repost": Trace("the same repost", "kind", repost),
    "url": Trace("the same link", "urls", url),
    "text": Trace("the same text", "text", text),
    "media": Trace("the same image or video", "media", media),
    "object": Trace("the same object", "objects", named_object),
    "reply": Trace("a reply to the same post", "parent_post_id", reply),
    "domain": Trace("a link to the same site", "urls", domain),
    "mention": Trace("a mention of the same account", "mentions", mention),
    "hashtag": Trace("the same hashtag", "hashtags", hashtag),
    "timing": Trace("a post in the same minute", "created_at", timing),
}
"""Every kind of act, the most telling first: of two layers that rest on the same two posts, the earlier one counts."""


@dataclass(frozen=True)
class Traced:
    """The traces of one layer, their objects, and why acts were left out."""

    traces: pl.DataFrame
    objects: pl.DataFrame
    ledger: pl.DataFrame


def build(posts: pl.LazyFrame, layer: LayerSettings, *, name: str) -> Traced:
    """Return one layer's traces and objects.

    Parameters
    ----------
    posts : POSTS.
    layer : its settings, with `trace` filled in.
    name : the layer's name, for the ledger.

    Returns
    -------
    Traced : `traces` sorted by object, time, account, post; `objects` by number. An account's acts on an object
        in one post
        count once unless ``layer.repeats`` is "keep".

    Raises
    ------
    TableError
        `posts` are not POSTS.

    Notes
    -----
    Linear in acts, plus one sort of them; about 60 bytes an act and the bytes of the distinct keys.
    """
    POSTS.check_schema(posts.collect_schema())
    acts = _acts(posts, layer).collect(engine="streaming")
    named = len(acts)
    acts = acts.filter(pl.col("key").is_not_null() & (pl.col("key") != ""))
    keyed = len(acts)
    if layer.repeats == "once":
        acts = acts.unique(["account", "post", "key"], keep="first", maintain_order=True)
    keys = acts.select("key", "example").unique("key", keep="first", maintain_order=True).with_row_index("object")
    acts = acts.drop("example").join(keys.select("key", "object"), on="key", maintain_order="left").drop("key")
    objects = _objects(acts, keys, layer)
    traces = acts.select(list(TRACES_TABLE.columns)).sort("object", "time", "account", "post")
    ledger = [
        (name, "the object is empty, too short or not of this kind", named, keyed),
        (name, "the same account, post and object again", keyed, len(acts)),
    ]
    return Traced(TRACES_TABLE.check(traces), OBJECTS.check(objects), _ledger(ledger))


def _acts(posts: pl.LazyFrame, layer: LayerSettings) -> pl.LazyFrame:
    """Return one row an act: account, post, time, language, example, key."""
    example, key = TRACES[layer.trace].acts(layer)
    kept = posts.filter(pl.col("kind").is_in(list(layer.kinds))).rename({"created_at": "time"})
    acts = kept.select("account", "post", "time", "language", example=example)
    if acts.collect_schema()["example"] == pl.List(pl.String):
        acts = acts.explode("example")
    return acts.drop_nulls("example").with_columns(key=key)


def _objects(acts: pl.DataFrame, keys: pl.DataFrame, layer: LayerSettings) -> pl.DataFrame:
    """Return OBJECTS with their degrees, bands and strata; objects of one stratum are alike in `layer.strata`."""
    facts = {"acts": pl.len(), "accounts": pl.col("account").n_unique(), "first": pl.col("time").min()}
    if "language" in layer.strata:
        facts["language"] = pl.col("language").drop_nulls().sort().mode(maintain_order=True).first()
    marks = {
        "language": lambda: pl.col("language").fill_null(""),
        "week": lambda: pl.col("first").dt.truncate("1w").cast(pl.String),
        "hour": lambda: pl.col("first").dt.truncate("1h").cast(pl.String),
    }
    stratum = pl.concat_str([marks[mark]() for mark in layer.strata], separator="|") if layer.strata else pl.lit("")
    band = pl.sum_horizontal(pl.col("accounts") > most for most in POPULARITY_BANDS)
    return (
        keys.join(acts.group_by("object").agg(**facts), on="object", maintain_order="left")
        .with_columns(
            band=band.cast(pl.UInt8),
            stratum=(stratum.rank("dense") - 1).cast(pl.UInt32),
            acts=pl.col("acts").cast(pl.UInt32),
        )
        .select(list(OBJECTS.columns))
    )


def _ledger(rows: list[tuple[str, str, int, int]]) -> pl.DataFrame:
    kept = [
        {"stage": "trace", "where": where, "reason": reason, "rows_in": before, "rows_out": after, "examples": []}
        for where, reason, before, after in rows
        if before != after
    ]
    return LEDGER.check(pl.DataFrame(kept, schema=LEDGER.schema))
