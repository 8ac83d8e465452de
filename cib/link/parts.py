"""A sweep in parts: slab after slab of a layer's acts, each swept when it is looked at, so that none is held longer."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.link.acts import Acts, counted, marked
from cib.link.sweep import Loops, Sweep, sweep

__all__ = ["Parts", "Swept", "participating"]

Ints: TypeAlias = npt.NDArray[np.int64]
Marks: TypeAlias = npt.NDArray[np.bool_]


class Swept(Protocol):
    """All pairs of acts of a layer: a sweep that is held whole, or one in parts."""

    def parts(self) -> Iterator[Sweep]:
        """Yield sweeps of which each holds whole objects, in the order of the objects."""

    def among(self, accounts: Marks) -> "Swept":
        """Return a sweep that still holds all pairs of two of the marked accounts, and perhaps others."""

    def counting(self, active: Marks, *, both: bool) -> "Swept":
        """Return the sweep of the pairs of which both ends are marked accounts, or one."""


@dataclass(frozen=True)
class Parts:
    """The sweep of one layer's acts (parameters as of :func:`cib.link.sweep.sweep`).

    Attributes
    ----------
    acts : of the layer.
    window, loops : as there.
    own : object and post, sorted by object.
    active, both : which accounts count, and whether at both ends of a pair; None: all.
    """

    acts: Acts
    window: timedelta | None
    loops: Loops = "drop"
    own: pl.DataFrame | None = None
    active: Marks | None = None
    both: bool = True

    def parts(self) -> Iterator[Sweep]:
        """Yield the sweep of each slab."""
        for slab in self.acts:
            part = sweep(slab, self.window, loops=self.loops, own=self._own(slab))
            yield part if self.active is None else part.counting(self.active, both=self.both)

    def among(self, accounts: Marks) -> "Parts":
        """Return the sweep of the marked accounts' acts alone."""
        return replace(self, acts=self.acts.of(accounts))

    def counting(self, active: Marks, *, both: bool) -> "Parts":
        """Return the sweep of the pairs of which both ends are marked accounts, or one."""
        return replace(self, active=active, both=both)

    def _own(self, slab: pl.DataFrame) -> pl.DataFrame | None:
        """Return what of `own` lies on the slab's objects."""
        if self.own is None:
            return None
        first, last = slab["object"][0], slab["object"][-1]
        low, high = self.own["object"].search_sorted(first, "left"), self.own["object"].search_sorted(last, "right")
        return self.own[int(low) : int(high)]


def participating(swept: Swept, acts: Acts, min_acts: int, *, size: int) -> Marks:
    """Return which accounts have at least `min_acts` acts in posts that pair up with another account's.

    `acts` are all acts that count: a post that pairs up on one object counts with all of its acts, those included that
    make no pair because their post is itself the object. With loops kept, posts that pair up with the account's own
    count too. One pass over the pairs, as CooRTweet does it: an account whose partners fall stays. `size` bounds the
    batches.
    """
    posts = np.zeros(0, dtype=np.int64)
    for part in swept.parts():
        pairs_up = np.zeros(len(part.acts), dtype=np.bool_)
        for batch in part.batches(size):
            pairs_up[batch.left] = True
            pairs_up[batch.right] = True
        posts = counted(posts, part.acts["post"].to_numpy()[pairs_up])
    count = np.zeros(0, dtype=np.int64)
    for slab in acts:
        count = counted(count, slab["account"].to_numpy()[marked(posts > 0, slab["post"].to_numpy())])
    return count >= min_acts
