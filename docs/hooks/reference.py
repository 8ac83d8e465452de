"""Reference pages written from the code: commands, config, tables, Python API, methods, messages, architecture."""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click

import cib
from cib import config as configs
from cib.cli import main
from cib.tables import EVIDENCE, RUN_TABLES

sys.path.insert(0, str(Path(__file__).parent))
import architecture
import errors
import published

__all__ = ["api", "commands", "keys", "pages", "tables"]


def pages() -> dict[str, str]:
    """Return every reference page by its file name, as Markdown."""
    return {
        "reference/commands.md": commands(),
        "reference/config.md": keys(),
        "reference/tables.md": tables(),
        "reference/api.md": api(),
        "reference/methods.md": published.page(),
        "reference/errors.md": errors.page(),
        "reference/architecture.md": architecture.page(),
    }


def commands() -> str:
    """Return the help of every command."""
    parts = ["# Commands", "What `cib COMMAND --help` prints."]
    for name, command in sorted(main.commands.items()):
        context = click.Context(command, info_name=f"cib {name}", terminal_width=100, max_content_width=100)
        parts += [f"## cib {name}", _fenced(command.get_help(context))]
    return "\n\n".join(parts) + "\n"


def keys() -> str:
    """Return every key of the config with its meaning and default."""
    said = (
        "What `cib config` prints: each key at its default, its meaning above it; `cib config --schema` has a schema."
    )
    return "\n\n".join(["# Keys of the config", said, _fenced(configs.defaults(), "toml")]) + "\n"


def tables() -> str:
    """Return every table of a run, column by column."""
    parts = [
        "# Tables of a run",
        "Parquet files in `tables/` and `evidence/` of a run folder; `exports/tables/` has them as CSV.",
    ]
    for table in [*RUN_TABLES.values(), EVIDENCE]:
        rows = [
            f"| `{name}` | {_cell(str(column.dtype))} | {_cell(column.doc)} |" for name, column in table.columns.items()
        ]
        parts += [f"## {table.name}", table.doc, "\n".join(["| column | type | meaning |", "|---|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


def api() -> str:
    """Return the public names of the package with their documentation."""
    parts = ["# Python API", "What `import cib` offers; [In notebooks](../api.md) shows how they go together."]
    for name in cib.__all__:
        thing = getattr(cib, name)
        if callable(thing):
            parts += [f"## {name}", _fenced(f"{name}{inspect.signature(thing)}", "python"), *_documented(thing)]
    return "\n\n".join(parts) + "\n"


def _documented(thing: object) -> Iterator[str]:
    yield _fenced(inspect.getdoc(thing) or "")
    if inspect.isclass(thing):
        for name, method in vars(thing).items():
            if not name.startswith("_") and (inspect.isfunction(method) or isinstance(method, property)):
                yield f"`{thing.__name__}.{name}`: {(inspect.getdoc(method) or '').splitlines()[0]}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _fenced(text: str, language: str = "text") -> str:
    return f"```{language}\n{text.rstrip()}\n```"
