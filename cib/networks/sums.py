"""Sums that do not depend on the number of cores."""

import polars as pl

__all__ = ["exact_sum"]


def exact_sum(values: pl.Expr) -> pl.Expr:
    """Return the sum to the ninth decimal, in whole numbers.

    A sum of floats depends on the order of its terms, which neither a join nor a grouping on several cores promises;
    the same inputs must give the same bytes on every machine. The whole numbers have 128 bits: weights may be counts.

    Examples
    --------
    >>> pl.select(exact_sum(pl.lit(pl.Series([0.1, 0.2, 0.3])))).item()
    0.6
    >>> pl.select(exact_sum(pl.lit(pl.Series([9e9, 9e9])))).item()
    18000000000.0
    """
    total = (values * 1e9).round().cast(pl.Int128).sum()
    # polars divides by 1e9 as times 1e-9, which makes 30.000000000000004 of 30: counts must stay whole
    return total // 10**9 + total % 10**9 / 1e9
