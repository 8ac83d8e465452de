"""Sums that do not depend on the number of cores."""

import polars as pl

__all__ = ["exact_sum"]


def exact_sum(values: pl.Expr) -> pl.Expr:
    """Return the sum to the ninth decimal, in whole numbers.

    A sum of floats depends on the order of its terms, which neither a join nor a grouping on several cores promises;
    the same inputs must give the same bytes on every machine. Good for totals below 9e9.

    Examples
    --------
    >>> pl.select(exact_sum(pl.lit(pl.Series([0.1, 0.2, 0.3])))).item()
    0.6
    """
    return (values * 1e9).round().cast(pl.Int64).sum() / 1e9
