r"""Trial: how well a model does on accounts that it was not fitted to, with the uncertainty of it.

References
----------
.. [1] DeLong, DeLong and Clarke-Pearson (1988), Comparing the areas under two or more correlated receiver operating
       characteristic curves, Biometrics 44(3). doi:10.2307/2531595
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.accounts.scorecard import Scorecard, fit_scorecard
from cib.intervals import of_share

__all__ = ["Trial", "area", "cross_validated", "reliability"]

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]

_FOLDS: Final = 10
_BINS: Final = 10
_Z: Final = 1.959963984540054
"""95 % of the normal distribution lie within."""


@dataclass(frozen=True)
class Trial:
    """How well a model did, fold by fold on accounts of the others.

    Attributes
    ----------
    accounts, labelled : how many, and how many of them bear the label.
    auc, auc_low, auc_high : area under the ROC curve, with its 95 % interval.
    brier : mean squared error of p; `brier_base` that of always saying the share that is labelled.
    calibration_error : mean of |p - share labelled| over the bins of `table`, weighted by accounts.
    said : share of accounts on which the model did not abstain; `right` the share of these on the right side.
    table : reliability: p (mean), share (labelled), low and high (95 % interval of it), accounts.
    """

    accounts: int
    labelled: int
    auc: float
    auc_low: float
    auc_high: float
    brier: float
    brier_base: float
    calibration_error: float
    said: float
    right: float
    table: pl.DataFrame


def cross_validated(features: pl.DataFrame, truth: Flags, *, seed: int) -> Trial:
    """Fit on nine tenths of the accounts and try on the last tenth, ten times; calibration included in each.

    Parameters
    ----------
    features, truth : one row an account, as for :func:`cib.accounts.scorecard.fit_scorecard`.
    seed : of the folds.
    """
    from sklearn.model_selection import StratifiedKFold

    p = np.empty(len(truth))
    for train, test in StratifiedKFold(_FOLDS, shuffle=True, random_state=seed).split(p, truth):
        p[test] = fit_scorecard(features[train], truth[train], seed=seed).probability(features[test])
    auc, low, high = area(p, truth)
    table = reliability(p, truth)
    abstain_low, abstain_high = Scorecard((), 0.0).abstain
    off = (table["p"] - table["share"]).abs().to_numpy()
    said = (p <= abstain_low) | (p >= abstain_high)
    return Trial(
        accounts=len(truth),
        labelled=int(truth.sum()),
        auc=auc,
        auc_low=low,
        auc_high=high,
        brier=float(((p - truth) ** 2).mean()),
        brier_base=float(truth.mean() * (1 - truth.mean())),
        calibration_error=float(np.average(off, weights=table["accounts"])),
        said=float(said.mean()),
        right=float(((p > 0.5) == truth)[said].mean()) if said.any() else float("nan"),
        table=table,
    )


def area(p: Floats, truth: Flags) -> tuple[float, float, float]:
    """Return the area under the ROC curve and its 95 % interval [1]_, on the logit scale to stay within 0 and 1.

    The interval is that of fresh accounts of the same kind; it says nothing of accounts of another.

    Examples
    --------
    >>> auc, low, high = area(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    >>> auc, round(low, 2), round(high, 2)
    (0.75, 0.07, 0.99)
    """
    from scipy.stats import rankdata

    ones, zeros = p[truth], p[~truth]
    ranks = rankdata(p)
    over = (ranks[truth] - rankdata(ones)) / len(zeros)
    under = 1 - (ranks[~truth] - rankdata(zeros)) / len(ones)
    auc = float(over.mean())
    if auc in {0.0, 1.0}:
        return auc, auc, auc
    deviation = float(np.sqrt(over.var(ddof=1) / len(ones) + under.var(ddof=1) / len(zeros)))
    logit, width = np.log(auc / (1 - auc)), _Z * deviation / (auc * (1 - auc))
    low, high = (float(1 / (1 + np.exp(-(logit + side * width)))) for side in (-1, 1))
    return auc, low, high


def reliability(p: Floats, truth: Flags) -> pl.DataFrame:
    """Return, for ten bins of about as many accounts in order of p, what was said and what was so.

    Returns
    -------
    p (mean of what was said), share (that bears the label), low and high (Wilson's 95 % interval of it), accounts.
    """
    parts = np.array_split(np.lexsort((truth, p)), _BINS)
    rows = []
    for part in (part for part in parts if len(part)):
        n, share = len(part), float(truth[part].mean())
        rows.append((float(p[part].mean()), share, *of_share(int(truth[part].sum()), n), n))
    return pl.DataFrame(rows, schema=["p", "share", "low", "high", "accounts"], orient="row")
