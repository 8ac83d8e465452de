"""The Meta Content Library's CSV and JSON of Facebook and Instagram posts [1]_.

Ids are the library's own and mean nothing outside it. The account is the post's owner; where groups and pages
are to be compared as places, map ``account_id`` to ``surface.id``.

.. [1] Meta, Content Library API, developers.facebook.com/docs/content-library-and-api
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from cib.read.columns import Mapped, laid_out
from cib.read.reader import Reader

__all__ = ["META_LIBRARY"]

_LAYOUT: Final = {
    "post_id": ("id", "post_id"),
    "account_id": ("post_owner.id", "owner.id", "surface.id"),
    "created_at": ("creation_time",),
    "text": ("text",),
    "language": ("lang",),
    "reposted_post_id": ("shared_post_id", "shared_post.id"),
    "urls": ("link_attachment.link", "link_attachment"),
    "hashtags": ("hashtags",),
    "mentions": ("mentions",),
    "handle": ("post_owner.username", "owner.username", "surface.username"),
    "name": ("post_owner.name", "owner.name", "surface.name"),
    "media": ("multimedia.id", "media.id"),
}
_OWNERS: Final = {"post_owner.id", "owner.id", "surface.id"}
_MORE: Final = {"mcl_url", "content_type", "match_type", "statistics.views", "statistics.like_count", "modified_time"}


def _recognise(columns: Sequence[str]) -> str:
    owners, more = _OWNERS.intersection(columns), _MORE.intersection(columns)
    if "creation_time" not in columns or not owners or not more:
        return ""
    return f"it has the columns creation_time, {', '.join(sorted(owners | more))} of the Meta Content Library"


def _columns(head: pl.DataFrame) -> Mapped:
    return laid_out(head.columns, _LAYOUT)


def _prepare(fields: pl.DataFrame) -> pl.DataFrame:
    """Name the kinds: a post with a shared post repeats it."""
    if "reposted_post_id" not in fields.columns:
        return fields.with_columns(kind=pl.lit("original"))
    shared = pl.col("reposted_post_id")
    kind = pl.when(shared.is_not_null()).then(pl.lit("repost")).otherwise(pl.lit("original"))
    return fields.with_columns(kind=kind, parent_post_id=shared)


META_LIBRARY: Final = Reader(
    name="meta_library",
    doc="Meta Content Library: CSV or JSON of Facebook and Instagram posts",
    recognise=_recognise,
    columns=_columns,
    platform="facebook",
    prepare=_prepare,
)
