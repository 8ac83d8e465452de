"""The run's tables as people open them in a spreadsheet."""

import polars as pl

from cib.contract import Table

__all__ = ["accounts_wide", "few", "told"]


def told(frame: pl.DataFrame, table: Table, least: int) -> pl.DataFrame:
    """Return a table with every number of accounts below `least` as text, '<5'; with 0 as it is."""
    people = [name for name, column in table.columns.items() if column.people] if least else []
    return frame.with_columns(few(pl.col(name), least).alias(name) for name in people)


def few(number: pl.Expr, least: int) -> pl.Expr:
    """Return a number of accounts as text, those below `least` as '<5'."""
    return pl.when(number < least).then(pl.lit(f"<{least}")).otherwise(number.cast(pl.String))


def accounts_wide(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Return one row per account that is in a network or has indicators; value and percentile of each side by side."""
    indicators = tables["indicators"].select("account_id", "name", "value", "percentile")
    wide = indicators.pivot(on="name", index="account_id", values=["value", "percentile"], maintain_order=False)
    wide = wide.select("account_id", *sorted(name for name in wide.columns if name != "account_id"))
    joined = tables["members"].filter("home").drop("home").join(wide, on="account_id", how="full", coalesce=True)
    known = tables["accounts"].select(
        "account_id", "handle", "name", "created_at", "followers", "following", "post_count", known_label="label"
    )
    return joined.join(known, on="account_id", how="left").sort("network", "account_id", nulls_last=True)
