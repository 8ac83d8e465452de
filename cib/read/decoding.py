"""JSON documents into columns, all at once and only what is asked for.

polars parses them with a declared schema in which every leaf is text: a value of another type than
declared becomes null or its own JSON, numbers keep their digits, and nesting has a limit. One document
that is not JSON would fail them all, so those are found and left out first.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any, Final, NoReturn

import polars as pl

from cib.read.reader import DOCUMENT, Layout

__all__ = ["BROKEN", "NOT_UTF8", "NO_OBJECT", "decoded_documents", "json_list", "record", "unfolded"]

BROKEN: Final = "it is not valid JSON"
NO_OBJECT: Final = "it is JSON, but not an object"
NOT_UTF8: Final = "it is not valid in the file's encoding (set input.encoding, such as 'latin-1' or 'cp1252')"
TOO_DEEP: Final = "its JSON is nested too deeply"

# A float that stands where an id belongs has lost digits: quoted, it stays as written and is recognised.
_FLOAT_ID: Final = r'":\s*(?:\d\.?\d*[eE]\+?\d+|\d{16,}\.0)'
_FLOAT: Final = re.compile(rb'((?<!\\)":\s*)(\d\.?\d*[eE]\+?\d+|\d{16,}\.0+)(?=\s*[,}\]])')
_PAIR: Final = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_LONE: Final = r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
_PAIR_OR_LONE: Final = re.compile(rf"({_PAIR})|{_LONE}".encode())


def record(**fields: Any) -> pl.Struct:
    """Return the type of an object: each field text unless another type is given; ``'a b c'`` as `_` lists texts.

    >>> record(_="id name", user=record(_="id"))
    Struct({'id': String, 'name': String, 'user': Struct({'id': String})})
    """
    texts = str(fields.pop("_", "")).split()
    return pl.Struct(dict.fromkeys(texts, pl.String) | fields)


def json_list(*values: Any) -> pl.List:
    """Return the type of a list of texts, or of what is given."""
    return pl.List(values[0] if values else pl.String)


def decoded_documents(texts: Sequence[bytes], schema: pl.Struct) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Parse JSON documents.

    Returns
    -------
    A frame with the schema's fields and ``cib:document``, the index of the document; index and reason of
    those that are not in it.
    """
    index = list(range(len(texts)))
    refused = []
    frame = _parsed(texts, schema)
    if frame is None:
        reasons = [_reason(text) for text in texts]
        refused = [(at, reason) for at, reason in enumerate(reasons) if reason]
        index = [at for at, reason in enumerate(reasons) if not reason]
        frame, odd = _halved([texts[at] for at in index], schema)
        refused += [(index[at], TOO_DEEP) for at in odd]
        index = [at for place, at in enumerate(index) if place not in set(odd)]
    return frame.with_columns(pl.Series(DOCUMENT, index, dtype=pl.UInt32)), refused


def unfolded(texts: Sequence[bytes], layout: Layout) -> tuple[list[bytes], list[int]]:
    """Return the documents with those unfolded that the layout cannot take as they are, and where each comes from."""
    if layout.unfold is None:
        return list(texts), list(range(len(texts)))
    pattern, unfold = layout.unfold
    parts, origins = [], []
    for at, text in enumerate(texts):
        found = _unfolded(text, unfold) if pattern.search(text) else [text]
        parts += found
        origins += [at] * len(found)
    return parts, origins


def _unfolded(text: bytes, unfold: Callable[[Any], Iterator[Any]]) -> list[bytes]:
    """Return what a document unfolds to; itself if it is not JSON, so that it is refused for that."""
    try:
        value = json.loads(text.decode("utf-8"), parse_constant=_constant, parse_float=str, parse_int=str)
        parts = unfold(value) if isinstance(value, dict) else []
        return [json.dumps(part).encode() for part in parts] or [text]
    except (ValueError, RecursionError):
        return [text]


def _parsed(texts: Sequence[bytes], schema: pl.Struct) -> pl.DataFrame | None:
    """Return the documents as a frame; None if one of them cannot be read."""
    fields = dict(schema)
    if not texts:
        return pl.DataFrame(schema=fields)
    lines = _mended([text.replace(b"\n", b" ").replace(b"\r", b" ") for text in texts])
    if not all(line.lstrip().startswith(b"{") for line in lines):
        return None
    try:
        frame = pl.read_ndjson(BytesIO(b"\n".join(lines)), schema=fields, ignore_errors=True)
    except pl.exceptions.PolarsError:
        return None
    return frame if len(frame) == len(texts) else None


def _mended(lines: list[bytes]) -> list[bytes]:
    """Quote floats that may be ids, and replace lone surrogates, which no text can hold, by U+FFFD."""
    try:
        column = pl.Series(lines, dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return lines
    for at in column.str.contains(_FLOAT_ID).arg_true().to_list():
        lines[at] = _FLOAT.sub(rb'\1"\2"', lines[at])
    escapes = column.str.contains(_LONE)
    if escapes.any():
        lone = escapes & column.str.replace_all(_PAIR, "").str.contains(_LONE)
        for at in lone.arg_true().to_list():
            lines[at] = _PAIR_OR_LONE.sub(lambda found: found[1] or b"\\ufffd", lines[at])
    return lines


def _halved(texts: list[bytes], schema: pl.Struct) -> tuple[pl.DataFrame, list[int]]:
    """Parse what can be parsed, halving what cannot; return the frame and the places of what is left out."""
    frame = _parsed(texts, schema)
    if frame is not None:
        return frame, []
    if len(texts) == 1:
        return pl.DataFrame(schema=dict(schema)), [0]
    middle = len(texts) // 2
    (left, odd), (right, more) = _halved(texts[:middle], schema), _halved(texts[middle:], schema)
    return pl.concat([left, right]), odd + [middle + at for at in more]


def _reason(text: bytes) -> str:
    """Say why a document cannot be read; '' if nothing is found."""
    try:
        value = json.loads(text.decode("utf-8"), parse_constant=_constant, parse_int=str)
    except UnicodeDecodeError:
        return NOT_UTF8
    except ValueError:
        return BROKEN
    except RecursionError:
        return TOO_DEEP
    return "" if isinstance(value, dict) else NO_OBJECT


def _constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which are not JSON."""
    raise ValueError(name)
