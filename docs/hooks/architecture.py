"""The page of the architecture, drawn from the imports: which room uses which, and what each one is for."""

import ast
import tomllib
from collections import Counter
from pathlib import Path

__all__ = ["page", "rooms", "uses"]

ROOT = Path(__file__).parents[2]
HEAD = """\
# Architecture

Written from the code each time the site is built: the floors are those that `lint-imports` enforces
(`pyproject.toml`), the arrows are the imports that are there, the sentences are the first lines of the modules.

Read it from the top: what stands on a floor may import what stands below, and nothing beside or above it. The stages
(`read`, `traces`, `link`, `networks`, `accounts`, `report`) know nothing of each other; `pipeline` alone knows
their order. So a stage can be understood, tested and replaced by itself."""
WAY = """\
## The way of the data

    files ──read──▶ posts, accounts ──traces──▶ acts on objects ──link──▶ edges, pairs of posts
          ──networks──▶ graph, networks, members      posts, accounts ──accounts──▶ indicators
          ──report──▶ page, figures, exports

Every table between two stages is in `cib/tables/` with its columns ([Tables of a run](tables.md)). Every setting is in
`cib/settings/` ([Keys of the config](config.md)). Where something new goes, with a complete example: [a
platform](../add-a-platform.md), [a trace](../add-a-trace.md), [an indicator](../add-an-indicator.md), [an
explanation](../add-an-explanation.md), [a null model](../add-a-null-model.md). Why things are as they are:
[decisions](../decisions/index.md)."""


def page() -> str:
    """Return the page as Markdown."""
    known = rooms()
    floors = [[room for room in floor if room in known] for floor in _floors()]
    table = ["| floor | room | what it is for | imports (files that do) |", "|---:|---|---|---|"]
    for height, floor in zip(range(len(floors), 0, -1), floors, strict=True):
        for room in floor:
            used = ", ".join(f"`{other}` ({files})" for other, files in sorted(uses(room).items())) or "-"
            table.append(f"| {height} | `cib.{room}` | {known[room]} | {used} |")
    return "\n\n".join([HEAD, "## The floors", _drawn(floors), "## The rooms", "\n".join(table), WAY]) + "\n"


def rooms() -> dict[str, str]:
    """Return each room of the package with the first sentence of its documentation."""
    found = {}
    for path in sorted((ROOT / "cib").iterdir()):
        file = path / "__init__.py" if path.is_dir() else path
        if file.is_file() and file.suffix == ".py" and path.name != "__init__.py":
            told = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
            found[path.stem] = told.split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
    return found


def uses(room: str) -> Counter[str]:
    """Return how many files of a room import each other room, wherever the import stands."""
    found: Counter[str] = Counter()
    for path in _files(room):
        found.update(_imported(ast.parse(path.read_text(encoding="utf-8"))) & set(rooms()) - {room})
    return found


def _imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return {name.split(".")[1] for name in names if name.startswith("cib.")}


def _files(room: str) -> list[Path]:
    return sorted([*(ROOT / "cib" / room).rglob("*.py"), *(ROOT / "cib").glob(f"{room}.py")])


def _floors() -> list[list[str]]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (contract,) = [
        contract
        for contract in tomllib.loads(text)["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    ]
    return [
        [name.strip("() ").removeprefix("cib.") for name in layer.replace(":", "|").split("|")]
        for layer in contract["layers"]
    ]


def _drawn(floors: list[list[str]]) -> str:
    rows = ["   ".join(floor) for floor in floors]
    width = max(map(len, rows))
    bar = "+" + "-" * (width + 4) + "+"
    return "```text\n" + "\n".join([bar, *(f"|  {row:<{width}}  |\n{bar}" for row in rows)]) + "\n```"
