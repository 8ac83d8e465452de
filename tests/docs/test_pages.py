"""The documentation does what it says: its code runs, its numbers are the program's, its links lead somewhere."""

import re
import shlex
import sys
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

import cib
from cib import traces
from cib.cli import main
from cib.config import defaults
from cib.errors import CibError
from cib.link.chance import judge
from cib.networks import organic
from cib.read import Reader, plan
from cib.read import registry as registered
from cib.tables import EVIDENCE, RUN_TABLES
from cib.traces import TRACES
from tests.read.made import picked, read_json

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "hooks"))
from reference import pages

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "data" / "README.md"])


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_the_worked_example_of_methods_has_the_programs_numbers():
    edge = defined("".join(blocks("methods.md")))["edge"]
    said = re.findall(r"`(\w+)` ([\d.]+) \|$", page("methods.md"), re.MULTILINE)
    assert len(said) == 7
    assert {name: f"{edge[name]:.4f}" for name, _ in said} == dict(said)


def test_methods_lists_the_traces_in_the_order_in_which_they_count():
    table = page("methods.md").split("| trace | the object |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(TRACES)


def test_exit_codes_are_those_of_the_errors():
    said = {int(code) for code in re.findall(r"^\| (\d+) \|", page("exit-codes.md"), re.MULTILINE)}
    assert {error.exit_code for error in [CibError, *CibError.__subclasses__()]} <= said


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, heading = target.partition("#")
        if "://" in target:
            continue
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}, target


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_that_are_named_exist(path):
    text = path.read_text(encoding="utf-8")
    fenced = re.findall(r"^```(?:sh|bash|console)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    commands = [line for block in fenced for line in block.replace("\\\n", " ").splitlines()]
    lines = [line.strip().removeprefix("$ ") for line in commands]
    for line in [line for line in lines + re.findall(r"`(cib [^`]+)`", text) if line.startswith("cib ")]:
        command, *words = shlex.split(line, comments=True)[1:]
        if command.startswith("-"):
            continue
        assert command in main.commands, line
        known = {option for param in main.commands[command].params for option in param.opts}
        assert {word for word in words if word.startswith("--")} <= known | {"--help"}, line


# Pages that are followed --------------------------------------------------------------------------


def blocks(name: str, language: str = "python") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page(name), re.MULTILINE | re.DOTALL)


def install(patch: pytest.MonkeyPatch, module: str, code: str) -> None:
    """Put a page's new file in its place, for the length of a test."""
    new = ModuleType(module)
    exec(compile(code, module, "exec"), vars(new))  # noqa: S102  (our own pages)
    patch.setitem(sys.modules, module, new)


def defined(code: str, within: ModuleType | None = None) -> dict[str, Any]:
    """Return what a block defines, among the names of the file that it is added to."""
    names = dict(vars(within)) if within else {}
    exec(compile(code, "page", "exec"), names)  # noqa: S102  (our own pages)
    return names


def run_on(config: Path) -> Path:
    answer = CliRunner().invoke(main, ["run", str(config), "--out", str(config.parent / "run")])
    assert answer.exit_code == 0, answer.output
    return config.parent / "run"


def test_a_platform_is_added_as_the_page_says(tmp_path, monkeypatch):
    reader, registry, test, layout = blocks("add-a-platform.md")
    sample = tmp_path / "tests" / "data" / "read" / "agora" / "sample.csv"
    sample.parent.mkdir(parents=True)
    sample.write_text(blocks("add-a-platform.md", "csv")[0], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    install(monkeypatch, "cib.read.agora", reader)
    monkeypatch.setattr(plan, "READERS", defined(registry, registered)["READERS"])
    (tmp_path / "out").mkdir()
    defined(test)["test_agora"](tmp_path / "out")
    (tmp_path / "x.toml").write_text(f"[input]\nfiles = ['{sample}']\n[layers.repost]\n", encoding="utf-8")
    assert (
        pl.read_parquet(run_on(tmp_path / "x.toml") / "tables" / "accounts.parquet")["platform"].to_list()
        == ["agora"] * 3
    )
    api = defined(layout, sys.modules["cib.read.agora"])["LAYOUT"]
    of_api = Reader("agora", "Agora's API", lambda names: "sayings.no" in names, "agora", layout=api)
    monkeypatch.setattr(plan, "READERS", {"agora": of_api})
    sayings = [
        {"no": 1, "posted": "2024-05-01T09:00:00Z", "said": "a", "member": {"name": "Mira"}, "links": [{"href": "u"}]},
        {"no": 2, "posted": "2024-05-01T09:01:00Z", "said": "b", "member": {"name": "OLEK"}, "answers": {"no": 1}},
        {"no": 3, "posted": "2024-05-01T09:02:00Z", "kind": "vote", "member": {"name": "olek"}},
    ]
    (tmp_path / "api").mkdir()
    got = read_json([{"sayings": sayings}], tmp_path / "api")
    assert picked(got, "post_id", "account_id", "kind", "parent_post_id", "urls") == [
        ("1", "agora:mira", "original", None, ["u"]),
        ("2", "agora:olek", "reply", "1", None),
    ]
    assert got.went() == {"it is a vote, not a saying": 1}


def test_a_trace_is_added_as_the_page_says(tmp_path, monkeypatch):
    function, registry, test = blocks("add-a-trace.md")
    install(monkeypatch, "cib.traces.opening", function)
    order = list(defined(registry, traces)["TRACES"])
    monkeypatch.setitem(traces.TRACES, "opening", defined(registry, traces)["TRACES"]["opening"])
    assert order.index("opening") == order.index("text") + 1
    defined(test)["test_texts_that_begin_alike_are_one_object"]()
    lines = [
        f"2024-05-0{1 + n // 4}T09:0{n % 2}:00Z,{account},All of {topic} belongs to {account}"
        for n, (account, topic) in enumerate(product(["ann", "bea"], ["this city", "our land", "the sea"]))
    ]
    (tmp_path / "posts.csv").write_text("created_at,account_id,text\n" + "\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "x.toml").write_text(blocks("add-a-trace.md", "toml")[0].replace('"1h"', '"none"'), encoding="utf-8")
    edges = pl.read_parquet(run_on(tmp_path / "x.toml") / "tables" / "edges.parquet")
    assert edges.select("layer", "source", "target", "objects").rows() == [("opening", "generic:ann", "generic:bea", 3)]


def test_an_explanation_is_added_as_the_page_says(monkeypatch):
    function, registry, test = blocks("add-an-explanation.md")
    install(monkeypatch, "cib.networks.organic.programs", function)
    before = list(organic.EXPLANATIONS)
    monkeypatch.setattr(organic, "EXPLANATIONS", dict(organic.EXPLANATIONS))
    defined(registry, organic)
    assert list(organic.EXPLANATIONS) == [*before, "one_program"]
    defined(test)["test_one_program_fits_branches_and_not_people"]()


def test_a_null_model_is_added_as_the_page_says(monkeypatch):
    model, registry, test = blocks("add-a-null-model.md")
    install(monkeypatch, "cib.link.chance.even", model)
    entry = defined(registry, judge)["OVERLAP"]["even"]
    monkeypatch.setitem(judge.OVERLAP, "even", entry)
    defined(test)["test_even_by_hand"]()


# Pages that are written from the code ---------------------------------------------------------------


def test_the_reference_has_every_command_key_table_and_name():
    found = pages()
    for name, command in main.commands.items():
        assert f"## cib {name}\n" in found["reference/commands.md"]
        for option in [word for param in command.params for word in param.opts if word.startswith("--")]:
            assert option in found["reference/commands.md"]
    assert defaults() in found["reference/config.md"]
    for table in [*RUN_TABLES.values(), EVIDENCE]:
        part = found["reference/tables.md"].split(f"## {table.name}\n")[1].split("\n## ")[0]
        assert re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE) == list(table.columns)
    assert re.findall(r"^## (\w+)$", found["reference/api.md"], re.MULTILINE) == [
        name for name in cib.__all__ if callable(getattr(cib, name))
    ]


def test_every_page_has_its_place_on_the_site():
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    placed = re.findall(r"[\w/-]+\.md", site.split("\nnav:\n")[1])
    assert len(placed) == len(set(placed))
    assert {path.name for path in (ROOT / "docs").glob("*.md")} <= set(placed)
    assert set(pages()) <= set(placed)
