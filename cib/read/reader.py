"""What a reader is: a name, a way to recognise a file by its columns, and a mapping to fields."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal

import polars as pl

from cib.read.columns import Mapped
from cib.read.times import TimeRule

__all__ = ["DOCUMENT", "Layout", "Reader", "Repeats", "as_they_are", "own_names"]

Repeats = Literal["first", "differing", "all"]


DOCUMENT: Final = "cib:document"
"""Column: which document of a batch a row comes from."""


@dataclass(frozen=True)
class Layout:
    """How a source's JSON documents become rows.

    Attributes
    ----------
    schema : what is read of a document, every leaf as text; all else is not even parsed.
    rows : documents (columns of the schema, and :data:`DOCUMENT`) -> rows whose columns are fields, lists as lists,
        with :data:`DOCUMENT` and, where the source holds other things than posts, :data:`~cib.read.batch.REFUSE`.
    afresh : makes `rows` anew for each file, where a row depends on documents that came before it; None: none does.
    unfold : what a document becomes whose shape no schema can say (an answer to an answer to an answer, a key that
        holds either of two things), and the pattern in its bytes by which it is known. Such documents are gone through
        one by one, so they should be few.
    origins : field -> where in the document it comes from, in words.
    lists : keys of the lists of records at which a document that is too large may be cut.
    """

    schema: pl.Struct
    rows: Callable[[pl.DataFrame], pl.DataFrame]
    afresh: Callable[[], Callable[[pl.DataFrame], pl.DataFrame]] | None = None
    unfold: tuple[re.Pattern[bytes], Callable[[Any], Iterator[Any]]] | None = None
    origins: Mapping[str, str] = field(default_factory=dict)
    lists: tuple[str, ...] = ()

    @cached_property
    def names(self) -> list[str]:
        """The columns of the rows."""
        none = pl.DataFrame(schema=dict(self.schema) | {DOCUMENT: pl.UInt32()})
        return [name for name in self.rows(none).columns if not name.startswith("cib:")]


def as_they_are(fields: pl.DataFrame) -> pl.DataFrame:
    """Return the fields unchanged: the `prepare` of a source without customs of its own."""
    return fields


def own_names(head: pl.DataFrame) -> Mapped:
    """Return the mapping of rows whose columns are named as fields: the `columns` of a reader with a layout."""
    return Mapped({name: (name,) for name in head.columns}, dict.fromkeys(head.columns, "the source's field for it"))


@dataclass(frozen=True)
class Reader:
    """One source's layout.

    Attributes
    ----------
    name : what ``input.format`` calls it.
    doc : the source in a sentence.
    recognise : columns (of JSON: dotted names) -> why they are this source's; '' if they are not.
    columns : first rows -> which column is which field.
    layout : of a source of JSON documents, how they become rows; None: each row is a post as it stands.
    platform : platform of its accounts where neither a column nor the config names one.
    opened : a file's rows as they are, before their cells are read -> the same with what the source packs into a cell
        taken out of it.
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
    platform: str
    columns: Callable[[pl.DataFrame], Mapped] = own_names
    layout: Layout | None = None
    opened: Callable[[pl.DataFrame], pl.DataFrame] = as_they_are
    prepare: Callable[[pl.DataFrame], pl.DataFrame] = as_they_are
    times: TimeRule | None = None
    extracts: bool = True
    opaque: bool = False
    repeats: Repeats = "first"
    notes: Callable[[Mapped], list[str]] = lambda _mapped: []
