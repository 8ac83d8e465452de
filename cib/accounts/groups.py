r"""What the members of a network look like together, against random groups of as many accounts of the same data.

For each indicator the members' median is held against the medians of *all* groups of k accounts that the indicator
applies to, which needs no drawing: with n accounts, of which L have a value below x, the j-th smallest value of a
random group of k is x or higher with probability

.. math:: P(H \le j - 1), \quad H \sim \mathrm{Hypergeometric}(n, L, k)

and for the median j is k / 2, rounded up. Where the answer is yes or no, the number of yes is tested alike. Small p
means that the members are alike in this *and* unlike most accounts here. It does not confirm a network: members that
were found by their timing are alike in timing.
"""

from typing import Final

import numpy as np
import polars as pl

from cib.accounts import INDICATORS
from cib.accounts.wording import number, percent
from cib.tables import INDICATORS as TABLE
from cib.tables import NETWORK_INDICATORS

__all__ = ["compare_networks"]

_MEMBERS_NEEDED: Final = 3


def compare_networks(indicators: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Return quartiles of each indicator over the members of each network, and how unusual their median is.

    Parameters
    ----------
    indicators : tables.INDICATORS.
    members : network, account; an account may be in several networks.

    Returns
    -------
    tables.NETWORK_INDICATORS : network, indicator, in that order; of indicators that apply to a member at all.

    Raises
    ------
    TableError
        `indicators` break their contract.

    Notes
    -----
    One sort of each indicator, and one of the members' values. No random numbers: the groups are counted, not drawn.
    """
    TABLE.check_schema(indicators.schema)
    value = pl.col("value")
    placed = indicators.drop_nulls("value").select(
        "account",
        "name",
        "value",
        n=pl.len().over("name"),
        usual=value.quantile(0.5, interpolation="equiprobable").over("name"),
        below=value.rank("min").over("name").cast(pl.Int64) - 1,
        up_to=value.rank("max").over("name").cast(pl.Int64),
        yes=value.sum().over("name"),
    )

    def quartile(share: float, column: str = "value") -> pl.Expr:
        return pl.col(column).quantile(share, interpolation="equiprobable")

    found = (
        members.select("network", "account")
        .join(placed, on="account")
        .group_by("network", "name", "n", "usual", "yes")
        .agg(
            members=pl.len(),
            lower=quartile(0.25),
            median=quartile(0.5),
            upper=quartile(0.75),
            below=quartile(0.5, "below").cast(pl.Int64),
            up_to=quartile(0.5, "up_to").cast(pl.Int64),
            count=value.sum(),
        )
        .sort("network", "name")
    )
    tested = found.with_columns(p=_p_of_group(found)).with_columns(q=_false_discovery(pl.col("p")))
    said = tested.with_columns(sentence=_sentence())
    return NETWORK_INDICATORS.shape(
        said.select(pl.col(name).cast(column.dtype) for name, column in NETWORK_INDICATORS.columns.items())
    )


def _p_of_group(found: pl.DataFrame) -> pl.Series:
    """Return for each row the chance that a random group is as unusual, on the side(s) that the indicator names."""
    from scipy.stats import hypergeom

    n, k, below, up_to = (found[name].to_numpy().astype(np.int64) for name in ("n", "members", "below", "up_to"))
    middle = (k + 1) // 2
    high = hypergeom.cdf(middle - 1, n, below, k)
    low = hypergeom.sf(middle - 1, n, up_to, k)
    names = found["name"].to_list()
    flags = np.array([_of(name, "unit") == "yes or no" for name in names], dtype=bool)
    yes, count = (found[name].round(0).to_numpy().astype(np.int64) for name in ("yes", "count"))
    high[flags] = hypergeom.sf(count[flags] - 1, n[flags], yes[flags], k[flags])
    low[flags] = hypergeom.cdf(count[flags], n[flags], yes[flags], k[flags])
    sides = np.array([_of(name, "unusual") for name in names], dtype=str)
    p = np.select([sides == "high", sides == "low"], [high, low], 2 * np.minimum(high, low))
    p = np.clip(p, 0, 1)
    return pl.Series("p", np.where(k >= _MEMBERS_NEEDED, p, np.nan), dtype=pl.Float64).fill_nan(None)


def _of(name: str, field: str) -> str:
    """Return a field of an indicator; one that is not in the registry may be unusual on both sides."""
    return str(getattr(INDICATORS[name], field)) if name in INDICATORS else {"unusual": "both"}.get(field, name)


def _false_discovery(p: pl.Expr) -> pl.Expr:
    """Return the adjusted p of Benjamini and Hochberg (1995), null where p is."""
    adjusted = p * p.count() / p.rank("max")
    lowest = adjusted.sort_by(p, descending=True, nulls_last=True).cum_min()
    order = p.rank("ordinal", descending=True).cast(pl.Int64) - 1
    return lowest.gather(order.fill_null(0)).clip(0, 1) + p * 0


def _sentence() -> pl.Expr:
    """Return what a row of the table says."""
    spoken = pl.lit(None, dtype=pl.String)
    for name, one in INDICATORS.items():
        spoken = pl.when(pl.col("name") == name).then(pl.lit(one.title[:1].upper() + one.title[1:])).otherwise(spoken)
    shares = [name for name, one in INDICATORS.items() if one.unit == "share"]
    flags = [name for name, one in INDICATORS.items() if one.unit == "yes or no"]

    def shown(column: str) -> pl.Expr:
        value = pl.col(column)
        in_percent = pl.concat_str(percent(value), pl.lit(" %"))
        return pl.when(pl.col("name").is_in(shares)).then(in_percent).otherwise(number(value))

    title = pl.coalesce(spoken, "name")
    middle = pl.format(
        "{}: median {} (middle half {} to {}), of all accounts here {}",
        title, shown("median"), shown("lower"), shown("upper"), shown("usual"),
    )  # fmt: skip
    share_here, share_all = (percent(pl.col(a) / pl.col(b)) for a, b in (("count", "members"), ("yes", "n")))
    yes = pl.format("{}: {} % of the members, {} % of all accounts here", title, share_here, share_all)
    chance = pl.format("; a group drawn at random is as unusual with a chance of {}.", pl.col("p").round_sig_figs(2))
    few = pl.lit("; too few members to compare with random groups.")
    return pl.concat_str(
        pl.when(pl.col("name").is_in(flags)).then(yes).otherwise(middle),
        pl.when(pl.col("p").is_null()).then(few).otherwise(chance),
    )
