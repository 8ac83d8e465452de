"""The page's script: small modules in ``cib/report/script``, put into one, because a page from a file imports none.

Each module becomes a function that is called once, so its private names stay its own; `import` and `export` become
assignments. Only the plain forms that the modules use are understood, and anything else is an error.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["script"]

_FOLDER: Final = Path(__file__).parents[1] / "script"
_IMPORT: Final = re.compile(r'^import \{ ([\w, ]+) \} from "\./([\w.]+)";$', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (const|class) (\w+)", re.MULTILINE)
_LEFT: Final = re.compile(r"^(import|export)\b.*$", re.MULTILINE)


@cache
def script(start: str = "main.js") -> str:
    """Return the module `start` and all it imports, in one script, each after what it needs.

    Raises
    ------
    ValueError
        A module imports or exports in a form that is not understood, or modules import each other in a circle.
    """
    parts: dict[str, str] = {}
    _add(start, parts, ())
    return "\n".join(["const modules = {};", "globalThis.cib = { modules };", *parts.values()])


def _add(name: str, parts: dict[str, str], above: tuple[str, ...]) -> None:
    if name in above:
        msg = f"The modules {' and '.join([*above, name])} import each other."
        raise ValueError(msg)
    if name in parts:
        return
    source = (_FOLDER / name).read_text(encoding="utf-8")
    for _, needed in _IMPORT.findall(source):
        _add(needed, parts, (*above, name))
    parts[name] = _wrapped(name, source)


def _wrapped(name: str, source: str) -> str:
    body = _IMPORT.sub(r'const { \1 } = modules["\2"];', source)
    given = [exported for _, exported in _EXPORT.findall(body)]
    body = _EXPORT.sub(r"\1 \2", body)
    odd = _LEFT.search(body)
    if odd:
        msg = f"{name} has a line that cannot be put into the page: {odd[0]}"
        raise ValueError(msg)
    return f'modules["{name}"] = (() => {{\n{body.rstrip()}\nreturn {{ {", ".join(given)} }};\n}})();'
