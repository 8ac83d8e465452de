"""The parts put together: numbers for posts and accounts, merged rows in place, one file a table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import polars as pl
from polars.io.plugins import register_io_source

from cib.read.account_tables import account_table
from cib.read.accounts import latest, numbered, overlay
from cib.read.ahead import ahead
from cib.read.repeats import LISTS, NUMBER, Fates
from cib.read.tally import Tally
from cib.settings import InputSettings
from cib.tables import POSTS

__all__ = [
    "Clock",
    "Parts",
    "Times",
    "as_posts",
    "left",
    "with_tables",
    "write_accounts",
    "write_posts",
    "write_table",
]

_RESOLUTIONS_S: Final = {86400.0: 10, 3600.0: 10, 60.0: 3, 1.0: 1}
"""Steps that times can keep to, and how many different times must do so before it is taken for a habit of the source:
one post at midnight does not mean that the source knows only days."""
_FINEST_S: Final = 0.001
_MERGED_AT_ONCE: Final = 100_000
_NO_TABLE_ROW: Final = "posts by accounts that are not in the account table: kept"
_NO_POSTS: Final = "accounts of the account table without posts: left out"


@dataclass(frozen=True)
class Parts:
    """The files that the batches were written to, in reading order.

    Attributes
    ----------
    folder : where they lie.
    posts : posts of each batch, with the columns that repeats are found by.
    accounts : what each batch says of its accounts.
    counts : posts of each batch.
    origins : name of each batch's source.
    """

    folder: Path
    posts: list[Path] = field(default_factory=list)
    accounts: list[Path] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Posts written so far."""
        return sum(self.counts)

    def add(self, posts: pl.DataFrame, accounts: pl.DataFrame, origin: str) -> None:
        """Write one batch of a source."""
        for sort, frame, files in (("posts", posts, self.posts), ("accounts", accounts, self.accounts)):
            path = self.folder / f"{sort}-{len(files):06}.arrow"
            frame.write_ipc(path, compression="uncompressed")  # read once, then gone
            files.append(path)
        self.counts.append(len(posts))
        self.origins.append(origin)


@dataclass(frozen=True)
class Times:
    """What the posts' times look like: how many, the coarsest step they all keep to, the first and the last."""

    posts: int
    resolution_s: float
    first_at: datetime
    last_at: datetime


def write_accounts(
    parts: Parts, fates: Fates, settings: InputSettings, root: Path, tally: Tally
) -> tuple[pl.DataFrame, list[str]]:
    """Return the ACCOUNTS table of all accounts with posts, and sentences about account files."""
    known = latest(pl.read_ipc(path) for path in parts.accounts)
    return with_tables(known, _posted(parts, fates), partial(_platforms, parts), (settings, root), tally)


def with_tables(
    known: pl.DataFrame,
    posted: pl.DataFrame,
    platforms: Callable[[str], pl.Series],
    given: tuple[InputSettings, Path],
    tally: Tally,
) -> tuple[pl.DataFrame, list[str]]:
    """Return the ACCOUNTS table of all accounts with posts, and sentences about account files.

    Parameters
    ----------
    known : what posts say of their accounts, one row an account.
    posted : account_id and how many posts stay, for each account with any.
    platforms : name of a source -> the platforms that its accounts are on.
    given : the input section, which names account tables, and the folder that its paths start from.
    tally : where rows of the tables are counted.
    """
    settings, root = given
    known = known.join(posted, on="account_id", how="semi", maintain_order="left")
    notes = []
    for origin, source in settings.all_sources.items():
        if source.accounts:
            here = known.filter(pl.col("platform").is_in(platforms(origin).implode()))
            table = account_table(source, root, here, tally)
            notes.append(_told(table, source.accounts, posted.join(here, on="account_id", how="semi"), tally))
            known = overlay(known, table)
    return numbered(known), notes


def _platforms(parts: Parts, origin: str) -> pl.Series:
    """Return the platforms that a source's accounts are on."""
    own = [path for path, name in zip(parts.accounts, parts.origins, strict=True) if name == origin]
    found = [pl.read_ipc(path, columns=["platform"])["platform"].unique() for path in own]
    return pl.concat([pl.Series("platform", [], dtype=pl.String), *found]).unique()


def _told(table: pl.DataFrame, files: tuple[str, ...], posted: pl.DataFrame, tally: Tally) -> str:
    """Count the posts without a row in the account table and the rows without posts, and return a sentence."""
    absent = posted.join(table, on="account_id", how="anti").sort("account_id")
    idle = table.join(posted, on="account_id", how="anti").sort("account_id")
    where = ", ".join(files)
    count = int(absent["posts"].sum())
    if count:
        tally.remark(where, _NO_TABLE_ROW, (count, count), absent["account_id"])
    if len(idle):
        tally.remark(where, _NO_POSTS, (len(table), len(table) - len(idle)), idle["account_id"])
    return (
        f"The account table names {len(posted) - len(absent):,} of {len(posted):,} accounts; "
        f"{count:,} posts are by others and were kept."
    )


def _posted(parts: Parts, fates: Fates) -> pl.DataFrame:
    """Return account_id and the number of posts that stay; memory is that of the accounts."""
    held, rows, merged = [pl.DataFrame(schema={"account_id": pl.String, "posts": pl.UInt32})], 0, 0
    for path in parts.posts:
        posts = pl.read_ipc(path, columns=["account_id", NUMBER])
        held.append(posts.filter(_stays(posts, fates)).group_by("account_id").agg(posts=pl.len()))
        rows += len(held[-1])
        if rows > 2 * merged + _MERGED_AT_ONCE:
            held = [_summed(held)]
            rows = merged = len(held[0])
    return _summed(held)


def _summed(counts: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(counts).group_by("account_id").agg(pl.col("posts").sum())


def _stays(posts: pl.DataFrame, fates: Fates) -> pl.Series:
    return pl.Series(fates.keep[posts[NUMBER][0] : posts[NUMBER][-1] + 1])


def _kept(parts: Parts, fates: Fates) -> Iterator[pl.DataFrame]:
    """Yield the parts without the rows that went, merged lists in their place."""
    merged = pl.scan_parquet(fates.merged) if fates.merged else None
    for path in parts.posts:
        posts = pl.read_ipc(path)
        low, high = posts[NUMBER][0], posts[NUMBER][-1]
        lists = None
        if merged is not None:
            lists = merged.filter(pl.col(NUMBER).is_between(low, high)).collect()
        yield left(posts, _stays(posts, fates), lists)


def left(posts: pl.DataFrame, stays: pl.Series, lists: pl.DataFrame | None) -> pl.DataFrame:
    """Return the posts of a part that stay, with the merged lists (by :data:`NUMBER`) in place of their own."""
    posts = posts.filter(stays)
    return posts if lists is None else _with_lists(posts, lists.with_columns(found=True))


def _with_lists(posts: pl.DataFrame, lists: pl.DataFrame) -> pl.DataFrame:
    joined = posts.join(lists, on=NUMBER, how="left", suffix=" merged", maintain_order="left")
    merged = [pl.when("found").then(f"{name} merged").otherwise(name).alias(name) for name in LISTS]
    return joined.with_columns(merged).select(posts.columns)


def write_posts(parts: Parts, fates: Fates, accounts: pl.DataFrame, path: Path) -> Times:
    """Write the POSTS table part by part, and return what its times look like."""
    return write_table(ahead(_numbered_posts(parts, fates, accounts)), path, max(parts.counts)).times()


@dataclass
class Clock:
    """Looks at times as they pass.

    Attributes
    ----------
    posts : how many times there were.
    steps : steps, seconds, that all of them keep to.
    different : some of them; all, if they are few.
    span : the first and the last, if there are any.
    """

    posts: int = 0
    steps: set[float] = field(default_factory=lambda: set(_RESOLUTIONS_S))
    different: set[int] = field(default_factory=set)
    span: list[datetime] = field(default_factory=list)

    def see(self, times: pl.Series) -> None:
        """Take in some times."""
        some = set(times.to_physical().unique().head(max(_RESOLUTIONS_S.values())))
        steps = {step for step in self.steps if _keeps_to(times, step)}
        self.take(
            Clock(len(times), steps, some, list(times.to_frame("at").select(pl.min("at"), last=pl.max("at")).row(0)))
        )

    def take(self, other: "Clock") -> None:
        """Take in what another clock has seen."""
        self.posts += other.posts
        self.steps &= other.steps
        self.different |= other.different
        span = [*self.span, *other.span]
        self.span = [min(span), max(span)] if span else []

    def times(self) -> Times:
        """Return what they all look like."""
        steps = {step for step in self.steps if len(self.different) >= _RESOLUTIONS_S[step]}
        return Times(self.posts, max(steps, default=_FINEST_S), *self.span)


def write_table(tables: Iterator[pl.DataFrame], path: Path, rows: int) -> Clock:
    """Write POSTS to a Parquet file, in groups of at most so many rows, and return what has seen their times."""
    clock = Clock()

    def pieces(_columns: Any, _predicate: Any, _rows: Any, _size: Any) -> Iterator[pl.DataFrame]:
        for table in tables:
            clock.see(table["created_at"])
            yield table

    # polars packs the columns side by side, in groups of rows that do not depend on how many threads it has.
    register_io_source(pieces, schema=POSTS.schema).sink_parquet(
        path, compression="zstd", compression_level=1, row_group_size=rows
    )
    return clock


def _numbered_posts(parts: Parts, fates: Fates, accounts: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the POSTS table in pieces, none of them empty."""
    # Sorted ids as categories: the category's number is the account's number, looked up in one hash table.
    numbers = pl.Enum(accounts["account_id"])
    first = 0
    for posts in _kept(parts, fates):
        account = pl.col("account_id").cast(numbers).to_physical().cast(pl.UInt32)
        table = as_posts(posts.with_columns(account=account), first)
        first += len(table)
        if len(table):
            yield table


def as_posts(posts: pl.DataFrame, first: int) -> pl.DataFrame:
    """Return POSTS of what stays of a part, with `account`; its first post has the number `first`."""
    post = pl.int_range(first, first + len(posts), dtype=pl.UInt32)
    return POSTS.check(posts.with_columns(post=post).select(list(POSTS.columns)))


def _keeps_to(times: pl.Series, step_s: float) -> bool:
    return bool((times.to_physical() % round(step_s * 1_000_000) == 0).all())
