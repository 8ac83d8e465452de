"""Sorted runs of integers, in memory as long as they fit, then on disk, read back range by range.

What an external merge sort needs: every batch leaves a sorted run, and afterwards the values from one bound to the
next are collected from all runs, so that no more than these are in memory. What is read back is the same wherever it
lay.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Runs", "ranges"]

Ints: TypeAlias = npt.NDArray[np.int64]
_SAMPLES: Final = 64
"""Values that a run names for choosing ranges; each range is then too large by at most a 64th of every run."""


@dataclass
class Runs:
    """Runs of rows of `width` integers of 64 bits each, every run sorted by the first of them.

    Attributes
    ----------
    width : integers in a row.
    lengths : rows of each run.
    samples : first values of rows at equal distances, of each run.
    kept : the runs in memory, rows x width; empty once there is a file.
    path : the file, if there is one.
    nbytes : bytes held in memory.
    """

    width: int = 1
    lengths: list[int] = field(default_factory=list)
    samples: list[Ints] = field(default_factory=list)
    kept: list[Ints] = field(default_factory=list)
    path: Path | None = None
    nbytes: int = 0

    def add(self, *columns: Ints) -> None:
        """Add a run, given by column; an empty one leaves no trace."""
        rows = len(columns[0])
        if not rows:
            return
        self.lengths.append(rows)
        self.samples.append(columns[0][:: -(-rows // _SAMPLES)].copy())
        run = columns[0][:, None] if self.width == 1 else np.stack(columns, axis=1)
        if self.path is None:
            self.kept.append(run)
            self.nbytes += run.nbytes
        else:
            _append(self.path, run)

    def spill(self, path: Path) -> None:
        """Move what is in memory to a file that does not exist yet, and put all further runs there."""
        if self.path is None:
            self.path = path
            for run in self.kept:
                _append(path, run)
            self.kept, self.nbytes = [], 0

    def between(self, low: int, high: int) -> Ints:
        """Return the rows whose first value is at least `low` and below `high`, run after run: rows x width."""
        parts = [run[slice(*np.searchsorted(run[:, 0], (low, high)))] for run in self._runs()]
        return np.concatenate([np.zeros((0, self.width), dtype=np.int64), *parts])

    def _runs(self) -> Iterator[Ints]:
        if self.path is None or not self.lengths:
            yield from self.kept
            return
        stored = np.memmap(self.path, dtype=np.int64, mode="r").reshape(-1, self.width)
        yield from np.split(stored, np.cumsum(self.lengths)[:-1])


def _append(path: Path, run: Ints) -> None:
    with path.open("ab") as file:
        file.write(np.ascontiguousarray(run).data)


def ranges(some: list[Runs], rows: int) -> list[tuple[int, int]]:
    """Return ranges, from and to (exclusive), that hold about `rows` rows of all these runs and together everything.

    A value that occurs more often makes a longer range: equal values are never parted.
    """
    samples = [(sample, n) for runs in some for sample, n in zip(runs.samples, runs.lengths, strict=True)]
    if not samples:
        return []
    values = np.concatenate([sample for sample, _ in samples])
    weight = np.concatenate([np.full(len(sample), n / len(sample)) for sample, n in samples])
    order = np.argsort(values, kind="stable")
    part = np.cumsum(weight[order]) // max(rows, 1)
    cuts = np.unique(values[order][1:][part[1:] != part[:-1]]).tolist()
    lowest, highest = np.iinfo(np.int64).min, np.iinfo(np.int64).max
    return list(zip([lowest, *cuts], [*cuts, highest], strict=True))
