"""The page of the map: one HTML file that opens offline and runs no script."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cib.pipeline import Job
from cib.report.figures.style import Drawn
from cib.report.safe import cut, defang, visible
from cib.report.words import duration

__all__ = ["Content", "page"]

_LONGEST: Final = 2000
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
    style = (Path(__file__).parents[2] / "report" / "templates" / "style.css").read_text(encoding="utf-8")
    environment = Environment(
        loader=PackageLoader("cib.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{hashed}'; base-uri 'none'; form-action 'none'"
    return environment.get_template("tune.html.j2").render(
        policy=policy,
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


def _shown(value: Any) -> Any:
    """Make every string harmless to read, and no longer than anyone reads, before Jinja makes it harmless to parse."""
    return defang(visible(cut(value, _LONGEST))) if type(value) is str else value


def _long(seconds: float | None) -> str:
    return "–" if seconds is None else duration(seconds)


def _picture(drawn: Drawn, folder: Path) -> dict[str, str]:
    content = base64.b64encode((folder / f"{drawn.name}.svg").read_bytes()).decode()
    source = Markup(f"data:image/svg+xml;base64,{content}")  # noqa: S704 - base64 holds nothing to escape
    return {"source": source, "alt": drawn.alt, "title": drawn.title}
