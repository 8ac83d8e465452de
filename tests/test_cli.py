"""The command as a user meets it: what it prints, what it returns, and one clear message for each mistake."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from cib.cli import main
from tests.pipeline.made import CAMPAIGN, write


def cib(*words, cwd=None):
    return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    config = write(folder)
    ran = cib("run", config, "--out", folder / "out")
    assert ran.exit_code == 0, ran.output
    return config, folder / "out", ran


def test_run_says_what_it_did_and_where_the_report_is(made):
    _, out, ran = made
    assert f"Report: {out / 'report.html'}" in ran.stdout
    assert "1,596 posts by 128 accounts (0 rows refused)" in ran.stdout
    assert "leads, not verdicts" in ran.stdout
    assert any(line.startswith("link url") for line in ran.stderr.splitlines())


def test_in_a_pipe_there_is_a_line_a_step_and_no_control_character(made):
    lines = made[2].stderr.splitlines()
    assert len(lines) >= 15
    assert not [line for line in lines if any(ord(c) < 32 for c in line)]


def test_verbose_tells_the_memory_of_each_step(made):
    config, out, _ = made
    for words in (("run", config, "--out", out, "--verbose"), ("--verbose", "run", config, "--out", out)):
        lines = cib(*words).stderr.splitlines()
        assert all(" MB" in line for line in lines)
        assert [line for line in lines if line.startswith("link url") and "unchanged" in line]


def test_networks_and_evidence(made):
    _, out, _ = made
    listed = cib("networks", out)
    assert listed.exit_code == 0
    assert listed.stdout.splitlines()[1].split()[:2] == ["1", "cell"]
    shown = cib("evidence", out, f"generic:{CAMPAIGN[0]}", CAMPAIGN[1], "--limit", 3)
    assert shown.exit_code == 0
    assert "everybody has to read story" in shown.stdout


def test_an_account_that_is_not_there(made):
    answer = cib("evidence", made[1], "plant00", CAMPAIGN[1])
    assert answer.exit_code == 5
    assert "plant0" in answer.stderr


def test_one_figure_is_drawn_alone(made, tmp_path, monkeypatch):
    out = made[1].absolute()
    monkeypatch.chdir(tmp_path)
    assert cib("figure", out, "--list").stdout.split()[0] == "graph"
    assert cib("figure", out, "week", "--size", "6x3.5", "--format", "svg").stdout == "Figure: week.svg\n"
    assert cib("figure", out, "network_01", "--out", "new/n.pdf", "--dpi", 90).exit_code == 0
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["n.pdf", "week.svg"]
    for words, problem in (
        (("week", "--out", "x.gif"), "--out x.gif must end in .png, .svg or .pdf."),
        (("week", "--out", "x.png", "--format", "pdf"), "--out x.png must end in .pdf."),
        (("week", "--size", "6"), "--size takes WIDTHxHEIGHT in inches, from 2 to 60, such as 7x5. Got '6'."),
    ):
        answer = cib("figure", out, *words)
        assert answer.exit_code == 2
        assert answer.stderr == f"Error: {problem}\n"


def test_the_summary_is_printed_and_written(made, tmp_path):
    _, out, _ = made
    printed = cib("summary", out).stdout
    assert "## What this does not say" in printed
    assert cib("summary", out, "--out", tmp_path / "s.md").exit_code == 0
    assert (tmp_path / "s.md").read_text("utf-8") == printed
    assert (out / "summary.md").read_text("utf-8").startswith(printed.rstrip("\n"))
    assert cib("summary", out, "--out", tmp_path / "s.pdf").stdout == f"Summary: {tmp_path / 's.pdf'}\n"
    refused = cib("summary", out, "--out", tmp_path / "s.doc")
    assert (refused.exit_code, refused.stderr) == (2, f"Error: --out {tmp_path / 's.doc'} must end in .md or .pdf.\n")


def test_a_report_is_published_into_a_folder_of_its_own(made, tmp_path):
    _, out, _ = made
    done = cib("publish", out, tmp_path / "p", "--k", 6)
    assert done.stdout == f"Report: {tmp_path / 'p' / 'report.html'}\n"
    assert {path.name for path in (tmp_path / "p").iterdir()} == {"report.html", "summary.md", "figures", "exports"}
    everything = b"".join(path.read_bytes() for path in (tmp_path / "p").rglob("*") if path.is_file())
    assert b"no group of fewer than 6 accounts" in everything
    assert b"plant3" not in everything
    assert b"plant3" in (out / "report.html").read_bytes()
    for words, code, problem in (
        ((out, tmp_path / "p"), 5, "is not empty"),
        ((out, tmp_path / "q", "--k", 1), 2, "--k: input should be greater than or equal to 2. Got 1."),
        ((tmp_path, tmp_path / "q"), 5, "No finished run"),
        ((out, tmp_path / "q", "--key", tmp_path / "none"), 5, "cannot be read"),
    ):
        answer = cib("publish", *words)
        assert (answer.exit_code, problem in answer.stderr) == (code, True), answer.output
    assert not (tmp_path / "q").exists()


def test_compare_says_what_differs_and_lists_it(made, tmp_path):
    _, out, _ = made
    config = write(tmp_path, config="[graph]\nmin_layers = 3\n[networks]\nmin_accounts = 9\n")
    assert cib("run", config, "--out", tmp_path / "out").exit_code == 0
    compared = cib("compare", out, tmp_path / "out", "--out", tmp_path / "both.csv")
    assert compared.exit_code == 0, compared.stderr
    lines = [line.split() for line in compared.stdout.splitlines()]
    assert ["graph.min_layers", "1", "->", "3"] in lines
    assert ["networks.min_accounts", "3", "->", "9"] in lines
    assert ["accounts", "in", "networks", "0", "8", "0", "0.000"] in lines
    assert ["1", "8", "gone", "–", "–", "0", "0.000"] in lines
    assert "different files" not in compared.stdout
    listed = [row.split(",") for row in (tmp_path / "both.csv").read_text(encoding="utf-8").splitlines()]
    assert listed[0] == ["kind", "layer", "account_id", "other_account_id", "found_in", "first", "second"]
    assert [row[2] for row in listed if row[0] == "account"] == [f"generic:{name}" for name in CAMPAIGN]
    assert {row[4] for row in listed if row[0] == "account"} == {"first"}
    assert {row[1] for row in listed if row[0] == "link"} == {"all layers", "url"}


def test_a_run_is_the_same_as_itself(made):
    compared = cib("compare", made[1], made[1])
    assert "Settings and versions are the same." in compared.stdout
    assert "AMI 1.000, ARI 1.000" in compared.stdout
    assert "Networks: 1 kept" in compared.stdout


def test_other_data_are_said_to_be_other_data(made, tmp_path):
    assert cib("run", write(tmp_path, campaign=False), "--out", tmp_path / "out").exit_code == 0
    compared = cib("compare", tmp_path / "out", made[1])
    assert compared.exit_code == 0
    assert "read different files" in compared.stdout
    assert "Networks: 1 new" in compared.stdout


def test_what_is_no_run_cannot_be_compared(made, tmp_path):
    for words in ((tmp_path, made[1]), (made[1], tmp_path), (made[1], tmp_path / "none")):
        answer = cib("compare", *words)
        assert answer.exit_code == 5
        assert "No finished run" in answer.stderr
        assert answer.stdout == ""


def test_evaluate_needs_labels(made):
    answer = cib("evaluate", made[1])
    assert answer.exit_code == 3
    assert "label" in answer.stderr


def test_config_prints_what_loads_and_its_schema(tmp_path):
    printed = cib("config")
    (tmp_path / "c.toml").write_text(printed.stdout.replace("files = []", 'files = ["none.csv"]'), encoding="utf-8")
    assert "none.csv" in cib("run", tmp_path / "c.toml", "--out", tmp_path / "out").stderr
    assert "properties" in json.loads(cib("config", "--schema").stdout)


def test_inspect_gives_an_input_section_that_runs_from_any_folder(made, tmp_path, monkeypatch):
    config, _, _ = made
    monkeypatch.chdir(config.parent)
    shown = cib("inspect", "posts.csv")
    monkeypatch.chdir(tmp_path)
    assert shown.exit_code == 0, shown.stderr
    section = shown.stdout[shown.stdout.index("[input]") :]
    (tmp_path / "mine.toml").write_text(f"{section}\n[layers.url]\n[layers.text]\n[layers.hashtag]\n", encoding="utf-8")
    ran = cib("run", tmp_path / "mine.toml", "--out", tmp_path / "out")
    assert ran.exit_code == 0, ran.stderr
    assert "1,596 posts" in ran.stdout


def test_inspect_is_told_what_it_cannot_guess(tmp_path):
    rows = [f"{n};anna{n};2024-05-0{n + 1} 10:00:00;Wichtig ist die Wahl für uns" for n in range(4)]
    (tmp_path / "odd.csv").write_text("\n".join(["Nr;Wer;Wann;Was", *rows, ""]), encoding="utf-8")
    unsure = cib("inspect", tmp_path / "odd.csv")
    assert (unsure.exit_code, "Wer" in unsure.stderr, "account_id" in unsure.stderr) == (3, True, True)
    told = ["post_id=Nr", "account_id=Wer", "created_at=Wann", "text=Was"]
    words = [word for column in told for word in ("--column", column)]
    shown = cib("inspect", tmp_path / "odd.csv", *words, "--timezone", "Europe/Berlin")
    assert "2024-05-01T08:00:00" in shown.stdout
    section = tomllib.loads(shown.stdout[shown.stdout.index("[input]") :])["input"]
    assert section["columns"]["account_id"] == "Wer"
    assert section["timezone"] == "Europe/Berlin"
    assert cib("inspect", tmp_path / "odd.csv", "--column", "account_id").exit_code == 2


def test_version_names_the_data_schema():
    from cib import __version__

    assert cib("--version").stdout == f"cib, version {__version__} (data schema 1)\n"


MISTAKES = {
    "no config": (2, "", lambda folder, config: (config.unlink(), config)[1]),
    "unknown key": (
        2,
        "windows",
        lambda folder, config: _changed(config, "[layers.url]\n", "[layers.url]\nwindows = '1h'\n"),
    ),
    "nearest key": (
        2,
        "window",
        lambda folder, config: _changed(config, "[layers.url]\n", "[layers.url]\nwindows = '1h'\n"),
    ),
    "unknown table": (
        2,
        "graph",
        lambda folder, config: _changed(config, "[layers.url]\n", "[grap]\nq = 0.1\n[layers.url]\n"),
    ),
    "unknown layer": (2, "hashtag", lambda folder, config: _changed(config, "[layers.hashtag]", "[layers.hastag]")),
    "out of range": (
        2,
        "q",
        lambda folder, config: _changed(config, "[layers.url]\n", "[graph]\nq = 1.5\n[layers.url]\n"),
    ),
    "broken TOML": (2, "", lambda folder, config: _changed(config, "[layers.url]", "[layers.url")),
    "no file": (3, "gone.csv", lambda folder, config: _changed(config, "posts.csv", "gone.csv")),
    "empty file": (3, "posts.csv", lambda folder, config: _data(config, b"")),
    "header alone": (3, "posts.csv", lambda folder, config: _data(config, b"id,user,created_at,text\n")),
    "missing column": (
        3,
        "wrote",
        lambda folder, config: _changed(config, "[layers.url]\n", "[input.columns]\ntext = 'wrote'\n[layers.url]\n"),
    ),
    "zone-less times": (3, "timezone", lambda folder, config: _data(config, _table(at="2020-01-01 10:00:00"))),
    "unparseable times": (3, "posts.csv", lambda folder, config: _data(config, _table(at="soon"))),
    "damaged ids": (3, "damaged", lambda folder, config: _data(config, _table(name="7.30E+17"))),
    "not text": (
        3,
        "posts.csv",
        lambda folder, config: _data(config, "id,user,created_at,text\n1,a,2020,ж\n".encode("cp1251")),
    ),
}


def _changed(config: Path, old: str, new: str) -> Path:
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new), encoding="utf-8")
    return config


def _data(config: Path, content: bytes) -> Path:
    (config.parent / "posts.csv").write_bytes(content)
    return config


def _table(at: str = "2020-01-01T10:00:00Z", name: str = "a") -> bytes:
    rows = [f"{n},{name},{at},some words in a post" for n in range(4)]
    return "\n".join(["id,user,created_at,text", *rows, ""]).encode()


@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_a_mistake_gets_one_message_and_its_exit_code(mistake, tmp_path):
    code, word, make = MISTAKES[mistake]
    config = make(tmp_path, write(tmp_path))
    answer = cib("run", config, "--out", tmp_path / "out")
    assert answer.exit_code == code, answer.output
    assert answer.stderr.startswith("Error: ")
    assert word in answer.stderr
    assert "Traceback" not in answer.output
    assert not (tmp_path / "out" / "report.html").exists()


def test_damaged_rows_are_quarantined_and_the_rest_is_run(tmp_path):
    extra = (
        ["b1", "person1", "not a time", "x", "", "", "", "", "en"],
        ["b2", "person1", "2020-03-02T00:00:00Z", "ragged"],
        ["b3", "7.30E+17", "2020-03-02T00:00:00Z", "x", "", "", "", "", "en"],
        ["b4", "person1", "2020-03-02T00:00:00Z", "y" * 1_200_000, "", "", "", "", "en"],
        ["p0", "person1", "2020-03-02T00:00:00Z", "the id of another post", "", "", "", "", "en"],
    )
    config = write(tmp_path, extra=extra)
    ran = cib("run", config, "--out", tmp_path / "out")
    assert ran.exit_code == 0, ran.stderr
    refused = [json.loads(line) for line in (tmp_path / "out" / "quarantine.ndjson").read_text().splitlines()]
    assert [row["row"] for row in refused] == [1598, 1599, 1600, 1601, 1602]
    reasons = [row["reason"] for row in refused]
    why = ("time", "number of fields", "damaged", "a field is longer", "seen before")
    for reason, words in zip(reasons, why, strict=True):
        assert words in reason, reasons
    assert all(row["file"] == "posts.csv" and len(json.dumps(row)) < 1500 for row in refused)
    assert "1,596 posts by 128 accounts (5 rows refused)" in ran.stdout
    page = (tmp_path / "out" / "report.html").read_text()
    assert "7.30E+17" in page or "rounded" in page


def test_hostile_text_is_harmless_in_page_and_csv(tmp_path):
    hostile = ["<script>alert(1)</script> " + "a b c d e f", '=HYPERLINK("http://evil.example","x") a b c d e f']
    extra = tuple(
        [
            f"h{n}{k}{user}",
            user,
            f"2020-03-0{n + 1}T00:00:0{k}Z",
            text + " no" * n,
            "",
            "",
            "https://plant.example/h",
            "=cmd",
            "en",
        ]
        for n in range(4)
        for k, user in enumerate(["=EVIL()", "<b>bold</b>", "@plain"])
        for text in [hostile[n % 2]]
    )
    config = write(tmp_path, campaign=False, extra=extra)
    ran = cib("run", config, "--out", tmp_path / "out")
    assert ran.exit_code == 0, ran.stderr
    page = (tmp_path / "out" / "report.html").read_text()
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert "<b>bold" not in page
    for file in (tmp_path / "out" / "exports").rglob("*.csv"):
        for cell in _cells(file):
            assert not cell.lstrip().startswith(("=", "@", "+")), (file, cell)


def _cells(file: Path):
    import csv

    csv.field_size_limit(10**8)
    with file.open(newline="", encoding="utf-8") as opened:
        for row in csv.reader(opened):
            yield from row


def test_evidence_is_quick_because_it_loads_polars_and_nothing_else_that_is_heavy(made):
    code = (
        "import sys; from cib.cli import main\n"
        f"try: main(['evidence', {str(made[1])!r}, {CAMPAIGN[0]!r}, {CAMPAIGN[1]!r}])\nexcept SystemExit: pass\n"
        "heavy = {'pydantic', 'jinja2', 'sklearn', 'igraph', 'matplotlib', 'scipy', 'pyarrow.parquet', 'cib.config'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert "everybody has to read story" in answer.stdout
    assert answer.stdout.splitlines()[-1] == "[]"


def test_help_is_quick_because_it_loads_no_heavy_library():
    code = (
        "import sys; from cib.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'polars', 'sklearn', 'igraph', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert answer.stdout.splitlines()[-1] == "[]"
