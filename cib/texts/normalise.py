"""The normaliser: raw text -> the words by which texts are compared. The raw text stays with its post.

Steps, in this order, each switched by a key of ``[text]``:

1. ``entities``: the few HTML entities that occur in posts become characters.
2. ``unicode``: the normal form; characters that do not show (format characters, variation selectors) go.
3. ``case``: lower case.
4. ``urls``: links; then a leading ``RT @name:`` goes.
5. ``emoji`` and ``punctuation``: what is dropped becomes a blank. Letters, marks, digits, ``_``, ``@`` and ``#`` stay.
6. ``mentions``, ``hashtags``, ``digits``.
7. Runs of blanks become one, none stays at the ends.

A text without a letter or digit of its own is null after this, and matches nothing.
"""

from functools import partial
from typing import Final, Literal, TypeAlias

import polars as pl

from cib.settings import TextSettings

__all__ = ["UNSPACED", "as_toolkit", "long_enough", "normalise", "own_words", "template", "unspaced"]

UNSPACED: Final = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
"""Letters of scripts that put no blanks between words."""
_DEFAULT: Final = TextSettings()
_ENTITIES: Final = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&apos;": "'", "&nbsp;": " ", "&amp;": "&"}
_NOT_PLAIN: Final = r"[^\x00-\x7FА-яЁё]"
"""ASCII and Russian are in every normal form, and compose with nothing but marks, which are neither."""
UnicodeForm: TypeAlias = Literal["NFC", "NFKC"]
_INVISIBLE: Final = r"[\p{Cf}\p{Co}\x{FE00}-\x{FE0F}\x{E0100}-\x{E01EF}]"
_LINK: Final = r"https?://\S*"
_LINK_MARK: Final = "\ue000"
"""Stands for a link on the way; no text has it, since private characters are removed as invisible."""
_EMOJI: Final = r"\p{Extended_Pictographic}\x{1F3FB}-\x{1F3FF}\x{1F1E6}-\x{1F1FF}"
_WORD: Final = r"\p{L}\p{M}\p{N}_"
_LETTERS_PER_WORD: Final = 3
_BLANKS: Final = r"[\s\x1c-\x1f]+"
"""What Python's str.split() takes for blank."""
_SIGNS: Final = {"mentions": "@", "hashtags": "#"}


def normalise(raw: pl.Expr, settings: TextSettings = _DEFAULT) -> pl.Expr:
    """Return the normalised text (String), null where nothing is left.

    Linear in the length of the texts.

    Examples
    --------
    >>> raw = pl.Series(["RT @a: Vote NOW!!  https://t.co/x", "...", "＃Maga"])
    >>> pl.select(normalise(pl.lit(raw))).to_series().to_list()
    ['vote now', None, '#maga']
    >>> bare = TextSettings(hashtags="words", mentions="placeholder", digits="placeholder")
    >>> pl.select(normalise(pl.lit("@b 12 of #Us"), bare)).item()
    '@ 0 of us'
    """
    words = raw
    if settings.entities:
        words = words.str.replace_many(list(_ENTITIES), list(_ENTITIES.values()))
    if settings.unicode != "none":
        words = words.map_batches(
            partial(_composed, form=settings.unicode), return_dtype=pl.String, is_elementwise=True
        )
    words = words.str.replace_all(_INVISIBLE, "")
    if settings.case == "lower":
        words = words.str.to_lowercase()
    if settings.urls != "keep":
        words = words.str.replace_all(_LINK, f" {_LINK_MARK} " if settings.urls == "placeholder" else " ")
    words = words.str.replace(r"^\s*(?i:rt) @\w+:? ", " ")
    words = _signs(words, settings)
    for name, sign in _SIGNS.items():
        words = _marked(words, getattr(settings, name), sign)
    words = _digits(words, settings.digits)
    if settings.urls == "placeholder":
        words = words.str.replace_all(_LINK_MARK, "://", literal=True)
    words = words.str.replace_all(r"\s+", " ").str.strip_chars()
    own = r"[\p{L}\p{N}]" if settings.digits == "keep" else r"\p{L}"
    return pl.when(words.str.contains(own)).then(words)


def template(words: pl.Expr) -> pl.Expr:
    """Return a normalised text with '@', '#' and '0' for mentions, hashtags and digits, runs of one of them as one.

    Null where no letter is left.

    Examples
    --------
    >>> pl.select(template(pl.lit("@ann 3 days to go #a #b"))).item()
    '@ 0 days to go #'
    """
    for sign in _SIGNS.values():
        words = _marked(words, "placeholder", sign)
    words = _digits(words, "placeholder")
    for sign in (*_SIGNS.values(), "0"):
        words = words.str.replace_all(rf"(^| ){sign}(?: {sign})+( |$)", f"${{1}}{sign}${{2}}")
    return pl.when(words.str.contains(r"\p{L}")).then(words)


def own_words(template: pl.Expr) -> pl.Expr:
    """Return a template without its placeholders: the words by which its length is judged."""
    return template.str.replace_all(r"(?:^| )[@#0](?: [@#0])*( |$)", "${1}").str.strip_chars()


def long_enough(words: pl.Expr, min_words: int) -> pl.Expr:
    """Return whether a normalised text has at least `min_words` words.

    In scripts that put no blanks between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) three characters count as
    a word.
    """
    if min_words == 0:
        return pl.lit(value=True)
    spaced = words.str.count_matches(" ", literal=True) + 1 >= min_words
    return spaced | (words.str.count_matches(UNSPACED) >= _LETTERS_PER_WORD * min_words)


def unspaced(words: pl.Expr) -> pl.Expr:
    """Return whether at least half of a text is in a script without blanks."""
    return words.str.count_matches(UNSPACED) * 2 >= words.str.len_chars()


def as_toolkit(raw: pl.Expr) -> pl.Expr:
    r"""Return the text as the coordination-network-toolkit compares it (String); '' where nothing is left.

    Examples
    --------
    >>> raw = pl.Series(["RT @a: Vote  NOW!", "mail a@b.org\tnow", "@a @b"])
    >>> pl.select(as_toolkit(pl.lit(raw))).to_series().to_list()
    ['rt vote now!', 'mail a now', '']
    """
    return raw.str.to_lowercase().str.replace_all(r"@\S*", "").str.replace_all(_BLANKS, " ").str.strip_chars(" ")


def _composed(texts: pl.Series, form: UnicodeForm) -> pl.Series:
    """Return texts in a normal form; those that have it already, most of all posts, are not looked at twice."""
    other = texts.str.contains(_NOT_PLAIN).fill_null(value=False)
    order = pl.concat([(~other).arg_true(), other.arg_true()]).arg_sort()
    return pl.concat([texts.filter(~other), texts.filter(other).str.normalize(form)]).gather(order)


def _signs(words: pl.Expr, settings: TextSettings) -> pl.Expr:
    """Drop emoji and punctuation, or one of them."""
    if settings.punctuation == "drop":
        kept = _WORD + "@#" + _LINK_MARK + (_EMOJI if settings.emoji == "keep" else "")
        return words.str.replace_all(f"[^{kept}]+", " ")
    return words.str.replace_all(f"[{_EMOJI}]+", " ") if settings.emoji == "drop" else words


def _marked(words: pl.Expr, how: str, sign: str) -> pl.Expr:
    """Return the text with its mentions or hashtags as they are wanted; what follows a letter is neither."""
    new = {"keep": None, "words": "${1}${2}", "placeholder": f"${{1}}{sign}", "drop": "${1}"}[how]
    return words if new is None else words.str.replace_all(rf"(^|[^{_WORD}]){sign}([{_WORD}]+)", new)


def _digits(words: pl.Expr, how: str) -> pl.Expr:
    return words if how == "keep" else words.str.replace_all(r"\p{N}+", "0" if how == "placeholder" else " ")
