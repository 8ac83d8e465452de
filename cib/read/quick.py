"""JSON objects into columns of text, as :mod:`cib.read.lines` has them, at several times its speed.

The parser skips what is not asked for without making anything of it. It is stricter here and laxer there than the
standard library's, so whatever it does not take is left to that one, which also knows why a line is refused.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

import msgspec
import polars as pl

__all__ = ["QuickColumns", "quick_columns"]

_LOT: Final = 2000
_NOT_TAKEN: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_TEXTS: Final = {str, type(None)}
_LITERALS: Final = {True: "true", False: "false"}


@dataclass(frozen=True)
class QuickColumns:
    """Some documents as columns.

    Attributes
    ----------
    columns : name -> value of each document that is taken, text or null.
    taken : which documents these are, in order.
    left : the others.
    """

    columns: dict[str, pl.Series]
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
        found = {name: [pl.Series(name, [], dtype=pl.String)] for name in wanted}
        taken: list[int] = []
        sound = _is_utf8(b"\n".join(texts))
        # In small lots: what Python makes of them stays in the processor's cache, and few for its garbage collector.
        for start in range(0, len(texts), _LOT):
            lot = texts[start : start + _LOT]
            try:
                rows = list(map(decode if sound else checked, lot))
                taken += range(start, start + len(lot))
            except _NOT_TAKEN:
                rows, places = _one_by_one(lot, checked)
                taken += [start + place for place in places]
            for name in wanted:
                found[name].append(pl.Series(name, _column(rows, name, attributes), dtype=pl.String))
        left = sorted(set(range(len(texts))).difference(taken)) if len(taken) < len(texts) else []
        return QuickColumns({name: pl.concat(parts) for name, parts in found.items()}, taken, left)

    def checked(text: bytes) -> Any:
        text.decode("utf-8")
        return decode(text)

    return columns


def _one_by_one(texts: Sequence[bytes], decode: Callable[[bytes], Any]) -> tuple[list[Any], list[int]]:
    """Return what can be decoded of some documents, and which they are."""
    rows, places = [], []
    for place, text in enumerate(texts):
        try:
            rows.append(decode(text))
            places.append(place)
        except _NOT_TAKEN:
            continue
    return rows, places


def _column(rows: Sequence[Any], name: str, attributes: dict[str, str]) -> list[str | None]:
    top, dot, path = name.partition(".")
    values = list(map(attrgetter(attributes[top]), rows))
    if dot:
        keys = path.split(".")
        values = [
            value[path] if value.__class__ is dict and path in value else _at(value, keys) if value else None
            for value in values
        ]
        whole = list(map(attrgetter(attributes[name]), rows))
        if whole.count(None) < len(whole):
            values = [value if own is None else own for value, own in zip(values, whole, strict=True)]
    kinds = set(map(type, values))
    if kinds <= _TEXTS:
        return values
    return list(map(str, values)) if kinds == {int} else list(map(_text, values))


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
