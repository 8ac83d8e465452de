"""Outlier: how unusual an account is here, all indicators together.

Unusual is not automated: the most unusual account of a corpus may be its only human being. The value
orders accounts for a second look, and the two indicators named with it say where to look.

References
----------
.. [1] Liu, Ting and Zhou (2008), Isolation forest, ICDM 2008. doi:10.1109/ICDM.2008.17
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.accounts.history import History
from cib.accounts.indicator import Indicator, answer, few

__all__ = ["OUTLIER", "outlier"]

Matrix = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_ACCOUNTS_NEEDED: Final = 20
_INDICATORS_NEEDED: Final = 5
"""With fewer the score would tell how much is missing rather than how unusual the account is."""
_USABLE: Final = ("account with enough indicators", "accounts with enough indicators")
_SIDES: Final = ("low", "middle", "high")


def outlier(history: History) -> pl.DataFrame:
    r"""Return the anomaly score of an isolation forest [1]_ over the middle ranks of all other indicators.

    .. math:: s(x) = 2^{-E[h(x)] / c(\psi)}

    with h(x) the depth at which a random tree has x alone and c the mean depth for a sample of size psi = min(256,
    accounts), over 100 trees: in (0, 1), about one half for ordinary points, higher for those that are cut off early.
    Missing ranks count as one half. `outlier_share` is the model's contamination: it only says who
    belongs to the most unusual share. Which account stands in which row makes no difference.
    """
    applies = history.ranks.select(pl.sum_horizontal(pl.all().is_not_null()).cast(pl.UInt32)).to_series()
    usable = (applies >= _INDICATORS_NEEDED).to_numpy()
    found = history.accounts.select("account", applies=applies)
    if usable.sum() < _ACCOUNTS_NEEDED:
        return answer(history, found, pl.lit(None), few(pl.lit(int(usable.sum())), _ACCOUNTS_NEEDED, *_USABLE))
    ranks = history.ranks.fill_null(0.5).to_numpy().astype(np.float64)
    scores, limit = _isolation(ranks, usable, share=history.settings.outlier_share, seed=history.seed)
    enough = few("applies", _INDICATORS_NEEDED, "indicator that applies", "indicators that apply")
    answers = answer(history, found.with_columns(score=pl.Series(scores)), pl.col("score"), enough)
    among = pl.when(pl.Series(scores > limit)).then(pl.lit("among")).otherwise(pl.lit("not among"))
    share = pl.lit(f" the {100 * history.settings.outlier_share:g} % most unusual, above all in ")
    return answers.with_columns(detail=pl.concat_str(among, share, _where(ranks, history.ranks.columns)))


def _isolation(ranks: Matrix, usable: Flags, *, share: float, seed: int) -> tuple[Matrix, float]:
    """Return each account's anomaly score (0 where not usable) and the score above which `share` of the usable lie."""
    from sklearn.ensemble import IsolationForest

    points = ranks[usable]
    # The trees draw rows by position: in an order that depends on the points alone, no account's number matters.
    in_order = points[np.lexsort(points.T)]
    forest = IsolationForest(contamination=share, random_state=seed % 2**32, n_jobs=1).fit(in_order)
    scores = np.zeros(len(ranks))
    scores[usable] = -forest.score_samples(points)
    return scores, -float(forest.offset_)


def _where(ranks: Matrix, titles: list[str]) -> pl.Series:
    """Return, for each row, the two titles whose ranks lie farthest from the middle, and on which side."""
    farthest = np.argsort(-np.abs(ranks - 0.5), axis=1, kind="stable")[:, :2]
    side = np.sign(np.take_along_axis(ranks, farthest, axis=1) - 0.5).astype(int) + 1
    words = [np.array(titles)[farthest[:, 0]], np.array(_SIDES)[side[:, 0]]]
    words += [np.array(titles)[farthest[:, 1]], np.array(_SIDES)[side[:, 1]]]
    return pl.select(pl.format("{} ({}) and {} ({})", *map(pl.Series, words))).to_series()


OUTLIER: Final = (
    Indicator(
        name="outlier",
        family="all",
        title="unusual here",
        unit="0 to 1",
        doc="anomaly score of an isolation forest (100 trees of min(256, accounts) accounts) over the middle ranks of "
        "all other indicators; missing ones count as 1/2",
        needs=("indicators",),
        unless=f"fewer than {_INDICATORS_NEEDED} indicators apply to the account; fewer than {_ACCOUNTS_NEEDED} such "
        "accounts",
        function=outlier,
        sentence="Anomaly score {value}, {comparison}; {detail}. Unusual is not automated.",
        unusual="high",
        innocent="anyone unlike the others here: the one newsroom among fans, the one person among feeds",
        reference="Liu, Ting and Zhou 2008, doi:10.1109/ICDM.2008.17",
    ),
)
"""The model, computed when all other indicators are known."""
