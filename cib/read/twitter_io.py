"""Twitter's archives of information operations: CSV of the tweets of accounts that it took down [1]_.

Accounts with fewer than 5,000 followers are hashed. Times are in UTC and known to the minute; the ids of tweets
tell the millisecond (``id_times``). Lists are written ``[a, b]``; mentions are ids of accounts.

.. [1] Twitter (2018-2022), Information Operations, transparency.twitter.com/en/reports/information-operations.html
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from cib.read.columns import Mapped, laid_out
from cib.read.generic import with_kinds
from cib.read.reader import Reader
from cib.read.times import TimeRule

__all__ = ["TWITTER_IO"]

_LAYOUT: Final = {
    "post_id": ("tweetid",),
    "account_id": ("userid",),
    "created_at": ("tweet_time",),
    "text": ("tweet_text",),
    "language": ("tweet_language",),
    "is_repost": ("is_retweet",),
    "reposted_post_id": ("retweet_tweetid",),
    "reposted_account_id": ("retweet_userid",),
    "replied_post_id": ("in_reply_to_tweetid",),
    "replied_account_id": ("in_reply_to_userid",),
    "quoted_post_id": ("quoted_tweet_tweetid",),
    "urls": ("urls",),
    "hashtags": ("hashtags",),
    "mentions": ("user_mentions",),
    "client": ("tweet_client_name",),
    "handle": ("user_screen_name",),
    "name": ("user_display_name",),
    "account_created_at": ("account_creation_date",),
    "followers": ("follower_count",),
    "following": ("following_count",),
    "description": ("user_profile_description",),
}
_NEEDED: Final = {"tweetid", "userid", "tweet_time", "tweet_text"}


def _recognise(columns: Sequence[str]) -> str:
    if not set(columns) >= _NEEDED:
        return ""
    return f"it has the columns {', '.join(sorted(_NEEDED))} of Twitter's archives of information operations"


def _columns(head: pl.DataFrame) -> Mapped:
    return laid_out(head.columns, _LAYOUT)


TWITTER_IO: Final = Reader(
    name="twitter_io",
    doc="Twitter's archives of information operations (CSV)",
    recognise=_recognise,
    columns=_columns,
    platform="twitter",
    prepare=with_kinds,
    times=TimeRule("UTC"),
    notes=lambda _mapped: ["Times carry no zone in the source and are taken as UTC, as its publisher says."],
)
