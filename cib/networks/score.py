"""GRAPH, NETWORKS, MEMBERS -> SCORES: every account of the graph, ranked, in a network or not.

    score = coherence * (0.1 + the product of the factors of the account's best network)

where the best is the one with the largest product. An account in no network keeps the tenth: it is linked, and nothing
more is said of it. Coherence and centrality see different things (see :mod:`cib.networks.coherence`) and stand beside.
"""

from typing import Final

import polars as pl

from cib.networks.centrality import adjacency, component_centrality
from cib.networks.coherence import coherence
from cib.networks.partition import Network
from cib.networks.sums import exact_sum
from cib.tables import GRAPH, MEMBERS, NETWORKS, SCORES

__all__ = ["score"]

_ALONE: Final = 0.1


def score(graph: pl.DataFrame, networks: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Return SCORES of the accounts of a graph, highest first.

    Parameters
    ----------
    graph : GRAPH.
    networks, members : NETWORKS and MEMBERS found in it.

    Notes
    -----
    Costs the two-step walks of the graph and some hundred products with its matrix.
    """
    if GRAPH.check(graph).is_empty():
        return SCORES.empty()
    network = Network.of(graph)
    matrix = adjacency(network.ends[:, 0], network.ends[:, 1], network.weights, len(network.accounts))
    strength = [exact_sum(pl.col("weight")).alias("strength"), pl.len().cast(pl.UInt32).alias("links")]
    ends = pl.concat([graph.select("weight", account=end) for end in ("a", "b")]).group_by("account").agg(strength)
    scores = pl.DataFrame(
        {
            "account": network.accounts,
            "coherence": coherence(matrix).round(9),
            "centrality": component_centrality(matrix),
        },
        schema_overrides={"account": pl.UInt32},
    ).join(ends, on="account")
    gates = NETWORKS.check(networks).select(
        "network", gate=pl.min_horizontal(1.0, pl.col("score") / pl.col("evidence")).fill_nan(0.0)
    )
    placed = (
        MEMBERS.check(members)
        .join(gates, on="network")
        .group_by("account")
        .agg(pl.col("network").min(), gate=pl.col("gate").max(), coordination=pl.col("coordination").max())
    )
    whole = scores.join(placed, on="account", how="left").with_columns(
        score=pl.col("coherence") * (_ALONE + pl.col("gate").fill_null(0.0))
    )
    ordered = whole.sort(["score", "strength", "account"], descending=[True, True, False])
    return SCORES.check(ordered.select(list(SCORES.columns)))
