"""Cohort: accounts of this corpus that were created on the same day.

References
----------
.. [1] Bellutta and Carley (2023), Investigating coordinated account creation using burst detection and network
       analysis, Journal of Big Data 10, 20. doi:10.1186/s40537-023-00695-7
"""

from typing import Final

import numpy as np
import polars as pl

from cib.accounts.history import History
from cib.accounts.indicator import Indicator, answer, few

__all__ = ["COHORT", "creation_burst"]

_AROUND_DAYS: Final = 30
"""Days on either side that tell the local rate: long enough for a rate, short against a platform's growth."""
_ACCOUNTS_NEEDED: Final = 20
_DATED: Final = ("account with a creation date", "accounts with a creation date")
_FLOOR: Final = 1e-300
"""Smaller probabilities are not told apart; keeps the value at 300 or below."""


def creation_burst(history: History) -> pl.DataFrame:
    r"""Return how surprising it is that so many other accounts here were created on the same day [1]_.

    With k other accounts created on that day (UTC), and n accounts created in the 30 days before and the 30 days
    after it,

    .. math:: -\log_{10} P(X \ge k), \quad X \sim \mathrm{Poisson}(\lambda), \quad \lambda = (n + 1) / 60

    0 for an account created on a day of its own. The rate is local because a platform's growth, and with it the
    corpus, is not even over the years; the 1 keeps it above 0. Not corrected for the number of days looked at.
    """
    from scipy.special import gammainc

    created = pl.col("created_at").dt.epoch("d")
    known = history.accounts.select("account", day=created).drop_nulls()
    days = known.group_by("day").agg(count=pl.len()).sort("day")
    day, count = days["day"].to_numpy(), days["count"].to_numpy().astype(np.int64)
    up_to = np.concatenate([[0], np.cumsum(count)])
    last = np.searchsorted(day, day + _AROUND_DAYS, side="right")
    first = np.searchsorted(day, day - _AROUND_DAYS, side="left")
    rate = (up_to[last] - up_to[first] - count + 1) / (2 * _AROUND_DAYS)
    # P(Poisson(rate) >= k) is the regularised lower incomplete gamma function; it is 1 for k = 0.
    chance = np.where(count > 1, gammainc(np.maximum(count - 1, 1), rate), 1.0)
    surprise = days.select(
        "day",
        others=pl.col("count") - 1,
        rate=pl.Series(rate),
        surprise=pl.Series(np.abs(np.log10(np.maximum(chance, _FLOOR)))),
    )
    found = known.join(surprise, on="day", how="left")
    enough = few(pl.lit(known.height), _ACCOUNTS_NEEDED, *_DATED)
    detail = found.select("account", detail=pl.format("{}, where {} expected", "others", pl.col("rate").round(2)))
    answers = answer(history, found, pl.col("surprise"), enough)
    return answers.join(detail, on="account", how="left", maintain_order="left")


COHORT: Final = (
    Indicator(
        name="creation_burst",
        family="profile",
        title="created with many others",
        unit="-log10 of the chance",
        doc="-log10 P(Poisson(rate) >= k), k other accounts created on the same day (UTC), "
        "rate = (accounts created up to 30 days before or after it + 1) / 60",
        needs=("accounts.created_at",),
        unless=f"fewer than {_ACCOUNTS_NEEDED} accounts with a creation date",
        function=creation_burst,
        sentence="Other accounts here created on the same day: {detail}; {comparison}.",
        unusual="high",
        innocent="waves of sign-ups (news of the day, another platform closing), school classes, staff of one office",
        reference="Bellutta and Carley 2023, doi:10.1186/s40537-023-00695-7; the statistic: this project",
    ),
)
"""The indicators of this family, in the order in which they are shown."""
