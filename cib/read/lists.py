"""Files beside the posts: lists of names to leave out or to keep to, and short links that somebody has resolved."""

import re
from pathlib import Path
from typing import Final

import polars as pl

from cib.errors import InputError
from cib.read.cells import text_cells
from cib.read.files import expand, look_at
from cib.read.source import batches, open_source
from cib.settings import InputSettings, ListSettings

__all__ = ["names_in", "short_links"]

_BATCH_BYTES: Final = 8 << 20
_MAX_LIST: Final = 200_000_000
# The first line of a table of names; a name of one's own is never one of these words.
_HEADING: Final = re.compile(
    r"(?:accounts?|account_id|users?|user_id|domains?|hosts?|hashtags?|tags?|objects?|object_id|urls?|links?|media_id)",
    re.IGNORECASE,
)


def names_in(lists: ListSettings, root: Path, section: str) -> dict[str, list[str]]:
    """Return the names that the files of a section hold, by kind, sorted, each once.

    A file has one name a line; of a line with commas or tabs the first cell counts, a first line that says what the
    names are is passed over, and so are blank lines.

    Parameters
    ----------
    lists : the section.
    root : the folder that its paths start from.
    section : its name, for messages.

    Raises
    ------
    InputError
        A file is missing, not UTF-8, larger than 200 MB, or holds no name.
    """
    found: dict[str, list[str]] = {}
    for kind, entries in lists:
        names: set[str] = set()
        for path in expand(entries, root):
            names |= _names(path, f"{section}.{kind}")
        if names:
            found[kind] = sorted(names)
    return found


def _names(path: Path, key: str) -> set[str]:
    try:
        if path.stat().st_size > _MAX_LIST:
            msg = f"{key}: '{path}' is larger than {_MAX_LIST:,} bytes. Give a list of names, one a line."
            raise InputError(msg)
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except OSError as error:
        msg = f"{key}: cannot open '{path}': {error.strerror or error}. Name a file that you may read."
        raise InputError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{key}: '{path}' is not UTF-8 (byte {error.start:,}). Save it as UTF-8."
        raise InputError(msg) from error
    cells = [re.split(r"[,\t]", line, maxsplit=1)[0].strip().strip('"').strip() for line in lines]
    if cells and _HEADING.fullmatch(cells[0]):
        cells = cells[1:]
    names = {cell for cell in cells if cell}
    if not names:
        msg = f"{key}: '{path}' holds no name. Give one a line, or take it out of {key}."
        raise InputError(msg)
    return names


def short_links(settings: InputSettings, root: Path) -> pl.DataFrame:
    """Return the short links of ``settings.short_links`` and where they lead: columns short and resolved, as written.

    Rows without both are passed over. Of two rows for one link the first counts.

    Raises
    ------
    InputError
        A file is missing, cannot be read, or lacks a column `short` or `resolved`.
    """
    tables = [pl.DataFrame(schema={"short": pl.String, "resolved": pl.String})]
    for path in expand(settings.short_links, root):
        source = open_source(look_at(path, path.name, settings), settings)
        if not {"short", "resolved"} <= set(source.names):
            msg = (
                f"input.short_links: '{path}' needs the columns short and resolved. It has: {', '.join(source.names)}."
            )
            raise InputError(msg)
        rows = (batch.frame for batch in batches(source, ["short", "resolved"], settings, _BATCH_BYTES))
        tables += [
            frame.select(text_cells(frame[name]).alias(name) for name in ("short", "resolved")) for frame in rows
        ]
    return pl.concat(tables).drop_nulls().unique("short", keep="first", maintain_order=True)
