"""Shuffled replicas in processes of their own: the same numbers as in this one, and a failure that says why."""

import json
from pathlib import Path

import pytest

from cib.errors import RunError
from cib.pipeline import processes, replicas
from tests.pipeline.test_control import config_with, control
from tests.pipeline.test_run import go


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("replicas")
    go(config_with(folder, 3), folder / "out")
    return folder / "out"


def test_other_processes_give_the_same_numbers(made, tmp_path, monkeypatch):
    monkeypatch.setattr(replicas, "_WORTH_S", 0.0)
    started = []
    start = processes._started
    monkeypatch.setattr(processes, "_started", lambda *given: started.append(given[1]["jobs"]) or start(*given))
    go(config_with(tmp_path, 3), tmp_path / "out")
    assert control(tmp_path / "out") == control(made)
    # The first is begun before the networks are found; one core needs no processes.
    assert sorted(n for share in started for group in share for n in group) == [0, 1, 2] or not started


def test_what_is_linked_already_begins_nothing_beforehand(tmp_path, monkeypatch):
    config = config_with(tmp_path, 1)
    go(config, tmp_path / "out")
    monkeypatch.setattr(replicas, "_WORTH_S", 0.0)
    monkeypatch.setattr(processes, "_started", lambda *_: pytest.fail("a process for numbers that are known"))
    before = control(tmp_path / "out")
    go(config, tmp_path / "out")
    assert control(tmp_path / "out") == before


def test_a_failing_process_ends_the_run_with_its_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(replicas, "_WORTH_S", 0.0)
    monkeypatch.setattr(processes, "cores", lambda: 2)
    address = replicas.address
    monkeypatch.setattr(replicas, "address", lambda made: address(made) | {"folder": str(tmp_path / "nowhere")})
    with pytest.raises(RunError, match=r"A shuffled replica failed: .*nowhere"):
        go(config_with(tmp_path, 3), tmp_path / "out")


def test_what_will_take_long_is_said_before(tmp_path):
    said: list[str] = []
    from cib import config as configs
    from cib.pipeline import Job, run

    config = config_with(tmp_path, 3)
    run(Job("made", configs.load(config), config.parent, tmp_path / "out"), say=said.append)
    (text,) = said
    assert text.startswith("2 more shuffled replicas, about ")
    assert json.loads((Path(tmp_path) / "out" / "manifest.json").read_text())["control"]["runs"] == 3
