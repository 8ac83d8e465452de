"""The page of all error messages, read off the code: what is raised, with which words, by which file."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cib import errors

__all__ = ["Message", "messages", "page"]

CIB = Path(errors.__file__).parent
KINDS = {error.__name__: error for error in errors.CibError.__subclasses__()}
WHO = {
    "ConfigError": "The command line or the config",
    "InputError": "The files",
    "TableError": "A table that a stage was given",
    "RunError": "The run",
}


HEAD = """\
Everything that cib says when something is wrong, written from the code. Each message says what happened, where, and
what to do; none is a traceback. ⟨…⟩ stands for what varies. The code with which a command ends is explained in
[exit-codes.md](../exit-codes.md). Single rows that cannot be read are no error: they are set aside with their reason
([reading.md](../reading.md))."""
VALUES = """\
A value that a key cannot have is reported as `FILE:LINE: KEY must be …`, all mistakes of a config at once, with the
nearest known name for a key that is not known. Rules that join several keys say:"""


@dataclass(frozen=True, order=True)
class Message:
    """An error that can be raised: its class, its words with what varies in angle brackets, its file."""

    kind: str
    words: str
    file: str


def messages() -> list[Message]:
    """Return all messages of cib's own errors, and what settings say of a value (kind ValueError, in cib/settings)."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(CIB.rglob("*.py"))}
    constants = {name: value for tree in trees.values() for name, value in _constants(tree)}
    found = {
        Message(kind, words, str(path.relative_to(CIB.parent)))
        for path, tree in trees.items()
        for kind, words in _raised(tree, constants)
        if kind in KINDS or (kind == "ValueError" and "settings" in path.parts)
    }
    return sorted(found)


def page() -> str:
    """Return the page as Markdown."""
    parts = ["# Error messages", HEAD]
    for kind, who in WHO.items():
        rows = [f"| {_cell(m.words)} | `{m.file}` |" for m in messages() if m.kind == kind]
        parts += [
            f"## {who}: `{kind}`, code {KINDS[kind].exit_code}",
            KINDS[kind].__doc__ or "",
            "\n".join(["| message | raised by |", "|---|---|", *rows]),
        ]
    rows = [f"| {_cell(m.words)} | `{m.file}` |" for m in messages() if m.kind == "ValueError"]
    parts += ["## Values in a config", VALUES, "\n".join(["| rule | raised by |", "|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield the public texts of a module, which others may raise as well."""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id, node.value


def _raised(tree: ast.Module, constants: dict[str, ast.expr]) -> Iterator[tuple[str, str]]:
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        for node in ast.walk(function):
            if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args):
                continue
            for value in _values(node.exc.args[0], function, node.lineno, constants):
                words = _words(value)
                if re.search(r"[a-z]{2}", words):
                    yield getattr(node.exc.func, "id", ""), words


def _values(argument: ast.expr, function: ast.FunctionDef, line: int, constants: dict[str, ast.expr]) -> list[ast.expr]:
    """Return what a raised name was last set to, or the argument itself."""
    if isinstance(argument, ast.Call) and isinstance(argument.func, ast.Name):
        return []  # another function words it
    if not isinstance(argument, ast.Name):
        return [argument]
    sets = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == argument.id and node.lineno <= line
    ]
    if not sets:
        return [constants[argument.id]] if argument.id in constants else []
    return [max(sets, key=lambda node: node.lineno).value]


def _words(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_words(value) for value in node.values)
    if isinstance(node, ast.FormattedValue):
        return f"⟨{_name(node.value)}⟩"
    if isinstance(node, ast.BinOp):
        return _words(node.left) + _words(node.right)
    return "⟨…⟩"


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return _name(node.args[0]) if isinstance(node, ast.Call) and len(node.args) == 1 else "…"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;").replace("*", "\\*")
