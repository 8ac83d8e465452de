"""Where the records of delimited text begin and end.

They are found here and not by a CSV library, because a library that meets a stray quote either stops or
swallows the rows up to the next quote in silence. Quotes, delimiters and line ends are located with numpy.
A quote opens a field only at the field's start, and a closing quote must be followed by a delimiter or a
line end. A record that breaks this and runs over several lines loses its first line, and reading goes on
with the next line.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["CROOKED", "OPEN", "Flags", "Ints", "Records", "find_records", "quote_states", "within"]

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

CROOKED: Final = 2
"""A record in which text follows a closing quote."""
OPEN: Final = 3
"""The first line of a record whose quote is never closed, or closed in the middle of another field."""

_LF: Final = 10
_CR: Final = 13
_QUOTE: Final = 34


@dataclass(frozen=True)
class Records:
    """Records of a block, in order and side by side.

    Attributes
    ----------
    starts, ends : byte offsets; the line end belongs to the record.
    fields : number of fields.
    lines : number of lines.
    wrong : 0, :data:`CROOKED` or :data:`OPEN`.
    """

    starts: Ints
    ends: Ints
    fields: Ints
    lines: Ints
    wrong: Ints

    def __len__(self) -> int:
        return len(self.starts)

    def head(self, count: int) -> "Records":
        """Return the first records."""
        return Records(*(array[:count] for array in self.arrays()))

    def arrays(self) -> tuple[Ints, ...]:
        """Return the columns."""
        return self.starts, self.ends, self.fields, self.lines, self.wrong

    def blank(self, data: bytes) -> Flags:
        """Whether each record is an empty line."""
        first = np.frombuffer(data, dtype=np.uint8)[self.starts]
        empty: Flags = (first == _LF) | (first == _CR)
        return empty


def find_records(data: bytes, delimiter: int, *, last: bool, limit: int, tangles: int = 100) -> tuple[Records, int]:
    """Return the records of a block and the number of bytes they use up.

    Parameters
    ----------
    data : text that begins at a record's start. The last block must end in a line end.
    delimiter : the separator's byte.
    last : whether no other block follows, so that an open record at the end is never closed.
    limit : bytes after which an open record counts as never closed.
    tangles : open records after which a block is given up: each costs a new scan of the rest of the block.

    Notes
    -----
    Linear in the block, and again from each open record on.
    """
    parts: list[Records] = []
    offset = 0
    for _ in range(tangles + 1):
        found = _scan(data, offset, delimiter)
        tangled = np.flatnonzero((found.wrong == CROOKED) & (found.lines > 1))
        sound = found.head(int(tangled[0])) if len(tangled) else found
        parts.append(sound)
        offset = int(sound.ends[-1]) if len(sound) else offset
        left = len(data) - offset
        if not left or not (len(tangled) or last or left > limit):
            break
        line_end = _line_end(data, offset)
        parts.append(_open_line(offset, line_end))
        offset = line_end
    columns = zip(*(part.arrays() for part in parts), strict=True)
    return Records(*(np.concatenate(arrays) for arrays in columns)), offset


def _scan(data: bytes, offset: int, delimiter: int) -> Records:
    """Find the records from ``offset`` on; the open one at the end is left out."""
    view = np.frombuffer(data, dtype=np.uint8)[offset:]
    newlines = _line_ends(view)
    delimiters = np.flatnonzero(view == delimiter)
    runs, inside, crooked = quote_states(view, delimiter)
    ends = newlines[~within(newlines, runs, inside)] + 1
    outer = delimiters[~within(delimiters, runs, inside)]
    wrong = np.zeros(len(ends), dtype=np.int64)
    hit = np.searchsorted(ends, crooked, side="right")
    wrong[hit[hit < len(ends)]] = CROOKED
    return Records(
        starts=np.append(0, ends)[: len(ends)] + offset,
        ends=ends + offset,
        fields=np.diff(np.searchsorted(outer, ends), prepend=0) + 1,
        lines=np.diff(np.searchsorted(newlines, ends), prepend=0),
        wrong=wrong,
    )


def _line_ends(view: NDArray[np.uint8]) -> Ints:
    """Return the positions of LF, and of CR where no LF follows."""
    returns = np.flatnonzero(view == _CR)
    feeds = np.flatnonzero(view == _LF)
    if not len(returns):
        return feeds
    after = np.minimum(returns + 1, len(view) - 1)
    lone = returns[(view[after] != _LF) | (after == returns)]
    return np.sort(np.concatenate([feeds, lone]), kind="stable") if len(lone) else feeds


def quote_states(view: NDArray[np.uint8], delimiter: int) -> tuple[Ints, Flags, Ints]:
    """Return where quotes may change the state, whether a field is open after each, and the crooked closings.

    Quotes come in runs. A run of even length never changes the state: doubled quotes, or an empty field.
    An odd run at a field's start toggles it, any other odd run leaves the field closed. So the state
    after a run is the parity of the toggles since the last run of the other sort.
    """
    quotes = np.flatnonzero(view == _QUOTE)
    first = np.flatnonzero(np.diff(quotes, prepend=-2) > 1)
    lengths = np.diff(np.append(first, len(quotes)))
    runs, lengths = quotes[first][lengths % 2 == 1], lengths[lengths % 2 == 1]
    breaks = np.zeros(256, dtype=np.bool_)
    breaks[[delimiter, _LF, _CR]] = True
    opens = (runs == 0) | breaks[view[runs - 1]]
    toggles = np.cumsum(opens)
    base = np.maximum.accumulate(np.where(opens, 0, toggles))
    inside = (toggles - base) % 2 == 1
    closes = ~inside & np.append(False, inside)[: len(runs)]
    after = runs + lengths
    tidy = (after >= len(view)) | breaks[view[np.minimum(after, len(view) - 1)]]
    return runs, inside, runs[closes & ~tidy]


def within(positions: Ints, runs: Ints, inside: Flags) -> Flags:
    """Whether each position lies inside a quoted field."""
    states: Flags = np.append(False, inside)
    within: Flags = states[np.searchsorted(runs, positions)]
    return within


def _line_end(data: bytes, start: int) -> int:
    ends = [at for at in (data.find(b"\n", start), data.find(b"\r", start)) if at >= 0]
    if not ends:
        return len(data)
    return min(ends) + (2 if data[min(ends) : min(ends) + 2] == b"\r\n" else 1)


def _open_line(start: int, end: int) -> Records:
    return Records(*(np.array([value], dtype=np.int64) for value in (start, end, 0, 1, OPEN)))
