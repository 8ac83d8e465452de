"""Texts: entities decoded, and the links, hashtags and mentions that stand in them."""

import html
import re
from collections.abc import Callable
from html.entities import html5
from typing import Final

import polars as pl

__all__ = ["OWN_MEDIA", "decoded", "hashtags_in", "mentions_in", "urls_in"]

_COMMON: Final = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&apos;": "'", "&nbsp;": "\xa0"}
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_RARE: Final = r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"

OWN_MEDIA: Final = (
    r"^https?://(?:mobile\.)?(?:twitter|x)\.com/(?:[^/]+/status/\d+/(?:photo|video)/\d+|i/web/status/\d+)/?$"
)
"""Links that Twitter puts into tweets itself: to their pictures, and to themselves where the text was cut off."""

# t.co slugs are at most ten letters and digits, and text is often glued to them. Elsewhere a link ends
# before closing punctuation, unless a bracket closes one that it opened.
_IN_LINK: Final = r"[^\s<>\"“”«»…()]"
_LAST_IN_LINK: Final = r"[^\s<>\"“”«»…().,;:!?\]}']"
_BRACKETS: Final = rf"\({_IN_LINK}*\)"
_TCO: Final = r"https?://t\.co/[A-Za-z0-9]{1,10}"
_URL: Final = rf"{_TCO}|(?i:https?)://(?:{_IN_LINK}|{_BRACKETS})*(?:{_LAST_IN_LINK}|{_BRACKETS})"
# A link that ends in an ellipsis was cut off and names nothing.
_CUT_URL: Final = r"(?i:https?)://[^\s<>\"“”«»…]+…"

# Not after a letter ('a@b.c', 'No#1'), and not inside an address ('/#top', '?by=@name').
_HASHTAG: Final = r"\B[#＃][\w\x{200c}\x{200d}]*[\p{L}\p{M}][\w\x{200c}\x{200d}]*"
_MENTION: Final = {True: r"\B[@＠][A-Za-z0-9_]+", False: r"\B[@＠]\w(?:[\w.\-]*\w)?(?:@\w(?:[\w.\-]*\w)?)?"}
_NO_MARK: Final = r"[&/?=@＠][#＃@＠]"


def decoded(text: pl.Series) -> pl.Series:
    """Decode HTML entities once: '&amp;lt;' becomes '&lt;', and 'AT&T' or '?a=1&copy=2' stay as they are."""
    return _changed(text, text.str.contains("&", literal=True), _decoded)


def _changed(text: pl.Series, hits: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Return the texts with those that hit changed; the many others are not even copied."""
    where = hits.arg_true()
    return text.clone().scatter(where, change(text.gather(where))) if len(where) else text


def _decoded(text: pl.Series) -> pl.Series:
    """Decode the common entities all at once, and texts with others one by one, each distinct one once."""
    common = text.str.replace_many(list(_COMMON), list(_COMMON.values()))
    others = text.str.replace_many(list(_COMMON), [" "] * len(_COMMON)).str.contains(_RARE).arg_true()
    if others.is_empty():
        return common
    rare = text.gather(others)
    distinct = rare.unique()
    full = pl.Series([_unescape(value) for value in distinct], dtype=pl.String)
    return common.scatter(others, rare.replace_strict(distinct, full))


def _unescape(text: str) -> str:
    return _ENTITY.sub(_character, text)


def _character(entity: re.Match[str]) -> str:
    """Return what an entity stands for; a name that HTML does not know stays as it is."""
    return html.unescape(entity[0]) if entity[0][1] == "#" else html5.get(entity[0][1:], entity[0])


def urls_in(text: pl.Series) -> pl.Series:
    """Return the links in each text, in order; a link cut off with an ellipsis is left out."""

    def find(some: pl.Series) -> pl.Series:
        cut = some.str.contains("…", literal=True)
        return _changed(some, cut, lambda hit: hit.str.replace_all(_CUT_URL, " ")).str.extract_all(_URL)

    return _where(text, ["://"], find)


def hashtags_in(text: pl.Series) -> pl.Series:
    """Return the hashtags in each text without '#', as written; one needs at least one letter."""
    strip = pl.element().str.strip_chars_start("#＃")
    return _where(text, ["#", "＃"], lambda some: _marked(some).str.extract_all(_HASHTAG).list.eval(strip))


def mentions_in(text: pl.Series, *, ascii_handles: bool) -> pl.Series:
    """Return the accounts that each text mentions, without '@'.

    Parameters
    ----------
    ascii_handles : the platform's handles are letters, digits and '_' (X, Twitter); otherwise also
        'name.example.org' (Bluesky) and 'name@example.org' (Mastodon).
    """
    mention, strip = _MENTION[ascii_handles], pl.element().str.strip_chars_start("@＠")
    return _where(text, ["@", "＠"], lambda some: _marked(some).str.extract_all(mention).list.eval(strip))


def _marked(text: pl.Series) -> pl.Series:
    """Blank out '#' and '@' that stand inside an address."""
    return _changed(text, text.str.contains(_NO_MARK), lambda hit: hit.str.replace_all(_NO_MARK, " "))


def _where(text: pl.Series, marks: list[str], find: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Return what is found in each text, null where nothing is; texts without a mark are not looked through."""
    hits = text.str.contains_any(marks).fill_null(value=False)
    found = _some(find(text.filter(hits)))
    return found.gather(pl.select(pl.when(hits).then(hits.cum_sum() - 1)).to_series())


def _some(items: pl.Series) -> pl.Series:
    return items.to_frame("l").select(pl.when(pl.col("l").list.len() > 0).then("l")).to_series()
