"""Shared minutes: two accounts are active in the same minutes, whatever they post.

The object is the minute. Same-minute activity is mostly organic (people are awake at the same hours), so chance is
judged within each hour of the calendar (``strata = ["hour"]``): given that both posted in that hour, how often
would they hit the same minute? The layer only supports edges that other layers make.
"""

import polars as pl

from cib.settings import LayerSettings

__all__ = ["timing"]


def timing(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the minute of a post (UTC)."""
    del layer
    return pl.col("time").dt.truncate("1m").dt.to_string("%Y-%m-%d %H:%M"), pl.col("example")
