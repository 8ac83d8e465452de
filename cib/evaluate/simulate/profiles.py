"""Profiles of made-up accounts: dates, followers, a line of text. Campaigns look like everybody but for their dates."""

from typing import Final

import numpy as np
import polars as pl

from cib.evaluate.simulate.crowd import People
from cib.evaluate.simulate.tables import ACCOUNTS, account_ids
from cib.evaluate.simulate.words import Ints, Random, invented, texts, weighted
from cib.settings.values import Window
from cib.settings.world import WorldSettings

__all__ = ["created", "profiles"]

_YEARS: Final = 8
_FOLLOWERS: Final = 60.0
_MOST_FOLLOWERS: Final = 50_000_000
_VERIFIED: Final = 100_000
"""Followers above which an account is verified."""


def created(rng: Random, n: int, within: Window) -> Ints:
    """Return when accounts were created, microseconds before the world begins: in eight years, or within a time."""
    years = _YEARS * 365 * 86_400_000_000
    if within is None:
        return np.asarray(rng.integers(0, years, n))
    longest = round(within.total_seconds() * 1_000_000)
    return np.asarray(rng.integers(0, years // 8) + rng.integers(0, max(longest, 1), n))


def profiles(
    rng: Random, people: People, settings: WorldSettings, within: Window = None, publisher: str = ""
) -> pl.DataFrame:
    """Return the accounts table of these people; those of a `publisher` say so and are verified."""
    n = len(people.number)
    words = invented()
    begin = pl.lit(settings.place.start).cast(pl.Datetime("us")).dt.epoch("us")
    before = pl.Series(created(rng, n, within))
    followers = np.minimum(_FOLLOWERS * rng.pareto(1.2, n), _MOST_FOLLOWERS).astype(np.int64)
    handle = words.words.gather(rng.integers(1000, len(words.words), n)) + pl.Series(rng.integers(1, 9999, n)).cast(
        pl.String
    )
    line = texts(rng, words, weighted(rng, words.cumulative, (n, 8)))
    ids = account_ids(people.number)
    frame = pl.DataFrame({"account_id": ids, "handle": handle, "followers": followers, "description": line})
    said = pl.lit(f"Official account of {publisher}") if publisher else pl.col("description")
    return frame.with_columns(
        platform=pl.lit(settings.place.platform),
        account_created_at=pl.from_epoch(begin - pl.lit(before), "us").dt.replace_time_zone("UTC"),
        following=pl.Series((np.exp(rng.normal(5.5, 1.0, n))).astype(np.int64)),
        description=said,
        verified=(pl.col("followers") > _VERIFIED) | bool(publisher),
    ).select(pl.col(name).cast(dtype) for name, dtype in ACCOUNTS.items())
