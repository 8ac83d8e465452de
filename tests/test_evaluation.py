"""What the documentation quotes of the evaluation: a part makes every figure, and its place is rewritten."""

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def evaluation():
    spec = importlib.util.spec_from_file_location("bench_evaluate", ROOT / "bench" / "evaluate.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_every_quoted_figure_is_made_by_a_part_and_every_part_of_a_figure_is_quoted(evaluation):
    made = {name for part in evaluation.PARTS.values() for name in part.figures} | {"frozen"}
    found = [name for path in evaluation.pages() for name in evaluation.quoted(path.read_text(encoding="utf-8"))]
    assert set(found) <= made
    assert len(found) == len(set(found))
    for path in evaluation.pages():
        text = path.read_text(encoding="utf-8")
        opened = len(re.findall(r"<!-- figure:", text))
        assert opened == len(re.findall(r"<!-- /figure -->", text)) == len(evaluation.quoted(text)), path


def test_a_figure_is_put_in_its_place_and_the_rest_stays(evaluation):
    block = "<!-- figure: b -->\n\n| x |\n\n<!-- /figure -->"
    page = f"<!-- figure: a -->old<!-- /figure -->\n\n{block}\nend <!-- figure: c -->3<!-- /figure -->"
    filled = evaluation.fill(page, {"a": r"new \1", "b": "| y |\n|---|"})
    assert filled == page.replace("old", r"new \1").replace("| x |", "| y |\n|---|")
    assert evaluation.fill(filled, {}) == filled


def test_settings_are_those_that_were_frozen_and_a_change_is_refused(evaluation, tmp_path):
    told = evaluation.frozen()
    table = evaluation.frozen_table(told)
    assert table.count("\n") == len(told["parameter"]) + 1
    text = (ROOT / "docs" / "frozen.toml").read_text(encoding="utf-8")
    for old, new, said in (
        (
            '"networks.floor" = 30.0',
            '"networks.floor" = 29.0',
            "networks.floor of the defaults have been changed since",
        ),
        ("tested = [5,", "tested = [4, 5,", r"worlds \[4\] are both tuned on and tested on"),
    ):
        assert old in text
        (tmp_path / "frozen.toml").write_text(text.replace(old, new))
        with pytest.raises(SystemExit, match=said):
            evaluation.frozen(tmp_path / "frozen.toml")


def test_quoted_tables_hold_what_was_measured(evaluation, tmp_path):
    (tmp_path / "german" / "power").mkdir(parents=True)
    (tmp_path / "german" / "tune").mkdir()
    cells = {
        "accounts": [5, 20],
        "level": [2, 2],
        "planted": [4, 3],
        "p": [0.5, None],
        "low": [0.15, None],
        "high": [0.85, None],
    }
    pl.DataFrame(cells).write_parquet(tmp_path / "german" / "power" / "power.parquet")
    (tmp_path / "german" / "power" / "power.json").write_text(json.dumps({"said": ["Reach.", "One.", "Chance."]}))
    table = evaluation.power_table(tmp_path, "")
    assert table == (
        "| level | 5 accounts | 20 accounts |\n|---|---:|---:|\n| 2 | 0.50 (0.15 to 0.85) | – |\n\n"
        "3 to 4 plantings of each. Reach. Chance."
    )
    grid = {
        "cell": [0, 1], "graph.q": ["", "1"], "given": [True, False], "power": [0.25, None], "false": [0.0, 0.05],
        "same_members": [None, 0.5],
    }  # fmt: skip
    pl.DataFrame(grid).write_parquet(tmp_path / "german" / "tune" / "cells.parquet")
    (tmp_path / "german" / "tune" / "tune.json").write_text(json.dumps({"said": ["A.", "B."], "recommended": 1}))
    assert evaluation.tune_table(tmp_path, "").splitlines() == [
        "| `graph.q` | power | false networks a run | accounts that hold | |",
        "|---|---:|---:|---:|---|",
        "| as it is | 0.25 | 0 | – | as it is |",
        "| 1 | – | 0.05 | 0.50 | recommended |",
        "",
        "A. B.",
    ]


def test_agreement_with_roles_is_read_from_what_cib_evaluate_says(evaluation):
    from cib.evaluate import describe

    def said(title, **numbers):
        return f"{title}: {describe(SimpleNamespace(**numbers))}"

    base = {"accounts": 100, "networks": 5, "labels": 3, "ari": 0.4, "completeness": 0.2}
    themes = said("Themes alone", covered=82, coverage=0.82, ami=0.661, homogeneity=0.831, **base)
    cells = said("Cells alone", covered=75, coverage=0.75, ami=0.4, homogeneity=0.943, **base)
    assert evaluation.roles(Path(), f"Networks\n{themes}\n{cells}\n") == (
        "themes: adjusted mutual information 0.661, 82.0 % of the accounts covered; cells: homogeneity 0.943, 75.0 %"
    )
