"""Shared reposts: two accounts repost the same post.

The object is the id of the reposted post. Where the source lost it (the IRA files did), it is the repost's
text, if that is long enough (see :mod:`cib.texts`).
"""

from typing import Final

import polars as pl

from cib.settings import LayerSettings
from cib.texts import long_enough

__all__ = ["ID", "repost"]

ID: Final = "id:"
"""Stands before the id of a post in a key; keys that are texts hold no colon."""


def repost(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return what identifies the reposted post: its id, or else its text."""
    example = pl.coalesce(pl.lit(ID) + pl.col("parent_post_id"), pl.col("text"))
    known = pl.col("example").str.starts_with(ID)
    words = pl.col("words")
    return example, pl.when(known).then(pl.col("example")).when(long_enough(words, layer.min_words)).then(words)
