"""Pruning to the fixed point: acts that cannot be part of any edge with `min_objects` objects.

An act that no other account answers inside the window makes no pair; an account with fewer than `min_objects` objects
on which it makes a pair makes no edge; without it, other acts may lose their last answer, and so on until nothing
changes. The edges are the same with and without. Expected counts come from the degrees before pruning (see
:mod:`cib.link.chance`).
"""

from datetime import timedelta
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.link.sweep import in_order, slabs

__all__ = ["prune"]

Ints: TypeAlias = npt.NDArray[np.int64]
Marks: TypeAlias = npt.NDArray[np.bool_]
_PATIENCE: Final = 32
_FREE: Final = 2**22
"""Rounds stop when they have looked at so many times all acts, and this many besides: a chain in which every round
frees one act would cost its length squared, and pruning is never needed for the result."""
_TICK: Final = timedelta(microseconds=1)


def prune(traces: pl.DataFrame, min_objects: int, window: timedelta | None = None) -> pl.DataFrame:
    """Return the traces that can be part of an edge, sorted by object, time, account, post.

    Parameters
    ----------
    traces : TRACES, any order.
    min_objects : objects that an edge needs.
    window : longest time between two acts of a pair, inclusive; None: any time.

    Notes
    -----
    Linear in traces for each round; each looks only at what the one before has left, in practice a few suffice.
    """
    acts = in_order(traces)
    account, objects = (acts[name].to_numpy() for name in ("account", "object"))
    time = acts["time"].to_physical().to_numpy()
    width = None if window is None else window // _TICK
    parts = [a + np.flatnonzero(_answered(objects[a:b], account[a:b], time[a:b], width)) for a, b in slabs(objects)]
    kept = np.concatenate([np.zeros(0, dtype=np.int64), *parts])
    patience = _PATIENCE * len(acts) + _FREE
    while min_objects > 1 and patience > 0:
        patience -= len(kept)
        rows = kept[_busy(account[kept], objects[kept], min_objects)]
        if len(rows) == len(kept):
            break
        kept = rows[_answered(objects[rows], account[rows], time[rows], width)]
    if len(kept) == len(acts):
        return acts
    marks = np.zeros(len(acts), dtype=np.bool_)
    marks[kept] = True
    return acts.filter(pl.Series(marks))


def _answered(objects: npt.NDArray[Any], account: npt.NDArray[Any], time: Ints, width: int | None) -> Marks:
    """Return which acts have one of another account on the same object inside the window; sorted by object, time.

    The nearest such act stands before or after the run of the account's own acts on the object.
    """
    new_object = objects[1:] != objects[:-1]
    starts = np.flatnonzero(
        np.concatenate((np.ones(min(len(objects), 1), np.bool_), new_object | (account[1:] != account[:-1])))
    )
    joined = ~new_object[starts[1:] - 1]  # whether a run and the one before it are on one object
    before, after = np.concatenate(([False], joined))[: len(starts)], np.concatenate((joined, [False]))[: len(starts)]
    length = np.diff(starts, append=len(objects))
    if width is None:
        return np.repeat(before | after, length)
    last = np.repeat(time[np.maximum(starts - 1, 0)], length)
    following = np.repeat(time[np.minimum(starts + length, len(objects) - 1)], length)
    soon = np.repeat(before, length) & (time - last <= width)
    soon |= np.repeat(after, length) & (following - time <= width)
    return soon


def _busy(account: npt.NDArray[Any], objects: npt.NDArray[Any], min_objects: int) -> Marks:
    """Return which acts are of an account with enough distinct objects."""
    enough = np.bincount(account) >= min_objects
    some = enough[account]
    codes = (account[some].astype(np.int64) << 32) | objects[some]
    codes.sort()
    distinct = codes[np.concatenate((np.ones(min(len(codes), 1), np.bool_), codes[1:] != codes[:-1]))] >> 32
    marks: Marks = (np.bincount(distinct, minlength=len(enough)) >= min_objects)[account]
    return marks
