"""What every HTML page of ours is made with: one way to escape, one to say what may run, one to hold a picture.

All text is escaped by Jinja, and passes :func:`cib.report.safe.visible` and :func:`~cib.report.safe.defang` on its way
(`finalize`), so no value can be forgotten. The Content-Security-Policy names the hashes of a page's own style
and script; whatever a post smuggled in would not run even if it were not escaped.
"""

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cib.report.safe import cut, defang, visible

__all__ = ["data_address", "environment", "policy", "stylesheet"]

_LONGEST: Final = 2000
_TYPES: Final = {"png": "image/png", "svg": "image/svg+xml"}


def environment() -> Environment:
    """Return what fills the templates in ``cib/report/templates``; an unknown name is an error."""
    return Environment(
        loader=PackageLoader("cib.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def stylesheet() -> str:
    """Return the style of all pages."""
    return (Path(__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")


def policy(style: str, script: str = "") -> str:
    """Return the Content-Security-Policy of a page that holds this style and this script: nothing else runs."""
    allowed = f"style-src '{_hash(style)}'" + (f"; script-src '{_hash(script)}'" if script else "")
    return f"default-src 'none'; img-src data:; {allowed}; base-uri 'none'; form-action 'none'"


def data_address(folder: Path, name: str, kinds: Iterable[str] = _TYPES) -> Markup:
    """Return a figure of a folder as the address of an image, in the first of some formats that is there."""
    kind = next(kind for kind in kinds if (folder / f"{name}.{kind}").is_file())
    content = base64.b64encode((folder / f"{name}.{kind}").read_bytes()).decode()
    return Markup(f"data:{_TYPES[kind]};base64,{content}")  # noqa: S704 - base64 holds nothing to escape


def _shown(value: Any) -> Any:
    """Make every string harmless to read, and no longer than anyone reads, before Jinja makes it harmless to parse."""
    return defang(visible(cut(value, _LONGEST))) if type(value) is str else value


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
