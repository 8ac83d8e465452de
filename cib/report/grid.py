"""Tables of the page: a caption, heads, and cells that know how they sort."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from cib.report.words import moment, number

__all__ = ["Cell", "Grid", "by_network", "date_cell", "figure_cell", "percentile_cell", "text_cell", "time_cell"]


@dataclass(frozen=True)
class Cell:
    """What is shown, and for numbers the value they sort by.

    `quiet` is a smaller second line, `bar` a length from 0 to 1, `more` what is folded away.
    """

    text: str
    sort: float | None = None
    quiet: str = ""
    bar: float | None = None
    more: str = ""


@dataclass(frozen=True)
class Grid:
    """A table of the page; `note` says what it leaves out, `sorts` is false where the order means something."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    sorts: bool = True


def text_cell(text: str | None, quiet: str = "", more: str = "") -> Cell:
    """Return a cell with words; an absent value is a dash."""
    return Cell(text or "–", quiet=quiet, more=more)


def time_cell(at: datetime | None) -> Cell:
    """Return a cell with a time, sorted as one."""
    return Cell(moment(at), float("-inf") if at is None else at.timestamp())


def date_cell(at: datetime | None) -> Cell:
    """Return a cell with the date of a time, sorted by the time."""
    return Cell("–" if at is None else f"{at:%Y-%m-%d}", float("-inf") if at is None else at.timestamp())


def percentile_cell(percentile: float | None) -> Cell:
    """Return a cell with a percentile (0 to 1) as a bar and a number, or that the data do not tell."""
    if percentile is None:
        return Cell("insufficient data", float("-inf"))
    return Cell(f"{100 * percentile:.0f}", percentile, bar=percentile)


def figure_cell(value: float | None, say: Callable[[float | None], str] = number) -> Cell:
    """Return a cell with a number, said in the given way; an absent one sorts below all others."""
    return Cell(say(value), float("-inf") if value is None else float(value))


def by_network(frame: pl.DataFrame) -> dict[int, pl.DataFrame]:
    """Return the rows of each network, in their order."""
    return {int(key[0]): part for key, part in frame.partition_by("network", as_dict=True, maintain_order=True).items()}
