"""Which reader reads a file, and which of its columns is which field. Nothing is guessed later than here."""

import difflib
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from cib.errors import ConfigError, InputError
from cib.read.columns import Mapped, mapped_columns, overrule
from cib.read.fields import REQUIRED
from cib.read.files import InputFile, input_files, labels, look_at, look_into
from cib.read.ids import rounded_fields
from cib.read.reader import Reader
from cib.read.registry import READERS
from cib.read.rows import as_platform, time_rule
from cib.read.source import Source, first_rows, open_source, with_layout
from cib.settings import InputSettings, SourceSettings

__all__ = ["Plan", "plan_file", "plan_files", "plan_one"]


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
    settings : how its source is to be read.
    origin : name of its source in the config; '' if there is but one.
    """

    source: Source
    head: pl.DataFrame
    reader: Reader
    why: str
    mapped: Mapped
    settings: SourceSettings
    origin: str = ""

    @property
    def file(self) -> InputFile:
        """The file itself."""
        return self.source.file

    @property
    def notes(self) -> list[str]:
        """Sentences about the source that a report must carry."""
        opened = [self.file.note] if self.file.note else []
        rounded = [f"{why}: different ids may have become one." for why in self.mapped.rounded.values()]
        return opened + self.reader.notes(self.mapped) + rounded

    @property
    def wanted(self) -> list[str]:
        """The columns that are read."""
        return mapped_columns(self.mapped)


def plan_files(settings: InputSettings, root: Path) -> list[Plan]:
    """Decide how every file of every source is read, source by source and in the order of their paths.

    Raises
    ------
    ConfigError, InputError
        As :func:`plan_file`; also when two sources name one file.
    """
    origins: dict[Path, str] = {}
    for origin, source in settings.all_sources.items():
        for path in input_files(source, root):
            if path in origins:
                msg = (
                    f"'{path}' is named by two sources, '{origins[path]}' and '{origin}': its posts would count twice. "
                    "Take it out of one."
                )
                raise InputError(msg)
            origins[path] = origin
    names = labels(list(origins))
    return [
        replace(plan_one(file, settings.all_sources[origin]), origin=origin)
        for path, origin in origins.items()
        for file in look_into(path, names[path], settings.all_sources[origin])
    ]


def plan_file(path: Path, label: str, settings: SourceSettings) -> Plan:
    """Decide how a file is read; all that a config can get wrong about its columns is found here.

    Raises
    ------
    ConfigError
        ``input.format``, ``input.timezone`` or a field of ``input.columns`` is not known.
    InputError
        The file cannot be opened, lacks a mapped column, or has none for the account or the time.
    """
    return plan_one(look_at(path, label, settings), settings)


def plan_one(file: InputFile, settings: SourceSettings) -> Plan:
    """Decide how a file that has been looked at is read; see :func:`plan_file`."""
    label = file.label
    source = open_source(file, settings)
    reader, why = _choose(source, settings)
    source = with_layout(source, reader.layout) if reader.layout else source
    head = first_rows(source, settings)
    mapped = overrule(_mapped(reader, head), settings.columns, source.names, label)
    mapped = replace(mapped, rounded=rounded_fields(head, mapped))
    by_id = settings.id_times != "off" and "post_id" in mapped.columns
    lacking = [name for name in REQUIRED if name not in mapped.columns and not (by_id and name == "created_at")]
    if lacking:
        unknown = " is JSON of no format that is known" if source.file.form == "ndjson" else ""
        alone = " If that is not its header, delete the lines above it." if len(source.names) == 1 else ""
        flags = " ".join(f"--column {name}=COLUMN" for name in lacking)
        msg = (
            f"'{label}'{unknown}: no column looks like {' or '.join(lacking)}. Say which it is, by {flags} or in "
            f"[input.columns]. It has: {', '.join(source.names)}.{alone}"
        )
        raise InputError(msg)
    time_rule(reader, settings)
    if settings.platform and not as_platform(settings.platform):
        msg = f"input.platform {settings.platform!r} is not a name. Write it like 'twitter'."
        raise ConfigError(msg)
    return Plan(source, head, reader, why, mapped, settings)


def _mapped(reader: Reader, head: pl.DataFrame) -> Mapped:
    """Return which column is which field, and of JSON documents where in them that is."""
    mapped = reader.columns(head)
    origins = reader.layout.origins if reader.layout is not None else {}
    return replace(mapped, why=mapped.why | {name: origins[name] for name in mapped.columns if name in origins})


def _choose(source: Source, settings: SourceSettings) -> tuple[Reader, str]:
    if settings.format == "auto":
        return next((reader, why) for reader in READERS.values() if (why := _recognised(source, reader)))
    if settings.format not in READERS:
        close = difflib.get_close_matches(settings.format, READERS, n=1, cutoff=0.4)
        hint = f" Nearest: {close[0]}." if close else ""
        msg = f"input.format '{settings.format}' is not a reader.{hint} Readers: {', '.join(READERS)}, or 'auto'."
        raise ConfigError(msg)
    reader = READERS[settings.format]
    if not _recognised(source, reader):
        names = ", ".join(source.names)
        msg = (
            f"'{source.file.label}' does not have the columns of format '{reader.name}' ({reader.doc}). "
            f"It has: {names}."
        )
        raise InputError(msg)
    return reader, "set in the config"


def _recognised(source: Source, reader: Reader) -> str:
    return reader.recognise(source.names) if reader.layout is None or source.file.form == "ndjson" else ""
