"""What is known of each account: the latest word of its posts, overruled by an account table."""

from collections.abc import Iterable
from typing import Final

import polars as pl

from cib.read.fields import ACCOUNT_FIELDS
from cib.tables import ACCOUNTS

__all__ = ["latest", "newest", "numbered", "observed", "overlay"]

_MERGED_AT_ONCE: Final = 100_000


def observed(posts: pl.DataFrame) -> pl.DataFrame:
    """Return, for each account, the last known value of each field in these posts and the time it is from.

    Returns
    -------
    account_id, platform, and for each account field F in the posts the columns F and 'F at'.
    """
    fields = [name for name in ACCOUNT_FIELDS if name in posts.columns]
    times = [pl.col("created_at").filter(pl.col(name).is_not_null()).last().alias(f"{name} at") for name in fields]
    return (
        posts.select("account_id", "platform", "created_at", *fields)  # texts would be sorted with them
        .sort("created_at", maintain_order=True)
        .group_by("account_id", maintain_order=True)
        .agg(pl.col("platform").first(), *[pl.col(name).drop_nulls().last() for name in fields], *times)
    )


def latest(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Merge the frames of :func:`observed`, in reading order: one row an account, the last known value of each field.

    Of two values with the same time the one read later counts. Memory is that of the accounts, not the posts: what has
    been read is merged whenever it has grown to twice the accounts.
    """
    held: list[pl.DataFrame] = []
    rows, merged = 0, 0
    for part in parts:
        held.append(part)
        rows += len(part)
        if rows > 2 * merged + _MERGED_AT_ONCE:
            held = [newest(pl.concat(held, how="diagonal"))]
            rows = merged = len(held[0])
    frame = newest(pl.concat(held, how="diagonal"))
    return frame.select(name for name in frame.columns if not name.endswith(" at"))


def newest(frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row an account in the form of :func:`observed`."""
    fields = [name for name in ACCOUNT_FIELDS if name in frame.columns]
    values = [
        pl.col(name).sort_by(f"{name} at", nulls_last=False, maintain_order=True).drop_nulls().last() for name in fields
    ]
    times = [pl.col(f"{name} at").max() for name in fields]
    return frame.group_by("account_id", maintain_order=True).agg(pl.col("platform").first(), *values, *times)


def overlay(known: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Return the accounts with the table's values in place of the posts' wherever the table has one."""
    table = table.select("account_id", pl.exclude("account_id", "platform").name.prefix("table "))
    joined = known.join(table, on="account_id", how="left", maintain_order="left")
    fields = [name for name in ACCOUNT_FIELDS if f"table {name}" in joined.columns]
    values = [
        pl.coalesce(f"table {name}", name).alias(name) if name in known.columns else pl.col(f"table {name}").alias(name)
        for name in fields
    ]
    return joined.with_columns(values)


def numbered(known: pl.DataFrame) -> pl.DataFrame:
    """Return the ACCOUNTS table: sorted by account_id and numbered in that order."""
    ordered = known.sort("account_id").with_row_index("account")
    named = ordered.rename({"account_created_at": "created_at"}, strict=False)
    return ACCOUNTS.shape(named.select(name for name in named.columns if name in ACCOUNTS.columns))
