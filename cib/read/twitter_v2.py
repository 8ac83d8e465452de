"""Twitter/X API v2: pages as twarc2 writes them, flattened tweets, and streams [1]_.

A page holds tweets in ``data`` and what they refer to in ``includes``; a flattened tweet carries its author and the
tweets it refers to. A repost's own text is cut off, so text, links and pictures are those of the tweet it
repeats, where the file has it. Every edit of a tweet has an id of its own.

.. [1] X Corp., X API v2 data dictionary, docs.x.com/x-api/fundamentals/data-dictionary
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import polars as pl

from cib.read.batch import REFUSE
from cib.read.decoding import json_list, record
from cib.read.nested import at, first_of, names_under, records, referring, values_in
from cib.read.reader import DOCUMENT, Layout, Reader
from cib.read.wording import OWN_MEDIA

__all__ = ["TWITTER_V2"]

_ENTITIES: Final = record(
    urls=json_list(record(_="url expanded_url unwound_url")),
    hashtags=json_list(record(_="tag")),
    mentions=json_list(record(_="username")),
)
_USER: Final = record(
    _="id username name created_at description verified",
    public_metrics=record(_="followers_count following_count tweet_count"),
)
_TWEET: Final[dict[str, Any]] = {
    "_": "id author_id text lang",
    "entities": _ENTITIES,
    "note_tweet": record(_="text", entities=_ENTITIES),
    "attachments": record(media_keys=json_list()),
}
_REFERRED: Final = record(**_TWEET, type=pl.String())
# What else the API returns under `data`: users, lists, spaces and counts.
_NO_TWEETS: Final = "username member_count tweet_count host_ids"
_STATUS: Final = record(
    **(_TWEET | {"_": f"{_TWEET['_']} created_at source in_reply_to_user_id {_NO_TWEETS}"}),
    referenced_tweets=json_list(_REFERRED),
    author=_USER,
)
_SCHEMA: Final = pl.Struct(
    dict(_STATUS)
    | {
        "data": json_list(_STATUS),
        "includes": record(users=json_list(_USER), tweets=json_list(record(**_TWEET))),
    }
)
_PAGE: Final = {"includes.users.username", "includes.tweets.author_id", "meta.newest_id", "meta.total_tweet_count"}
_TWEETS: Final = {
    "author_id",
    "edit_history_tweet_ids",
    "conversation_id",
    "reply_settings",
    "public_metrics.retweet_count",
}
_OTHERS: Final = {"public_metrics.followers_count", "member_count", "tweet_count"}
_SAID: Final = ("text", "urls", "hashtags", "mentions", "media")


def _recognise(columns: Sequence[str]) -> str:
    flat, page = names_under(columns, "", "data.")
    # Others have conversations and reply settings too, so that a tweet's account must be there, or its edits.
    known = {"author_id", "edit_history_tweet_ids"} & flat or ("author.id" in flat and flat & _TWEETS)
    if {"id", "text"} <= flat and known:
        return "it has the fields of flattened tweets of Twitter API v2"
    if page & (_TWEETS | _OTHERS) or flat & _PAGE:
        return "it holds responses of Twitter API v2 (data, includes)"
    if {"id", "username", "public_metrics.followers_count"} <= flat:
        return "it has the fields of users of Twitter API v2"
    return ""


def _said(prefix: str) -> list[pl.Expr]:
    """Return what a tweet says: text, links, hashtags, mentions and media; the long form before the short."""
    note = f"{prefix}note_tweet."
    own = pl.element().struct.field("expanded_url").str.contains(OWN_MEDIA).not_().fill_null(value=True)
    links = ("unwound_url", "expanded_url", "url")
    return [
        first_of(f"{note}text", f"{prefix}text"),
        pl.coalesce(values_in(f"{form}entities.urls", *links, where=own) for form in (note, prefix)),
        pl.coalesce(values_in(f"{form}entities.hashtags", "tag") for form in (note, prefix)),
        pl.coalesce(values_in(f"{form}entities.mentions", "username") for form in (note, prefix)),
        values_in(f"{prefix}attachments.media_keys"),
    ]


def _unfold(document: dict[str, Any]) -> Iterator[Any]:
    """Make a page of a stream's message, which holds one tweet and not a list of them."""
    data = document.get("data")
    yield document | {"data": [data] if isinstance(data, dict) else data}


def _tweets(frame: pl.DataFrame) -> pl.DataFrame:
    """Return all tweets, one a row, with the users and tweets that their page includes."""
    tweets = records(frame, _STATUS, ["data"]).with_columns(_reference().alias("referred"))
    users = _included(frame, "users", "author").rename({"id": "author_id"})
    posts = _included(frame, "tweets", "included").rename({"id": "referred_id"})
    tweets = tweets.rename({"author": "own author"}).with_columns(at("referred.id").alias("referred_id"))
    tweets = tweets.join(users, on=[DOCUMENT, "author_id"], how="left", maintain_order="left")
    tweets = tweets.join(posts, on=[DOCUMENT, "referred_id"], how="left", maintain_order="left")
    return tweets.with_columns(
        author=pl.coalesce("own author", "author"), included=pl.coalesce("included", _as_included())
    )


def _as_included() -> pl.Expr:
    """Return the tweet referred to as a flattened tweet carries it, in the form of an included one."""
    names = [field.name for field in record(**_TWEET).fields]
    inner = pl.struct(at(f"referred.{name}").alias(name) for name in names)
    return pl.when(at("referred.author_id").is_not_null()).then(inner)


def _reference() -> pl.Expr:
    """Return the tweet that a tweet refers to: reposted, else quoted, else replied to."""
    kinds = pl.element().struct.field("type")
    found = [
        pl.col("referenced_tweets").list.eval(pl.element().filter(kinds == kind)).list.first()
        for kind in ("retweeted", "quoted", "replied_to")
    ]
    return pl.coalesce(found)


def _included(frame: pl.DataFrame, what: str, name: str) -> pl.DataFrame:
    """Return DOCUMENT, id and the included object under ``name``, each id once a document."""
    held = frame.select(DOCUMENT, at(f"includes.{what}").alias(name)).drop_nulls(name).explode(name).drop_nulls(name)
    return held.with_columns(id=at(f"{name}.id")).unique([DOCUMENT, "id"], keep="first", maintain_order=True)


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    tweets = _tweets(frame)
    reference = at("referred.type")
    repost = (reference == "retweeted") & pl.col("included").is_not_null()
    said = [
        pl.when(repost.fill_null(value=False)).then(inner).otherwise(outer).alias(name)
        for inner, outer, name in zip(_said("included."), _said(""), _SAID, strict=True)
    ]
    # The included tweet's author may be missing where that tweet is; a reply names the account itself.
    account = at("included.author_id")
    replied_to = first_of("in_reply_to_user_id")
    return tweets.select(
        DOCUMENT,
        first_of("id").alias("post_id"),
        first_of("author_id", "author.id").alias("account_id"),
        "created_at",
        *said,
        first_of("lang").alias("language"),
        *referring(
            ("repost", reference == "retweeted", at("referred.id"), account),
            ("quote", reference == "quoted", at("referred.id"), account),
            ("reply", reference == "replied_to", at("referred.id"), pl.coalesce(account, replied_to)),
            ("reply", replied_to.is_not_null(), pl.lit(None, dtype=pl.String), replied_to),
        ),
        first_of("source").alias("client"),
        first_of("author.username").alias("handle"),
        first_of("author.name").alias("name"),
        at("author.created_at").alias("account_created_at"),
        at("author.public_metrics.followers_count").alias("followers"),
        at("author.public_metrics.following_count").alias("following"),
        at("author.public_metrics.tweet_count").alias("post_count"),
        first_of("author.description").alias("description"),
        at("author.verified").alias("verified"),
        _no_tweet().alias(REFUSE),
    )


def _no_tweet() -> pl.Expr:
    text = pl.col("text")
    return (
        pl.when(text.is_null() & pl.col("username").is_not_null())
        .then(pl.lit("it is a user, not a tweet (input.accounts takes tables of accounts)"))
        .when(text.is_null() & pl.col("member_count").is_not_null())
        .then(pl.lit("it is a list of accounts, not a tweet"))
        .when(text.is_null() & pl.col("tweet_count").is_not_null())
        .then(pl.lit("it is a count of tweets, not a tweet"))
        .when(text.is_null() & pl.col("id").is_null())
        .then(pl.lit("it holds no tweet: an error, a notice or an empty answer"))
    )


TWITTER_V2: Final = Reader(
    name="twitter_v2",
    doc="Twitter/X API v2: pages with includes, flattened tweets (twarc2), streams",
    recognise=_recognise,
    platform="twitter",
    layout=Layout(
        schema=_SCHEMA,
        rows=_rows,
        unfold=(re.compile(rb'"data"\s*:\s*\{'), _unfold),
        origins={
            "post_id": "id",
            "account_id": "author_id",
            "text": "note_tweet.text, else text; of a repost those of the tweet it repeats (includes.tweets)",
            "urls": "entities.urls: unwound_url, else expanded_url, without links to the tweet's own pictures",
            "kind": "referenced_tweets: retweeted, else quoted, else replied_to",
            "parent_account_id": "author_id of the tweet referred to, else in_reply_to_user_id",
            "media": "attachments.media_keys",
            "handle": "username of includes.users or author",
        },
    ),
)
