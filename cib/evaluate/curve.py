"""How well an ordering of accounts puts the planted ones first, with weights, so that resamples need no new sorting.

The definitions are scikit-learn's (tests hold them to it): accounts of one score count together, and average precision
is the sum of precision times the gain in recall, without interpolation. Weights are counts of accounts, or what takes
their place in a resample.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["BASE_RATES", "Curve", "Order", "account_measures", "curve_of", "order_of"]

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]

FALSE_POSITIVE_RATES: Final = (0.001, 0.01, 0.05)
TOP: Final = (10, 50, 100, 500)
BASE_RATES: Final = (0.15, 0.01, 0.001)


@dataclass(frozen=True)
class Order:
    """Rows by falling score.

    Attributes
    ----------
    rows : row numbers, best first.
    ends : for each distinct score the place of its last row.
    """

    rows: Ints
    ends: Ints


@dataclass(frozen=True)
class Curve:
    """Planted and other accounts found at each distinct score or a better one, and how many there are in all."""

    found: Floats
    false: Floats
    planted: float
    others: float

    def average_precision(self, base_rate: float | None = None) -> float:
        """Return the average precision, also as it would be at another base rate: others then weigh more or less."""
        factor = 1.0
        if base_rate is not None:
            factor = self.planted * (1 - base_rate) / (base_rate * self.others)
        seen = self.found + factor * self.false
        precision = np.divide(self.found, seen, out=np.zeros_like(seen), where=seen > 0)
        return float(np.sum(np.diff(self.found, prepend=0.0) * precision) / self.planted)

    def roc_auc(self) -> float:
        """Return the area under the ROC curve: the chance that a planted account is above another one; ties a half."""
        found, false = np.r_[0.0, self.found], np.r_[0.0, self.false]
        return float(np.trapezoid(found, false) / (self.planted * self.others))

    def recall_at(self, false_positive_rate: float) -> float:
        """Return the largest recall at a false-positive rate of at most this."""
        able = self.found[self.false <= false_positive_rate * self.others * (1 + 1e-12)]
        return float(able[-1] / self.planted) if len(able) else 0.0

    def precision_at(self, k: float) -> float:
        """Return the precision of the first `k`; of accounts of one score, the share that fits in is taken of all."""
        seen = np.r_[0.0, self.found + self.false]
        found = np.interp(min(k, seen[-1]), seen, np.r_[0.0, self.found])
        return float(found / min(k, seen[-1]))


def order_of(score: Floats) -> Order:
    """Return rows by falling score; those without a score (NaN) come last, together."""
    filled = np.where(np.isnan(score), -np.inf, score)
    rows = np.argsort(-filled, kind="stable")
    ranked = filled[rows]
    ends = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
    return Order(rows.astype(np.int64), ends.astype(np.int64))


def curve_of(order: Order, planted: Flags, weight: Floats) -> Curve:
    """Return the curve of an order, with a weight for each row. Cost: linear in rows."""
    ranked, true = weight[order.rows], planted[order.rows]
    found = np.cumsum(ranked * true)[order.ends]
    false = np.cumsum(ranked * ~true)[order.ends]
    return Curve(found, false, float(found[-1]), float(false[-1]))


def _percent(share: float) -> str:
    """Return a share in per cent: 15 %, 0.1 %."""
    return f"{100 * share:g} %"


def account_measures(order: Order, planted: Flags, reported: Flags, weight: Floats) -> dict[str, float]:
    """Return every measure of the accounts: of their order, and of those that are reported (the frozen threshold)."""
    curve = curve_of(order, planted, weight)
    precision = curve.average_precision()
    measures = {"average precision": precision}
    measures["lift over the base rate"] = precision * (curve.planted + curve.others) / curve.planted
    for rate in BASE_RATES:
        measures[f"average precision at a base rate of {_percent(rate)}"] = curve.average_precision(rate)
    measures["ROC AUC"] = curve.roc_auc()
    for rate in FALSE_POSITIVE_RATES:
        measures[f"recall at a false-positive rate of {_percent(rate)}"] = curve.recall_at(rate)
    for k in TOP:
        measures[f"precision of the first {k}"] = curve.precision_at(k)
    return measures | _reported(planted, reported, weight)


def _reported(planted: Flags, reported: Flags, weight: Floats) -> dict[str, float]:
    true = float(weight[planted & reported].sum())
    all_reported, all_planted = float(weight[reported].sum()), float(weight[planted].sum())
    measures = {
        "precision of the reported": true / all_reported if all_reported else 0.0,
        "recall of the reported": true / all_planted,
        "F1 of the reported": 2 * true / (all_reported + all_planted),
    }
    others = float(weight[~planted].sum())
    for rate in BASE_RATES:
        hits, alarms = rate * true / all_planted, (1 - rate) * (all_reported - true) / others
        measures[f"precision of the reported at a base rate of {_percent(rate)}"] = (
            hits / (hits + alarms) if hits else 0.0
        )
    return measures
