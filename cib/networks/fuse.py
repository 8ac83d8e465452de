"""EDGES -> GRAPH: the layers of a pair of accounts as one weight, no act counted twice.

A layer's evidence for an edge, in nats, is

    e = reliability * independence * (min(llr, 30) + min(-log10 p_sync, 10) * ln 10, from 2 objects on)

and the fused weight is the sum over layers, raised by ``layer_bonus`` for each layer after the first. The caps
keep one freak pair from outweighing a network. *Independence* is the share of the layer's objects that are
independent acts: two posts that share a text and its link and its hashtags are one act, seen three times; it
counts in the most telling layer (the order of the layers), and a post counts once however many objects it
shares.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from cib.networks.sums import exact_sum
from cib.settings import GraphSettings, LayerSettings
from cib.tables import EDGES, GRAPH, PAIRS

__all__ = ["fuse"]

_LLR_CAP: Final = 30.0
_SYNC_CAP: Final = 10.0
_TINY: Final = 1e-300
"""Stands in for a p-value that underflowed; far beyond the cap."""


def fuse(
    edges: pl.DataFrame,
    evidence: Mapping[str, pl.LazyFrame],
    layers: Mapping[str, LayerSettings],
    settings: GraphSettings,
) -> pl.DataFrame:
    """Return GRAPH, sorted by a, b.

    Parameters
    ----------
    edges : EDGES of all layers.
    evidence : PAIRS of each layer, by layer name.
    layers : their settings, the most telling layer first.
    settings : thresholds.

    Raises
    ------
    TableError
        `edges` or the evidence break their contract.

    Notes
    -----
    One pass over the evidence of the kept edges; a hash of its post pairs.
    """
    EDGES.check(edges)
    for pairs in evidence.values():
        PAIRS.check_schema(pairs.collect_schema())
    believed = edges.filter(pl.col("q") <= settings.q)
    acts = _acts(believed, evidence, list(layers))
    weighed = _weigh(believed.join(acts, on=["layer", "a", "b"], how="left"), layers)
    weighed = weighed.filter(pl.col("evidence") >= max(settings.min_weight, _TINY))
    supporting = [name for name, layer in layers.items() if layer.supporting]
    weighed = weighed.filter((~pl.col("layer").is_in(supporting)).any().over("a", "b"))
    bonus = 1 + settings.layer_bonus * (pl.len() - 1)
    graph = weighed.group_by("a", "b").agg(
        weight=exact_sum(pl.col("evidence")) * bonus,
        layers=pl.col("layer").sort_by(["evidence", "layer"], descending=[True, False]),
        objects=pl.col("objects").sum(),
        acts=pl.col("acts").sum(),
        q=pl.col("q").min(),
        first_at=pl.col("first_at").min(),
        last_at=pl.col("last_at").max(),
    )
    enough = (pl.col("layers").list.len() >= settings.min_layers) & (pl.col("acts") >= settings.min_acts)
    return GRAPH.check(graph.filter(enough).sort("a", "b").select(list(GRAPH.columns)))


def _weigh(edges: pl.DataFrame, layers: Mapping[str, LayerSettings]) -> pl.DataFrame:
    """Add `evidence`, nats, and `acts`, independent acts."""
    names = list(layers)
    reliability = pl.col("layer").replace_strict(
        names, [layers[name].reliability for name in names], return_dtype=pl.Float64
    )
    unlikely = -pl.col("p_sync").fill_null(1.0).clip(_TINY, 1.0).log10()
    sync = pl.when(pl.col("objects") > 1).then(unlikely.clip(0, _SYNC_CAP) * math.log(10)).otherwise(0.0)
    acts = pl.col("acts").fill_null(0)
    return edges.with_columns(
        acts=acts, evidence=reliability * acts / pl.col("objects") * (pl.col("llr").clip(0, _LLR_CAP) + sync)
    )


def _acts(believed: pl.DataFrame, evidence: Mapping[str, pl.LazyFrame], order: Sequence[str]) -> pl.DataFrame:
    """Return the independent acts of each edge and layer: its fresh objects, but no more than either account's posts.

    A pair of posts is fresh in the most telling layer that holds it.
    """
    columns = ["a", "b", "object", "post_a", "post_b"]
    kept = [
        evidence[name]
        .select(columns)
        .join(believed.lazy().filter(pl.col("layer") == name).select("a", "b"), on=["a", "b"], how="semi")
        .with_columns(rank=pl.lit(rank, dtype=pl.UInt8))
        for rank, name in enumerate(order)
        if name in evidence
    ]
    nothing = pl.LazyFrame(schema=dict.fromkeys(columns, pl.UInt32) | {"rank": pl.UInt8})
    pairs = pl.concat([nothing, *kept])
    pairs = pairs.with_columns(both=pl.col("post_a").cast(pl.UInt64) * 2**32 + pl.col("post_b"))
    first = pairs.group_by("both").agg(best=pl.col("rank").min())
    fresh = pairs.join(first, on="both").filter(pl.col("rank") == pl.col("best"))
    acts = fresh.group_by("rank", "a", "b").agg(
        acts=pl.min_horizontal(pl.col(name).n_unique() for name in ("object", "post_a", "post_b"))
    )
    names = pl.DataFrame({"rank": range(len(order)), "layer": order}, schema={"rank": pl.UInt8, "layer": pl.String})
    return (
        acts.join(names.lazy(), on="rank")
        .select("layer", "a", "b", pl.col("acts").cast(pl.UInt32))
        .collect(engine="streaming")
    )
