"""The pairs of posts behind each link, and what they say of it: who came first, how far apart, with how many posts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.link.count import PACK, among, matches
from cib.link.sweep import BYTES_PER_PAIR, Sweep, repeated, sweep
from cib.tables import PAIRS, REPETITION

__all__ = ["Fast", "Sink", "repetition", "write_evidence"]

Ints: TypeAlias = npt.NDArray[np.int64]
Sink: TypeAlias = Callable[[pl.DataFrame], None]

_COLUMNS: Final = {
    "key": pl.Int64,
    "object": pl.UInt32,
    "time_a": pl.Int64,
    "time_b": pl.Int64,
    "post_a": pl.UInt32,
    "post_b": pl.UInt32,
}


@dataclass(frozen=True)
class Fast:
    """A shorter window, whose pairs are counted once more.

    Attributes
    ----------
    width : the window, microseconds.
    accounts : accounts that take part inside it; None: all.
    """

    width: int
    accounts: Ints | None = None


def write_evidence(
    swept: Sweep, links: pl.DataFrame, sink: Sink, *, memory: int, fast: Fast | None = None, order: Ints | None = None
) -> pl.DataFrame:
    """Write the pairs behind the links to the sink, and return what they say: one row a link.

    Parameters
    ----------
    swept : the sweep that found them.
    links : key and pairs, sorted by key.
    sink : is given PAIRS in frames sorted by (a, b), in order.
    memory : bound on working memory, bytes: links are worked off in groups whose pairs fit.
    fast : a shorter window, whose pairs are counted apart.
    order : of each account, its place in the input: of two posts at one moment that of the earlier account counts
        as first (as in CooRTweet, which keeps the order of rows). None: the order of account numbers.

    Returns
    -------
    DataFrame : key and the columns of EDGES that come from pairs.

    Notes
    -----
    One pass over the pairs of the sweep for each group of links.
    """
    size = max(memory // BYTES_PER_PAIR, 1)
    group = (links["pairs"].cum_sum() - 1) // size
    facts = [_facts(_matches(swept, links.head(0), size), fast, order)]
    for _, some in links.with_columns(group=group).group_by("group", maintain_order=True):
        pairs = _matches(swept, some, size)
        sink(PAIRS.check(pairs.select(list(PAIRS.columns))))
        facts.append(_facts(pairs, fast, order))
    return pl.concat(facts)


def _matches(swept: Sweep, links: pl.DataFrame, size: int) -> pl.DataFrame:
    """Return PAIRS, with key and both times in microseconds, of these links, sorted by a, b, time, object, posts."""
    wanted = links["key"].to_numpy()
    swept = among(swept, wanted)
    post = swept.acts["post"].to_numpy()
    found = [pl.DataFrame(schema=_COLUMNS)]
    for left, right, keys in matches(swept, wanted, size):
        swap = swept.account[left] > swept.account[right]
        a, b = np.where(swap, right, left), np.where(swap, left, right)
        values = (keys, swept.object[left], swept.time[a], swept.time[b], post[a], post[b])
        found.append(pl.DataFrame(dict(zip(_COLUMNS, values, strict=True)), schema=_COLUMNS))
    return (
        pl.concat(found)
        .with_columns(
            a=(pl.col("key") // PACK).cast(pl.UInt32),
            b=(pl.col("key") % PACK).cast(pl.UInt32),
            delta_s=(pl.col("time_b") - pl.col("time_a")) / 1e6,
            time=pl.from_epoch(pl.min_horizontal("time_a", "time_b"), "us").dt.replace_time_zone("UTC"),
        )
        .sort("key", "time", maintain_order=True)  # ties stay in the order of the sweep: object, then posts
    )


def _facts(pairs: pl.DataFrame, fast: Fast | None, order: Ints | None) -> pl.DataFrame:
    """Return the facts of each link, sorted by key."""
    delta = pl.col("time_b") - pl.col("time_a")
    pairs = pairs.select(
        "key",
        "time",
        "post_a",
        "post_b",
        delta=delta,
        gap=delta.abs(),
        a_first=(delta > 0) | ((delta == 0) & _earlier(pairs, order)),
        quick=_is_fast(pairs, fast),
    ).with_columns(
        first=pl.when("a_first").then("post_a").otherwise("post_b"),
        second=pl.when("a_first").then("post_b").otherwise("post_a"),
    )
    quick = pl.col("quick")
    asked = pl.lit(fast is not None)
    return pairs.group_by("key", maintain_order=True).agg(
        messages_a=pl.col("post_a").n_unique(),
        messages_b=pl.col("post_b").n_unique(),
        posts_first=pl.col("first").n_unique(),
        posts_second=pl.col("second").n_unique(),
        first_at=pl.col("time").min(),
        last_at=(pl.col("time") + pl.duration(microseconds="gap")).max(),
        delta_median_s=pl.col("gap").median() / 1e6,
        delta_mean_s=pl.col("gap").sum() / pl.len() / 1e6,  # whole numbers until the end: the order does not matter
        lead=((pl.col("delta") > 0).sum() + 0.5 * (pl.col("delta") == 0).sum()) / pl.len(),
        pairs_fast=pl.when(asked).then(quick.sum().cast(pl.UInt64)),
        posts_first_fast=pl.when(asked).then(pl.col("first").filter(quick).n_unique()),
        posts_second_fast=pl.when(asked).then(pl.col("second").filter(quick).n_unique()),
        delta_mean_fast_s=pl.when(quick.any()).then(pl.col("gap").filter(quick).sum() / quick.sum() / 1e6),
    )


def _earlier(pairs: pl.DataFrame, order: Ints | None) -> pl.Series:
    """Return whether a stands before b in the input; within one account, whether its smaller post is a's."""
    if order is None:
        return pl.Series(np.ones(len(pairs), dtype=np.bool_))
    a, b = order[pairs["a"].to_numpy()], order[pairs["b"].to_numpy()]
    posts = pairs["post_a"].to_numpy() <= pairs["post_b"].to_numpy()
    return pl.Series((a < b) | ((a == b) & posts))


def _is_fast(pairs: pl.DataFrame, fast: Fast | None) -> pl.Series:
    if fast is None:
        return pl.Series(np.zeros(len(pairs), dtype=np.bool_))
    near = np.abs(pairs["time_b"].to_numpy() - pairs["time_a"].to_numpy()) <= fast.width
    if fast.accounts is not None:
        near &= np.isin(pairs["a"].to_numpy(), fast.accounts) | np.isin(pairs["b"].to_numpy(), fast.accounts)
    return pl.Series(near)


def repetition(traces: pl.DataFrame, window: timedelta, name: str) -> pl.DataFrame:
    """Return REPETITION of a layer: what its accounts repeat themselves inside the window.

    Parameters
    ----------
    traces : TRACES, any order.
    window : the window, inclusive.
    name : the layer's name.

    Notes
    -----
    A sweep in which an account's acts on an object are an object of their own. A post that stands twice on one object
    does not match itself.
    """
    again = repeated(traces["object"].to_numpy(), traces["account"].to_numpy())
    acts = (
        traces.filter(pl.Series(again)).unique(["account", "object", "post"]).sort("account", "object", "time", "post")
    )
    whose = pl.struct("account", "object").rle_id()
    own = sweep(acts.select("post", "time", account="account", object=whose), window)
    reach = own.reach
    reached = np.concatenate(([False], own.end[:-1] > np.arange(1, len(own.end)))) if len(own.end) else reach > 0
    found = own.acts.with_columns(reach=pl.Series(reach), matched=pl.Series((reach > 0) | reached))
    found = found.group_by("account").agg(
        pairs=pl.col("reach").sum().cast(pl.UInt64), messages=pl.col("post").filter("matched").n_unique()
    )
    found = found.filter(pl.col("pairs") > 0).sort("account").with_columns(layer=pl.lit(name))
    return REPETITION.check(found.select(list(REPETITION.columns)))
