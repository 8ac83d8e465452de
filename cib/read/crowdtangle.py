"""CrowdTangle's CSV of posts of Facebook pages and groups and of Instagram accounts (until August 2024) [1]_.

The page is the account; of a group the group is, since the download does not say who posted in it. Times carry the
name of a North American zone, or none. ``Final Link`` is where ``Link`` led. The post's own address is its id.

.. [1] CrowdTangle, "CSV download" help page (gone with the service); columns as 4CAT and published downloads have them
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from cib.read.columns import Mapped, laid_out
from cib.read.reader import Reader

__all__ = ["CROWDTANGLE"]

_LAYOUT: Final = {
    "post_id": ("URL", "Platform Id", "Post URL"),
    "account_id": ("Facebook Id", "Page Id", "Group Id", "User Name", "Page Name", "Group Name", "Account"),
    "created_at": ("Post Created",),
    "text": ("Message", "Description", "Title"),
    "handle": ("User Name", "Account"),
    "name": ("Page Name", "Group Name", "Account"),
    "account_created_at": ("Page Created",),
    "followers": ("Followers at Posting", "Likes at Posting"),
    "description": ("Page Description",),
}
_LINKS: Final[tuple[str, ...]] = ("Final Link", "Link")
_OWNERS: Final = {"Page Name", "Group Name", "Account"}
_MORE: Final = {"URL", "Message", "Total Interactions", "Likes", "Shares", "Link"}


def _recognise(columns: Sequence[str]) -> str:
    owners, more = _OWNERS.intersection(columns), _MORE.intersection(columns)
    if "Post Created" not in columns or not owners or len(more) < 2:
        return ""
    return f"it has the columns Post Created, {', '.join(sorted(owners | more))} of CrowdTangle"


def _columns(head: pl.DataFrame) -> Mapped:
    mapped = laid_out(head.columns, _LAYOUT)
    links = tuple(name for name in _LINKS if name in head.columns)
    # Without any column of links they are taken from the text, as with other sources.
    columns = mapped.columns | ({"urls": links} if links else {})
    if "Account" in head.columns and "Description" in head.columns:
        columns.pop("description", None)
    return Mapped(columns, dict.fromkeys(columns, "the source's layout"))


def _prepare(fields: pl.DataFrame) -> pl.DataFrame:
    """Tell Instagram from Facebook by the post's address, and take the final link where there is one."""
    address = pl.col("post_id") if "post_id" in fields.columns else pl.lit(None, dtype=pl.String)
    instagram = address.str.contains(r"^https?://(?:www\.)?instagram\.com/").fill_null(value=False)
    fields = fields.with_columns(
        platform=pl.when(instagram).then(pl.lit("instagram")).otherwise(pl.lit(None, dtype=pl.String)),
        kind=pl.lit("original"),
    )
    if "urls" in fields.columns:
        own = pl.col("urls").list.first()
        fields = fields.with_columns(urls=pl.when(own != address.fill_null("")).then(pl.concat_list(own)))
    return fields


CROWDTANGLE: Final = Reader(
    name="crowdtangle",
    doc="CrowdTangle's CSV of Facebook pages, groups and Instagram accounts",
    recognise=_recognise,
    columns=_columns,
    platform="facebook",
    prepare=_prepare,
)
