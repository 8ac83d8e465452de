"""Candidates -> what is known of each: its evidence, what it rests on, and who does what in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from cib.networks.candidates import evidence_of, inside_of
from cib.networks.sums import exact_sum
from cib.networks.whence import several_kinds, with_objects
from cib.settings import LayerSettings
from cib.tables import EDGES, GRAPH

__all__ = ["Measured", "measure", "pairs_inside", "telling"]

_SYNC_P: Final = 0.01
_PERIPHERAL: Final = 0.2
_LEADING: Final = 0.6


@dataclass(frozen=True)
class Measured:
    """What is known of candidates.

    Attributes
    ----------
    facts : one row a group: group, level, accounts, edges, weight, evidence, stability, first_at, last_at, layers,
        synchrony, objects, exclusivity, days; the last four null where nothing tells.
    members : one row an account of a group: group, account, strength, share_inside, stability, role, coordination.
    """

    facts: pl.DataFrame
    members: pl.DataFrame


def measure(
    groups: pl.DataFrame,
    graph: pl.DataFrame,
    edges: pl.DataFrame,
    evidence: Mapping[str, pl.LazyFrame],
    objects: Mapping[str, pl.LazyFrame],
    layers: Mapping[str, LayerSettings],
) -> Measured:
    """Measure the groups.

    Strengths and evidence have the unit of the graph's weight: nats of evidence, unless layers or fusion weigh
    otherwise; then they compare networks of one run, and with nothing else.

    Parameters
    ----------
    groups : group, level, account, stability, coordination (see :func:`cib.networks.candidates`).
    graph : GRAPH.
    edges : EDGES of all layers.
    evidence, objects : PAIRS and OBJECTS of each layer; supporting layers are not counted.
    layers : settings of the layers.

    Notes
    -----
    One pass over the evidence of the edges inside the groups.
    """
    inside = inside_of(GRAPH.check(graph), groups)
    carried = inside.explode("layers").rename({"layers": "layer"})
    pairs = {name: _pairs_of(carried, evidence[name], name) for name in telling(layers) if name in evidence}
    kinds = several_kinds(carried, pairs, objects, layers)
    linked = EDGES.check(edges).join(carried.select("group", "a", "b", "layer"), on=["a", "b", "layer"])
    facts = (
        groups.group_by("group")
        .agg(pl.col("level").first(), stability=(exact_sum(pl.col("stability")) / pl.len()).clip(0, 1))
        .join(evidence_of(graph, groups), on="group")
        .join(inside.group_by("group").agg(pl.col("first_at").min(), pl.col("last_at").max()), on="group")
        .join(_layers(kinds, inside), on="group")
        .join(_sync(linked), on="group", how="left")
        .join(_object_facts(pairs, objects, layers), on="group", how="left")
    )
    members = _members(groups, graph, inside, linked.filter(pl.col("layer").is_in(telling(layers))))
    return Measured(facts.sort("group"), members.sort("group", "account"))


def telling(layers: Mapping[str, LayerSettings]) -> list[str]:
    """Return the layers that make edges, not merely support those of others."""
    return [name for name, layer in layers.items() if not layer.supporting]


def pairs_inside(
    groups: pl.DataFrame, graph: pl.DataFrame, evidence: Mapping[str, pl.LazyFrame], layers: Sequence[str]
) -> dict[str, pl.LazyFrame]:
    """Return for each layer the PAIRS of the edges it carries inside a group, with `group`."""
    carried = inside_of(graph, groups).explode("layers").rename({"layers": "layer"})
    return {name: _pairs_of(carried, evidence[name], name) for name in layers if name in evidence}


def _pairs_of(carried: pl.DataFrame, pairs: pl.LazyFrame, layer: str) -> pl.LazyFrame:
    mine = carried.lazy().filter(pl.col("layer") == layer).select("group", "a", "b")
    return pairs.join(mine, on=["a", "b"])


def _layers(carried: pl.DataFrame, inside: pl.DataFrame) -> pl.DataFrame:
    """Return the layers that carry at least a tenth of each group's edges, those with most edges first."""
    size = inside.group_by("group").agg(edges=pl.len())
    count = carried.group_by("group", "layer").agg(n=pl.len()).join(size, on="group")
    kept = count.filter(pl.col("n") * 10 >= pl.col("edges")).sort(
        ["group", "n", "layer"], descending=[False, True, False]
    )
    return kept.group_by("group", maintain_order=True).agg(layers=pl.col("layer"))


def _sync(linked: pl.DataFrame) -> pl.DataFrame:
    """Return the share of windowed edges that are individually closer in time than chance; null without any."""
    return linked.group_by("group").agg(synchrony=(pl.col("p_sync") <= _SYNC_P).mean())


def _object_facts(
    evidence: Mapping[str, pl.LazyFrame], objects: Mapping[str, pl.LazyFrame], layers: Mapping[str, LayerSettings]
) -> pl.DataFrame:
    """Return objects, days and exclusivity of each group; what two layers hold is one object."""
    shares, days = [], []
    for name, pairs in evidence.items():
        ends = pl.concat([pairs.select("group", "object", account=end) for end in ("a", "b")])
        members = ends.group_by("group", "object").agg(members=pl.col("account").n_unique())
        share = with_objects(members, name, objects, layers)
        shares.append(share.select("group", "layer", "key", share=pl.col("members") / pl.col("accounts")))
        days.append(pairs.select("group", day=pl.col("time").dt.date()).unique())
    if not shares:
        return pl.DataFrame(
            schema={"group": pl.UInt32, "objects": pl.UInt32, "exclusivity": pl.Float64, "days": pl.UInt32}
        )
    once = pl.concat(shares).group_by("group", "layer", "key").agg(pl.col("share").max())
    found, dates = pl.collect_all([once, pl.concat(days).unique()], engine="streaming")
    per_group = found.group_by("group").agg(objects=pl.len(), exclusivity=pl.col("share").median().clip(0, 1))
    return per_group.join(dates.group_by("group").agg(days=pl.len()), on="group")


def _members(groups: pl.DataFrame, graph: pl.DataFrame, inside: pl.DataFrame, linked: pl.DataFrame) -> pl.DataFrame:
    """Return strength, share inside and role of each account of each group."""
    whole = _ends(graph, "weight").group_by("account").agg(whole=exact_sum(pl.col("weight")))
    strength = _ends(inside, "group", "weight").group_by("group", "account").agg(strength=exact_sum(pl.col("weight")))
    came_first = pl.concat(
        [
            linked.select("group", "pairs", account="a", first="lead"),
            linked.select("group", "pairs", account="b", first=1 - pl.col("lead")),
        ]
    )
    leads = came_first.group_by("group", "account").agg(
        first=exact_sum(pl.col("first") * pl.col("pairs")) / pl.col("pairs").sum()
    )
    members = (
        groups.join(strength, on=["group", "account"], how="left")
        .join(whole, on="account", how="left")
        .join(leads, on=["group", "account"], how="left")
        .with_columns(pl.col("strength").fill_null(0.0))
    )
    weak = pl.col("strength") < _PERIPHERAL * pl.col("strength").median().over("group")
    role = (
        pl.when(weak)
        .then(pl.lit("peripheral"))
        .when(pl.col("first") >= _LEADING)
        .then(pl.lit("leader"))
        .otherwise(pl.lit("amplifier"))
    )
    return members.select(
        "group",
        "account",
        "strength",
        (pl.col("strength") / pl.col("whole")).fill_null(0.0).clip(0, 1).alias("share_inside"),
        pl.col("stability").clip(0, 1),
        role.alias("role"),
        "coordination",
    )


def _ends(edges: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Return each edge twice, once for each of its accounts."""
    return pl.concat([edges.select(*columns, account=end) for end in ("a", "b")])
