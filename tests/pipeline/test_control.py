"""The negative control of a run: what is found on shuffled traces, counted, kept apart, and said."""

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from cib.cli import main
from tests.pipeline.made import write
from tests.pipeline.test_run import go, tables


def control(out: Path) -> dict:
    return json.loads((out / "manifest.json").read_text(encoding="utf-8"))["control"]


def config_with(folder: Path, runs: int, more: str = "") -> Path:
    """A config whose windows are short beside the twenty days of the corpus: two clocks that are shifted by nearly the
    same meet again, which in a window of a day would be one pair in ten."""
    strict = "" if "[graph]" in more else "[graph]\nq = 0.01\nmin_weight = 2.0\n"
    config = write(folder, config=f"[control]\nruns = {runs}\n{strict}{more}")
    text = config.read_text().replace("[layers.text]\n", '[layers.text]\nwindow = "1h"\n')
    text = text.replace("[layers.url]\n", "[layers.url]\nmin_objects = 3\n")
    text = text.replace("[layers.hashtag]\n", '[layers.hashtag]\nwindow = "none"\nmin_objects = 5\n')
    config.write_text(re.sub(r"(\[layers\.\w+\])", r'\1\nweight = "evidence"', text))
    return config


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("control")
    go(config_with(folder, 2), folder / "out")
    return folder / "out"


def test_a_campaign_is_found_in_the_data_and_not_in_shuffled_data(made):
    manifest = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["networks"] == 1
    assert manifest["layers"]["url"]["edges_kept"] == 28
    assert manifest["control"]["runs"] == 2
    for one in manifest["control"]["replicas"]:
        assert one["networks"] == one["accounts"] == one["largest"] == 0
        assert list(one["layers"]) == list(manifest["layers"])
        assert one["layers"]["url"] == one["layers"]["text"] == {"edges": 0, "edges_kept": 0}
        assert one["links"] < 5


def test_links_by_chance_are_counted_where_there_are_any(tmp_path):
    """Asked for one shared object at any time, with every link believed, strangers are linked, and shuffled ones."""
    config = config_with(tmp_path, 1, "[graph]\nq = 1.0\nmin_weight = 0.0\nmin_acts = 1\n")
    text = config.read_text().replace("min_objects = 3\n", 'window = "none"\nmin_objects = 1\n')
    config.write_text(text)
    go(config, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    (one,) = manifest["control"]["replicas"]
    real = manifest["layers"]["url"]
    assert 0.5 * real["edges"] < one["layers"]["url"]["edges"] < 2 * real["edges"]
    assert 0 < one["layers"]["url"]["edges_kept"] <= min(one["links"], one["layers"]["url"]["edges"])
    assert one["networks"] >= 1
    assert one["largest"] <= one["accounts"] <= 128
    assert one["largest"] >= one["accounts"] / one["networks"]


def test_the_same_seed_gives_the_same_numbers_and_more_runs_begin_with_the_same(made, tmp_path):
    go(config_with(tmp_path / "a", 1, '[run]\nmemory = "20KB"\n'), tmp_path / "a" / "out")
    assert control(tmp_path / "a" / "out")["replicas"] == control(made)["replicas"][:1]
    go(config_with(tmp_path / "b", 2, "[run]\nseed = 7\n"), tmp_path / "b" / "out")
    assert control(tmp_path / "b" / "out")["replicas"] != control(made)["replicas"]


def test_what_overlap_and_timing_agree_on_is_not_found_where_authors_are_exchanged(tmp_path):
    go(write(tmp_path, config="[control]\nruns = 2\n"), tmp_path / "out")
    (best,) = pl.read_parquet(tmp_path / "out" / "tables" / "networks.parquet").head(1).rows(named=True)
    assert best["accounts"] == 8
    assert all(one["evidence"] < best["evidence"] for one in control(tmp_path / "out")["replicas"])


def test_replicas_differ(made):
    one, two = control(made)["replicas"]
    assert one != two


def test_it_changes_nothing_else(made, tmp_path):
    go(config_with(tmp_path, 0), tmp_path / "out")
    one, other = tables(tmp_path / "out"), tables(made)
    ranking = "tables/networks.parquet"  # which says how the evidence compares with what was found by chance
    assert {name: one[name] for name in one if name != ranking} == {n: other[n] for n in other if n != ranking}
    without, with_chance = (pl.read_parquet(out / ranking) for out in (tmp_path / "out", made))
    by_chance = ["p_family", "ratio", "tier_reason"]
    assert without.drop(by_chance).equals(with_chance.drop(by_chance))
    assert without["p_family"].to_list() == [None]
    assert with_chance["p_family"].to_list() == pytest.approx([1 / 3])
    assert control(tmp_path / "out") == {"runs": 0, "replicas": []}


def test_more_runs_do_only_those_that_are_missing(made, tmp_path):
    shutil.copytree(made, tmp_path / "out")
    stages = go(config_with(tmp_path, 3), tmp_path / "out")
    done = {stage.part: stage.cached for stage in stages if stage.part.startswith("control")}
    assert done == {"control.1": True, "control.2": True, "control.3": False}


def test_nothing_of_the_shuffled_data_is_kept(made):
    folders = list((made / "cache").glob("pipeline.control.*"))
    assert len(folders) == 2
    for folder in folders:
        assert [file.name for file in folder.iterdir()] == ["meta.json"]


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        (1, "On shuffled data the same settings keep "),
        (2, "On shuffled data (2 times) the same settings keep "),
        (0, "Not repeated on shuffled data ([control] runs = 0)"),
    ],
)
def test_the_command_and_the_page_say_it(tmp_path, runs, said):
    config = config_with(tmp_path, runs)
    ran = CliRunner().invoke(main, ["run", str(config), "--out", str(tmp_path / "out")], catch_exceptions=False)
    assert said in ran.stdout
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert said in page
    assert ("What is shuffled." in page) == (runs > 0)
    listed = CliRunner().invoke(main, ["networks", str(tmp_path / "out")], catch_exceptions=False)
    assert said in listed.stdout


def test_a_layer_without_data_has_nothing_to_shuffle(tmp_path):
    go(write(tmp_path, config="[layers.media]\n"), tmp_path / "out")
    assert control(tmp_path / "out")["replicas"][0]["layers"]["media"] == {"edges": 0, "edges_kept": 0}
