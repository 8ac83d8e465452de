"""Traces whose object is what the post already names: hashtag, mention, reply, media, object; and the post itself.

'anything' has one object, on which every post is an act: with a window, who posts at the same time as whom,
whatever they post (``co_post`` of the coordination-network-toolkit).
"""

import polars as pl

from cib.settings import LayerSettings

__all__ = ["anything", "folded", "hashtag", "media", "mention", "named_object", "reply"]


def folded(name: pl.Expr, sign: str) -> pl.Expr:
    """Return a name without regard to case and width, and without the sign before it."""
    return name.str.normalize("NFKC").str.strip_chars().str.strip_prefix(sign).str.to_lowercase()


def hashtag(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the hashtags of a post; case, width and the leading '#' do not count."""
    del layer
    return pl.col("hashtags"), folded(pl.col("example"), "#")


def mention(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the accounts that a post mentions; case and the leading '@' do not count."""
    del layer
    return pl.col("mentions"), folded(pl.col("example"), "@")


def reply(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the post that a post replies to."""
    del layer
    return pl.col("parent_post_id"), pl.col("example")


def media(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the media ids or hashes of a post: exact identity, as the source has it."""
    del layer
    return pl.col("media"), pl.col("example")


def named_object(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return whatever else the source names as shared."""
    del layer
    return pl.col("objects"), pl.col("example")


def anything(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return one object for all posts."""
    del layer
    return pl.when(pl.col("post").is_not_null()).then(pl.lit("a post")), pl.col("example")
