"""Words of no language, and texts of them: enough for verbatim copies, templates and near-copies to be told apart.

Frequencies follow Zipf's law with Mandelbrot's shift: the word of rank r has weight 1 / (r + 2.7). Texts carry no
meaning.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.settings.world import Wording

__all__ = ["MOST_WORDS", "Ints", "Random", "Words", "invented", "texts", "variants", "weighted"]

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Random: TypeAlias = np.random.Generator

MOST_WORDS: Final = 18
_LEAST_WORDS: Final = 6
_TOPIC_WORDS: Final = 150
_TOPIC_SHARE: Final = 0.4
_GAPS: Final = 3
_FILLINGS: Final = 6
_SHIFT: Final = 2.7
_CONSONANTS: Final = "bdfgklmnprstvz"
_VOWELS: Final = "aeiou"


@dataclass(frozen=True)
class Words:
    """A vocabulary: words by falling frequency, and the running sum of their weights (the last is 1)."""

    words: pl.Series
    cumulative: Floats

    def draw(self, rng: Random, topics: Ints, width: int = MOST_WORDS) -> Ints:
        """Return `width` word numbers for each topic: two of five from the topic's own words, the others common."""
        shape = (len(topics), width)
        common = weighted(rng, self.cumulative, shape)
        ranks = weighted(rng, _zipf(_TOPIC_WORDS), shape)
        # Any fixed scattering will do: topics overlap little, and each has words of its own.
        own = (topics[:, None] * 7919 + ranks * 104_729 + 1009) % len(self.words)
        return np.where(rng.random(shape) < _TOPIC_SHARE, own, common)


def invented(size: int = 20_000) -> Words:
    """Return a vocabulary of `size` pronounceable words, the short ones frequent.

    >>> invented(3).words.to_list()
    ['ba', 'be', 'bi']
    """
    syllables = pl.Series([c + v for c in _CONSONANTS for v in _VOWELS])
    base, number = len(syllables), np.arange(size)
    words = syllables.gather(number % base)
    for power in (1, 2, 3):
        more = number // base**power
        further = syllables.gather((more - 1) % base)
        words = pl.select(pl.when(pl.Series(more > 0)).then(words + further).otherwise(words)).to_series()
    return Words(words, _zipf(size))


def _zipf(size: int) -> Floats:
    weight = 1.0 / (np.arange(1, size + 1) + _SHIFT)
    return np.asarray(np.cumsum(weight) / weight.sum())


def weighted(rng: Random, cumulative: Floats, shape: int | tuple[int, ...]) -> Ints:
    """Return numbers drawn with the weights of which `cumulative` is the running sum (the last is 1)."""
    found = np.searchsorted(cumulative, rng.random(shape), side="right")
    return np.asarray(np.minimum(found, len(cumulative) - 1), dtype=np.int64)


def texts(rng: Random, words: Words, numbers: Ints, *, cut: bool = True) -> pl.Series:
    """Return each row of word numbers as a text; `cut` to a random length of 6 words or more."""
    rows, width = numbers.shape
    if not rows:
        return pl.Series(dtype=pl.String)
    flat = pl.Series(numbers.ravel())
    if cut:
        length = rng.integers(_LEAST_WORDS, width + 1, rows)
        inside = pl.Series((np.arange(width) < length[:, None]).ravel())
        flat = pl.select(pl.when(inside).then(flat)).to_series()
    return words.words.gather(flat).reshape((rows, width)).arr.join(" ", ignore_nulls=True)


def variants(rng: Random, words: Words, base: Ints, which: Ints, wording: Wording) -> pl.Series:
    """Return a version of text ``base[which]`` for each entry of `which`.

    Parameters
    ----------
    base : word numbers, a row a text.
    which : row of `base`, one an act.
    wording : verbatim: the text itself. template: three words, at places fixed for each text, come from six choices
        each. paraphrase: each word is exchanged with a chance of one half, and the text begins somewhere in its middle.
        independent: new words of the text's topic.
    """
    copied = base[which]
    rows, width = copied.shape
    if wording == "template":
        gaps = np.argsort(rng.random(base.shape), axis=1)[:, :_GAPS]
        choices = words.draw(rng, np.arange(len(base)), _GAPS * _FILLINGS).reshape(len(base), _GAPS, _FILLINGS)
        filling = rng.integers(0, _FILLINGS, (rows, _GAPS))
        taken = np.take_along_axis(choices[which], filling[:, :, None], axis=2)[:, :, 0]
        np.put_along_axis(copied, gaps[which], taken, axis=1)
    elif wording == "paraphrase":
        exchanged = rng.random(copied.shape) < 0.5
        copied = np.where(exchanged, weighted(rng, words.cumulative, copied.shape), copied)
        begin = rng.integers(width // 4, 3 * width // 4, rows)
        copied = np.take_along_axis(copied, (np.arange(width) + begin[:, None]) % width, axis=1)
    elif wording == "independent":
        return texts(rng, words, words.draw(rng, which), cut=True)
    return texts(rng, words, copied, cut=False)
