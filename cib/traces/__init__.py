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
from cib.tables import POSTS
from cib.traces.acts import Trace, acts_of, once, prepared
from cib.traces.bins import coordination_interval
from cib.traces.combined import combine, combined_from, nothing
from cib.traces.domain import domain
from cib.traces.fast import fast_checks, fast_repost, with_originals
from cib.traces.fit import unfit
from cib.traces.given import NOTHING, Given, resolved
from cib.traces.numbering import numbered
from cib.traces.plain import anything, hashtag, media, mention, named_object, reply
from cib.traces.repost import ID, repost
from cib.traces.sequence import hashtag_sequence, sequence_checks, sequences
from cib.traces.support import supported
from cib.traces.text import not_generic, rung, text, with_texts
from cib.traces.timing import timing, with_first
from cib.traces.traced import Traced
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
    "lists_of",
    "lookup",
    "parts_of",
    "place",
    "taken_by",
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
    "timing": Trace("a post at the same time", "created_at", timing, with_first, takes=_BINNED),
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


def parts_of(layer: LayerSettings) -> list[Trace]:
    """Return the traces whose combinations are a layer's objects, the most telling first."""
    return _parts(layer.trace)


def lists_of(layer: LayerSettings, given: Given) -> list[dict[str, pl.Expr]]:
    """Return what block and allow lists ask of the acts of each of a layer's traces, by reason."""
    return [given.checks(part) for part in sorted(set(layer.trace.split(_JOIN)), key=place)]


def taken_by(parts: list[Trace], layer: LayerSettings) -> frozenset[str]:
    """Return the settings that the traces of a layer apply themselves."""
    return frozenset[str]().union(*(part.takes for part in parts)) if layer.bin is not None else frozenset[str]()


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
    parts, listed = parts_of(layer), lists_of(layer, given)
    posts = with_texts(resolved(posts, given), layer, texts_of(layer), texts)
    acts = acts_of(prepared(posts, parts, layer), parts, layer, listed)
    for step in once(layer):
        acts.keep(step.reason, step.kept(acts.frame))
    interval = supported(acts, posts, layer, taken_by(parts, layer))
    return numbered(acts, layer, name, interval)
