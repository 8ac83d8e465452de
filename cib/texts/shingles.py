"""Texts -> their shingles: overlapping pieces of four characters, of two in scripts without blanks between words.

A character of Chinese says about as much as a syllable or a word of English, and its texts are short: two of them
make a piece as rare as four letters do. A piece is a number, the hash of its characters in 64 bits, so that two
different ones are taken for one about once in 10^19 pairs.
"""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.texts.normalise import unspaced

__all__ = ["Hashes", "Ints", "jaccard", "mixed", "shingles", "spread"]

Ints: TypeAlias = npt.NDArray[np.int64]
Hashes: TypeAlias = npt.NDArray[np.uint64]
_SPACED, _UNSPACED = 4, 2
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
"""An odd number near 2^64 over the golden ratio (Knuth 1998, 6.4)."""
_MIXER: Final = np.uint64(0xD6E8FEB86659FD93)
_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(44)
"""Bits of a hash that are left where the number of its text stands before it: two of a pair's few hundred shingles
agree by accident about once in 10^9 pairs."""
_MOST: Final = 1 << 19
"""Pairs at once, so that their numbers fit above the hash."""


def shingles(texts: pl.Series) -> tuple[Hashes, Ints]:
    """Return the shingles of all texts one after the other, and how many each has (repeats included).

    A text shorter than a shingle has none.

    Notes
    -----
    Linear in characters; about 40 bytes a character while it works, 8 of which are returned.
    """
    length = texts.str.len_chars().to_numpy().astype(np.int64)
    narrow = pl.select(unspaced(pl.lit(texts))).to_series().to_numpy()
    size = np.where(narrow, _UNSPACED, _SPACED)
    # Four more, so that a piece begins at every character; those that reach into the next text are left out below.
    codes = ("".join(texts) + "\0" * _SPACED).encode("utf-32-le")
    characters = np.frombuffer(codes, dtype=np.uint32).astype(np.uint64)
    hashes = _rolled(characters, _SPACED)
    if narrow.any():
        hashes = np.where(np.repeat(narrow, length), _rolled(characters, _UNSPACED), hashes)
    whole = np.ones(len(hashes), dtype=bool)
    ends = np.cumsum(length)
    for back in range(1, _SPACED):
        whole[(ends - back)[(back < size) & (back <= length)]] = False
    return mixed(hashes[whole]), np.maximum(length - size + 1, 0)


def _rolled(characters: Hashes, size: int) -> Hashes:
    """Return a number for the `size` characters from each place on, of all but the last four places."""
    last = len(characters) - _SPACED
    hashes = characters[:last].copy()
    for i in range(1, size):
        hashes *= _MULTIPLIER
        hashes += characters[i : i + last]
    return hashes


def jaccard(texts: pl.Series, left: Ints, right: Ints) -> npt.NDArray[np.float64]:
    """Return the Jaccard index of the sets of shingles of pairs of texts; 0 where neither has any.

    Parameters
    ----------
    texts : all texts.
    left, right : rows of `texts`.

    Notes
    -----
    Sorts the shingles of both texts of each pair: about two microseconds a pair of posts, 16 bytes a shingle.
    """
    parts = [
        _jaccard(texts.gather(left[i : i + _MOST]), texts.gather(right[i : i + _MOST]))
        for i in range(0, len(left), _MOST)
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def _jaccard(one: pl.Series, two: pl.Series) -> npt.NDArray[np.float64]:
    sides = [_set(texts) for texts in (one, two)]
    both = np.concatenate(sides)
    both.sort()
    pair = (both >> _LOW).astype(np.int64)
    shared = np.bincount(pair[1:][both[1:] == both[:-1]], minlength=len(one))
    total = np.bincount(pair, minlength=len(one)) - shared
    index: npt.NDArray[np.float64] = shared / np.maximum(total, 1)
    return index


def _set(texts: pl.Series) -> Hashes:
    """Return the distinct shingles of each text, the text's number in the high bits."""
    hashes, count = shingles(texts)
    number = np.repeat(np.arange(len(texts), dtype=np.uint64), count)
    marked = (number << _LOW) | (hashes >> (np.uint64(64) - _LOW))
    marked.sort()
    new = np.append([True][: len(marked)], marked[1:] != marked[:-1]).astype(bool)
    return np.asarray(marked[new], dtype=np.uint64)


def mixed(hashes: Hashes) -> Hashes:
    """Return well-spread numbers, one for each number (a bijection of 64 bits)."""
    hashes = (hashes ^ (hashes >> _HALF)) * _MIXER
    hashes = (hashes ^ (hashes >> _HALF)) * _MIXER
    return hashes ^ (hashes >> _HALF)


def spread(start: Ints, count: Ints) -> Ints:
    """Return the numbers from each `start` on, `count` of each, one after the other."""
    ends = np.cumsum(count)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(start - ends + count, count)
