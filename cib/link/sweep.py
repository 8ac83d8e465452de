"""The sweep: every pair of acts on one object at most a window apart, and no other pair.

Acts are sorted by (object, time). The end of each act's window is found by binary search, and the pairs are
written out by repetition, in batches. The search runs over many objects at once on a *clock* that ticks with the
time between neighbouring acts of one object, but never more than the window and one tick, and by just that much
between objects: two acts are at most a window apart on the clock if and only if they are on one object and at
most a window apart in time.

Cost: n log n for the sort and the search, then the pairs that are really inside the window.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["BYTES_PER_PAIR", "Loops", "Pairs", "Sweep", "in_order", "inside", "repeated", "slabs", "sweep"]

Ints: TypeAlias = npt.NDArray[np.int64]
Marks: TypeAlias = npt.NDArray[np.bool_]
Loops: TypeAlias = Literal["drop", "drop_ids", "keep"]
BYTES_PER_PAIR: Final = 160
"""Peak working memory for one pair of a batch: index, account, object and time columns, with their copies while
they are grouped (measured)."""
_CLOCK_LIMIT: Final = 2**62
_SLAB: Final = 2**20
"""Acts looked at together, give or take an object; bounds the working memory and fits into caches."""
_ORDER: Final = ("object", "time", "account", "post")
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Pairs:
    """A batch of pairs as row numbers of the sweep's acts: `left` never later than `right`.

    `closed` tells that the batch ends at an object's last act, so that no later batch holds pairs on its objects.
    """

    left: Ints
    right: Ints
    closed: bool


@dataclass(frozen=True)
class Sweep:
    """The acts of a layer in sweeping order, with the partners of each act as ranges of rows.

    Attributes
    ----------
    acts : TRACES, sorted by object, time, account, post; one act an account and object if there is no window.
    account, object, time : its columns as integers (time in microseconds).
    end : for each range the row after its last partner.
    width : the window in microseconds, 0 if there is none.
    once : whether an account acts on an object at most once, so that two accounts meet on it at most once.
    active : for each act whether its account counts (see :func:`cib.link.parts.participating`); None: all do.
    both : whether both ends of a pair must count, or one.
    owner : for each range the row of the act whose partners it holds, never decreasing; None: one range an act.
    first : for each range the row of its first partner; None: the row after the act.
    loops : which pairs are none: 'drop': those of an account with itself; 'drop_ids': these, those of two acts in
        one post, and all of acts marked in `own`; 'keep': all count.
    own : for each act whether its post is itself the object; None: no post is.
    apart : bits of each act; two acts with a bit in common are no pair here, but somewhere else. None: all are here.

    A pair's object is that of its owner.
    """

    acts: pl.DataFrame
    account: Ints
    object: Ints
    time: Ints
    end: Ints
    width: int
    once: bool = False
    active: Marks | None = None
    both: bool = True
    owner: Ints | None = None
    first: Ints | None = None
    loops: Loops = "drop"
    own: Marks | None = None
    apart: Ints | None = None

    @property
    def reach(self) -> Ints:
        """Pairs that each range holds, those of an account with itself included."""
        first = np.arange(1, len(self.end) + 1) if self.first is None else self.first
        return self.end - first

    @property
    def n_pairs(self) -> int:
        """Pairs inside the window, those of an account with itself included: what the sweep will cost."""
        return int(self.reach.sum())

    def batches(self, size: int) -> Iterator[Pairs]:
        """Yield the pairs that count in batches made of at most `size` (at least 1) inside the window.

        A batch ends at an object's last act, unless one object alone holds more than `size` pairs.
        """
        before = np.concatenate(([0], np.cumsum(self.reach)))
        closes = before[self._closes()]
        start = 0
        while start < before[-1]:
            stop = min(start + max(size, 1), int(before[-1]))
            whole = int(closes[np.searchsorted(closes, stop, side="right") - 1]) if closes[0] <= stop else start
            closed = whole > start
            stop = whole if closed else stop
            left, right = self._expand(before, start, stop)
            yield Pairs(left, right, closed)
            start = stop

    def _closes(self) -> Ints:
        """Return the range after the last one of each object."""
        whose = self.object if self.owner is None else self.object[self.owner]
        return np.concatenate((np.flatnonzero(whose[1:] != whose[:-1]) + 1, [len(whose)]))

    def _expand(self, before: Ints, start: int, stop: int) -> tuple[Ints, Ints]:
        """Return the pairs from, to (exclusive) among all inside the window, as far as they count."""
        low = int(np.searchsorted(before, start, side="right")) - 1
        high = int(np.searchsorted(before, stop, side="left"))
        edges = np.clip(before[low : high + 1], start, stop)
        count = np.diff(edges)
        rows = np.arange(low, high)
        first = rows + 1 if self.first is None else self.first[low:high]
        left = np.repeat(rows if self.owner is None else self.owner[low:high], count)
        # the n-th pair of all is the range's first partner and as many rows on as the range began before n
        right = np.arange(start, stop) + np.repeat(first - before[low:high], count)
        kept = self._counting(left, right)
        return (left, right) if kept is None else (left[kept], right[kept])

    def _counting(self, left: Ints, right: Ints) -> Marks | None:
        """Return which pairs count; None: all."""
        kept = None if self.loops == "keep" else self.account[left] != self.account[right]
        if self.apart is not None:
            here = self.apart[left] & self.apart[right] == 0
            kept = here if kept is None else here & kept
        if self.loops == "drop_ids":
            post = self.acts["post"].to_numpy()
            kept &= post[left] != post[right]
            if self.own is not None:
                kept &= ~(self.own[left] | self.own[right])
        if self.active is None:
            return kept
        ends = self.active[left], self.active[right]
        counting = ends[0] & ends[1] if self.both else ends[0] | ends[1]
        return counting if kept is None else counting & kept

    def parts(self) -> "Iterator[Sweep]":
        """Yield the sweep itself: it is held whole (see :mod:`cib.link.parts`)."""
        yield self

    def among(self, accounts: Marks) -> "Sweep":  # noqa: ARG002 - as cib.link.parts has it
        """Return the sweep as it is: ranges of partners cannot be found again among fewer rows."""
        return self

    def counting(self, active: Marks, *, both: bool) -> "Sweep":
        """Return the sweep of the pairs of which both ends are marked accounts, or one; beyond the marks are none."""
        known = self.account < len(active)
        counts = np.zeros(len(self.account), dtype=np.bool_)
        counts[known] = active[self.account[known]]
        return replace(self, active=counts, both=both)

    def self_pairs(self, n_objects: int) -> Ints:
        """Return for each object the pairs inside the window that are one account's own repetition."""
        whose, pairs = _own(self.object, self.account, self.time, self.end, self.width)
        return np.bincount(whose, weights=pairs, minlength=n_objects).astype(np.int64)


def sweep(
    traces: pl.DataFrame, window: timedelta | None, *, loops: Loops = "drop", own: pl.DataFrame | None = None
) -> Sweep:
    """Prepare the sweep of one layer's traces.

    Parameters
    ----------
    traces : TRACES, any order.
    window : longest time between two acts, inclusive; None: any time, and then an account's first act on an
        object stands for all of them.
    loops : which pairs of acts are no pairs (see :class:`Sweep`).
    own : object, post: acts of posts that are themselves the object (asked if loops are dropped by ids).

    Examples
    --------
    >>> import polars as pl
    >>> from datetime import datetime, timedelta, timezone
    >>> at = lambda s: datetime(2020, 1, 1, 0, 0, s, tzinfo=timezone.utc)
    >>> times = [at(0), at(10), at(11)]
    >>> acts = pl.DataFrame({"account": [0, 1, 2], "object": [7, 7, 7], "post": [0, 1, 2], "time": times})
    >>> sweep(acts, timedelta(seconds=10)).n_pairs  # 0-1 and 1-2, not 0-2
    2
    """
    acts = in_order(traces)
    if window is None:
        acts = acts.unique(["object", "account"], keep="first", maintain_order=True)
    time = acts["time"].dt.epoch("us").to_numpy().astype(np.int64)
    objects = acts["object"].to_numpy().astype(np.int64)
    width = 0 if window is None else window // _TICK
    end = _ends(objects, time if window is not None else np.zeros_like(time), width)
    mine = None
    if loops == "drop_ids" and own is not None and len(own):
        mine = _packed(acts).is_in(_packed(own).implode()).to_numpy()
    account = acts["account"].to_numpy().astype(np.int64)
    return Sweep(acts, account, objects, time, end, width, once=window is None, loops=loops, own=mine)


def _packed(acts: pl.DataFrame) -> pl.Series:
    """Return object and post as one integer."""
    return acts.select(pl.col("object").cast(pl.Int64) * 2**32 + pl.col("post").cast(pl.Int64)).to_series()


def in_order(traces: pl.DataFrame) -> pl.DataFrame:
    """Return the acts sorted by object, time, account, post; if they are so, as they are, for one look at each."""
    columns = [traces[name].to_physical().to_numpy() for name in reversed(_ORDER)]
    for start in range(0, len(traces) - 1, _SLAB):
        ordered: Any = np.True_
        for column in columns:
            here, after = column[start : start + _SLAB], column[start + 1 : start + _SLAB + 1]
            here = here[: len(after)]
            ordered = (after > here) | ((after == here) & ordered)
        if not ordered.all():
            return traces.sort(_ORDER)
    return traces


def inside(acts: pl.DataFrame, window: timedelta) -> Ints:
    """Return for each object that has acts, in order, its pairs by two different accounts at most the window apart.

    The same as a :func:`sweep` tells of all acts, in a fraction of its memory.

    Parameters
    ----------
    acts : TRACES in sweeping order, at least one.
    window : longest time between two acts, inclusive.
    """
    objects, account = (acts[name].to_numpy() for name in ("object", "account"))
    time = acts["time"].to_physical().to_numpy()
    width = window // _TICK
    end = _ends(objects, time, width)
    starts = np.flatnonzero(np.concatenate(([True], objects[1:] != objects[:-1])))
    pairs = np.add.reduceat(end - np.arange(1, len(end) + 1), starts)
    whose, own = _own(objects, account, time, end, width)
    np.subtract.at(pairs, np.searchsorted(objects[starts], whose), own)
    return pairs


def slabs(objects: npt.NDArray[Any], rows: int = _SLAB) -> Iterator[tuple[int, int]]:
    """Yield rows from, to (exclusive) of whole objects, about `rows` at a time; `objects` is sorted."""
    start = 0
    while start < len(objects):
        stop = start + rows
        if stop < len(objects):
            at = objects[stop]
            cut = int(np.searchsorted(objects, at, side="left"))
            stop = cut if cut > start else int(np.searchsorted(objects, at, side="right"))
        yield start, min(stop, len(objects))
        start = stop


def repeated(objects: npt.NDArray[Any], account: npt.NDArray[Any]) -> Marks:
    """Return for each act whether its account acts on its object more than once."""
    codes = (objects.astype(np.int64) << 32) | account
    ordered = np.sort(codes)
    twice = np.unique(ordered[:-1][ordered[1:] == ordered[:-1]])
    if not len(twice):
        return np.zeros(len(codes), dtype=np.bool_)
    marks: Marks = twice[np.minimum(np.searchsorted(twice, codes), len(twice) - 1)] == codes
    return marks


def _own(objects: npt.NDArray[Any], account: npt.NDArray[Any], time: Ints, end: Ints, width: int) -> tuple[Ints, Ints]:
    """Return object and number of pairs that an account makes with itself; acts sorted by object, time.

    Only acts inside somebody's window can be such a pair, and of these only those of accounts that repeat themselves.
    """
    reaching = end > np.arange(1, len(end) + 1)
    rows = np.flatnonzero(reaching | np.concatenate((reaching[:0], [False], reaching))[: len(end)])
    rows = rows[repeated(objects[rows], account[rows])]
    rows = rows[np.lexsort((time[rows], account[rows], objects[rows]))]
    whose, who = objects[rows], account[rows]
    changes = np.concatenate(([0], np.cumsum((whose[1:] != whose[:-1]) | (who[1:] != who[:-1]))))[: len(rows)]
    reach = _ends(changes, time[rows], width) - np.arange(1, len(rows) + 1)
    some = np.flatnonzero(reach)
    return whose[some].astype(np.int64), reach[some]


def _ends(objects: npt.NDArray[Any], time: Ints, width: int) -> Ints:
    """Return for each act the row after the last one on its object at most `width` later; sorted by object, time.

    The clock of a slab does not run over: that of one object stays below its own time span, that of several below
    rows x (width + 1).
    """
    end = np.arange(1, len(objects) + 1)
    width = min(width, int(time.max(initial=0)) - int(time.min(initial=0)))
    for start, stop in slabs(objects, max(min(_SLAB, _CLOCK_LIMIT // (width + 1)), 1)):
        clock = _clock(objects[start:stop], time[start:stop], width)
        busy = np.flatnonzero(np.diff(clock) <= width)
        end[start + busy] = start + np.searchsorted(clock, clock[busy] + width, side="right")
    return end


def _clock(objects: npt.NDArray[Any], time: Ints, width: int) -> Ints:
    ticks = np.zeros(len(objects), dtype=np.int64)
    same = objects[1:] == objects[:-1]
    ticks[1:] = np.where(same, np.minimum(np.diff(time), width + 1), width + 1)
    return np.cumsum(ticks)
