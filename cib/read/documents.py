"""JSON text of any shape into its documents: lines, a list, one after the other, or one that is too large to hold.

Documents are cut out of the bytes before anything is parsed, so that a broken one costs itself and no
other, and a file of any size is read in pieces. Brackets and quotes are found with numpy. A document
above the limit is cut at its lists of records: each record becomes a document of its own, which keeps what
stood around the list, but for the other records, under :data:`AROUND`.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cib.read.cassettes import RECORDING, answers
from cib.read.files import InputFile, byte_blocks

__all__ = ["AROUND", "Documents", "documents", "json_shape", "shallow"]

AROUND: Final = "cib:around"
"""Key of a record that was cut out of a list: the object that held the list, with the list empty."""

TOO_LONG: Final = (
    "the JSON document is too large to be read whole (input.max_row_bytes), and its records are "
    "in no list that is known: write them one a line"
)
LONG_LINE: Final = "the line is too long to be read"
DEEP: Final = "its JSON is nested deeper than input.max_depth"
UNCLOSED: Final = "the JSON document is not closed: the file is cut off, or a quote or a bracket is missing"
STRAY: Final = "there is text between two JSON documents"

LARGE_RECORDING: Final = "the recording is too large: save the answers in it as files of their own"
NO_RECORDING: Final = "the recording cannot be made out: save the answers in it as files of their own"

_LINES_SEEN: Final = 20
_BETWEEN: Final = b" \t\r\n,"
# Of a document that is being cut, this much is kept before each of its lists: more than a chat says of itself.
_HEAD_BYTES: Final = 1 << 16
_QUOTE, _BACKSLASH = 34, 92
_OPENERS: Final = np.frombuffer(b"{[", dtype=np.uint8)
_STRUCTURE: Final = np.isin(np.arange(256), np.frombuffer(b'{}[]"\\', dtype=np.uint8))

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Documents:
    """Documents of a file, in order.

    Attributes
    ----------
    numbers : of each: its line, or its place in the list or file, from 1.
    texts : its bytes; line ends stand only between values.
    refused : number, reason and bytes of what is no document.
    """

    numbers: list[int] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    refused: list[tuple[int, str, bytes]] = field(default_factory=list)


def json_shape(start: bytes) -> str:
    r"""Return how JSON text that begins so is laid out: 'lines' (one object a line) or 'values' (anything else).

    >>> json_shape(b'{"a": 1}\n{"a": 2}\n'), json_shape(b'[{"a": 1}]'), json_shape(b'{\n  "a": 1\n}')
    ('lines', 'values', 'values')
    """
    lines = [line for line in start.split(b"\n", _LINES_SEEN)[:_LINES_SEEN] if line.strip()]
    if not lines or lines[0].lstrip().startswith(b"["):
        return "values"
    objects = [_is_object(line) for line in lines]
    return "lines" if objects[0] or sum(objects) * 2 > len(lines) else "values"


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def documents(file: InputFile, lists: Sequence[str], *, size: int, limit: int) -> Iterator[Documents]:
    """Yield the documents of a JSON file in blocks of about ``size`` bytes.

    Parameters
    ----------
    lists : keys of lists of records, at which a document longer than ``limit`` bytes is cut.
    """
    blocks = byte_blocks(file, size)
    start = next(blocks, b"")
    while b"\n" not in start and len(start) <= limit and (more := next(blocks, b"")):
        start += more
    rest = chain([start], blocks)
    if RECORDING.match(start):
        return _recorded(rest, lists, limit)
    return _by_line(rest, limit) if json_shape(start) == "lines" else _Cutter(lists, limit).cut(rest)


def shallow(found: Documents, depth: int) -> Documents:
    """Return the documents without those that are nested deeper, which are refused: no parser need go there.

    Only documents with that many brackets are looked at more closely.
    """
    full = [at for at, text in enumerate(found.texts) if text.count(b"{") + text.count(b"[") > depth]
    deep = [at for at in full if _is_deep(found.texts[at], depth)]
    if not deep:
        return found
    kept = sorted(set(range(len(found.texts))).difference(deep))
    refused = [(found.numbers[at], DEEP, found.texts[at]) for at in deep]
    return replace(
        found,
        numbers=[found.numbers[at] for at in kept],
        texts=[found.texts[at] for at in kept],
        refused=[*found.refused, *refused],
    )


def _is_deep(text: bytes, depth: int) -> bool:
    _, steps, _ = _brackets(text, 0, len(text), inside=False)
    return len(steps) > 0 and int(np.cumsum(steps).max()) > depth


def _recorded(blocks: Iterator[bytes], lists: Sequence[str], limit: int) -> Iterator[Documents]:
    """Yield the documents in the answers of a recording, which is held whole and so must be small."""
    text = b""
    for block in blocks:
        text += block
        if len(text) > limit:
            yield Documents(refused=[(1, LARGE_RECORDING, text[:limit])])
            return
    try:
        bodies = [body.encode("utf-8", "replace") for body in answers(text.decode("utf-8"))]
    except (ValueError, RecursionError):
        yield Documents(refused=[(1, NO_RECORDING, text)])
        return
    whole = Documents()
    for number, body in enumerate(bodies, 1):
        for found in _Cutter(lists, limit).cut(iter([body])):
            whole.numbers.extend([number] * len(found.texts))
            whole.texts.extend(found.texts)
            whole.refused.extend((number, reason, part) for _, reason, part in found.refused)
    yield whole


def _by_line(blocks: Iterator[bytes], limit: int) -> Iterator[Documents]:
    """Yield a document a line, blank lines left out; of a line that is too long only the beginning is kept."""
    held, number = b"", 1
    for block in chain(blocks, [b"\n"]):
        *lines, held = (held + block).split(b"\n")
        held = held[: limit + 1]
        found = _lines(lines, number, limit)
        number += len(lines)
        if found.texts or found.refused:
            yield found


def _lines(lines: list[bytes], first: int, limit: int) -> Documents:
    """Return the lines that are not blank, numbered from ``first``; those that are too long are refused."""
    if lines and max(map(len, lines)) <= limit and all(lines) and not any(map(bytes.isspace, lines)):
        return Documents(list(range(first, first + len(lines))), lines)
    found = Documents()
    for number, line in enumerate(lines, first):
        if len(line) > limit:
            found.refused.append((number, LONG_LINE, line))
        elif line and not line.isspace():
            found.numbers.append(number)
            found.texts.append(line)
    return found


class _Cutter:
    """Cuts values out of a stream: those of a list, those that follow each other, those in lists of records.

    ``held`` begins where the last value ended and is scanned up to ``scanned``; ``depth`` counts the brackets open
    there, ``inside`` says whether it is in a string.
    """

    def __init__(self, lists: Sequence[str], limit: int) -> None:
        names = b"|".join(re.escape(name.encode()) for name in lists)
        self.list_start = re.compile(rb'(?<!\\)"(?:%b)"\s*:\s*\[' % (names or b"(?!)"))
        self.limit = limit
        self.held, self.scanned, self.depth, self.inside = b"", 0, 0, False
        self.number = 1
        self.around = b""
        self.between = self.overlong = False

    def cut(self, blocks: Iterator[bytes]) -> Iterator[Documents]:
        """Yield the documents of a text that comes in blocks."""
        first = next(blocks, b"").lstrip()
        in_list = first.startswith(b"[")
        for block in chain([first[in_list:]], blocks):
            self.held += block
            found = Documents()
            while self._step(found):
                pass
            if found.texts or found.refused:
                yield found
        found = self._end()
        if found.texts or found.refused:
            yield found

    def _end(self) -> Documents:
        """Return what the end of the text leaves: of a document that is cut off, the whole records of its list."""
        found = Documents()
        if self.held.strip(_BETWEEN) and not self.around and not self.overlong and self._enter_list():
            while self._step(found):
                pass
        rest = self.held.strip(_BETWEEN)
        if self.overlong or (not self.between and rest.strip(b"]}" + _BETWEEN)):
            found.refused.append((self.number, UNCLOSED, rest))
        return found

    def _step(self, found: Documents) -> bool:
        """Take what can be taken from the text that is held; return whether there may be more."""
        if self.between:
            return self._enter_list()
        closed = self._take_values(found)
        if closed and self.around:
            self.between, self.scanned, self.depth = True, 0, 0
            return True
        if len(self.held) > self.limit:
            if not self.around and not self.overlong and self._enter_list():
                return True
            # What is not scanned is a run of backslashes, of which only the last one's meaning counts.
            self.overlong, self.scanned, left = True, 0, len(self.held) - self.scanned
            self.held = b"\\" * (left % 2)
        return False

    def _enter_list(self) -> bool:
        """Go on behind the beginning of the next list of records, if there is one."""
        start = self.list_start.search(self.held)
        if start is None:
            if self.between:
                self.held = self.held[-_HEAD_BYTES:]
            return False
        self.around = b', "%b": %b]}}' % (AROUND.encode(), _holder(self.held[: start.end()]))
        self.held = self.held[start.end() :]
        self.scanned, self.depth, self.inside, self.between = 0, 0, False, False
        return True

    def _take_values(self, found: Documents) -> bool:
        """Take the values that end in the text that is held; return whether the list they stand in has ended."""
        # A run of backslashes at the end may go on in the next block.
        end = max(len(self.held.rstrip(b"\\")), self.scanned)
        positions, steps, quotes = _brackets(self.held, self.scanned, end, self.inside)
        depths = self.depth + np.cumsum(steps)
        closing = np.flatnonzero(depths < 0)
        over = bool(len(closing))
        last = int(closing[0]) if over else len(depths)
        ends = positions[:last][(depths[:last] == 0) & (steps[:last] < 0)] + 1
        used = 0
        for value_end in ends.tolist():
            self._add(self.held[used:value_end].strip(_BETWEEN), found)
            used = value_end
        if over:
            used = int(positions[last]) + 1
        elif len(depths):
            self.depth = int(depths[-1])
        self.inside = (self.inside + quotes) % 2 == 1
        self.held, self.scanned = self.held[used:], end - used
        return over

    def _add(self, text: bytes, found: Documents) -> None:
        if self.overlong:
            found.refused.append((self.number, TOO_LONG, text))
        elif text.startswith((b"{", b"[")):
            found.numbers.append(self.number)
            inside = text.startswith(b"{") and self.around and text[1:-1].strip()
            found.texts.append(text[:-1] + self.around if inside else text)
        else:
            found.refused.append((self.number, STRAY, text))
        self.number += 1
        self.overlong = False


def _brackets(text: bytes, start: int, end: int, inside: int) -> tuple[Positions, Positions, int]:
    """Return the positions of the brackets outside strings, +1 or -1 for each, and the number of quotes."""
    view = np.frombuffer(text, dtype=np.uint8)[start:end]
    marks = np.flatnonzero(_STRUCTURE[view])
    kinds = view[marks]
    quotes = marks[kinds == _QUOTE]
    quotes = quotes[~np.isin(quotes, _escaped(marks[kinds == _BACKSLASH]))]
    brackets = marks[(kinds != _BACKSLASH) & (kinds != _QUOTE)]
    brackets = brackets[(np.searchsorted(quotes, brackets) + inside) % 2 == 0]
    steps = np.where(np.isin(view[brackets], _OPENERS), 1, -1)
    return brackets + start, steps, len(quotes)


def _escaped(slashes: Positions) -> Positions:
    """Return the positions that follow an odd run of backslashes."""
    first = np.flatnonzero(np.diff(slashes, prepend=-2) > 1)
    lengths = np.diff(np.append(first, len(slashes)))
    odd = lengths % 2 == 1
    after: Positions = slashes[first[odd]] + lengths[odd]
    return after


def _holder(text: bytes) -> bytes:
    """Return the object that holds the list with whose opening bracket a text ends, up to that bracket.

    Of an object that is very large only the list's key is kept.
    """
    positions, steps, _ = _brackets(text, 0, len(text), inside=False)
    depths = np.cumsum(steps)
    # A bracket is open at the end if the depth never falls below its own again.
    lowest = np.minimum.accumulate(depths[::-1])[::-1]
    still_open = positions[(steps > 0) & (lowest >= depths)]
    start = int(still_open[-2]) if len(still_open) > 1 else 0
    if len(text) - start <= _HEAD_BYTES and text[start : start + 1] == b"{":
        return text[start:]
    return b"{" + text[text.rindex(b'"', 0, text.rindex(b'"')) :]
