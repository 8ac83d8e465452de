"""What ids tell beyond their own: that they were rounded, and when what they name was made."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from cib.read.cells import id_cells
from cib.read.columns import Mapped
from cib.tables import TIME

__all__ = ["SNOWFLAKES", "Snowflake", "id_times", "looks_rounded", "rounded_fields"]

ID_FIELDS: Final[tuple[str, ...]] = (
    "account_id",
    "post_id",
    "reposted_post_id",
    "replied_post_id",
    "quoted_post_id",
    "parent_post_id",
)
_FEW_IDS: Final = 10
# Excel keeps 15 digits, and a float written out 17. By chance one id of 18 digits in a thousand ends in three noughts,
# and one in ten in a single one.
_EXCEL: Final = r"^\d{15}0{2,}$"
_FLOAT: Final = r"^\d{17}0+$"
_LONG: Final = r"^\d{17,}$"
_VERY_LONG: Final = r"^\d{18,}$"
_EXCEL_SHARE: Final = 0.2
_MANY_IDS: Final = 20


@dataclass(frozen=True)
class Snowflake:
    """How a platform's ids hold a time.

    Attributes
    ----------
    low : what the time is multiplied with in the id: all lower bits together.
    unit_us : microseconds of one step of that time.
    epoch_us : microseconds since 1970 at which it begins.
    first : the first id that is made so; smaller ones are numbers and no times.
    exact : whether the id is made as the post is published, and not some time before.
    source : where that is said.
    """

    low: int
    unit_us: int
    epoch_us: int
    first: int
    exact: bool
    source: str


SNOWFLAKES: Final = {
    "twitter": Snowflake(
        2**22, 1000, 1_288_834_974_657_000, 29_700_859_247, exact=True,
        source="github.com/twitter-archive/snowflake, since 4 November 2010",
    ),
    "mastodon": Snowflake(
        2**16, 1000, 0, 1_451_606_400_000 * 2**16, exact=True,
        source="mastodon/mastodon lib/mastodon/snowflake.rb, since 2016",
    ),
    "discord": Snowflake(
        2**22, 1000, 1_420_070_400_000_000, 2**40, exact=True, source="discord.com/developers/docs/reference#snowflakes"
    ),
    # In the Research API's answer among the fixtures create_time is 18 to 48 s after the second in the id.
    "tiktok": Snowflake(
        2**32, 1_000_000, 0, 1_388_534_400 * 2**32, exact=False,
        source="the upper 32 bits are Unix seconds, as create_time confirms",
    ),
}  # fmt: skip
"""Platform -> how its ids hold a time."""


def id_times(ids: pl.Series, platforms: pl.Series, *, exact: bool = False) -> pl.Series:
    """Return the times that posts' ids tell, in UTC; null where the platform's ids, or this id, tell none.

    Parameters
    ----------
    ids, platforms : of each post.
    exact : leave out platforms whose ids are made some time before the post is published.
    """
    number = pl.col("id").cast(pl.UInt64, strict=False)
    at = pl.lit(None, dtype=pl.Int64)
    chosen = {name: flake for name, flake in SNOWFLAKES.items() if flake.exact or not exact}
    for platform, flake in chosen.items():
        told = (number // flake.low).cast(pl.Int64, strict=False) * flake.unit_us + flake.epoch_us
        at = pl.when((pl.col("platform") == platform) & (number >= flake.first)).then(told).otherwise(at)
    times = pl.DataFrame({"id": ids, "platform": platforms}).select(at.cast(TIME).alias("at"))
    return times.select(pl.when(pl.col("at").dt.year() <= 2100).then("at")).to_series()


def rounded_fields(head: pl.DataFrame, mapped: Mapped) -> dict[str, str]:
    """Find the fields whose long ids end in noughts more often than chance allows.

    A spreadsheet or a float leaves no other sign where it writes an id out in full.

    Returns
    -------
    Field -> a sentence about its column.
    """
    found = {}
    for target in ID_FIELDS:
        if target in mapped.columns:
            name = mapped.columns[target][0]
            ids = id_cells(head[name]).drop_nulls().unique()
            long = ids.filter(ids.str.contains(_LONG))
            count = int(long.str.contains(_EXCEL).sum())
            very = ids.filter(ids.str.contains(_VERY_LONG))
            cut = int(very.str.contains(_FLOAT).sum())
            if len(long) >= _FEW_IDS and count > _EXCEL_SHARE * len(long):
                found[target] = (
                    f"Column '{name}' looks rounded: {count} of its first {len(long)} long ids end in noughts"
                )
            elif len(very) >= _MANY_IDS and cut == len(very):
                found[target] = f"Column '{name}' looks rounded: all of its first {cut} long ids end in a nought"
    return found


def looks_rounded(name: str) -> pl.Expr:
    """Whether an id in a rounded column has lost digits: those after the 15th, or after the 17th, are noughts."""
    return pl.col(name).str.contains(f"{_EXCEL}|{_FLOAT}").fill_null(value=False)
