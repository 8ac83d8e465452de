"""The page of the map: one HTML file that opens offline and runs no script."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
from markupsafe import Markup

from cib.pipeline import Job
from cib.report.figures.style import Drawn
from cib.report.paper import data_address, environment, policy, stylesheet
from cib.report.words import duration

__all__ = ["Content", "page"]

_HEADS: Final = {
    "cell": "",
    "interval": "95 %",
    "false": "false networks a run",
    "reported": "networks reported",
    "accounts": "accounts in them",
    "holds": "accounts that hold",
}


@dataclass(frozen=True)
class Content:
    """What the page says.

    Attributes
    ----------
    said : the summary, sentence by sentence.
    cells : one row a cell, all text.
    delays : of :func:`cib.evaluate.tune.delays.intervals`.
    drawn : figures, which stand in the folder as SVG.
    """

    said: Sequence[str]
    cells: pl.DataFrame
    delays: pl.DataFrame
    drawn: Sequence[Drawn]


def page(job: Job, content: Content, folder: Path) -> str:
    """Return the page as text; the figures stand in the folder."""
    style = stylesheet()
    template = environment().get_template("tune.html.j2")
    return template.render(
        policy=policy(style),
        style=Markup(style),  # noqa: S704 - our own file
        title=job.settings.report.title or job.name,
        config=job.config,
        said=list(content.said),
        heads=[_HEADS.get(name, name) for name in content.cells.columns],
        rows=content.cells.rows(),
        numbers=[
            name in {"power", "interval", "false", "reported", "accounts", "links", "holds"}
            for name in content.cells.columns
        ],
        figures=[_picture(one, folder) for one in content.drawn],
        intervals=[[layer, *map(_long, lengths)] for layer, *lengths in content.delays.iter_rows()],
        limit=job.settings.tune.false_alarms,
        runs=job.settings.control.runs,
    )


def _long(seconds: float | None) -> str:
    return "–" if seconds is None else duration(seconds)


def _picture(drawn: Drawn, folder: Path) -> dict[str, str]:
    return {"source": data_address(folder, drawn.name, ["svg"]), "alt": drawn.alt, "title": drawn.title}
