"""4CAT's CSV exports, the same main columns for every platform [1]_.

Times are UTC, in ``unix_timestamp`` and in ``timestamp``. The platform is told by the address that a row was
collected from, or by its link; ``input.platform`` names it where a file has neither.

.. [1] Peeters and Hagen (2022), The 4CAT Capture and Analysis Toolkit, Computational Communication Research 4(2).
   doi:10.5117/CCR2022.2.007.HAGE
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from cib.read.columns import Mapped, guess, laid_out
from cib.read.fields import FIELDS
from cib.read.generic import with_kinds
from cib.read.reader import Reader
from cib.read.times import TimeRule

__all__ = ["FOURCAT", "PLATFORMS"]

_NEEDED: Final = {"id", "thread_id", "body", "author", "timestamp"}
_FIXED: Final[dict[str, tuple[str, ...]]] = {
    "post_id": ("id",),
    "account_id": ("author_id", "author_username", "author"),
    "created_at": ("unix_timestamp", "timestamp"),
    "text": ("body",),
    "handle": ("author_username", "author"),
    "name": ("author_fullname", "author_name"),
    "platform": ("collected_from_url", "link", "url", "tiktok_url", "post_url"),
    "reposted_account_id": ("retweeted_user", "author_forwarded_from_id"),
    "quoted_account_id": ("quoted_user",),
    "replied_account_id": ("replied_user",),
}
_LINKS: Final = ("urls", "links", "link_attached", "linked_url")
PLATFORMS: Final = {
    r"twitter\.com|x\.com": "twitter",
    r"tiktok\.com": "tiktok",
    r"instagram\.com": "instagram",
    r"threads\.(?:net|com)": "threads",
    r"t\.me|telegram\.(?:me|org)": "telegram",
    r"bsky\.app": "bluesky",
    r"reddit\.com": "reddit",
    r"youtube\.com|youtu\.be": "youtube",
    r"facebook\.com": "facebook",
    r"truthsocial\.com": "truthsocial",
    r"gab\.com": "gab",
    r"linkedin\.com": "linkedin",
}
"""Pattern of a platform's hosts -> its name."""


def _recognise(columns: Sequence[str]) -> str:
    if not set(columns) >= _NEEDED:
        return ""
    return f"it has the columns {', '.join(sorted(_NEEDED))} of 4CAT"


def _columns(head: pl.DataFrame) -> Mapped:
    columns = laid_out(head.columns, _FIXED).columns
    links = tuple(name for name in _LINKS if name in head.columns)
    if links:
        columns["urls"] = links
    others = guess(head, [target for target in FIELDS if target not in columns and target != "urls"])
    columns |= {target: names for target, names in others.columns.items() if names not in columns.values()}
    return Mapped(columns, dict.fromkeys(columns, "the source's layout"), others.aside)


def _prepare(fields: pl.DataFrame) -> pl.DataFrame:
    """Name the platform by an address's host, and the kind by the references."""
    fields = with_kinds(fields)
    if "platform" not in fields.columns:
        return fields
    address, platform = pl.col("platform"), pl.lit(None, dtype=pl.String)
    for hosts, name in PLATFORMS.items():
        found = address.str.contains(rf"^(?:https?://)?(?:[\w-]+\.)*(?:{hosts})(?:/|$)")
        platform = pl.when(found).then(pl.lit(name)).otherwise(platform)
    return fields.with_columns(platform=platform)


FOURCAT: Final = Reader(
    name="fourcat",
    doc="4CAT's CSV exports, of any platform",
    recognise=_recognise,
    columns=_columns,
    platform="generic",
    prepare=_prepare,
    times=TimeRule("UTC"),
    notes=lambda _mapped: ["Times carry no zone in 4CAT's exports and are taken as UTC, as 4CAT writes them."],
)
