"""CooRTweet's tables: who shared which object when [1]_.

Two layouts: four columns (``account_id``, ``content_id``, ``object_id``, ``timestamp_share``), and one with
a column for each sort of object (``url_id``, ``hashtag_id``, ``domain_id``, ``phash_id``). A post that
shares several objects has a row for each; rows of one post become one post whose lists hold an item
for each row, repeats included, because CooRTweet counts rows.

.. [1] Righetti and Balluff (2025), CooRTweet: a generalized R software for coordinated network detection,
   Computational Communication Research 7(1). doi:10.5117/CCR2025.1.7.RIGH
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from cib.read.columns import Mapped
from cib.read.reader import Reader
from cib.read.times import TimeRule

__all__ = ["COORTWEET"]

_SHARES: Final = {
    "account_id": "account_id",
    "post_id": "content_id",
    "objects": "object_id",
    "created_at": "timestamp_share",
}
_WIDE: Final = {
    "account_id": "account_id",
    "post_id": "post_id",
    "created_at": "timestamp",
    "urls": "url_id",
    "hashtags": "hashtag_id",
    "objects": "domain_id",
    "media": "phash_id",
}
_PLATFORMS: Final = {"tw_": "twitter", "fb_": "facebook"}


def _recognise(columns: Sequence[str]) -> str:
    for layout in (_SHARES, _WIDE):
        if set(columns) >= set(layout.values()):
            return f"it has the columns {', '.join(layout.values())} of CooRTweet"
    return ""


def _columns(head: pl.DataFrame) -> Mapped:
    layout = _SHARES if set(head.columns) >= set(_SHARES.values()) else _WIDE
    columns: dict[str, tuple[str, ...]] = {target: (name,) for target, name in layout.items() if name in head.columns}
    return Mapped(columns, dict.fromkeys(columns, "the source's layout"))


def _prepare(fields: pl.DataFrame) -> pl.DataFrame:
    """Take the platform from the account's prefix: tw_ or fb_."""
    platform = pl.lit(None, dtype=pl.String)
    for prefix, name in _PLATFORMS.items():
        platform = pl.when(pl.col("account_id").str.starts_with(prefix)).then(pl.lit(name)).otherwise(platform)
    return fields.with_columns(platform=platform, kind=pl.lit("original"))


COORTWEET: Final = Reader(
    name="coortweet",
    doc="CooRTweet's tables of shares: account, post, object and Unix time",
    recognise=_recognise,
    columns=_columns,
    platform="generic",
    prepare=_prepare,
    times=TimeRule("UTC"),
    extracts=False,
    opaque=True,
    repeats="all",
)
