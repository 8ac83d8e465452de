"""Numbered jobs on all cores: processes of their own, told what to do in JSON, that answer in lines of JSON.

Not a pool of forked processes: polars does not survive a fork, and a pool that spawns asks the user's own script to be
importable.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, Final, TypeAlias

from cib.errors import RunError
from cib.pipeline.store import Artefact

__all__ = ["Promised", "address", "at_work", "cores", "found_at", "roomy"]

Promised: TypeAlias = "dict[int, Future[Any]]"
"""What each job will give, by its number."""
_ROOMY: Final = 1_500_000_000


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def roomy(memory: int) -> bool:
    """Return whether a bound on memory, bytes, leaves room for several things at once, each with its libraries."""
    return memory >= _ROOMY


@contextmanager
def at_work(
    program: str, told: Mapping[str, Any], jobs: Sequence[Sequence[int]], what: str, beside: int = 0
) -> Iterator[Promised]:
    """Do jobs in as many processes as there are cores (or groups) while inside; what is not done then is given up.

    Parameters
    ----------
    program : module whose ``main`` reads what it is told from its input (JSON, with ``jobs``: the groups of its own)
        and writes a line for each job, ``[number, what it gave]``.
    told : what every process is told.
    jobs : their numbers, in groups that stay in one process; each process takes every n-th group, in this order.
    what : one of the jobs in words, for the message if it fails.
    beside : processes that go on beside these, and need cores too.
    """
    workers = max(1, min(cores(), len(jobs)))
    threads = max(1, cores() // (workers + beside))
    promised: Promised = {job: Future() for group in jobs for job in group}
    shares = [list(jobs[k::workers]) for k in range(workers)]
    running = [_started(program, {**told, "jobs": share}, threads) for share in shares]
    readers = [
        Thread(
            target=_read, args=(process, {job: promised[job] for group in share for job in group}, what), daemon=True
        )
        for process, share in zip(running, shares, strict=True)
    ]
    try:
        for reader in readers:
            reader.start()
        yield promised
    finally:
        for process, reader in zip(running, readers, strict=True):
            process.kill()
            reader.join()
            with process:  # which closes its pipes
                process.wait()


def _started(program: str, told: dict[str, Any], threads: int) -> "subprocess.Popen[str]":
    process = subprocess.Popen(  # noqa: S603 - our own interpreter, on a module that the caller names
        [sys.executable, "-c", f"from {program} import main; main()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        env=os.environ | {"POLARS_MAX_THREADS": str(threads), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    if process.stdin is not None:
        process.stdin.write(json.dumps(told))
        process.stdin.close()
    return process


def _read(process: "subprocess.Popen[str]", promised: Promised, what: str) -> None:
    """Take the answers as they come; whatever is missing in the end has failed."""
    for line in process.stdout or ():
        job, answer = json.loads(line)
        promised[job].set_result(answer)
    said = process.stderr.read().strip().splitlines() if process.stderr is not None else []
    why = said[-1] if said else f"its process ended with status {process.wait()}"
    for future in promised.values():
        if not future.done():
            future.set_exception(RunError(f"{what} failed: {why}"))


def address(made: Artefact) -> dict[str, Any]:
    """Return an artefact as JSON, to be found again by another process (see :func:`found_at`)."""
    return {**vars(made), "folder": str(made.folder.absolute())}


def found_at(place: Mapping[str, Any]) -> Artefact:
    """Return the artefact of an :func:`address`."""
    return Artefact(**{**place, "folder": Path(place["folder"])})
