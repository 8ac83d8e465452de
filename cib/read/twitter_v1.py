"""Twitter API v1.1: streaming lines, search responses, lists of statuses, one tweet a line [1]_.

A retweet carries the tweet it repeats, whose text and entities are whole; its own are cut off. A tweet of more
than 140 characters has them in ``extended_tweet`` (streaming) or ``full_text`` (``tweet_mode=extended``).

.. [1] Twitter (2021), Tweet object, developer.twitter.com/en/docs/twitter-api/v1/data-dictionary/object-model/tweet
"""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from cib.read.batch import REFUSE
from cib.read.decoding import json_list, record
from cib.read.nested import at, first_of, names_under, records, referring, values_in
from cib.read.reader import DOCUMENT, Layout, Reader
from cib.read.wording import OWN_MEDIA

__all__ = ["TWITTER_V1"]

_ENTITIES: Final = record(
    urls=json_list(record(_="url expanded_url", unwound=record(_="url"))),
    hashtags=json_list(record(_="text")),
    user_mentions=json_list(record(_="screen_name id_str")),
    media=json_list(record(_="id_str id")),
)
_MEDIA: Final = record(media=json_list(record(_="id_str id")))
_USER: Final = record(
    _="""
    id_str id screen_name name created_at followers_count friends_count statuses_count description verified
    default_profile
    """
)
_TWEET: Final[dict[str, Any]] = {
    "_": """
    id_str id created_at text full_text lang source is_quote_status in_reply_to_status_id_str in_reply_to_status_id
    in_reply_to_user_id_str in_reply_to_user_id quoted_status_id_str quoted_status_id
    """,
    "user": _USER,
    "entities": _ENTITIES,
    "extended_entities": _MEDIA,
    "extended_tweet": record(_="full_text", entities=_ENTITIES, extended_entities=_MEDIA),
}
_STATUS: Final = record(**_TWEET, retweeted_status=record(**_TWEET), quoted_status=record(_="id_str id", user=_USER))
_SCHEMA: Final = pl.Struct(dict(_STATUS) | {"statuses": json_list(_STATUS), "delete": pl.String()})


def _recognise(columns: Sequence[str]) -> str:
    for names in names_under(columns, "", "statuses."):
        # Without an id of its user a tweet is none of Twitter's: such lines are read as anybody's.
        known = names & {"user.id_str", "user.id"} and names & {
            "user.id_str",
            "user.screen_name",
            "in_reply_to_status_id",
        }
        if "created_at" in names and known and names & {"text", "full_text"}:
            return "it has the fields created_at, user and text of Twitter API v1.1"
    return "it holds a search response of Twitter API v1.1" if "search_metadata.max_id_str" in columns else ""


def _content(prefix: str) -> list[pl.Expr]:
    """Return what a tweet says: the longest form of its text, and the entities that go with it."""
    long, short = f"{prefix}extended_tweet.", prefix
    links = ("unwound.url", "expanded_url", "url")
    own = pl.element().struct.field("expanded_url").str.contains(OWN_MEDIA).not_().fill_null(value=True)
    media = ("extended_tweet.extended_entities.media", "extended_entities.media", "entities.media")
    return [
        first_of(f"{long}full_text", f"{short}full_text", f"{short}text").alias("text"),
        first_of(f"{short}lang").alias("language"),
        pl.coalesce(values_in(f"{form}entities.urls", *links, where=own) for form in (long, short)).alias("urls"),
        pl.coalesce(values_in(f"{form}entities.hashtags", "text") for form in (long, short)).alias("hashtags"),
        pl.coalesce(values_in(f"{form}entities.user_mentions", "screen_name") for form in (long, short)).alias(
            "mentions"
        ),
        pl.coalesce(values_in(f"{short}{path}", "id_str", "id") for path in media).alias("media"),
    ]


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    tweets = records(frame, _STATUS, ["statuses"], keep=["delete"])
    repost = first_of("retweeted_status.id_str", "retweeted_status.id")
    quoted = first_of("quoted_status_id_str", "quoted_status_id", "quoted_status.id_str", "quoted_status.id")
    replied = first_of("in_reply_to_status_id_str", "in_reply_to_status_id")
    replied_to = first_of("in_reply_to_user_id_str", "in_reply_to_user_id")
    is_quote = quoted.is_not_null() | (pl.col("is_quote_status") == "true").fill_null(value=False)
    id_ = first_of("id_str", "id")
    content = [
        pl.when(repost.is_not_null()).then(inner).otherwise(outer)
        for inner, outer in zip(_content("retweeted_status."), _content(""), strict=True)
    ]
    return tweets.select(
        DOCUMENT,
        id_.alias("post_id"),
        first_of("user.id_str", "user.id").alias("account_id"),
        "created_at",
        *[
            value.alias(name)
            for value, name in zip(content, ("text", "language", "urls", "hashtags", "mentions", "media"), strict=True)
        ],
        *referring(
            (
                "repost",
                repost.is_not_null(),
                repost,
                first_of("retweeted_status.user.id_str", "retweeted_status.user.id"),
            ),
            ("quote", is_quote, quoted, first_of("quoted_status.user.id_str", "quoted_status.user.id")),
            ("reply", replied.is_not_null() | replied_to.is_not_null(), replied, replied_to),
        ),
        at("source").str.replace_all(r"<[^>]*>", "").alias("client"),
        first_of("user.screen_name").alias("handle"),
        first_of("user.name").alias("name"),
        at("user.created_at").alias("account_created_at"),
        at("user.followers_count").alias("followers"),
        at("user.friends_count").alias("following"),
        at("user.statuses_count").alias("post_count"),
        first_of("user.description").alias("description"),
        at("user.verified").alias("verified"),
        at("user.default_profile").alias("default_profile"),
        pl.when(pl.col("delete").is_not_null())
        .then(pl.lit("it is the notice that a tweet was deleted"))
        .when(id_.is_null())
        .then(pl.lit("it is a notice of the stream, not a tweet"))
        .alias(REFUSE),
    )


TWITTER_V1: Final = Reader(
    name="twitter_v1",
    doc="Twitter API v1.1: streaming lines, search responses, tweets one a line or in a list",
    recognise=_recognise,
    platform="twitter",
    layout=Layout(
        schema=_SCHEMA,
        rows=_rows,
        lists=("statuses",),
        origins={
            "post_id": "id_str, else id",
            "account_id": "user.id_str, else user.id",
            "text": "extended_tweet.full_text, else full_text, else text; of a retweet those of retweeted_status",
            "urls": "entities.urls: unwound.url, else expanded_url, without links to the tweet's own pictures",
            "kind": "retweeted_status, else quoted_status, else in_reply_to_*",
            "client": "source without its markup",
        },
    ),
)
