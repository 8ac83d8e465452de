"""The acts of a layer in sweeping order, given out in slabs of whole objects: from memory, from a file, from scratch.

Everything that linking asks of acts it asks slab by slab, since no pair of acts lies on two objects. So it is all the
same whether the acts are a frame, a Parquet file that does not fit into memory, or what pruning has left on disk.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.errors import TableError
from cib.link.sweep import in_order, slabs
from cib.tables import TRACES

__all__ = ["BYTES_PER_ACT", "ROWS", "Acts", "Shelf", "acts_of", "counted", "marked"]

Ints: TypeAlias = npt.NDArray[np.int64]
Marks: TypeAlias = npt.NDArray[np.bool_]
ROWS: Final = 2**20
"""Acts in a slab, give or take an object; more at once are not faster, because they do not fit into caches."""
BYTES_PER_ACT: Final = 20
"""Of one act in a frame of TRACES."""


@dataclass(frozen=True)
class Acts:
    """Acts of a layer.

    Attributes
    ----------
    source : gives them out, from the start each time: TRACES in sweeping order, whole objects.
    total : how many there are; None: not known.
    """

    source: Callable[[], Iterator[pl.DataFrame]]
    total: int | None = None

    def __iter__(self) -> Iterator[pl.DataFrame]:
        return (slab for slab in self.source() if len(slab))

    def map(self, kept: Callable[[pl.DataFrame], Marks]) -> "Acts":
        """Return the acts that `kept` marks, asked of each slab whenever it is looked at."""
        return Acts(lambda: (slab.filter(pl.Series(kept(slab))) for slab in self))

    def of(self, accounts: Marks) -> "Acts":
        """Return the acts of the marked accounts; accounts beyond the marks have none."""
        return self.map(lambda slab: marked(accounts, slab["account"].to_numpy()))

    def on(self, objects: Marks) -> "Acts":
        """Return the acts on the marked objects."""
        return self.map(lambda slab: objects[slab["object"].to_numpy()])

    def rows(self) -> int:
        """Return how many there are; one pass, if it is not known."""
        return sum(len(slab) for slab in self) if self.total is None else self.total

    def frame(self) -> pl.DataFrame:
        """Return all of them at once."""
        whole: pl.DataFrame = pl.concat([TRACES.empty(), *self])
        return whole


def acts_of(traces: pl.DataFrame | pl.LazyFrame, small: int = 0) -> Acts:
    """Return the acts of TRACES: of a frame in any order, or of a scan in sweeping order.

    Parameters
    ----------
    traces : TRACES.
    small : bytes; a scan that takes no more is read at once, a larger one is never held whole.

    Raises
    ------
    TableError
        The traces break their contract; those of a large scan when they are read.

    Notes
    -----
    A pass over a scan reads each row once, and those of an object that is cut once more.
    """
    if isinstance(traces, pl.LazyFrame):
        TRACES.check_schema(traces.collect_schema())
        scan, rows = traces, int(traces.select(pl.len()).collect().item())
        if rows * BYTES_PER_ACT > small:
            return Acts(lambda: _scanned(scan, rows), rows)
        traces = traces.collect()
    frame = in_order(TRACES.check(traces))
    objects = frame["object"].to_numpy()
    return Acts(lambda: (frame[start:stop] for start, stop in slabs(objects, ROWS)), len(frame))


def _scanned(scan: pl.LazyFrame, rows: int) -> Iterator[pl.DataFrame]:
    """Yield whole objects: of what is read, all but the last object, or as much more as it takes."""
    start, asked, last = 0, ROWS, -1
    while start < rows:
        slab = scan.slice(start, asked).collect()
        objects = slab["object"].to_numpy()
        cut = len(slab) if start + asked >= rows else int(np.searchsorted(objects, objects[-1]))
        if not cut:
            asked *= 2
            continue
        slab = TRACES.check(slab[:cut])
        if in_order(slab) is not slab or objects[0] <= last:
            msg = "Table 'traces': a scan must be sorted by object, time, account, post. Sort it, or give a frame."
            raise TableError(msg)
        yield slab
        start, asked, last = start + cut, ROWS, int(objects[cut - 1])


@dataclass
class Shelf:
    """Frames that are kept for later: in memory up to a bound, all further ones on disk.

    Attributes
    ----------
    memory : the bound, bytes.
    scratch : folder for the rest, in a folder of its own, which goes when the shelf does; None: the system's.
    """

    memory: int
    scratch: Path | None = None
    _kept: list[pl.DataFrame | Path] = field(default_factory=list)
    _held: int = 0
    _folder: "TemporaryDirectory[str] | None" = None

    def add(self, frame: pl.DataFrame) -> None:
        """Put a frame on the shelf; an empty one leaves no trace."""
        if frame.is_empty():
            return
        self._held += (size := len(frame) * BYTES_PER_ACT)
        if self._held <= self.memory:
            self._kept.append(frame)
            return
        self._held -= size
        if self._folder is None:
            self._folder = TemporaryDirectory(dir=self.scratch, prefix="cib-")
        path = Path(self._folder.name) / f"{len(self._kept)}.arrow"
        frame.write_ipc(path, compression="lz4")
        self._kept.append(path)

    def __iter__(self) -> Iterator[pl.DataFrame]:
        for kept in self._kept:
            yield pl.read_ipc(kept) if isinstance(kept, Path) else kept

    def close(self) -> None:
        """Give all of it up."""
        self._kept, self._held = [], 0
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def counted(total: Ints, numbers: npt.NDArray[np.unsignedinteger[Any]]) -> Ints:
    """Return how often each number stands there, added to what was counted before; longer if numbers are larger.

    Costs a sort of the numbers, however large they are; `total` may be changed.
    """
    numbers = np.sort(numbers)
    first = np.flatnonzero(np.concatenate((np.ones(min(len(numbers), 1), np.bool_), numbers[1:] != numbers[:-1])))
    found = numbers[first]
    if len(found) and (longest := int(found[-1])) >= len(total):
        total = np.concatenate((total, np.zeros(max(longest + 1, len(total) * 5 // 4) - len(total), dtype=np.int64)))
    total[found] += np.diff(first, append=len(numbers))
    return total


def marked(marks: Marks, numbers: npt.NDArray[np.unsignedinteger[Any]]) -> Marks:
    """Return the marks of these numbers; numbers beyond the marks have none."""
    if not len(marks):
        return np.zeros(len(numbers), dtype=np.bool_)
    found: Marks = marks[np.minimum(numbers, len(marks) - 1)] & (numbers < len(marks))
    return found
