"""The published methods that come with cib, each a config in ``configs/methods/``."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cib import config as configs
from cib.errors import ConfigError
from cib.settings import Settings
from cib.traces import TRACES

__all__ = ["describe", "find", "methods"]

_PACKAGE: Final = Path(__file__).parent
_FOLDERS: Final = (_PACKAGE / "methods_configs", _PACKAGE.parent / "configs" / "methods")
"""Where the configs are: inside an installed package, or beside it in a checkout."""
_WIDTH: Final = 96


def methods() -> dict[str, Path]:
    """Return the config of each method by its name, in the order of the names.

    Raises
    ------
    ConfigError
        The package came without them.
    """
    for folder in _FOLDERS:
        found = {path.stem: path for path in sorted(folder.glob("*.toml"))}
        if found:
            return found
    msg = "This installation has no method configs. Install cib again, or give `cib run` a config of your own."
    raise ConfigError(msg)


def find(name: str) -> Path | None:
    """Return the config of a method, None if there is none of that name."""
    return methods().get(name)


def describe() -> str:
    """Return the list of methods: name, title, reference, what posts must have, where it differs from the original."""
    lines = []
    for name, path in methods().items():
        lines += [name, *_about(configs.load(path, traces=TRACES)), ""]
    lines.append("Run one with: cib run NAME --input FILE")
    return "\n".join(lines)


def _about(settings: Settings) -> Iterator[str]:
    method = settings.method
    reference = f"{method.reference} doi:{method.doi}" if method.doi else method.reference
    for title, text in (("", method.title), ("", reference), ("needs ", method.needs), ("note  ", method.note)):
        if text:
            yield from textwrap.wrap(title + text, _WIDTH, initial_indent="    ", subsequent_indent="    ")
