"""Shuffled replicas of a run on all cores, each process with its share of the memory."""

import json
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

from cib.pipeline import processes
from cib.pipeline.processes import address, at_work, found_at
from cib.pipeline.state import Job, State
from cib.pipeline.store import Store, peak_memory
from cib.settings import Settings

__all__ = ["Elsewhere", "elsewhere", "on_all_cores", "work", "worth"]

Elsewhere: TypeAlias = dict[int, Callable[[Path], dict[str, Any]]]
"""For each replica under way in another process, what waits for its numbers."""
_WORTH_S: Final = 10.0
"""Below this a process costs more than it saves."""


@contextmanager
def on_all_cores(state: State, replicas: list[int], seconds: float) -> Iterator[Elsewhere]:
    """Do replicas in other processes while inside; none, if they are quick, there is one core, or memory is short.

    Parameters
    ----------
    state : the run, with its traces made.
    replicas : which.
    seconds : what one takes; the user is told what all will take.
    """
    several = worth(seconds * len(replicas)) and processes.roomy(state.job.settings.run.memory)
    workers = min(processes.cores(), len(replicas)) if several else 1
    state.say(_announced(len(replicas), seconds, workers))
    if workers < 2:
        yield {}
        return
    with elsewhere(state, replicas, workers) as promised:
        yield promised


@contextmanager
def elsewhere(state: State, replicas: list[int], workers: int, beside: int = 0) -> Iterator[Elsewhere]:
    """Do replicas in `workers` processes while inside; `beside` more share memory and cores with them."""
    told, alone = _told(state, workers + beside), [[n] for n in replicas]
    with at_work("cib.pipeline.worker", told, alone, "A shuffled replica", beside=beside) as promised:
        yield {n: partial(_wait, future, workers) for n, future in promised.items()}


def worth(seconds: float) -> bool:
    """Return whether work that takes so long is worth a process of its own."""
    return seconds >= _WORTH_S and processes.cores() > 1


def _announced(count: int, seconds: float, workers: int) -> str:
    total = max(1, round(count * seconds / workers))
    return f"{count} more shuffled replicas, about {total // 60} min {total % 60} s on {workers} core(s)"


def _wait(future: "Future[dict[str, Any]]", workers: int, _: Path) -> dict[str, Any]:
    """Return a replica's numbers, with what all `workers` need at once, as if each needed as much as this one."""
    answer = future.result()
    gave: dict[str, Any] = answer["gave"]
    return gave | {"beside_mb": answer["peak_mb"] * workers}


def _told(state: State, parts: int) -> dict[str, Any]:
    """Return what a process has to know to make any replica; it has one of so many parts of the memory."""
    settings = state.job.settings
    run = settings.run.model_copy(update={"memory": max(1, settings.run.memory // parts)})
    return {
        "settings": settings.model_copy(update={"run": run}).model_dump(mode="json"),
        "layers": list(state.layers),
        "cache": str(state.store.folder.absolute()),
        "read": address(state.read),
        "traced": {name: address(made) for name, made in state.traced.items()},
    }


def work(told: dict[str, Any], replica_of: Callable[[State, int, Path], dict[str, Any]]) -> Iterator[str]:
    """Yield a line of JSON for each replica: its number, what it gave, and the process's peak memory, MB."""
    settings = Settings.model_validate(told["settings"])
    layers = {name: settings.active_layers[name] for name in told["layers"]}
    cache = Path(told["cache"])
    state = State(Job("", settings, cache, cache), Store(cache, tidy=False), lambda _: None, layers)
    state.read = found_at(told["read"])
    state.traced = {name: found_at(made) for name, made in told["traced"].items()}
    for (replica,) in told["jobs"]:
        with tempfile.TemporaryDirectory(dir=cache, prefix="tmp-") as scratch:
            gave = replica_of(state, replica, Path(scratch))
            yield json.dumps([replica, {"gave": gave, "peak_mb": round(peak_memory() / 1e6, 1)}])
