"""Zeeschuimer's NDJSON, and 4CAT's NDJSON of the same items: TikTok, X, Instagram and Threads [1]_.

Each line wraps an object of the platform's own web interface, which the platforms change without notice. What is read
is what the browser of one person was shown: a sample with that person's bias. Items of other platforms are refused;
4CAT turns them into CSV, which is read.

.. [1] Peeters, Zeeschuimer, github.com/digitalmethodsinitiative/zeeschuimer. doi:10.5281/zenodo.4742622
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import polars as pl

from cib.read.batch import REFUSE
from cib.read.decoding import json_list, record
from cib.read.nested import at, first_of, joined_lists, referring, values_in
from cib.read.reader import DOCUMENT, Layout, Reader
from cib.read.wording import OWN_MEDIA, hashtags_in, mentions_in, urls_in

__all__ = ["ZEESCHUIMER"]

_TIKTOK: Final[dict[str, Any]] = {
    "_": "id desc createTime",
    "author": record(_="id uniqueId nickname signature verified createTime"),
    "authorStats": record(_="followerCount followingCount videoCount"),
    "music": record(_="id"),
    "challenges": json_list(record(_="title")),
    "textExtra": json_list(record(_="hashtagName userUniqueId")),
    "duetInfo": record(_="duetFromId"),
    "effectStickers": json_list(record(_="ID")),
}
_USER: Final = record(
    _="rest_id",
    core=record(_="screen_name name created_at"),
    legacy=record(
        _="""
        screen_name name created_at followers_count friends_count statuses_count description verified default_profile
        """
    ),
)
_MARKS: Final[dict[str, Any]] = {
    "urls": json_list(record(_="url expanded_url")),
    "hashtags": json_list(record(_="text")),
    "user_mentions": json_list(record(_="screen_name")),
}
_X_OWN: Final[dict[str, Any]] = {
    "_": "rest_id source",
    "core": record(user_results=record(result=_USER)),
    "note_tweet": record(note_tweet_results=record(result=record(_="text", entity_set=record(**_MARKS)))),
}
_X_SAID: Final[dict[str, Any]] = {
    "_": """
    full_text created_at user_id_str lang in_reply_to_status_id_str in_reply_to_user_id_str quoted_status_id_str
    """,
    "entities": record(**_MARKS),
    "extended_entities": record(media=json_list(record(_="id_str"))),
}
_X_INNER: Final = record(**_X_OWN, legacy=record(**_X_SAID))
_X_OUTER: Final[dict[str, Any]] = _X_OWN | {
    "legacy": record(
        **_X_SAID, retweeted_status_result=record(result=record(**_X_OWN, legacy=record(**_X_SAID), tweet=_X_INNER))
    ),
    "quoted_status_result": record(result=_X_INNER),
}
_META_USER: Final = record(_="pk id username full_name is_verified")
_META: Final[dict[str, Any]] = {
    "_": "pk code shortcode taken_at taken_at_timestamp",
    "user": _META_USER,
    "owner": _META_USER,
    "caption": record(_="text"),
    "edge_media_to_caption": record(edges=json_list(record(node=record(_="text")))),
    "text_post_app_info": record(
        reply_to_author=_META_USER,
        link_preview_attachment=record(_="url"),
        share_info=record(
            quoted_post=record(_="pk code", user=_META_USER), reposted_post=record(_="pk code", user=_META_USER)
        ),
    ),
}
_ITEM: Final = record(
    **{
        **_TIKTOK,
        **_X_OUTER,
        **_META,
        "_": f"{_TIKTOK['_']} {_X_OUTER['_']} {_META['_']}",
    },
    tweet=record(**_X_OUTER),
)
_META_KEY: Final = "__import_meta"
_SCHEMA: Final = pl.Struct(
    dict(_ITEM) | {"data": _ITEM, "source_platform": pl.String(), _META_KEY: record(_="source_platform")}
)
_SOURCES: Final = {
    "tiktok": ["tiktok.com", "www.tiktok.com", "tiktok"],
    "twitter": ["twitter.com", "x.com", "twitter"],
    "instagram": ["instagram.com", "www.instagram.com", "instagram"],
    "threads": ["threads.net", "www.threads.net", "threads.com", "www.threads.com", "threads"],
}


def _recognise(columns: Sequence[str]) -> str:
    if {"item_id", "source_platform"} <= set(columns) and any(name.startswith("data.") for name in columns):
        return "it has the envelope of Zeeschuimer (item_id, source_platform, data)"
    if f"{_META_KEY}.source_platform" in columns:
        return "it has 4CAT's wrapping of Zeeschuimer's items (__import_meta)"
    return ""


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    own = pl.struct(field.name for field in _ITEM.fields)
    items = frame.select(
        DOCUMENT,
        source=pl.coalesce("source_platform", at(f"{_META_KEY}.source_platform")).str.to_lowercase(),
        item=pl.coalesce("data", own),
    )
    parts = []
    for platform, hosts in _SOURCES.items():
        some = items.filter(pl.col("source").is_in(hosts)).drop("source").unnest("item")
        parts.append(_READ[platform](some).with_columns(platform=pl.lit(platform)))
    known = [host for hosts in _SOURCES.values() for host in hosts]
    others = items.filter(~pl.col("source").is_in(known).fill_null(value=False))
    why = pl.format(
        "items of {} are not read from Zeeschuimer's NDJSON: export them as CSV from 4CAT",
        pl.col("source").fill_null("an unnamed platform").str.slice(0, 60),
    )
    parts.append(others.select(DOCUMENT, why.alias(REFUSE)))
    return pl.concat(parts, how="diagonal_relaxed").sort(DOCUMENT, maintain_order=True)


def _tiktok(items: pl.DataFrame) -> pl.DataFrame:
    music = pl.format("music:{}", first_of("music.id"))
    effects = values_in("effectStickers", "ID").list.eval(pl.format("effect:{}", pl.element()))
    duet = pl.when(at("duetInfo.duetFromId") != "0").then(at("duetInfo.duetFromId"))
    return items.select(
        DOCUMENT,
        first_of("id").alias("post_id"),
        first_of("author.uniqueId").alias("account_id"),
        pl.col("createTime").alias("created_at"),
        first_of("desc").alias("text"),
        joined_lists(values_in("challenges", "title"), values_in("textExtra", "hashtagName")).alias("hashtags"),
        values_in("textExtra", "userUniqueId").alias("mentions"),
        joined_lists(pl.concat_list(music).list.drop_nulls(), effects).alias("objects"),
        *referring(("quote", duet.is_not_null(), duet, pl.lit(None, dtype=pl.String))),
        first_of("author.uniqueId").alias("handle"),
        first_of("author.nickname").alias("name"),
        at("author.createTime").alias("account_created_at"),
        at("authorStats.followerCount").alias("followers"),
        at("authorStats.followingCount").alias("following"),
        at("authorStats.videoCount").alias("post_count"),
        first_of("author.signature").alias("description"),
        at("author.verified").alias("verified"),
    )


_SAID: Final = ("text", "language", "urls", "hashtags", "mentions", "media")


def _said(prefix: str) -> list[pl.Expr]:
    note = f"{prefix}note_tweet.note_tweet_results.result."
    own = pl.element().struct.field("expanded_url").str.contains(OWN_MEDIA).not_().fill_null(value=True)
    marks = (f"{note}entity_set", f"{prefix}legacy.entities")
    return [
        first_of(f"{note}text", f"{prefix}legacy.full_text"),
        first_of(f"{prefix}legacy.lang"),
        pl.coalesce(values_in(f"{mark}.urls", "expanded_url", "url", where=own) for mark in marks),
        pl.coalesce(values_in(f"{mark}.hashtags", "text") for mark in marks),
        pl.coalesce(values_in(f"{mark}.user_mentions", "screen_name") for mark in marks),
        values_in(f"{prefix}legacy.extended_entities.media", "id_str"),
    ]


def _twitter(items: pl.DataFrame) -> pl.DataFrame:
    names = [field.name for field in record(**_X_OUTER).fields]
    wrapped = at("tweet.rest_id").is_not_null()
    items = items.with_columns(pl.when(wrapped).then(at(f"tweet.{name}")).otherwise(name).alias(name) for name in names)
    found = at("legacy.retweeted_status_result.result")
    inner = [pl.coalesce(found.struct.field(name), found.struct.field("tweet").struct.field(name)) for name in (
        "rest_id", "source", "core", "note_tweet", "legacy",
    )]  # fmt: skip
    items = items.with_columns(inner=pl.struct(inner))
    is_repost = at("inner.rest_id").is_not_null()
    said = [
        pl.when(is_repost).then(one).otherwise(other).alias(name)
        for one, other, name in zip(_said("inner."), _said(""), _SAID, strict=True)
    ]
    quoted = first_of("legacy.quoted_status_id_str", "quoted_status_result.result.rest_id")
    replied = first_of("legacy.in_reply_to_status_id_str")
    user = "core.user_results.result."
    return items.select(
        DOCUMENT,
        first_of("rest_id", "id").alias("post_id"),
        first_of("legacy.user_id_str", f"{user}rest_id").alias("account_id"),
        at("legacy.created_at").alias("created_at"),
        *said,
        *referring(
            ("repost", is_repost, at("inner.rest_id"), at("inner.legacy.user_id_str")),
            ("quote", quoted.is_not_null(), quoted, at("quoted_status_result.result.legacy.user_id_str")),
            ("reply", replied.is_not_null(), replied, at("legacy.in_reply_to_user_id_str")),
        ),
        at("source").str.replace_all(r"<[^>]*>", "").alias("client"),
        first_of(f"{user}core.screen_name", f"{user}legacy.screen_name").alias("handle"),
        first_of(f"{user}core.name", f"{user}legacy.name").alias("name"),
        first_of(f"{user}core.created_at", f"{user}legacy.created_at").alias("account_created_at"),
        at(f"{user}legacy.followers_count").alias("followers"),
        at(f"{user}legacy.friends_count").alias("following"),
        at(f"{user}legacy.statuses_count").alias("post_count"),
        first_of(f"{user}legacy.description").alias("description"),
        at(f"{user}legacy.verified").alias("verified"),
        at(f"{user}legacy.default_profile").alias("default_profile"),
    )


def _meta(items: pl.DataFrame) -> pl.DataFrame:
    """Read Instagram's and Threads' posts, which have the same form."""
    caption = at("edge_media_to_caption.edges").list.first().struct.field("node").struct.field("text")
    shared = "text_post_app_info.share_info."
    reposted, quoted = first_of(f"{shared}reposted_post.pk"), first_of(f"{shared}quoted_post.pk")
    answered = first_of("text_post_app_info.reply_to_author.pk", "text_post_app_info.reply_to_author.id")
    link = first_of("text_post_app_info.link_preview_attachment.url")
    items = items.with_columns(said=pl.coalesce(first_of("caption.text"), caption))
    text = items["said"]
    items = items.with_columns(links=urls_in(text), tags=hashtags_in(text))
    items = items.with_columns(named=mentions_in(text, ascii_handles=False))
    return items.select(
        DOCUMENT,
        first_of("pk", "id", "code", "shortcode").alias("post_id"),
        first_of("user.pk", "user.id", "owner.pk", "owner.id", "user.username", "owner.username").alias("account_id"),
        first_of("taken_at", "taken_at_timestamp").alias("created_at"),
        pl.col("said").alias("text"),
        joined_lists(pl.col("links"), pl.concat_list(link).list.drop_nulls()).alias("urls"),
        pl.col("tags").alias("hashtags"),
        pl.col("named").alias("mentions"),
        *referring(
            ("repost", reposted.is_not_null(), reposted, first_of(f"{shared}reposted_post.user.pk")),
            ("quote", quoted.is_not_null(), quoted, first_of(f"{shared}quoted_post.user.pk")),
            ("reply", answered.is_not_null(), pl.lit(None, dtype=pl.String), answered),
        ),
        first_of("user.username", "owner.username").alias("handle"),
        first_of("user.full_name", "owner.full_name").alias("name"),
        pl.coalesce(at("user.is_verified"), at("owner.is_verified")).alias("verified"),
    )


_READ: Final[dict[str, Callable[[pl.DataFrame], pl.DataFrame]]] = {
    "tiktok": _tiktok,
    "twitter": _twitter,
    "instagram": _meta,
    "threads": _meta,
}

ZEESCHUIMER: Final = Reader(
    name="zeeschuimer",
    doc="Zeeschuimer's and 4CAT's NDJSON of TikTok, X, Instagram and Threads",
    recognise=_recognise,
    platform="generic",
    layout=Layout(
        schema=_SCHEMA,
        rows=_rows,
        origins={
            "platform": "source_platform",
            "post_id": "id (TikTok), rest_id (X), pk (Instagram, Threads)",
            "account_id": "author.uniqueId (TikTok), legacy.user_id_str (X), user.pk (Instagram, Threads)",
            "created_at": "createTime, legacy.created_at, taken_at",
            "text": "desc, note_tweet or legacy.full_text, caption.text",
            "kind": "duetInfo, retweeted_status_result, quoted_status_id_str, in_reply_to_status_id_str, share_info",
        },
    ),
    notes=lambda _mapped: [
        "Zeeschuimer keeps what one browser was shown: absent posts may have been posted all the same."
    ],
)
