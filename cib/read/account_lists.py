"""Whose posts are read: everybody's, but for a block list, or only those on an allow list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from cib.read.tally import Tally

__all__ = ["ALL_ACCOUNTS", "AccountLists"]

_BLOCKED: Final = "the account is on the block list"
_NOT_ALLOWED: Final = "the account is not on the allow list"


@dataclass(frozen=True)
class AccountLists:
    """Accounts by 'platform:id', or by an id alone, which names an account on any platform.

    Attributes
    ----------
    block : their posts are left out.
    allow : if it names any, the posts of all others are left out.
    """

    block: Sequence[str] = ()
    allow: Sequence[str] = ()

    def applied(self, posts: pl.DataFrame, label: str, tally: Tally) -> pl.DataFrame:
        """Return the posts that stay (account_id, source_row); the others are counted as gone from file `label`."""
        if self.block:
            posts = _kept(posts, ~_named(self.block), (label, _BLOCKED), tally)
        if self.allow:
            posts = _kept(posts, _named(self.allow), (label, _NOT_ALLOWED), tally)
        return posts


ALL_ACCOUNTS: Final = AccountLists()


def _named(names: Sequence[str]) -> pl.Expr:
    known = pl.Series(names, dtype=pl.String).implode()
    return pl.col("account_id").is_in(known) | pl.col("account_id").str.extract(r"(?s)^[^:]*:(.*)$").is_in(known)


def _kept(posts: pl.DataFrame, stays: pl.Expr, why: tuple[str, str], tally: Tally) -> pl.DataFrame:
    gone = posts.filter(~stays)
    tally.drop(*why, len(gone), [f"row {row}" for row in gone["source_row"].head(3)])
    return posts.filter(stays)
