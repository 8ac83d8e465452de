"""Pruning to the fixed point: acts that cannot be part of any edge with `min_objects` objects.

An act that no other account answers inside the window makes no pair; an account with fewer than `min_objects` objects
on which it makes a pair makes no edge; without it, other acts may lose their last answer, and so on until nothing
changes. The edges are the same with and without. Expected counts come from the degrees before pruning (see
:mod:`cib.link.chance`).
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.link.acts import Acts, Shelf, counted

__all__ = ["SHELVED", "Shelves", "answered", "prune"]

Ints: TypeAlias = npt.NDArray[np.int64]
Marks: TypeAlias = npt.NDArray[np.bool_]
_PATIENCE: Final = 32
_FREE: Final = 2**22
"""Rounds stop when they have looked at so many times all acts, and this many besides: a chain in which every round
frees one act would cost its length squared, and pruning is never needed for the result."""
_TICK: Final = timedelta(microseconds=1)
SHELVED: Final = 8
"""A shelf of acts holds this part of the memory; two are in use at a time."""


class Shelves:
    """Where the acts that a round leaves are kept; given up at the end of a ``with``.

    Parameters
    ----------
    memory : bound on the working memory, bytes, of which each shelf has a part.
    scratch : folder for the rest; None: the system's.
    """

    def __init__(self, memory: int = 10**10, scratch: Path | None = None) -> None:
        self.memory, self.scratch = memory, scratch
        self._used: list[Shelf] = []

    def new(self) -> Shelf:
        """Return an empty shelf."""
        self._used.append(Shelf(self.memory // SHELVED, self.scratch))
        return self._used[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for shelf in self._used:
            shelf.close()


@dataclass
class _Left:
    """What a round has left: acts, their number, and of each account the distinct objects."""

    shelf: Shelf
    rows: int
    objects: Ints


def prune(acts: Acts, min_objects: int, window: timedelta | None, shelves: Shelves) -> Acts:
    """Return the acts that can be part of an edge; they lie on one of the shelves.

    Parameters
    ----------
    acts : of the layer.
    min_objects : objects that an edge needs.
    window : longest time between two acts of a pair, inclusive; None: any time.
    shelves : where acts are kept.

    Notes
    -----
    Linear in acts for each round; each looks only at what the one before has left, in practice a few suffice.
    """
    width = None if window is None else window // _TICK
    left = _round(acts, width, shelves.new(), asked=min_objects > 1)
    patience = _PATIENCE * left.rows + _FREE
    while min_objects > 1 and patience > 0:
        patience -= left.rows
        busy = left.objects >= min_objects
        if not (left.objects[~busy] > 0).any():
            break
        fewer = _round(Acts(left.shelf.__iter__).of(busy), width, shelves.new(), asked=True)
        left.shelf.close()
        left = fewer
    return Acts(left.shelf.__iter__, left.rows)


def _round(acts: Acts, width: int | None, shelf: Shelf, *, asked: bool) -> _Left:
    """Put on the shelf the acts that are answered; count each account's objects among them if it is asked."""
    rows, objects = 0, np.zeros(0, dtype=np.int64)
    for slab in acts:
        account, thing = (slab[name].to_numpy() for name in ("account", "object"))
        marks = answered(thing, account, slab["time"].to_physical().to_numpy(), width)
        kept = slab if marks.all() else slab.filter(pl.Series(marks))
        shelf.add(kept)
        rows += len(kept)
        if asked:
            objects = counted(objects, _distinct(account[marks], thing[marks]))
    return _Left(shelf, rows, objects)


def answered(objects: npt.NDArray[Any], account: npt.NDArray[Any], time: Ints, width: int | None) -> Marks:
    """Return which acts another account answers on the object within `width` microseconds (None: ever).

    The acts are sorted by object and time.

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


def _distinct(account: npt.NDArray[Any], objects: npt.NDArray[Any]) -> npt.NDArray[np.uint32]:
    """Return the account of each distinct pair of account and object."""
    codes = (account.astype(np.uint64) << np.uint64(32)) | objects
    codes.sort()
    fresh = np.concatenate((np.ones(min(len(codes), 1), np.bool_), codes[1:] != codes[:-1]))
    whose: npt.NDArray[np.uint32] = (codes[fresh] >> np.uint64(32)).astype(np.uint32)
    return whose
