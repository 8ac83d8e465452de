"""An input file of any form: its columns, its first rows, and its rows in batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from cib.errors import InputError
from cib.read.batch import Batch
from cib.read.delimited import Table, csv_batches, csv_header, guess_delimiter
from cib.read.files import InputFile
from cib.read.lines import layout_batches, ndjson_batches, ndjson_names
from cib.read.parquet import parquet_batches, parquet_names
from cib.read.reader import Layout
from cib.settings import SourceSettings

__all__ = ["HEAD_ROWS", "Source", "batches", "first_rows", "open_source", "with_layout"]

HEAD_ROWS: Final = 1000
"""Rows that guesses are checked against."""
_HEAD_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class Source:
    """A file and its columns; ``delimiter`` is '' unless it is delimited text, ``layout`` that of JSON documents."""

    file: InputFile
    names: list[str]
    delimiter: str
    layout: Layout | None = None


def open_source(file: InputFile, settings: SourceSettings) -> Source:
    """Read a file's header.

    Raises
    ------
    InputError
        It has none, or cannot be read.
    """
    if file.form == "csv":
        delimiter = guess_delimiter(file, settings.delimiter)
        return Source(file, csv_header(file, delimiter), delimiter)
    if file.form == "ndjson":
        names = ndjson_names(file, limit=settings.max_row_bytes, depth=settings.max_depth)
        if not names:
            msg = (
                f"'{file.label}' holds no whole JSON object at its beginning. Give objects, one a line or in a list; "
                "of a file that is cut off within its first one nothing can be read."
            )
            raise InputError(msg)
        return Source(file, names, "")
    return Source(file, parquet_names(file), "")


def with_layout(source: Source, layout: Layout) -> Source:
    """Return the source with the rows that its JSON documents become."""
    return replace(source, names=layout.names, layout=layout)


def first_rows(source: Source, settings: SourceSettings) -> pl.DataFrame:
    """Return up to :data:`HEAD_ROWS` sound rows with all columns."""
    for batch in batches(source, source.names, settings, _HEAD_BYTES):
        if len(batch.frame):
            return batch.frame.select(source.names).head(HEAD_ROWS)
    return pl.DataFrame(schema=dict.fromkeys(source.names, pl.String))


def batches(source: Source, wanted: Sequence[str], settings: SourceSettings, size: int) -> Iterator[Batch]:
    """Yield the rows with the wanted columns in batches of about ``size`` bytes of text."""
    limit = settings.max_row_bytes
    if source.file.form == "csv":
        table = Table(source.names, wanted, source.delimiter)
        return csv_batches(source.file, table, size=size, limit=limit, tangles=settings.max_open_quotes)
    if source.layout is not None:
        return layout_batches(source.file, source.layout, size=size, limit=limit, depth=settings.max_depth)
    if source.file.form == "ndjson":
        return ndjson_batches(source.file, wanted, size=size, limit=limit, depth=settings.max_depth)
    return parquet_batches(source.file, wanted, settings, size)
