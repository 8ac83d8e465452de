"""What the documentation quotes of the evaluation: a part makes every figure, and its place is rewritten."""

import importlib
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

ROOT = Path(__file__).parents[1]
MODULES = ("quoted", "world_tables", "told", "evaluate")


@pytest.fixture(scope="module")
def bench():
    """Import the scripts of the evaluation, which lie beside each other and in no package."""
    sys.path.insert(0, str(ROOT / "bench"))
    yield SimpleNamespace(**{name: importlib.import_module(name) for name in MODULES})
    sys.path.remove(str(ROOT / "bench"))
    for name in MODULES:
        del sys.modules[name]


def test_every_quoted_figure_is_made_by_a_part_and_every_figure_that_is_made_is_quoted(bench):
    made = {name for part in bench.evaluate.PARTS.values() for name in part.figures} | {"frozen"}
    found = [name for path in bench.quoted.pages() for name in bench.quoted.quoted(path.read_text(encoding="utf-8"))]
    assert set(found) == made
    assert len(found) == len(set(found))
    for path in bench.quoted.pages():
        text = path.read_text(encoding="utf-8")
        opened = len(re.findall(r"<!-- figure:", text))
        assert opened == len(re.findall(r"<!-- /figure -->", text)) == len(bench.quoted.quoted(text)), path


@pytest.mark.parametrize("page", ["evaluation", "nulls"])
def test_no_table_of_decimals_stands_outside_a_figure(bench, page):
    text = bench.quoted.without_figures((ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8"))
    rows = [line for line in text.splitlines() if re.match(r"\|.*\| -?\d+\.\d+ ", line)]
    assert rows == []


def test_every_command_of_a_part_is_one_that_is_there(bench):
    for part in bench.evaluate.PARTS.values():
        for command in part.commands:
            words = command.split()
            assert words[0] in ("cib", "python"), command
            assert words[0] == "cib" or (ROOT / words[1]).is_file(), command
            for config in re.findall(r"(?:bench|configs)/[\w/]+\.toml", command):
                assert (ROOT / config).is_file(), config


def test_a_figure_is_put_in_its_place_and_the_rest_stays(bench):
    block = "<!-- figure: b -->\n\n| x |\n\n<!-- /figure -->"
    page = f"<!-- figure: a -->old<!-- /figure -->\n\n{block}\nend <!-- figure: c -->3<!-- /figure -->"
    filled = bench.quoted.fill(page, {"a": r"new \1", "b": "| y |\n|---|"})
    assert filled == page.replace("old", r"new \1").replace("| x |", "| y |\n|---|")
    assert bench.quoted.fill(filled, {}) == filled
    assert bench.quoted.without_figures(page) == "\n\n\nend "


def test_settings_are_those_that_were_frozen_and_a_change_is_refused(bench, tmp_path):
    parameters = bench.evaluate.frozen()
    table = bench.told.frozen_table(parameters)
    assert table.count("\n") == len(parameters["parameter"]) + 1
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
            bench.evaluate.frozen(tmp_path / "frozen.toml")


def test_worlds_that_are_measured_are_those_that_were_kept_for_it(bench):
    worlds = bench.evaluate.frozen()["worlds"]
    for name in ("ladder", "methods", "ablations", "tiers"):
        for command in bench.evaluate.PARTS[name].commands:
            for seeds in re.findall(r"--seeds ([\d ]+)", command):
                assert not set(map(int, seeds.split())) & set(worlds["tuned"]), command


def test_quoted_tables_hold_what_was_measured(bench, tmp_path):
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
    assert bench.told.power_table(tmp_path, "") == (
        "| level | 5 accounts | 20 accounts |\n|---|---:|---:|\n| 2 | 0.50 (0.15 to 0.85) | – |\n\n"
        "3 to 4 plantings of each. Reach. Chance."
    )
    grid = {
        "cell": [0, 1], "graph.q": ["", "1"], "given": [True, False], "power": [0.25, None], "false": [0.0, 0.05],
        "same_members": [None, 0.5],
    }  # fmt: skip
    pl.DataFrame(grid).write_parquet(tmp_path / "german" / "tune" / "cells.parquet")
    (tmp_path / "german" / "tune" / "tune.json").write_text(json.dumps({"said": ["A.", "B."], "recommended": 1}))
    assert bench.told.tune_table(tmp_path, "").splitlines() == [
        "| `graph.q` | power | false networks a run | accounts that hold |  |",
        "|---|---:|---:|---:|---:|",
        "| as it is | 0.25 | 0 | – | as it is |",
        "| 1 | – | 0.05 | 0.50 | recommended |",
        "",
        "A. B.",
    ]


def row(config, campaign, score, *, decoys=True, rank=1, seed=5, tiers=None, **more):
    level = int(campaign.partition("@")[2])
    base = {"config": config, "own": config == "default", "seed": seed, "level": level, "decoys": decoys}
    base |= {"campaign": campaign, "rank": rank, "score": score, "strength": score / 2, "coherence": None}
    return base | {"centrality": None, "worst": 7.25, "tiers": tiers or {}} | more


def test_the_ladder_is_told_by_size_and_level(bench):
    tables = bench.world_tables
    rows = [
        row("default", "5@2", 0.5, rank=2, tiers={"fans": "C"}),
        row("default", "20@2", 1.0),
        row("default", "20@2", 0.95, seed=6, rank=None, tiers={"fans": "abstain", "20@2": "B"}),
        row("default", "20@2", 0.97, decoys=False, worst=9.0),
        row("default", "20@3", 0.9, decoys=False),
        row("default", "20@3", 0.96),
        row("default", "5@2", 1.0, decoys=False),
    ]
    assert tables.ladder(rows).splitlines()[2:] == [
        "| 5 @ 2 | 1, 1 | 1.00 | 1.00 | 1.00 | 100 % | 0.50 | 0.50 | 0.50 | 0 % |",
        "| 20 @ 2 | 1, 2 | 0.97 | 0.97 | 0.97 | 100 % | 0.97 | 0.97 | 0.95 | 50 % |",
        "| 20 @ 3 | 1, 1 | 0.90 | 0.90 | 0.90 | 100 % | 0.96 | 0.96 | 0.96 | 100 % |",
    ]
    assert tables.limit(rows) == "5 accounts: at no level; 20 accounts: down to level 2"
    assert tables.short(rows) == "level 2: 0.97; level 3: 0.96"
    assert tables.worst(rows) == "7.2 with decoys and 9.0 without"
    fans = next(line for line in tables.decoys(rows).splitlines() if line.startswith("| fans"))
    assert fans == "| fans of one account | 1 of 3 | 0 | 0 | 0 | 1 |"
    assert "| a campaign of 20 at level 2 | 0 | 1 | 0 | 0 | 2 |" in tables.tiers(rows)


def test_a_method_is_given_the_best_of_its_columns_and_the_default_its_score(bench):
    rows = [
        row("default", "20@1", 0.8, **{"strength recall 0.01": 0.1, "score recall 0.01": 0.7}),
        row("schoch_2022", "20@1", 0.2, coherence=0.3, **{"coherence recall 0.01": 0.4, "score recall 0.01": 0.6}),
        row("posts", "20@1", 0.1, strength=None, **{"score recall 0.01": 0.0}),
    ]
    assert bench.world_tables.methods(rows, "").splitlines() == [
        "| average precision | 20 @ 1 |",
        "|---|---:|",
        "| default | 0.80 |",
        "| default, ranked by strength alone | 0.40 |",
        "| `schoch_2022` | 0.30 |",
        "| number of posts | 0.10 |",
    ]
    assert bench.world_tables.methods(rows, "0.01").splitlines()[2:] == [
        "| default | 0.70 |",
        "| default, ranked by strength alone | 0.10 |",
        "| `schoch_2022` | 0.40 |",
        "| number of posts | 0.00 |",
    ]


def test_agreement_with_roles_is_read_from_what_cib_evaluate_says(bench):
    from cib.evaluate import describe

    def said(title, **numbers):
        return f"{title}: {describe(SimpleNamespace(**numbers))}"

    base = {"accounts": 100, "networks": 5, "labels": 3, "ari": 0.4, "completeness": 0.2}
    themes = said("Themes alone", covered=82, coverage=0.82, ami=0.661, homogeneity=0.831, **base)
    cells = said("Cells alone", covered=75, coverage=0.75, ami=0.4, homogeneity=0.943, **base)
    all_of_them = said(
        "Networks, each account's highest-ranked", covered=90, coverage=0.9, ami=0.5, homogeneity=0.8, **base
    )
    printed = f"{all_of_them}\n{themes}\n{cells}\n"
    assert bench.told.roles(Path(), printed) == (
        "themes: adjusted mutual information 0.661, 82.0 % of the accounts covered; cells: homogeneity 0.943, 75.0 %"
    )
    assert bench.told.roles_table(Path(), printed).splitlines()[2:5] == [
        "| of 100 accounts with a known role, in one (coverage) | 82 (82.0 %) | 75 (75.0 %) | 90 (90.0 %) |",
        "| networks | 5 | 5 | 5 |",
        "| adjusted mutual information | 0.661 | 0.400 | 0.500 |",
    ]


def test_measures_of_a_profile_model_are_read_from_what_training_says(bench):
    printed = (
        "10 accounts, 5 of them labelled '1'. On accounts that it had not seen (...):\n"
        "AUC 0.952 (95 % interval 0.941 to 0.962); Brier score 0.085 (0.249 for always saying the base rate); "
        "calibration error 0.015.\nIt abstains between 0.3 and 0.7: on 14.3%. Of the others 93.0% are right.\n\n"
        "| said | share |\n|---:|---:|\n| 0.1 | 0.2 |\n\nModel: x.json\n"
    )
    rows = bench.told.profiles(Path(), printed).splitlines()
    assert rows[2] == "| area under the ROC curve (95 % interval, DeLong) | 0.952 (0.941 to 0.962) |"
    assert rows[-1] == "| of the others, on the right side | 93.0 % |"
    assert bench.told.printed_table(Path(), printed) == "| said | share |\n|---:|---:|\n| 0.1 | 0.2 |"
    with pytest.raises(SystemExit, match="Nothing that was printed"):
        bench.told.profiles(Path(), "AUC is unknown")
