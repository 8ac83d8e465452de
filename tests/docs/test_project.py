"""What whoever takes over needs is there and true: CONTRIBUTING, make help, the page of the architecture."""

import ast
import inspect
import re
import subprocess
import sys

import cib
from tests.docs.blocks import ROOT, blocks

sys.path.insert(0, str(ROOT / "docs" / "hooks"))
import architecture
import published


def test_contributing_names_targets_that_are_there():
    (steps,) = [block for block in blocks(ROOT / "CONTRIBUTING.md") if block.language == "sh"]
    for line in steps.text.splitlines():
        command = line.split("#")[0].split()
        answer = subprocess.run([*command[:1], "-n", *command[1:]], cwd=ROOT, capture_output=True, check=False)
        assert answer.returncode == 0, answer.stderr.decode()


def test_make_help_names_every_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())
    said = subprocess.run(["/usr/bin/env", "make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make ([\w-]+)", said, re.MULTILINE)) == targets
    assert set(re.findall(r"^([\w-]+):.* ##", makefile, re.MULTILINE)) == targets


def test_the_architecture_is_that_of_the_imports():
    page = architecture.page()
    arrows = dict(re.findall(r"^\| \d+ \| `cib\.(\w+)` \|.*\| ([^|]+) \|$", page, re.MULTILINE))
    assert set(arrows) == set(architecture.rooms())
    assert all(architecture.rooms().values()), "a room says what it is for"
    floors = page.split("```text")[1].split("```")[0].split("+\n|")
    height = {room: n for n, floor in enumerate(floors) for room in re.findall(r"\w+", floor)}
    for room, used in arrows.items():
        for other in re.findall(r"`(\w+)`", used):
            assert height[room] < height[other], f"{room} imports {other}, which stands above or beside it"
    assert "`tables`" in arrows["link"]


def test_the_table_of_methods_is_that_of_the_configs():
    rows = list(published.rows())
    assert {row[0].strip("`") for row in rows} == {path.stem for path in (ROOT / "configs" / "methods").glob("*.toml")}
    (nizzoli,) = [row for row in rows if row[0] == "`nizzoli_2021`"]
    assert nizzoli[2:] == (
        "`repost`",
        "posts: repost; top_accounts 0.01",
        "none",
        "cosine, tf count, idf plain; weighs similarity",
        "disparity 0.15",
        "louvain, resolution 1, 101 thresholds, of 2 or more",
    )


def test_public_names_say_what_goes_in_and_comes_out():
    for name in cib.__all__:
        thing = getattr(cib, name)
        if not callable(thing):
            continue
        told = inspect.getdoc(thing) or ""
        if inspect.isclass(thing):
            fields = [field for field in getattr(thing, "__dataclass_fields__", {}) if not field.startswith("_")]
            assert all(re.search(rf"\b{field}\b", told) for field in fields), f"{name} explains its attributes"
            methods = [m for m in vars(thing).values() if inspect.isfunction(m) and not m.__name__.startswith("_")]
            assert all(inspect.getdoc(method) for method in methods)
            continue
        parameters = [p for p in inspect.signature(thing).parameters if not p.startswith("_")]
        assert all(re.search(rf"\b{parameter}\b", told) for parameter in parameters), f"{name} explains {parameters}"
        assert "Returns" in told or told.startswith(("Return", "Run", "Open")), f"{name} says what comes out"
        if name not in {"fuse_layers", "find_networks", "describe_accounts"}:  # they take what the others made
            assert "Raises" in told, f"{name} says what can go wrong"


def test_every_field_of_the_settings_is_documented():
    bare = []
    for path in sorted((ROOT / "cib" / "settings").glob("*.py")):
        classes = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)]
        for node in classes:
            if node.name in {"Settings", "WorldSettings"}:  # their fields are sections, which say what they are for
                continue
            for this, following in zip(node.body, [*node.body[1:], None], strict=True):
                told = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
                if isinstance(this, ast.AnnAssign) and not this.target.id.startswith(("_", "model_")) and not told:
                    bare.append(f"{path.name}: {node.name}.{this.target.id}")
    assert bare == []
