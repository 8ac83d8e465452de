"""The code blocks of the pages: what they are, what is said about running them, and what running them prints.

A block is fenced, or indented and begins like a command. A comment before it can say how it is treated::

    <!-- not run: the reason -->            it is shown alone
    <!-- run by: tests/x.py::test_y -->     another test follows it
    <!-- file: configs/x.toml -->           its text becomes this file of the reader's folder
    <!-- fails: 3 -->                       its last command ends with this code, and what it says is part of the output

A block in the language `output` is what the block before it prints; `...` in it stands for anything.
"""

import ast
import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner

from cib import config
from cib.cli import main
from cib.settings.world import WorldSettings
from cib.traces import TRACES

__all__ = ["COMMAND", "Block", "Reader", "blocks", "pages", "same"]

ROOT = Path(__file__).parents[2]
MARK = re.compile(r"^<!-- (not run|run by|file|fails): (.+?) -->$")
COMMAND = re.compile(r"^(\$ )?(\.venv/bin/)?(cib|make|python|pip|Rscript|git|uv)\s")
SHOWN = {"text", ""}
"""Languages of what is no code: formulas, drawings, shapes of files."""


@dataclass(frozen=True)
class Block:
    """A block of a page: its first line's number, its language, its text, and the marks before it."""

    page: Path
    line: int
    language: str
    text: str
    marks: dict[str, str] = field(hash=False)

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Return the pages whose blocks are walked, README first."""
    return [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "data/README.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
    ]


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page in order."""
    found, marks = [], {}
    lines = page.read_text(encoding="utf-8").split("\n")
    number = 0
    while number < len(lines):
        line, start = lines[number], number
        if line.startswith("```"):
            number = lines.index("```", number + 1)
            body = lines[start + 1 : number]
            found.append(Block(page, start + 1, line[3:].strip(), "\n".join(body) + "\n", marks))
        elif line.startswith("    ") and not lines[start - 1].strip():
            while number + 1 < len(lines) and (lines[number + 1].startswith("    ") or not lines[number + 1].strip()):
                number += 1
            body = [each[4:] for each in lines[start : number + 1]]
            if any(COMMAND.match(each) for each in body):
                found.append(Block(page, start + 1, "sh", "\n".join(body).strip() + "\n", marks))
        elif mark := MARK.match(line):
            marks = marks | {mark[1]: mark[2]}
            number += 1
            continue
        marks = marks if not line.strip() else {}
        number += 1
    return found


def same(said: str, printed: str) -> bool:
    """Whether what a page says is printed is printed, blank lines and ends of lines aside.

    A line `...` stands for any lines, or none; `...` in a line for anything in it.
    """
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else ".*?".join(map(re.escape, line.split("..."))) + r"\n"
        for line in _lines(said)
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _lines(printed))) is not None


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


class Reader:
    """Somebody who follows the pages in a folder of their own, which has what a clone of the repository has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names: dict[Path, dict[str, object]] = {}
        for name in ("data", "bench", "cib", "tests"):
            (folder / name).symlink_to(ROOT / name)
        for name in ("configs", "docs"):
            shutil.copytree(ROOT / name, folder / name)
        for name in ("Makefile", "pyproject.toml", "README.md"):
            shutil.copy(ROOT / name, folder / name)
        (folder / ".venv").mkdir()
        (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
        for name in (".for-use", ".for-work"):
            (folder / ".venv" / name).touch()

    def follow(self, block: Block) -> str:
        """Do what a block says, and return what it prints; AssertionError says that it does not work."""
        if "file" in block.marks:
            place = self.folder / block.marks["file"]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(block.text, encoding="utf-8")
            return ""
        follow = {"sh": self._shell, "python": self._python, "toml": self._config, "r": self._r}.get(block.language)
        assert follow is not None, f"{block}: nobody knows how to run '{block.language}': give it a mark"
        with contextlib.chdir(self.folder):
            return follow(block)

    def _shell(self, block: Block) -> str:
        lines = block.text.replace("\\\n", " ").splitlines()
        commands = [words for line in lines if (words := shlex.split(line, comments=True))]
        plain = all(words[0] in {"cib", ".venv/bin/cib"} and not set(words) & set("|><&;") for words in commands)
        answers = [_cib(words) for words in commands] if plain else [_bash(block.text, self.folder)]
        said, codes = zip(*answers, strict=True)
        wanted = [0] * (len(codes) - 1) + [int(block.marks.get("fails", 0))]
        assert list(codes) == wanted, f"{block}: ended with {codes}\n" + "".join(said)
        return "".join(said)

    def _python(self, block: Block) -> str:
        names = self._names.setdefault(block.page, {"__name__": "__main__"})
        tree = ast.parse(block.text, str(block))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(tree, str(block), "exec"), names)  # noqa: S102  (our own pages)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), str(block), "eval"), names)  # noqa: S307
                print("" if value is None else value)  # noqa: T201  (as an interpreter does)
        return printed.getvalue()

    def _config(self, block: Block) -> str:
        with tempfile.NamedTemporaryFile("w", suffix=".toml", dir="configs", encoding="utf-8") as file:
            file.write(block.text)
            file.flush()
            if "[crowd]" in block.text:
                config.load_as(WorldSettings, Path(file.name))
            else:
                config.load(Path(file.name), traces=TRACES)
        return ""

    def _r(self, block: Block) -> str:
        program = shutil.which("Rscript")
        if program is None:
            return ""
        names = self._names.setdefault(block.page, {"said": ""})
        before = str(names["said"])
        names["said"] = before + block.text  # each block goes on where the last one ended
        answer = subprocess.run([program, "-e", str(names["said"])], capture_output=True, text=True, check=False)
        assert not answer.returncode, f"{block}:\n{answer.stderr}"
        return answer.stdout


def _cib(words: list[str]) -> tuple[str, int]:
    answer = CliRunner().invoke(main, words[1:], prog_name="cib")
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return answer.stdout + (answer.stderr if answer.exit_code else ""), answer.exit_code


def _bash(text: str, folder: Path) -> tuple[str, int]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "-e", "-o", "pipefail", "-c", text]
    answer = subprocess.run(
        command, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    return answer.stdout + (answer.stderr if answer.returncode else ""), answer.returncode
