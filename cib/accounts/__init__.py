"""What an account looks like: weak, local, explainable indicators, each with a value, a rank and a sentence.

Coordination, automation and authenticity are three different things. The indicators describe the
accounts of a network that was found by other means; they never find one, rank one or decide anything.
There is no score of being a bot: published ones fail on accounts unlike those they were trained on [1]_ [2]_.
Where the data cannot tell, the table says so instead of a number.

References
----------
.. [1] Rauchfleisch and Kaiser (2020), The false positive problem of automatic bot detection in social science
       research, PLOS ONE 15(10). doi:10.1371/journal.pone.0241045
.. [2] Gallwitz and Kreil (2022), Investigating the validity of Botometer-based social bot studies,
       arXiv:2207.11474
"""

from dataclasses import replace
from typing import Final

import polars as pl

from cib import tables
from cib.accounts.client import CLIENT
from cib.accounts.cohort import COHORT
from cib.accounts.content import CONTENT
from cib.accounts.family import families
from cib.accounts.history import History, gather
from cib.accounts.hours import HOURS
from cib.accounts.indicator import Indicator
from cib.accounts.modelled import MODEL_NAME, profile_model
from cib.accounts.outlier import OUTLIER
from cib.accounts.profile import PROFILE
from cib.accounts.reaction import REACTION
from cib.accounts.repetition import REPETITION
from cib.accounts.schedule import SCHEDULE
from cib.accounts.scorecard import Scorecard
from cib.accounts.wording import compare, middle_ranks, say
from cib.settings import AccountSettings

__all__ = ["INDICATORS", "History", "Indicator", "describe"]

_SINGLE: Final = (*SCHEDULE, *HOURS, *REACTION, *REPETITION, *CONTENT, *CLIENT, *PROFILE, *COHORT)

INDICATORS: Final[dict[str, Indicator]] = {
    indicator.name: indicator for indicator in (*_SINGLE, *families(_SINGLE), *OUTLIER)
}
"""Every indicator by name, in the order in which they are shown."""

_MODEL: Final = "indicators"
"""What an indicator needs that is computed from all the others."""


def describe(
    posts: pl.LazyFrame,
    accounts: pl.DataFrame,
    settings: AccountSettings,
    *,
    resolution_s: float,
    seed: int,
    model: Scorecard | None = None,
) -> pl.DataFrame:
    """Return what the indicators say about every account.

    Parameters
    ----------
    posts : tables.POSTS; only the columns needed are read.
    accounts : tables.ACCOUNTS; `label` is never read.
    settings : `min_posts`, below which a history is too short to speak of (higher: more accounts without a
        value, fewer accidents); `outlier_share`, the share that is called the most unusual.
    resolution_s : times are multiples of this, seconds; what cannot be seen at it is not said.
    seed : of the isolation forest.
    model : a trained model, which adds one indicator that no other depends on.

    Returns
    -------
    tables.INDICATORS: one row an account and indicator, in order of account and name.

    Raises
    ------
    TableError
        `posts` or `accounts` break their contract.

    Notes
    -----
    About linear in posts, and in accounts times indicators. The same input gives the same bytes, in whatever order
    the posts come. Values and ranks do not depend on how accounts are numbered.
    """
    tables.POSTS.check_schema(posts.collect_schema())
    tables.ACCOUNTS.check(accounts)
    history = gather(posts, accounts, settings, resolution_s=resolution_s, seed=seed)
    compared = {name: compare(one, history) for name, one in INDICATORS.items() if _MODEL not in one.needs}
    history = replace(history, ranks=middle_ranks({INDICATORS[name].title: frame for name, frame in compared.items()}))
    compared |= {name: compare(one, history) for name, one in INDICATORS.items() if _MODEL in one.needs}
    named = dict(INDICATORS)
    if model is not None:
        named[MODEL_NAME] = profile_model(model)
        compared[MODEL_NAME] = compare(named[MODEL_NAME], history)
    rows = pl.concat([say(named[name], compared[name]) for name in sorted(compared)])
    found = rows.sort("account", maintain_order=True)
    tables.INDICATORS.check_schema(found.schema)
    return found
