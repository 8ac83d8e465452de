"""The tables of a world: plain columns that the generic reader knows by their names, and ids that give nothing away."""

from dataclasses import dataclass
from typing import Any, Final
from zlib import crc32

import numpy as np
import polars as pl

from cib.evaluate.simulate.words import Ints, Random
from cib.tables import KIND, STRINGS, TIME

__all__ = ["ACCOUNTS", "POSTS", "TRUTH", "Cast", "account_ids", "drafts", "numbers", "post_ids", "stream"]

POSTS: Final[dict[str, Any]] = {
    "post_id": pl.String,
    "account_id": pl.String,
    "platform": pl.String,
    "created_at": TIME,
    "kind": KIND,
    "parent_post_id": pl.String,
    "parent_account_id": pl.String,
    "text": pl.String,
    "language": pl.String,
    "urls": STRINGS,
    "hashtags": STRINGS,
    "mentions": STRINGS,
    "media": STRINGS,
    "objects": STRINGS,
    "client": pl.String,
}
"""Posts as they are written; account ids without their platform, which has a column of its own."""

ACCOUNTS: Final[dict[str, Any]] = {
    "account_id": pl.String,
    "platform": pl.String,
    "handle": pl.String,
    "account_created_at": TIME,
    "followers": pl.Int64,
    "following": pl.Int64,
    "description": pl.String,
    "verified": pl.Boolean,
}
"""Accounts as they are written."""

TRUTH: Final[dict[str, Any]] = {"account_id": pl.String, "name": pl.String, "kind": pl.String, "level": pl.Int64}
"""Who belongs to what: account_id as in a run ('platform:id'); name of the campaign or decoy, null for the public;
kind: campaign, organic, or the decoy's kind; level of the ladder, null but for campaigns."""

_ODD: Final = 0x9E3779B97F4A7C15
_SHIFT: Final = 0x3C6EF372FE94F82B
_POST_BITS: Final = 52
_ACCOUNT_BITS: Final = 42


def stream(seed: int, *parts: str | int) -> Random:
    """Return a random generator of its own for each part of a world, so that one part never changes another."""
    return np.random.default_rng([seed, *(crc32(str(part).encode()) for part in parts)])


def numbers(group: int, first: int, n: int, bits: int) -> Ints:
    """Return `n` numbers of a group from `first`; the group stands in the bits above `bits`."""
    return np.arange(first, first + n, dtype=np.int64) + (group << bits)


def _scrambled(values: Ints, bits: int) -> pl.Series:
    """Return each number as another one, the same for no two: an odd factor and a shift modulo a power of two."""
    mixed = (values.astype(np.uint64) * np.uint64(_ODD) + np.uint64(_SHIFT)) & np.uint64((1 << bits) - 1)
    return pl.Series(mixed).cast(pl.String)


def post_ids(values: Ints) -> pl.Series:
    """Return ids of posts by their numbers (below 2^52)."""
    return _scrambled(values, _POST_BITS)


def account_ids(values: Ints) -> pl.Series:
    """Return ids of accounts by their numbers (below 2^42)."""
    return "u" + _scrambled(values, _ACCOUNT_BITS)


@dataclass(frozen=True)
class Cast:
    """The accounts of a campaign or decoy, and where the numbers of its posts begin.

    Attributes
    ----------
    name : of the campaign or decoy.
    account_id : of its members, without platform.
    group : the number under which its posts are numbered, below 2^18; 0 is the crowd.
    span : length of the world, microseconds.
    """

    name: str
    account_id: pl.Series
    group: int
    span: int

    def posts(self, n: int, first: int = 0) -> pl.Series:
        """Return the ids of its posts from `first`."""
        return post_ids(numbers(self.group, first, n, 34))


def drafts(at: Ints, columns: dict[str, Any]) -> pl.DataFrame:
    """Return posts with all columns of :data:`POSTS`, in the order given, of those inside the world.

    Parameters
    ----------
    at : microseconds from the world's beginning; `created_at` holds them as times since 1970 until the world is put
        together (see :func:`dated`).
    columns : what is known; the others are null.
    """
    frame = pl.DataFrame({"created_at": pl.Series(at)} | columns)
    missing = [pl.lit(None).alias(name) for name in POSTS if name not in frame.columns]
    return frame.with_columns(missing).select(
        pl.from_epoch(name, "us").dt.replace_time_zone("UTC") if name == "created_at" else pl.col(name).cast(dtype)
        for name, dtype in POSTS.items()
    )
