"""The pairs of posts behind each link, and what they say of it: who came first, how far apart, with how many posts."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.link.acts import Acts, marked
from cib.link.count import PACK, matches
from cib.link.parts import Swept
from cib.link.sweep import BYTES_PER_PAIR, Sweep, repeated, sweep
from cib.tables import PAIRS, REPETITION

__all__ = [
    "MATCHES",
    "Fast",
    "Sink",
    "facts_of",
    "pairs_of",
    "records_of",
    "repeats",
    "repetition",
    "write_evidence",
]

Ints: TypeAlias = npt.NDArray[np.int64]
Marks: TypeAlias = npt.NDArray[np.bool_]
Records: TypeAlias = npt.NDArray[np.void]
Sink: TypeAlias = Callable[[pl.DataFrame], None]

MATCHES: Final = {
    "key": pl.Int64,
    "object": pl.UInt32,
    "time_a": pl.Int64,
    "time_b": pl.Int64,
    "post_a": pl.UInt32,
    "post_b": pl.UInt32,
}
"""Pairs of posts: the key of their accounts, on what, microseconds and post of the smaller and the larger account."""
_RECORD: Final = np.dtype([(name, "<i8" if dtype == pl.Int64 else "<u4") for name, dtype in MATCHES.items()])
"""A pair as it lies in a file."""
_AGAIN: Final = {"account": pl.UInt32, "post": pl.UInt32, "reach": pl.Int64}


@dataclass(frozen=True)
class Fast:
    """A shorter window, whose pairs are counted once more.

    Attributes
    ----------
    width : the window, microseconds.
    accounts : marks of the accounts that take part inside it; None: all.
    """

    width: int
    accounts: Marks | None = None


def write_evidence(  # noqa: PLR0913
    swept: Swept,
    links: pl.DataFrame,
    sink: Sink,
    *,
    memory: int,
    scratch: Path | None = None,
    fast: Fast | None = None,
    order: Ints | None = None,
) -> pl.DataFrame:
    """Write the pairs behind the links to the sink, and return what they say: one row a link.

    Parameters
    ----------
    swept : the sweep that found them.
    links : key and pairs, sorted by key.
    sink : is given PAIRS in frames sorted by (a, b), in order.
    memory : bound on working memory, bytes: links are worked off in groups whose pairs fit.
    scratch : folder for the pairs of the groups, if there are several; None: the system's.
    fast : a shorter window, whose pairs are counted apart.
    order : of each account, its place in the input: of two posts at one moment that of the earlier account counts
        as first (as in CooRTweet, which keeps the order of rows). None: the order of account numbers.

    Returns
    -------
    DataFrame : key and the columns of EDGES that come from pairs.

    Notes
    -----
    One pass over the pairs of the sweep; if they do not fit, each is put on disk with its group, 36 bytes a pair.
    """
    size = max(memory // 4 // BYTES_PER_PAIR, 1)
    keys = links["key"].to_numpy()
    group = ((links["pairs"].cum_sum() - 1) // size).to_numpy()
    cuts = keys[np.flatnonzero(np.diff(group)) + 1]
    found = (records_of(*match) for match in matches(swept, keys, size))
    facts = []
    for records in _by_group(found, cuts, scratch):
        pairs = pairs_of(pl.DataFrame({name: records[name] for name in MATCHES}, schema=MATCHES))
        sink(PAIRS.check(pairs.select(list(PAIRS.columns))))
        facts.append(facts_of(pairs, fast, order))
    return pl.concat(facts or [facts_of(pairs_of(pl.DataFrame(schema=MATCHES)), fast, order)])


def records_of(part: Sweep, left: Ints, right: Ints, keys: Ints) -> Records:
    """Return pairs of rows of a sweep as records of :data:`MATCHES`."""
    swap = part.account[left] > part.account[right]
    a, b = np.where(swap, right, left), np.where(swap, left, right)
    post = part.acts["post"].to_numpy()
    records = np.empty(len(keys), dtype=_RECORD)
    values = (keys, part.object[left], part.time[a], part.time[b], post[a], post[b])
    for name, column in zip(MATCHES, values, strict=True):
        records[name] = column
    return records


def _by_group(found: Iterator[Records], cuts: Ints, scratch: Path | None) -> Iterator[Records]:
    """Yield the records whose key is below the first cut, then those up to the next, in the order they were found."""
    if not len(cuts):
        whole = list(found)
        if whole:
            yield np.concatenate(whole)
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(dir=scratch, prefix="cib-")))
        for records in found:
            group = np.searchsorted(cuts, records["key"], side="right")
            order = np.argsort(group, kind="stable")
            ends = np.searchsorted(group[order], np.arange(len(cuts) + 2))
            for n in np.flatnonzero(np.diff(ends)).tolist():
                with (folder / str(n)).open("ab") as file:
                    file.write(records[order[ends[n] : ends[n + 1]]].tobytes())
        for n in range(len(cuts) + 1):
            yield np.fromfile(folder / str(n), dtype=_RECORD)


def pairs_of(found: pl.DataFrame) -> pl.DataFrame:
    """Return PAIRS, with key and both times in microseconds, sorted by a, b, time, object, posts.

    `found` are :data:`MATCHES` in the order of the sweep.
    """
    return (
        found.with_columns(
            a=(pl.col("key") // PACK).cast(pl.UInt32),
            b=(pl.col("key") % PACK).cast(pl.UInt32),
            delta_s=(pl.col("time_b") - pl.col("time_a")) / 1e6,
            time=pl.from_epoch(pl.min_horizontal("time_a", "time_b"), "us").dt.replace_time_zone("UTC"),
        ).sort("key", "time", maintain_order=True)  # ties stay in the order of the sweep: object, then posts
    )


def facts_of(pairs: pl.DataFrame, fast: Fast | None, order: Ints | None) -> pl.DataFrame:
    """Return what pairs (see :func:`pairs_of`) say of each link, in the order of the keys: EDGES in part."""
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
        near &= marked(fast.accounts, pairs["a"].to_numpy()) | marked(fast.accounts, pairs["b"].to_numpy())
    return pl.Series(near)


def repetition(acts: Acts, window: timedelta, name: str) -> pl.DataFrame:
    """Return REPETITION of a layer: what its accounts repeat themselves inside the window.

    Parameters
    ----------
    acts : of the layer.
    window : the window, inclusive.
    name : the layer's name.

    Notes
    -----
    A sweep in which an account's acts on an object are an object of their own. A post that stands twice on one object
    does not match itself. Memory: the acts that are repeated, 24 bytes each.
    """
    found = pl.concat([pl.DataFrame(schema=_AGAIN), *(repeats(slab, window) for slab in acts)])
    found = found.group_by("account").agg(
        pairs=pl.col("reach").sum().cast(pl.UInt64), messages=pl.col("post").n_unique()
    )
    found = found.filter(pl.col("pairs") > 0).sort("account").with_columns(layer=pl.lit(name))
    return REPETITION.check(found.select(list(REPETITION.columns)))


def repeats(slab: pl.DataFrame, window: timedelta) -> pl.DataFrame:
    """Return account, post and reach of the acts that others of the account match; the slab holds whole objects."""
    again = repeated(slab["object"].to_numpy(), slab["account"].to_numpy())
    if not again.any():
        return pl.DataFrame(schema=_AGAIN)
    acts = slab.filter(pl.Series(again)).unique(["account", "object", "post"]).sort("account", "object", "time", "post")
    whose = pl.struct("account", "object").rle_id()
    own = sweep(acts.select("post", "time", account="account", object=whose), window)
    reach = own.reach
    reached = np.concatenate(([False], own.end[:-1] > np.arange(1, len(own.end)))) if len(own.end) else reach > 0
    found = own.acts.select("account", "post").with_columns(reach=pl.Series(reach, dtype=pl.Int64))
    return found.filter(pl.Series((reach > 0) | reached))
