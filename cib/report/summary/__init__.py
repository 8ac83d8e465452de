"""The summary by itself, for people who paste it into a document: as Markdown, and as a PDF.

Its sentences are those of the page (:mod:`cib.report.about`, :mod:`cib.report.words`).
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cib.report import about as page
from cib.report.run import RunFiles
from cib.report.words import NOT_SAID

__all__ = ["Figure", "Section", "Summary", "summarise"]

_COLUMNS: Final = ("Network", "Tier", "Score", "Accounts", "Objects", "Days", "Layers")
_ROWS: Final = 20
_FIGURES: Final = ("graph", "timeline")


@dataclass(frozen=True)
class Figure:
    """A figure of the report: its file, and what is seen in words."""

    path: Path
    title: str
    alt: str


@dataclass(frozen=True)
class Section:
    """A part of the summary.

    Attributes
    ----------
    items : strong beginning and the rest of each, in a list that is numbered or not.
    table : rows of cells, the first of them the heads; () for none.
    """

    heading: str
    paragraphs: tuple[str, ...] = ()
    items: tuple[tuple[str, str], ...] = ()
    numbered: bool = False
    table: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Summary:
    """Title, lead and sections, as plain text that is not yet made safe for any format."""

    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
    figures: tuple[Figure, ...] = field(default=())


def summarise(run: RunFiles, folder: Path | None, facts: dict[str, Any] | None = None) -> Summary:
    """Return the summary of a run.

    Parameters
    ----------
    folder : holds ``figures/``; those that are there are shown. None: no figures.
    facts : what :func:`cib.report.about.facts` returns, if that has been called already.

    Raises
    ------
    RunError
        The run is not complete.
    """
    facts = page.facts(run) if facts is None else facts
    settings = run.manifest["config"]["settings"]
    lead = (facts["read"], facts["outcome"], facts["control"], facts["privacy"])
    sections = [
        Section("The strongest", items=tuple(_strongest(facts["strongest"])), numbered=True),
        Section("What this does not say", items=NOT_SAID),
        Section("What to keep in mind with this data", items=tuple(("", line) for line in facts["caveats"])),
        Section("All networks", _left_out(facts["ranking"]), table=_table(facts["ranking"])),
        Section("How it was made", items=tuple(_made(run, facts))),
    ]
    told = tuple(part for part in sections if part.items or len(part.table) > 1)
    title = settings["report"]["title"] or str(run.manifest["config"]["name"])
    return Summary(title, lead, told, () if folder is None else _figures(folder))


def _strongest(strongest: list[tuple[int, str, str, str, str]]) -> list[tuple[str, str]]:
    return [
        (f"Network {number}, tier {tier}, {word}.", f"{text} Why no higher tier: {reason}")
        for number, text, tier, word, reason in strongest
    ]


def _table(ranking: Any) -> tuple[tuple[str, ...], ...]:
    places = [list(ranking.heads).index(name) for name in _COLUMNS]
    rows = [tuple(row[place].text for place in places) for row in ranking.rows[:_ROWS]]
    return (_COLUMNS, *rows)


def _left_out(ranking: Any) -> tuple[str, ...]:
    more = len(ranking.rows) - _ROWS
    return (f"The first {_ROWS} of {len(ranking.rows)}; exports/networks.csv has all.",) if more > 0 else ()


def _made(run: RunFiles, facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what it takes to make it again: command, versions, files with their digests."""
    manifest = run.manifest
    files = [
        (f"{file['file']}:", f"{file['rows']:,} rows, {file['format']}, BLAKE2b {file['blake2b']}")
        for file in manifest["inputs"]
    ]
    version = f"{manifest['cib_version']} (data schema {manifest['schema_version']}), seed {manifest['seed']}"
    return [("Command:", facts["command"]), ("cib:", version), *files]


def _figures(folder: Path) -> tuple[Figure, ...]:
    captions = folder / "figures" / "captions.json"
    known = json.loads(captions.read_text(encoding="utf-8")) if captions.is_file() else {}
    paths = {name: folder / "figures" / f"{name}.png" for name in _FIGURES if name in known}
    return tuple(
        Figure(path, known[name]["title"], known[name]["alt"]) for name, path in paths.items() if path.is_file()
    )
