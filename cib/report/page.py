"""The page: one HTML file that opens offline and runs nothing but its own script.

How text is escaped and what may run is said in :mod:`cib.report.paper`.
"""

import json
from pathlib import Path
from typing import Any

from markupsafe import Markup

from cib.report import about, members, sections
from cib.report.change import change
from cib.report.figures import write_figures
from cib.report.interactive.bundle import script
from cib.report.interactive.chosen import choose
from cib.report.interactive.evidence import evidence_block
from cib.report.interactive.graph import graph_block
from cib.report.paper import data_address, environment, policy, stylesheet
from cib.report.run import RunFiles
from cib.report.words import NOT_SAID
from cib.settings import ReportSettings

__all__ = ["compose", "write_page"]


def compose(run: RunFiles, settings: ReportSettings) -> dict[str, Any]:
    """Return what the page says, without its figures: the part that reads tables, evidence and posts.

    Raises
    ------
    RunError
        The run is not complete.
    """
    return {
        "title": settings.title or str(run.manifest["config"]["name"]),
        "about": about.facts(run),
        "networks": sections.networks(run, settings),
        "unusual": members.unusual_accounts(run),
        "change": change(run),
        "blocks": _blocks(run, settings),
    }


def write_page(run: RunFiles, out: Path, settings: ReportSettings, content: dict[str, Any] | None = None) -> Path:
    """Write ``report.html`` and return its path.

    The figures are those in ``out/figures``; they are drawn if they are not there yet. `content` is what
    :func:`compose` returns, if that has been called already.

    Raises
    ------
    RunError
        The run is not complete.
    """
    style, code = stylesheet(), script()
    pages = environment()
    pages.globals["NOT_SAID"] = NOT_SAID
    html = pages.get_template("report.html.j2").render(
        policy=policy(style, code),
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(code),  # noqa: S704 - our own file
        figures=_figures(run, out, settings),
        **(compose(run, settings) if content is None else content),
    )
    path = out / "report.html"
    path.write_text(html, encoding="utf-8", newline="\n")
    return path


def _blocks(run: RunFiles, settings: ReportSettings) -> dict[str, Markup]:
    """Return the packed data of the page's script by name: none, if there is no graph."""
    chosen = choose(run, settings)
    if chosen.nodes.is_empty():
        return {}
    blocks = {"graph": graph_block(run, chosen, settings), "evidence": evidence_block(run, chosen, settings)}
    return {name: Markup(block) for name, block in blocks.items()}  # noqa: S704 - base64 holds nothing to escape


def _figures(run: RunFiles, out: Path, settings: ReportSettings) -> dict[str, dict[str, str]]:
    """Return title, alternative text and data address of each figure, by name."""
    folder = out / "figures"
    if not (folder / "captions.json").is_file():
        write_figures(run, out, settings)
    captions: dict[str, dict[str, str]] = json.loads((folder / "captions.json").read_text(encoding="utf-8"))
    return {name: caption | {"source": data_address(folder, name)} for name, caption in captions.items()}
