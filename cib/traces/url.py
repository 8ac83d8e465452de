"""Shared links: two posts point to the same page.

Which addresses are of one page is said in :mod:`cib.traces.address`. Nothing is fetched: a short link is its own
object, unless a file says where it leads (:mod:`cib.traces.given`).
"""

import polars as pl

from cib.settings import LayerSettings
from cib.traces.address import canonical

__all__ = ["url"]


def url(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the links of a post and their canonical form."""
    del layer
    return pl.col("urls"), pl.col("example").map_batches(canonical, return_dtype=pl.String)
