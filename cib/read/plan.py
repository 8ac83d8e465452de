"""Which reader reads a file, and which of its columns is which field. Nothing is guessed later than here."""

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from cib.errors import ConfigError, InputError
from cib.read.cells import id_cells
from cib.read.columns import Mapped, mapped_columns, overrule
from cib.read.coortweet import COORTWEET
from cib.read.fields import REQUIRED
from cib.read.files import InputFile, look_at
from cib.read.generic import GENERIC
from cib.read.ira import IRA
from cib.read.reader import Reader
from cib.read.rows import as_platform, time_rule
from cib.read.source import Source, first_rows, open_source
from cib.settings import InputSettings

__all__ = ["READERS", "Plan", "plan_file"]

READERS: Final[dict[str, Reader]] = {reader.name: reader for reader in (IRA, COORTWEET, GENERIC)}
"""Every reader by name, in the order in which they may recognise a file; the last one takes any."""

# One id in a thousand ends in 000 by chance.
_ROUNDED_SHARE: Final = 0.2
_FEW_IDS: Final = 10


@dataclass(frozen=True)
class Plan:
    """How one file will be read.

    Attributes
    ----------
    source : the file and its columns.
    head : its first rows, all columns.
    reader : whose layout it has.
    why : why that reader.
    mapped : which column is which field.
    """

    source: Source
    head: pl.DataFrame
    reader: Reader
    why: str
    mapped: Mapped

    @property
    def file(self) -> InputFile:
        """The file itself."""
        return self.source.file

    @property
    def notes(self) -> list[str]:
        """Sentences about the source that a report must carry."""
        return self.reader.notes(self.mapped) + _rounded_notes(self.head, self.mapped)

    @property
    def wanted(self) -> list[str]:
        """The columns that are read."""
        return mapped_columns(self.mapped)


def plan_file(path: Path, label: str, settings: InputSettings) -> Plan:
    """Decide how a file is read; all that a config can get wrong about its columns is found here.

    Raises
    ------
    ConfigError
        ``input.format``, ``input.timezone`` or a field of ``input.columns`` is not known.
    InputError
        The file cannot be opened, lacks a mapped column, or has none for the account or the time.
    """
    source = open_source(look_at(path, label, settings), settings)
    reader, why = _choose(source, settings)
    head = first_rows(source, settings)
    mapped = overrule(reader.columns(head), settings.columns, source.names, label)
    for target in REQUIRED:
        if target not in mapped.columns:
            names = ", ".join(source.names)
            msg = f"'{label}': no column looks like {target}. Set input.columns.{target} to one of: {names}."
            raise InputError(msg)
    time_rule(reader, settings)
    if settings.platform and not as_platform(settings.platform):
        msg = f"input.platform {settings.platform!r} is not a name."
        raise ConfigError(msg)
    return Plan(source, head, reader, why, mapped)


def _choose(source: Source, settings: InputSettings) -> tuple[Reader, str]:
    if settings.format == "auto":
        return next((reader, why) for reader in READERS.values() if (why := reader.recognise(source.names)))
    if settings.format not in READERS:
        close = difflib.get_close_matches(settings.format, READERS, n=1, cutoff=0.4)
        hint = f" Nearest: {close[0]}." if close else ""
        msg = f"input.format '{settings.format}' is not a reader.{hint} Readers: {', '.join(READERS)}, or 'auto'."
        raise ConfigError(msg)
    reader = READERS[settings.format]
    if not reader.recognise(source.names):
        names = ", ".join(source.names)
        msg = (
            f"'{source.file.label}' does not have the columns of format '{reader.name}' ({reader.doc}). "
            f"It has: {names}."
        )
        raise InputError(msg)
    return reader, "set in the config"


def _rounded_notes(head: pl.DataFrame, mapped: Mapped) -> list[str]:
    """Warn of long ids that end in noughts: a spreadsheet may leave no other sign that it rounded them."""
    notes = []
    for target in ("account_id", "post_id", "reposted_post_id", "replied_post_id", "quoted_post_id"):
        if target in mapped.columns:
            name = mapped.columns[target][0]
            long = id_cells(head[name]).drop_nulls().unique()
            long = long.filter(long.str.contains(r"^\d{16,}$"))
            rounded = int(long.str.ends_with("000").sum())
            if len(long) >= _FEW_IDS and rounded > _ROUNDED_SHARE * len(long):
                notes.append(
                    f"Column '{name}' looks rounded ({rounded} of its first {len(long)} ids end in 000): "
                    f"different ids may have become one."
                )
    return notes
