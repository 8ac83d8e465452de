"""Shared web sites: two posts link to pages of the same registered domain.

The registered domain is the public suffix and one label more (``news.bbc.co.uk`` gives ``bbc.co.uk``),
by the public-suffix list that ships with ``publicsuffixlist``; it is never fetched.
"""

import polars as pl

from cib.settings import LayerSettings
from cib.traces.address import canonical, host_of
from cib.traces.address.suffixes import suffix_list

__all__ = ["domain", "registered_domain"]


def registered_domain(hosts: pl.Series) -> pl.Series:
    """Return the registered domain of each host, null where there is none (an address, a bare suffix).

    Each distinct host is looked up once.

    Examples
    --------
    >>> registered_domain(pl.Series(["news.bbc.co.uk", "127.0.0.1", None])).to_list()
    ['bbc.co.uk', None, None]
    """
    distinct = hosts.drop_nulls().unique()
    names = [None if host.replace(".", "").isdigit() else suffix_list().privatesuffix(host) for host in distinct]
    return hosts.replace_strict(distinct, pl.Series(names, dtype=pl.String), default=None, return_dtype=pl.String)


def domain(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the links of a post and their registered domain."""
    del layer
    return pl.col("urls"), pl.col("example").map_batches(_domains, return_dtype=pl.String)


def _domains(links: pl.Series) -> pl.Series:
    return registered_domain(host_of(canonical(links)))
