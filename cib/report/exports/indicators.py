"""What to look for elsewhere: the accounts of believed networks and what they shared, with addresses made harmless.

Meta's reports on takedowns list technique and defanged indicator in this way [1]_. To share an object that stands here
is no sign of taking part: most who do are ordinary people.

.. [1] https://github.com/facebook/threat-research
"""

from typing import Any, Final

import polars as pl

from cib.report.exports.disarm import techniques, traces_of
from cib.report.exports.sheets import few
from cib.report.quotes import shared_objects
from cib.report.run import RunFiles
from cib.settings import COMBINED

__all__ = ["indicators", "shown_objects"]

_PER_LAYER: Final = 20
_KINDS: Final = {"url": "url", "domain": "domain", "hashtag": "hashtag"}
"""Trace: kind of indicator. Other objects are texts, or accounts and posts of others."""
_COLUMNS: Final[dict[str, Any]] = {
    "network": pl.UInt32,
    "tier": pl.String,
    "kind": pl.String,
    "indicator": pl.String,
    "techniques": pl.String,
    "members": pl.UInt32,
    "first_at": pl.Datetime("us", "UTC"),
    "last_at": pl.Datetime("us", "UTC"),
}


def shown_objects(run: RunFiles, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Return what believed networks shared most: network, tier, kind, object, members, pairs, first_at, last_at.

    Believed are those in tiers A to C. Of each layer of links, sites or hashtags its 20 most widely shared; marks that
    stand for objects that are not told are left out.
    """
    believed = tables["networks"].filter(pl.col("tier") != "abstain").select("network", "tier")
    members = tables["members"].join(believed, on="network", how="semi")
    found = shared_objects(run, members, per_layer=_PER_LAYER)
    traces = traces_of(run)
    several = pl.col("layer").is_in([name for name, trace in traces.items() if trace == COMBINED])
    of = {"layer": r"^([^:]*):", "object": r"(?s)^[^:]*:(.*)$"}  # what a layer combines reads 'LAYER:OBJECT'
    found = found.with_columns(
        pl.when(several).then(pl.col("object").str.extract(pattern)).otherwise(name).alias(name)
        for name, pattern in of.items()
    )
    kind = {name: _KINDS.get(trace) for name, trace in traces.items()}
    named = found.with_columns(kind=pl.col("layer").replace_strict(kind, default=None, return_dtype=pl.String))
    told = named.drop_nulls("kind").filter(~pl.col("object").str.contains(r"(?:^|\s)~[0-9a-z]{12}$"))
    told = told.unique(["network", "kind", "object"], keep="first", maintain_order=True)
    return told.join(believed, on="network", how="left", maintain_order="left").drop("layer")


def indicators(run: RunFiles, tables: dict[str, pl.DataFrame], objects: pl.DataFrame) -> pl.DataFrame:
    """Return the sheet: network, tier, kind (account, url, domain, hashtag), indicator, techniques, members, times.

    Parameters
    ----------
    objects : see :func:`shown_objects`.
    """
    network = tables["networks"].filter(pl.col("tier") != "abstain").select("network", "tier", "first_at", "last_at")
    accounts = tables["members"].join(network, on="network").with_columns(kind=pl.lit("account"))
    accounts = accounts.with_columns(indicator="account_id", members=pl.lit(None, dtype=pl.UInt32))
    shared = objects.with_columns(indicator=_defanged(pl.col("object"), pl.col("kind")))
    names = (
        techniques(tables, traces_of(run))
        .group_by("network")
        .agg(techniques=(pl.col("id") + " " + pl.col("name")).str.join("; "))
    )
    parts = [
        frame.join(names, on="network", how="left").select(pl.col(name).cast(dtype) for name, dtype in _COLUMNS.items())
        for frame in (accounts, shared)
    ]
    order = ["network", "kind", "members", "indicator"]
    sheet = pl.concat(parts).sort(order, descending=[False, False, True, False], nulls_last=True)
    return sheet.with_columns(members=few(pl.col("members"), run.least)) if run.least else sheet


def _defanged(text: pl.Expr, kind: pl.Expr) -> pl.Expr:
    """Return addresses that no program makes clickable: 'hxxps://news[.]example/page'; hashtags with their sign."""
    host = text.str.extract(r"^([^/?#]*)").str.replace_all(".", "[.]", literal=True)
    rest = text.str.extract(r"^[^/?#]*(.*)$").fill_null("")
    address = pl.concat_str(pl.when(kind == "url").then(pl.lit("hxxps://")).otherwise(pl.lit("")), host, rest)
    return pl.when(kind == "hashtag").then(pl.concat_str(pl.lit("#"), text)).otherwise(address)
