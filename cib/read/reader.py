"""What a reader is: a name, a way to recognise a file by its columns, and a mapping to fields."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from cib.read.columns import Mapped
from cib.read.times import TimeRule

__all__ = ["Reader", "Repeats", "as_they_are"]

Repeats = Literal["first", "differing", "all"]


def as_they_are(fields: pl.DataFrame) -> pl.DataFrame:
    """Return the fields unchanged: the `prepare` of a source without customs of its own."""
    return fields


@dataclass(frozen=True)
class Reader:
    """One source's layout.

    Attributes
    ----------
    name : what ``input.format`` calls it.
    doc : the source in a sentence.
    recognise : columns -> why they are this source's; '' if they are not.
    columns : first rows -> which column is which field.
    platform : platform of its accounts where neither a column nor the config names one.
    prepare : the source's own customs, on a frame whose columns are named by field and hold text and lists.
    times : how its times are read; None: by the config.
    extracts : whether links, hashtags and mentions without a column of their own are taken from the text.
    opaque : whether a cell of a list field is one item as it stands.
    repeats : what rows with the same post id are. 'first': one post seen again; 'all': a post that names an object
        in each row; 'differing': the latter where the rows differ, else the former.
    notes : sentences about the source that a report must carry, given the columns found.
    """

    name: str
    doc: str
    recognise: Callable[[Sequence[str]], str]
    columns: Callable[[pl.DataFrame], Mapped]
    platform: str
    prepare: Callable[[pl.DataFrame], pl.DataFrame] = as_they_are
    times: TimeRule | None = None
    extracts: bool = True
    opaque: bool = False
    repeats: Repeats = "first"
    notes: Callable[[Mapped], list[str]] = lambda _mapped: []
