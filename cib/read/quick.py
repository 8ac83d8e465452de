"""JSON objects into columns of text, as :mod:`cib.read.lines` has them, at several times its speed.

The parser skips what is not asked for without making anything of it. It is stricter here and laxer there than the
standard library's, so whatever it does not take is left to that one, which also knows why a line is refused.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import polars as pl

__all__ = ["QuickColumns", "quick_columns"]

_LOT: Final = 2000
_LITERALS: Final = {True: "true", False: "false"}


@dataclass(frozen=True)
class QuickColumns:
    """Some documents as columns.

    Attributes
    ----------
    columns : name -> value of each document that is taken, as text, or null.
    taken : which documents these are, in order.
    left : the others.
    """

    columns: dict[str, list[str | None]]
    taken: list[int]
    left: list[int]


def quick_columns(wanted: Sequence[str]) -> Callable[[Sequence[bytes]], QuickColumns]:
    """Return what turns documents into the wanted columns.

    Parameters
    ----------
    wanted : dotted names of values.
    """
    tops = list(dict.fromkeys(name.partition(".")[0] for name in wanted))
    # A name may itself hold a dot ({"a.b": 1}); it is then a top of its own.
    tops += [name for name in wanted if "." in name]
    fields = [(f"f{at}", Any, msgspec.field(name=name, default=None)) for at, name in enumerate(tops)]
    decode = msgspec.json.Decoder(msgspec.defstruct("Row", fields, gc=False), float_hook=str).decode
    attributes = {name: f"f{at}" for at, name in enumerate(tops)}

    def columns(texts: Sequence[bytes]) -> QuickColumns:
        found: dict[str, list[str | None]] = {name: [] for name in wanted}
        taken: list[int] = []
        sound = _is_utf8(b"\n".join(texts))
        # In small lots, so that Python's garbage collector never walks through a million objects in use.
        for start in range(0, len(texts), _LOT):
            rows = []
            for at, text in enumerate(texts[start : start + _LOT], start):
                try:
                    if not sound:
                        text.decode("utf-8")
                    rows.append(decode(text))
                    taken.append(at)
                except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                    continue
            for name in wanted:
                found[name] += _column(rows, name, attributes)
        left = sorted(set(range(len(texts))).difference(taken)) if len(taken) < len(texts) else []
        return QuickColumns(found, taken, left)

    return columns


def _column(rows: Sequence[Any], name: str, attributes: dict[str, str]) -> list[str | None]:
    top, dot, path = name.partition(".")
    attribute = attributes[top]
    values = [getattr(row, attribute) for row in rows]
    if dot:
        keys = path.split(".")
        values = [
            value[path] if value.__class__ is dict and path in value else _at(value, keys) if value else None
            for value in values
        ]
        whole = attributes[name]
        values = [
            value if (own := getattr(row, whole)) is None else own for value, row in zip(values, rows, strict=True)
        ]
    return [value if value.__class__ is str or value is None else _text(value) for value in values]


def _at(value: Any, keys: list[str]) -> Any:
    """Return the value at a path; through a list of objects, the list of their values; None if there is none."""
    for depth, key in enumerate(keys):
        if value.__class__ is dict:
            if key not in value:  # a name may hold dots itself
                return value.get(".".join(keys[depth:]))
            value = value[key]
        elif value.__class__ is list:
            texts = [_text(_at(item, keys[depth:])) for item in value if item.__class__ is dict]
            return [text for text in texts if text] or None
        else:
            return None
    return value


def _text(value: Any) -> str | None:
    """Return a value as text: numbers by their digits, lists of texts as JSON; objects and lists of them are none."""
    if value is None or value.__class__ is str:
        return value
    if value.__class__ is bool:
        return _LITERALS[value]
    if value.__class__ is dict:
        return None
    if value.__class__ is list:
        if any(item.__class__ is dict for item in value):
            return None
        plain = [_text(item) for item in value if item.__class__ in {str, int}]
        return json.dumps(plain, ensure_ascii=False) if plain else None
    return str(value)


def _is_utf8(text: bytes) -> bool:
    try:
        pl.Series([text], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True
