"""TikTok Research API: videos and comments [1]_.

Accounts are named by user name, the only name that the API gives. Comments come without an account, unless a
tool has added one, and are refused. Music and effects are objects of their own. The id of a video tells the second.

.. [1] TikTok, Research API: query videos, query video comments,
   developers.tiktok.com/doc/research-api-specs-query-videos
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from cib.read.batch import REFUSE
from cib.read.decoding import json_list, record
from cib.read.nested import at, first_of, joined_lists, names_under, records, referring, values_in
from cib.read.reader import DOCUMENT, Layout, Reader

__all__ = ["TIKTOK"]

_ITEM: Final = record(
    _="""
    id create_time username display_name video_description text music_id video_id parent_comment_id
    """,
    hashtag_names=json_list(),
    hashtag_info_list=json_list(record(_="hashtag_name")),
    effect_ids=json_list(),
    effect_info_list=json_list(record(_="effect_id")),
)
_LISTS: Final = ("videos", "comments")
_SCHEMA: Final = pl.Struct(
    dict(_ITEM)
    | {"data": record(**{name: json_list(_ITEM) for name in _LISTS})}
    | {n: json_list(_ITEM) for n in _LISTS}
)
_VIDEO: Final = {"id", "create_time"}
_OF_VIDEOS: Final = {"video_description", "music_id", "region_code", "hashtag_names"}
_OF_COMMENTS: Final = {"video_id", "parent_comment_id"}


def _recognise(columns: Sequence[str]) -> str:
    places = names_under(columns, "", "data.videos.", "data.comments.", "videos.", "comments.")
    for names in places:
        if names >= _VIDEO and (names & _OF_VIDEOS or names >= _OF_COMMENTS):
            return "it has the fields id and create_time of the TikTok Research API"
    return "it is a response of the TikTok Research API" if {"data.search_id", "error.log_id"} <= set(columns) else ""


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    items = records(frame, _ITEM, ["data.videos", "data.comments", *_LISTS])
    video = first_of("video_id")
    is_comment = video.is_not_null()
    parent = first_of("parent_comment_id", "video_id")
    tags = joined_lists(values_in("hashtag_names"), values_in("hashtag_info_list", "hashtag_name"))
    effects = joined_lists(values_in("effect_ids"), values_in("effect_info_list", "effect_id"))
    music = pl.when(~pl.col("music_id").is_in(["", "0"])).then(pl.format("music:{}", pl.col("music_id")))
    objects = joined_lists(
        pl.concat_list(music).list.drop_nulls(), effects.list.eval(pl.format("effect:{}", pl.element()))
    )
    account = first_of("username")
    return items.select(
        DOCUMENT,
        first_of("id").alias("post_id"),
        account.alias("account_id"),
        pl.col("create_time").alias("created_at"),
        first_of("video_description", "text").alias("text"),
        tags.alias("hashtags"),
        objects.alias("objects"),
        *referring(("reply", is_comment, parent, pl.lit(None, dtype=pl.String))),
        account.alias("handle"),
        first_of("display_name").alias("name"),
        pl.when(is_comment & account.is_null())
        .then(pl.lit("it is a comment, and the Research API does not say by whom"))
        .when(at("id").is_null())
        .then(pl.lit("it holds no video and no comment"))
        .alias(REFUSE),
    )


TIKTOK: Final = Reader(
    name="tiktok",
    doc="TikTok Research API: videos, and comments where they name an account",
    recognise=_recognise,
    platform="tiktok",
    layout=Layout(
        schema=_SCHEMA,
        rows=_rows,
        lists=_LISTS,
        origins={
            "post_id": "id",
            "account_id": "username",
            "created_at": "create_time",
            "text": "video_description, of a comment text",
            "hashtags": "hashtag_names, hashtag_info_list",
            "objects": "music:music_id, effect:effect_ids",
        },
    ),
)
