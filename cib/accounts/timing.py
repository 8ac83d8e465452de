r"""Co-timing and alternation: accounts of a network that act at the same moments, or never, beyond their rhythms.

Both count, for two accounts, the time bins in which both posted anything. Two accounts of one time zone meet often by
chance, so that chance is asked of the data: the days of each account are turned round its own active period by a
random number of whole days, of whole weeks where it was active for 20 weeks or more [1]_. Its hours of the day, its
weekdays then, how busy it is and how its days follow one another all stay; only which of its days meet which of
another's is drawn anew. With c the count and c_1 ... c_R those under R turns,

.. math:: p_{together} = \frac{1 + \#\{c_r \ge c\}}{R + 1}, \qquad p_{apart} = \frac{1 + \#\{c_r \le c\}}{R + 1}

A turn that moves both accounts alike tells of itself and is left out for this pair. The expected count E is the mean of
c and all c_r. Since many pairs are looked at, each pair also gets a p for its whole
network: the share of turns in which any pair lies as far out, in (c - E) / sqrt(V + 1) with V the variance of
all of them (single-step maxT [2]_).

What it cannot tell: whether two accounts meet because both follow the same event; a campaign and an election night
look alike in it. And of accounts that keep apart, whether one person runs both, or two take turns at a desk.

References
----------
.. [1] Louis, Gerstein, Grün and Diesmann (2010), Surrogate spike train generation through dithering in operational
       time, Front. Comput. Neurosci. 4:127. doi:10.3389/fncom.2010.00127
.. [2] Westfall and Young (1993), Resampling-based multiple testing, Wiley.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.settings import CoTimingSettings
from cib.tables import CO_TIMING, NETWORK_TIMING, POSTS

__all__ = ["CoTiming", "co_timing"]

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Counts: TypeAlias = npt.NDArray[np.int32]
Masked: TypeAlias = np.ma.MaskedArray[Any, np.dtype[np.int32]]
Row: TypeAlias = dict[str, object]

_DAY_S: Final = 86_400
_DAYS_NEEDED: Final = 14
"""Active period (first to last day) of an account, and days that two must have in common."""
_WEEKS_FROM: Final = 140
"""Days of active period from which on turns are whole weeks: with fewer there are not 20 different ones."""
_BINS_NEEDED: Final = 20
_ALPHA: Final = 0.05
_DENSE: Final = 16
"""Moments per act up to which counting all of them is cheaper than sorting the acts."""
_AT_ONCE: Final = 1_000_000
"""Acts of turned accounts that are counted at once: bounds the memory at some 100 MB."""
_ROUNDING: Final = 1e-9
_FEW_OF: Final = 10
"""An alternating pair meets at most once where this many meetings are expected."""


@dataclass(frozen=True)
class CoTiming:
    """What was found: one row a network (tables.NETWORK_TIMING), and one a pair (tables.CO_TIMING)."""

    networks: pl.DataFrame
    pairs: pl.DataFrame


@dataclass(frozen=True)
class _Active:
    """The accounts of one network that can be tested: when they were active.

    Attributes
    ----------
    accounts : their numbers.
    who : place in `accounts` of each act, rising.
    day, second : of each act: days since 1970, seconds of the day (UTC).
    first, circle, step : of each account: its first day, the days its period is turned in, the days of one step.
    """

    accounts: Ints
    who: Ints
    day: Ints
    second: Ints
    first: Ints
    circle: Ints
    step: Ints

    def pairs(self) -> tuple[Ints, Ints]:
        """Return the pairs, each account with each later one, whose active periods overlap by enough days."""
        a, b = np.triu_indices(len(self.accounts), 1)
        last = self.first + self.circle - 1
        common = np.minimum(last[a], last[b]) - np.maximum(self.first[a], self.first[b]) + 1
        enough = common >= _DAYS_NEEDED
        return a[enough].astype(np.int64), b[enough].astype(np.int64)


def co_timing(
    posts: pl.LazyFrame, members: pl.DataFrame, settings: CoTimingSettings, *, resolution_s: float, seed: int
) -> CoTiming:
    """Test the accounts of each network for acting at the same moments, and for keeping out of each other's way.

    Parameters
    ----------
    posts : tables.POSTS; account and time are read, of members only.
    members : network, account; an account may be in several networks.
    settings : the `co_timing` section: bins, number of turns, the most accounts of a network that are tested (the
        busiest), the meetings that have to be expected before their absence is spoken of.
    resolution_s : times are multiples of this, seconds; bins are never finer.
    seed : of the turns.

    Returns
    -------
    CoTiming : networks in order of number, pairs in order of network, a, b. Of a pair only what can be told: pairs
        of accounts that are too rarely active, or hardly at the same time, have no row.

    Raises
    ------
    TableError
        `posts` break their contract.

    Notes
    -----
    For each network and turn, linear in the members' posts and in the meetings of two accounts in a bin. Holds 12 bytes
    a post of each membership, 24 more of the largest network, and 10 bytes a pair and turn: 40 MB with 200 accounts
    and 200 turns.
    """
    POSTS.check_schema(posts.collect_schema())
    of = members.select("network", "account")
    acts = posts.select("account", "created_at").join(of.lazy(), on="account").collect()
    active = acts.partition_by("network", as_dict=True, include_key=False)
    found = [
        _one_network((network, size), active.get((network,), acts.clear()), settings, (resolution_s, seed))
        for network, size in of.group_by("network").len().sort("network").iter_rows()
    ]
    networks = pl.DataFrame([row for row, _ in found], schema=NETWORK_TIMING.schema)
    pairs = pl.concat([CO_TIMING.empty(), *(pairs for _, pairs in found)])
    return CoTiming(networks, pairs)


def _one_network(
    of: tuple[int, int], acts: pl.DataFrame, settings: CoTimingSettings, how: tuple[float, int]
) -> tuple[Row, pl.DataFrame]:
    """Return the row of a network (its number and size), and its pairs."""
    (network, size), (resolution_s, seed) = of, how
    active = _active(acts, settings.accounts)
    a, b = active.pairs()
    row: Row = {"network": network, "accounts": size, "tested": len(active.accounts), "pairs": len(a)}
    silence = _silence(len(active.accounts), len(a), resolution_s, settings.turns)
    if silence:
        return row | {"pairs": 0, "sentence": silence}, CO_TIMING.empty()
    widths = [max(width.total_seconds(), resolution_s) for width in (settings.bin, settings.apart_bin)]
    turns = _turns(active, settings.turns, np.random.default_rng([seed, network]))
    near, far = (_counts(active, turns, width, (a, b)) for width in widths)
    alike = turns[:, a] == turns[:, b]
    alike[0] = False
    ends = {"network": np.full(len(a), network), "a": active.accounts[a], "b": active.accounts[b]}
    pairs = _judged(ends, np.ma.array(near, mask=alike), np.ma.array(far, mask=alike), settings.min_expected)
    return row | _summary(pairs, near.sum(axis=1, dtype=np.int64), widths), pairs


def _judged(ends: dict[str, Ints], near: Masked, far: Masked, min_expected: float) -> pl.DataFrame:
    """Return tables.CO_TIMING from the counts (turns x pairs) in fine bins and in those for keeping apart."""
    every = np.ones(near.shape[1], dtype=bool)
    expected, met_expected = (np.asarray(counts.mean(axis=0)) for counts in (near, far))
    judged = met_expected >= min_expected
    columns = ends | {
        "together": near.data[0],
        "expected": expected,
        "p_together": _pair_p(near, 1),
        "p_together_network": _network_p(near, 1, every),
        "met": far.data[0],
        "met_expected": met_expected,
        "p_apart": np.where(judged, _pair_p(far, -1), np.nan),
        "p_apart_network": _network_p(far, -1, judged),
    }
    pairs = pl.DataFrame(columns).with_columns(pl.col("p_apart", "p_apart_network").fill_nan(None))
    apart = (pl.col("p_apart_network") <= _ALPHA) & (pl.col("met") * _FEW_OF <= pl.col("met_expected"))
    named = pairs.with_columns(alternates=apart.fill_null(value=False))
    return CO_TIMING.shape(named.select(pl.col(name).cast(column.dtype) for name, column in CO_TIMING.columns.items()))


def _active(acts: pl.DataFrame, most: int) -> _Active:
    """Return the busiest accounts that were active for long enough, with the bins of time in which they were."""
    seconds = pl.col("created_at").dt.epoch("us") // 1_000_000
    times = acts.select("account", day=seconds // _DAY_S, second=seconds % _DAY_S).unique()
    spans = times.group_by("account").agg(acts=pl.len(), first=pl.col("day").min(), last=pl.col("day").max())
    days = pl.col("last") - pl.col("first") + 1
    able = (
        spans.filter(days >= _DAYS_NEEDED, pl.col("acts") >= _BINS_NEEDED)
        .sort("acts", "account", descending=[True, False])
        .head(most)
        .sort("account")
        .with_columns(days=days, step=pl.when(days >= _WEEKS_FROM).then(7).otherwise(1).cast(pl.Int64))
        .with_columns(circle=-(-pl.col("days") // pl.col("step")) * pl.col("step"), who=pl.int_range(pl.len()))
    )
    mine = times.join(able.select("account", "who"), on="account").sort("who", "day", "second")
    columns = [mine[name].to_numpy().astype(np.int64) for name in ("who", "day", "second")]
    columns += [able[name].to_numpy().astype(np.int64) for name in ("first", "circle", "step")]
    return _Active(able["account"].to_numpy().astype(np.int64), *columns)


def _turns(active: _Active, turns: int, rng: np.random.Generator) -> Ints:
    """Return by how many days each account is turned, turns + 1 x accounts; by none in the first row."""
    shape = (turns + 1, len(active.accounts))
    steps: Ints = rng.integers(0, active.circle // active.step, shape) * active.step
    steps[0] = 0
    return steps


def _counts(active: _Active, turns: Ints, width_s: float, pairs: tuple[Ints, Ints]) -> Counts:
    """Return for each turn and pair the bins in which both were active."""
    who, day, slot, bins = _binned(active, width_s)
    since, circle, first = day - active.first[who], active.circle[who], active.first[who]
    accounts, size = len(active.accounts), max(1, _AT_ONCE // len(who))
    place = np.full((accounts, accounts), -1)
    place[pairs] = np.arange(len(pairs[0]))
    found = np.zeros((len(turns), len(pairs[0])), dtype=np.int32)
    for start in range(0, len(turns), size):
        part = turns[start : start + size]
        # In each turn the accounts are others, and the moments too: one product counts for many turns.
        when = (first + np.mod(since + part[:, who], circle)) * bins + slot
        when += np.arange(len(part))[:, None] * (np.ptp(when) + 1)
        mine = who + np.arange(len(part))[:, None] * accounts
        a, b, met = _meetings(mine.ravel(), when.ravel(), accounts * len(part))
        pair = place[a % accounts, b % accounts]
        found[start + a[pair >= 0] // accounts, pair[pair >= 0]] = met[pair >= 0]
    return found


def _binned(active: _Active, width_s: float) -> tuple[Ints, Ints, Ints, int]:
    """Return who, day and slot of the day of each bin in which an account was active, and the slots of a day."""
    bins = int(-(-_DAY_S // width_s))
    slot = (active.second // width_s).astype(np.int64)
    new = np.ones(len(slot), dtype=bool)  # acts are in order of account and time
    new[1:] = (np.diff(active.who) != 0) | (np.diff(active.day * bins + slot) != 0)
    return active.who[new], active.day[new], slot[new], bins


def _meetings(who: Ints, when: Ints, accounts: int) -> tuple[Ints, Ints, Counts]:
    """Return a, b and the moments that they have in common, if any; (who, when) are distinct."""
    from scipy.sparse import csr_array

    when = when - when.min()
    if when.max() < _DENSE * len(when):  # most moments are of one account, and need not be sorted
        shared = np.bincount(when)[when] > 1
        who, when = who[shared], when[shared]
    order = np.argsort(when, kind="stable")
    starts = np.flatnonzero(np.diff(when[order], prepend=-1))
    ones = np.ones(len(who), dtype=np.int32)
    moments = csr_array((ones, who[order], np.append(starts, len(who))), shape=(len(starts), accounts))
    met = (moments.T @ moments).tocoo()
    return met.row, met.col, met.data


def _pair_p(counts: Masked, sign: int) -> Floats:
    """Return for each pair the share of its rows that are at least as high (sign 1) or as low (-1) as the first."""
    extreme = (sign * counts >= sign * counts.data[0]).filled(fill_value=False)
    p: Floats = extreme.sum(axis=0) / counts.count(axis=0)
    return p


def _network_p(counts: Masked, sign: int, judged: Flags) -> Floats:
    """Return for each judged pair the share of all rows in which any judged pair lies as far out as it in the first."""
    if not judged.any():
        return np.full(len(judged), np.nan)
    expected = np.asarray(counts.mean(axis=0))
    scale = np.sqrt(np.asarray(counts.var(axis=0)) + 1)  # the 1: a first meeting is no sensation
    first = sign * (counts.data[0] - expected) / scale
    farthest, left_out = np.full(len(counts), -np.inf), np.ma.getmaskarray(counts)
    for turn in range(len(counts)):
        shown = judged & ~left_out[turn]
        out = sign * (counts.data[turn, shown] - expected[shown]) / scale[shown]
        farthest[turn] = out.max(initial=-np.inf)
    # As many rows as have a maximum of at least that, to within rounding.
    below = np.searchsorted(np.sort(farthest), first - _ROUNDING)
    return np.where(judged, (len(counts) - below) / len(counts), np.nan)


def _summary(pairs: pl.DataFrame, meetings: Ints, widths: list[float]) -> Row:
    """Return the rest of a network's row."""
    expected, p = float(meetings.mean()), float((meetings >= meetings[0]).mean())
    together = int((pairs["p_together_network"] <= _ALPHA).sum())
    judged, apart = int(pairs["p_apart"].count()), int(pairs["alternates"].sum())
    return {
        "bin_s": widths[0],
        "together": int(meetings[0]),
        "expected": expected,
        "p": p,
        "close": together,
        "judged": judged,
        "alternating": apart,
        "sentence": f"{_spoken(int(meetings[0]), expected, p, widths[0])} {_apart(judged, apart, widths[1])}",
    }


def _spoken(met: int, expected: float, p: float, width_s: float) -> str:
    usual = f"{expected:,.0f}" if expected >= 10 else f"{expected:.2g}"
    beyond = "more often than their habits explain" if p <= _ALPHA else "no more often than their habits explain"
    return (
        f"Two of its accounts were active within the same {_unit(width_s)} {met:,} times, where {usual} would be "
        f"expected of accounts with the same hours and rhythm ({beyond}, p = {p:.2g})."
    )


def _apart(judged: int, apart: int, width_s: float) -> str:
    if not judged:
        return "No two of them post so much at the same hours that keeping apart would be telling."
    if not apart:
        return f"Keeping apart: 0 of {judged:,} pairs that could be judged."
    return (
        f"Keeping apart: {apart:,} of {judged:,} pairs that could be judged, hardly ever active within the same "
        f"{_unit(width_s)} although their hours overlap: possibly one operator, or people who take turns."
    )


def _unit(seconds: float) -> str:
    for size, name in ((3_600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            return name if seconds == size else f"{seconds / size:g} {name}s"
    return f"{seconds:g} seconds" if seconds != 1 else "second"


def _silence(tested: int, pairs: int, resolution_s: float, turns: int) -> str:
    """Return why nothing can be said, "" where something can."""
    if not turns:
        return "Not tested ([co_timing] turns = 0)."
    if resolution_s > _DAY_S / 2:
        return "The times of this data are too coarse to say who is active together."
    if pairs:
        return ""
    return (
        f"Insufficient data on timing: {tested} of its accounts were active at {_BINS_NEEDED} moments over "
        f"{_DAYS_NEEDED} days or more, and no two of them for {_DAYS_NEEDED} days in common."
    )
