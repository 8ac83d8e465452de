"""EDGES -> GRAPH: which edges of each layer are kept, and the layers of a pair of accounts as one weight.

A layer's edges are asked for their false-discovery rate, then for the layer's own rules (see
:mod:`cib.networks.keep`), then for their weight. What an edge brings to the graph is

    e = reliability * weight

and, where the weight is evidence against chance and evidence is what is added up,

    e = reliability * independence * weight

*Independence* is the share of the layer's objects that are independent acts: two posts that share a text and its link
and its hashtags are one act, seen three times; it counts in the most telling layer (the order of the layers), and a
post counts once however many objects it shares. A layer that combines others' acts counts what none of them does.

========== ============================================================================================
fusion     weight of the graph's edge
========== ============================================================================================
evidence   sum of e, raised by ``layer_bonus`` for each layer after the first
sum        sum of e (Weber and Neumann 2021)
maximum    largest e (Luceri et al. 2024, the reference code's merged network)
union      1 (Luceri et al. 2024)
========== ============================================================================================
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from cib.networks.keep import keep_steps, why_dropped
from cib.networks.sums import exact_sum
from cib.settings import COMBINED, GraphSettings, KeepRule, LayerSettings
from cib.tables import EDGES, GRAPH, LEDGER, PAIRS
from cib.texts import RUNGS

__all__ = ["Fused", "fuse"]

_LADDER: Final = frozenset({"text", *RUNGS})


_NATS: Final = ("evidence", "agreement")
_PAIRS_AT_ONCE: Final = 2_000_000
"""Pairs of posts whose acts are told apart together, some 200 bytes each."""
_NOTHING: Final = 1e-9
"""What sums over edges are rounded to (see :mod:`cib.networks.sums`)."""


@dataclass(frozen=True)
class Fused:
    """The graph, and how it came about.

    Attributes
    ----------
    graph : GRAPH, sorted by a, b.
    kept : layer, a, b, sorted: edges that their layer keeps, by q, its own rules and min_weight; accounts' edges with
        themselves included.
    ledger : LEDGER: a row for each rule that took edges, in the order of the rules.
    """

    graph: pl.DataFrame
    kept: pl.DataFrame
    ledger: pl.DataFrame


@dataclass(frozen=True)
class _Ledger:
    """Rows of the ledger; a step that takes nothing leaves none."""

    rows: list[dict[str, object]] = field(default_factory=list)

    def note(self, where: str, reason: str, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
        if len(after) < len(before):
            row = {"stage": "networks", "where": where, "reason": reason, "examples": []}
            self.rows.append(row | {"rows_in": len(before), "rows_out": len(after)})
        return after

    def table(self) -> pl.DataFrame:
        return LEDGER.check(pl.DataFrame(self.rows, schema=LEDGER.schema))


def fuse(
    edges: pl.DataFrame,
    evidence: Mapping[str, pl.LazyFrame],
    layers: Mapping[str, LayerSettings],
    settings: GraphSettings,
) -> Fused:
    """Return the graph, which edges of the layers are kept, and what each rule took.

    Parameters
    ----------
    edges : EDGES of all layers.
    evidence : PAIRS of each layer, by layer name.
    layers : their settings, the most telling layer first.
    settings : thresholds and rules.

    Raises
    ------
    TableError
        `edges` or the evidence break their contract.
    ConfigError
        A rule asks for a column that the edges do not have.

    Notes
    -----
    One pass over the evidence of the kept edges; a hash of its post pairs. The rules: see :func:`cib.networks.keep`.
    """
    EDGES.check(edges)
    for pairs in evidence.values():
        PAIRS.check_schema(pairs.collect_schema())
    ledger = _Ledger()
    ruled = pl.concat([edges.clear(), *_ruled(edges, layers, settings, ledger)])
    as_evidence = [name for name, layer in layers.items() if settings.fusion == "evidence" and layer.weight in _NATS]
    if as_evidence:
        weighed = _weigh(_with_acts(ruled, evidence, layers), layers, as_evidence)
        kept = _heavy(weighed, layers, settings, ledger)
    else:  # an act is fresh or not among the edges that are left
        kept = _heavy(_weigh(ruled.with_columns(acts=pl.lit(0)), layers, as_evidence), layers, settings, ledger)
        kept = _with_acts(kept.drop("acts"), evidence, layers)
    graph = _fused(_between_two(kept, ledger), layers, settings)
    graph = _believed(graph, settings, ledger)
    return Fused(GRAPH.check(graph), kept.select("layer", "a", "b").sort("layer", "a", "b"), ledger.table())


def _ruled(
    edges: pl.DataFrame, layers: Mapping[str, LayerSettings], settings: GraphSettings, ledger: _Ledger
) -> Iterator[pl.DataFrame]:
    """Yield each layer's edges that pass the false-discovery rate and the layer's rules."""
    for name, layer in layers.items():
        mine = edges.filter(pl.col("layer") == name)
        left = ledger.note(
            name, why_dropped(KeepRule(rule="q", value=settings.q)), mine, mine.filter(pl.col("q") <= settings.q)
        )
        for rule, after in keep_steps(left, layer.keep):
            left = ledger.note(name, why_dropped(rule), left, after)
        yield left


def _weigh(edges: pl.DataFrame, layers: Mapping[str, LayerSettings], as_evidence: Sequence[str]) -> pl.DataFrame:
    """Add `e`, what an edge brings to the graph; an account's edge with itself is not asked for independent acts."""
    names = list(layers)
    reliability = pl.col("layer").replace_strict(
        names, [layers[name].reliability for name in names], return_dtype=pl.Float64
    )
    discounted = pl.col("layer").is_in(as_evidence) & (pl.col("a") != pl.col("b"))
    independence = pl.when(discounted).then(pl.col("acts") / pl.col("objects")).otherwise(1.0)
    return edges.with_columns(e=reliability * independence * pl.col("weight"))


def _heavy(
    edges: pl.DataFrame, layers: Mapping[str, LayerSettings], settings: GraphSettings, ledger: _Ledger
) -> pl.DataFrame:
    """Return the edges that bring enough to the graph; where edges are weighed, more than nothing."""
    asked = {f"brings less than min_weight {settings.min_weight:g}": pl.col("e") >= settings.min_weight}
    if settings.fusion != "union":
        asked = {"weighs nothing, or each of its acts counts in another layer": pl.col("e") > _NOTHING} | asked
    for name in layers:
        for reason, enough in asked.items():
            other = pl.col("layer") != name
            mine = edges.filter(~other)
            ledger.note(name, reason, mine, mine.filter(enough))
            edges = edges.filter(enough | other)
    return edges


def _between_two(kept: pl.DataFrame, ledger: _Ledger) -> pl.DataFrame:
    return ledger.note("graph", "links an account with itself", kept, kept.filter(pl.col("a") != pl.col("b")))


def _fused(kept: pl.DataFrame, layers: Mapping[str, LayerSettings], settings: GraphSettings) -> pl.DataFrame:
    """Return GRAPH, with `telling`: whether a layer that is not merely supporting carries the edge."""
    supporting = [name for name, layer in layers.items() if layer.supporting]
    weight = {
        "evidence": exact_sum(pl.col("e")) * (1 + settings.layer_bonus * (pl.len() - 1)),
        "sum": exact_sum(pl.col("e")),
        "maximum": pl.col("e").max(),
        "union": pl.lit(1.0),
    }[settings.fusion]
    return kept.group_by("a", "b").agg(
        weight=weight,
        layers=pl.col("layer").sort_by(["e", "layer"], descending=[True, False]),
        objects=pl.col("objects").sum(),
        acts=pl.col("acts").sum(),
        q=pl.col("q").min(),
        first_at=pl.col("first_at").min(),
        last_at=pl.col("last_at").max(),
        telling=(~pl.col("layer").is_in(supporting)).any(),
    )


def _believed(graph: pl.DataFrame, settings: GraphSettings, ledger: _Ledger) -> pl.DataFrame:
    """Return GRAPH: the edges that pass the rules of the graph, sorted."""
    asked = {
        "only supporting layers carry it": pl.col("telling"),
        f"fewer than {settings.min_layers} layers": pl.col("layers").list.len() >= settings.min_layers,
        f"fewer than {settings.min_acts} independent acts": pl.col("acts") >= settings.min_acts,
    }
    for reason, enough in asked.items():
        graph = ledger.note("graph", reason, graph, graph.filter(enough))
    graph = graph.select(list(GRAPH.columns)).sort("a", "b")
    for rule, after in keep_steps(graph, settings.keep):
        graph = ledger.note("graph", why_dropped(rule), graph, after)
    return graph


def _with_acts(
    edges: pl.DataFrame, evidence: Mapping[str, pl.LazyFrame], layers: Mapping[str, LayerSettings]
) -> pl.DataFrame:
    """Add the independent acts of each edge and layer: its fresh objects, but no more than either account's posts.

    A pair of posts is fresh in the most telling layer that holds it; on the ladder of texts, where each rung holds what
    the one below holds, only if neither post is matched on a lower one; where layers are combined, only if neither is
    matched in any of them.
    """
    schema = {"layer": pl.String, "a": pl.UInt32, "b": pl.UInt32, "acts": pl.UInt32}
    found = [pl.DataFrame(schema=schema)]
    for first, last in _at_once(edges):
        some = edges.filter(pl.col("a").is_between(first, last))
        theirs = {name: pairs.filter(pl.col("a").is_between(first, last)) for name, pairs in evidence.items()}
        found.append(_acts(some, theirs, layers).select(list(schema)))
    counted = edges.join(pl.concat(found), on=["layer", "a", "b"], how="left")
    return counted.with_columns(pl.col("acts").fill_null(0))


def _at_once(edges: pl.DataFrame) -> Iterator[tuple[int, int]]:
    """Yield ranges of the first account, both ends inclusive, with about so many pairs of posts each.

    Nothing that is asked of a pair of posts looks beyond its two accounts.
    """
    per = edges.group_by("a").agg(pl.col("pairs").sum()).sort("a")
    part = (per["pairs"].cum_sum() - 1) // _PAIRS_AT_ONCE
    yield from (
        per.group_by(part.alias("part"))
        .agg(first=pl.col("a").min(), last=pl.col("a").max())
        .sort("first")
        .select("first", "last")
        .iter_rows()
    )


def _acts(
    edges: pl.DataFrame, evidence: Mapping[str, pl.LazyFrame], layers: Mapping[str, LayerSettings]
) -> pl.DataFrame:
    """Return layer, a, b and acts of these edges."""
    order = list(layers)
    ladder = [rank for rank, name in enumerate(order) if layers[name].trace in _LADDER]
    combined = [rank for rank, name in enumerate(order) if layers[name].trace == COMBINED]
    columns = ["a", "b", "object", "post_a", "post_b"]
    between_two = edges.lazy().filter(pl.col("a") != pl.col("b"))
    kept = [
        evidence[name]
        .select(columns)
        .join(between_two.filter(pl.col("layer") == name).select("a", "b"), on=["a", "b"], how="semi")
        .with_columns(rank=pl.lit(rank, dtype=pl.UInt8))
        for rank, name in enumerate(order)
        if name in evidence
    ]
    nothing = pl.LazyFrame(schema=dict.fromkeys(columns, pl.UInt32) | {"rank": pl.UInt8})
    pairs = pl.concat([nothing, *kept])
    pairs = pairs.with_columns(both=pl.col("post_a").cast(pl.UInt64) * 2**32 + pl.col("post_b"))
    first = pairs.group_by("both").agg(best=pl.col("rank").min())
    fresh = pairs.join(first, on="both").filter(pl.col("rank") == pl.col("best"))
    fresh = _unmatched(fresh, pairs, ladder, ladder)
    fresh = _unmatched(fresh, pairs, list(range(len(order))), combined)
    acts = fresh.group_by("rank", "a", "b").agg(
        acts=pl.min_horizontal(pl.col(name).n_unique() for name in ("object", "post_a", "post_b"))
    )
    names = pl.DataFrame({"rank": range(len(order)), "layer": order}, schema={"rank": pl.UInt8, "layer": pl.String})
    found = acts.join(names.lazy(), on="rank").select("layer", "a", "b", pl.col("acts").cast(pl.UInt32))
    return found.collect(engine="streaming")


def _unmatched(fresh: pl.LazyFrame, pairs: pl.LazyFrame, below: Sequence[int], asked: Sequence[int]) -> pl.LazyFrame:
    """Leave out the pairs of the layers asked of which a post is matched with the other account in an earlier layer."""
    if not asked or len(below) < 2:
        return fresh
    holding = pairs.filter(pl.col("rank").is_in(below))
    for post, other in (("post_a", "b"), ("post_b", "a")):
        lowest = holding.group_by(post, other).agg(lowest=pl.col("rank").min())
        fresh = fresh.join(lowest, on=[post, other], how="left")
        later = pl.col("rank").is_in(asked) & (pl.col("rank") > pl.col("lowest"))
        fresh = fresh.filter(~later.fill_null(value=False)).drop("lowest")
    return fresh
