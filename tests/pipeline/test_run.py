"""A run from a CSV to a report: what it finds, that it is the same again, and that nothing half-written is ever
seen."""

import hashlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from cib.config import load
from cib.errors import ConfigError, RunError
from cib.pipeline import Job, run
from cib.pipeline.folder import claimed
from cib.tables import EVIDENCE, RUN_TABLES
from cib.traces import TRACES
from tests.pipeline.made import CAMPAIGN, START, write


def job(config: Path, out: Path) -> Job:
    return Job(config.stem, load(config, traces=TRACES), config.parent, out, str(config))


def go(config: Path, out: Path):
    stages = []
    run(job(config, out), progress=stages.append)
    return stages


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    config = write(folder)
    stages = go(config, folder / "out")
    return config, folder / "out", stages


def tables(out: Path) -> dict[str, str]:
    """The bytes of every table and every layer's evidence, as hashes."""
    return {
        f"{file.parent.name}/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted([*(out / "tables").iterdir(), *(out / "evidence").iterdir()])
    }


def test_the_planted_campaign_is_the_first_network(made):
    members = pl.read_parquet(made[1] / "tables" / "members.parquet")
    first = members.filter(pl.col("network") == 1)
    assert sorted(first["account_id"]) == [f"generic:{name}" for name in CAMPAIGN]


def test_a_public_run_names_nobody_where_it_is_published_and_everybody_where_it_is_not(tmp_path):
    profile = '[privacy]\nprofile = "public"\n[control]\nruns = 0\n[co_timing]\nturns = 0\n'
    config, out = write(tmp_path, config=profile), tmp_path / "out"
    go(config, out)
    members = pl.read_parquet(out / "tables" / "members.parquet")
    assert sorted(members.filter(network=1)["account_id"]) == [f"generic:{name}" for name in CAMPAIGN]
    published = [
        out / "report.html",
        out / "summary.md",
        *(path for piece in ("figures", "exports") for path in (out / piece).rglob("*")),
    ]
    for path in [path for path in published if path.is_file()]:
        assert not re.search(rb"plant[0-9]\b|everybody has to read", path.read_bytes()), path
    key = out / "privacy.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    secret, nodes = key.read_text().strip(), (out / "exports" / "nodes.csv").read_text()
    assert not any(secret.encode() in path.read_bytes() for path in out.rglob("*") if path.is_file() and path != key)
    assert not list(out.glob(".new-*"))
    go(config, tmp_path / "other")  # another key, other names
    assert (tmp_path / "other" / "exports" / "nodes.csv").read_text() != nodes
    config.write_text(config.read_text().replace("[control]", "key = 'out/privacy.key'\n[control]"))
    go(config, tmp_path / "again")
    assert (tmp_path / "again" / "exports" / "nodes.csv").read_text() == nodes


def test_strangers_alone_make_no_network(tmp_path):
    config = write(tmp_path, campaign=False)
    go(config, tmp_path / "out")
    assert pl.read_parquet(tmp_path / "out" / "tables" / "networks.parquet").is_empty()
    assert (tmp_path / "out" / "report.html").stat().st_size > 1000


def test_every_table_keeps_its_contract(made):
    for name, table in RUN_TABLES.items():
        table.check(pl.read_parquet(made[1] / "tables" / f"{name}.parquet"))
    for file in (made[1] / "evidence").iterdir():
        EVIDENCE.check(pl.read_parquet(file))


def test_every_edge_opens_onto_its_posts(made):
    edges = pl.read_parquet(made[1] / "tables" / "edges.parquet")
    manifest = json.loads((made[1] / "manifest.json").read_text())
    posts = pl.read_parquet(made[1] / manifest["posts"]).select("post", "post_id", "account_id", "created_at")
    for layer in edges["layer"].unique():
        rows = pl.read_parquet(made[1] / "evidence" / f"{layer}.parquet")
        assert rows["source"].lt(rows["target"]).all()
        counted = rows.group_by("source", "target").agg(
            pairs=pl.len().cast(pl.UInt64), objects=pl.col("object").n_unique()
        )
        mine = edges.filter(pl.col("layer") == layer).join(counted, on=["source", "target"], how="full")
        assert (mine["pairs"] == mine["pairs_right"]).all()
        assert (mine["objects"] == mine["objects_right"]).all()
        for end in ("source", "target"):
            real = rows.join(posts, left_on=f"row_{end}", right_on="post", how="left")
            assert (real["post_id"] == real[f"post_{end}"]).all()
            assert (real["account_id"] == real[end]).all()
            assert (real["created_at"] == real[f"time_{end}"]).all()
        assert ((rows["time_target"] - rows["time_source"]).dt.total_microseconds() / 1e6 == rows["delta_s"]).all()


def test_the_run_folder_holds_what_it_should(made):
    names = {file.name for file in made[1].iterdir()} - {"cache", ".lock"}
    pieces = {"report.html", "summary.md", "tables", "evidence", "figures", "exports"}
    assert names == pieces | {"manifest.json", "quarantine.ndjson"}
    manifest = json.loads((made[1] / "manifest.json").read_text())
    assert manifest["layers"]["url"]["status"] == "ran"
    assert (
        manifest["inputs"][0]["blake2b"]
        == hashlib.blake2b((made[0].parent / "posts.csv").read_bytes(), digest_size=32).hexdigest()
    )
    assert {stage["stage"] for stage in manifest["stages"]} >= {
        "read",
        "traces",
        "link",
        "networks",
        "accounts",
        "report",
    }
    assert all(stage["seconds"] >= 0 and stage["peak_mb"] > 1 for stage in manifest["stages"])


def test_same_inputs_same_seed_same_bytes(made, tmp_path):
    go(made[0], tmp_path / "again")
    assert tables(tmp_path / "again") == tables(made[1])


@pytest.mark.parametrize("cores", ["1", "3"])
def test_the_number_of_cores_changes_no_byte(made, tmp_path, cores):
    config, whole, _ = made
    subprocess.run(
        [sys.executable, "-m", "cib.cli", "run", str(config), "--out", str(tmp_path / "out")],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "POLARS_MAX_THREADS": cores},
        check=True,
        capture_output=True,
    )
    assert tables(tmp_path / "out") == tables(whole)
    for folder in ("figures", "exports"):
        files = [file for file in sorted((whole / folder).rglob("*")) if file.is_file()]
        assert len(files) > 10
        for file in files:
            assert (tmp_path / "out" / file.relative_to(whole)).read_bytes() == file.read_bytes(), file.name


def test_a_small_memory_setting_changes_no_result(made, tmp_path):
    config = write(tmp_path, config='[run]\nmemory = "20KB"\n')
    go(config, tmp_path / "out")
    assert tables(tmp_path / "out") == tables(made[1])


@pytest.mark.parametrize(
    ("change", "again"),
    [
        ("", set()),
        (
            "[graph]\nq = 0.005\n",
            {
                "networks",
                "networks ranking",
                "networks change",
                "pipeline control.1",
                "accounts networks",
                "accounts timing",
                "report figures",
                "report exports",
            },
        ),
        ("[accounts]\nmin_posts = 40\n", {"accounts", "accounts networks", "report figures", "report exports"}),
        ("[co_timing]\nturns = 20\n", {"accounts timing", "report figures", "report exports"}),
    ],
)
def test_only_what_changed_is_done_again(made, tmp_path, change, again):
    config = write(tmp_path, config=change)
    shutil.copytree(made[1], tmp_path / "out")
    stages = go(config, tmp_path / "out")
    plain = {"tables", "report page"}
    done = {f"{stage.stage} {stage.part}".strip() for stage in stages if not stage.cached} - plain
    assert done == again


def test_a_changed_window_redoes_its_layer_alone(made, tmp_path):
    config = write(tmp_path)
    shutil.copytree(made[1], tmp_path / "out")
    text = config.read_text().replace("[layers.url]\n", '[layers.url]\nwindow = "30min"\n')
    config.write_text(text)
    stages = go(config, tmp_path / "out")
    done = {(stage.stage, stage.part) for stage in stages if not stage.cached}
    assert ("link", "url") in done
    assert not done & {("read", ""), ("traces", "url"), ("link", "text"), ("traces", "text"), ("accounts", "")}


def test_labels_do_not_reach_detection(tmp_path):
    """An account table with labels changes the accounts table and nothing else."""
    plain = write(tmp_path / "plain")
    go(plain, tmp_path / "plain" / "out")
    labelled = write(tmp_path / "labelled", config="")
    lines = ["user,label", *(f"{name},troll" for name in CAMPAIGN), *(f"person{n},person" for n in range(120))]
    (tmp_path / "labelled" / "accounts.csv").write_text("\n".join(lines) + "\n")
    labelled.write_text(labelled.read_text().replace("[input]\n", '[input]\naccounts = ["accounts.csv"]\n'))
    go(labelled, tmp_path / "labelled" / "out")
    accounts = pl.read_parquet(tmp_path / "labelled" / "out" / "tables" / "accounts.parquet")
    assert accounts["label"].value_counts().sort("label").rows() == [("person", 120), ("troll", 8)]
    one, two = tables(tmp_path / "plain" / "out"), tables(tmp_path / "labelled" / "out")
    different = {name for name in one if one[name] != two[name]}
    assert different <= {"tables/accounts.parquet", "tables/ledger.parquet"}


def test_a_window_below_the_resolution_is_refused(tmp_path):
    config = write(tmp_path, config="")
    text = (tmp_path / "posts.csv").read_text()
    (tmp_path / "posts.csv").write_text("\n".join(_to_minutes(line) for line in text.splitlines()) + "\n")
    config.write_text(config.read_text().replace("[layers.url]\n", '[layers.url]\nwindow = "30s"\n'))
    with pytest.raises(ConfigError, match=r"only known to 60 s.*layers\.url.*30s.*at least 60s"):
        go(config, tmp_path / "out")


def _to_minutes(line: str) -> str:
    import re

    return re.sub(r"(\d\d:\d\d):\d\d\+00:00", r"\1:00+00:00", line)


def test_a_layer_without_data_is_said(tmp_path):
    config = write(tmp_path, config="[layers.media]\n")
    go(config, tmp_path / "out")
    layer = json.loads((tmp_path / "out" / "manifest.json").read_text())["layers"]["media"]
    assert layer["status"] == "no data"
    assert "media" in layer["reason"]


def test_two_runs_into_one_folder(tmp_path):
    config = write(tmp_path)
    with claimed(tmp_path / "out"), pytest.raises(RunError, match="Another run is writing"):
        go(config, tmp_path / "out")


def test_a_folder_that_cannot_be_written(tmp_path):
    config = write(tmp_path)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match="Choose another one with --out"):
        go(config, tmp_path / "file" / "out")


def _artefacts(out: Path) -> int:
    return sum(not folder.name.startswith("tmp-") for folder in (out / "cache").glob("*-*"))


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_killed_at_any_point_the_next_run_completes(made, tmp_path, part):
    config, whole, _ = made
    command = [sys.executable, "-m", "cib.cli", "run", str(config), "--out", str(tmp_path / "out")]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    manifest = json.loads((whole / "manifest.json").read_text(encoding="utf-8"))
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    kept = {(stage["stage"], stage["part"]) for stage in manifest["stages"]} - {("tables", ""), ("report", "page")}
    deadline = time.monotonic() + 120
    while _artefacts(tmp_path / "out") < part * len(kept) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for file in (tmp_path / "out").rglob("*.parquet"):
        if not any(piece.startswith(("tmp-", ".new-")) for piece in file.parts):
            pl.read_parquet(file)
    go(config, tmp_path / "out")
    assert tables(tmp_path / "out") == tables(whole)
    assert not list((tmp_path / "out").rglob("tmp-*")) + list((tmp_path / "out").glob(".new-*"))


def test_times_are_utc_in_what_is_written(made):
    edges = pl.read_parquet(made[1] / "tables" / "edges.parquet")
    assert edges["first_at"].min() >= START


def test_layers_that_cannot_run_are_told_before_the_work(tmp_path):
    config = write(tmp_path, config="[layers.media]\n[layers.reply]\n")
    told, stages = [], []
    job_ = Job("made", load(config, traces=TRACES), config.parent, tmp_path / "run")
    folder = run(job_, progress=lambda stage: stages.append((stage.stage, len(told))), say=told.append)
    no_reposts = "original, reply, quote"
    assert told == [
        f"Layer media cannot run on this data: no post of kind {no_reposts} has a picture or video with an id.",
        "Layer reply cannot run on this data: no post is of kind reply.",
    ]
    # All is told when the files have been read, and the other layers go on.
    assert {count for stage, count in stages if stage == "read"} == {0}
    assert {count for stage, count in stages if stage != "read"} == {2}
    layers = json.loads((folder / "manifest.json").read_text())["layers"]
    assert {name for name, layer in layers.items() if layer["status"] == "ran"} == {"url", "text", "hashtag"}
