"""Tweets of the Twitter/X API v2 as the twarc-csv plugin of twarc2 writes them, a row each [1]_.

Columns have the names of the API's fields, nested ones with dots. Lists are JSON: of texts, or of the API's objects.
A line break in a text is written as a backslash and an n. Of a repost, text, links, hashtags and mentions are those of
the tweet that it repeats.

.. [1] Documenting the Now, twarc-csv, github.com/DocNow/twarc-csv (dataframe_converter.py, README)
"""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from cib.read.columns import Mapped, laid_out
from cib.read.decoding import json_list, record
from cib.read.generic import with_kinds
from cib.read.nested import decoded_values, values_in
from cib.read.reader import Reader
from cib.read.wording import OWN_MEDIA

__all__ = ["TWARC_CSV"]

_LAYOUT: Final = {
    "post_id": ("id",),
    "account_id": ("author_id", "author.id"),
    "created_at": ("created_at",),
    "text": ("text",),
    "language": ("lang",),
    "client": ("source",),
    "reposted_post_id": ("referenced_tweets.retweeted.id",),
    "reposted_account_id": ("retweeted_user_id",),
    "quoted_post_id": ("referenced_tweets.quoted.id",),
    "quoted_account_id": ("quoted_user_id",),
    "replied_post_id": ("referenced_tweets.replied_to.id",),
    "replied_account_id": ("in_reply_to_user_id",),
    "urls": ("entities.urls",),
    "hashtags": ("entities.hashtags",),
    "mentions": ("entities.mentions",),
    "media": ("attachments.media_keys",),
    "handle": ("author.username",),
    "name": ("author.name",),
    "account_created_at": ("author.created_at",),
    "followers": ("author.public_metrics.followers_count",),
    "following": ("author.public_metrics.following_count",),
    "post_count": ("author.public_metrics.tweet_count",),
    "description": ("author.description",),
    "verified": ("author.verified",),
}
_NEEDED: Final = {"id", "author_id", "created_at", "text"}
_OWN: Final = {"referenced_tweets.retweeted.id", "public_metrics.retweet_count", "author.username", "__twarc.version"}
# Column of objects -> what of each is the item.
_ITEMS: Final[dict[str, tuple[str, ...]]] = {
    "entities.urls": ("unwound_url", "expanded_url", "url"),
    "entities.hashtags": ("tag",),
    "entities.mentions": ("username",),
}
_TEXTS: Final = ("text", "author.description", "author.name")


def _recognise(columns: Sequence[str]) -> str:
    if not set(columns) >= _NEEDED or not _OWN.intersection(columns):
        return ""
    return "it has the columns of twarc-csv (fields of Twitter API v2)"


def _columns(head: pl.DataFrame) -> Mapped:
    return laid_out(head.columns, _LAYOUT)


def _opened(frame: pl.DataFrame) -> pl.DataFrame:
    """Take the items out of the API's objects, and write texts as they were before they became cells."""
    text = [name for name in frame.columns if frame.schema[name] == pl.String]
    lists = [_items(frame[name], names) for name, names in _ITEMS.items() if name in text]
    return frame.with_columns(*lists, *(_plain(frame[name]) for name in _TEXTS if name in text))


def _items(column: pl.Series, names: tuple[str, ...]) -> pl.Series:
    """Return a column of lists: of JSON objects one item each, else of the texts they hold."""
    objects = column.str.contains(r"^\s*\[\s*\{").fill_null(value=False)
    known = pl.when(objects).then(column)
    given = pl.select(known).to_series()
    kind: Any = json_list(record(_=" ".join(names)))
    found = decoded_values(given, kind).alias("items").to_frame()
    own = pl.element().struct.field("expanded_url").str.contains(OWN_MEDIA).not_().fill_null(value=True)
    items = found.select(values_in("items", *names, where=own if "expanded_url" in names else None)).to_series()
    plain = decoded_values(pl.select(pl.when(~objects).then(column)).to_series(), json_list())
    return pl.select(pl.coalesce(items, plain).alias(column.name)).to_series()


def _plain(column: pl.Series) -> pl.Series:
    """Undo what keeps a text on one line: JSON, or a backslash and an n for a line break."""
    coded = column.str.contains(r'(?s)^".*"$').fill_null(value=False)
    inner = decoded_values(pl.select(pl.when(coded).then(column)).to_series(), pl.String())
    broken = column.str.replace_all(r"\n", "\n", literal=True)
    return pl.select(pl.coalesce(inner, broken).alias(column.name)).to_series()


TWARC_CSV: Final = Reader(
    name="twarc_csv",
    doc="Twitter/X API v2 as the CSV of twarc2's plugin twarc-csv",
    recognise=_recognise,
    columns=_columns,
    platform="twitter",
    opened=_opened,
    prepare=with_kinds,
)
