"""Near copies: texts that differ in little, grouped around the one that most accounts use.

Two texts are near if the Jaccard index of their shingles is at least ``min_jaccard`` and their edit ratio at least
``min_ratio``. Candidates come from MinHash bands (:mod:`cib.texts.sketch`), each is verified by both measures, and
groups form around leaders (:mod:`cib.texts.leaders`): nothing below the bounds is kept, and what the bands miss is
told in docs/text.md.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.settings import TextSettings
from cib.texts.leaders import gather, leaders
from cib.texts.normalise import long_enough, own_words, unspaced
from cib.texts.shingles import Ints, jaccard
from cib.texts.sketch import bands

__all__ = ["alike", "comparable", "near_copies", "similar_letters"]

_PIECE: Final = 1 << 16
"""Pairs of a piece at most: larger ones are no faster."""
_BYTES_PER_PAIR: Final = 6_000
"""Peak working memory for a pair of posts that is verified: two texts and their shingles (measured)."""


def comparable(words: pl.Expr, settings: TextSettings) -> pl.Expr:
    """Return whether a template is long enough to be compared with others; its placeholders do not count.

    Texts need ``min_words`` words and ``min_letters`` characters, in scripts without blanks half as many.
    """
    own = own_words(words)
    least = pl.when(unspaced(own)).then(settings.min_letters / 2).otherwise(settings.min_letters)
    return long_enough(own, settings.min_words) & (own.str.len_chars() >= least)


def near_copies(texts: pl.Series, settings: TextSettings, *, memory: int) -> Ints:
    """Return for each text the row of its group's leader.

    Parameters
    ----------
    texts : distinct texts, the most used first: the earlier of two near ones leads.
    settings : ``min_jaccard`` and ``min_ratio`` are obeyed.
    memory : bound on working memory, bytes; about 150 bytes a text come on top of it.

    Notes
    -----
    Linear in characters but for the verified pairs, each text with the leaders that share a band with it.

    Examples
    --------
    >>> texts = pl.Series(["we all meet at the old bridge", "something else", "we all meet at the old bridges"])
    >>> near_copies(texts, TextSettings(), memory=10**7).tolist()
    [0, 1, 0]
    """
    buckets = gather(bands(texts, memory=memory))

    def near(left: Ints, right: Ints) -> npt.NDArray[np.bool_]:
        return alike(texts, left, right, settings, memory=memory)

    return leaders(len(texts), buckets, near)


def alike(texts: pl.Series, left: Ints, right: Ints, settings: TextSettings, *, memory: int) -> npt.NDArray[np.bool_]:
    """Return whether pairs of texts are near copies; `left` and `right` are rows of `texts`."""
    step = int(np.clip(memory // _BYTES_PER_PAIR, 1, _PIECE))
    found = np.zeros(len(left), dtype=bool)
    for start in range(0, len(left), step):
        rows = np.arange(start, min(start + step, len(left)))
        rows = rows[similar_letters(texts.gather(left[rows]), texts.gather(right[rows]), settings.min_ratio)]
        found[rows] = jaccard(texts, left[rows], right[rows]) >= settings.min_jaccard
    return found


def similar_letters(one: pl.Series, two: pl.Series, least: float) -> npt.NDArray[np.bool_]:
    """Return whether the edit ratio of pairs of texts is at least `least`; linear in pairs, in native code."""
    from rapidfuzz import distance, process

    compare: Any = distance.Levenshtein.normalized_similarity
    ratio = process.cpdist(
        one.to_list(), two.to_list(), scorer=compare, score_cutoff=least, dtype=np.float64, workers=-1
    )
    return np.asarray(ratio >= max(least, 1e-12))
