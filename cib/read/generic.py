"""Any table of posts: columns by the config, and what is left by their names.

The names known are those of the platforms' own exports and of the tools that researchers use (4CAT,
twarc, CooRTweet, the Coordination Network Toolkit, CrowdTangle, the Meta Content Library and others).
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from cib.read.columns import Mapped, guess
from cib.read.fields import FIELDS
from cib.read.reader import Reader

__all__ = ["GENERIC", "with_kinds"]

_KINDS: Final = {
    "repost": ["repost", "retweet", "retweeted", "rt", "r", "reblog", "share", "shared", "forward"],
    "quote": ["quote", "quoted", "quote_tweet", "q"],
    "reply": ["reply", "replied", "replied_to", "comment"],
}


def _recognise(_columns: Sequence[str]) -> str:
    return "no other reader knows its columns"


def _columns(head: pl.DataFrame) -> Mapped:
    return guess(head, list(FIELDS))


def with_kinds(fields: pl.DataFrame) -> pl.DataFrame:
    """Say what kind of post a row is, and which post and account it answers."""
    has = set(fields.columns)
    kind = _named_kind() if "kind" in has else pl.lit(None, dtype=pl.String)
    kind = pl.coalesce(kind, _referred_kind(has), _written_kind(has))
    return fields.with_columns(kind=kind).with_columns(
        parent_post_id=_parent("post_id", has), parent_account_id=_parent("account_id", has)
    )


def _named_kind() -> pl.Expr:
    word = pl.col("kind").str.strip_chars().str.to_lowercase()
    named = pl.lit(None, dtype=pl.String)
    for kind, words in _KINDS.items():
        named = pl.when(word.is_in(words)).then(pl.lit(kind)).otherwise(named)
    return pl.when(word == "original").then(pl.lit("original")).otherwise(named)


def _referred_kind(has: set[str]) -> pl.Expr:
    """Return the kind by the references: repost before quote before reply, as a reply that quotes spreads it."""
    kind = pl.lit(None, dtype=pl.String)
    if "parent_post_id" in has:
        kind = pl.when(pl.col("parent_post_id").is_not_null()).then(pl.lit("reply"))
    for name, verb in (("reply", "replied"), ("quote", "quoted"), ("repost", "reposted")):
        signs = [pl.col(column).is_not_null() for column in (f"{verb}_post_id", f"{verb}_account_id") if column in has]
        if f"is_{name}" in has:
            signs.append(pl.col(f"is_{name}").fill_null(value=False))
        if signs:
            kind = pl.when(pl.any_horizontal(signs)).then(pl.lit(name)).otherwise(kind)
    return kind


def _written_kind(has: set[str]) -> pl.Expr:
    """Return what the text says where no column does: 'RT @name' is a repost, '@name' at the start a reply."""
    if "text" not in has:
        return pl.lit("original")
    knows_replies = has.intersection({"replied_post_id", "replied_account_id", "is_reply", "kind"})
    reply = pl.col("text").str.starts_with("@") if not knows_replies else pl.lit(value=False)
    return (
        pl.when(pl.col("text").str.contains(r"^RT @\w"))
        .then(pl.lit("repost"))
        .when(reply)
        .then(pl.lit("reply"))
        .otherwise(pl.lit("original"))
    )


def _parent(what: str, has: set[str]) -> pl.Expr:
    """Return the post or account of the reference that made the kind, else the general parent column."""
    own = f"parent_{what}"
    parent = pl.col(own) if own in has else pl.lit(None, dtype=pl.String)
    for kind, verb in (("reply", "replied"), ("quote", "quoted"), ("repost", "reposted")):
        name = f"{verb}_{what}"
        if name in has:
            parent = pl.when((pl.col("kind") == kind) & pl.col(name).is_not_null()).then(name).otherwise(parent)
    return parent


GENERIC: Final = Reader(
    name="generic",
    doc="any CSV, TSV, JSON or Parquet table with a row a post: columns by the config or by their names",
    recognise=_recognise,
    columns=_columns,
    platform="generic",
    prepare=with_kinds,
    repeats="differing",
)
