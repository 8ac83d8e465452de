"""One measurement, the same for everything in `bench`: what it cost, beside whom, and what it cost before.

Each contender runs in a process of its own, which prints ``CPU`` and its processor seconds twice: when it is loaded,
and when the work is done. What lies between is counted, children included; wall seconds are of the whole process, and
memory is its largest resident set. Contenders take turns, so that a busy machine is busy for all; of several turns the
median counts. On a busy machine trust the ratios.
"""

import csv
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeAlias

__all__ = [
    "FIELDS",
    "HISTORY",
    "ROOT",
    "YARDSTICK",
    "Cost",
    "Row",
    "heading",
    "keep",
    "latest",
    "measured",
    "shown",
    "turns",
]

ROOT: Final = Path(__file__).parents[1]
HISTORY: Final = ROOT / "bench" / "history.csv"
FIELDS: Final = ("date", "commit", "machine", "what", "seconds", "peak_mb", "baseline", "ratio")
HEAD: Final = """\
| what | the same result | cib: CPU s | MB | beside | CPU s | MB | times slower | runs |
|---|---:|---:|---:|---|---:|---:|---:|---:|"""
# A process inherits the peak memory of the one that starts it; this one is small.
LAUNCH: Final = """
import json, os, subprocess, sys, time
before = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
told = [float(line.split()[1]) for line in process.stdout.read().splitlines() if line.startswith("CPU ")]
_, status, used = os.wait4(process.pid, 0)
cpu = told[-1] - told[0] if told else used.ru_utime + used.ru_stime
json.dump([status, cpu, time.perf_counter() - before, used.ru_maxrss / 1e3], sys.stdout)
"""
YARDSTICK: Final = [
    sys.executable,
    "-c",
    """
import time, numpy as np
x = np.random.default_rng(1).random(20_000_000)
print("CPU", time.process_time())
x.sort(kind="stable")
print("CPU", time.process_time())
""",
]
"""What stands in for a baseline where nobody else does the work: how fast the machine is just then."""


@dataclass(frozen=True)
class Cost:
    """What a process cost: CPU seconds after loading, wall seconds, megabytes."""

    cpu: float
    wall: float
    megabytes: float


@dataclass(frozen=True)
class Row:
    """A measurement: what was done, what came out alike, what it cost, and what it cost the other.

    Attributes
    ----------
    what : the work and its input, in words; the name by which history knows it.
    same : what was found equal before anything was timed.
    mine : what it cost cib.
    baseline : who else did it, or the yardstick where nobody else can.
    theirs : what it cost them.
    runs : how often each was run.
    """

    what: str
    same: str
    mine: Cost
    baseline: str
    theirs: Cost
    runs: int

    @property
    def ratio(self) -> float:
        """How many times the other's processor seconds are ours."""
        return self.theirs.cpu / max(self.mine.cpu, 1e-9)


Contender: TypeAlias = Callable[[], Cost]


def measured(command: list[str]) -> Cost:
    """Run a process and return what it cost; one that tells no CPU time is counted whole."""
    made = subprocess.run([sys.executable, "-S", "-c", LAUNCH, *command], stdout=subprocess.PIPE, check=True)
    status, *cost = json.loads(made.stdout)
    if status:
        sys.exit(f"failed: {' '.join(command)[:300]}")
    return Cost(*cost)


def turns(contenders: list[Contender], repeats: int) -> list[Cost]:
    """Let the contenders take turns, and return the median of each."""
    costs = [[contender() for contender in contenders] for _ in range(repeats)]
    return [_median(mine) for mine in zip(*costs, strict=True)]


def _median(costs: Iterable[Cost]) -> Cost:
    columns = zip(*((cost.cpu, cost.wall, cost.megabytes) for cost in costs), strict=True)
    return Cost(*map(statistics.median, columns))


def heading(others: str) -> str:
    """Return machine and versions; `others` are those of the peers."""
    ours = ", ".join(f"{name} {version(name)}" for name in ("polars", "numpy", "scipy"))
    return f"{machine()}; Python {platform.python_version()}, {ours}; beside {others}. Commit {commit()}."


def machine() -> str:
    """Return system, processor and cores."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def commit() -> str:
    """Return the commit that was measured, with a + if something was changed."""
    command = ["git", "describe", "--always", "--dirty=+"]
    asked = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False, text=True)
    return asked.stdout.strip() or "?"


def shown(row: Row) -> str:
    """Return a measurement as a row of the table."""
    return (
        f"| {row.what} | {row.same} | {row.mine.cpu:.2f} | {row.mine.megabytes:.0f} | {row.baseline} "
        f"| {row.theirs.cpu:.2f} | {row.theirs.megabytes:.0f} | {row.ratio:.1f} | {row.runs} |"
    )


def keep(rows: list[Row], path: Path = HISTORY) -> None:
    """Add measurements to the history."""
    day = datetime.now(UTC).date().isoformat()
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(FIELDS)
        at, where = commit(), machine()
        for row in rows:
            cost = f"{row.mine.cpu:.3f}", f"{row.mine.megabytes:.0f}", row.baseline, f"{row.ratio:.4g}"
            writer.writerow([day, at, where, row.what, *cost])


def latest(path: Path = HISTORY) -> dict[tuple[str, str], float]:
    """Return the last ratio of each work and baseline."""
    with path.open(newline="", encoding="utf-8") as file:
        return {(row["what"], row["baseline"]): float(row["ratio"]) for row in csv.DictReader(file)}
