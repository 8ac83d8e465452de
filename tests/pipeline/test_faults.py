"""Full disks, folders that cannot be written, runs that are killed: a clear sentence, and nothing lost."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cib import config as configs
from cib.errors import RunError
from cib.pipeline import Job, run
from cib.pipeline.store import Store
from cib.traces import TRACES
from tests.pipeline.made import write

ROOT = Path(__file__).parents[2]


def command(config, out):
    return [sys.executable, "-m", "cib.cli", "run", str(config), "--out", str(out)]


def go(config, out):
    return run(Job(config.stem, configs.load(config, traces=TRACES), config.parent, out, str(config)))


def shown(out):
    """The bytes of every table and of the quarantine."""
    files = [*sorted((out / "tables").glob("*")), *sorted((out / "evidence").glob("*")), out / "quarantine.ndjson"]
    return {file.name: file.read_bytes() for file in files}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    config = write(folder)
    return config, go(config, folder / "out")


@pytest.mark.parametrize("most", [1_000, 60_000])
def test_a_full_disk(whole, tmp_path, most):
    """A limit on the size of files stands for it: both are noticed by whoever writes."""
    config, before = whole
    shutil.copytree(before, tmp_path / "out")
    stricter = config.with_name(f"{most}.toml")
    stricter.write_text(config.read_text() + "\n[graph]\nq = 0.005\n[run]\nseed = 7\n")

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    got = subprocess.run(
        command(stricter, tmp_path / "out"), cwd=ROOT, preexec_fn=limited, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert got.returncode == 5, got.stderr
    assert "Traceback" not in got.stderr
    assert "Error: Cannot write into" in got.stderr
    assert "Free some space or choose another folder with --out." in got.stderr
    assert shown(tmp_path / "out") == shown(before)
    assert not [*tmp_path.glob("out/.new-*"), *tmp_path.glob("out/cache/tmp-*")]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), PermissionError(13, "Permission denied")])
def test_what_cannot_be_written_is_said(tmp_path, error):
    def build(_):
        raise error

    with pytest.raises(RunError, match=rf"Cannot write into .*store: {error.strerror}\. Free some space"):
        Store(tmp_path / "store").make("read", "", {}, build)
    assert list((tmp_path / "store").iterdir()) == []


def test_a_folder_without_permission(whole, tmp_path, monkeypatch):
    """Tests may run as a user whom no permission stops, so the system's answer is given by hand."""
    true_open = os.open

    def refuse(path, *rest, **named):
        if str(path).endswith(".lock"):
            raise PermissionError(13, "Permission denied")
        return true_open(path, *rest, **named)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(RunError, match=r"Cannot write into the run folder .*Permission denied\. Choose another one"):
        go(whole[0], tmp_path / "out")


def test_two_runs_at_once_into_one_folder(whole, tmp_path):
    """The second is told so and changes nothing; the first completes as if alone."""
    config, before = whole
    first = subprocess.Popen(command(config, tmp_path / "out"), cwd=ROOT, stderr=subprocess.PIPE, text=True)
    lock = tmp_path / "out" / "cache"
    while not lock.exists() and first.poll() is None:
        time.sleep(0.01)
    with pytest.raises(RunError, match="Another run is writing into"):
        go(config, tmp_path / "out")
    assert first.wait() == 0, first.stderr.read()
    first.stderr.close()
    assert shown(tmp_path / "out") == shown(before)


@pytest.mark.skipif("CIB_KILLS" not in os.environ, reason="long: make evaluate sets how many kills")
def test_killed_at_random_points(whole, tmp_path):
    config, before = whole
    start = time.monotonic()
    go(config, tmp_path / "alone")
    lasting, chance = time.monotonic() - start, random.Random(20)
    for number in range(int(os.environ["CIB_KILLS"])):
        out = tmp_path / f"out{number}"
        process = subprocess.Popen(command(config, out), cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.3, lasting + 2))
        process.send_signal(signal.SIGKILL)
        process.wait()
        go(config, out)
        assert shown(out) == shown(before), number
        assert not [*out.glob(".new-*"), *out.glob("cache/tmp-*")]
        shutil.rmtree(out)
