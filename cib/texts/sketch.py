"""MinHash sketches of texts, cut into bands: near texts are likely to have an equal band, others are not.

The smallest value of a random function over a text's shingles agrees for two texts with probability J, their Jaccard
index (Broder 1997). ``HASHES`` such values are cut into bands of ``ROWS``, in ``PARTITIONS`` different ways, so that a
value serves several bands. With bands of their own, at least one of n would agree wholly with probability
1 - (1 - J^ROWS)^n (Indyk and Motwani 1998; Leskovec, Rajaraman and Ullman 2020, ch. 3); with shared values it is
less, by simulation 0.92 at J = 0.55, 0.98 at 0.6, 0.9995 at 0.7 and 0.02 at 0.2, for half the work.
Texts of like length stand side by side in a matrix, so that the processor takes the minima of many
at once; docs/text.md has it beside a library.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.texts.shingles import Hashes, Ints, shingles

__all__ = ["HASHES", "PARTITIONS", "ROWS", "bands"]

Keys: TypeAlias = npt.NDArray[np.uint32]
HASHES: Final = 100
ROWS: Final = 5
PARTITIONS: Final = 3
_BANDS: Final = HASHES // ROWS * PARTITIONS
_SEED: Final = 1997
_BYTES_PER_CHARACTER: Final = 60
"""Peak working memory for a character while texts are sketched (measured)."""
_PIECE: Final = 1 << 20
"""Characters of a piece at most: larger ones are no faster."""
_BLOCK: Final = 1 << 16
"""Shingles looked at at once, so that they stay in the processor's cache."""
_PADDING: Final = 1.1
"""Texts stand in one matrix if the longest is at most so much longer than the shortest."""
_MULTIPLIER: Final = np.uint32(0x9E3779B1)
"""An odd number near 2^32 over the golden ratio, a prime (Knuth 1998, 6.4)."""
_EMPTY: Final = np.iinfo(np.uint32).max


def bands(texts: pl.Series, *, memory: int) -> npt.NDArray[np.uint32]:
    """Return the bands of each text, one row a band; texts without shingles have no two alike.

    Parameters
    ----------
    texts : normalised texts.
    memory : bound on working memory, bytes; 240 bytes a text come on top of it, the result.

    Notes
    -----
    Linear in characters: about a hundred microseconds for ten posts. The same texts give the same bands.
    """
    rng = np.random.default_rng(_SEED)
    factors = (rng.integers(0, 2**32, (2, HASHES), dtype=np.uint64) | 1).astype(np.uint32)
    cut = np.concatenate([rng.permutation(HASHES).reshape(-1, ROWS) for _ in range(PARTITIONS)])
    out = np.empty((_BANDS, len(texts)), dtype=np.uint32)
    before = np.concatenate(([0], np.cumsum(texts.str.len_chars().to_numpy().astype(np.int64))))
    step = int(np.clip(memory // (2 * _BYTES_PER_CHARACTER), 1, _PIECE))
    cuts = np.unique(np.searchsorted(before, np.arange(0, before[-1] + step, step), side="right") - 1)
    cuts = np.unique(np.concatenate(([0], cuts, [len(texts)])))

    def fill(piece: tuple[int, int]) -> None:
        start, stop = piece
        hashes, count = shingles(texts.slice(start, stop - start))
        out[:, start:stop] = _banded(hashes, count, (factors, cut), start)

    with ThreadPoolExecutor(2) as pool:  # numpy lets go of the interpreter
        list(pool.map(fill, zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)))
    return out


def _banded(hashes: Hashes, count: Ints, functions: tuple[Keys, Ints], number: int) -> Keys:
    """Return the bands of texts whose shingles stand one after the other; `number` is that of the first."""
    out = np.empty((_BANDS, len(count)), dtype=np.uint32)
    start, order = np.cumsum(count) - count, np.argsort(count, kind="stable")
    low = hashes.astype(np.uint32)
    at = int(np.searchsorted(count[order], 1))
    # Texts without shingles: a number of their own in each band.
    out[:, order[:at]] = (_EMPTY - number - order[:at]).astype(np.uint32)
    while at < len(order):
        longest = int(count[order[at]] * _PADDING) + 1
        rows = order[at : at + max(_BLOCK // longest, 1)]
        rows = rows[: int(np.searchsorted(count[rows], longest, side="right"))]
        height = np.arange(int(count[rows[-1]]))[:, None]
        # A repeated shingle changes no minimum, so that shorter texts are filled up with their last one.
        matrix = low[start[rows] + np.minimum(height, count[rows] - 1)]
        out[:, rows] = _joined(_minima(matrix, functions[0]), functions[1])
        at += len(rows)
    return out


def _minima(matrix: Keys, factors: Keys) -> Keys:
    """Return the smallest value of each function in texts that are columns of shingles."""
    scratch, out = np.empty_like(matrix), np.empty((HASHES, matrix.shape[1]), dtype=np.uint32)
    for factor, shift, smallest in zip(*factors, out, strict=True):
        np.multiply(matrix, factor, out=scratch)
        np.add(scratch, shift, out=scratch)
        np.minimum.reduce(scratch, axis=0, out=smallest)
    return out


def _joined(minima: Keys, cut: Ints) -> Keys:
    """Return one number for the values of each band."""
    key = minima[cut[:, 0]]
    for row in cut[:, 1:].T:
        key *= _MULTIPLIER
        key += minima[row]
    return key
