"""Columns as one block of text that a page can hold: typed, gzipped, in base64; unpacked by ``script/columns.js``.

A block is the length of its head (4 bytes), the head (JSON: name, type, place and length of each column), and the
columns, each at a multiple of 8 bytes; numbers are little-endian, everything else is JSON.
"""

import base64
import gzip
import json
from typing import Any, Final

import numpy as np
import polars as pl

from cib.report.safe import shown_text

__all__ = ["coarse", "packed", "texts"]

_TYPES: Final = {"uint8": "u8", "uint16": "u16", "uint32": "u32", "int32": "i32", "float32": "f32"}


def packed(columns: dict[str, Any]) -> str:
    """Return the columns as one text of letters and digits that needs no escaping anywhere.

    Parameters
    ----------
    columns : numpy arrays of the types named above, or anything that JSON can say.
    """
    heads, parts, place = [], [], 0
    for name, column in columns.items():
        kind, content, length = _raw(column)
        heads.append({"name": name, "type": kind, "at": place, "length": length})
        parts.append(content + bytes(-len(content) % 8))
        place += len(parts[-1])
    head = json.dumps(heads, separators=(",", ":")).encode()
    start = len(head).to_bytes(4, "little") + head
    block = start + bytes(-len(start) % 8) + b"".join(parts)
    return base64.b64encode(gzip.compress(block, compresslevel=6, mtime=0)).decode()


def _raw(column: Any) -> tuple[str, bytes, int]:
    """Return a column's type, its bytes, and its length: in values, or of JSON in bytes."""
    if isinstance(column, np.ndarray):
        little = column.astype(column.dtype.newbyteorder("<"))
        return _TYPES[column.dtype.name], little.tobytes(), len(column)
    content = json.dumps(column, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return "json", content, len(content)


def coarse(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return numbers to 12 binary digits, about three and a half decimal ones, which pack to half the size.

    >>> [float(value) for value in coarse(np.array([1.0, 3.14159265, -np.inf]))]
    [1.0, 3.1416015625, -inf]
    """
    bits = values.astype(np.float32).view(np.uint32).astype(np.uint64)
    rounded = np.where(np.isfinite(values), (bits + 0x400) & 0xFFFFF800, bits)
    return rounded.astype(np.uint32).view(np.float32)


def texts(column: pl.Series, *, length: int) -> list[str]:
    """Return other people's texts as the page shows them: cut, what is hidden visible, links defanged; '' for none."""
    return shown_text(column.to_frame("text"), "text", length=length)["text"].to_list()
