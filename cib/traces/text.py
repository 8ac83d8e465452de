"""Shared words: two posts carry the same text, after normalisation.

Steps, in this order: Unicode NFKC, lower case, links removed, a leading ``RT @name:`` removed, every run of
characters that are not letters, digits, ``@`` or ``#`` becomes one blank. Hashtags and mentions stay words. A text
that is empty after this, or has fewer words than ``min_words``, is no object. In scripts that put no
blanks between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) three characters count as a word.

With ``normalise = "toolkit"`` texts are compared as ``co_tweet`` of the coordination-network-toolkit (release 1.5.2)
compares them: lower case, everything from an ``@`` to the next blank removed (in e-mail addresses too), runs of blanks
made one, none at the ends. All texts of which nothing is left are one object there, and so are they here.
"""

from typing import Final

import polars as pl

from cib.settings import LayerSettings

__all__ = ["EMPTY", "as_toolkit", "long_enough", "normalise", "text"]

EMPTY: Final = "@empty"
"""Key of a text of which the toolkit's normalisation leaves nothing; no text has it, as no '@' is left in any."""
_LINK: Final = r"https?://\S*"
_UNSPACED: Final = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_LETTERS_PER_WORD: Final = 3
_BLANKS: Final = r"[\s\x1c-\x1f]+"
"""What Python's str.split() takes for blank."""


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


def as_toolkit(raw: pl.Expr) -> pl.Expr:
    r"""Return the text as the coordination-network-toolkit compares it (String); '' where nothing is left.

    Examples
    --------
    >>> raw = pl.Series(["RT @a: Vote  NOW!", "mail a@b.org\tnow", "@a @b"])
    >>> pl.select(as_toolkit(pl.lit(raw))).to_series().to_list()
    ['rt vote now!', 'mail a now', '']
    """
    return raw.str.to_lowercase().str.replace_all(r"@\S*", "").str.replace_all(_BLANKS, " ").str.strip_chars(" ")


def text(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the text of a post and its normalised form, if that is long enough."""
    if layer.normalise == "toolkit":
        words = as_toolkit(pl.col("example"))
        empty = (words == "") & pl.lit(layer.min_words == 0)
        key = pl.when(empty).then(pl.lit(EMPTY)).when(long_enough(words, layer.min_words)).then(words)
        return pl.col("text").fill_null(""), key
    words = normalise(pl.col("example"))
    return pl.col("text"), pl.when(long_enough(words, layer.min_words)).then(words)
