"""The sweep: every pair of acts on one object at most a window apart, and no other pair.

Acts are sorted by (object, time). The end of each act's window is found by binary search, and the pairs are
written out by repetition, in batches. The search runs over all objects at once on a *clock* that ticks with the
time between neighbouring acts of one object, but never more than the window and one tick, and by just that much
between objects: two acts are at most a window apart on the clock if and only if they are on one object and at
most a window apart in time.

Cost: n log n for the sort and the search, then the pairs that are really inside the window.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.errors import RunError

__all__ = ["BYTES_PER_PAIR", "Pairs", "Sweep", "sweep"]

Ints: TypeAlias = npt.NDArray[np.int64]
BYTES_PER_PAIR: Final = 160
"""Peak working memory for one pair of a batch: index, account, object and time columns, with their copies while
they are grouped (measured)."""
_CLOCK_LIMIT: Final = 2**62
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
    """The acts of a layer in sweeping order, with the end of each act's window.

    Attributes
    ----------
    acts : TRACES, sorted by object, time, account, post; one act an account and object if there is no window.
    account, object, time : its columns as integers (time in microseconds).
    end : for each act the row after the last one inside its window.
    width : the window in microseconds, 0 if there is none.
    once : whether an account acts on an object at most once, so that two accounts meet on it at most once.
    active : for each act whether its account counts (see :meth:`participating`); None: all do.
    both : whether both ends of a pair must count, or one.
    """

    acts: pl.DataFrame
    account: Ints
    object: Ints
    time: Ints
    end: Ints
    width: int
    once: bool = False
    active: npt.NDArray[np.bool_] | None = None
    both: bool = True

    @property
    def reach(self) -> Ints:
        """Pairs that each act begins, those of an account with itself included."""
        return self.end - np.arange(1, len(self.end) + 1)

    @property
    def n_pairs(self) -> int:
        """Pairs inside the window, those of an account with itself included: what the sweep will cost."""
        return int(self.reach.sum())

    def batches(self, size: int) -> Iterator[Pairs]:
        """Yield the pairs of two different accounts in batches of about `size`, whole objects where they fit.

        A batch ends at an object's last act, unless one object alone holds more than `size` pairs.
        """
        reach = self.reach
        before = np.concatenate(([0], np.cumsum(reach)))
        closes = np.flatnonzero(np.diff(self.object, append=-1)) + 1
        start = 0
        while start < len(reach):
            stop = max(int(np.searchsorted(before, before[start] + size, side="right")) - 1, start + 1)
            whole = int(np.searchsorted(closes, stop, side="right"))
            closed = whole > 0 and int(closes[whole - 1]) > start
            stop = int(closes[whole - 1]) if closed else stop
            left, right = self._expand(start, stop, reach[start:stop])
            yield Pairs(left, right, closed)
            start = stop

    def _expand(self, start: int, stop: int, reach: Ints) -> tuple[Ints, Ints]:
        left = np.repeat(np.arange(start, stop), reach)
        first = np.cumsum(reach) - reach
        right = left + 1 + np.arange(len(left)) - np.repeat(first, reach)
        kept = self.account[left] != self.account[right]
        if self.active is not None:
            ends = self.active[left], self.active[right]
            kept &= ends[0] & ends[1] if self.both else ends[0] | ends[1]
        return left[kept], right[kept]

    def participating(self, acts: pl.DataFrame, min_acts: int, *, size: int, both: bool) -> "Sweep":
        """Return the sweep of accounts with at least `min_acts` acts in posts that pair up with another account's.

        `acts` are all acts that count (TRACES): a post that pairs up on one object counts with all of its acts.
        One pass, as CooRTweet does it: an account whose partners fall stays. `size` bounds the batches, `both`
        says which ends of a pair are asked.
        """
        post = self.acts["post"].to_numpy()
        paired = np.unique(np.concatenate([post[:0], *(post[np.union1d(b.left, b.right)] for b in self.batches(size))]))
        count = acts.filter(pl.col("post").is_in(paired)).group_by("account").len().filter(pl.col("len") >= min_acts)
        return replace(self, active=np.isin(self.account, count["account"].to_numpy()), both=both)

    def self_pairs(self, n_objects: int) -> Ints:
        """Return for each object the pairs inside the window that are one account's own repetition."""
        order = np.lexsort((self.time, self.account, self.object))
        objects, account = self.object[order], self.account[order]
        owner = np.cumsum((np.diff(objects, prepend=-1) != 0) | (np.diff(account, prepend=-1) != 0))
        clock = _clock(owner, self.time[order], self.width)
        reach = np.searchsorted(clock, clock + self.width, side="right") - np.arange(1, len(clock) + 1)
        return np.bincount(objects, weights=reach, minlength=n_objects).astype(np.int64)


def sweep(traces: pl.DataFrame, window: timedelta | None) -> Sweep:
    """Prepare the sweep of one layer's traces.

    Parameters
    ----------
    traces : TRACES, any order.
    window : longest time between two acts, inclusive; None: any time, and then an account's first act on an
        object stands for all of them.

    Raises
    ------
    RunError
        The window is so long and the acts so many that the clock would overflow (8e18 ticks).

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
    acts = traces.sort("object", "time", "account", "post")
    if window is None:
        acts = acts.unique(["object", "account"], keep="first", maintain_order=True)
    time = acts["time"].dt.epoch("us").to_numpy().astype(np.int64)
    objects = acts["object"].to_numpy().astype(np.int64)
    width = 0 if window is None else window // _TICK
    clock = _clock(objects, time * (window is not None), width)
    end = np.searchsorted(clock, clock + width, side="right").astype(np.int64)
    return Sweep(acts, acts["account"].to_numpy().astype(np.int64), objects, time, end, width, once=window is None)


def _clock(objects: Ints, time: Ints, width: int) -> Ints:
    if len(objects) * (width + 1) >= _CLOCK_LIMIT:
        msg = (
            f"A window of {width / 1e6:g} s is too long for {len(objects)} acts to be swept at once. "
            'Set window = "none" (any time), or a shorter window.'
        )
        raise RunError(msg)
    ticks = np.zeros(len(objects), dtype=np.int64)
    same = objects[1:] == objects[:-1]
    ticks[1:] = np.where(same, np.minimum(np.diff(time), width + 1), width + 1)
    return np.cumsum(ticks)
