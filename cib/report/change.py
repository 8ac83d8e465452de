"""How networks changed over time, as the page shows it, where the run looked (see :data:`cib.tables.CHANGES`)."""

from typing import Any

from cib.report.grid import Cell, Grid, figure_cell, text_cell, time_cell
from cib.report.run import RunFiles
from cib.report.words import count

__all__ = ["change"]


def change(run: RunFiles) -> Grid | None:
    """Return each group of each window and what became of it, in order of time; None if the run did not look."""
    found = run.table("changes").sort("track", "from_at")
    if found.is_empty():
        return None
    tracks = count(found["track"].n_unique(), "group")
    note = f"{tracks} followed. A group goes on where its accounts overlap enough; a row without accounts went dormant."
    heads = [_HEADS.get(name, name.replace("_", " ").capitalize()) for name in found.columns]
    rows = [[_cell(value) for value in row] for row in found.iter_rows()]
    return Grid("Groups in windows of time", heads, rows, note)


_HEADS = {"track": "Group", "from_at": "From", "to_at": "To", "origin": "Split from"}


def _cell(value: Any) -> Cell:
    if hasattr(value, "timestamp"):
        return time_cell(value)
    return text_cell(value) if isinstance(value, str) else figure_cell(value)
