"""POSTS -> acts: what the posts of a layer name, and the key of each; of one trace, or of several at once.

With several traces an act is on every combination of what the post names in each of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import polars as pl

from cib.settings import LayerSettings
from cib.tables import POSTS
from cib.traces.support import Acts, Step

__all__ = ["Trace", "acts_of", "columns_of", "of_kinds", "once", "prepared", "whole"]

Prepare: TypeAlias = Callable[[pl.LazyFrame, LayerSettings], pl.LazyFrame]
Checks: TypeAlias = Callable[[LayerSettings], dict[str, pl.Expr]]
_AND: Final = " + "


@dataclass(frozen=True)
class Trace:
    """A kind of act.

    Attributes
    ----------
    title : what two accounts share, in words for the report.
    needs : the column of POSTS without which the trace has no data.
    acts : settings -> (example, key), see :mod:`cib.traces`.
    prepare : (POSTS, settings) -> POSTS, where an act rests on more than its own post: other posts' times, an account's
        day. It is given posts of all kinds; columns that it adds can be used by `acts` and `checks`.
    checks : settings -> what an act must fulfil besides having a key, by the reason that the ledger gives if not.
    takes : settings that the trace applies itself if ``bin`` is set; nobody else does then.
    prefix : what stands before an id in a key that is the id of a post.
    texts : columns of TEXTS that `acts` and `checks` use, which are joined to the posts beforehand.
    """

    title: str
    needs: str
    acts: Callable[[LayerSettings], tuple[pl.Expr, pl.Expr]]
    prepare: Prepare | None = None
    checks: Checks | None = None
    takes: frozenset[str] = frozenset()
    prefix: str = ""
    texts: tuple[str, ...] = ()


def acts_of(ready: pl.LazyFrame, parts: list[Trace], layer: LayerSettings, listed: list[dict[str, pl.Expr]]) -> Acts:
    """Return one row for each thing that a post names, if it is an object and passes the checks.

    Parameters
    ----------
    ready : posts made ready (see :func:`prepared`), all or some of them: no act depends on another post.
    parts : the traces whose combinations are the objects, the most telling first.
    layer : settings.
    listed : for each part, further checks, by reason.

    Returns
    -------
    The acts, in the order of the posts: account, post, time, language, example, key, and where `layer.loops` asks for
        ids, `row`, the number of the post's own row, and `own`, whether the post is itself the object. Their ledger has
        the same reasons whatever the posts are.
    """
    named, reasons = _named(ready, parts, layer, listed)
    acts = Acts(named.collect(engine="streaming"))
    for column, reason in reasons.items():
        acts.where(reason, pl.col(column))
    empty = pl.col("key").is_null() | (pl.col("key") == "")
    acts.where("the object is empty, too short or not of this kind", ~empty)
    acts.frame = acts.frame.drop(*reasons)
    return acts


def once(layer: LayerSettings) -> list[Step]:
    """Return what leaves out an account's further acts on an object in one post, unless the layer keeps them."""
    if layer.repeats == "keep":
        return []
    act = ["account", "post", "key"]
    reason = "the same account, post and object again"
    return [Step(reason, "account", lambda acts: acts.unique(act, keep="first", maintain_order=True))]


def columns_of(parts: list[Trace], layer: LayerSettings, listed: list[dict[str, pl.Expr]]) -> set[str]:
    """Return the columns of POSTS that naming the acts of a layer asks for (what `prepare` asks for not counted)."""
    asked = {"account", "post", "created_at", "kind", "language", *({"post_id"} if layer.loops != "drop" else ())}
    for part, checks in zip(parts, listed, strict=True):
        own = part.checks(layer) if part.checks is not None else {}
        expressions = [*part.acts(layer), *own.values(), *checks.values()]
        asked |= {name for expression in expressions for name in expression.meta.root_names()}
    return asked & POSTS.columns.keys()


def _named(
    ready: pl.LazyFrame, parts: list[Trace], layer: LayerSettings, listed: list[dict[str, pl.Expr]]
) -> tuple[pl.LazyFrame, dict[str, str]]:
    """Return whatever the posts name, a Boolean column for each check (null: does not apply), and their reasons."""
    named = [part.acts(layer) for part in parts]
    acts = ready.select(*_base(ready), **{f"example{n}": example for n, (example, _) in enumerate(named)})
    reasons: dict[str, str] = {}
    for n, (part, (_, key)) in enumerate(zip(parts, named, strict=True)):
        checks = (part.checks(layer) if part.checks is not None else {}) | listed[n]
        columns = {f"check{n}_{i}": check for i, check in enumerate(checks.values())}
        reasons |= dict(zip(columns, checks, strict=True))
        acts = _keyed(acts, n, key, columns)
    acts = _combined(acts, len(parts))
    if layer.loops != "drop":
        own = pl.col("key") == parts[0].prefix + pl.col("post_id")
        acts = acts.with_columns(own=own & pl.lit(layer.loops == "drop_ids" and len(parts) == 1))
    extra = ["row", "own"] if layer.loops != "drop" else []
    return acts.select("account", "post", "time", "language", "example", "key", *reasons, *extra), reasons


def whole(posts: pl.LazyFrame) -> pl.LazyFrame:
    """Return the posts with `row`, their number, and as `post` the smallest number of the same platform and id."""
    return posts.with_columns(row=pl.col("post"), post=pl.col("post").min().over("platform", "post_id"))


def prepared(posts: pl.LazyFrame, parts: list[Trace], layer: LayerSettings) -> pl.LazyFrame:
    """Return the POSTS of the layer's kinds, made ready for each part by what other posts tell."""
    if layer.loops != "drop":
        posts = whole(posts)
    for part in parts:
        if part.prepare is not None:
            posts = part.prepare(posts, layer)
    return of_kinds(posts, layer)


def of_kinds(posts: pl.LazyFrame, layer: LayerSettings) -> pl.LazyFrame:
    """Return the posts of the layer's kinds, `created_at` renamed to `time`."""
    return posts.filter(pl.col("kind").is_in(list(layer.kinds))).rename({"created_at": "time"})


def _base(ready: pl.LazyFrame) -> list[str]:
    """Return the columns that go along with an act: those that keys and checks may ask for."""
    added = [name for name in ready.collect_schema() if name not in POSTS.columns and name != "time"]
    return ["account", "post", "time", "language", *added, *(["post_id"] if "row" in added else [])]


def _keyed(acts: pl.LazyFrame, n: int, key: pl.Expr, checks: dict[str, pl.Expr]) -> pl.LazyFrame:
    """Return one row for each example of part `n`, with its key and its checks."""
    acts = acts.rename({f"example{n}": "example"})
    if acts.collect_schema()["example"] == pl.List(pl.String):
        acts = acts.explode("example")
    acts = acts.drop_nulls("example").with_columns(key=key)
    return (acts.with_columns(**checks) if checks else acts).rename({"example": f"example{n}", "key": f"key{n}"})


def _combined(acts: pl.LazyFrame, parts: int) -> pl.LazyFrame:
    """Return the acts with example and key of all parts together; no key if a part has none.

    A '+' within a part's key is doubled, so that no two combinations have one key.
    """
    if parts == 1:
        return acts.rename({"example0": "example", "key0": "key"})
    keys = [pl.col(f"key{n}") for n in range(parts)]
    some = pl.all_horizontal(key != "" for key in keys)
    doubled = [key.str.replace_all("+", "++", literal=True) for key in keys]
    return acts.with_columns(
        example=pl.concat_str([f"example{n}" for n in range(parts)], separator=_AND),
        key=pl.when(some).then(pl.concat_str(doubled, separator=_AND)),
    )
