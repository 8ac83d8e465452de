r"""The null of the timing that breaks nothing but synchrony: one account's clock is moved round the span of the data.

Moved by a random time, an act of v on an object falls inside the window of an act of u on it with probability

.. math:: r = (2 w + \epsilon) / T

for a window w, a clock that ticks every :math:`\epsilon` and data of span T; each account keeps its objects and its
rhythm (circular shift of spike trains [1]_). What is counted are *sittings* of an account, runs of acts with no gap
of an hour (a customary bound of sessions [2]_) or twice the window: the acts of a sitting move together, so that ten
coincidences in one sitting are one coincidence. With :math:`c_e` pairs of acts of the two on one object that the
sitting e of u could bring together, chance brings together

.. math:: \Lambda_{uv} = \sum_e \min(1, c_e r)

sittings, and the p-value is the Poisson tail at the number of those that are; of u's and v's sittings, those that
give the larger one.

*Keeps* objects, and the rhythm within sittings. *Assumes* that the lag between two accounts is another one in every
sitting. Under one and the same shift of all times that is not so: two accounts that always post at one lag stay so,
and the shift makes this lag shorter than the window with probability r. No test of a pair can be smaller than that
under this shift, and so none could survive the correction for all pairs; what the assumption lets through is measured
in docs/nulls.md. *Wrong*, too lenient, for accounts that live in one part of the span, and for what is viral:
everybody is near the moment of the news. A campaign of one evening is one sitting, and not found. *Cost*: the acts of
both ends on what they share, times the logarithm of acts on one object.

The *guard* of the default is the same without sittings: it counts objects, as if every act's time were drawn anew, so
that one evening is enough. It is no test of its own, but a floor under the joint p-value: two accounts that share
hundreds of things are inside the window on a few of them whatever they do, and the overlap alone must not make
an edge of that. Where a coincidence is likelier than 1 in 20, or the span shorter than 20 sittings, the
data are too short to move a clock in, and it does not speak.

.. [1] Pipa et al. (2008), NeuroXidence: reliable and efficient analysis of an excess or deficiency of
    joint-spike events.
    doi:10.1007/s10827-007-0065-3
.. [2] Halfaker et al. (2015), User session identification based on strong regularities in inter-activity time.
    doi:10.1145/2736277.2741117
"""

from datetime import timedelta
from typing import Final

import numpy as np

from cib.link.chance.combine import Ints, Timing, poisson_tail
from cib.link.chance.conditional import by_share
from cib.link.chance.incidence import Ends, Shared
from cib.link.chance.margins import Margins

__all__ = ["Guard", "Shift"]

_MICROSECOND: Final = timedelta(microseconds=1)
_SITTING: Final = 3_600_000_000
"""Shortest gap between two sittings, microseconds."""
_SPEAKS: Final = 0.05
"""Longest part of the span that a gap between sittings, or the reach of a window, may take."""


class Guard:
    """The shifted clock, object by object (see the module); parameters as of :class:`Shift`."""

    def __init__(self, margins: Margins, window: timedelta) -> None:
        self._rate = _rate(margins, window)
        self.speaks = self._rate <= _SPEAKS

    def judge(self, shared: Shared) -> Timing:
        """Return expectation and p-value of each pair."""
        return by_share(shared, np.full(len(shared.row), self._rate))


class Shift:
    """The shifted clock, sitting by sitting (see the module).

    Parameters
    ----------
    margins : the step and the span of the layer's times.
    window : the layer's.
    """

    expands = True

    def __init__(self, margins: Margins, window: timedelta) -> None:
        self._width = window // _MICROSECOND
        self._gap = max(_SITTING, 2 * self._width)
        self._rate = _rate(margins, window)
        self._known: tuple[Ends, Ints] | None = None
        self.speaks = self._gap <= _SPEAKS * (margins.span + margins.tick)

    def _sittings(self, ends: Ends) -> Ints:
        """Return the sittings of these acts, made once."""
        if self._known is None or self._known[0] is not ends:
            self._known = ends, _sittings(ends, self._gap)
        return self._known[1]

    def judge(self, shared: Shared) -> Timing:
        """Return expectation and p-value of each pair."""
        one = self._one_side(shared, shared.at_a, shared.at_b)
        other = self._one_side(shared, shared.at_b, shared.at_a)
        first = one.p >= other.p
        return Timing(np.where(first, one.expected, other.expected), np.where(first, one.p, other.p))

    def _one_side(self, shared: Shared, mine: Ints, others: Ints) -> Timing:
        ends = shared.ends
        start, count, time, sittings = ends.start, ends.objects.count, ends.time, self._sittings(ends)
        size = count[mine]
        entry = np.repeat(np.arange(len(mine)), size)
        act = np.arange(len(entry)) - np.repeat(np.cumsum(size) - size, size) + np.repeat(start[mine], size)
        low, high = start[others][entry], (start + count)[others][entry]
        at = _first_at_least(time, low, high, time[act] - self._width)
        near = (at < high) & (time[np.minimum(at, len(time) - 1)] <= time[act] + self._width)
        sitting = shared.row[entry] * (int(sittings.max(initial=0)) + 1) + sittings[act]
        _, back = np.unique(sitting, return_inverse=True)
        n = len(shared.a)
        row = np.zeros(int(back.max(initial=-1)) + 1, dtype=np.int64)
        row[back] = shared.row[entry]
        chance = np.minimum(np.bincount(back, weights=count[others][entry], minlength=len(row)) * self._rate, 1.0)
        together = np.bincount(back, weights=near, minlength=len(row)) > 0
        expected = np.bincount(row, weights=chance, minlength=n).astype(np.float64)
        return Timing(expected, poisson_tail(np.bincount(row, weights=together, minlength=n), expected))


def _rate(margins: Margins, window: timedelta) -> float:
    """Return the chance that a moved act falls inside the window of another."""
    tick, span = margins.tick, margins.span
    return float(min((2 * (window // _MICROSECOND) + tick) / (span + tick), 1.0))


def _sittings(ends: Ends, gap: int) -> Ints:
    """Return for each act a number that it shares with the acts of its account's sitting."""
    time = ends.time
    account = np.repeat(np.arange(len(ends.objects.start) - 1), ends.own_acts())
    order = np.lexsort((time, account))
    later = np.diff(time[order], prepend=0) > gap
    sitting = np.empty(len(order), dtype=np.int64)
    sitting[order] = np.cumsum(later | (np.diff(account[order], prepend=-1) != 0)) - 1
    return sitting


def _first_at_least(time: Ints, low: Ints, high: Ints, target: Ints) -> Ints:
    """Return for each slice [low, high) of rising times the first place of a time of at least `target`."""
    low, high = low.copy(), high.copy()
    for _ in range(int((high - low).max(initial=0)).bit_length()):
        middle = (low + high) // 2
        below = (low < high) & (time[np.minimum(middle, len(time) - 1)] < target)
        low, high = np.where(below, middle + 1, low), np.where(below, high, middle)
    return low
