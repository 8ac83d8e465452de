"""Replicas of a run on all cores: processes of their own, each with its share of the memory, told what to do in JSON.

Not a pool of forked processes: polars does not survive a fork, and a pool that spawns asks the user's own script to be
importable.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, Final, TypeAlias

from cib.errors import RunError
from cib.pipeline.state import Job, State
from cib.pipeline.store import Artefact, Store, peak_memory
from cib.settings import Settings

__all__ = ["Elsewhere", "elsewhere", "on_all_cores", "work", "worth"]

Elsewhere: TypeAlias = dict[int, Callable[[Path], dict[str, Any]]]
"""For each replica under way in another process, what waits for its numbers."""
_WORTH_S: Final = 10.0
"""Below this a process costs more than it saves."""


@contextmanager
def on_all_cores(state: State, replicas: list[int], seconds: float) -> Iterator[Elsewhere]:
    """Do replicas in other processes while inside; none, if they are quick or there is one core.

    Parameters
    ----------
    state : the run, with its traces made.
    replicas : which.
    seconds : what one takes; the user is told what all will take.
    """
    workers = min(_cores(), len(replicas)) if worth(seconds * len(replicas)) else 1
    state.say(_announced(len(replicas), seconds, workers))
    if workers < 2:
        yield {}
        return
    with elsewhere(state, replicas, workers) as promised:
        yield promised


@contextmanager
def elsewhere(state: State, replicas: list[int], workers: int, beside: int = 0) -> Iterator[Elsewhere]:
    """Do replicas in `workers` processes while inside; `beside` more share memory and cores with them."""
    promised: dict[int, Future[dict[str, Any]]] = {n: Future() for n in replicas}
    shares = [{n: promised[n] for n in replicas[k::workers]} for k in range(workers)]
    parts = workers + beside
    running = [_started(state, list(share), parts, max(1, _cores() // parts)) for share in shares]
    readers = [Thread(target=_read, args=(*both, workers), daemon=True) for both in zip(running, shares, strict=True)]
    try:
        for reader in readers:
            reader.start()
        yield {n: partial(_wait, future) for n, future in promised.items()}
    finally:
        for process, reader in zip(running, readers, strict=True):
            process.kill()
            reader.join()
            with process:  # which closes its pipes
                process.wait()


def worth(seconds: float) -> bool:
    """Return whether work that takes so long is worth a process of its own."""
    return seconds >= _WORTH_S and _cores() > 1


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _announced(count: int, seconds: float, workers: int) -> str:
    total = max(1, round(count * seconds / workers))
    return f"{count} more shuffled replicas, about {total // 60} min {total % 60} s on {workers} core(s)"


def _wait(future: "Future[dict[str, Any]]", _: Path) -> dict[str, Any]:
    return future.result()


def _started(state: State, replicas: list[int], workers: int, threads: int) -> "subprocess.Popen[str]":
    """Start a process on some replicas."""
    settings = state.job.settings
    run = settings.run.model_copy(update={"memory": max(1, settings.run.memory // workers)})
    told = {
        "settings": settings.model_copy(update={"run": run}).model_dump(mode="json"),
        "layers": list(state.layers),
        "cache": str(state.store.folder.absolute()),
        "read": _address(state.read),
        "traced": {name: _address(made) for name, made in state.traced.items()},
        "replicas": replicas,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", "from cib.pipeline.worker import main; main()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        env=os.environ | {"POLARS_MAX_THREADS": str(threads), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    if process.stdin is not None:
        process.stdin.write(json.dumps(told))
        process.stdin.close()
    return process


def _address(made: Artefact) -> dict[str, Any]:
    return asdict(made) | {"folder": str(made.folder.absolute())}


def _read(process: "subprocess.Popen[str]", promised: dict[int, "Future[dict[str, Any]]"], workers: int) -> None:
    """Take the numbers as they come; whatever is missing in the end has failed.

    What all `workers` need at once goes with them as ``beside_mb``, as if each needed as much as this one.
    """
    for line in process.stdout or ():
        replica, meta, peak_mb = json.loads(line)
        promised[replica].set_result(meta | {"beside_mb": peak_mb * workers})
    said = process.stderr.read().strip().splitlines() if process.stderr is not None else []
    why = said[-1] if said else f"its process ended with status {process.wait()}"
    for future in promised.values():
        if not future.done():
            future.set_exception(RunError(f"A shuffled replica failed: {why}"))


def work(told: dict[str, Any], replica_of: Callable[[State, int, Path], dict[str, Any]]) -> Iterator[str]:
    """Yield a line of JSON for each replica: its number, what it gave, and the process's peak memory, MB."""
    settings = Settings.model_validate(told["settings"])
    layers = {name: settings.active_layers[name] for name in told["layers"]}
    cache = Path(told["cache"])
    state = State(Job("", settings, cache, cache), Store(cache, tidy=False), lambda _: None, layers)
    state.read = _found(told["read"])
    state.traced = {name: _found(made) for name, made in told["traced"].items()}
    for replica in told["replicas"]:
        with tempfile.TemporaryDirectory(dir=cache, prefix="tmp-") as scratch:
            yield json.dumps([replica, replica_of(state, replica, Path(scratch)), round(peak_memory() / 1e6, 1)])


def _found(address: dict[str, Any]) -> Artefact:
    return Artefact(**address | {"folder": Path(address["folder"])})
