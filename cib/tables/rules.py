"""Types and rules that columns of many tables have."""

from typing import Final

import polars as pl

__all__ = ["NOT_EMPTY", "NOT_NEGATIVE", "POSITIVE", "SHARE", "STRINGS", "TIME"]

TIME: Final = pl.Datetime("us", "UTC")
STRINGS: Final = pl.List(pl.String)

NOT_EMPTY: Final = ("must not be empty", lambda c: c.str.len_bytes() > 0)
NOT_NEGATIVE: Final = ("must be 0 or more", lambda c: c >= 0)
POSITIVE: Final = ("must be more than 0", lambda c: c > 0)
SHARE: Final = ("must be between 0 and 1", lambda c: c.is_between(0, 1))
