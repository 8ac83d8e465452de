"""From a labelled file to a model, and from the model to a run that was told to use it (all synthetic)."""

import json

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from cib.cli import main
from tests.pipeline.made import write


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A file in which young accounts with few followers are mostly bots, the model trained on it, and what was said."""
    folder = tmp_path_factory.mktemp("train")
    rng = np.random.default_rng(1)
    lines = ["username,followers_count,friends_count,statuses_count,verified,created_at,is_bot"]
    for n in range(240):
        bot = rng.random() < 0.5
        followers, year = int(rng.exponential(50 if bot else 400)), 2019 if bot == (rng.random() < 0.85) else 2010
        verified = str(rng.random() < 0.1)
        noise = f"{rng.integers(0, 500)},{rng.integers(0, 900)}"
        lines.append(f"user{n},{followers},{noise},{verified},{year}-05-0{1 + n % 9},{int(bot)}")
    (folder / "labelled.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = ["train-accounts", str(folder / "labelled.csv"), "--out", str(folder / "model.json"), "--timezone", "UTC"]
    command += ["--column", "label=is_bot", "--as-of", "2020-03-21", "--figure", str(folder / "curve.svg")]
    return folder, CliRunner().invoke(main, command, catch_exceptions=False)


def test_it_says_how_well_it_did_and_how_far_that_carries(trained):
    _, said = trained
    assert said.exit_code == 0, said.output
    assert "240 accounts, " in said.output
    assert "of them labelled '1'" in said.output
    assert "They do not transfer" in said.output
    assert len([line for line in said.output.splitlines() if line.startswith("| 0.")]) == 10


def test_the_card_says_what_it_was_trained_on(trained):
    card = json.loads((trained[0] / "model.json").read_text(encoding="utf-8"))["card"]
    assert card["file"] == "labelled.csv"
    assert card["as_of"] == "2020-03-21T00:00:00+00:00"
    assert card["features"]["followers"]["known"] == 1
    assert card["features"]["description_length"]["known"] == 0
    assert 0.75 < card["cross_validated"]["auc_low"] < card["cross_validated"]["auc"] < 1
    assert len(card["cross_validated"]["reliability"]) == 10
    assert "do not transfer" in card["warning"]


def test_the_curve_is_drawn_the_same_each_time(trained, tmp_path):
    from cib.report.figures.reliability import draw_reliability

    table = pl.DataFrame(
        {"p": [0.1, 0.9], "share": [0.2, 1.0], "low": [0.1, 0.8], "high": [0.4, 1.0], "accounts": [9, 9]}
    )
    one, two = (draw_reliability(table, tmp_path / name / "curve.svg").read_bytes() for name in "ab")
    assert one == two
    assert b"0.20 where 0.10 was said" in one
    assert (trained[0] / "curve.svg").stat().st_size > 5_000
    assert draw_reliability(table, tmp_path / "curve.pdf").name == "curve.svg"


def test_a_run_uses_the_model_only_when_it_is_named(trained, tmp_path):
    config = write(tmp_path, config="[control]\nruns = 0\n[co_timing]\nturns = 0\n")
    named = tmp_path / "named.toml"
    (tmp_path / "model.json").write_bytes((trained[0] / "model.json").read_bytes())
    named.write_text(config.read_text() + '[accounts]\nmodel = "model.json"\n')
    names = {}
    for one in (config, named):
        run = CliRunner().invoke(main, ["run", str(one), "--out", str(tmp_path / one.stem)], catch_exceptions=False)
        assert run.exit_code == 0, run.output
        names[one.stem] = set(pl.read_parquet(tmp_path / one.stem / "tables" / "indicators.parquet")["name"])
    assert names["named"] - names["made"] == {"profile_model"}


def test_a_model_that_is_not_there_is_a_sentence(tmp_path):
    config = write(tmp_path, config='[accounts]\nmodel = "absent.json"\n')
    run = CliRunner().invoke(main, ["run", str(config), "--out", str(tmp_path / "out")], catch_exceptions=False)
    assert run.exit_code == 2
    assert "accounts.model" in run.output


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ("a,x\nb,y\n", [], "Which label is looked for? The file has: 'x', 'y'. Set --positive."),
        ("a,x\nb,y\n", ["--positive", "z"], "Which label is looked for?"),
        ("a,bot\nb,human\n", [], "has 1 accounts without the label 'bot'. Give at least 50 with and 50 without"),
        ("a,x\nb,y\n", ["--positive", "X"], "Give at least 50"),
        ("a,bot\n", ["--column", "label"], "--column takes FIELD=COLUMN"),
    ],
)
def test_mistakes_are_told_in_a_sentence(tmp_path, rows, options, said):
    (tmp_path / "few.csv").write_text("username,label\n" + rows, encoding="utf-8")
    command = ["train-accounts", str(tmp_path / "few.csv"), "--out", str(tmp_path / "model.json"), *options]
    answer = CliRunner().invoke(main, command, catch_exceptions=False)
    assert answer.exit_code in {2, 3}
    assert said in answer.output
    assert not (tmp_path / "model.json").exists()
