"""The page: one HTML file that opens offline and runs nothing but its own script.

All text is escaped by Jinja, and passes :func:`cib.report.safe.visible` and :func:`~cib.report.safe.defang` on its way
(`finalize`), so no value can be forgotten. The Content-Security-Policy names the hashes of the one style
and the one script; whatever a post smuggled in would not run even if it were not escaped.
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cib.report import about, members, sections
from cib.report.change import change
from cib.report.figures import write_figures
from cib.report.interactive.bundle import script
from cib.report.interactive.chosen import choose
from cib.report.interactive.evidence import evidence_block
from cib.report.interactive.graph import graph_block
from cib.report.run import RunFiles
from cib.report.safe import cut, defang, visible
from cib.report.words import NOT_SAID
from cib.settings import ReportSettings

__all__ = ["compose", "write_page"]

_LONGEST: Final = 2000
_TYPES: Final = {"png": "image/png", "svg": "image/svg+xml"}


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
    style, code = _asset("style.css"), script()
    page = _environment().get_template("report.html.j2")
    html = page.render(
        policy=_policy(style, code),
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


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("cib.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["NOT_SAID"] = NOT_SAID
    return environment


def _shown(value: Any) -> Any:
    """Make every string harmless to read, and no longer than anyone reads, before Jinja makes it harmless to parse."""
    return defang(visible(cut(value, _LONGEST))) if type(value) is str else value


def _asset(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    hashes = f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    return f"default-src 'none'; img-src data:; {hashes}; base-uri 'none'; form-action 'none'"


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _figures(run: RunFiles, out: Path, settings: ReportSettings) -> dict[str, dict[str, str]]:
    """Return title, alternative text and data address of each figure, by name."""
    folder = out / "figures"
    if not (folder / "captions.json").is_file():
        write_figures(run, out, settings)
    captions: dict[str, dict[str, str]] = json.loads((folder / "captions.json").read_text(encoding="utf-8"))
    return {name: caption | {"source": _data(folder, name)} for name, caption in captions.items()}


def _data(folder: Path, name: str) -> str:
    kind = next(kind for kind in _TYPES if (folder / f"{name}.{kind}").is_file())
    content = base64.b64encode((folder / f"{name}.{kind}").read_bytes()).decode()
    return Markup(f"data:{_TYPES[kind]};base64,{content}")  # noqa: S704 - base64 holds nothing to escape
