"""Texts that are nearly the same: a join of sets of words, and the sweep over acts on same or near texts.

Two texts are near if they have enough words in common (Jaccard index of their sets of words, see
:mod:`cib.link.tokens`), as co_similar of coordination-network-toolkit has it. All pairs are found, and only pairs with
a rare word in common are looked at (prefix filtering: Chaudhuri, Ganti and Kaushik 2006; Bayardo, Ma and Srikant 2007;
the shorter prefix of the smaller set: Xiao et al. 2008): if two sets are near, then also the first few words of each,
rare words first, have one in common.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.link.sweep import Sweep, in_order
from cib.link.tokens import tokens
from cib.settings import LayerSettings

__all__ = ["BYTES_PER_CANDIDATE", "Ranges", "near_objects", "near_ranges", "near_sweep"]

Ints: TypeAlias = npt.NDArray[np.int64]
BYTES_PER_CANDIDATE: Final = 64
"""Peak working memory for one candidate while candidates are written out and repeats dropped (measured)."""
_BYTES_PER_WORD: Final = 48
"""Peak working memory for one word of a candidate while it is verified (measured)."""
_BYTES_PER_RANGE: Final = 96
"""Peak working memory for one range while its ends are searched."""
_SLACK: Final = 1e-9
"""Keeps a bound that is met exactly from being missed by a float: 0.07 * 100 is 7.000000000000001."""
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class _Sets:
    """Sets of words, the smallest first, as sparse rows; words are numbered from the rarest.

    Attributes
    ----------
    object : the object of each set.
    word : words of all sets, ascending in each.
    start : where each set begins in `word`, and where the last ends.
    n_words : distinct words.
    """

    object: Ints
    word: Ints
    start: Ints
    n_words: int

    @property
    def size(self) -> Ints:
        return np.diff(self.start)

    def prefix(self, lengths: Ints) -> tuple[Ints, Ints]:
        """Return set and word of the first so many words of each set."""
        rows = np.repeat(np.arange(len(lengths)), lengths)
        return rows, self.word[_spread(self.start[:-1], lengths)]


@dataclass(frozen=True)
class Ranges:
    """Partners of acts as ranges of rows.

    Attributes
    ----------
    acts : TRACES in sweeping order.
    owner : for each range the row of the act that has these partners, never later than they; never decreasing.
    first, end : rows of the first partner, and after the last.
    """

    acts: pl.DataFrame
    owner: Ints
    first: Ints
    end: Ints


def near_objects(objects: pl.DataFrame, min_similarity: float, *, memory: int) -> tuple[Ints, Ints]:
    """Return all pairs of different objects whose keys are nearly the same text.

    Parameters
    ----------
    objects : object and key, as in OBJECTS; keys are normalised texts, so that they are in lower case.
    min_similarity : the least share of common words among all words of both, inclusive, as a quotient of two whole
        numbers in floats: 4 of 5 is 0.8. Texts without a common word are never near, also if it is 0.
    memory : bound on the working memory of a batch, bytes; a batch has at least one text.

    Returns
    -------
    Numbers of the objects, left < right, sorted.

    Notes
    -----
    Texts without any word (an apostrophe alone) are near to none. The toolkit divides by zero for two of them; and it
    lets texts with fewer than a given number of words be near to none, not even to themselves, which is for whoever
    makes the objects to do.

    Cost: sorting of all words; then the candidates, pairs of texts of fitting length with a common word in their
    prefixes: few at 0.8 and above, many below 0.5. Memory: the words, one batch, and the pairs that are returned.

    Examples
    --------
    >>> keys = ["vote for him today", "vote for her today", "vote for him today !"]
    >>> left, right = near_objects(pl.DataFrame({"object": [0, 1, 2], "key": keys}), 0.8, memory=10**6)
    >>> left.tolist(), right.tolist()
    ([0], [2])
    """
    sets = _sets(objects)
    found = [np.zeros((2, 0), dtype=np.int64)]
    found.extend(_verified(sets, _candidates(sets, min_similarity, memory), min_similarity, memory))
    one, two = sets.object[np.concatenate(found, axis=1)]
    left, right = np.minimum(one, two), np.maximum(one, two)
    order = np.lexsort((right, left))
    return left[order], right[order]


def _sets(objects: pl.DataFrame) -> _Sets:
    words = objects.select("object", word=tokens(pl.col("key"))).explode("word").drop_nulls().unique()
    # ties by the word itself: the numbering decides nothing but the work
    rarity = words.group_by("word").len().sort("len", "word").with_row_index("number")
    words = words.join(rarity.select("word", "number"), on="word").with_columns(size=pl.len().over("object"))
    words = words.sort("size", "object", "number").select("object", pl.col("number").cast(pl.Int64))
    whose = words["object"].to_numpy().astype(np.int64)
    begins = np.flatnonzero(np.diff(whose, prepend=-1))
    return _Sets(whose[begins], words["number"].to_numpy(), np.append(begins, len(whose)), len(rarity))


def _candidates(sets: _Sets, least: float, memory: int) -> Iterator[tuple[Ints, Ints]]:
    """Yield the pairs of sets that may be near, each once, the smaller set left; in batches of whole left sets."""
    n, size = len(sets.object), sets.size
    # Two near sets have at least `least` times the larger one's words in common, and more than the smaller one's.
    rows, words = sets.prefix(_prefix(size, 2 * least / (1 + least)))
    whose, posted = sets.prefix(_prefix(size, least))
    lists = np.sort(posted * n + whose)
    limit = np.floor(size / max(least, _SLACK) + _SLACK)
    longest = np.searchsorted(size, limit, side="right")
    first = np.searchsorted(lists, words * n + rows, side="right")
    count = np.searchsorted(lists, words * n + longest[rows], side="left") - first
    begins = np.searchsorted(rows, np.arange(n + 1))
    before = np.concatenate(([0], np.cumsum(count)))[begins]
    for start, stop in _batches(before, memory // BYTES_PER_CANDIDATE):
        low, high = begins[start], begins[stop]
        left = np.repeat(rows[low:high], count[low:high])
        right = lists[_spread(first[low:high], count[low:high])] % max(n, 1)
        both = np.unique(left * n + right)
        yield both // max(n, 1), both % max(n, 1)


def _prefix(size: Ints, least: float) -> Ints:
    """Return the number of words of which at least one is shared if at least this share of all is."""
    shared: Ints = np.maximum(np.ceil(size * least - _SLACK), 1).astype(np.int64)
    return (size - shared + 1).clip(0)


def _verified(sets: _Sets, candidates: Iterator[tuple[Ints, Ints]], least: float, memory: int) -> Iterator[Ints]:
    """Yield the pairs that are near, as two rows, by the words that they really have in common."""
    from scipy.sparse import csr_array

    size = sets.size
    shape = (len(size), sets.n_words)
    matrix = csr_array((np.ones(len(sets.word), dtype=np.int32), sets.word, sets.start), shape=shape)
    for left, right in candidates:
        before = np.concatenate(([0], np.cumsum(size[left] + size[right])))
        for start, stop in _batches(before, memory // _BYTES_PER_WORD):
            one, two = left[start:stop], right[start:stop]
            common: Any = matrix[one].multiply(matrix[two]).sum(axis=1)
            near = common / (size[one] + size[two] - common) >= least
            yield np.stack((one[near], two[near]))


def near_sweep(traces: pl.DataFrame, objects: pl.DataFrame, layer: LayerSettings, *, memory: int) -> Sweep:
    """Prepare the sweep over acts on the same text or texts that are nearly the same.

    Parameters
    ----------
    traces, objects : TRACES and OBJECTS of the layer.
    layer : ``min_similarity``, ``window`` and ``loops`` are obeyed.
    memory : bound on the working memory of a batch, bytes.

    Notes
    -----
    See :func:`near_objects` and :func:`near_ranges` for semantics and cost. A pair's object is that of the earlier act.
    """
    used = objects.join(traces, on="object", how="semi")
    near = near_objects(used, layer.min_similarity, memory=memory)
    found = near_ranges(traces, near, layer.window, memory=memory)
    account, whose = (found.acts[name].to_numpy().astype(np.int64) for name in ("account", "object"))
    time = found.acts["time"].dt.epoch("us").to_numpy().astype(np.int64)
    width = 0 if layer.window is None else layer.window // _TICK
    return Sweep(
        found.acts, account, whose, time, found.end, width, owner=found.owner, first=found.first, loops=layer.loops
    )


def near_ranges(traces: pl.DataFrame, near: tuple[Ints, Ints], window: timedelta | None, *, memory: int) -> Ranges:
    """Return for each act its later partners on its object and on those near to it, at most a window away.

    Every unordered pair of acts on the same or near objects is in exactly one range, that of the earlier act; of two
    acts at one moment, that of the one with the smaller row.

    Parameters
    ----------
    traces : TRACES, any order.
    near : pairs of objects that are near, each once.
    window : longest time between two acts, inclusive; None: any time, and then an account's first act on an object
        stands for all of them.
    memory : bound on the working memory of a batch of ranges, bytes.

    Notes
    -----
    Cost: for each pair of near objects a search for each act on either. Memory: the acts, one batch, and all ranges
    that are not empty.
    """
    acts = in_order(traces)
    if window is None:
        acts = acts.unique(["object", "account"], keep="first", maintain_order=True)
    times, moment = np.unique(acts["time"].dt.epoch("us").to_numpy(), return_inverse=True)
    until = np.full(len(times), len(times))
    if window is not None:
        until = np.searchsorted(times, times + window // _TICK, side="right")
    whose = acts["object"].to_numpy().astype(np.int64)
    span = len(times) + 1
    clock = whose * span + moment
    rows = np.arange(len(acts))
    parts = [(rows, rows + 1, np.searchsorted(clock, whose * span + until[moment]))]
    for owner, other in _neighbours(whose, near, memory // _BYTES_PER_RANGE):
        # At one moment the smaller row owns the pair, which is that on the smaller object.
        since = moment[owner] + (other < whose[owner])
        first = np.searchsorted(clock, other * span + since)
        end = np.searchsorted(clock, other * span + until[moment[owner]])
        some = end > first
        parts.append((owner[some], first[some], end[some]))
    owner, first, end = (np.concatenate([part[i] for part in parts]) for i in range(3))
    order = np.lexsort((first, owner))
    return Ranges(acts, owner[order], first[order], end[order])


def _neighbours(whose: Ints, near: tuple[Ints, Ints], size: int) -> Iterator[tuple[Ints, Ints]]:
    """Yield rows of acts, and one object near to that of each, in batches of about `size`."""
    one, two = np.concatenate(near), np.concatenate(near[::-1])
    start, stop = np.searchsorted(whose, one), np.searchsorted(whose, one, side="right")
    before = np.concatenate(([0], np.cumsum(stop - start)))
    for low, high in _batches(before, size):
        count = (stop - start)[low:high]
        yield _spread(start[low:high], count), np.repeat(two[low:high], count)


def _batches(before: Ints, size: int) -> Iterator[tuple[int, int]]:
    """Yield from, to (exclusive) of consecutive items whose costs, as cumulated in `before`, are at most `size`."""
    start = 0
    while start < len(before) - 1:
        stop = max(int(np.searchsorted(before, before[start] + size, side="right")) - 1, start + 1)
        yield start, stop
        start = stop


def _spread(start: Ints, count: Ints) -> Ints:
    """Return the numbers from `start` on, `count` of each, one after the other."""
    ends = np.cumsum(count)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(start - ends + count, count)
