r"""Families: what the indicators of one kind say together, and how many kinds an account is extreme in.

Schedule, repetition, profile, client and cohort are five sides of automation or of being made in numbers. They fail for
different reasons, so that an account extreme in several is worth more than one extreme in one. Still a description: of
ordinary accounts one in a hundred is above the 99th percentile of each family, by definition.

The score of a family combines the ranks of its k indicators that apply, each turned so that high is what is worth a
second look (for an indicator unusual on both sides, how far from the middle), as Stouffer's normal scores [1]_:

.. math:: z = \frac{1}{\sqrt{k}} \sum_i \Phi^{-1}(u_i), \quad u_i \in [\tfrac{1}{2n}, 1 - \tfrac{1}{2n}]

with n accounts that the indicator applies to. It would scatter alike whatever k is if indicators were independent.
They are not, so that z is read by its percentile here, never by the normal distribution.

References
----------
.. [1] Stouffer et al. (1949), The American soldier, vol. 1, Princeton University Press.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

import polars as pl

from cib.accounts.history import History
from cib.accounts.indicator import Indicator, answer, few

__all__ = ["FAMILIES", "extreme_families", "families", "family_score"]

FAMILIES: Final = ("schedule", "repetition", "profile", "client", "cohort")
"""The families that an account is placed in."""

_EXTREME: Final = 0.01
_ACCOUNTS_NEEDED: Final = 100
"""Fewer have no 99th percentile that anybody could be above."""
_SAID: Final = {
    "schedule": "when and how regularly it posts",
    "repetition": "how much it repeats itself",
    "profile": "what its profile says",
    "client": "what it posts with",
    "cohort": "whom it was made with",
}

Parts = tuple[tuple[str, str], ...]
"""Title and unusual side ("high", "low" or "both") of each indicator of a family."""


def family_score(history: History, *, parts: Parts) -> pl.DataFrame:
    """Return the normal score z of a family: 0 as is usual here, high where its indicators are unusual together."""
    found = _scores(history, parts)
    none = pl.when(pl.col("known") == 0).then(pl.lit("No indicator of this family applies to it."))
    answers = answer(history, found, pl.col("score"), none)
    words = pl.when(pl.col("known") == 1).then(pl.lit("indicator")).otherwise(pl.lit("indicators"))
    detail = found.select("account", detail=pl.format("{} {}, above all {}", "known", words, "most"))
    return answers.join(detail, on="account", how="left", maintain_order="left")


def _scores(history: History, parts: Parts) -> pl.DataFrame:
    """Return account, known (indicators that apply), score and most (the title of the most unusual), in its order."""
    from scipy.special import ndtri

    ranks = history.ranks
    turned = [_turned(title, side).alias(title) for title, side in parts if title in ranks.columns]
    unusual = ranks.select(turned) if turned else pl.DataFrame()
    scores = pl.DataFrame([pl.Series(name, ndtri(unusual[name].to_numpy())).fill_nan(None) for name in unusual.columns])
    if scores.width == 0:
        nothing = {"known": pl.lit(0, dtype=pl.UInt32), "score": pl.lit(None, dtype=pl.Float64), "most": pl.lit("")}
        return history.accounts.select("account", **nothing)
    known = pl.sum_horizontal(pl.all().is_not_null()).cast(pl.UInt32)
    titles = pl.concat_list(pl.lit(name) for name in scores.columns)
    most = titles.list.get(pl.concat_list(pl.all().fill_null(-99.0)).list.arg_max())
    total = pl.sum_horizontal(pl.all().fill_null(0.0))
    frame = scores.select(known=known, score=pl.when(known > 0).then(total / known.sqrt()), most=most)
    return history.accounts.select("account").hstack(frame)


def _turned(title: str, side: str) -> pl.Expr:
    rank = pl.col(title)
    turned = {"high": rank, "low": 1 - rank, "both": (2 * rank - 1).abs()}[side]
    least = 0.5 / rank.count()
    return turned.clip(least, 1 - least)


def extreme_families(history: History, *, parts: Mapping[str, Parts]) -> pl.DataFrame:
    """Return in how many families the account's score is among the highest 1 % of those the family applies to.

    Ties count against it: if 2 % share the highest score, none of them is above the 99th percentile.
    """
    counts = []
    for one in parts.values():
        score = _scores(history, one)["score"].round(9)
        known = len(score) - score.null_count()
        above = score.rank("max", descending=True) / max(known, 1) <= _EXTREME
        counts.append(above.fill_null(value=False) if known >= _ACCOUNTS_NEEDED else above.clear(len(score)))
    able = pl.DataFrame([above.alias(str(place)) for place, above in enumerate(counts)])
    found = history.accounts.select("account").hstack(
        able.select(
            judged=pl.sum_horizontal(pl.all().is_not_null()).cast(pl.UInt32),
            above=pl.sum_horizontal(pl.all().fill_null(value=False)).cast(pl.UInt32),
        )
    )
    judged = pl.when(pl.col("judged") == 0).then(
        few(pl.lit(history.accounts.height), _ACCOUNTS_NEEDED, "account", "accounts").fill_null(
            f"No family of indicators applies to {_ACCOUNTS_NEEDED} accounts."
        )
    )
    answers = answer(history, found, pl.col("above"), judged)
    detail = found.select("account", detail=pl.col("judged").cast(pl.String))
    return answers.join(detail, on="account", how="left", maintain_order="left")


def families(indicators: Iterable[Indicator]) -> tuple[Indicator, ...]:
    """Return the summary of each family and the count of extreme ones, as indicators that read the others' ranks."""
    every = tuple(indicators)
    parts = {family: tuple((one.title, one.unusual) for one in every if one.family == family) for family in FAMILIES}
    return (*(_family(name, parts[name]) for name in FAMILIES), _extreme(parts))


def _family(name: str, parts: Parts) -> Indicator:
    return Indicator(
        name=f"family_{name}",
        family="all",
        title=f"{name} as a whole",
        unit="normal score",
        doc=f"sum over its k {name} indicators that apply of the normal score of their middle rank, turned to the "
        "unusual side, / sqrt(k)",
        needs=("indicators",),
        unless="no indicator of the family applies",
        function=partial(family_score, parts=parts),
        sentence=f"All in all, {_SAID[name]} is {{value}} normal scores from usual ({{detail}}); {{comparison}}.",
        unusual="high",
        innocent="whatever explains the indicator that it names",
        reference="Stouffer et al. 1949; of ranks: this project",
    )


def _extreme(parts: Mapping[str, Parts]) -> Indicator:
    return Indicator(
        name="extreme_families",
        family="all",
        title="families above the 99th percentile",
        unit="families",
        doc="families in which its score is among the highest 1 % of the accounts the family applies to, ties included",
        needs=("indicators",),
        unless=f"no family that applies to {_ACCOUNTS_NEEDED} accounts",
        function=partial(extreme_families, parts=parts),
        sentence="Above the 99th percentile in {value} of {detail} families of indicators; {comparison}.",
        zero="In no family of indicators above the 99th percentile; {comparison}.",
        unusual="high",
        innocent="of ordinary accounts 5 in 100 are above it in one of five families, by definition",
        reference="this project",
    )
