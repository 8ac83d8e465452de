"""What every kind of file is cut into: batches of rows, and the rows that could not be made out."""

from dataclasses import dataclass
from typing import Final

import polars as pl

__all__ = ["RAW", "REFUSE", "REFUSED", "ROW", "START_LENGTH", "Batch", "refused_rows"]

ROW: Final = "cib:row"
"""Column of a batch: the record's number in its file."""
RAW: Final = "cib:raw"
"""Column of a batch of text rows: the record as it stands in the file, as bytes."""
REFUSE: Final = "cib:refuse"
"""Column of a batch: why the source itself says that a row is no post, null if it is one."""
START_LENGTH: Final = 200
"""Characters of a refused row that the quarantine shows."""

REFUSED: Final = pl.Schema({"row": pl.UInt32, "reason": pl.String, "start": pl.String})


@dataclass(frozen=True)
class Batch:
    """Rows of one file.

    Attributes
    ----------
    frame : the columns asked for, as text (Parquet: in their own types), with :data:`ROW` and, for text files,
        :data:`RAW`.
    refused : rows that are no rows of the file's own form, see :data:`REFUSED`.
    """

    frame: pl.DataFrame
    refused: pl.DataFrame


def refused_rows(rows: list[tuple[int, str, bytes]]) -> pl.DataFrame:
    """Return (row, reason, raw bytes) as a table with :data:`REFUSED`'s columns."""
    shown = [
        (row, reason, raw[: 4 * START_LENGTH].decode("utf-8", "replace")[:START_LENGTH]) for row, reason, raw in rows
    ]
    return pl.DataFrame(shown, schema=REFUSED, orient="row")
