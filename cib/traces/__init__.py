"""POSTS -> TRACES, OBJECTS: what counts as acting on the same thing.

A trace is a function of the layer's settings that returns two expressions: what a post names (a string or a
list of strings, the *example*), and the canonical form of an example (the *key*; null: no object). Two acts are
on the same object if their keys are equal. Adding a trace is one function in a file here and one line in
:data:`TRACES`. What needs more than the post itself says so in its line (see :class:`Trace`). One trace,
`combined`, is made of other layers' acts (see :mod:`cib.traces.combined`).
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from cib.settings import COMBINED, LayerSettings
from cib.tables import LEDGER, OBJECTS, POSTS
from cib.tables import TRACES as TRACES_TABLE
from cib.traces.acts import Trace, acts_of
from cib.traces.bins import coordination_interval
from cib.traces.combined import combine, combined_from, nothing
from cib.traces.domain import domain
from cib.traces.fast import fast_checks, fast_repost, with_originals
from cib.traces.fit import unfit
from cib.traces.given import NOTHING, Given, resolved
from cib.traces.plain import anything, hashtag, media, mention, named_object, reply
from cib.traces.repost import ID, repost
from cib.traces.sequence import hashtag_sequence, sequence_checks, sequences
from cib.traces.support import Acts, supported
from cib.traces.text import not_generic, rung, text, with_texts
from cib.traces.timing import timing
from cib.traces.traced import ORDER, OWN, Traced, band_of
from cib.traces.url import url

__all__ = [
    "TRACES",
    "Given",
    "Trace",
    "Traced",
    "build",
    "combine",
    "combined_from",
    "coordination_interval",
    "lookup",
    "place",
    "texts_of",
    "without_data",
]

_BINNED: Final = frozenset({"bin"})
_JOIN: Final = "+"

TRACES: Final[dict[str, Trace]] = {
    "repost": Trace("the same repost", "kind", repost, prefix=ID, texts=("words",)),
    "url": Trace("the same link", "urls", url),
    "text": Trace("the same text", "text", text, checks=not_generic, texts=("words", "generic")),
    "template": rung("template", "the same text but for hashtags, mentions and numbers"),
    "near_copy": rung("near_copy", "nearly the same text"),
    "rewording": rung("rewording", "the same in other words"),
    "translation": rung("translation", "the same in other words or another language"),
    "media": Trace("the same image or video", "media", media),
    "object": Trace("the same object", "objects", named_object),
    "hashtag_sequence": Trace(
        "the same hashtags in the same order",
        "hashtags",
        hashtag_sequence,
        sequences,
        sequence_checks,
        _BINNED | {"min_acts_each"},
    ),
    "reply": Trace("a reply to the same post", "parent_post_id", reply),
    "fast_repost": Trace(
        "a quick repost of the same author", "parent_post_id", fast_repost, with_originals, fast_checks
    ),
    "domain": Trace("a link to the same site", "urls", domain),
    "mention": Trace("a mention of the same account", "mentions", mention),
    "hashtag": Trace("the same hashtag", "hashtags", hashtag),
    COMBINED: Trace("the same thing, of whatever kind", "acts in two other layers", nothing),
    "timing": Trace("a post at the same time", "created_at", timing, takes=_BINNED),
    "anything": Trace("any post", "created_at", anything),
}
"""Every kind of act, the most telling first: of two layers that rest on the same two posts, the earlier one counts."""


def lookup(name: str) -> Trace:
    """Return a trace by its name; of 'url+hashtag' and the like, what can be said of all parts together.

    Raises
    ------
    KeyError
        There is no such trace.
    """
    parts = _parts(name)
    if len(parts) == 1:
        return parts[0]
    return Trace(" and ".join(p.title for p in parts), " and ".join(p.needs for p in parts), parts[0].acts)


def place(name: str) -> int:
    """Return where a trace stands in the order of telling, from 0; of several at once, where the most telling does."""
    return min(list(TRACES).index(part) for part in name.split(_JOIN))


def texts_of(layer: LayerSettings) -> set[str]:
    """Return the columns of TEXTS that a layer's traces use."""
    needless = TRACES["text"] if layer.normalise == "toolkit" else None
    return {column for part in _parts(layer.trace) if part is not needless for column in part.texts}


def _parts(name: str) -> list[Trace]:
    """Return the traces that a name joins, each once and in the order of telling: 'url+hashtag' is 'hashtag+url'."""
    named = {part: TRACES[part] for part in name.split(_JOIN)}
    return [named[part] for part in sorted(named, key=place)]


def without_data(posts: pl.LazyFrame, layers: Mapping[str, LayerSettings]) -> dict[str, str]:
    """Return the layers that have nothing to work on in these POSTS, each with the reason, see :func:`unfit`."""
    of_posts = {name: layer for name, layer in layers.items() if layer.trace != COMBINED}
    idle = unfit(posts, of_posts, {name: _parts(layer.trace) for name, layer in of_posts.items()})
    if len(set(combined_from(layers)) - set(idle)) < 2:
        idle |= dict.fromkeys(layers.keys() - of_posts.keys(), "fewer than two of the layers that it combines can run")
    return idle


def build(
    posts: pl.LazyFrame,
    layer: LayerSettings,
    *,
    name: str,
    given: Given = NOTHING,
    texts: pl.LazyFrame | None = None,
) -> Traced:
    """Return one layer's traces and objects.

    Parameters
    ----------
    posts : POSTS.
    layer : its settings, with `trace` filled in.
    name : the layer's name, for the ledger.
    given : what the user's files say of links, domains, hashtags and objects.
    texts : TEXTS of these posts; without it, traces of texts make their groups of these posts alone, by the default
        settings of ``[text]``.

    Returns
    -------
    Traced : `traces` sorted by object, time, account, post; `objects` by number. An account's acts on an object
        in one post
        count once unless ``layer.repeats`` is "keep". Posts are numbered by row; where ``layer.loops`` asks for ids,
        rows with one platform and post id have the number of the first of them.

    Raises
    ------
    TableError
        `posts` are not POSTS.

    Notes
    -----
    Linear in acts, plus one sort of them; about 60 bytes an act and the bytes of the distinct keys. Several traces at
    once have as many acts a post as there are combinations. What support asks for: see :mod:`cib.traces.support`.
    """
    POSTS.check_schema(posts.collect_schema())
    parts = _parts(layer.trace)
    posts = with_texts(resolved(posts, given), layer, texts_of(layer), texts)
    listed = [given.checks(part) for part in sorted(set(layer.trace.split(_JOIN)), key=place)]
    named, reasons = acts_of(posts, parts, layer, listed)
    acts = Acts(named.collect(engine="streaming"))
    for column, reason in reasons.items():
        acts.where(reason, pl.col(column))
    empty = pl.col("key").is_null() | (pl.col("key") == "")
    acts.where("the object is empty, too short or not of this kind", ~empty)
    if layer.repeats == "once":
        once = acts.frame.unique(["account", "post", "key"], keep="first", maintain_order=True)
        acts.keep("the same account, post and object again", once)
    taken = frozenset[str]().union(*(part.takes for part in parts)) if layer.bin is not None else frozenset[str]()
    interval = supported(acts, posts, layer, taken)
    return _numbered(acts, layer, name, interval)


def _numbered(acts: Acts, layer: LayerSettings, name: str, interval: float | None) -> Traced:
    """Return the acts as tables, their objects numbered in order of first appearance."""
    frame = acts.frame
    keys = frame.select("key", "example").unique("key", keep="first", maintain_order=True).with_row_index("object")
    frame = frame.drop("example").join(keys.select("key", "object"), on="key", maintain_order="left").drop("key")
    traces = frame.select(list(TRACES_TABLE.columns)).sort("object", "time", "account", "post")
    own, order = pl.DataFrame(schema=OWN), pl.DataFrame(schema=ORDER)
    if layer.loops != "drop":
        own = frame.filter("own").select(list(OWN)).unique().sort(list(OWN))
        order = frame.group_by("account").agg(first=pl.col("row").min()).sort("account")
    objects = OBJECTS.check(_objects(frame, keys, layer))
    return Traced(TRACES_TABLE.check(traces), objects, _ledger(acts, name), interval, own, order)


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
    return (
        keys.join(acts.group_by("object").agg(**facts), on="object", maintain_order="left")
        .with_columns(
            band=band_of("accounts"),
            stratum=(stratum.rank("dense") - 1).cast(pl.UInt32),
            acts=pl.col("acts").cast(pl.UInt32),
        )
        .select(list(OBJECTS.columns))
    )


def _ledger(acts: Acts, name: str) -> pl.DataFrame:
    rows = [
        {"stage": "trace", "where": name, "reason": reason, "rows_in": before, "rows_out": after, "examples": []}
        for reason, before, after in acts.ledger or [("every act was taken", len(acts.frame), len(acts.frame))]
    ]
    return LEDGER.check(pl.DataFrame(rows, schema=LEDGER.schema))
