"""GRAPH -> groups of accounts: Leiden's communities over many seeds, and how often each is found again.

igraph's Leiden maximises modularity at the given resolution [1]_ [2]_. It is random, so it runs with several
seeds: the partition of highest quality is kept, and the others say how stable it is: a member's stability is
the mean share of its group's other members with whom it is grouped again.

.. [1] Traag, Waltman and van Eck (2019), From Louvain to Leiden. doi:10.1038/s41598-019-41695-z
.. [2] Reichardt and Bornholdt (2006), Statistical mechanics of community detection. doi:10.1103/PhysRevE.74.016110
"""

import random
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.settings import NetworkSettings
from cib.tables import GRAPH

__all__ = ["group"]

Ints: TypeAlias = npt.NDArray[np.int64]


def group(graph: pl.DataFrame, settings: NetworkSettings, *, seed: int) -> pl.DataFrame:
    """Return one row an account of a group with at least ``min_accounts`` members: group, account, stability.

    Groups are numbered from 0 by falling size, then by smallest account. Each seed costs about linear time in edges.
    """
    if GRAPH.check(graph).is_empty():
        return pl.DataFrame(schema={"group": pl.UInt32, "account": pl.UInt32, "stability": pl.Float64})
    accounts = np.unique(np.concatenate([graph["a"].to_numpy(), graph["b"].to_numpy()]))
    partitions = _partitions(graph, accounts, settings, seed)
    best, others = partitions[0], partitions[1:]
    stability = np.mean([_again(best, other) for other in others], axis=0) if others else np.ones(len(best))
    found = pl.DataFrame({"group": best, "account": accounts, "stability": stability})
    found = found.filter(pl.len().over("group") >= settings.min_accounts)
    order = found.group_by("group").agg(size=pl.len(), first=pl.col("account").min())
    order = order.sort(["size", "first"], descending=[True, False]).with_row_index("rank")
    return (
        found.join(order, on="group")
        .select(group=pl.col("rank"), account=pl.col("account").cast(pl.UInt32), stability="stability")
        .sort("group", "account")
    )


def _partitions(graph: pl.DataFrame, accounts: Ints, settings: NetworkSettings, seed: int) -> list[Ints]:
    """Return a partition for each seed, the one of highest quality first (of equals the earliest)."""
    import igraph

    ends = np.stack([np.searchsorted(accounts, graph[end].to_numpy()) for end in ("a", "b")], axis=1)
    network = igraph.Graph(n=len(accounts), edges=ends)
    weights = graph["weight"].to_numpy()
    found = []
    try:
        for turn in range(settings.seeds):
            igraph.set_random_number_generator(random.Random(f"{seed}/{turn}"))  # noqa: S311  (a reproducible partition, not a secret)
            leiden: Any = network.community_leiden(
                objective_function="modularity", weights=weights, resolution=settings.resolution, n_iterations=-1
            )
            found.append((leiden.quality, np.asarray(leiden.membership, dtype=np.int64)))
    finally:
        igraph.set_random_number_generator(random)  # igraph's generator is global: leave it as it was
    found.sort(key=lambda one: -one[0])
    return [membership for _, membership in found]


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
