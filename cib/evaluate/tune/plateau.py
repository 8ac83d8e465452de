"""What holds when a setting is moved by one step: links, members, networks of the data as collected."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

__all__ = ["Held", "held", "plateau"]

_SAME: Final = 0.5
"""Jaccard index of members from which a network counts as found again."""


class Held:
    """What one cell found: `links` (a, b) of the graph, and `members` (network, account_id) of reported networks."""

    def __init__(self, links: pl.DataFrame, members: pl.DataFrame) -> None:
        self.links, self.members = links, members

    @classmethod
    def of(cls, folder: Path, name: str) -> "Held":
        """Read what a trial kept."""
        return cls(*(pl.read_parquet(folder / f"{what}-{name}.parquet") for what in ("links", "members")))


def held(one: Held, other: Held) -> tuple[float | None, float | None, float | None]:
    """Return how far two cells agree.

    Returns
    -------
    The Jaccard indices of their links and of the accounts in reported networks, and the share of the reported networks
    of both that the other one finds again with a Jaccard index of at least one half; None where neither has any.

    Examples
    --------
    >>> links = pl.DataFrame({"a": [0, 0], "b": [1, 2]})
    >>> one = Held(links, pl.DataFrame({"network": [1, 1, 2, 2], "account_id": ["a", "b", "c", "d"]}))
    >>> other = Held(links.head(1), pl.DataFrame({"network": [1, 1, 1], "account_id": ["a", "b", "e"]}))
    >>> [round(share, 2) for share in held(one, other)]
    [0.5, 0.4, 0.67]
    """
    links = _jaccard(len(one.links.join(other.links, on=["a", "b"])), len(one.links), len(other.links))
    mine, theirs = (side.members["account_id"].unique() for side in (one, other))
    members = _jaccard(int(mine.is_in(theirs.implode()).sum()), len(mine), len(theirs))
    return links, members, _again(one.members, other.members)


def _jaccard(both: int, one: int, other: int) -> float | None:
    return both / (one + other - both) if one + other else None


def _again(one: pl.DataFrame, other: pl.DataFrame) -> float | None:
    sizes = [side.group_by("network").len() for side in (one, other)]
    total = sum(map(len, sizes))
    if not total:
        return None
    shared = one.join(other, on="account_id", suffix="_other").group_by("network", "network_other").agg(both=pl.len())
    shared = shared.join(sizes[0], on="network").join(
        sizes[1].rename({"network": "network_other", "len": "len_other"}), on="network_other"
    )
    near = shared.filter(pl.col("both") / (pl.col("len") + pl.col("len_other") - pl.col("both")) >= _SAME)
    return (near["network"].n_unique() + near["network_other"].n_unique()) / total


def plateau(found: Sequence[Held | None], near: Sequence[Sequence[int]]) -> pl.DataFrame:
    """Return for each cell the means over its neighbours: same_links, same_members, same_networks; null without any.

    Parameters
    ----------
    found : of each cell; None if it was not measured.
    near : its neighbours.
    """
    rows = []
    known: dict[tuple[int, int], tuple[float | None, float | None, float | None]] = {}
    for cell, others in enumerate(near):
        shares = []
        for other in others:
            pair = (min(cell, other), max(cell, other))
            one, two = found[pair[0]], found[pair[1]]
            if one is not None and two is not None:
                known[pair] = known.get(pair) or held(one, two)
                shares.append(known[pair])
        rows.append([_mean([share[n] for share in shares]) for n in range(3)])
    names = ("same_links", "same_members", "same_networks")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Float64), orient="row")


def _mean(values: Sequence[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return float(np.mean(there)) if there else None
