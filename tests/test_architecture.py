"""The house rules that a machine can check: sizes, names, documentation, who imports whom, and what must not appear."""

import ast
import re
import socket
import statistics
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "cib").rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}

Function = ast.FunctionDef | ast.AsyncFunctionDef

LAYERS = [
    {"cli"},
    {"commands"},
    {"console"},
    {"evaluate", "compare", "methods", "train", "api", "verdicts"},
    {"pipeline"},
    {"engine"},
    {"read", "traces", "link", "networks", "accounts", "report"},
    {"config"},
    {"texts"},
    {"settings"},
    {"tables"},
    {"intervals"},
    {"contract"},
    {"errors"},
]
NETWORK = {
    "aiohttp",
    "ftplib",
    "http",
    "httpx",
    "requests",
    "smtplib",
    "socket",
    "socketserver",
    "ssl",
    "urllib3",
    "xmlrpc",
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def room_of(path: Path) -> str:
    """Return the room of the house that a module stands in: cib/read/files.py is in read."""
    return path.relative_to(ROOT / "cib").parts[0].removesuffix(".py")


def functions(tree: ast.AST) -> list[Function]:
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def length(node: Function | ast.ClassDef) -> int:
    """Return the lines of a definition without its docstring."""
    docstring = ast.get_docstring(node, clean=False)
    return node.end_lineno - node.lineno + 1 - (docstring.count("\n") + 1 if docstring else 0)


def imported(tree: ast.AST) -> set[str]:
    """Return the full names of all modules that a module imports, wherever the import stands."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def public(tree: ast.Module) -> list[ast.FunctionDef | ast.ClassDef]:
    """Return the public functions, classes and methods of a module."""
    found = []
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            methods = node.body if isinstance(node, ast.ClassDef) else []
            found += [node, *(m for m in methods if isinstance(m, ast.FunctionDef) and not m.name.startswith("_"))]
    return found


def declared(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return ast.literal_eval(node.value)
    return None


def defined(tree: ast.Module) -> set[str]:
    """Return the names that a module defines or imports at its top level, by its own `__getattr__` if it has one."""
    names = set()
    late = any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in tree.body)
    for node in tree.body:
        if isinstance(node, ast.If) and late:  # what type checkers are told that it gives
            names |= defined(ast.Module(node.body, []))
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


# Size ---------------------------------------------------------------------------------------------


def test_functions_are_short():
    sizes = [
        (length(node), f"{name_of(path)}:{node.lineno} {node.name}")
        for path in MODULES
        for node in functions(TREES[path])
    ]
    lines = sorted(size for size, _ in sizes)
    assert [place for size, place in sizes if size > 60] == []
    assert lines[int(0.9 * len(lines))] <= 35
    assert statistics.median(lines) <= 12


def test_files_are_short():
    assert [name_of(path) for path in MODULES if len(path.read_text(encoding="utf-8").splitlines()) > 400] == []


# Names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_public_names_are_documented(path):
    tree = TREES[path]
    assert ast.get_docstring(tree), "a module says what it is for"
    assert [node.name for node in public(tree) if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_functions_are_annotated(path):
    bare = []
    for node in functions(TREES[path]):
        named = [
            a for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs) if a.arg not in {"self", "cls"}
        ]
        starred = [a for a in (node.args.vararg, node.args.kwarg) if a]
        if node.returns is None or any(a.annotation is None for a in [*named, *starred]):
            bare.append(node.name)
    assert bare == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_all_is_there_and_true(path):
    tree, listed = TREES[path], declared(TREES[path])
    if path == ROOT / "cib" / "__init__.py" and listed is None:
        assert public(tree) == []
        return
    assert listed is not None, "__all__ is missing"
    assert len(listed) == len(set(listed))
    assert set(listed) <= defined(tree), "__all__ names what is not there"
    if room_of(path) != "cli":  # its public names are commands
        own = {
            node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name[0] != "_"
        }
        assert own <= set(listed), "a public name is missing in __all__"


def test_what_another_room_uses_is_public():
    private = []
    for path in MODULES:
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cib"):
                private += [f"{name_of(path)}:{node.lineno} {a.name}" for a in node.names if a.name.startswith("_")]
    assert [place for place in private if not place.endswith("__version__")] == []


# Imports ------------------------------------------------------------------------------------------


def test_every_room_has_its_floor():
    assert {room_of(path) for path in MODULES} - {"__init__"} <= set().union(*LAYERS)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_run_downwards(path):
    floor = {room: height for height, rooms in enumerate(LAYERS) for room in rooms}
    here = room_of(path)
    rooms = {name.split(".")[1] for name in imported(TREES[path]) if name.startswith("cib.")} & set(floor)
    up = {room for room in rooms if room != here and floor[room] <= floor.get(here, -1)}
    assert up == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_can_reach_the_network(path):
    names = imported(TREES[path])
    assert {name for name in names if name.split(".")[0] in NETWORK or name.startswith("urllib.request")} == set()


def test_no_test_can_reach_the_network():
    with socket.socket() as plug, pytest.raises(AssertionError, match="a test reached for the network"):
        plug.connect(("192.0.2.1", 9))  # an address that documentation has for examples (RFC 5737)
    with pytest.raises(AssertionError, match="a test reached for the network"):
        socket.create_connection(("cib.invalid", 9))


@pytest.mark.parametrize("path", [path for path in MODULES if room_of(path) != "cli"], ids=name_of)
def test_only_the_command_line_prints(path):
    calls = [node for node in ast.walk(TREES[path]) if isinstance(node, ast.Call)]
    assert [call.lineno for call in calls if getattr(call.func, "id", "") == "print"] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_runs_what_it_reads(path):
    calls = [node.func for node in ast.walk(TREES[path]) if isinstance(node, ast.Call)]
    assert {name for name in (getattr(call, "id", "") for call in calls) if name in {"eval", "exec", "hash"}} == set()
    assert imported(TREES[path]) & {"pickle", "marshal", "shelve"} == set()


# Words --------------------------------------------------------------------------------------------

TEXTS = {".py", ".md", ".toml", ".html", ".j2", ".js", ".css", ".yml", ".yaml", ".cfg", ".cff", ""}
"""Suffixes of what people read here. Data and libraries of others are not ours to word."""

# Written in pieces, so that this file passes its own test.
STRAY = re.compile(
    "|".join(
        [
            r"(?<![\w.<])/(?:" + "|".join(["wor" + "k", "far" + "m", "ro" + "ot", "ho" + r"me/\w+"]) + ")/",
            "file" + r"s\.python" + "hosted",
            "py" + r"pi\.org/" + "simple",
            "registry" + r"\.npm" + "js",
            "deb" + r"\.debian\.",
            r"\bsub" + "agent",
            r"\bCE" + r"O\b",
        ]
    )
)


def texts() -> list[Path]:
    """Return the files of the project that people read: what git tracks or would."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    answer = subprocess.run(command, capture_output=True, check=False)
    if answer.returncode:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in answer.stdout.decode().split("\0") if name]
    strange = {("tests", "data"), ("data", "coortweet")}
    return [
        p
        for p in paths
        if p.suffix in TEXTS
        and p.is_file()
        and "vendor" not in p.parts
        and p.relative_to(ROOT).parts[:2] not in strange
    ]


def test_the_project_speaks_of_itself_alone():
    found = []
    for path in texts():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found += [f"{name_of(path)}:{number}: {match.group()}" for match in STRAY.finditer(line)]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "see /wor" + "k/shared/x",
        "from /ro" + "ot/.cache",
        "at /ho" + "me/anna/data.csv",
        "https://py" + "pi.org/simple/cib",
        "asked the CE" + "O",
        "a sub" + "agent wrote it",
    ],
)
def test_stray_words_are_seen(text):
    assert STRAY.search(text)


@pytest.mark.parametrize(
    "text", ["a/wor" + "k/b", "network/of/accounts", "homework/ok", "https://example.org/home/", "</root>"]
)
def test_other_words_are_not(text):
    assert not STRAY.search(text)
