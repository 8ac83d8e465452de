"""YouTube Data API v3: comment threads, comments, videos, searches, playlists [1]_.

A video is a post by its channel, with title and description as its text; a comment replies to a video or to a
comment. What a channel puts on a playlist is a repost of another channel's video, and the video itself where
it is its own. Search results hold no full description.

.. [1] Google, YouTube Data API reference, developers.google.com/youtube/v3/docs
"""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from cib.read.batch import REFUSE
from cib.read.decoding import json_list, record
from cib.read.markup import links_in_markup, plain_text
from cib.read.nested import at, first_of, joined_lists, names_under, records, referring
from cib.read.reader import DOCUMENT, Layout, Reader
from cib.read.wording import hashtags_in, urls_in

__all__ = ["YOUTUBE"]

_SNIPPET: Final[dict[str, Any]] = {
    "_": """
    publishedAt channelId channelTitle title description videoId parentId textOriginal textDisplay authorDisplayName
    playlistId videoOwnerChannelId defaultLanguage defaultAudioLanguage
    """,
    "authorChannelId": record(_="value"),
    "tags": json_list(),
    "resourceId": record(_="videoId"),
}
_COMMENT: Final = record(_="id", snippet=record(**_SNIPPET))
_ITEM: Final = record(
    _="kind id",
    snippet=record(**_SNIPPET, topLevelComment=_COMMENT),
    replies=record(comments=json_list(_COMMENT)),
    contentDetails=record(_="videoId videoPublishedAt"),
)
_SCHEMA: Final = pl.Struct(dict(_ITEM) | {"items": json_list(_ITEM)})
_SHAPES: Final = (
    {"kind", "snippet.channelId", "snippet.publishedAt"},
    {"snippet.topLevelComment.snippet.publishedAt"},
    {"kind", "etag", "snippet.publishedAt"},
    {"snippet.textDisplay", "snippet.publishedAt"},
    {"snippet.textOriginal", "snippet.publishedAt"},
)
_POSTS: Final = ("commentThread", "comment", "video", "playlistItem")
# Links that YouTube makes itself in comments: to moments of the video, and to searches for a hashtag.
_MADE: Final = r"^https?://www\.youtube\.com/(?:watch\?v=[^&]+&(?:amp;)?t=|hashtag/|results\?search_query=%23)"
_VIDEO_IN_ID: Final = r'"videoId": ?"([^"]+)"'
_KIND_IN_ID: Final = r'"kind": ?"([^"]+)"'


def _recognise(columns: Sequence[str]) -> str:
    found = any(names >= shape for names in names_under(columns, "", "items.") for shape in _SHAPES)
    return "it has the fields kind and snippet of the YouTube Data API" if found else ""


def _items(frame: pl.DataFrame) -> pl.DataFrame:
    """Return all videos, playlist items and comments, one a row; a thread's first comment before its replies."""
    items = records(frame, _ITEM, ["items"]).with_row_index("place")
    top = at("snippet.topLevelComment")
    # Whose video is commented on is said of the thread alone.
    video = [at("snippet.videoId").alias("video"), at("snippet.channelId").alias("channel")]
    threads = items.filter(top.is_not_null())
    first = threads.select(DOCUMENT, "place", *video, comment=top)
    replies = threads.select(DOCUMENT, "place", *video, comment=at("replies.comments")).explode("comment")
    comments = pl.concat([first, replies.drop_nulls("comment")]).unnest("comment")
    others = items.filter(top.is_null()).with_columns(at("snippet.videoId").alias("video"))
    parts = [comments, others]
    names = [field.name for field in record(**_SNIPPET).fields]
    slim = [part.with_columns(pl.struct(at(f"snippet.{name}") for name in names).alias("snippet")) for part in parts]
    return pl.concat(slim, how="diagonal").sort("place", maintain_order=True)


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    items = _items(frame).with_columns(
        is_comment=first_of("snippet.textOriginal", "snippet.textDisplay").is_not_null()
        | at("snippet.authorDisplayName").is_not_null(),
        owner=first_of("snippet.videoOwnerChannelId"),
        listed=first_of("snippet.resourceId.videoId", "contentDetails.videoId"),
        type=pl.coalesce(pl.col("id").str.extract(_KIND_IN_ID), "kind"),
    )
    is_comment, listed = pl.col("is_comment"), pl.col("listed")
    # A channel's uploads are a playlist too, whose id differs from the channel's in its second letter.
    uploads = at("snippet.playlistId") == "UU" + at("snippet.channelId").str.slice(2)
    own = pl.coalesce(pl.col("owner") == at("snippet.channelId"), uploads, pl.lit(value=False))
    items = items.with_columns(text=_text(), lists_another=listed.is_not_null() & ~own)
    items = items.with_columns(said=urls_in(items["text"]), tagged=hashtags_in(items["text"]))
    shown = links_in_markup(at("snippet.textDisplay")).list.eval(pl.element().filter(~pl.element().str.contains(_MADE)))
    own = listed.is_not_null() & ~pl.col("lists_another")
    parent = first_of("snippet.parentId", "snippet.videoId", "video")
    top_level = at("snippet.parentId").is_null()
    return items.select(
        DOCUMENT,
        pl.when(own).then(listed).otherwise(pl.coalesce(pl.col("id").str.extract(_VIDEO_IN_ID), "id")).alias("post_id"),
        pl.when(is_comment)
        .then(at("snippet.authorChannelId.value"))
        .otherwise(at("snippet.channelId"))
        .alias("account_id"),
        pl.when(own)
        .then(first_of("contentDetails.videoPublishedAt", "snippet.publishedAt"))
        .otherwise(at("snippet.publishedAt"))
        .alias("created_at"),
        "text",
        first_of("snippet.defaultAudioLanguage", "snippet.defaultLanguage").alias("language"),
        pl.when(is_comment).then(joined_lists(shown, pl.col("said"))).otherwise("said").alias("urls"),
        joined_lists(pl.col("tagged"), at("snippet.tags")).alias("hashtags"),
        *referring(
            ("repost", pl.col("lists_another"), listed, pl.col("owner")),
            ("reply", is_comment, parent, pl.when(top_level).then(pl.coalesce("channel", at("snippet.channelId")))),
        ),
        pl.when(is_comment).then(_handle()).alias("handle"),
        pl.when(is_comment)
        .then(first_of("snippet.authorDisplayName"))
        .otherwise(first_of("snippet.channelTitle"))
        .alias("name"),
        _no_post().alias(REFUSE),
    )


def _text() -> pl.Expr:
    """Return a comment's text, or a video's title and description."""
    comment = pl.coalesce(first_of("snippet.textOriginal"), plain_text(at("snippet.textDisplay")))
    parts = [first_of("snippet.title"), first_of("snippet.description")]
    video = pl.concat_str(parts, separator="\n\n", ignore_nulls=True)
    return pl.when("is_comment").then(comment).otherwise(video)


def _handle() -> pl.Expr:
    name = at("snippet.authorDisplayName")
    return pl.when(name.str.starts_with("@")).then(name)


def _no_post() -> pl.Expr:
    kind = pl.col("type").str.extract(r"#(\w+)$")
    nothing = at("snippet.publishedAt").is_null() & at("snippet.title").is_null()
    return (
        pl.when(kind.is_not_null() & ~kind.is_in(_POSTS))
        .then(pl.format("it is of kind {}, not a video or a comment", kind.str.slice(0, 40)))
        .when(nothing & ~pl.col("is_comment"))
        .then(pl.lit("it holds no video and no comment (part=snippet was not asked for, or nothing was found)"))
    )


YOUTUBE: Final = Reader(
    name="youtube",
    doc="YouTube Data API: comment threads, comments, videos, searches, playlist items",
    recognise=_recognise,
    platform="youtube",
    layout=Layout(
        schema=_SCHEMA,
        rows=_rows,
        lists=("items",),
        origins={
            "post_id": "id, id.videoId of a search result, the video of an own playlist",
            "account_id": "snippet.channelId, of a comment snippet.authorChannelId.value",
            "created_at": "snippet.publishedAt",
            "text": "snippet.textOriginal, or snippet.title and snippet.description",
            "urls": "links in the text, and in snippet.textDisplay those that YouTube did not make",
            "hashtags": "hashtags in the text, snippet.tags",
            "kind": "comments are replies, what is put on a playlist is a repost",
        },
    ),
)
