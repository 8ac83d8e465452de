"""Colours that people with any colour vision can tell apart, the same in every figure and export.

.. [1] Okabe and Ito (2008), Color Universal Design. https://jfly.uni-koeln.de/color/
"""

from typing import Final

import polars as pl

__all__ = ["GREY", "NETWORK_COLOURS", "TIER_COLOURS", "colours", "layer_colours"]

NETWORK_COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5195", "#8C6D31")
"""For the networks ranked 1 to 8; all others are grey."""

GREY: Final = "#9AA0A6"

TIER_COLOURS: Final = {"A": "#0072B2", "B": "#009E73", "C": "#E69F00"}
"""By tier; grey for those where the tool abstains."""

_LAYER_COLOURS: Final = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#333333",
    "#7A5195",
    "#8C6D31",
    "#888888",
)


def colours(network: pl.Series) -> list[pl.Series]:
    """Return the red, green and blue (0 to 255, named r, g, b) of each account, given its network (null: in none)."""
    ranks = list(range(1, len(NETWORK_COLOURS) + 1))
    return [
        network.replace_strict(
            ranks, [_channel(c, i) for c in NETWORK_COLOURS], default=_channel(GREY, i), return_dtype=pl.Int64
        )
        .fill_null(_channel(GREY, i))
        .alias(name)
        for i, name in enumerate("rgb")
    ]


def _channel(colour: str, i: int) -> int:
    return int(colour[1 + 2 * i : 3 + 2 * i], 16)


def layer_colours(layers: list[str]) -> dict[str, str]:
    """Return a colour for each layer, by the run's order."""
    return {layer: _LAYER_COLOURS[i % len(_LAYER_COLOURS)] for i, layer in enumerate(layers)}
