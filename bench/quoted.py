"""Figures in the documentation: what stands between `<!-- figure: NAME -->` and `<!-- /figure -->` is rewritten."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = ("README.md", "docs/*.md")
_MARK: Final = re.compile(r"<!-- figure: ([\w-]+) -->(.*?)<!-- /figure -->", re.DOTALL)


def fill(text: str, figures: dict[str, str]) -> str:
    """Return a page with the figures in their places; a figure of several lines stands on lines of its own.

    >>> fill("a <!-- figure: x -->1<!-- /figure --> b", {"x": "2"})
    'a <!-- figure: x -->2<!-- /figure --> b'
    """

    def put(found: re.Match[str]) -> str:
        name, old = found.groups()
        new = figures.get(name)
        if new is None:
            return found[0]
        return (
            f"<!-- figure: {name} -->\n\n{new}\n\n<!-- /figure -->"
            if "\n" in old
            else f"<!-- figure: {name} -->{new}<!-- /figure -->"
        )

    return _MARK.sub(put, text)


def quoted(text: str) -> list[str]:
    """Return the names of the figures that a page quotes."""
    return [name for name, _ in _MARK.findall(text)]


def without_figures(text: str) -> str:
    """Return a page without what stands between marks."""
    return _MARK.sub("", text)


def pages() -> list[Path]:
    """Return the pages in which figures may be quoted."""
    return sorted(path for pattern in PAGES for path in ROOT.glob(pattern))


def rewrite(figures: dict[str, str]) -> list[Path]:
    """Put figures into all pages that quote them; return the pages that changed."""
    changed = []
    for path in pages():
        text = path.read_text(encoding="utf-8")
        filled = fill(text, figures)
        if filled != text:
            path.write_text(filled, encoding="utf-8")
            changed.append(path)
    return changed


def table(head: Sequence[str], rows: Iterable[Sequence[object]], words: int = 1) -> str:
    """Return a Markdown table; the first `words` columns are words, the others numbers.

    >>> print(table(["a", "b"], [["x", 1]]))
    | a | b |
    |---|---:|
    | x | 1 |
    """
    rule = "".join("---|" if place < words else "---:|" for place in range(len(head)))
    lines = [f"| {' | '.join(map(str, row))} |" for row in (head, *rows)]
    return "\n".join([lines[0], f"|{rule}", *lines[1:]])
