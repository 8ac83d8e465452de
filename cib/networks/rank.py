"""Groups -> NETWORKS, MEMBERS: how strong the evidence of each group is, part by part, and who does what in it.

score = evidence * support * layers * exclusivity * synchrony * stability, every factor in [0, 1] and shown
beside the score:

- *evidence*: mean edge weight over all pairs of members (0 where there is no edge) times the root of the size;
- *support*: 0.3 unless it rests on at least 3 objects and 2 days;
- *layers*: 0.6, 0.85, 1 for 1, 2, 3 and more layers that carry at least a tenth of the edges;
- *exclusivity*: of all who acted on the network's objects, the members' share, median over objects, through a logistic
  curve that is one half at 0.1: a crowd's fans are a small part of their crowd, a network owns its objects;
- *synchrony*: 0.7 plus 0.3 times the share of windowed edges that are closer in time than chance (p_sync at most 0.01);
- *stability*: mean co-membership over the seeds.

The gates are rules of thumb, to be argued with; none is a probability. A network is at most a lead (tier C) as
long as no network as a whole is tested against chance.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from cib.networks.sums import exact_sum
from cib.settings import LayerSettings
from cib.tables import EDGES, GRAPH, MEMBERS, NETWORKS

__all__ = ["Ranked", "rank"]


_MIN_OBJECTS: Final = 3
_MIN_DAYS: Final = 2
_EXCLUSIVITY_HALF: Final = 0.1
_EXCLUSIVITY_SLOPE: Final = 30.0
"""Exclusivity of 0.2 gives 0.95, of 0.05 gives 0.18: the range in which measured organic groups and campaigns part."""
_SYNC_P: Final = 0.01
_PERIPHERAL: Final = 0.2
_LEADING: Final = 0.6
_MIN_STABILITY: Final = 0.6


@dataclass(frozen=True)
class Ranked:
    """NETWORKS by rank and MEMBERS by network, then falling strength."""

    networks: pl.DataFrame
    members: pl.DataFrame


def rank(
    groups: pl.DataFrame,
    graph: pl.DataFrame,
    edges: pl.DataFrame,
    evidence: Mapping[str, pl.LazyFrame],
    objects: Mapping[str, pl.LazyFrame],
    layers: Mapping[str, LayerSettings],
) -> Ranked:
    """Rank the groups.

    Strengths, evidence and scores have the unit of the graph's weight: nats of evidence, unless layers or fusion weigh
    otherwise; then they compare networks of one run, and with nothing else.

    Parameters
    ----------
    groups : group, account, stability, coordination (see :func:`cib.networks.group`).
    graph : GRAPH.
    edges : EDGES of all layers.
    evidence, objects : PAIRS and OBJECTS of each layer; supporting layers are not counted.
    layers : settings of the layers.
    """
    inside = _inside(GRAPH.check(graph), groups)
    telling = [name for name, layer in layers.items() if not layer.supporting]
    carried = inside.explode("layers").rename({"layers": "layer"})
    linked = EDGES.check(edges).join(carried.select("group", "a", "b", "layer"), on=["a", "b", "layer"])
    facts = (
        groups.group_by("group")
        .agg(accounts=pl.len(), stability=exact_sum(pl.col("stability")) / pl.len())
        .join(_edge_facts(inside), on="group")
        .join(_layers(carried, inside), on="group")
        .join(_sync(linked), on="group", how="left")
        .join(_object_facts(carried, evidence, objects, telling), on="group", how="left")
    )
    scored = _scored(facts).sort(["score", "group"], descending=[True, False]).with_row_index("network", offset=1)
    networks = scored.with_columns(pl.col("accounts", "edges", "objects", "days").cast(pl.UInt32)).select(
        list(NETWORKS.columns)
    )
    members = _members(groups, graph, linked.filter(pl.col("layer").is_in(telling)))
    members = members.join(scored.select("group", "network"), on="group").sort(
        ["network", "strength", "account"], descending=[False, True, False]
    )
    return Ranked(NETWORKS.check(networks), MEMBERS.check(members.select(list(MEMBERS.columns))))


def _inside(graph: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Return the graph's edges whose ends are in one group, with the group."""
    of_a = groups.select("group", a="account")
    of_b = groups.select(group_b="group", b="account")
    both = graph.join(of_a, on="a").join(of_b, on="b").filter(pl.col("group") == pl.col("group_b"))
    return both.drop("group_b").sort("a", "b")


def _edge_facts(inside: pl.DataFrame) -> pl.DataFrame:
    return inside.group_by("group").agg(
        edges=pl.len(),
        weight=exact_sum(pl.col("weight")),
        first_at=pl.col("first_at").min(),
        last_at=pl.col("last_at").max(),
    )


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
    carried: pl.DataFrame,
    evidence: Mapping[str, pl.LazyFrame],
    objects: Mapping[str, pl.LazyFrame],
    telling: list[str],
) -> pl.DataFrame:
    """Return objects, days and exclusivity of each group, over the layers that count."""
    shares, days = [], []
    for name in telling:
        if name not in evidence:
            continue
        mine = carried.lazy().filter(pl.col("layer") == name).select("group", "a", "b")
        pairs = evidence[name].join(mine, on=["a", "b"])
        ends = pl.concat([pairs.select("group", "object", account=end) for end in ("a", "b")])
        members = ends.group_by("group", "object").agg(members=pl.col("account").n_unique())
        share = members.join(objects[name].select("object", "accounts"), on="object")
        shares.append(share.select("group", share=pl.col("members") / pl.col("accounts")))
        days.append(pairs.select("group", day=pl.col("time").dt.date()).unique())
    if not shares:
        return pl.DataFrame(
            schema={"group": pl.UInt32, "objects": pl.UInt32, "exclusivity": pl.Float64, "days": pl.UInt32}
        )
    found, dates = pl.collect_all([pl.concat(shares), pl.concat(days).unique()], engine="streaming")
    per_group = found.group_by("group").agg(objects=pl.len(), exclusivity=pl.col("share").median().clip(0, 1))
    return per_group.join(dates.group_by("group").agg(days=pl.len()), on="group")


def _scored(facts: pl.DataFrame) -> pl.DataFrame:
    n = pl.col("accounts")
    supported = (pl.col("objects") >= _MIN_OBJECTS) & (pl.col("days") >= _MIN_DAYS)
    layers = pl.col("layers").list.len()
    factors = {
        "factor_support": pl.when(supported).then(1.0).otherwise(0.3),
        "factor_layers": pl.when(layers >= 3).then(1.0).when(layers == 2).then(0.85).otherwise(0.6),
        "factor_exclusivity": 1 / (1 + (-_EXCLUSIVITY_SLOPE * (pl.col("exclusivity") - _EXCLUSIVITY_HALF)).exp()),
        "factor_synchrony": 0.7 + 0.3 * pl.col("synchrony").fill_null(0.0),
        "factor_stability": pl.col("stability"),
    }
    scored = facts.with_columns(
        pl.col("exclusivity").fill_null(0.0), pl.col("objects", "days").fill_null(0), pl.col("stability").clip(0, 1)
    ).with_columns(
        evidence=pl.col("weight") / (n * (n - 1) / 2) * n.sqrt(),
        density=pl.col("edges") / (n * (n - 1) / 2),
        level=pl.lit("theme"),
        **factors,
    )
    score = pl.col("evidence")
    for name in factors:
        score = score * pl.col(name)
    doubts = pl.concat_list(
        pl.when(~supported).then(pl.lit("it rests on fewer than 3 objects or a single day")),
        pl.when(pl.col("stability") < _MIN_STABILITY).then(pl.lit("other seeds group its accounts otherwise")),
    ).list.drop_nulls()
    abstain = doubts.list.len() > 0
    untested = "its links are tested against chance, the network as a whole is not"
    return scored.with_columns(
        score=score,
        tier=pl.when(abstain).then(pl.lit("abstain")).otherwise(pl.lit("C")),
        tier_reason=pl.when(abstain).then(doubts.list.join("; ")).otherwise(pl.lit(untested)),
    )


def _members(groups: pl.DataFrame, graph: pl.DataFrame, linked: pl.DataFrame) -> pl.DataFrame:
    """Return strength, share inside and role of each account."""
    ends = pl.concat([graph.select("weight", account="a", other="b"), graph.select("weight", account="b", other="a")])
    ends = ends.join(groups.select("account", "group"), on="account")
    ends = ends.join(groups.select(other="account", other_group="group"), on="other", how="left")
    same = pl.col("group") == pl.col("other_group")
    strength = ends.group_by("account").agg(
        strength=exact_sum(pl.col("weight").filter(same)),
        share_inside=(exact_sum(pl.col("weight").filter(same)) / exact_sum(pl.col("weight"))).clip(0, 1),
    )
    came_first = pl.concat(
        [
            linked.select("pairs", account="a", first="lead"),
            linked.select("pairs", account="b", first=1 - pl.col("lead")),
        ]
    )
    leads = came_first.group_by("account").agg(
        first=exact_sum(pl.col("first") * pl.col("pairs")) / pl.col("pairs").sum()
    )
    members = groups.join(strength, on="account").join(leads, on="account", how="left")
    weak = pl.col("strength") < _PERIPHERAL * pl.col("strength").median().over("group")
    role = (
        pl.when(weak)
        .then(pl.lit("peripheral"))
        .when(pl.col("first") >= _LEADING)
        .then(pl.lit("leader"))
        .otherwise(pl.lit("amplifier"))
    )
    return members.with_columns(role=role, stability=pl.col("stability").clip(0, 1))
