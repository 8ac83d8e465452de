"""The line of every key in a TOML text: its parsers give none for values, and a mistake should be found at once."""

import re
import tomllib
from collections.abc import Iterator
from typing import Final, TypeAlias

__all__ = ["KeyPath", "key_lines"]

KeyPath: TypeAlias = tuple[str | int, ...]

_TOKEN: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'  # multi-line strings: up to two quotes may stand before the closing three
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|\n|[\[\]{}=.,]|[^\s\"'\#\[\]{}=.,]+",
    re.DOTALL,
)


def key_lines(text: str) -> dict[KeyPath, int]:
    """Map the path of every key and table of a valid TOML text to its line, from 1."""
    lines: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for line, statement in _statements(text):
        header = statement[0] == "["
        keys = _keys(statement)
        path = keys if header else table + keys
        if statement[:2] == ["[", "["]:
            counts[path] = counts.get(path, -1) + 1
            path += (counts[path],)
        for depth in range(1, len(path) + 1):
            lines.setdefault(path[:depth], line)
        if header:
            lines[path] = line
            table = path
    return lines


def _statements(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each key with its value, and each table header, as pieces with the line it starts on."""
    line, start, depth = 1, 1, 0
    pieces: list[str] = []
    for match in _TOKEN.finditer(text):
        piece = match.group()
        if piece == "\n" and depth == 0:
            if pieces:
                yield start, pieces
            pieces = []
        elif piece != "\n" and not piece.startswith("#"):
            start = start if pieces else line
            depth += (piece in "[{") - (piece in "]}")
            pieces.append(piece)
        line += piece.count("\n")
    if pieces:
        yield start, pieces


def _keys(statement: list[str]) -> KeyPath:
    """Return the key at the head of a statement, split at its dots and unquoted."""
    end = statement.index("=") if statement[0] != "[" else len(statement)
    names = [piece for piece in statement[:end] if piece not in {"[", "]", "."}]
    return tuple(next(iter(tomllib.loads(f"{name} = 0"))) for name in names)
