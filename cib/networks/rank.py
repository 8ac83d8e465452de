"""What is known of candidates -> NETWORKS, MEMBERS, EXPLANATIONS: the ranking, factor by factor, and the tiers.

score = evidence * support * layers * exclusivity * synchrony * stability * organic, every factor in [0, 1] and shown
beside the score:

- *evidence*: mean edge weight over all pairs of members (0 where there is no edge) times the root of the size;
- *support*: 0.3 unless it rests on at least 3 objects and 2 days;
- *layers*: 0.6, 0.85, 1 for 1, 2, 3 and more layers that carry at least a tenth of the edges;
- *exclusivity*: of all who acted on the network's objects, the members' share, median over objects, through a logistic
  curve that is one half at 0.1: a crowd's fans are a small part of their crowd, a network owns its objects;
- *synchrony*: 0.7 plus 0.3 times the share of windowed edges that are closer in time than chance (p_sync at most 0.01);
- *stability*: mean co-membership over seeds and resampled graphs;
- *organic*: the product of what the organic explanations leave.

The gates are rules of thumb, to be argued with; none is a probability.

The tier asks more: that the network as a whole has more evidence than the best that the same settings find in shuffled
data. With R shuffles, whose largest evidence each is kept [1]_,

    p_family = (1 + shuffles with as much evidence or more) / (R + 1)        ratio = evidence / largest of all shuffles

so that the chance that any network at all comes out with p_family below x is x, if nothing is there. Shuffled data are
too lenient a measure, since interest groups score above them: so a tier also asks for a score above a floor, which is
that of the best organic group in made-up worlds (docs/evaluation.md).

.. [1] Westfall and Young (1993), Resampling-based multiple testing: the maximum over all tests of a resample.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from cib.networks.measure import Measured
from cib.tables import EXPLANATIONS, MEMBERS, NETWORKS

__all__ = ["Ranked", "rank"]

_MIN_OBJECTS: Final = 3
_MIN_DAYS: Final = 2
_EXCLUSIVITY_HALF: Final = 0.1
_EXCLUSIVITY_SLOPE: Final = 30.0
"""Exclusivity of 0.2 gives 0.95, of 0.05 gives 0.18: the range in which measured organic groups and campaigns part."""
_MIN_STABILITY: Final = 0.6
_P: Final = {"A": 0.01, "B": 0.05}
_RATIO: Final = {"A": 1.5, "B": 1.2}
_EXCLUSIVITY: Final = {"A": 0.3, "B": 0.15}
_LAYERS: Final = {"A": 2, "B": 1}
_FLOOR: Final = {"A": 2.0, "B": 1.0}
"""Of the floor of the settings, the score that a tier asks for."""
_WORST: Final = {"A": 0.6, "B": 0.4}
"""An organic explanation that leaves less than this share of the score keeps a network out of the tier."""


@dataclass(frozen=True)
class Ranked:
    """NETWORKS by rank, MEMBERS by network, then falling strength, and EXPLANATIONS by network."""

    networks: pl.DataFrame
    members: pl.DataFrame
    explanations: pl.DataFrame


def rank(measured: Measured, explained: pl.DataFrame, by_chance: Sequence[float], floor: float = 0.0) -> Ranked:
    """Rank networks and say how far each is to be believed.

    Parameters
    ----------
    measured : of :func:`cib.networks.measure`.
    explained : of :func:`cib.networks.organic.explain`.
    by_chance : the largest evidence found in each shuffle of the data (see
        :func:`cib.networks.largest_evidence`); none: no network can be more than a lead.
    floor : score below which no network comes into tier B; twice as much is asked for tier A.
    """
    organic = explained.group_by("group").agg(
        factor_organic=pl.col("factor").product(), worst=pl.col("factor").min(),
        told=pl.col("name").sort_by("factor", "name").first(),
    )  # fmt: skip
    facts = measured.facts.join(organic, on="group", how="left").with_columns(
        pl.col("factor_organic", "worst").fill_null(1.0)
    )
    facts = _tiered(_scored(_against(facts, by_chance)), len(by_chance), floor)
    scored = facts.sort(["score", "group"], descending=[True, False]).with_row_index("network", offset=1)
    parent = _parents(measured.members, scored)
    scored = scored.join(parent, on="group", how="left").sort("network")
    number = scored.select("group", "network")
    members = measured.members.join(number, on="group").with_columns(
        home=pl.col("network") == pl.col("network").min().over("account")
    )
    members = members.sort(["network", "strength", "account"], descending=[False, True, False])
    told = explained.join(number, on="group", maintain_order="left").sort("network", maintain_order=True)
    whole = pl.col("accounts", "edges", "objects", "days").cast(pl.UInt32)
    return Ranked(
        NETWORKS.check(scored.with_columns(whole).select(list(NETWORKS.columns))),
        MEMBERS.check(members.select(list(MEMBERS.columns))),
        EXPLANATIONS.check(told.select(list(EXPLANATIONS.columns))),
    )


def _against(facts: pl.DataFrame, by_chance: Sequence[float]) -> pl.DataFrame:
    """Add p_family and ratio."""
    most = max(by_chance, default=0.0)
    level = pl.Series("chance", sorted(by_chance), dtype=pl.Float64)
    # Replicas at least as high; to the ninth decimal, as evidence is summed.
    above = len(level) - pl.Series(level.search_sorted(facts["evidence"].round(9) - 1e-9))
    p = (above + 1) / (len(level) + 1) if len(level) else pl.Series([None] * len(facts), dtype=pl.Float64)
    return facts.with_columns(
        p_family=p.cast(pl.Float64),
        ratio=pl.col("evidence") / most if most > 0 else pl.lit(None, dtype=pl.Float64),
    )


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
        "factor_organic": pl.col("factor_organic"),
    }
    scored = facts.with_columns(
        pl.col("exclusivity").fill_null(0.0), pl.col("objects", "days").fill_null(0)
    ).with_columns(density=(pl.col("edges") / (n * (n - 1) / 2)).clip(0, 1), supported=supported, **factors)
    score = pl.col("evidence")
    for name in factors:
        score = score * pl.col(name)
    return scored.with_columns(score=score)


def _tiered(scored: pl.DataFrame, runs: int, floor: float) -> pl.DataFrame:
    """Add tier and tier_reason."""
    doubts = {
        "it rests on fewer than 3 objects or a single day": ~pl.col("supported"),
        "other seeds or a resampled graph group its accounts otherwise": pl.col("stability") < _MIN_STABILITY,
        "shuffled data give networks with as much evidence": pl.col("ratio").fill_null(2.0) < 1,
    }
    missing = {tier: _missing(tier, runs, floor) for tier in ("A", "B")}
    lacks = {tier: pl.any_horizontal(*missing[tier].values()) for tier in missing}
    abstain = pl.any_horizontal(*doubts.values())
    tier = (
        pl.when(abstain).then(pl.lit("abstain"))
        .when(~lacks["A"]).then(pl.lit("A"))
        .when(~lacks["B"]).then(pl.lit("B"))
        .otherwise(pl.lit("C"))
    )  # fmt: skip
    reason = (
        pl.when(abstain).then(_joined(doubts))
        .when(~lacks["A"]).then(pl.lit("it has the highest"))
        .when(~lacks["B"]).then(_joined(missing["A"]))
        .otherwise(_joined(missing["B"]))
    )  # fmt: skip
    return scored.with_columns(tier=tier, tier_reason=reason)


def _missing(tier: str, runs: int, floor: float) -> dict[str, pl.Expr]:
    """Return what a network can lack for a tier, in words, and whether it does."""
    least = round(1 / _P[tier]) - 1
    few = runs < least
    tested = (
        f"too few shuffles to tell: {runs} of the {least} that tier {tier} needs ([control] runs)"
        if few
        else f"its p of {_P[tier]:g} or less over all networks is not reached"
    )
    asked = _FLOOR[tier] * floor
    return {
        f"its score is below {asked:g}, where organic groups score too": pl.col("score") < asked,
        tested: pl.lit(few) | (pl.col("p_family").fill_null(1.0) > _P[tier] + 1e-12),
        f"its evidence is less than {_RATIO[tier]:g} times the best by chance": pl.col("ratio").fill_null(9.0)
        < _RATIO[tier],
        f"fewer than {_EXCLUSIVITY[tier]:.0%} of those who acted on its objects are members".replace("%", " %"): pl.col(
            "exclusivity"
        )
        < _EXCLUSIVITY[tier],
        f"fewer than {_LAYERS[tier]} layers carry it": pl.col("layers").list.len() < _LAYERS[tier],
        "an organic explanation fits": pl.col("worst") < _WORST[tier],
    }


def _joined(asked: dict[str, pl.Expr]) -> pl.Expr:
    said = [pl.when(fails).then(pl.lit(words)) for words, fails in asked.items()]
    return pl.concat_list(said).list.drop_nulls().list.join("; ")


def _parents(members: pl.DataFrame, scored: pl.DataFrame) -> pl.DataFrame:
    """Return for each cell the theme that holds most of its accounts, if it holds at least half: group, parent."""
    placed = members.select("group", "account").join(scored.select("group", "network", "level", "accounts"), on="group")
    themes = placed.filter(pl.col("level") != "cell").select("account", parent="network")
    shared = placed.filter(pl.col("level") == "cell").join(themes, on="account")
    counted = shared.group_by("group", "parent").agg(n=pl.len(), accounts=pl.col("accounts").first())
    most = counted.filter(2 * pl.col("n") >= pl.col("accounts")).sort(
        ["group", "n", "parent"], descending=[False, True, False]
    )
    return most.unique("group", keep="first").select("group", "parent")
