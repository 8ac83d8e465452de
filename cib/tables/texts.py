"""What the texts of posts are called on each rung of sameness, and which of them are nobody's."""

from typing import Final

import polars as pl

from cib.contract import Column, Table

__all__ = ["GENERIC", "TEXTS"]

_POSITIVE: Final = ("must be more than 0", lambda c: c > 0)
_SHARE: Final = ("must be between 0 and 1", lambda c: c.is_between(0, 1))


def _name(doc: str) -> Column:
    return Column(pl.String, doc, nullable=True)


TEXTS: Final = Table(
    "texts",
    "one row is one post: what its text is called on each rung of sameness; equal names are one text",
    {
        "post": Column(pl.UInt32, "row number in reading order"),
        "words": _name("the normalised text; null where nothing is left of it"),
        "template": _name("the same with '@', '#' and '0' for mentions, hashtags and digits"),
        "near_copy": _name("template of the text that leads its near copies; null where it is too short to compare"),
        "rewording": _name("template of the text that leads those of one language that mean the same"),
        "translation": _name("template of the text that leads those of all languages that mean the same"),
        "generic": Column(pl.Boolean, "whether many accounts use it that have little else in common", nullable=True),
    },
    key=("post",),
)

GENERIC: Final = Table(
    "generic",
    "a text that is nobody's: used by many accounts that have little else in common, and left out by text layers",
    {
        "text": Column(pl.String, "the name of its group: of near copies, or else its template or words"),
        "accounts": Column(pl.UInt32, "distinct accounts that used it", rule=_POSITIVE, people=True),
        "posts": Column(pl.UInt32, "posts that used it", rule=_POSITIVE),
        "connected": Column(pl.Float64, "share of the pairs of its accounts that share another text", rule=_SHARE),
        "why": Column(pl.String, "many accounts, or goes with one link"),
    },
    key=("text",),
)
