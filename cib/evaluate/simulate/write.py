"""A world as files: posts and accounts that any reader takes, the truth, and the settings that made it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal, TypeAlias

import polars as pl

from cib import config
from cib.errors import RunError
from cib.evaluate.simulate.tables import POSTS
from cib.settings.values import Section

__all__ = ["FORMS", "Form", "write"]

Form: TypeAlias = Literal["parquet", "csv", "ndjson"]
FORMS: Final[tuple[Form, ...]] = ("parquet", "csv", "ndjson")

_SETTINGS: Final = "simulation.toml"
_ROWS: Final = 100_000
"""Rows of a Parquet row group."""


def write(
    folder: Path,
    posts: Iterable[pl.DataFrame],
    accounts: pl.DataFrame | None,
    truth: pl.DataFrame,
    settings: Section,
    form: Form = "parquet",
) -> Path:
    """Write posts, accounts, truth.csv, the settings and a config to run them with; return the config's path.

    Parameters
    ----------
    folder : a new folder, or one that an earlier call filled.
    posts : batches; each is written before the next is made.
    accounts : None: there is no table of accounts.

    Raises
    ------
    RunError
        The folder holds something else, or cannot be written.
    """
    if folder.exists() and not (folder.is_dir() and ((folder / _SETTINGS).exists() or not any(folder.iterdir()))):
        msg = f"'{folder}' is there and holds no simulation. Give a new folder by --out."
        raise RunError(msg)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _SETTINGS).write_text(config.dump(settings), encoding="utf-8")
        _write_batches(folder / f"posts.{form}", posts, form)
        if accounts is not None:
            _write_batches(folder / f"accounts.{form}", [accounts], form)
        truth.write_csv(folder / "truth.csv")
        return _run_config(folder, form, with_accounts=accounts is not None)
    except OSError as error:
        msg = f"'{folder}' cannot be written ({error.strerror}). Choose another folder with --out."
        raise RunError(msg) from error


def _run_config(folder: Path, form: Form, *, with_accounts: bool) -> Path:
    name = folder.resolve().name
    path = folder / f"{name if name != Path(_SETTINGS).stem else 'run'}.toml"
    lines = ["[input]", f'files = ["posts.{form}"]', 'format = "generic"']
    lines += [f'accounts = ["accounts.{form}"]'] if with_accounts else []
    lines += ["", "[input.columns]", *(f'{column} = "{column}"' for column in POSTS)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _write_batches(path: Path, batches: Iterable[pl.DataFrame], form: Form) -> None:
    if form == "parquet":
        _write_parquet(path, batches)
        return
    with path.open("wb") as file:
        for number, batch in enumerate(batches):
            if form == "csv":
                _flat(batch).write_csv(file, include_header=number == 0)
            else:
                file.write(batch.with_columns(_iso(batch)).write_ndjson().encode())


def _write_parquet(path: Path, batches: Iterable[pl.DataFrame]) -> None:
    import pyarrow.parquet as pq

    writer = None
    try:
        for batch in batches:
            table = batch.with_columns(pl.col(pl.Enum).cast(pl.String)).to_arrow()
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table, row_group_size=_ROWS)
    finally:
        if writer is not None:
            writer.close()


def _iso(batch: pl.DataFrame) -> list[pl.Expr]:
    """Return times as ISO 8601 with their zone, to the microsecond."""
    times = [name for name, dtype in batch.schema.items() if dtype.base_type() is pl.Datetime]
    return [pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ") for name in times]


def _flat(batch: pl.DataFrame) -> pl.DataFrame:
    """Return a table without lists: each as a JSON list, null where there is none."""
    lists = [name for name, dtype in batch.schema.items() if dtype.base_type() is pl.List]
    quoted = [
        pl.when(pl.col(name).is_not_null()).then(
            pl.lit("[") + pl.col(name).list.eval(_quoted()).list.join(", ") + pl.lit("]")
        )
        for name in lists
    ]
    return batch.with_columns(*(cells.alias(name) for name, cells in zip(lists, quoted, strict=True)), *_iso(batch))


def _quoted() -> pl.Expr:
    item = pl.element().str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    return pl.concat_str(pl.lit('"'), item.str.replace_all(r"[\x00-\x1f]", " "), pl.lit('"'))
