"""Traces whose object is what the post already names: hashtag, mention, reply, media, object."""

import polars as pl

from cib.settings import LayerSettings

__all__ = ["hashtag", "media", "mention", "named_object", "reply"]


def _folded(sign: str) -> pl.Expr:
    return pl.col("example").str.normalize("NFKC").str.strip_chars().str.strip_prefix(sign).str.to_lowercase()


def hashtag(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the hashtags of a post; case, width and the leading '#' do not count."""
    del layer
    return pl.col("hashtags"), _folded("#")


def mention(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the accounts that a post mentions; case and the leading '@' do not count."""
    del layer
    return pl.col("mentions"), _folded("@")


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
