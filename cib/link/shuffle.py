"""TRACES in which nobody acts together on purpose: what the same settings still find there is found by chance.

Two shuffles, since what a layer calls acting together differs:

- *With a window* two accounts are linked by when they act. All times of an account are shifted round the span of the
  data by one random offset of its own, as is done with spike trains [1]_. Who acted on what stays, and each account's
  own rhythm; that two act at one time is broken. (Two accounts whose offsets are a window apart or less still meet:
  a window of a day among twenty days leaves one pair in ten together.)
- *Without a window*, or where a link weighs what overlap and timing agree on, they are linked by what they act on. The
  authors of posts are exchanged at random among the posts of the same language and week whose rarest object is about as
  popular. How busy each account is in each week and language stays, how popular each object is, and what one post
  holds; who shares what with whom is broken.

Neither is a world with its communities: people of one interest or time zone are torn apart like everybody else, so that
what real data have above the shuffled is not yet coordination. And where one group writes most posts of a language and
week, the exchange leaves it among itself, and with it part of what it shares.

.. [1] Pipa et al. (2008), and Louis et al. (2010), Surrogate Spike Train Generation Through Dithering in Operational
   Time. doi:10.3389/fncom.2010.00127
"""

from datetime import datetime, timedelta
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.tables import OBJECTS, TRACES

__all__ = ["draw_offsets", "exchange", "shift"]

Ints: TypeAlias = npt.NDArray[np.int64]
_MICROSECOND: Final = timedelta(microseconds=1)
_FEW: Final = 50
"""Accounts below which a band of a week and language is no crowd to exchange authors in: then its bands are one."""
_ORDER: Final = ("object", "time", "account", "post")


def draw_offsets(
    n_accounts: int, span: tuple[datetime, datetime], resolution: timedelta, rng: np.random.Generator
) -> Ints:
    """Return an offset for each account, microseconds: whole steps of the data's clock, at most the span.

    Parameters
    ----------
    n_accounts : accounts, which are numbered from 0.
    span : first and last time of the data.
    resolution : step that all times keep to; offsets do too, or two acts of minute stamps would be less often in one
        minute than real ones.
    rng : source of randomness.
    """
    step = resolution // _MICROSECOND
    return rng.integers(0, _circle(span, resolution) // step, n_accounts) * step


def shift(traces: pl.DataFrame, span: tuple[datetime, datetime], resolution: timedelta, offsets: Ints) -> pl.DataFrame:
    """Return the traces with each account's times moved on by its offset; what leaves the span comes in at its start.

    Parameters
    ----------
    traces : TRACES.
    span : first and last time of the data. Acts outside it are a mistake of the caller.
    resolution : step of the data's clock: the circle closes one step after the last time.
    offsets : of each account, microseconds (see :func:`draw_offsets`); the same for all layers, so that an account's
        acts in two layers stay together.

    Returns
    -------
    DataFrame : TRACES by object, time, account, post: the same rows, other times.

    Raises
    ------
    TableError
        `traces` break their contract.

    Examples
    --------
    >>> from datetime import UTC
    >>> at = lambda s: datetime(2020, 1, 1, 0, 0, s, tzinfo=UTC)
    >>> rows = {"account": [0, 0, 1], "object": [7, 7, 7], "post": [0, 1, 2], "time": [at(0), at(8), at(8)]}
    >>> moved = shift(
    ...     pl.DataFrame(rows, schema=TRACES.schema), (at(0), at(9)), timedelta(seconds=1), np.array([3_000_000, 0])
    ... )
    >>> sorted(moved.select("post", pl.col("time").dt.second()).rows())
    [(0, 3), (1, 1), (2, 8)]
    """
    account = TRACES.check(traces)["account"].to_numpy()
    start = pl.Series([span[0]]).dt.epoch("us").item()
    since = traces["time"].dt.epoch("us").to_numpy() - start
    moved = (since + offsets[account]) % _circle(span, resolution) + start
    time = pl.from_epoch(pl.Series("time", moved), "us").dt.replace_time_zone("UTC")
    return traces.with_columns(time).sort(_ORDER)


def exchange(
    traces: pl.DataFrame, objects: pl.DataFrame, languages: pl.DataFrame, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the traces with the authors of alike posts exchanged, and the objects with their new numbers of accounts.

    Posts are alike if they are of one language and week (Monday to Sunday, UTC) and their rarest objects in one band
    of popularity; no language is a language of its own. Where a band of a week and language has fewer than 50 accounts,
    its bands are one: what only a campaign shares would else be exchanged in the campaign alone.

    Parameters
    ----------
    traces, objects : TRACES and OBJECTS of a layer.
    languages : post and language (null: not known) of the posts.
    rng : source of randomness.

    Returns
    -------
    tuple of DataFrame : TRACES by object, time, account, post: the same rows, other accounts; and OBJECTS with other
        `accounts` (acts, bands and strata stay). An account may act on an object more often than it did.

    Raises
    ------
    TableError
        `traces` or `objects` break their contract.

    Notes
    -----
    n log n in acts.
    """
    TRACES.check(traces)
    OBJECTS.check(objects)
    banded = traces.join(objects.select("object", "band"), on="object", maintain_order="left")
    posts = (
        banded.group_by("post", "account")  # a post id that two accounts claim is a post of each
        .agg(week=pl.col("time").min().dt.truncate("1w"), band=pl.col("band").min())
        .join(languages.select("post", "language"), on="post", how="left")
        .with_columns(accounts=pl.col("account").n_unique().over("language", "week", "band"))
        .with_columns(band=pl.when(pl.col("accounts").min().over("language", "week") >= _FEW).then("band"))
        .sort("language", "week", "band", "post", "account")
    )
    alike = posts.select(pl.struct("language", "week", "band").rle_id()).to_series().to_numpy()
    drawn = np.lexsort((rng.random(len(posts)), alike))
    authors = posts.select("post", "account", author=pl.col("account").gather(drawn))
    exchanged = traces.join(authors, on=["post", "account"], maintain_order="left")
    exchanged = exchanged.with_columns(account="author").select(list(TRACES.columns))
    degrees = exchanged.group_by("object").agg(new=pl.col("account").n_unique().cast(pl.UInt32))
    counted = objects.join(degrees, on="object", how="left", maintain_order="left")
    counted = counted.with_columns(accounts=pl.coalesce("new", "accounts")).select(list(OBJECTS.columns))
    return exchanged.sort(_ORDER), counted


def _circle(span: tuple[datetime, datetime], resolution: timedelta) -> int:
    """Return the length of the circle, microseconds: the span, and the step from its last time back to its first."""
    return (span[1] - span[0] + resolution) // _MICROSECOND
