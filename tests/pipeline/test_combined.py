"""A campaign that shares one thing of each kind: no layer holds two, all together do."""

import json
from datetime import timedelta

import polars as pl
import pytest

from cib.config import load
from cib.pipeline import Job, run
from cib.traces import TRACES
from tests.pipeline.made import START, write

CAREFUL = [f"careful{n}" for n in range(5)]
KINDS = [
    ("read all of this before you go and vote", "", ""),
    ("", "https://careful.example/1", ""),
    ("", "", "carefultag"),
]


def rows():
    """Each of the five posts one text, one link and one hashtag that nobody else has, on three days."""
    made = []
    for day, (text, url, tag) in enumerate(KINDS):
        for n, user in enumerate(CAREFUL):
            at = (START + timedelta(days=2 + 3 * day, seconds=20 * n)).isoformat()
            own = f"words of my own number {10 * day + n} here"
            made.append([f"c{day}-{n}", user, at, text or own, "", "", url, tag, "en"])
    return tuple(made)


def made(folder, layers):
    config = write(folder, extra=rows(), config=f"{layers}[control]\nruns = 2\n[graph]\nmin_acts = 1\n")
    return run(Job("made", load(config, traces=TRACES), config.parent, folder / "run"))


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return made(tmp_path_factory.mktemp("combined"), "[layers.combined]\n")


def careful(folder):
    graph = pl.read_parquet(folder / "tables" / "graph.parquet")
    return graph.filter(pl.all_horizontal(pl.col("source", "target").str.contains("careful")))


def test_it_is_linked_by_all_kinds_together_and_by_none_alone(out, tmp_path):
    assert careful(made(tmp_path, "")).is_empty()
    found = careful(out)
    assert found.select("layers", "objects", "acts").unique().rows() == [(["combined"], 3, 3)]
    assert len(found) == 10
    scores = pl.read_parquet(out / "tables" / "scores.parquet")
    assert (scores["account_id"].str.contains("careful")).sum() == 5


def test_what_it_shares_says_of_which_kind_it_is(out):
    pairs = pl.read_parquet(out / "evidence" / "combined.parquet").filter(pl.col("source").str.contains("careful"))
    assert sorted(pairs["object"].unique()) == [
        "hashtag:carefultag", "text:read all of this before you go and vote", "url:careful.example/1",
    ]  # fmt: skip


def test_the_run_says_what_was_combined_and_what_came_by_chance(out):
    manifest = json.loads((out / "manifest.json").read_text())
    entry = manifest["layers"]["combined"]
    assert (entry["status"], entry["title"]) == ("ran", "the same thing, of whatever kind")
    assert entry["traces"] > 0
    assert [set(one["layers"]) for one in manifest["control"]["replicas"]] == [set(manifest["layers"])] * 2
    ledger = pl.read_parquet(out / "tables" / "ledger.parquet").filter(where="combined", stage="trace")
    assert ledger["reason"].to_list() == ["nobody else acted on the object", "the post acts in a more telling layer"]


def test_nothing_is_made_again_where_nothing_changed(out):
    told = []
    config = out.parent / "made.toml"
    run(Job("made", load(config, traces=TRACES), config.parent, out), progress=told.append)
    assert {stage.cached for stage in told if stage.part == "combined"} == {True}
