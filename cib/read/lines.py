"""NDJSON: one JSON object a line into columns of text.

Numbers keep the digits they are written with, so that an id is never a rounded float. Nested objects
become dotted names (``user.screen_name``), lists become JSON lists, and a list of objects becomes one
list for each of their keys (``entities.urls.expanded_url``).
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import polars as pl

from cib.read.batch import RAW, ROW, Batch, refused_rows
from cib.read.files import InputFile, byte_blocks

__all__ = ["ndjson_batches", "ndjson_names"]

_BROKEN: Final = "the line is not valid JSON"
_NO_OBJECT: Final = "the line is JSON, but not an object"
_NOT_UTF8: Final = "the line is not valid in the file's encoding (set input.encoding, such as 'latin-1' or 'cp1252')"
_TOO_LONG: Final = "the line is too long to be read"
_HEAD_BYTES: Final = 1 << 20

_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


def ndjson_names(file: InputFile) -> list[str]:
    """Return the names of the first lines' values, in order of first appearance."""
    names: dict[str, None] = {}
    for line in next(_line_blocks(file, _HEAD_BYTES, _HEAD_BYTES), []):
        names.update(dict.fromkeys(_flat(_parsed(line)[0], None)))
    return list(names)


def ndjson_batches(file: InputFile, wanted: Sequence[str], *, size: int, limit: int) -> Iterator[Batch]:
    """Yield the lines of an NDJSON file in batches of about ``size`` bytes; ``limit`` is the longest line in bytes."""
    number, within = 1, _with_prefixes(wanted)
    for lines in _line_blocks(file, size, limit):
        rows: list[dict[str, str | None]] = []
        kept: list[tuple[int, bytes]] = []
        refused: list[tuple[int, str, bytes]] = []
        for row, line in enumerate(lines, start=number):
            if len(line) > limit:
                refused.append((row, _TOO_LONG, line))
            elif line.strip():
                value, reason = _parsed(line)
                if reason:
                    refused.append((row, reason, line))
                else:
                    rows.append(_flat(value, within))
                    kept.append((row, line))
        number += len(lines)
        yield Batch(_frame(rows, kept, wanted), refused_rows(refused))


def _line_blocks(file: InputFile, size: int, limit: int) -> Iterator[list[bytes]]:
    """Yield whole lines; of a line longer than ``limit`` only the beginning, one byte over the limit."""
    held = b""
    for block in byte_blocks(file, size):
        *lines, held = (held + block).split(b"\n")
        held = held[: limit + 1]
        if lines:
            yield lines
    if held:
        yield [held]


def _parsed(line: bytes) -> tuple[dict[str, Any], str]:
    try:
        value = _DECODER.decode(line.decode("utf-8"))
        return (value, "") if isinstance(value, dict) else ({}, _NO_OBJECT)
    except UnicodeDecodeError:
        return {}, _NOT_UTF8
    except (ValueError, RecursionError):
        return {}, _BROKEN


def _flat(value: dict[str, Any], wanted: frozenset[str] | None, prefix: str = "") -> dict[str, str | None]:
    """Return the object's values by dotted name, each as text; of names in ``wanted`` alone if it is given."""
    flat: dict[str, str | None] = {}
    for key, item in value.items():
        name = prefix + key
        if wanted is not None and name not in wanted:
            continue
        if isinstance(item, dict):
            flat |= _flat(item, wanted, f"{name}.")
        elif isinstance(item, list):
            flat |= _flat_list(name, item, wanted)
        elif isinstance(item, bool):
            flat[name] = "true" if item else "false"
        else:
            flat[name] = item
    return flat


def _flat_list(name: str, items: list[Any], wanted: frozenset[str] | None) -> dict[str, str | None]:
    rows = [_flat(item, wanted, f"{name}.") for item in items if isinstance(item, dict)]
    if not rows:
        plain = [item for item in items if isinstance(item, str)]
        return {name: json.dumps(plain, ensure_ascii=False) if plain else None}
    keys = dict.fromkeys(key for row in rows for key in row)
    return {key: json.dumps([row[key] for row in rows if row.get(key)], ensure_ascii=False) for key in keys}


def _with_prefixes(names: Sequence[str]) -> frozenset[str]:
    """Return the names and all that they are nested in."""
    parts = [name.split(".") for name in names]
    return frozenset(".".join(part[:depth]) for part in parts for depth in range(1, len(part) + 1))


def _frame(rows: list[dict[str, str | None]], kept: list[tuple[int, bytes]], wanted: Sequence[str]) -> pl.DataFrame:
    columns = {name: [row.get(name) for row in rows] for name in wanted}
    return pl.DataFrame(
        [pl.Series(name, _encodable(values), dtype=pl.String) for name, values in columns.items()]
        + [
            pl.Series(ROW, [row for row, _ in kept], dtype=pl.UInt32),
            pl.Series(RAW, [line for _, line in kept], dtype=pl.Binary),
        ]
    )


def _encodable(values: list[str | None]) -> list[str | None]:
    r"""Replace lone surrogates (``"\ud83d"`` without its other half), which no UTF-8 can hold, by U+FFFD."""
    try:
        "".join(value for value in values if value).encode("utf-8")
    except UnicodeEncodeError:
        return [value and value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for value in values]
    return values
