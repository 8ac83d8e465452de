"""Parquet: row groups into batches of rows, none of them larger than memory allows.

What the file promises is looked at first (:mod:`cib.read.pages`); what its rows really take is counted as they come.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet

from cib.errors import InputError
from cib.read.batch import ROW, Batch, refused_rows
from cib.read.files import InputFile
from cib.read.packed import most_unpacked, too_much
from cib.read.pages import Chunk, chunks
from cib.settings import SourceSettings

__all__ = ["parquet_batches", "parquet_names"]

_MIN_ROWS: Final = 1000
# A batch may come out so much larger than it should be on average before it is made smaller.
_LEEWAY: Final = 4
_BYTES_A_VALUE: Final = 16


def parquet_names(file: InputFile) -> list[str]:
    """Return a Parquet file's columns.

    Raises
    ------
    InputError
        It cannot be read.
    """
    with _opened(file) as table:
        return list(table.schema_arrow.names)


def parquet_batches(file: InputFile, wanted: Sequence[str], settings: SourceSettings, size: int) -> Iterator[Batch]:
    """Yield the rows with the wanted columns, in their own types, in batches of about ``size`` bytes.

    Raises
    ------
    InputError
        The file cannot be read, or unpacks to more than the config allows.
    """
    number, taken, most = 1, 0, most_unpacked(file.path, settings)
    with _opened(file) as table:
        try:
            promised = _promised(file, table, wanted, settings, most)
            rows = min((_rows_at_once(file, table, *found, size) for found in enumerate(promised)), default=1)
            for batch in table.iter_batches(batch_size=rows, columns=list(wanted)):
                frame = pl.DataFrame(batch).select(wanted).cast({pl.Binary: pl.String, pl.Categorical: pl.String})
                taken += max(batch.nbytes, sum(_text_bytes(column) for column in frame))
                if taken > most:
                    raise InputError(too_much(file.label, most))
                numbers = pl.int_range(number, number + len(frame), dtype=pl.UInt32, eager=True)
                number += len(frame)
                yield Batch(frame.with_columns(numbers.alias(ROW)), refused_rows([]))
        except (pa.ArrowException, pl.exceptions.PolarsError, OSError, ValueError) as error:
            msg = f"'{file.label}' cannot be read after row {number - 1:,}: {error}. Fetch it again."
            raise InputError(msg) from error


def _opened(file: InputFile, read_dictionary: Sequence[str] = ()) -> pyarrow.parquet.ParquetFile:
    try:
        return pyarrow.parquet.ParquetFile(file.path, pre_buffer=False, read_dictionary=list(read_dictionary))
    except (pa.ArrowException, OSError) as error:
        msg = f"'{file.label}' is not readable as Parquet: {error}. Fetch or write it again."
        raise InputError(msg) from error


def _promised(
    file: InputFile, table: pyarrow.parquet.ParquetFile, wanted: Sequence[str], settings: SourceSettings, most: int
) -> list[list[Chunk]]:
    """Return what each row group holds; refuse a file that holds too much.

    Each value takes a byte at least, so a file of few bytes cannot promise any number of rows either.
    """
    groups = [chunks(file.path, table.metadata, group, wanted) for group in range(table.metadata.num_row_groups)]
    pages = [found for group in groups for found in group]
    if sum(found.unpacked for found in pages) > most or table.metadata.num_rows > most:
        raise InputError(too_much(file.label, most))
    large = max((max(found.largest, found.longest) for found in pages), default=0)
    listed = max((found.longest * _BYTES_A_VALUE for found in pages if found.repeated), default=0)
    if max(large, listed) > settings.max_page_bytes:
        msg = (
            f"'{file.label}': a page unpacks to {max(large, listed):,} bytes, as in files that are made to do harm. "
            "Raise input.max_page_bytes if you trust it, or write it anew with pages of the usual size."
        )
        raise InputError(msg)
    return groups


def _rows_at_once(
    file: InputFile, table: pyarrow.parquet.ParquetFile, group: int, found: list[Chunk], size: int
) -> int:
    """Return how many rows of a group make a batch of about ``size`` bytes, fewer where values are very long."""
    mean = sum(chunk.unpacked for chunk in found) / max(table.metadata.row_group(group).num_rows, 1)
    usual = max(_MIN_ROWS, int(size / max(mean, 1)))
    widest = sum(chunk.widest for chunk in found)
    doubtful = {chunk.path: chunk.dictionary for chunk in found if usual * chunk.dictionary > _LEEWAY * size}
    widest += _longest_entries(file, group, doubtful) if doubtful else 0
    return max(1, min(usual, int(_LEEWAY * size / max(widest, 1))))


def _text_bytes(column: pl.Series) -> int:
    """Return the bytes of a column's texts, each counted as often as it occurs, though it be in memory but once."""
    inner = getattr(column.dtype, "inner", None)
    if inner == pl.String or inner == pl.Categorical:  # noqa: PLR1714 - equal to each of its kind, but not hashed alike
        column = column.explode(empty_as_null=False, keep_nulls=False).cast(pl.String)
    return int(column.str.len_bytes().sum()) if column.dtype == pl.String else 0


def _longest_entries(file: InputFile, group: int, dictionaries: dict[str, int]) -> int:
    """Return the bytes of the longest entries of some columns' dictionaries, without giving any row its value."""
    longest = 0
    for path, whole in dictionaries.items():
        with _opened(file, [path]) as table:
            first = next(table.iter_batches(batch_size=1, row_groups=[group], columns=[path]), None)
        column = first.column(0) if first is not None else pa.array([], pa.string())
        values = column.flatten() if isinstance(column, pa.ListArray | pa.LargeListArray) else column
        entries = values.dictionary if isinstance(values, pa.DictionaryArray) else None
        longest += whole if entries is None else max(pyarrow.compute.binary_length(entries).to_pylist(), default=0)
    return longest
