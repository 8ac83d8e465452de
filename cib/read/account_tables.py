"""Account tables that the user adds: profiles, or labels for evaluation."""

from pathlib import Path
from typing import Final

import polars as pl

from cib.errors import ConfigError, InputError
from cib.read.columns import Mapped, guess, mapped_columns, overrule, plain_name
from cib.read.fields import ACCOUNT_FIELDS, FIELDS
from cib.read.files import expand, labels, look_at
from cib.read.rows import NO_ACCOUNT, as_platform, field_values
from cib.read.source import Source, batches, first_rows, open_source
from cib.read.tally import Tally
from cib.read.times import TimeRule, utc_times
from cib.settings import SourceSettings

__all__ = ["account_mapping", "account_table"]

_BATCH_BYTES: Final = 8 << 20
# In an account table the plain names mean the account.
_OWN_NAMES: Final = {"created_at": "account_created_at"}
_KEYS: Final = ("id_str", "id")


def account_table(settings: SourceSettings, root: Path, known: pl.DataFrame, tally: Tally) -> pl.DataFrame:
    """Read ``settings.accounts``.

    Parameters
    ----------
    known : account_id and platform of the accounts in the posts. Of several columns that may be the key the one
        that names most of them is taken. A table without platforms names an account if only one platform
        has such an id.
    tally : where rows that are refused are counted.

    Returns
    -------
    account_id and the account fields found; one row an account, the last known value of each field.

    Raises
    ------
    InputError, ConfigError
        As for posts; also when no column names an account of the posts.
    """
    paths = expand(settings.accounts, root)
    names = labels(paths)
    ids = known.select("account_id", id=pl.col("account_id").str.extract(r"(?s)^[^:]*:(.*)$"))
    ids = ids.filter(pl.col("id").is_unique())
    tables = [
        _one_table(open_source(look_at(path, names[path], settings), settings), settings, ids, tally) for path in paths
    ]
    whole = pl.concat(tables, how="diagonal")
    return whole.group_by("account_id", maintain_order=True).agg(pl.all().drop_nulls().last())


def _one_table(source: Source, settings: SourceSettings, ids: pl.DataFrame, tally: Tally) -> pl.DataFrame:
    mapped = account_mapping(source, settings, ids)
    where = f"{source.file.label} (account table)"
    rows = []
    for batch in batches(source, mapped_columns(mapped), settings, _BATCH_BYTES):
        tally.rows[where] += len(batch.frame) + len(batch.refused)
        tally.refuse(where, batch.refused)
        rows.append(field_values(batch.frame, mapped))
    table = pl.concat(rows)
    nameless = table["account_id"].null_count()
    tally.drop(where, NO_ACCOUNT, nameless, [])
    if nameless == len(table):
        msg = f"'{source.file.label}' has no account rows. Take it out of input.accounts."
        raise InputError(msg)
    return _identified(table.filter(pl.col("account_id").is_not_null()), settings, ids)


def _identified(table: pl.DataFrame, settings: SourceSettings, ids: pl.DataFrame) -> pl.DataFrame:
    """Give the accounts their ids in this run, and their times."""
    if "account_created_at" in table.columns:
        rule = TimeRule(settings.timezone or "UTC")
        table = table.with_columns(account_created_at=utc_times(table["account_created_at"], rule)["at"])
    table = table.rename({"account_id": "id"}).join(ids, on="id", how="left", maintain_order="left")
    default = pl.format("{}:{}", pl.lit(as_platform(settings.platform or "generic")), "id")
    named = pl.format("{}:{}", pl.col("platform").str.to_lowercase(), "id") if "platform" in table.columns else None
    account = pl.coalesce([option for option in (named, pl.col("account_id"), default) if option is not None])
    return table.with_columns(account_id=account).drop("id", "platform", strict=False)


def account_mapping(source: Source, settings: SourceSettings, ids: pl.DataFrame | None = None) -> Mapped:
    """Return which column of an account table is which field.

    Parameters
    ----------
    ids : account_id and id of the accounts that the table may be about: the key is the column that names most of them.
        None: the key is guessed by its name.

    Raises
    ------
    InputError, ConfigError
        ``account_columns`` names a field or a column that is not there; no column is the key.
    """
    chosen = {_OWN_NAMES.get(target, target): name for target, name in settings.account_columns.items()}
    for target in chosen:
        if target not in (*ACCOUNT_FIELDS, "account_id", "platform"):
            fields = ", ".join(("account_id", "platform", *ACCOUNT_FIELDS))
            msg = f"input.account_columns: '{target}' is not a field of the account table. Fields: {fields}."
            raise ConfigError(msg)
    head = first_rows(source, settings)
    guessed = guess(head, [*(["account_id"] if ids is None else []), *ACCOUNT_FIELDS, "platform"])
    columns = dict(guessed.columns)
    created = next((name for name in source.names if plain_name(name) in {"created_at", "created_utc", "created"}), "")
    if created and "account_created_at" not in columns:
        columns["account_created_at"] = (created,)
    if "account_id" not in chosen and ids is not None:
        chosen["account_id"] = _key(source, settings, ids)
    elif "account_id" not in chosen and "account_id" not in columns:
        msg = (
            f"'{source.file.label}': no column names the account. Set account_id to one of: {', '.join(source.names)}."
        )
        raise InputError(msg)
    return overrule(Mapped(columns), chosen, source.names, source.file.label, "input.account_columns")


def _key(source: Source, settings: SourceSettings, ids: pl.DataFrame) -> str:
    """Return the column that names most accounts of the posts."""
    plain = {plain_name(name): name for name in reversed(source.names)}
    likely = [plain[alias] for alias in (*FIELDS["account_id"].names, *_KEYS) if alias in plain]
    hits = dict.fromkeys([*likely, *source.names], 0)
    for batch in batches(source, list(hits), settings, _BATCH_BYTES):
        for name in hits:
            values = field_values(batch.frame, Mapped({"account_id": (name,)}))["account_id"].drop_nulls().unique()
            hits[name] += int(values.is_in(ids["id"].implode()).sum())
    best = max(hits, key=lambda name: hits[name])
    if not hits[best]:
        msg = (
            f"'{source.file.label}': no column names an account of the posts, such as '{next(iter(ids['id']), '')}'. "
            f"Set input.account_columns.account_id to one of: {', '.join(source.names)}."
        )
        raise InputError(msg)
    return best
