"""Tweets of the Internet Research Agency, as FiveThirtyEight published them, and the re-cut by author.

Both carry the coding of Darren Linvill and Patrick Warren (Clemson University) [1]_. What the source
does not say: which tweet a retweet repeats (the 'RT @name:' is gone too), and seconds. Times have no
zone; the source's users take them as UTC, and so does this reader. ``external_author_id`` is rounded
for younger accounts and is a key only if there is no other. ``article_url`` is the tweet's own
address, not a link in it.

.. [1] Linvill and Warren (2020), Troll factories, Political Communication 37(4). doi:10.1080/10584609.2020.1718257
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from cib.read.columns import Mapped
from cib.read.reader import Reader
from cib.read.times import TimeRule
from cib.read.wording import urls_in

__all__ = ["IRA"]

_NEEDED: Final = {"content", "publish_date", "harvested_date", "post_type", "retweet"}
_ACCOUNT_KEYS: Final[tuple[str, ...]] = ("author_id", "author", "alt_external_id", "external_author_id")
_COLUMNS: Final = {
    "post_id": "tweet_id",
    "created_at": "publish_date",
    "text": "content",
    "language": "language",
    "kind": "post_type",
    "is_repost": "retweet",
    "handle": "author",
    "followers": "followers",
    "following": "following",
    "post_count": "updates",
    "label": "account_category",
}
_STEPS: Final[tuple[str, ...]] = ("tco1_step1", "tco2_step1", "tco3_step1")
_CUSTOMARY: Final = {"text": pl.String, "kind": pl.String, "language": pl.String, "is_repost": pl.Boolean}
_UNKNOWN_LANGUAGE: Final = "language undefined"


def _recognise(columns: Sequence[str]) -> str:
    if not set(columns) >= _NEEDED or not set(columns).intersection(_ACCOUNT_KEYS):
        return ""
    return f"it has the columns {', '.join(sorted(_NEEDED))} of the IRA tweets"


def _columns(head: pl.DataFrame) -> Mapped:
    names = head.columns
    key = next(name for name in _ACCOUNT_KEYS if name in names)
    columns: dict[str, tuple[str, ...]] = {"account_id": (key,)}
    columns.update({target: (name,) for target, name in _COLUMNS.items() if name in names})
    steps = tuple(name for name in _STEPS if name in names)
    if steps:
        columns["urls"] = steps
    if "handle" not in columns and key == "author_id":
        columns["handle"] = (key,)
    return Mapped(columns, dict.fromkeys(columns, "the source's layout"))


def _prepare(fields: pl.DataFrame) -> pl.DataFrame:
    """Take the apostrophes off texts that began with '@', name the kinds, and fill in links from the text."""
    absent = {name: dtype for name, dtype in _CUSTOMARY.items() if name not in fields.columns}
    fields = fields.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in absent.items())
    text = pl.col("text")
    wrapped = text.str.starts_with("'@") & text.str.ends_with("'")
    mark = pl.col("kind").str.to_uppercase()
    kind = (
        pl.when(mark.is_in(["R", "RETWEET"]))
        .then(pl.lit("repost"))
        .when(mark.is_in(["Q", "QUOTE_TWEET"]))
        .then(pl.lit("quote"))
        .when(pl.col("is_repost").fill_null(value=False))
        .then(pl.lit("repost"))
        .when(text.str.starts_with("@"))
        .then(pl.lit("reply"))
        .otherwise(pl.lit("original"))
    )
    fields = fields.with_columns(
        pl.when(wrapped).then(text.str.slice(1).str.strip_suffix("'")).otherwise(text).alias("text")
    )
    language = pl.when(pl.col("language") != _UNKNOWN_LANGUAGE).then("language")
    fields = fields.with_columns(kind=kind, language=language)
    if "urls" in fields.columns:
        fields = fields.with_columns(urls=pl.coalesce("urls", pl.lit(urls_in(fields["text"]))))
    return fields


def _notes(mapped: Mapped) -> list[str]:
    notes = ["Times carry no zone in the source and are taken as UTC, as its publishers do."]
    if mapped.columns["account_id"] == ("external_author_id",):
        notes.append(
            "external_author_id is the only account key here; it is rounded, so that some accounts are merged."
        )
    else:
        notes.append("external_author_id is rounded in the source and was not used as a key.")
    if "post_id" not in mapped.columns:
        notes.append("The source has no post ids: posts are named by file and row.")
    notes.append(
        "The source does not say which tweet a retweet repeats: reposts are known by their text and links alone."
    )
    return notes


IRA: Final = Reader(
    name="ira",
    doc="Internet Research Agency tweets: FiveThirtyEight's files of 2018, and their re-cut by author",
    recognise=_recognise,
    columns=_columns,
    platform="twitter",
    prepare=_prepare,
    times=TimeRule("UTC", ("%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M")),
    repeats="first",
    notes=_notes,
)
