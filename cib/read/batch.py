"""What every kind of file is cut into: batches of rows, and the rows that could not be made out."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import polars as pl

__all__ = ["REFUSE", "REFUSED", "ROW", "START_LENGTH", "Batch", "Raw", "as_shown", "in_lots", "refused_rows"]

ROW: Final = "cib:row"
"""Column of a batch: the record's number in its file."""
REFUSE: Final = "cib:refuse"
"""Column of a batch: why the source itself says that a row is no post, null if it is one."""
START_LENGTH: Final = 200
"""Characters of a refused row that the quarantine shows."""

Raw: TypeAlias = Callable[[Sequence[int]], list[bytes]]
"""Places of rows in a batch's frame -> each row as it stands in the file. Asked only for the few that are refused."""

REFUSED: Final = pl.Schema({"row": pl.UInt32, "reason": pl.String, "start": pl.String})


@dataclass(frozen=True)
class Batch:
    """Rows of one file.

    Attributes
    ----------
    frame : the columns asked for, as text (Parquet: in their own types), with :data:`ROW`.
    refused : rows that are no rows of the file's own form, see :data:`REFUSED`.
    raw : what the frame's rows were made of; None where they have no text of their own.
    """

    frame: pl.DataFrame
    refused: pl.DataFrame
    raw: Raw | None = None


def refused_rows(rows: list[tuple[int, str, bytes]]) -> pl.DataFrame:
    """Return (row, reason, raw bytes) as a table with :data:`REFUSED`'s columns."""
    shown = [(row, reason, as_shown(raw)) for row, reason, raw in rows]
    return pl.DataFrame(shown, schema=REFUSED, orient="row")


def as_shown(raw: bytes) -> str:
    """Return the beginning of a row's bytes as the quarantine shows it."""
    return raw[: 4 * START_LENGTH].decode("utf-8", "replace")[:START_LENGTH]


def in_lots(batches: Iterable[Batch], count: int) -> Iterator[Batch]:
    """Yield small batches of text rows put together, so many at a time."""
    held: list[Batch] = []
    for batch in batches:
        held.append(batch)
        if len(held) == count:
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def _joined(batches: list[Batch]) -> Batch:
    ends = [0]
    for batch in batches:
        ends.append(ends[-1] + len(batch.frame))
    raws = [batch.raw for batch in batches]

    def raw(places: Sequence[int]) -> list[bytes]:
        found = []
        for place in places:
            part = bisect_right(ends, place) - 1
            made_of = raws[part]
            found += made_of([place - ends[part]]) if made_of is not None else [b""]
        return found

    frame = pl.concat([batch.frame for batch in batches], rechunk=True)
    return Batch(frame, pl.concat([batch.refused for batch in batches]), raw)
