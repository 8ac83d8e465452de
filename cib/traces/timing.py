"""Shared minutes: two accounts are active in the same minutes, whatever they post.

The object is the minute, or the bin if ``bin`` is set: Pacheco et al. 2021 take 30 minutes, laid from the first post of
the data (``bin_start = "first"``: here, the layer's). Same-minute activity is mostly organic (people are awake at the
same hours), so chance is judged within each hour of the calendar (``strata = ["hour"]``): given that both posted in
that hour, how often would they hit the same minute? The layer only supports edges that other layers make.
"""

from datetime import timedelta
from typing import Final

import polars as pl

from cib.settings import LayerSettings
from cib.traces.bins import begin, shown

__all__ = ["timing", "with_first"]

_MINUTE: Final = timedelta(minutes=1)


def timing(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the minute of a post (UTC), or when its bin began."""
    width = _MINUTE if layer.bin is None else layer.bin
    first = pl.col("first_at") if layer.bin_start == "first" else None
    return shown(begin(pl.col("time"), width, first), layer, width), pl.col("example")


def with_first(posts: pl.LazyFrame, layer: LayerSettings) -> pl.LazyFrame:
    """Return the posts with `first_at`, when the first of the layer's kinds was posted, if bins begin there."""
    if layer.bin_start != "first":
        return posts
    of_kind = pl.col("kind").is_in(list(layer.kinds))
    return posts.with_columns(first_at=pl.col("created_at").filter(of_kind).min())
