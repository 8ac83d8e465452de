"""Which pattern a column of times may follow that is none of the common forms: a proposal, never a decision.

Days and months can change places ('03/04/2024'), so `cib inspect` shows what would read the times, and the user
chooses.
"""

from itertools import product
from typing import Final

import polars as pl

from cib.read.times import TimeRule, utc_times

__all__ = ["patterns_for"]

_DATES: Final = (
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
)
_CLOCKS: Final = (" %H:%M:%S", " %H:%M", ", %H:%M:%S", ", %H:%M", " %I:%M:%S %p", " %I:%M %p", "")
_MOST: Final = 0.9


def patterns_for(times: pl.Series) -> list[str]:
    """Return the strptime patterns that read nine in ten of the given times; none if the built-in forms do.

    Two patterns are returned where the times leave open which number is the day. Cost is 77 passes over what is given,
    which should be the first rows of a file.

    >>> patterns_for(pl.Series(["24.12.2023 18:00", "1.1.2024 0:05"]))
    ['%d.%m.%Y %H:%M']
    >>> patterns_for(pl.Series(["3/4/2024 6:05 PM"]))
    ['%d/%m/%Y %I:%M %p', '%m/%d/%Y %I:%M %p']
    """
    text = times.cast(pl.String, strict=False).str.strip_chars().drop_nulls()
    text = text.filter(text != "")
    if text.is_empty() or _reads(text, TimeRule("UTC")):
        return []
    patterns = [date + clock for date, clock in product(_DATES, _CLOCKS)]
    return [pattern for pattern in patterns if _reads(text, TimeRule("UTC", (pattern,)))]


def _reads(text: pl.Series, rule: TimeRule) -> bool:
    return utc_times(text, rule)["at"].count() >= _MOST * len(text)
