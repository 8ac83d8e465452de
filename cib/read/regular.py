"""The quick way through delimited text that has nothing wrong with it.

A block is regular if its quotes open at a field's start and close at its end, its line ends are LF or CR LF, it
is UTF-8, has no blank line, and every row has the header's number of fields. Then Arrow finds the same rows as
:mod:`cib.read.records`, and nothing is left to refuse. Of any other block nothing is taken: records are found first.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv

from cib.read.records import Flags, Ints, quote_states, within

__all__ = ["arrow_rows", "is_utf8", "regular_rows"]

_LF: Final = 10
_MAX_LOOKS: Final = 3
_LEAST_WIDTH: Final = 2


def regular_rows(
    data: bytes, names: Sequence[str], wanted: Sequence[str], delimiter: str, *, last: bool, limit: int
) -> tuple[pa.Table, int] | None:
    """Return the wanted columns of the whole rows of a block and the bytes they use up; None if it is not regular.

    Parameters
    ----------
    data : text that begins at a row's start, the header excluded. The last block must end in a line end.
    last : whether no other block follows.
    limit : bytes of an unfinished row above which the block is left to the slow way.
    """
    returns = data.count(b"\r")
    if len(names) < _LEAST_WIDTH or (returns and returns != data.count(b"\r\n")):
        return None
    quoted = _quotes(data, delimiter)
    used = 0 if quoted is None else _end(data, *quoted)
    if quoted is None or not used or len(data) - used > (0 if last else limit) or not is_utf8(data[:used]):
        return None
    try:
        table = arrow_rows(data[:used], names, wanted, delimiter)
    except pa.ArrowInvalid:
        return None
    ends = data.count(b"\n", 0, used)
    if table.num_rows != ends and quoted[1].any():
        ends -= _held_ends(data[:used], *quoted)
    return (table, used) if table.num_rows == ends else None


def arrow_rows(text: bytes, names: Sequence[str], wanted: Sequence[str], delimiter: str) -> pa.Table:
    """Parse rows of text into columns of text.

    Raises
    ------
    pyarrow.ArrowInvalid
        A row has another number of fields than there are names.
    """
    return pyarrow.csv.read_csv(
        pa.BufferReader(text),
        read_options=pyarrow.csv.ReadOptions(column_names=list(names), block_size=len(text) + 1),
        parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), include_columns=list(wanted), check_utf8=False
        ),
    )


def is_utf8(raw: bytes) -> bool:
    """Whether bytes are UTF-8; polars asks six times as fast as decoding them would."""
    try:
        pl.Series([raw], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def _quotes(data: bytes, delimiter: str) -> tuple[Ints, Flags] | None:
    """Return where quotes may change the state and whether a field is open after each; None if a quote is astray."""
    runs, inside, crooked = quote_states(np.frombuffer(data, dtype=np.uint8), ord(delimiter))
    return None if len(crooked) else (runs, inside)


def _end(data: bytes, runs: Ints, inside: Flags) -> int:
    """Return where the last whole row ends, 0 if that is not found at once."""
    end = len(data)
    for _ in range(_MAX_LOOKS):
        end = data.rfind(b"\n", 0, end)
        opened = int(np.searchsorted(runs, end)) - 1
        if end < 0 or opened < 0 or not inside[opened]:
            break
        end = int(runs[opened])
    else:
        return 0
    return end + 1


def _held_ends(data: bytes, runs: Ints, inside: Flags) -> int:
    """Return the number of line ends inside quotes."""
    feeds = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == _LF)
    return int(within(feeds, runs, inside).sum())
