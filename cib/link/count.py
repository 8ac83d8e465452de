"""Counting the pairs of accounts that share enough objects inside the window, exactly and in bounded memory.

One pass over the pairs of the sweep. Each batch leaves a sorted run of integers: a pair of accounts once for each
object on which it meets. The runs lie in memory while they fit, then on disk, and are merged range by range: how often
a pair stands there is its number of objects. What an account repeats on an object is put together before (see
:func:`_distinct`), so that a pair counts once an object however often it meets there.

Cost: the expansion of the pairs and two sorts of 8 bytes each, about 50 ns a pair.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.link.parts import Swept
from cib.link.runs import Runs, ranges
from cib.link.sweep import Pairs, Sweep, repeated

__all__ = ["BYTES_PER_BATCHED", "PACK", "account_keys", "count_links", "matches"]

Ints: TypeAlias = npt.NDArray[np.int64]
Marks: TypeAlias = npt.NDArray[np.bool_]
PACK: Final = 2**32
"""Two account numbers are packed into one integer, a * 2^32 + b, so that pairs of accounts sort and group fast."""
BYTES_PER_BATCHED: Final = 128
"""Peak working memory for one pair of a batch: rows, accounts, keys, and their copies (measured)."""
_BYTES_PER_MERGED: Final = 64
"""Peak working memory for one row of a range while it is merged and its result made (measured)."""
_LARGEST_BATCH: Final = 2**20
"""Pairs in a batch; more at once are not faster, because they do not fit into caches."""
_SPARE: Final = 8
"""Slots for each key in the table that sorts out most pairs that are no match: one in eight goes through."""
_MIX: Final = 0x9E3779B97F4A7C15
"""2^64 over the golden ratio: multiplied by it, keys spread evenly over their upper bits (Knuth, TAOCP 3, 6.4)."""
_SCHEMA: Final = {"key": pl.Int64, "objects": pl.UInt32, "pairs": pl.UInt64}


@dataclass
class _Found:
    """What the batches have left.

    Attributes
    ----------
    keys : the pair of accounts, once for each object on which it meets.
    extras : the pair, and how many pairs of acts it has on an object beyond the first.
    loose : the pair, and an object that spans several batches: here it may stand several times.
    """

    keys: Runs = field(default_factory=Runs)
    extras: Runs = field(default_factory=lambda: Runs(width=2))
    loose: Runs = field(default_factory=lambda: Runs(width=2))

    @property
    def nbytes(self) -> int:
        return sum(runs.nbytes for runs in vars(self).values())

    def spill(self, folder: Path) -> None:
        for name, runs in vars(self).items():
            runs.spill(folder / name)


def account_keys(swept: Sweep, pairs: Pairs) -> Ints:
    """Return one integer for each unordered pair of accounts: the smaller times 2^32 plus the larger."""
    left, right = swept.account[pairs.left], swept.account[pairs.right]
    return np.minimum(left, right) * PACK + np.maximum(left, right)


def count_links(swept: Swept, min_objects: int, *, memory: int, scratch: Path | None = None) -> pl.DataFrame:
    """Count on how many objects pairs of accounts meet, and by how many pairs of acts.

    Parameters
    ----------
    swept : the pairs of acts.
    min_objects : distinct objects a pair of accounts must share.
    memory : bound on the working memory, bytes, beside the sweep and the result; what exceeds it goes to disk.
    scratch : folder for that; it is left as it was. None: the system's.

    Returns
    -------
    DataFrame : key (see :func:`account_keys`), objects, pairs, sorted by key; the same for any `memory`.
    """
    found = _Found()
    size = min(max(memory // 4 // BYTES_PER_BATCHED, 1), _LARGEST_BATCH)
    with ExitStack() as stack:
        folder: Path | None = None
        for part, twice, batch, whole in _batches(swept, size):
            _digest(part, batch, twice, found, whole=whole)
            if folder is None and found.nbytes > memory // 2:
                folder = Path(stack.enter_context(TemporaryDirectory(dir=scratch, prefix="cib-")))
                found.spill(folder)
        parts = ranges([found.keys, found.loose], max(memory // 4 // _BYTES_PER_MERGED, 1))
        links = [_merged(found, low, high, min_objects) for low, high in parts]
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *links], rechunk=True)


def matches(swept: Swept, keys: Ints, size: int) -> Iterator[tuple[Sweep, Ints, Ints, Ints]]:
    """Yield the pairs whose accounts' key is among these, as a part of the sweep, rows of both acts, and the key.

    Parameters
    ----------
    swept : the pairs of acts.
    keys : as :func:`account_keys` makes them, sorted.
    size : most pairs that are looked at together.
    """
    shift = 64 - (_SPARE * max(len(keys), 1)).bit_length()
    table = np.zeros(1 << 64 - shift, dtype=np.bool_)
    table[_slots(keys, shift)] = True
    wanted = np.zeros(int((keys % PACK).max(initial=-1)) + 1, dtype=np.bool_)
    wanted[keys // PACK] = True
    wanted[keys % PACK] = True
    for part in swept.among(wanted).parts() if len(keys) else ():
        for batch in part.batches(min(size, _LARGEST_BATCH)):
            found = account_keys(part, batch)
            perhaps = np.flatnonzero(table[_slots(found, shift)])
            found = found[perhaps]
            hit = keys[np.minimum(np.searchsorted(keys, found), len(keys) - 1)] == found
            rows = perhaps[hit]
            yield part, batch.left[rows], batch.right[rows], found[hit]


def _slots(keys: Ints, shift: int) -> Ints:
    mixed = keys.astype(np.uint64) * np.uint64(_MIX)
    return (mixed >> np.uint64(shift)).view(np.int64)


def _twice(swept: Sweep) -> Marks | None:
    """Return the acts by which a pair of accounts may meet on an object again; None: there are none.

    With ranges of partners all acts may, because the two acts of a pair need not be on one object.
    """
    if swept.owner is not None:
        return np.ones(len(swept.object), dtype=np.bool_)
    twice = np.zeros(0, dtype=np.bool_) if swept.once else repeated(swept.object, swept.account)
    return twice if twice.any() else None


def _batches(swept: Swept, size: int) -> Iterator[tuple[Sweep, Marks | None, Pairs, bool]]:
    """Yield part, what repeats itself there, batch, and whether all pairs on the batch's objects are in it."""
    for part in swept.parts():
        twice, whole = _twice(part), True
        for batch in part.batches(size):
            yield part, twice, batch, whole and batch.closed
            whole = batch.closed


def _digest(swept: Sweep, batch: Pairs, twice: Marks | None, found: _Found, *, whole: bool) -> None:
    """Add a batch to what was found; `twice` marks acts of accounts that repeat themselves on the object."""
    keys = account_keys(swept, batch)
    if twice is not None:
        again = twice[batch.left] | twice[batch.right]
        mine, objects, count = _distinct(keys[again], swept.object[batch.left[again]])
        keys = keys[~again]
        if whole:
            keys = np.concatenate((keys, mine))
        else:
            found.loose.add(mine, objects)
        more = count > 1
        found.extras.add(mine[more], count[more] - 1)
    keys.sort()
    found.keys.add(keys)


def _distinct(keys: Ints, objects: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the distinct pairs of key and object, sorted by both, and how often each stands there.

    `objects` never decreases. Where both accounts and the object's place among those of the batch fit into 63 bits,
    they are sorted as one integer, which is several times faster.
    """
    if not len(keys):
        return keys, objects, keys
    changes = np.concatenate(([True], objects[1:] != objects[:-1]))
    names, place = objects[changes], np.cumsum(changes) - 1
    b = keys % PACK
    bits, low = int(b.max()).bit_length(), len(names).bit_length()
    if 2 * bits + low > 63:
        order = np.lexsort((place, keys))
        keys, place = keys[order], place[order]
    else:
        codes = (keys // PACK << bits + low) | (b << low) | place
        codes.sort()
        keys = (codes >> bits + low) * PACK + (codes >> low & (1 << bits) - 1)
        place = codes & (1 << low) - 1
    starts = _heads(keys, place)
    return keys[starts], names[place[starts]], np.diff(starts, append=len(keys))


def _heads(*columns: Ints) -> Ints:
    """Return the rows that differ from the one before."""
    differs = np.zeros(max(len(columns[0]) - 1, 0), dtype=np.bool_)
    for column in columns:
        differs |= column[1:] != column[:-1]
    return np.flatnonzero(np.concatenate((np.ones(min(len(columns[0]), 1), dtype=np.bool_), differs)))


def _merged(found: _Found, low: int, high: int, min_objects: int) -> pl.DataFrame:
    """Return the links whose key is at least `low` and below `high`."""
    loose = found.loose.between(low, high)
    loose = loose[np.lexsort((loose[:, 1], loose[:, 0]))]
    starts = _heads(loose[:, 0], loose[:, 1])
    apart, again = loose[starts, 0], np.diff(starts, append=len(loose)) - 1
    keys = np.concatenate((found.keys.between(low, high)[:, 0], apart))
    keys.sort()
    starts = _heads(keys)
    starts = starts[starts <= len(keys) - min_objects]
    starts = starts[keys[starts + min_objects - 1] == keys[starts]]
    linked = keys[starts]
    objects = np.searchsorted(keys, linked, side="right") - starts
    pairs = objects.copy()
    extras = found.extras.between(low, high)
    for whose, more in ((extras[:, 0], extras[:, 1]), (apart, again)):
        at = np.searchsorted(linked, whose)
        hit = np.flatnonzero(at < len(linked))
        hit = hit[linked[at[hit]] == whose[hit]]
        np.add.at(pairs, at[hit], more[hit])
    return pl.DataFrame({"key": linked, "objects": objects, "pairs": pairs}, schema_overrides=_SCHEMA)
