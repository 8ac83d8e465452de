"""`cib evaluate` against a table of the truth: what it reads, prints, writes and refuses."""

import json

import polars as pl
import pytest
from click.testing import CliRunner

from cib.cli import main
from cib.errors import InputError
from cib.evaluate import held, read_truth
from cib.report.run import open_run
from tests.report import made


def evaluated(*words):
    return CliRunner().invoke(main, ["evaluate", *map(str, words)], catch_exceptions=False)


def made_run(folder, seed=1):
    run = made.run(folder, seed=seed)
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"posts": "posts.parquet"}))
    return run


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A run whose network 1 is a campaign, whose network 2 is half of another and a newsroom."""
    folder = tmp_path_factory.mktemp("verdict")
    run = made_run(folder / "run")
    members = run.table("members").sort("network", "account_id")
    of = {n: members.filter(network=n)["account_id"].to_list() for n in (1, 2)}
    spare = run.table("accounts").join(members, on="account_id", how="anti")["account_id"].sort().to_list()
    half = len(of[2]) // 2
    rows = [(name, "alpha", "campaign", 1) for name in of[1]]
    rows += [(name, "beta", "campaign", 3) for name in [*of[2][:half], *spare[:3]]]
    rows += [(name, "desk", "newsroom", None) for name in of[2][half:]]
    rows += [("gone:1", "beta", "campaign", 3)]
    truth = pl.DataFrame(rows, schema=["account_id", "name", "kind", "level"], orient="row")
    truth.write_csv(folder / "truth.csv")
    return folder, {1: len(of[1]), 2: len(of[2]), "half": half}


def test_the_table_says_what_was_counted(case):
    folder, size = case
    answer = evaluated(folder / "run", "--truth", folder / "truth.csv", "--draws", 50)
    assert answer.exit_code == 0, answer.output
    planted = size[1] + size["half"] + 3
    assert f"40 accounts, {planted} of them" in answer.stdout
    assert "1 account of the campaigns posted nothing that was read" in answer.stdout
    found = pl.read_parquet(folder / "run/evaluation/evaluation.parquet")
    value = {(about, measure): value for about, _, measure, value, _, _ in found.iter_rows()}
    assert value["campaign", "alpha: best-match F1"] == 1
    assert value["campaign", "beta: share reported"] == pytest.approx(size["half"] / (size["half"] + 3))
    assert value["networks", "rank of the first pure network"] == 1
    assert value["decoy", "desk: share reported"] == 1
    assert value["accounts", "recall of the reported"] == pytest.approx((size[1] + size["half"]) / planted)
    for kind, magic in (("png", b"\x89PNG"), ("svg", b"<?xml")):
        assert (folder / f"run/evaluation/evaluation.{kind}").read_bytes().startswith(magic)
    for measure in ("average precision", "weighted precision", "AMI, assigned only", "desk: networks mostly of it"):
        assert any(line.startswith(measure) for line in answer.stdout.splitlines()), measure


def test_two_runs_are_told_apart_on_the_same_resamples(case):
    folder, _ = case
    other = made_run(folder / "other", seed=2)
    assert other.folder.name == "other"
    words = (folder / "run", folder / "other", "--truth", folder / "truth.csv", "--draws", 20)
    for name in ("x", "y"):
        assert "other - run" in evaluated(*words, "--out", folder / name).stdout
    for name in ("evaluation.parquet", "evaluation.png", "evaluation.svg"):
        assert (folder / "x" / name).read_bytes() == (folder / "y" / name).read_bytes()
    table = pl.read_parquet(folder / "x" / "evaluation.parquet")
    one, two, between = (
        table.filter(run=run, about="accounts", measure="average precision")["value"].item()
        for run in ("run", "other", "other - run")
    )
    assert between == pytest.approx(two - one)


def test_accounts_can_be_ordered_by_any_number_of_the_tables(case):
    folder, _ = case
    run, truth = open_run(folder / "run"), read_truth(folder / "truth.csv")
    known = run.table("accounts", ["account_id", "followers"])
    by = held([run], truth, score="followers").rows
    scores = by.select(pl.col("score_0").repeat_by("accounts").explode())["score_0"]
    assert scores.sort().to_list() == known["followers"].cast(pl.Float64).sort().to_list()
    assert held([run], truth, tier="A").rows["reported_0"].sum() <= by["reported_0"].sum()
    with pytest.raises(InputError, match=r"has a number 'charm' for each account. Known: .*followers"):
        held([run], truth, score="charm")


def test_a_truth_of_two_columns_is_enough(case, tmp_path):
    folder, size = case
    full = pl.read_csv(folder / "truth.csv").filter(pl.col("kind") == "campaign")
    full.select("account_id", "name").write_parquet(tmp_path / "t.parquet")
    answer = evaluated(folder / "run", "--truth", tmp_path / "t.parquet", "--draws", 0, "--out", tmp_path)
    assert f"40 accounts, {size[1] + size['half'] + 3} of them" in answer.stdout
    assert "No intervals." in answer.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("account,name\na,b\n", "has no column account_id"),
        ("account_id,name\na,x\na,y\n", "names the account 'a' more than once"),
        ("account_id,name\nnobody,x\n", "Of the accounts of the run none belong to a campaign"),
        ("", "cannot be read as a table of the truth"),
    ],
)
def test_a_bad_truth_is_one_sentence(case, tmp_path, text, said):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    answer = evaluated(case[0] / "run", "--truth", tmp_path / "t.csv")
    assert answer.exit_code == 3
    assert said in answer.stderr


def test_several_runs_need_a_truth(case):
    answer = evaluated(case[0] / "run", case[0] / "run")
    assert answer.exit_code == 3
    assert "Give it by --truth FILE" in answer.stderr
