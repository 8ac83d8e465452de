"""JSON documents into columns of text.

Numbers keep the digits they are written with, so that an id is never a rounded float. Nested objects
become dotted names (``user.screen_name``), lists become JSON lists, and a list of objects becomes one
list for each of their keys (``entities.urls.expanded_url``).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from cib.read.batch import ROW, Batch, Raw, in_lots, refused_rows
from cib.read.decoding import BROKEN, NO_OBJECT, NOT_UTF8, decoded_documents, unfolded
from cib.read.documents import AROUND, Documents, documents, shallow
from cib.read.files import InputFile
from cib.read.quick import quick_columns
from cib.read.reader import DOCUMENT, Layout

__all__ = ["LISTS", "layout_batches", "ndjson_batches", "ndjson_names"]

LISTS: Final = ("messages", "data", "statuses", "items", "children", "videos", "comments", "posts", "interactions")
"""Keys of lists at which a document is cut that is too large to be recognised whole."""
_HEAD_BYTES: Final = 1 << 20
# Lines are taken from the file in pieces that stay in the processor's cache from their bytes to their columns.
_PIECE: Final = 1 << 19

_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


def ndjson_names(file: InputFile, *, limit: int, depth: int = 64) -> list[str]:
    """Return the dotted names of the first documents' values, in order of first appearance."""
    names: dict[str, None] = {}
    for found in (shallow(one, depth) for one in documents(file, LISTS, size=_HEAD_BYTES, limit=limit)):
        for text in found.texts:
            names.update(dict.fromkeys(_flat(_whole(_parsed(text)[0]), None)))
        if names:
            break
    return list(names)


def _whole(value: dict[str, Any]) -> dict[str, Any]:
    """Return a record that was cut out of a list as the document that it came from, with this record alone."""
    around = value.pop(AROUND, None)
    return around | {next(reversed(around)): [value]} if isinstance(around, dict) and around else value


def ndjson_batches(
    file: InputFile, wanted: Sequence[str], *, size: int, limit: int, depth: int = 64
) -> Iterator[Batch]:
    """Yield the documents of a JSON file, a row each, in batches of about ``size`` bytes.

    ``limit`` is the longest document in bytes, ``depth`` the deepest nesting that is read.
    """
    pieces = documents(file, (), size=min(size, _PIECE), limit=limit)
    yield from in_lots(_pieces((shallow(one, depth) for one in pieces), wanted), max(1, size // _PIECE))


def _pieces(pieces: Iterable[Documents], wanted: Sequence[str]) -> Iterator[Batch]:
    quick, within = quick_columns(wanted), _with_prefixes(wanted)
    for found in pieces:
        got = quick(found.texts)
        taken, columns, refused = got.taken, got.columns, list(found.refused)
        if got.left:
            rows = {at: _parsed(found.texts[at]) for at in got.left}
            refused += [(found.numbers[at], reason, found.texts[at]) for at, (_, reason) in rows.items() if reason]
            flat = {at: _flat(value, within) for at, (value, reason) in rows.items() if not reason}
            taken = [*taken, *flat]
            slow = {name: _encodable([row.get(name) for row in flat.values()]) for name in wanted}
            columns = {name: columns[name].append(pl.Series(slow[name], dtype=pl.String)) for name in wanted}
        frame, order = _frame(columns, found.numbers, taken)
        yield Batch(frame, refused_rows(refused), _raw(found.texts, order))


def _frame(
    columns: Mapping[str, pl.Series], numbers: Sequence[int], taken: list[int]
) -> tuple[pl.DataFrame, list[int]]:
    """Return the documents in their order, and which each row is."""
    rows = pl.Series(ROW, [numbers[at] for at in taken], dtype=pl.UInt32)
    frame = pl.DataFrame([*columns.values(), rows])
    order = sorted(range(len(taken)), key=taken.__getitem__)
    return (frame, taken) if order == list(range(len(taken))) else (frame[order], [taken[at] for at in order])


def _raw(texts: Sequence[bytes], documents_of: Sequence[int]) -> Raw:
    return lambda places: [texts[documents_of[place]] for place in places]


def layout_batches(file: InputFile, layout: Layout, *, size: int, limit: int, depth: int = 64) -> Iterator[Batch]:
    """Yield the rows that a JSON file's documents become, in batches of about ``size`` bytes of text."""
    rows_of = layout.afresh() if layout.afresh is not None else layout.rows
    for found in (shallow(one, depth) for one in documents(file, layout.lists, size=size, limit=limit)):
        texts, origins = unfolded(found.texts, layout)
        frame, left_out = decoded_documents(texts, layout.schema)
        refused = found.refused + [(found.numbers[origins[at]], reason, texts[at]) for at, reason in left_out]
        rows = rows_of(frame.with_columns(pl.Series(DOCUMENT, origins, dtype=pl.UInt32).gather(frame[DOCUMENT])))
        documents_of = rows[DOCUMENT]
        rows = rows.with_columns(pl.Series(ROW, found.numbers, dtype=pl.UInt32).gather(documents_of))
        # A document that is one row is shown as it stands; of one that is many each row is shown.
        alone = documents_of.n_unique() == len(documents_of)
        yield Batch(
            rows.drop(DOCUMENT), refused_rows(refused), _raw(found.texts, documents_of.to_list()) if alone else None
        )


def _parsed(line: bytes) -> tuple[dict[str, Any], str]:
    try:
        value = _DECODER.decode(line.decode("utf-8"))
        return (value, "") if isinstance(value, dict) else ({}, NO_OBJECT)
    except UnicodeDecodeError:
        return {}, NOT_UTF8
    except (ValueError, RecursionError):
        return {}, BROKEN


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
    texts = {key: [row[key] for row in rows if row.get(key)] for key in keys}
    return {key: json.dumps(found, ensure_ascii=False) if found else None for key, found in texts.items()}


def _with_prefixes(names: Sequence[str]) -> frozenset[str]:
    """Return the names and all that they are nested in."""
    parts = [name.split(".") for name in names]
    return frozenset(".".join(part[:depth]) for part in parts for depth in range(1, len(part) + 1))


def _encodable(values: list[str | None]) -> list[str | None]:
    r"""Replace lone surrogates (``"\ud83d"`` without its other half), which no UTF-8 can hold, by U+FFFD."""
    try:
        "".join(value for value in values if value).encode("utf-8")
    except UnicodeEncodeError:
        return [value and value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for value in values]
    return values
