"""How networks change: the graph in overlapping windows of time, and its groups followed from one window to the next.

A window's graph has those links of the whole that have a pair of posts inside the window, with the weight they have in
the whole. So a link that is nothing against chance as a whole is never in a window, and no window is tested by itself:
this describes networks, it finds none. Groups are looked for in each window as in the whole, on the finest level; two
groups of different windows belong together if their accounts have a Jaccard index of 0.3 or more [1]_.

========= =============================================================================================
fate      a group, beside the windows before
========= =============================================================================================
born      nothing before is like it
kept      goes on with as many accounts
grown     goes on with more
shrunk    goes on with fewer
merged    several of the window before are like it
split     the one before is like another group too
dormant   a group of the window before that nothing is like now (a row without accounts)
returned  nothing in the window before is like it, but an earlier group that went dormant is
========= =============================================================================================

.. [1] Greene, Doyle and Cunningham (2010), Tracking the evolution of communities in dynamic social networks.
   doi:10.1109/ASONAM.2010.17
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from cib.networks.candidates import candidates
from cib.networks.sums import exact_sum
from cib.settings import LayerSettings, NetworkSettings
from cib.tables import CHANGES, GRAPH, MEMBERS

__all__ = ["change", "follow"]

_ALIKE: Final = 0.3
_LEADING: Final = 0.6
_PAIRS: Final = 3
"""Pairs of posts below which nobody leads."""


@dataclass
class _Track:
    """A group that is followed: its number, its last accounts and leaders, and whether it is there now."""

    number: int
    accounts: frozenset[int]
    leaders: frozenset[int]
    awake: bool = True


@dataclass
class _Tracks:
    """All groups followed so far, and the rows about them."""

    known: list[_Track] = field(default_factory=list)
    rows: list[dict[str, object]] = field(default_factory=list)

    def new(self) -> _Track:
        self.known.append(_Track(len(self.known) + 1, frozenset(), frozenset()))
        return self.known[-1]


def change(
    graph: pl.DataFrame,
    members: pl.DataFrame,
    evidence: Mapping[str, pl.LazyFrame],
    layers: Mapping[str, LayerSettings],
    settings: NetworkSettings,
    *,
    seed: int,
) -> pl.DataFrame:
    """Return CHANGES: each group of each window, what became of it, and how many of its leaders stayed.

    Parameters
    ----------
    graph, members : GRAPH, and MEMBERS of the networks found in the whole of it, whose numbers the rows are given.
    evidence : PAIRS of each layer; supporting layers say nothing of who leads.
    layers : their settings.
    settings : of [networks]; `change_window` is the width, windows begin every half of it; none: an empty table.

    Notes
    -----
    One pass over the evidence of the graph's links, and a grouping with one seed for each window.
    """
    width = settings.change_window
    if width is None or GRAPH.check(graph).is_empty():
        return CHANGES.empty()
    step = width / 2
    told = [_by_window(graph, pairs, name, step) for name, pairs in evidence.items() if not layers[name].supporting]
    if not told:
        return CHANGES.empty()
    slices = pl.concat(told).collect(engine="streaming").sort("window", "a", "b", "layer")
    once = settings.model_copy(update={"seeds": 1, "bootstraps": 0, "steps": 0})
    windows = []
    for start in sorted(slices["window"].unique()):
        inside = slices.filter(pl.col("window").is_in([start - step, start]))
        found = _groups(graph, inside, once, seed)
        windows.append((start, start + width, found, _leaders(inside, found)))
    return _named(follow(windows), MEMBERS.check(members))


def _by_window(graph: pl.DataFrame, pairs: pl.LazyFrame, layer: str, step: timedelta) -> pl.LazyFrame:
    """Return window (start of a half), layer, a, b, pairs, first (pairs in which a came first) of the graph's links."""
    carried = graph.explode("layers").filter(pl.col("layers") == layer).select("a", "b")
    half = pl.col("time").dt.truncate(step)
    return (
        pairs.join(carried.lazy(), on=["a", "b"], how="semi")
        .group_by("a", "b", window=half)
        .agg(pairs=pl.len(), first=(pl.col("delta_s") > 0).sum(), ties=(pl.col("delta_s") == 0).sum())
        .select(
            "window", "a", "b", "pairs", layer=pl.lit(layer),
            first=pl.col("first") + pl.col("ties") / 2,
        )
    )  # fmt: skip


def _groups(
    graph: pl.DataFrame, inside: pl.DataFrame, settings: NetworkSettings, seed: int
) -> dict[int, frozenset[int]]:
    """Return the groups of one window, each account in the smallest that holds it."""
    active = graph.join(inside.select("a", "b").unique(), on=["a", "b"], how="semi").sort("a", "b")
    found = candidates(active, settings, seed=seed)
    finest = found.with_columns(size=pl.len().over("group")).sort("size", "group").unique("account", keep="first")
    grouped = finest.group_by("group").agg("account").filter(pl.col("account").list.len() >= settings.min_accounts)
    return {group: frozenset(accounts) for group, accounts in grouped.sort("group").iter_rows()}


def _leaders(inside: pl.DataFrame, groups: dict[int, frozenset[int]]) -> dict[int, frozenset[int]]:
    """Return the accounts of each group that came first in most of their pairs with other members."""
    rows = [(group, account) for group, accounts in groups.items() for account in sorted(accounts)]
    of = pl.DataFrame(rows, schema={"group": pl.UInt32, "account": pl.UInt32}, orient="row")
    both = inside.join(of.rename({"account": "a"}), on="a").join(of.rename({"account": "b"}), on=["group", "b"])
    ends = pl.concat(
        [
            both.select("group", "pairs", "first", account="a"),
            both.select("group", "pairs", first=pl.col("pairs") - pl.col("first"), account="b"),
        ]
    )
    counted = ends.group_by("group", "account").agg(pl.col("pairs").sum(), first=exact_sum(pl.col("first")))
    leading = counted.filter((pl.col("pairs") >= _PAIRS) & (pl.col("first") >= _LEADING * pl.col("pairs")))
    found = dict(leading.group_by("group").agg("account").iter_rows())
    return {group: frozenset(found.get(group, ())) for group in groups}


def follow(
    windows: list[tuple[datetime, datetime, dict[int, frozenset[int]], dict[int, frozenset[int]]]],
) -> pl.DataFrame:
    """Follow groups through windows.

    Parameters
    ----------
    windows : in order of time: start, end, accounts of each group, leaders of each group.

    Returns
    -------
    DataFrame : columns of CHANGES, and `members`, the group's accounts.
    """
    tracks = _Tracks()
    for start, end, groups, leaders in windows:
        _one_window(tracks, (start, end), groups, leaders)
    return pl.DataFrame(tracks.rows, schema=CHANGES.schema | {"members": pl.List(pl.UInt32)})


def _one_window(
    tracks: _Tracks,
    span: tuple[datetime, datetime],
    groups: dict[int, frozenset[int]],
    leaders: dict[int, frozenset[int]],
) -> None:
    """Add the rows of one window and move the tracks on."""
    awake = [track for track in tracks.known if track.awake]
    before = {group: _like(accounts, awake) for group, accounts in groups.items()}
    after: dict[int, list[int]] = {}
    for group, near in before.items():
        for track, _ in near:
            after.setdefault(track.number, []).append(group)
    continued: dict[int, int] = {}  # the track of each group; the most alike first
    pairs = [(likeness, track.number, group) for group, near in before.items() for track, likeness in near]
    for _, number, group in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if group not in continued and number not in continued.values():
            continued[group] = number
    asleep = [track for track in tracks.known if not track.awake]
    moved = []
    for group, accounts in groups.items():
        near = before[group]
        sleeping = [] if near else [track for track, _ in _like(accounts, asleep) if track not in moved]
        parent = near[0][0] if near else None
        old = tracks.known[continued[group] - 1] if group in continued else None
        track = old or (sleeping[0] if sleeping else tracks.new())
        fate = _fate(accounts, near, after) if near else "returned" if sleeping else "born"
        origin = old or parent or (track if sleeping else None)
        tracks.rows.append(_row(track.number, span, fate, accounts, leaders[group], origin))
        moved.append(track)
        tracks.known[track.number - 1] = _Track(track.number, accounts, leaders[group])
    for track in awake:
        if track.number not in after:
            tracks.rows.append(_row(track.number, span, "dormant", frozenset(), frozenset(), track))
        tracks.known[track.number - 1].awake = track in moved  # what went into another sleeps without a word


def _like(accounts: frozenset[int], tracks: list[_Track]) -> list[tuple[_Track, float]]:
    """Return the tracks whose last accounts are like these, the most alike first."""
    near = [(track, len(accounts & track.accounts) / len(accounts | track.accounts)) for track in tracks]
    return sorted((one for one in near if one[1] >= _ALIKE), key=lambda one: (-one[1], one[0].number))


def _fate(accounts: frozenset[int], near: list[tuple[_Track, float]], after: dict[int, list[int]]) -> str:
    if len(near) > 1:
        return "merged"
    if len(after[near[0][0].number]) > 1:
        return "split"
    size, now = len(near[0][0].accounts), len(accounts)
    return "grown" if now > size else "shrunk" if now < size else "kept"


def _row(
    track: int,
    span: tuple[datetime, datetime],
    fate: str,
    accounts: frozenset[int],
    leaders: frozenset[int],
    origin: _Track | None,
) -> dict[str, object]:
    before = origin.leaders if origin else frozenset()
    return {
        "track": track, "from_at": span[0], "to_at": span[1], "fate": fate, "accounts": len(accounts),
        "stayed": len(accounts & origin.accounts) if origin else 0,
        "leaders": len(leaders), "leaders_stayed": len(leaders & before), "members": sorted(accounts),
        "origin": origin.number if origin and origin.number != track else None, "network": None,
    }  # fmt: skip


def _named(rows: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Give each row the network of the whole run with which its track's accounts have the largest Jaccard index."""
    size = members.group_by("network").agg(size=pl.len())
    ever = rows.explode("members").drop_nulls("members").select("track", account="members").unique()
    shared = ever.join(members.select("network", "account"), on="account").group_by("track", "network").agg(n=pl.len())
    joined = shared.join(size, on="network").join(ever.group_by("track").agg(own=pl.len()), on="track")
    alike = joined.with_columns(alike=pl.col("n") / (pl.col("size") + pl.col("own") - pl.col("n")))
    best = alike.sort(["track", "alike", "network"], descending=[False, True, False]).unique("track", keep="first")
    named = rows.drop("network").join(best.select("track", "network"), on="track", how="left")
    return CHANGES.check(named.select(list(CHANGES.columns)).sort("from_at", "track"))
