"""Pruning to the fixed point: acts that cannot be part of any edge with `min_objects` objects.

An object with one account makes no pair; an account with fewer than `min_objects` such objects makes no edge;
without it, other objects may lose their second account, and so on until nothing changes. The edges are the same
with and without. Expected counts come from the degrees before pruning (see :mod:`cib.link.chance`).
"""

import polars as pl

__all__ = ["prune"]


def prune(traces: pl.DataFrame, min_objects: int) -> pl.DataFrame:
    """Return the traces that are left at the fixed point.

    Linear in traces for each round; a round removes at least one account or object, in practice a few rounds suffice.
    """
    left = traces
    incidence = traces.select("account", "object").unique()
    while True:
        before = len(incidence)
        incidence = incidence.filter(pl.len().over("object") > 1)
        incidence = incidence.filter(pl.len().over("account") >= min_objects)
        if len(incidence) == before:
            return left.join(incidence, on=["account", "object"], how="semi", maintain_order="left")
