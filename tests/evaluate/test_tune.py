"""`cib tune`: the grid, the plateau, the rule, what it writes, and going on after it was killed."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from cib import config as configs
from cib.cli import main
from cib.errors import ConfigError
from cib.evaluate.tune.cells import complete
from cib.evaluate.tune.delays import EDGES_S, _histogram
from cib.evaluate.tune.grid import axes_of, cells_of, neighbours
from cib.evaluate.tune.page import Content, page
from cib.evaluate.tune.plateau import Held, held, plateau
from cib.evaluate.tune.recommend import recommend
from cib.pipeline import Job
from cib.report.figures.style import Drawn
from cib.settings import Settings
from cib.tables import TRACES
from tests.pipeline.made import write

GRID = ("--grid", "layers.*.window=1min,1h", "--grid", "graph.q=0.05,1")
FEW = ("--size", "6", "--level", "1", "--repetitions", "1", "--shuffles", "1", "--budget", "none")


def tuned(*words):
    return CliRunner().invoke(main, ["tune", *map(str, words)], catch_exceptions=False)


# The grid -----------------------------------------------------------------------------------------


def test_values_are_toml_sorted_where_they_have_a_size_and_text_else():
    asked = ["graph.q=1,0.05,0.5", "layers.*.window=none,10min,10s", "layers.*.null=bicm,chung_lu",
             "networks.cell_resolutions=[1.0, 5.0],[2.0]", "layers.url.enabled=true,false"]  # fmt: skip
    axes = axes_of(Settings(), asked)
    assert [axis.values for axis in axes] == [
        (0.05, 0.5, 1), ("10s", "10min", "none"), ("bicm", "chung_lu"), ((1.0, 5.0), (2.0,)), (True, False),
    ]  # fmt: skip
    assert [axis.ordered for axis in axes] == [True, True, False, True, False]


def test_a_star_means_the_layers_that_run_and_of_windows_those_that_have_one():
    settings = configs.changed(Settings(), {"layers.url.enabled": False, "layers.hashtag.window": "none"})
    window, least = axes_of(settings, ["layers.*.window=1min,2min", "layers.*.min_objects=2,3"])
    assert "url" not in least.layers
    assert set(least.layers) - set(window.layers) == {"hashtag"}
    cells = cells_of(settings, [window, least], 10)
    assert len(cells) == 5  # the config as it is, which is none of them, and four
    changed = next(cell for cell in cells if cell.place == (1, 1)).settings
    assert changed.layers["text"].window == timedelta(minutes=2)
    assert (changed.layers["hashtag"].window, changed.layers["hashtag"].min_objects) == (None, 3)
    assert changed.layers["url"] == settings.layers["url"]


def test_the_config_is_a_cell_of_the_grid_where_it_is_one_and_a_large_grid_is_drawn_from():
    settings = Settings()
    axes = axes_of(settings, ["graph.q=0.05,1", "networks.resolution=0.1,0.2,0.3,0.4"])
    cells = cells_of(settings, axes, 100)
    assert (len(cells), cells[0].place, cells[0].given) == (8, (0, 2), True)
    few = cells_of(settings, axes, 3)
    assert len(few) <= 4
    assert few[0].settings == settings
    assert {cell.place for cell in few} <= {cell.place for cell in cells} | {None}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("graph.q", "--grid takes KEY=VALUE,VALUE,..., such as"),
        ("graph.q=2", "graph.q must be more than 0 and at most 1. Got 2."),
        ("graph.p=2", "graph.p is not a known key"),
        ("networks.*.x=2", "means no layer"),
    ],
)
def test_a_bad_axis_is_one_sentence(asked, said):
    with pytest.raises(ConfigError) as error:
        cells_of(Settings(), axes_of(Settings(), [asked]), 10)
    assert said in str(error.value)


def test_neighbours_are_mutual_and_one_step_apart_by_brute_force():
    axes = axes_of(Settings(), ["graph.q=0.05,0.1,1", "layers.url.null=bicm,chung_lu,none", "graph.min_layers=1,2"])
    cells = cells_of(Settings(), axes, 12)  # of 18: with holes
    near = neighbours(cells, axes)
    for one, cell in enumerate(cells):
        for other, there in enumerate(cells):
            steps = [abs(a - b) for a, b in zip(cell.place or (), there.place or (), strict=True)]
            apart = [step for step, axis in zip(steps, axes, strict=True) if step and (step == 1 or not axis.ordered)]
            assert (other in near[one]) == (len(apart) == 1 and sum(map(bool, steps)) == 1)


# The plateau and the rule -------------------------------------------------------------------------


def test_what_both_find_nothing_of_is_not_compared():
    no_links, no_members = {"a": pl.UInt32, "b": pl.UInt32}, {"network": pl.UInt32, "account_id": pl.String}
    nothing = Held(pl.DataFrame(schema=no_links), pl.DataFrame(schema=no_members))
    assert held(nothing, nothing) == (None, None, None)
    one = Held(pl.DataFrame({"a": [1], "b": [2]}), pl.DataFrame({"network": [1, 1], "account_id": ["x", "y"]}))
    assert held(one, one) == (1, 1, 1)
    shares = plateau([one, one, None, nothing], [[1, 2, 3], [0], [0], [0]])
    assert shares["same_links"].to_list() == [0.5, 1.0, None, 0.0]


CELLS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.sampled_from([0.0, 0.4, 0.5, 0.78, 0.8])), st.sampled_from([0.0, 0.05, 0.2, 1.0]),
        st.sampled_from([0.2, 0.9]), st.integers(0, 3),
    ),
    min_size=1, max_size=9,
)  # fmt: skip


@given(CELLS)
def test_what_is_recommended_keeps_its_promises(rows):
    """On a line of cells: few false networks if any cell has few, and never more than `within` below the best."""
    cells = pl.DataFrame(rows, schema=["power", "false", "same_members", "changes"], orient="row", strict=False)
    cells = cells.cast({"power": pl.Float64})
    near = [[n for n in (place - 1, place + 1) if 0 <= n < len(rows)] for place in range(len(rows))]
    choice = recommend(cells, near, limit=0.05, within=0.03)
    measured = [n for n, row in enumerate(rows) if row[0] is not None]
    assert (choice is None) == (not measured)
    if choice is None:
        return
    least = min(rows[n][1] for n in measured)
    allowed = [n for n in measured if rows[n][1] <= max(0.05, least)]
    assert choice.cell in allowed
    assert choice.good == (least <= 0.05)
    assert choice.best == max(rows[n][0] for n in allowed)
    assert rows[choice.cell][0] >= choice.best - 0.03 - 1e-9
    means = {}
    for n in choice.as_good:
        around = [rows[k][0] if k in allowed else 0.0 for k in (n, *near[n]) if rows[k][0] is not None]
        means[n] = sum(around) / len(around)
    assert means[choice.cell] == pytest.approx(max(means.values()))


def test_the_middle_of_a_plateau_is_taken_before_its_edge():
    power = [0.1, 0.8, 0.8, 0.8, 0.1]
    cells = pl.DataFrame({"power": power, "false": [0.0] * 5, "same_members": [None] * 5, "changes": [0, 0, 5, 0, 0]})
    near = [[1], [0, 2], [1, 3], [2, 4], [3]]
    assert recommend(cells, near, limit=0.0, within=0.03).cell == 2
    alone = pl.DataFrame({"power": [0.81, 0.8, 0.8], "false": 0.0, "same_members": None, "changes": 0})
    assert recommend(alone, [[], [2], [1]], limit=0.0, within=0.03).cell == 1  # the first shows no plateau


def test_cells_are_compared_on_worlds_that_all_of_them_had():
    answers = {(0, 0): {}, (0, 1): {}, (1, 0): {}, (3, 0): {}, (3, 1): {}}
    assert complete(answers, 2) == [0, 3]
    assert complete({}, 2) == []


# Delays -------------------------------------------------------------------------------------------


def test_delays_by_brute_force():
    rng = np.random.default_rng(1)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    rows = sorted((int(rng.integers(0, 4)), float(rng.integers(0, 9) ** 3), int(rng.integers(0, 3))) for _ in range(60))
    rows = sorted(set(rows))
    traces = pl.DataFrame(
        {
            "account": [account for _, _, account in rows], "object": [thing for thing, _, _ in rows],
            "post": range(len(rows)), "time": [start + timedelta(seconds=at) for _, at, _ in rows],
        },
        schema=TRACES.schema,
    )  # fmt: skip
    expected = [0] * (len(EDGES_S) - 1)
    for (thing, at, account), (next_thing, next_at, other) in pairwise(rows):
        if thing == next_thing and account != other:
            expected[max(n for n, edge in enumerate(EDGES_S) if edge <= next_at - at)] += 1
    assert _histogram(traces.sample(fraction=1.0, shuffle=True, seed=2)).tolist() == expected


# The command --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tune")
    config = write(folder)
    words = (config, "--out", folder / "out", *GRID, *FEW)
    return folder / "out" / "tune", words, tuned(*words)


def test_the_recommended_config_runs_and_says_why(case, tmp_path, monkeypatch):
    folder, _, answer = case
    assert answer.exit_code == 0, answer.output
    cells = pl.read_parquet(folder / "cells.parquet")
    assert len(cells) == 5  # four, and the config as it is: its texts have a window of a day
    assert cells["planted"].to_list() == [1] * 5
    assert cells["shuffles"].to_list() == [1] * 5
    best = cells.filter(pl.col("false") <= 0.05)["power"].max()
    text = (folder / "tuned.toml").read_text(encoding="utf-8")
    settings = configs.load(folder / "tuned.toml")
    assert text.count("# Tuned on these data. Power and false networks a run, the rest as here:") == 4
    assert (folder / settings.input.files[0]).resolve().is_file()
    chosen = cells.filter(
        pl.col("graph.q").cast(pl.Float64, strict=False) == settings.graph.q,
        pl.col("layers.*.window").replace({"1min": "60", "1h": "3600"}).cast(pl.Float64, strict=False)
        == settings.layers["url"].window.total_seconds(),
    )
    assert chosen["power"].item() >= best - 0.03
    monkeypatch.chdir(tmp_path)  # paths in it are relative to the file, not to where one stands
    assert (
        CliRunner()
        .invoke(main, ["inspect", str(folder / settings.input.files[0]), "--config", str(folder / "tuned.toml")])
        .exit_code
        == 0
    )


def test_what_analysts_said_is_further_truth_if_asked(case, tmp_path):
    folder, words, _ = case
    kept = max(folder.glob("members-*.parquet"), key=lambda path: len(pl.read_parquet(path)))
    judged = (
        pl.read_parquet(kept)
        .filter(network=pl.col("network").min())
        .select(subject=pl.lit("s"), account_id="account_id")
    )
    judged.write_csv(folder.parent / "verdicts_members.csv")
    (folder.parent / "verdicts.csv").write_text("kind,subject,verdict\nnetwork,s,rejected\n")
    tuned(*words)
    cells = pl.read_parquet(folder / "cells.parquet")
    assert cells["rejected"].max() == 1
    assert cells["confirmed"].max() == 0
    for found, planted, again, truth in cells.select("found", "planted", "rejected", "truth").rows():
        assert truth == (found + 1 - again) / (planted + 1)
    for path in folder.parent.glob("verdicts*.csv"):
        path.unlink()
    tuned(*words)  # as it was, for the other tests


def test_the_page_opens_offline_and_runs_nothing(case):
    folder, *_ = case
    html = unescape((folder / "tune.html").read_text(encoding="utf-8"))
    assert "default-src 'none'" in html
    assert "<script" not in html
    assert html.count("data:image/svg+xml;base64,") == 2
    assert "recommended" in html
    for name, magic in (("map.png", b"\x89PNG"), ("map.svg", b"<?xml"), ("delays.png", b"\x89PNG")):
        assert (folder / name).read_bytes().startswith(magic)


def test_a_killed_tuning_goes_on_and_ends_the_same(case, tmp_path):
    folder, words, answer = case
    again = tmp_path / "out"
    command = [sys.executable, "-m", "cib.cli", "tune", *map(str, words)]
    command[command.index("--out") + 1] = str(again)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    ledger = again / "tune" / "trials.ndjson"
    for _ in range(1200):
        if (ledger.is_file() and ledger.read_bytes().count(b"\n") >= 5) or process.poll() is not None:
            break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = ledger.read_bytes().splitlines()
    assert 5 <= len(kept) < len((folder / "trials.ndjson").read_bytes().splitlines())
    whole = tuned(*(again if word == folder.parent else word for word in words))
    assert whole.stdout.replace(str(again), str(folder.parent)) == answer.stdout
    assert ledger.read_bytes().splitlines()[: len(kept) - 1] == kept[:-1]
    for name in ("cells.parquet", "map.svg", "map.png", "delays.csv", "tune.json"):
        assert (again / "tune" / name).read_bytes() == (folder / name).read_bytes(), name


def test_a_title_in_the_config_is_no_html(case, tmp_path):
    settings = configs.changed(Settings(), {"report.title": "<img src=x onerror=alert(1)>"})
    (tmp_path / "map.svg").write_bytes((case[0] / "map.svg").read_bytes())
    cells = pl.DataFrame({"cell": ["<b>"], "power": ["1"]})
    content = Content(["<i>"], cells, pl.DataFrame(), [Drawn("map", "t", '"><script>', Figure())])
    html = page(Job("x", settings, Path(), tmp_path, "<script>"), content, tmp_path)
    for evil in ("<img src=x", "<script", "<b>", "<i>"):
        assert evil not in html, evil


def test_a_budget_that_is_over_at_once_is_said(tmp_path):
    config = write(tmp_path)
    answer = tuned(config, "--out", tmp_path / "out", *GRID, *FEW[:-2], "--budget", "1ms")
    assert answer.exit_code == 0, answer.output
    assert "Nothing can be recommended: the time did not last for one planted copy." in answer.stdout
    assert not (tmp_path / "out" / "tune" / "tuned.toml").exists()
    assert len((tmp_path / "out" / "tune" / "trials.ndjson").read_bytes().splitlines()) == 2  # one of each sort is done
