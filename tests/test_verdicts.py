"""Verdicts: recorded by hand or by command, known again by accounts and not by number, shown, and used if asked."""

import json

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cib.cli import main
from cib.errors import InputError
from cib.networks.verdicts import carried, similar, subject_of
from cib.pipeline.verdicts import members_file, read_verdicts
from tests.pipeline.made import CAMPAIGN, write


def command(*words):
    return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)


# By content ---------------------------------------------------------------------------------------

GROUPS = st.lists(st.frozensets(st.sampled_from("abcdefgh"), min_size=1), min_size=0, max_size=4, unique=True)


def rows_of(groups, name, numbers):
    rows = [(number, account) for number, group in zip(numbers, groups, strict=False) for account in sorted(group)]
    types = {name: pl.UInt32 if name == "network" else pl.String, "account_id": pl.String}
    return pl.DataFrame(rows, schema=types, orient="row")


@given(GROUPS, GROUPS, st.sampled_from([0.3, 0.5, 0.8]))
def test_a_verdict_goes_to_the_most_similar_network_by_brute_force(mine, judged, least):
    found = similar(rows_of(mine, "network", range(1, 9)), rows_of(judged, "subject", "stuv"), least)
    jaccard = {
        (n, s): len(one & other) / len(one | other)
        for n, one in enumerate(mine, 1)
        for s, other in zip("stuv", judged, strict=False)
    }
    best = {}
    for subject in "stuv"[: len(judged)]:
        near = sorted((-value, n) for (n, s), value in jaccard.items() if s == subject and value >= least)
        if near:
            best.setdefault(near[0][1], []).append((near[0][0], subject))
    expected = [(n, min(told)[1], -min(told)[0]) for n, told in sorted(best.items())]
    assert [(n, s, pytest.approx(value)) for n, s, value in expected] == found.rows()


def test_a_network_is_named_by_its_accounts_alone():
    assert subject_of(["x:1", "x:2"]) == subject_of(["x:2", "x:1"]) != subject_of(["x:1", "x:3"])
    assert subject_of(["x:1", "2"]) != subject_of(["x:12"])


def test_accounts_of_other_runs_and_networks_unlike_those_judged_are_left_out():
    verdicts = pl.DataFrame(
        {
            "kind": ["network", "network", "account", "account"], "subject": ["s", "t", "x:1", "x:9"],
            "verdict": ["rejected", "confirmed", "unsure", "confirmed"], "explanation": ["fans", None, None, None],
            "note": [None] * 4, "run": ["r"] * 4, "recorded_at": ["now"] * 4,
        },
        schema_overrides={"note": pl.String},
    )  # fmt: skip
    judged = pl.DataFrame({"subject": ["s", "s", "s", "t"], "account_id": ["x:1", "x:2", "x:3", "x:7"]})
    members = pl.DataFrame({"network": [4, 4], "account_id": ["x:1", "x:2"]}, schema_overrides={"network": pl.UInt32})
    found = carried(verdicts, judged, members, pl.DataFrame({"account_id": ["x:1", "x:2"]}), 0.5)
    assert found.select("kind", "network", "account_id", "verdict", "explanation").rows() == [
        ("network", 4, None, "rejected", "fans"),
        ("account", None, "x:1", "unsure", None),
    ]
    assert found["similarity"].to_list() == [pytest.approx(2 / 3), 1]


# In runs ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A run that found the campaign, and the same data again with a member less and under another name."""
    folder = tmp_path_factory.mktemp("verdicts")
    config = write(folder)
    command("run", config, "--out", folder / "one")
    lines = (folder / "posts.csv").read_text().splitlines(keepends=True)
    (folder / "other").mkdir()
    (folder / "other" / "posts.csv").write_text("".join(line for line in lines if f",{CAMPAIGN[0]}," not in line))
    base = config.read_text()
    for name, ranking in (("shown", "false"), ("ranked", "true")):
        text = f'{base}\n[verdicts]\nfile = "../one/verdicts.csv"\nranking = {ranking}\n'
        (folder / "other" / f"{name}.toml").write_text(text)
    (folder / "other" / "plain.toml").write_text(base)
    return folder


def test_recorded_by_command_and_carried_by_accounts(case):
    plant = next(
        n for n, account in pl.read_parquet(case / "one/tables/members.parquet").select("network", "account_id").rows()
        if account == f"generic:{CAMPAIGN[1]}"
    )  # fmt: skip
    note = 'Editors, said so; "quoted"'
    said = command("verdict", case / "one", "network", plant, "rejected", "--explanation", "newsroom", "--note", note)
    assert said.exit_code == 0, said.output
    assert f"Network {plant} (8 accounts): rejected. Recorded in {case / 'one' / 'verdicts.csv'}." in said.stdout
    assert "1 rejected. Precision so far 0.00 (0.00 to 0.79)." in said.stdout
    assert command("verdict", case / "one", "account", f"generic:{CAMPAIGN[2]}", "confirmed").exit_code == 0
    rows = pl.read_csv(case / "one" / "verdicts.csv")
    assert rows.select("kind", "verdict", "note", "run").rows() == [
        ("network", "rejected", note, "made"),
        ("account", "confirmed", None, "made"),
    ]
    assert len(pl.read_csv(members_file(case / "one" / "verdicts.csv"))) == 8

    plain, shown, ranked = (case / "other" / name for name in ("plain", "shown", "ranked"))
    for out in (plain, shown, ranked):
        answer = command("run", f"{out}.toml", "--out", out)
        assert answer.exit_code == 0, answer.output
        assert ("Verdicts on networks: 1 rejected." in answer.stdout) == (out != plain)
    table = pl.read_parquet(shown / "tables" / "verdicts.parquet")
    assert table.select("kind", "verdict", "explanation", "similarity").rows() == [
        ("network", "rejected", "newsroom", 7 / 8),
        ("account", "confirmed", None, 1.0),
    ]
    assert len(pl.read_parquet(plain / "tables" / "verdicts.parquet")) == 0
    score = {}
    for out in (plain, shown, ranked):
        networks = pl.read_parquet(out / "tables" / "networks.parquet")
        score[out.name] = networks.filter(pl.col("accounts") == 7)["score"].item()
        told = pl.read_parquet(out / "tables" / "explanations.parquet").filter(name="rejected_before")["sentence"]
        sentence = f"An analyst rejected a network with these accounts (Jaccard index 88 %): newsroom. {note}"
        assert told.to_list() == ([] if out == plain else [sentence])
    assert score["shown"] == score["plain"]
    assert score["ranked"] == pytest.approx(0.25 * score["plain"])
    assert "newsroom" in (shown / "report.html").read_text(encoding="utf-8")


def test_a_later_verdict_takes_the_place_of_the_earlier(case):
    file = case / "again.csv"
    for verdict in ("unsure", "confirmed"):
        said = command("verdict", case / "one", "network", 1, verdict, "--file", file)
    assert "Verdicts on networks: 1 confirmed. Precision so far 1.00 (0.21 to 1.00)." in said.stdout
    assert pl.read_csv(file)["verdict"].to_list() == ["confirmed"]


def test_a_run_does_its_ranking_again_when_a_verdict_changes_and_only_then(case, tmp_path):
    config = write(tmp_path, config='[verdicts]\nfile = "v.csv"\nranking = true\n')
    (tmp_path / "v.csv").write_text("kind,subject,verdict\n")

    def steps():
        command("run", config, "--out", tmp_path / "out")
        stages = json.loads((tmp_path / "out" / "manifest.json").read_text())["stages"]
        return {f"{stage['stage']} {stage['part']}".strip() for stage in stages if not stage["cached"]}

    assert "networks ranking" in steps()
    assert "networks ranking" not in steps()
    command("verdict", tmp_path / "out", "network", 1, "rejected")  # into the file that the config names
    assert "rejected" in (tmp_path / "v.csv").read_text()
    again = steps()
    assert "networks ranking" in again
    assert "networks" not in again


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind,subject\nnetwork,x\n", "has no column verdict"),
        ("kind,subject,verdict\nnetwork,x,maybe\n", "row 2: verdict must be confirmed, rejected, unsure. Got 'maybe'."),
        (
            "kind,subject,verdict\nnetwork,x,unsure\ngroup,y,unsure\n",
            "row 3: kind must be network, account. Got 'g",
        ),
        ("", "cannot be read as a file of verdicts"),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path, text, said):
    (tmp_path / "v.csv").write_text(text)
    with pytest.raises(InputError) as error:
        read_verdicts(tmp_path / "v.csv")
    assert said in str(error.value)


def test_what_is_not_there_is_said(case, tmp_path):
    config = write(tmp_path, config='[verdicts]\nfile = "nowhere.csv"\n')
    assert "There is no file of verdicts" in command("run", config, "--out", tmp_path / "out").stderr
    assert "has no network '99'" in command("verdict", case / "one", "network", 99, "unsure").stderr
    assert "has no account 'x:y'" in command("verdict", case / "one", "account", "x:y", "unsure").stderr
