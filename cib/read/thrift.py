"""Numbers in a structure of Thrift's compact protocol, in which Parquet writes what it says of itself.

Only whole numbers and structures of them are made out; all else is passed over. Source: Apache Thrift,
`doc/specs/thrift-compact-protocol.md`.
"""

from typing import Final, TypeAlias, Union

__all__ = ["Fields", "structure"]

Fields: TypeAlias = dict[int, Union[int, "Fields"]]
"""Number of a field -> its whole number, or its fields."""

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT, _UUID = 1, 2, 3, 7, 8, 9, 10, 11, 12, 13
_NUMBERS: Final = (4, 5, 6)
_SIZES: Final = {_BYTE: 1, _DOUBLE: 8, _UUID: 16}
_MANY: Final = 15
_DEEPEST: Final = 16
_MOST_ITEMS: Final = 100_000
_LONGEST_NUMBER: Final = 70


def structure(raw: bytes, at: int = 0, depth: int = 0) -> tuple[Fields, int]:
    """Return the fields of the structure that begins at a place, and where it ends.

    Raises
    ------
    IndexError
        The bytes end within it.
    ValueError
        It is none.
    """
    if depth > _DEEPEST:
        msg = "it is nested too deeply"
        raise ValueError(msg)
    fields: Fields = {}
    name = 0
    while raw[at]:
        kind, step = raw[at] & 15, raw[at] >> 4
        at += 1
        if step:
            name += step
        else:
            name, at = _number(raw, at)
        value, at = _value(raw, at, kind, depth)
        if value is not None:
            fields[name] = value
    return fields, at + 1


def _value(raw: bytes, at: int, kind: int, depth: int) -> tuple[int | Fields | None, int]:
    """Return a field's value, None if it is neither a number nor a structure, and where it ends."""
    if kind in _NUMBERS:
        return _number(raw, at)
    if kind == _STRUCT:
        return structure(raw, at, depth + 1)
    if kind in {_TRUE, _FALSE}:
        return None, at
    return None, _passed(raw, at, kind, depth)


def _passed(raw: bytes, at: int, kind: int, depth: int) -> int:
    """Return where a value ends that is passed over."""
    if kind == _BINARY:
        length, at = _varint(raw, at)
        return _within(raw, at + length)
    if kind in {_LIST, _SET}:
        count, item = raw[at] >> 4, raw[at] & 15
        count, at = _varint(raw, at + 1) if count == _MANY else (count, at + 1)
        return _items(raw, at, [item] * min(count, _MOST_ITEMS + 1), depth)
    if kind == _MAP:
        count, at = _varint(raw, at)
        if not count:
            return at
        return _items(raw, at + 1, [raw[at] >> 4, raw[at] & 15] * min(count, _MOST_ITEMS + 1), depth)
    if kind not in _SIZES:
        msg = f"it has a value of a kind that there is not ({kind})"
        raise ValueError(msg)
    return _within(raw, at + _SIZES[kind])


def _items(raw: bytes, at: int, kinds: list[int], depth: int) -> int:
    if len(kinds) > _MOST_ITEMS or depth > _DEEPEST:
        msg = "it has too many items"
        raise ValueError(msg)
    for kind in kinds:
        single = kind in {_TRUE, _FALSE}
        at = _within(raw, at + 1) if single else _value(raw, at, kind, depth + 1)[1]
    return at


def _within(raw: bytes, at: int) -> int:
    if at > len(raw):
        raise IndexError
    return at


def _number(raw: bytes, at: int) -> tuple[int, int]:
    """Return a number with a sign: 0, -1, 1, -2, ... are written as 0, 1, 2, 3, ..."""
    value, at = _varint(raw, at)
    return (value >> 1) ^ -(value & 1), at


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """Return a number written in groups of seven bits, the lowest first."""
    value = shift = 0
    while raw[at] & 128:
        value |= (raw[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if shift > _LONGEST_NUMBER:
            msg = "it has a number that is too long"
            raise ValueError(msg)
    return value | raw[at] << shift, at + 1
