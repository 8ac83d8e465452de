"""A table of accounts with a known label, to train on: the reader of account tables, without posts to match."""

from pathlib import Path
from typing import Final

import polars as pl

from cib.errors import InputError
from cib.read.account_tables import account_mapping
from cib.read.columns import mapped_columns
from cib.read.files import look_at
from cib.read.rows import as_platform, field_values
from cib.read.source import batches, open_source
from cib.read.times import TimeRule, utc_times
from cib.settings import InputSettings
from cib.tables import ACCOUNTS

__all__ = ["labelled_accounts"]

_BATCH_BYTES: Final = 8 << 20
# A file that went through two CSV writers holds cells that are quoted twice.
_TWICE_QUOTED: Final = r'(?s)^"(.*)"$'


def labelled_accounts(path: Path, settings: InputSettings) -> pl.DataFrame:
    """Read accounts with a label.

    Parameters
    ----------
    path : CSV, TSV, NDJSON or Parquet, one row an account.
    settings : `account_columns`, `encoding`, `platform` and the like. Times that the common forms do not fit are tried
        with `time_format`, since such files hold several.

    Returns
    -------
    tables.ACCOUNTS, of accounts with one label. Of an account that is there more than once the last known value of each
    field counts; if its labels differ it is left out.

    Raises
    ------
    InputError, ConfigError
        As for posts; also when no column holds the label, or no account has one.
    """
    source = open_source(look_at(path, path.name, settings), settings)
    mapped = account_mapping(source, settings)
    if "label" not in mapped.columns:
        msg = f"'{path.name}': no column is the label. Say which with label=COLUMN. It has: {', '.join(source.names)}."
        raise InputError(msg)
    read = [
        field_values(batch.frame.with_columns(pl.col(pl.String).str.replace(_TWICE_QUOTED, "${1}")), mapped)
        for batch in batches(source, mapped_columns(mapped), settings, _BATCH_BYTES)
    ]
    rows = pl.concat(read).drop_nulls(["account_id", "label"])
    if rows.is_empty():
        msg = f"'{path.name}': no row has both an account and a label. Say which columns they are, with --column."
        raise InputError(msg)
    return _accounts(_timed(rows, settings), settings)


def _timed(rows: pl.DataFrame, settings: InputSettings) -> pl.DataFrame:
    if "account_created_at" not in rows.columns:
        return rows
    written, zone = rows["account_created_at"], settings.timezone or "UTC"
    at = utc_times(written, TimeRule(zone))["at"]
    if settings.time_format:
        other = utc_times(written, TimeRule(zone, (settings.time_format,)))["at"]
        at = pl.select(pl.coalesce(at, other)).to_series()
    return rows.with_columns(created_at=at).drop("account_created_at")


def _accounts(rows: pl.DataFrame, settings: InputSettings) -> pl.DataFrame:
    platform = pl.lit(as_platform(settings.platform or "generic"))
    if "platform" in rows.columns:
        platform = pl.coalesce(pl.col("platform").str.to_lowercase(), platform)
    named = rows.with_columns(platform=platform).with_columns(account_id=pl.format("{}:{}", "platform", "account_id"))
    whole = named.group_by("account_id", maintain_order=True).agg(
        pl.all().exclude("label").drop_nulls().last(),
        label=pl.when(pl.col("label").n_unique() == 1).then(pl.col("label").first()),
    )
    counts = [name for name in ("followers", "following", "post_count") if name in whole.columns]
    sound = whole.drop_nulls("label").with_columns(pl.when(pl.col(name) >= 0).then(pl.col(name)) for name in counts)
    numbered = sound.sort("account_id").with_columns(account=pl.int_range(pl.len(), dtype=pl.UInt32))
    return ACCOUNTS.shape(
        numbered.select(
            pl.col(name).cast(ACCOUNTS.schema[name]) for name in numbered.columns if name in ACCOUNTS.columns
        )
    )
