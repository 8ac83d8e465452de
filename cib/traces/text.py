"""Shared words: two posts carry the same text, after normalisation.

Steps, in this order: Unicode NFKC, lower case, links removed, a leading ``RT @name:`` removed, every run of
characters that are not letters, digits, ``@`` or ``#`` becomes one blank. Hashtags and mentions stay words. A text
that is empty after this, or has fewer words than ``min_words``, is no object. In scripts that put no
blanks between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) three characters count as a word.
"""

from typing import Final

import polars as pl

from cib.settings import LayerSettings

__all__ = ["long_enough", "normalise", "text"]

_LINK: Final = r"https?://\S*"
_UNSPACED: Final = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_LETTERS_PER_WORD: Final = 3


def normalise(raw: pl.Expr) -> pl.Expr:
    """Return the normalised text (String), null where nothing is left.

    Examples
    --------
    >>> raw = pl.Series(["RT @a: Vote NOW!!  https://t.co/x", "...", "＃Maga"])
    >>> pl.select(normalise(pl.lit(raw))).to_series().to_list()
    ['vote now', None, '#maga']
    """
    words = (
        raw.str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all(_LINK, " ")
        .str.replace(r"^\s*rt @\w+:? ", " ")
        .str.replace_all(r"[^\p{L}\p{M}\p{N}_@#]+", " ")
        .str.strip_chars()
    )
    return pl.when(words.str.contains(r"[\p{L}\p{N}]")).then(words)


def long_enough(words: pl.Expr, min_words: int) -> pl.Expr:
    """Return whether a normalised text has at least `min_words` words."""
    if min_words == 0:
        return pl.lit(value=True)
    spaced = words.str.count_matches(" ", literal=True) + 1 >= min_words
    return spaced | (words.str.count_matches(_UNSPACED) >= _LETTERS_PER_WORD * min_words)


def text(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the text of a post and its normalised form, if that is long enough."""
    words = normalise(pl.col("example"))
    return pl.col("text"), pl.when(long_enough(words, layer.min_words)).then(words)
