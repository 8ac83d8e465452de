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

from cib.errors import InputError
from cib.read.batch import ROW, Batch, Raw, refused_rows
from cib.read.files import InputFile, byte_blocks
from cib.read.records import CROOKED, OPEN, Flags, Ints, Records, find_records
from cib.read.regular import arrow_rows, is_utf8, regular_rows

__all__ = ["Table", "csv_batches", "csv_header", "guess_delimiter"]

_DELIMITERS: Final = (",", "\t", ";", "|")
_HEADER_BYTES: Final = 1 << 18
# A spreadsheet may write which separator follows on a line of its own before the header.
_SEPARATOR_LINE: Final = re.compile(rb'\s*"?sep=([,;|\t])"?[\r\n]')
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
    if told := _SEPARATOR_LINE.match(first.encode()):
        return told[1].decode()
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
    lines = np.flatnonzero(~records.blank(start))[_before_header(start) :]
    if not len(lines):
        msg = f"'{file.label}' has no header line. Add one that names the columns."
        raise InputError(msg)
    raw = start[records.starts[lines[0]] : records.ends[lines[0]]].decode("utf-8", "replace")
    names = next(csv.reader(io.StringIO(raw, newline=""), delimiter=delimiter))
    return _distinct([name.strip().strip("\ufeff").strip() for name in names])


def _before_header(start: bytes) -> int:
    """Return how many lines that are not blank stand before the header of a file that begins so."""
    return 1 if _SEPARATOR_LINE.match(start) else 0


def _distinct(names: list[str]) -> list[str]:
    taken: dict[str, None] = {}
    for position, name in enumerate(names, start=1):
        unique, copy = name or f"column_{position}", 2
        while unique in taken:
            unique, copy = f"{name or 'column'}_{copy}", copy + 1
        taken[unique] = None
    return list(taken)


def csv_batches(file: InputFile, table: Table, *, size: int, limit: int, tangles: int = 100) -> Iterator[Batch]:
    """Yield the rows of a delimited file in batches of about ``size`` bytes.

    An empty cell is an empty string. A record without an end within ``limit`` bytes is given up.

    Raises
    ------
    InputError
        Quotes do not balance in more than ``tangles`` rows.
    """
    held, number, opened, header_seen = b"", 1, 0, False
    for block, last in _with_last(_lines_within(byte_blocks(file, size), limit)):
        data = _closed(held + block) if last else held + block
        regular = _regular(data, number, table, last=last, limit=limit) if header_seen else None
        if regular is not None:
            batch, used = regular
            held, number = data[used:], number + len(batch.frame)
            yield batch
            continue
        half = b"\r" if data.endswith(b"\r") and not last else b""  # its LF may open the next block
        data = data.removesuffix(half)
        records, used = find_records(data, ord(table.delimiter), last=last, limit=limit, tangles=tangles)
        held = data[used:] + half
        opened += int((records.wrong == OPEN).sum())
        if opened > tangles:
            raise InputError(_tangled(file, tangles, number))
        rows = ~records.blank(data)
        if not header_seen and rows.any():
            rows[np.flatnonzero(rows)[: 1 + _before_header(data)]] = False
            header_seen = True
        yield _batch(data, _judged(records, data, len(table.names)), rows, number, table)
        number += len(records)


def _tangled(file: InputFile, tangles: int, number: int) -> str:
    return (
        f"'{file.label}': quotes do not balance in more than {tangles} rows (input.max_open_quotes), the last near row "
        f"{number:,}. Quote fields as CSV does, and double the quotes inside them."
    )


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
    if not is_utf8(data):
        high = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) >= 0x80)
        suspects = np.unique(np.searchsorted(records.ends, high, side="right"))
        for index in suspects[suspects < len(records)]:
            if wrong[index] == 0 and not is_utf8(data[records.starts[index] : records.ends[index]]):
                wrong[index] = _NOT_TEXT
    return Records(records.starts, records.ends, records.fields, records.lines, wrong)


def _batch(data: bytes, records: Records, rows: Flags, number: int, table: Table) -> Batch:
    """Parse the sound rows of a block and say what is wrong with the others; ``number`` is its first record's."""
    good = np.flatnonzero(rows & (records.wrong == 0))
    refused = [
        (number + int(at), _REASONS[int(records.wrong[at])], data[records.starts[at] : records.ends[at]].rstrip())
        for at in np.flatnonzero(rows & (records.wrong != 0))
    ]
    text = _gathered(data, records, good)
    frame = _frame(_parsed(text, len(good), table), good + number, table)
    return Batch(frame, refused_rows(refused), _raw(data, records, good))


def _frame(parsed: pa.Table, numbers: Ints, table: Table) -> pl.DataFrame:
    columns = [pl.Series(name, parsed[name], dtype=pl.String) for name in table.wanted]
    return pl.DataFrame([*columns, pl.Series(ROW, numbers, dtype=pl.UInt32)])


def _raw(data: bytes, records: Records, good: Ints) -> Raw:
    starts, ends = records.starts, records.ends
    return lambda places: [data[starts[at] : ends[at]] for at in good[places].tolist()]


def _regular(data: bytes, number: int, table: Table, *, last: bool, limit: int) -> tuple[Batch, int] | None:
    """Return the rows of a block without any fault and the bytes they use up; ``number`` is that of the first."""
    found = regular_rows(data, table.names, table.wanted, table.delimiter, last=last, limit=limit)
    if found is None:
        return None
    parsed, used = found
    numbers = np.arange(number, number + parsed.num_rows, dtype=np.int64)

    def raw(places: Sequence[int]) -> list[bytes]:
        records, _ = find_records(data[:used], ord(table.delimiter), last=False, limit=used)
        return _raw(data, records, np.arange(len(records)))(places)

    return Batch(_frame(parsed, numbers, table), refused_rows([]), raw), used


def _gathered(data: bytes, records: Records, good: Ints) -> bytes:
    """Return the bytes of the good records side by side."""
    first = np.flatnonzero(np.diff(good, prepend=-2) > 1)
    final = np.append(first, len(good))[1:] - 1
    stretches = zip(records.starts[good[first]], records.ends[good[final]], strict=True)
    return b"".join(data[start:end] for start, end in stretches)


def _parsed(text: bytes, rows: int, table: Table) -> pa.Table:
    """Parse sound records; each has the header's number of fields, so Arrow finds as many rows."""
    if not rows:
        return pa.table({name: pa.array([], pa.string()) for name in table.wanted})
    parsed = arrow_rows(text, table.names, table.wanted, table.delimiter)
    if parsed.num_rows != rows:
        msg = (
            f"{rows:,} records were parsed as {parsed.num_rows:,} rows, near {text[:80].decode('utf-8', 'replace')!r}. "
            "Report it: it is a fault of cib."
        )
        raise InputError(msg)
    return parsed
