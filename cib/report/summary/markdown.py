"""The summary as Markdown (CommonMark, with tables as on most platforms)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cib.report.safe import for_markdown
from cib.report.summary import Section, Summary

__all__ = ["as_markdown", "write_markdown"]

_LONGEST: Final = 2000


def write_markdown(summary: Summary, path: Path) -> Path:
    """Write the summary and return the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_markdown(summary), encoding="utf-8", newline="\n")
    return path


def as_markdown(summary: Summary) -> str:
    """Return the summary as Markdown; figures by their path below the report's folder."""
    parts = [f"# {_safe(summary.title)}", "*Coordination report*", *map(_safe, summary.lead)]
    for section in summary.sections:
        parts += _section(section)
    parts += [f"![{_safe(figure.alt)}](figures/{figure.path.name})" for figure in summary.figures]
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> Iterator[str]:
    yield f"## {_safe(section.heading)}"
    yield from map(_safe, section.paragraphs)
    if section.items:
        lines = [f"**{_safe(strong)}** {_safe(text)}" if strong else _safe(text) for strong, text in section.items]
        yield "\n".join(f"{f'{n}.' if section.numbered else '-'} {line}" for n, line in enumerate(lines, 1))
    if section.table:
        rows = [f"| {' | '.join(map(_safe, row))} |" for row in section.table]
        yield "\n".join([rows[0], "|---" * len(section.table[0]) + "|", *rows[1:]])


def _safe(text: str) -> str:
    return for_markdown(text[:_LONGEST])
