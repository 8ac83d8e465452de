"""Account tables that the user adds: profiles, or labels for evaluation."""

from pathlib import Path
from typing import Final

import polars as pl

from cib.errors import ConfigError, InputError
from cib.read.columns import Mapped, guess, mapped_columns, overrule, plain_name
from cib.read.fields import ACCOUNT_FIELDS, FIELDS
from cib.read.files import expand, labels, look_at
from cib.read.rows import as_platform, field_values
from cib.read.source import Source, batches, first_rows, open_source
from cib.read.times import TimeRule, utc_times
from cib.settings import InputSettings

__all__ = ["account_table"]

_BATCH_BYTES: Final = 8 << 20
# In an account table the plain names mean the account.
_OWN_NAMES: Final = {"created_at": "account_created_at"}
_KEYS: Final = ("id_str", "id")


def account_table(settings: InputSettings, root: Path, known: pl.DataFrame) -> pl.DataFrame:
    """Read ``settings.accounts``.

    Parameters
    ----------
    known : account_id and platform of the accounts in the posts: of several columns that may be the key
        the one that names most of them is taken, and their platform if they have only one.

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
    tables = [
        _one_table(open_source(look_at(path, names[path], settings), settings), settings, known) for path in paths
    ]
    whole = pl.concat(tables, how="diagonal")
    return whole.group_by("account_id", maintain_order=True).agg(pl.all().drop_nulls().last())


def _one_table(source: Source, settings: InputSettings, known: pl.DataFrame) -> pl.DataFrame:
    mapped = _mapping(source, settings, known)
    wanted = mapped_columns(mapped)
    rows = [
        field_values(batch.frame, mapped)
        for batch in batches(source, wanted, settings, _BATCH_BYTES)
        if len(batch.frame)
    ]
    if not rows:
        msg = f"'{source.file.label}' has no account rows."
        raise InputError(msg)
    table = pl.concat(rows)
    if "account_created_at" in table.columns:
        rule = TimeRule(settings.timezone or "UTC")
        table = table.with_columns(account_created_at=utc_times(table["account_created_at"], rule)["at"])
    platforms = pl.lit(_platform(settings, known))
    if "platform" in table.columns:
        platforms = pl.coalesce(pl.col("platform").str.to_lowercase(), platforms)
    table = table.filter(pl.col("account_id").is_not_null())
    return table.with_columns(account_id=pl.format("{}:{}", platforms, "account_id")).drop("platform", strict=False)


def _platform(settings: InputSettings, known: pl.DataFrame) -> str:
    seen = known["platform"].unique().to_list()
    return str(seen[0]) if len(seen) == 1 else as_platform(settings.platform or "generic")


def _mapping(source: Source, settings: InputSettings, known: pl.DataFrame) -> Mapped:
    chosen = {_OWN_NAMES.get(target, target): name for target, name in settings.account_columns.items()}
    for target in chosen:
        if target not in (*ACCOUNT_FIELDS, "account_id", "platform"):
            fields = ", ".join(("account_id", "platform", *ACCOUNT_FIELDS))
            msg = f"input.account_columns: '{target}' is not a field of the account table. Fields: {fields}."
            raise ConfigError(msg)
    head = first_rows(source, settings)
    guessed = guess(head, [*ACCOUNT_FIELDS, "platform"])
    columns = dict(guessed.columns)
    created = next((name for name in source.names if plain_name(name) in {"created_at", "created_utc", "created"}), "")
    if created and "account_created_at" not in columns:
        columns["account_created_at"] = (created,)
    if "account_id" not in chosen:
        chosen["account_id"] = _key(source, settings, known)
    return overrule(Mapped(columns), chosen, source.names, source.file.label, "input.account_columns")


def _key(source: Source, settings: InputSettings, known: pl.DataFrame) -> str:
    """Return the column that names most accounts of the posts."""
    plain = {plain_name(name): name for name in reversed(source.names)}
    candidates = [plain[alias] for alias in (*FIELDS["account_id"].names, *_KEYS) if alias in plain]
    platform = _platform(settings, known)
    hits = dict.fromkeys(candidates, 0)
    for batch in batches(source, candidates, settings, _BATCH_BYTES):
        for name in candidates:
            ids = field_values(batch.frame, Mapped({"account_id": (name,)}))["account_id"].drop_nulls().unique()
            found = ids.to_frame().select(pl.format("{}:{}", pl.lit(platform), "account_id")).to_series()
            hits[name] += int(found.is_in(known["account_id"].implode()).sum())
    best = max(hits, key=lambda name: hits[name], default="")
    if not best or not hits[best]:
        msg = (
            f"'{source.file.label}': no column names an account of the posts, such as '{known['account_id'][0]}'. "
            f"Set input.account_columns.account_id to one of: {', '.join(source.names)}."
        )
        raise InputError(msg)
    return best
