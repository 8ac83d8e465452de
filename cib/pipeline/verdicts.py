"""Verdicts of analysts in a run: the file they stand in, and what of it concerns the run's own networks and accounts.

Two files: one row a verdict, to be read and changed by hand (`verdicts.csv`), and beside it the accounts of the
networks that were judged (`verdicts_members.csv`), by which they are known again.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from cib.errors import InputError
from cib.networks.verdicts import VERDICT_COLUMNS, VERDICT_WORDS, carried
from cib.pipeline.store import digest
from cib.settings import VerdictSettings
from cib.tables import VERDICTS

__all__ = ["DEFAULT_FILE", "Verdicts", "file_of", "members_file", "read_verdicts"]

DEFAULT_FILE: Final = "verdicts.csv"
_KINDS: Final = ("network", "account")


@dataclass(frozen=True)
class Verdicts:
    """A file of verdicts.

    Attributes
    ----------
    rows : columns of :data:`cib.networks.verdicts.VERDICT_COLUMNS`, one row a subject: of several the last.
    judged : subject, account_id of the networks among them.
    """

    rows: pl.DataFrame
    judged: pl.DataFrame

    @property
    def key(self) -> str:
        """What it says, as a hash; '' if it says nothing."""
        told = self.rows.select("kind", "subject", "verdict", "explanation", "note").rows()
        return digest([told, self.judged.sort("subject", "account_id").rows()]) if told else ""

    def of(self, members: pl.DataFrame, accounts: pl.DataFrame, settings: VerdictSettings) -> pl.DataFrame:
        """Return VERDICTS: what concerns these networks (network, account_id) and accounts (account_id)."""
        if self.rows.is_empty():
            return VERDICTS.empty()
        return carried(self.rows, self.judged, members, accounts, settings.min_similarity)


def file_of(settings: VerdictSettings, root: Path, out: Path) -> Path:
    """Return the file of verdicts of a run: the one that the config names, or the run folder's own."""
    return root / settings.file if settings.file else out / DEFAULT_FILE


def members_file(path: Path) -> Path:
    """Return the file beside a file of verdicts that holds the accounts of networks.

    >>> members_file(Path("a/verdicts.csv")).name
    'verdicts_members.csv'
    """
    return path.with_name(f"{path.stem}_members{path.suffix}")


def read_verdicts(path: Path, *, named: bool = False) -> Verdicts:
    """Read a file of verdicts; none is no verdicts, unless the user named it.

    Raises
    ------
    InputError
        It is not there though `named`, cannot be read, lacks a column, or a row says something that is no verdict.
    """
    if not path.is_file():
        if named:
            msg = f"There is no file of verdicts '{path}'. Record one with `cib verdict`, or take it out of [verdicts]."
            raise InputError(msg)
        return Verdicts(pl.DataFrame(schema=dict.fromkeys(VERDICT_COLUMNS, pl.String)), _no_members())
    rows = _read(path, ("kind", "subject", "verdict"))
    rows = rows.with_columns(
        pl.lit(None, dtype=pl.String).alias(name) for name in VERDICT_COLUMNS if name not in rows.columns
    ).select(VERDICT_COLUMNS)
    for column, known in (("kind", _KINDS), ("verdict", VERDICT_WORDS)):
        bad = rows.with_row_index("line", offset=2).filter(~pl.col(column).is_in(known).fill_null(value=False))
        if len(bad):
            msg = f"'{path}', row {bad['line'][0]}: {column} must be {', '.join(known)}. Got '{bad[column][0] or ''}'."
            raise InputError(msg)
    beside = members_file(path)
    judged = _read(beside, ("subject", "account_id")).unique(maintain_order=True) if beside.is_file() else _no_members()
    return Verdicts(rows.unique(["kind", "subject"], keep="last", maintain_order=True), judged)


def _no_members() -> pl.DataFrame:
    return pl.DataFrame(schema={"subject": pl.String, "account_id": pl.String})


def _read(path: Path, needed: tuple[str, ...]) -> pl.DataFrame:
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        why = type(error).__name__
        msg = f"'{path}' cannot be read as a file of verdicts ({why}). Correct it, or take it out of [verdicts]."
        raise InputError(msg) from error
    if missing := [name for name in needed if name not in frame.columns]:
        msg = f"'{path}' has no column {missing[0]}. Add it: a file of verdicts has {', '.join(needed)}."
        raise InputError(msg)
    return frame
