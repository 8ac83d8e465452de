"""Cohort: accounts of this corpus that were made together: on one day, with neighbouring ids, under one pattern.

What is one account's cohort here is what the corpus holds of it: an account whose siblings were not collected is alone.

References
----------
.. [1] Bellutta and Carley (2023), Investigating coordinated account creation using burst detection and network
       analysis, Journal of Big Data 10, 20. doi:10.1186/s40537-023-00695-7
.. [2] Beskow and Carley (2019), Its all in a name: detecting and labeling bots by their name, CMOT 25.
       doi:10.1007/s10588-018-09290-1
.. [3] Cox and Lewis (1966), The statistical analysis of series of events, Methuen.
"""

from typing import Final

import numpy as np
import polars as pl

from cib.accounts.history import History
from cib.accounts.indicator import Indicator, answer, few

__all__ = ["COHORT", "adjacent_id", "creation_burst", "handle_siblings"]

_AROUND_DAYS: Final = 30
"""Days on either side that tell the local rate: long enough for a rate, short against a platform's growth."""
_ACCOUNTS_NEEDED: Final = 20
_DATED: Final = ("account with a creation date", "accounts with a creation date")
_NUMBERED: Final = ("account with a number as id", "accounts with a number as id")
_NEIGHBOURS: Final = 25
"""Accounts on either side that tell how densely ids lie there."""
_STEM: Final = 4
"""Letters of a handle below which two of a kind are a coincidence."""
_FLOOR: Final = 1e-300
"""Smaller probabilities are not told apart; keeps the value at 300 or below."""


def _surprise(chance: pl.Expr) -> pl.Expr:
    # The absolute value, because -log10(1) is -0.
    return chance.clip(_FLOOR, 1).log(10).abs()


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
    others = days.select("day", others=pl.col("count") - 1, rate=pl.Series(rate), chance=pl.Series(chance))
    found = known.join(others, on="day", how="left")
    enough = few(pl.lit(known.height), _ACCOUNTS_NEEDED, *_DATED)
    detail = found.select("account", detail=pl.format("{}, where {} expected", "others", pl.col("rate").round(2)))
    answers = answer(history, found, _surprise(pl.col("chance")), enough)
    return answers.join(detail, on="account", how="left", maintain_order="left")


def adjacent_id(history: History) -> pl.DataFrame:
    r"""Return how surprisingly near the id of another account of the same platform lies [3]_.

    With the nearest other id at distance g, and m of the 25 ids before and the 25 after it over a stretch of w,

    .. math:: -\log_{10} \left( 1 - e^{-2 g m / w} \right)

    as if ids lay there at random. Platforms that number their accounts in order give neighbouring ids to accounts made
    one after the other; where ids are drawn at random nothing is near.
    """
    number = pl.col("account_id").str.extract(r"^[^:]*:([0-9]+)$").cast(pl.Int64, strict=False)
    ids = history.accounts.select("account", "platform", id=number).drop_nulls("id").sort("platform", "id", "account")
    one = pl.col("id")

    def beside(step: int) -> pl.Expr:
        """Return the id so many places on, or the last (first) one of the platform."""
        end = one.last() if step < 0 else one.first()
        return pl.coalesce(one.shift(step), end).over("platform")

    place = pl.int_range(pl.len()).over("platform")
    after = pl.min_horizontal(place + _NEIGHBOURS, pl.len().over("platform").cast(pl.Int64) - 1)
    found = ids.with_columns(
        known=pl.len().over("platform"),
        near=pl.min_horizontal(one.diff().over("platform"), -one.diff(-1).over("platform")),
        rate=(after - pl.max_horizontal(place - _NEIGHBOURS, 0)) / (beside(-_NEIGHBOURS) - beside(_NEIGHBOURS)),
    )
    chance = pl.Series("chance", -np.expm1(found.select(-2 * pl.col("near") * pl.col("rate")).to_series().to_numpy()))
    found = found.with_columns(chance)
    numbered = history.accounts.select("account").join(found, on="account", how="left")
    no_number = pl.when(one.is_null()).then(pl.lit("Its id is not a number."))
    usual = (1 / (2 * pl.col("rate"))).round_sig_figs(2).round(0).cast(pl.Int64, strict=False)
    detail = found.select("account", detail=pl.format("{}, where {} expected", "near", usual.fill_null(0)))
    answers = answer(
        history, numbered, _surprise(pl.col("chance")), no_number, few("known", _ACCOUNTS_NEEDED, *_NUMBERED)
    )
    return answers.join(detail, on="account", how="left", maintain_order="left")


def handle_siblings(history: History) -> pl.DataFrame:
    """Return how many other accounts here have the same handle but for digits, signs and case [2]_."""
    stem = pl.col("handle").str.to_lowercase().str.replace_all(r"[^\p{L}]", "")
    named = history.accounts.select("account", "handle", stem=stem)
    counted = named.drop_nulls("stem").group_by("stem").agg(others=pl.len() - 1)
    found = named.join(counted, on="stem", how="left", maintain_order="left")
    short = pl.when(pl.col("stem").str.len_chars() < _STEM).then(pl.lit(f"The handle has fewer than {_STEM} letters."))
    return answer(history, found, pl.col("others"), short)


COHORT: Final = (
    Indicator(
        name="creation_burst",
        family="cohort",
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
    Indicator(
        name="adjacent_id",
        family="cohort",
        title="id next to another",
        unit="-log10 of the chance",
        doc="-log10(1 - exp(-2 g m / w)), g the distance to the nearest other id of its platform, m / w ids per number "
        f"among the {_NEIGHBOURS} before and the {_NEIGHBOURS} after it",
        needs=("accounts.account_id",),
        unless=f"an id that is not a number; fewer than {_ACCOUNTS_NEEDED} accounts of its platform with one",
        function=adjacent_id,
        sentence="Distance of its id to the nearest other here: {detail}; {comparison}.",
        unusual="high",
        innocent="waves of sign-ups, as above; platforms with few accounts; data sets that number accounts themselves",
        reference="gaps of a Poisson process, Cox and Lewis 1966; of ids: this project",
    ),
    Indicator(
        name="handle_siblings",
        family="cohort",
        title="handles of the same letters",
        unit="accounts",
        doc=f"other accounts whose handle has the same letters (at least {_STEM}, in lower case), whatever else",
        needs=("accounts.handle",),
        unless=f"fewer than {_STEM} letters",
        function=handle_siblings,
        sentence="Other accounts here whose handle is the same but for digits and signs: {value}; {comparison}.",
        zero="No other handle here is the same but for digits and signs; {comparison}.",
        unusual="high",
        innocent="common names with a year of birth; one person or firm with an account on each platform",
        reference="patterns of names: Beskow and Carley 2019, doi:10.1007/s10588-018-09290-1; the count: this project",
    ),
)
"""The indicators of this family, in the order in which they are shown."""
