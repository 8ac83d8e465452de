"""What comes of tracing a layer, and how popular an object is."""

from dataclasses import dataclass, field
from typing import Final

import polars as pl

__all__ = ["ORDER", "OWN", "POPULARITY_BANDS", "Traced", "band_of"]

POPULARITY_BANDS: Final = (5, 20, 80)
"""Objects with up to 5, 20, 80 and more accounts are counted apart: what two accounts share of the rare is not
drowned by the popular."""

OWN: Final = {"object": pl.UInt32, "post": pl.UInt32}
ORDER: Final = {"account": pl.UInt32, "first": pl.UInt32}


@dataclass(frozen=True)
class Traced:
    """The traces of one layer, their objects, and why acts were left out.

    Attributes
    ----------
    traces, objects, ledger : TRACES, OBJECTS, LEDGER.
    interval_s : CooRnet's estimate of the coordination interval, which is the bins' width; None if not asked, or if
        there is nothing to estimate it from.
    own : object, post: acts of a post on itself, once each, sorted; empty unless `loops` is 'drop_ids'.
    order : account, first: the first row of each account that is an act of the layer, by account; empty if `loops` is
        'drop'. CooRTweet breaks ties by it.
    """

    traces: pl.DataFrame
    objects: pl.DataFrame
    ledger: pl.DataFrame
    interval_s: float | None = None
    own: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=OWN))
    order: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ORDER))


def band_of(accounts: str) -> pl.Expr:
    """Return the popularity band of an object by the column that holds its accounts."""
    return pl.sum_horizontal(pl.col(accounts) > most for most in POPULARITY_BANDS).cast(pl.UInt8)
