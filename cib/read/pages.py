"""What the pages of a Parquet file promise, before anything of them is unpacked.

A few kilobytes of Parquet can promise terabytes: a page that is packed well, or a dictionary of one long text that a
billion rows point to. The header of each page says how much it holds (Apache Parquet, `parquet.thrift`, PageHeader).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import pyarrow.parquet

from cib.read.thrift import structure

__all__ = ["Chunk", "Page", "chunks"]

_SEEN: Final = 1 << 13
_LONGEST_HEADER: Final = 16 << 20
_DICTIONARY: Final = 2
# Fields of a page's header: its kind, its bytes unpacked and packed; and the part that says its values, by kind.
_KIND, _UNPACKED, _PACKED = 1, 2, 3
_PARTS: Final = (5, 8, 7)


@dataclass(frozen=True)
class Page:
    """What a page's header says: its kind, its bytes unpacked and packed, and its values."""

    kind: int
    unpacked: int
    packed: int
    values: int


@dataclass(frozen=True)
class Chunk:
    """A column, or a part of a nested one, in a row group.

    Attributes
    ----------
    path : its name in the file's schema.
    repeated : whether a row may hold many values.
    dictionary : bytes of its dictionary of texts, 0 if it has none.
    widest : bytes of a value outside the dictionary: the mean of the page where it is largest.
    unpacked : bytes of all its pages.
    largest, longest : bytes of its largest page, and values of its longest.
    """

    path: str
    repeated: bool
    dictionary: int
    widest: float
    unpacked: int
    largest: int
    longest: int


def chunks(path: Path, metadata: pyarrow.parquet.FileMetaData, group: int, columns: Sequence[str]) -> list[Chunk]:
    """Return what the columns of a row group hold by the headers of their pages.

    Cost: a read of some kilobytes a page.

    Raises
    ------
    ValueError
        A header is none, or lies outside the file.
    """
    rows, found = metadata.row_group(group), []
    with path.open("rb") as file:
        for number in range(rows.num_columns):
            column = rows.column(number)
            if column.path_in_schema in columns or column.path_in_schema.partition(".")[0] in columns:
                found.append(_chunk(file, column, metadata.schema.column(number)))
    return found


def _chunk(file: IO[bytes], column: pyarrow.parquet.ColumnChunkMetaData, schema: pyarrow.parquet.ColumnSchema) -> Chunk:
    start = min(at for at in (column.dictionary_page_offset, column.data_page_offset) if at)
    pages = list(_pages(file, start, column.total_compressed_size, column.num_values))
    data = [page for page in pages if page.kind != _DICTIONARY]
    texts = column.physical_type == "BYTE_ARRAY"
    return Chunk(
        path=column.path_in_schema,
        repeated=schema.max_repetition_level > 0,
        dictionary=max((page.unpacked for page in pages if page.kind == _DICTIONARY and texts), default=0),
        widest=max((page.unpacked / max(page.values, 1) for page in data), default=0.0) + max(schema.length or 0, 0),
        unpacked=sum(page.unpacked for page in pages),
        largest=max((page.unpacked for page in pages), default=0),
        longest=max((page.values for page in data), default=0),
    )


def _pages(file: IO[bytes], start: int, length: int, values: int) -> Iterator[Page]:
    """Yield the pages of a column until its values are all there, or its bytes."""
    at, seen = start, 0
    while at < start + length and seen < values:
        file.seek(at)
        raw = file.read(_SEEN)
        try:
            page, size = _page(raw)
        except IndexError:
            page, size = _page_of_long_header(raw + file.read(_LONGEST_HEADER))
        yield page
        at += size + page.packed
        seen += 0 if page.kind == _DICTIONARY else page.values


def _page_of_long_header(raw: bytes) -> tuple[Page, int]:
    try:
        return _page(raw)
    except IndexError:
        msg = "the header of a page has no end"
        raise ValueError(msg) from None


def _page(raw: bytes) -> tuple[Page, int]:
    """Return what a page's header says, and its length."""
    fields, end = structure(raw)
    part = next((fields[name] for name in _PARTS if name in fields), {})
    said = [fields.get(_KIND), fields.get(_UNPACKED), fields.get(_PACKED), part.get(1) if isinstance(part, dict) else 0]
    numbers = [number for number in said if isinstance(number, int) and number >= 0]
    if len(numbers) < len(said):
        msg = "the header of a page does not say what it holds"
        raise ValueError(msg)
    return Page(*numbers), end
