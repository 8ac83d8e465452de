"""Bluesky: Jetstream events, threads, feeds and lists of posts of the AppView, records of a repository [1]_ [2]_.

A post is named by its address ``at://did/collection/rkey``, an account by its DID. ``createdAt`` is what the
client claims; where the service says when it saw the record, the earlier of the two counts, as in Bluesky's own
sorting [3]_. Links, tags and mentions come from facets and embeds, since the text shows links shortened.

.. [1] Jetstream, github.com/bluesky-social/jetstream
.. [2] AT Protocol lexicons, app.bsky.feed.defs and app.bsky.feed.post, github.com/bluesky-social/atproto
.. [3] Bluesky, Timestamps, docs.bsky.app/docs/advanced-guides/timestamps
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final

import polars as pl

from cib.read.batch import REFUSE
from cib.read.decoding import json_list, record
from cib.read.nested import at, first_of, joined_lists, names_under, records, referring, values_in
from cib.read.reader import DOCUMENT, Layout, Reader
from cib.read.times import TimeRule, utc_times

__all__ = ["BLUESKY"]

_IMAGE: Final = record(image=record(_="cid", ref=record(_="$link")))
_MEDIA: Final = {
    "external": record(_="uri"),
    "images": json_list(_IMAGE),
    "video": record(ref=record(_="$link")),
}
_RECORD: Final = record(
    _="$type text createdAt created_at",
    langs=json_list(),
    tags=json_list(),
    reply=record(parent=record(_="uri")),
    facets=json_list(record(features=json_list(record(_="uri tag did")))),
    embed=record(**_MEDIA, record=record(_="uri", record=record(_="uri")), media=record(**_MEDIA)),
    subject=record(_="uri"),
)
_AUTHOR: Final = record(
    _="did handle displayName display_name createdAt followersCount followsCount postsCount description"
)
_POST: Final = {"_": "uri indexedAt indexed_at", "author": _AUTHOR, "record": _RECORD, "value": _RECORD}
_EVENT: Final = {
    "_": f"{_POST['_']} did time_us kind",
    "commit": record(_="operation collection rkey", record=_RECORD),
    "reason": record(_="$type uri indexedAt", by=_AUTHOR),
}
_ITEM: Final = record(**(_POST | _EVENT), post=record(**_POST))
_LISTS: Final = ("posts", "feed", "records")
_SCHEMA: Final = pl.Struct(dict(_ITEM) | {name: json_list(_ITEM) for name in _LISTS})
_DID: Final = r"^at://([^/]+)/"
_COLLECTION: Final = r"^at://[^/]+/([^/]+)/"
_POSTS: Final = "app.bsky.feed.post"
_REPOSTS: Final = "app.bsky.feed.repost"
_BY_NAME: Final = {"uri", "cid"}
_SHAPES: Final = {"record.createdAt", "record.created_at", "value.createdAt", "author.did", "record.text", "value.text"}
_PLACES: Final = ("", "thread.post.", "post.", "posts.", "feed.post.", "records.")


def _recognise(columns: Sequence[str]) -> str:
    if {"did", "time_us", "kind"} <= set(columns):
        return "it has the fields did, time_us and kind of Jetstream events"
    found = any(names >= _BY_NAME and names & _SHAPES for names in names_under(columns, *_PLACES))
    return "it has the fields uri, cid and author or record of Bluesky posts" if found else ""


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    items = records(frame, _ITEM, _LISTS)
    items = items.with_columns(
        said=pl.coalesce(at("commit.record"), at("post.record"), "record", "value"),
        author=pl.coalesce(at("reason.by"), at("post.author"), "author"),
        uri=_address(),
        own_uri=first_of("post.uri", "uri"),
        by_reason=(at("reason.$type").str.contains("reasonRepost", literal=True)).fill_null(value=False),
    )
    items = items.with_columns(collection=pl.col("uri").str.extract(_COLLECTION), created_at=_times(items))
    return _posts(items)


def _unfold(document: dict[str, Any]) -> Iterator[Any]:
    """Yield the posts of a thread: the one asked for, those above it and all below."""
    left = deque([document.get("thread")])
    while left:
        node = left.popleft()
        if isinstance(node, dict):
            if isinstance(node.get("post"), dict):
                yield {"post": node["post"]}
            answers = node.get("replies")
            left.extend([node.get("parent"), *(answers if isinstance(answers, list) else [])])


def _address() -> pl.Expr:
    """Return the post's address: given, put together from an event, or that of a repost which a feed shows."""
    event = pl.format("at://{}/{}/{}", "did", at("commit.collection"), at("commit.rkey"))
    shown = at("reason.by").is_not_null()
    return pl.when(shown).then(first_of("reason.uri")).otherwise(pl.coalesce(event, first_of("post.uri", "uri")))


def _times(items: pl.DataFrame) -> pl.Series:
    """Return when each was posted: by the client's claim, or when the service saw it if that is earlier."""
    claimed, seen = (
        utc_times(items.select(value).to_series(), TimeRule("UTC"))["at"]
        for value in (
            pl.when("by_reason").then(at("reason.indexedAt")).otherwise(first_of("said.createdAt", "said.created_at")),
            pl.when("by_reason")
            .then(at("reason.indexedAt"))
            .otherwise(first_of("time_us", "post.indexedAt", "indexedAt", "post.indexed_at", "indexed_at")),
        )
    )
    return pl.select(pl.min_horizontal(claimed, seen)).to_series()


def _posts(items: pl.DataFrame) -> pl.DataFrame:
    by_reason = pl.col("by_reason")
    original = pl.when(by_reason).then("own_uri").otherwise(at("said.subject.uri"))
    quoted = first_of("said.embed.record.record.uri", "said.embed.record.uri")
    quoted = pl.when(quoted.str.extract(_COLLECTION) == _POSTS).then(quoted)
    replied = first_of("said.reply.parent.uri")
    is_repost = by_reason | (pl.col("collection") == _REPOSTS)
    facets = at("said.facets").list.eval(pl.element().struct.field("features").explode())
    own = [value.alias(name) for name, value in _shared(facets).items()]
    own = [pl.when(~is_repost.fill_null(value=False)).then(value).alias(value.meta.output_name()) for value in own]
    return items.select(
        DOCUMENT,
        pl.col("uri").alias("post_id"),
        pl.coalesce(at("author.did"), "did", pl.col("uri").str.extract(_DID)).alias("account_id"),
        "created_at",
        pl.when(~is_repost.fill_null(value=False)).then(first_of("said.text")).alias("text"),
        at("said.langs").list.first().alias("language"),
        *own,
        *referring(
            ("repost", is_repost, original, original.str.extract(_DID)),
            ("quote", quoted.is_not_null(), quoted, quoted.str.extract(_DID)),
            ("reply", replied.is_not_null(), replied, replied.str.extract(_DID)),
        ),
        first_of("author.handle").alias("handle"),
        first_of("author.displayName", "author.display_name").alias("name"),
        at("author.createdAt").alias("account_created_at"),
        at("author.followersCount").alias("followers"),
        at("author.followsCount").alias("following"),
        at("author.postsCount").alias("post_count"),
        first_of("author.description").alias("description"),
        _no_post().alias(REFUSE),
    )


def _shared(facets: pl.Expr) -> dict[str, pl.Expr]:
    """Return the links, tags, mentions and media of a post, from its facets and from what is embedded."""

    def marked(name: str) -> pl.Expr:
        return facets.list.eval(pl.element().struct.field(name)).list.drop_nulls()

    embeds = ("said.embed.", "said.embed.media.")
    one = pl.concat_list
    return {
        "urls": joined_lists(marked("uri"), *[one(at(f"{e}external.uri")).list.drop_nulls() for e in embeds]),
        "hashtags": joined_lists(marked("tag"), at("said.tags")),
        "mentions": joined_lists(marked("did")),
        "media": joined_lists(
            *[values_in(f"{e}images", "image.ref.$link", "image.cid") for e in embeds],
            *[one(at(f"{e}video.ref.$link")).list.drop_nulls() for e in embeds],
        ),
    }


def _no_post() -> pl.Expr:
    """Say what a record is that is no post."""
    kind, collection = pl.col("kind"), pl.col("collection")
    return (
        pl.when(kind.is_not_null() & (kind != "commit"))
        .then(pl.format("it is an event of kind '{}', not a post", kind.str.slice(0, 40)))
        .when(at("commit.operation") == "delete")
        .then(pl.lit("it is the notice that a record was deleted"))
        .when(pl.col("uri").is_null() & ~pl.col("by_reason"))
        .then(pl.lit("it has no address (uri)"))
        .when(~collection.is_in([_POSTS, _REPOSTS]))
        .then(pl.format("it is a record of {}, not a post", collection.str.slice(0, 100)))
    )


BLUESKY: Final = Reader(
    name="bluesky",
    doc="Bluesky: Jetstream events, threads, feeds and lists of posts, repository records",
    recognise=_recognise,
    platform="bluesky",
    times=TimeRule("UTC"),
    layout=Layout(
        schema=_SCHEMA,
        rows=_rows,
        unfold=(re.compile(rb'"thread"\s*:\s*\{'), _unfold),
        lists=_LISTS,
        origins={
            "post_id": "uri, or at://did/collection/rkey of an event",
            "account_id": "did",
            "created_at": "record.createdAt, or time_us or indexedAt where that is earlier",
            "urls": "link facets, embed.external.uri",
            "hashtags": "tag facets, tags",
            "mentions": "mention facets (DIDs)",
            "media": "CIDs of pictures and videos",
            "kind": "repost by collection or reason, quote by embed.record, reply by record.reply",
        },
    ),
)
