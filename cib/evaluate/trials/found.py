"""What counts as found, and what as a false network: the same rule for planted and for shuffled data.

A network is *reported* if the run gives it tier C or better, at the run's own settings. A planted campaign is *found*
if one reported network has a majority of its own accounts from the campaign and holds at least half of the campaign.

A shuffle, in which nobody acts together on purpose, is taken for data: its networks are false where they have what
tier C asks for, held against as many other shuffles as the config has (``[control] runs``).
"""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

__all__ = ["REPORTED", "false_networks", "found", "reported_members"]

REPORTED: Final = ("A", "B", "C")
"""Tiers of the networks that a run stands behind."""


def reported_members(networks: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Return network and account of the reported networks (of NETWORKS and MEMBERS)."""
    stood_behind = networks.filter(pl.col("tier").is_in(REPORTED)).select("network")
    return members.join(stood_behind, on="network", how="semi").select("network", "account").sort("network", "account")


def found(reported: pl.DataFrame, planted: pl.DataFrame) -> pl.DataFrame:
    """Return for each campaign whether it is found, and how much of it its reported networks hold.

    Parameters
    ----------
    reported : network, account (see :func:`reported_members`).
    planted : account, name: the members of each campaign.

    Returns
    -------
    name, found, share : by name; `share` counts the networks of which the campaign has the majority.

    Examples
    --------
    Three of four members in a network of five; a fourth in a network of strangers:

    >>> reported = pl.DataFrame({"network": [1, 1, 1, 1, 1, 2, 2, 2], "account": [0, 1, 2, 8, 9, 3, 10, 11]})
    >>> planted = pl.DataFrame({"account": [0, 1, 2, 3], "name": ["x"] * 4})
    >>> found(reported, planted).rows()
    [('x', True, 0.75)]
    """
    size = reported.group_by("network").agg(accounts=pl.len())
    inside = reported.join(planted, on="account").join(size, on="network")
    held = inside.group_by("name", "network").agg(n=pl.len(), accounts=pl.col("accounts").first())
    own = held.filter(2 * pl.col("n") > pl.col("accounts"))
    most = own.group_by("name").agg(pl.col("n").max())
    covered = inside.join(own, on=["name", "network"], how="semi")
    covered = covered.group_by("name").agg(covered=pl.col("account").n_unique())
    whole = planted.group_by("name").agg(members=pl.len())
    return (
        whole.join(most, on="name", how="left")
        .join(covered, on="name", how="left")
        .select(
            "name",
            found=2 * pl.col("n").fill_null(0) >= pl.col("members"),
            share=pl.col("covered").fill_null(0) / pl.col("members"),
        )
        .sort("name")
    )


def false_networks(shuffles: Sequence[dict[str, Any]], runs: int) -> list[int]:
    """Return for each shuffle how many of its networks would be reported, were it data.

    Parameters
    ----------
    shuffles : `most`, the most evidence that the run's control would keep of it, and `believed`, the evidence of its
        networks that are supported and stable enough for tier C.
    runs : shuffles that the config holds a network against; the next ones are taken, and after the last the first.

    Examples
    --------
    >>> three = [{"most": 5.0, "believed": [5.0, 3.0]}, {"most": 4.0, "believed": [4.0]}, {"most": 0.0, "believed": []}]
    >>> false_networks(three, runs=1), false_networks(three, runs=2), false_networks(three, runs=0)
    ([1, 1, 0], [1, 0, 0], [2, 1, 0])
    """
    n = len(shuffles)
    most = [max((shuffles[(i + k) % n]["most"] for k in range(1, min(runs, n - 1) + 1)), default=0.0) for i in range(n)]
    # Evidence is a sum: equal to the ninth decimal is equal.
    return [
        sum(evidence >= bound - 1e-9 for evidence in one["believed"]) for one, bound in zip(shuffles, most, strict=True)
    ]
