"""CSV and TSV: bytes into columns of text.

Records are found by :mod:`cib.read.records`; those that are sound are parsed by Arrow, the others refused
with a reason. Rows are numbered by records, blank lines counted; where no field holds a line break that
is the line number.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv

from cib.errors import InputError
from cib.read.batch import RAW, ROW, Batch, refused_rows
from cib.read.files import InputFile, byte_blocks
from cib.read.records import CROOKED, MAX_TANGLES, OPEN, Flags, Ints, Records, find_records

__all__ = ["Table", "csv_batches", "csv_header", "guess_delimiter"]

_DELIMITERS: Final = (",", "\t", ";", "|")
_HEADER_BYTES: Final = 1 << 18
_LINE_END: Final = re.compile(rb"\r\n?|\n")

_RAGGED: Final = 1
_NOT_TEXT: Final = 4
_RAGGED_LINES: Final = 5
_REASONS: Final = {
    _RAGGED: "the row has another number of fields than the header",
    CROOKED: "text follows a closing quote: a quote inside the field is not doubled",
    OPEN: "a quote is opened and not closed before the next row",
    _NOT_TEXT: "the row is not valid in the file's encoding (set input.encoding, such as 'latin-1' or 'cp1252')",
    _RAGGED_LINES: "the row has another number of fields than the header and runs over several lines",
}


@dataclass(frozen=True)
class Table:
    """A delimited file: its column names in order, those that are wanted, and the separator."""

    names: Sequence[str]
    wanted: Sequence[str]
    delimiter: str


def guess_delimiter(file: InputFile, delimiter: str) -> str:
    """Return the delimiter given, or the one that occurs most often in the header outside quotes."""
    if delimiter:
        return delimiter
    first = next(byte_blocks(file, _HEADER_BYTES), b"").decode("utf-8", "replace").lstrip()
    line = re.sub('"[^"]*"', "", first).partition("\n")[0]
    return max(_DELIMITERS, key=line.count)


def csv_header(file: InputFile, delimiter: str) -> list[str]:
    """Return the column names; repeated ones are numbered, nameless ones called 'column_N'.

    Raises
    ------
    InputError
        There is no header, or the delimiter is not a single character.
    """
    if len(delimiter.encode()) != 1:
        msg = f"input.delimiter must be one plain character, such as ',' or '\\t'. Got {delimiter!r}."
        raise InputError(msg)
    start = _closed(next(byte_blocks(file, _HEADER_BYTES), b""))
    records, _ = find_records(start, ord(delimiter), last=True, limit=len(start))
    lines = np.flatnonzero(~records.blank(start))
    if not len(lines):
        msg = f"'{file.label}' has no header line."
        raise InputError(msg)
    raw = start[records.starts[lines[0]] : records.ends[lines[0]]].decode("utf-8", "replace")
    names = next(csv.reader(io.StringIO(raw, newline=""), delimiter=delimiter))
    return _distinct([name.strip() for name in names])


def _distinct(names: list[str]) -> list[str]:
    taken: dict[str, None] = {}
    for position, name in enumerate(names, start=1):
        unique, copy = name or f"column_{position}", 2
        while unique in taken:
            unique, copy = f"{name or 'column'}_{copy}", copy + 1
        taken[unique] = None
    return list(taken)


def csv_batches(file: InputFile, table: Table, *, size: int, limit: int) -> Iterator[Batch]:
    """Yield the rows of a delimited file in batches of about ``size`` bytes.

    An empty cell is an empty string. A record without an end within ``limit`` bytes is given up.

    Raises
    ------
    InputError
        Quotes do not balance in more than :data:`~cib.read.records.MAX_TANGLES` rows.
    """
    delimiter = ord(table.delimiter)
    held, number, tangles, header_seen = b"", 1, 0, False
    for block, last in _with_last(_lines_within(byte_blocks(file, size), limit)):
        data = _closed(held + block) if last else held + block
        half = b"\r" if data.endswith(b"\r") and not last else b""  # its LF may open the next block
        data = data.removesuffix(half)
        records, used = find_records(data, delimiter, last=last, limit=limit)
        held = data[used:] + half
        tangles += int((records.wrong == OPEN).sum())
        if tangles > MAX_TANGLES:
            msg = (
                f"'{file.label}': quotes do not balance in more than {MAX_TANGLES} rows, the last near row {number:,}. "
                "Quote fields as CSV does, and double the quotes inside them."
            )
            raise InputError(msg)
        rows = ~records.blank(data)
        if not header_seen and rows.any():
            rows[np.argmax(rows)] = False
            header_seen = True
        yield _batch(data, _judged(records, data, len(table.names)), rows, number, table)
        number += len(records)


def _with_last(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each block with whether it is the last one."""
    before = next(blocks, b"")
    for block in blocks:
        yield before, False
        before = block
    yield before, True


def _closed(data: bytes) -> bytes:
    return data if not data or data.endswith((b"\n", b"\r")) else data + b"\n"


def _lines_within(blocks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """Cut lines that are longer than ``limit``, so that memory stays bounded.

    The row of such a line comes out with too few fields or with a field that is too long, and is refused.
    """
    length, cut = 0, False
    for block in blocks:
        rest = block
        if cut:
            found = _LINE_END.search(block)
            rest, cut = (block[found.end() :], False) if found else (b"", True)
        tail = len(rest) - max(rest.rfind(b"\n"), rest.rfind(b"\r")) - 1
        length = tail if tail < len(rest) else length + tail
        if length > limit:
            rest, length, cut = rest + b"\n", 0, True
        yield rest


def _judged(records: Records, data: bytes, width: int) -> Records:
    """Mark rows with too few or too many fields, and rows that are not UTF-8."""
    wrong = records.wrong.copy()
    ragged = (wrong == 0) & (records.fields != width)
    wrong[ragged] = np.where(records.lines[ragged] > 1, _RAGGED_LINES, _RAGGED)
    if not _is_utf8(data):
        high = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) >= 0x80)
        suspects = np.unique(np.searchsorted(records.ends, high, side="right"))
        for index in suspects[suspects < len(records)]:
            if wrong[index] == 0 and not _is_utf8(data[records.starts[index] : records.ends[index]]):
                wrong[index] = _NOT_TEXT
    return Records(records.starts, records.ends, records.fields, records.lines, wrong)


def _is_utf8(raw: bytes) -> bool:
    try:
        pl.Series([raw], dtype=pl.Binary).cast(pl.String)  # six times as fast as decoding it
    except pl.exceptions.PolarsError:
        return False
    return True


def _batch(data: bytes, records: Records, rows: Flags, number: int, table: Table) -> Batch:
    """Parse the sound rows of a block and say what is wrong with the others; ``number`` is its first record's."""
    good = np.flatnonzero(rows & (records.wrong == 0))
    refused = [
        (number + int(at), _REASONS[int(records.wrong[at])], data[records.starts[at] : records.ends[at]].rstrip())
        for at in np.flatnonzero(rows & (records.wrong != 0))
    ]
    text, offsets = _gathered(data, records, good)
    raw = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(good), [None, pa.py_buffer(offsets), pa.py_buffer(text)]
    )
    frame = _parsed(text, len(good), table).with_columns(
        pl.Series(ROW, good + number, dtype=pl.UInt32), pl.Series(RAW, raw, dtype=pl.Binary)
    )
    return Batch(frame, refused_rows(refused))


def _gathered(data: bytes, records: Records, good: Ints) -> tuple[bytes, Ints]:
    """Return the bytes of the good records side by side, and where each begins and the last ends."""
    lengths = records.ends[good] - records.starts[good]
    offsets = np.append(0, np.cumsum(lengths)).astype(np.int64)
    first = np.flatnonzero(np.diff(good, prepend=-2) > 1)
    final = np.append(first, len(good))[1:] - 1
    stretches = zip(records.starts[good[first]], records.ends[good[final]], strict=True)
    return b"".join(data[start:end] for start, end in stretches), offsets


def _parsed(text: bytes, rows: int, table: Table) -> pl.DataFrame:
    """Parse sound records; each has the header's number of fields, so Arrow finds as many rows."""
    if not rows:
        return pl.DataFrame(schema=dict.fromkeys(table.wanted, pl.String))
    parsed = pyarrow.csv.read_csv(
        pa.BufferReader(text),
        read_options=pyarrow.csv.ReadOptions(column_names=list(table.names), block_size=len(text) + 1),
        parse_options=pyarrow.csv.ParseOptions(delimiter=table.delimiter, newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(table.names, pa.string()), include_columns=list(table.wanted), check_utf8=False
        ),
    )
    if parsed.num_rows != rows:
        msg = (
            f"{rows:,} records were parsed as {parsed.num_rows:,} rows, near {text[:80].decode('utf-8', 'replace')!r}."
        )
        raise InputError(msg)
    return pl.DataFrame({name: pl.Series(name, parsed[name]) for name in table.wanted})
