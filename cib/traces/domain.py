"""Shared web sites: two posts link to pages of the same registered domain.

The registered domain is the public suffix and one label more (``news.bbc.co.uk`` gives ``bbc.co.uk``),
by the public-suffix list that ships with ``publicsuffixlist``; it is never fetched.
"""

from functools import cache
from typing import Any

import polars as pl

from cib.settings import LayerSettings
from cib.traces.url import url_host

__all__ = ["domain", "registered_domain"]


@cache
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=True)


def registered_domain(hosts: pl.Series) -> pl.Series:
    """Return the registered domain of each host, null where there is none (an address, a bare suffix).

    Each distinct host is looked up once.

    Examples
    --------
    >>> registered_domain(pl.Series(["news.bbc.co.uk", "127.0.0.1", None])).to_list()
    ['bbc.co.uk', None, None]
    """
    distinct = hosts.drop_nulls().unique()
    names = [None if host.replace(".", "").isdigit() else _suffixes().privatesuffix(host) for host in distinct]
    return hosts.replace_strict(distinct, pl.Series(names, dtype=pl.String), default=None, return_dtype=pl.String)


def domain(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the links of a post and their registered domain."""
    del layer
    return pl.col("urls"), url_host(pl.col("example")).map_batches(registered_domain, return_dtype=pl.String)
