"""GRAPH -> groups of accounts, how often each is found again, and how strongly its accounts are coordinated.

The methods are those of :mod:`cib.networks.partition`. The random ones run with several seeds: the partition of
highest quality is kept. The others, and those of graphs whose edges are resampled, say how stable it is: a member's
stability is the mean share of its group's other members with whom it is grouped again.
"""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.networks.coordination import coordination
from cib.networks.partition import Network, partitions, perturbed
from cib.settings import NetworkSettings
from cib.tables import GRAPH

__all__ = ["group"]

Ints: TypeAlias = npt.NDArray[np.int64]
_SCHEMA: Final = {"group": pl.UInt32, "account": pl.UInt32, "stability": pl.Float64, "coordination": pl.Float64}


def group(graph: pl.DataFrame, settings: NetworkSettings, *, seed: int) -> pl.DataFrame:
    """Return one row an account of a group with at least ``min_accounts`` members.

    The columns are group, account, stability and coordination (null unless ``steps`` asks for it). Groups are
    numbered from 0 by falling size, then by smallest account. Each seed, each bootstrap and each step of the
    coordination costs about linear time in edges.
    """
    if GRAPH.check(graph).is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    network = Network.of(graph)
    best, *others = partitions(network, settings, seed)
    others += perturbed(network, settings, seed)
    stability = np.mean([_again(best, other) for other in others], axis=0) if others else np.ones(len(best))
    found = pl.DataFrame({"group": best, "account": network.accounts, "stability": stability})
    level = coordination(network, best, settings, seed=seed) if settings.steps else None
    found = found.with_columns(coordination=pl.lit(None) if level is None else pl.Series(level, nan_to_null=True))
    found = found.filter(pl.len().over("group") >= settings.min_accounts)
    order = found.group_by("group").agg(size=pl.len(), first=pl.col("account").min())
    order = order.sort(["size", "first"], descending=[True, False]).with_row_index("rank")
    return (
        found.join(order, on="group")
        .select(pl.col("rank").alias("group"), "account", "stability", "coordination")
        .cast(_SCHEMA)  # type: ignore[arg-type]
        .sort("group", "account")
    )


def _again(best: Ints, other: Ints) -> npt.NDArray[np.float64]:
    """Return for each account the share of its group's other members that the other partition groups with it again.

    It is 1 for a group of one.

    Examples
    --------
    >>> import numpy as np
    >>> _again(np.array([0, 0, 0, 1]), np.array([5, 5, 6, 6])).tolist()
    [0.5, 0.5, 0.0, 1.0]
    """
    cell = best * (int(other.max()) + 1) + other
    _, inverse, count = np.unique(cell, return_inverse=True, return_counts=True)
    together = count[inverse] - 1
    others = np.bincount(best)[best] - 1
    share: npt.NDArray[np.float64] = np.divide(together, others, out=np.ones(len(best)), where=others > 0)
    return share
