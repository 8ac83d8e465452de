"""`cib power`: tables, sentences and figure of what would be found, and going on where it stopped."""

import polars as pl
import pytest
from click.testing import CliRunner

from cib.cli import main
from cib.evaluate.power import cells_of, chance_of, sentences
from cib.evaluate.trials import World, ladder
from tests.pipeline.made import write


def asked(*words):
    return CliRunner().invoke(main, ["power", *map(str, words)], catch_exceptions=False)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("power")
    config = write(folder)
    words = (config, "--out", folder / "out", "--size", 5, "--size", 8, "--level", 0, "--level", 5)
    words = (*words, "--repetitions", 2, "--shuffles", 2, "--together", 1, "--budget", 0)
    return folder / "out" / "power", words, asked(*words)


def test_naive_campaigns_are_found_and_stealthy_ones_are_not(measured):
    folder, _, answer = measured
    assert answer.exit_code == 0, answer.output
    cells = pl.read_parquet(folder / "power.parquet")
    assert cells.select("accounts", "level", "planted").rows() == [(5, 0, 2), (8, 0, 2), (5, 5, 2), (8, 5, 2)]
    assert cells["found"].to_list() == [2, 2, 0, 0]
    assert cells.equals(pl.read_csv(folder / "power.csv", schema=cells.schema))
    assert len(pl.read_parquet(folder / "chance.parquet")) == 2
    for name, magic in (("power.png", b"\x89PNG"), ("power.svg", b"<?xml")):
        assert (folder / name).read_bytes().startswith(magic)
    assert "0      1.00 (0.34 to 1.00)" in answer.stdout
    assert "A campaign of 5 accounts at level 0, each acting on 90 % of its 20 objects within 10 s" in answer.stdout
    assert "Chance alone gives 0 false networks a run (0 to 1.8; 2 shuffles)." in answer.stdout


def test_the_same_again_does_nothing_and_says_the_same(measured):
    folder, words, answer = measured
    trials = (folder / "trials.ndjson").read_bytes()
    bytes_of = {
        name: (folder / name).read_bytes() for name in ("power.parquet", "power.svg", "power.png", "power.json")
    }
    again = asked(*words)
    assert again.stdout == answer.stdout
    assert (folder / "trials.ndjson").read_bytes() == trials
    assert {name: (folder / name).read_bytes() for name in bytes_of} == bytes_of


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--level", 7), "There is no level 7: levels go from 0 to 5."),
        (("--size", 1), "A campaign has 2 to 5,000 accounts. Got 1."),
    ],
)
def test_a_mistake_is_one_sentence(measured, words, said):
    answer = asked(measured[1][0], *words)
    assert answer.exit_code == 2
    assert said in answer.stderr


def test_tables_and_sentences_worked_by_hand():
    plan = ladder([5, 20], [1, 3], repetitions=10)
    worlds = [World("planted", n) for n in range(11)]
    answers = {
        n: {"campaigns": {"20@1": [True, 1.0], "5@1": [n < 5, 0.5], "20@3": [n < 1, 0.1], "5@3": [False, 0.0]}}
        for n in range(10)  # the eleventh copy was not done in time
    }
    cells = cells_of(plan, worlds, answers)
    assert cells.select("accounts", "level", "planted", "found", "share").rows() == [
        (5, 1, 10, 5, 0.5),
        (20, 1, 10, 10, 1.0),
        (5, 3, 10, 0, 0.0),
        (20, 3, 10, 1, pytest.approx(0.1)),
    ]
    shuffles = [
        {"links": 3, "networks": 1, "most": 2.0, "believed": [2.0]},
        {"links": 0, "networks": 0, "most": 0.0, "believed": []},
        {"links": 5, "networks": 2, "most": 4.0, "believed": [4.0, 1.0]},
        {"links": 0, "networks": 0, "most": 0.0, "believed": []},
    ]
    chance = chance_of(shuffles, runs=1)
    assert chance["false"].to_list() == [1, 0, 2, 0]
    said = sentences(cells, chance)
    assert said[0].endswith(": none of the steps.")  # ten of ten is 0.72 at the lower end
    assert said[1].startswith("A campaign of 5 accounts at level 1, ")
    assert said[1].endswith("would be found with probability 0.50 (0.24 to 0.76; 10 plantings).")
    assert said[2] == "Chance alone gives 0.75 false networks a run (0.15 to 2.2; 4 shuffles)."
    assert sentences(cells.with_columns(planted=pl.lit(0)), chance)[0] == "No planted copy was done in time."
