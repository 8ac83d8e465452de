"""The public-suffix list: which names people register their domains under."""

from functools import cache
from typing import Any

import polars as pl

__all__ = ["shared_suffixes", "suffix_list"]


@cache
def suffix_list() -> Any:
    """Return the list that ships with `publicsuffixlist`; it is never fetched."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=True)


@cache
def shared_suffixes() -> pl.Series:
    """Return the public suffixes as one list: 'm.blogspot.com' is somebody's blog, not a way to show 'blogspot.com'."""
    return pl.Series(sorted(suffix_list()._publicsuffix)).implode()
