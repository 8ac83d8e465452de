"""The accounts on the page: the members of each network, and those that stand out in the whole data."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import polars as pl

from cib.report.grid import Cell, Grid, by_network, figure_cell, percentile_cell, text_cell
from cib.report.run import RunFiles, label
from cib.report.words import count, listed, number, share

__all__ = ["accounts", "labels", "unusual_accounts"]

_ACCOUNTS: Final = 30
_INDICATORS: Final = 3
_UNUSUAL: Final = 25
_EXTREME: Final = 0.05
_NOTE: Final = (
    "exports/accounts.csv has all. A bar is a percentile: where the account stands in a family of indicators among all "
    "of this data, the more unusual further right. The last column names what lies in the lowest or highest tenth."
)
_SUMMARIES: Final = r"^family_|^extreme_families$|^outlier$"
"""Indicators that sum up others, which would count twice."""


def accounts(run: RunFiles, members: pl.DataFrame) -> dict[int, Grid]:
    """List the strongest members of each network, with what is most unusual about each."""
    order = ["network", "strength", "account_id"]
    top = members.sort(order, descending=[False, True, False]).group_by("network", maintain_order=True).head(_ACCOUNTS)
    size = dict(members.group_by("network").len().iter_rows())
    rows = top
    for more in (
        run.table("accounts").select("account_id", "label", name=label()),
        _unusual(run, top),
        _families(run, top),
    ):
        rows = rows.join(more, on="account_id", how="left")
    rows = rows.sort(order, descending=[False, True, False])
    columns = _columns(rows)
    return {
        network: Grid(
            "Accounts, strongest first",
            list(columns),
            [[cell(row) for cell in columns.values()] for row in part.iter_rows(named=True)],
            f"{min(_ACCOUNTS, size[network])} of {count(size[network], 'account')}, {_NOTE}",
        )
        for network, part in by_network(rows).items()
    }


def _columns(rows: pl.DataFrame) -> dict[str, Callable[[dict[str, Any]], Cell]]:
    """Return the heads of the columns that these data can fill, each with how its cell is made from a row."""
    families = sorted(name for name in rows.columns if name.startswith("family_"))
    columns: dict[str, tuple[str, Callable[[dict[str, Any]], Cell]]] = {
        "Account": ("account_id", lambda row: text_cell(row["name"] or row["account_id"], quiet=row["account_id"])),
        "Role": ("role", lambda row: text_cell(row["role"])),
        "Strength, nats": ("strength", lambda row: figure_cell(row["strength"])),
        "Coordination level": ("coordination", lambda row: figure_cell(row["coordination"], share)),
        "Share inside": ("share_inside", lambda row: figure_cell(row["share_inside"], share)),
        "Stability": ("stability", lambda row: figure_cell(row["stability"], share)),
        **{name.removeprefix("family_").capitalize(): (name, partial(_percentile, name)) for name in families},
        "Known label (not used in detection)": ("label", lambda row: text_cell(row["label"])),
        "Most unusual about it": (
            "unusual_names",
            lambda row: text_cell(row["unusual_names"], more=row["unusual"] or ""),
        ),
    }
    return {head: cell for head, (name, cell) in columns.items() if rows[name].null_count() < len(rows)}


def _percentile(name: str, row: dict[str, Any]) -> Cell:
    return percentile_cell(row[name])


def _families(run: RunFiles, accounts: pl.DataFrame) -> pl.DataFrame:
    """Return for each account its percentile in each family of indicators; null where the data do not tell."""
    known = run.scan("indicators").filter(pl.col("name").str.starts_with("family_"))
    mine = known.select("account_id", "name", "percentile").collect()
    wide = mine.join(accounts.select("account_id").unique(), on="account_id", how="semi").pivot(
        on="name", index="account_id", values="percentile", maintain_order=False
    )
    return wide.select("account_id", *sorted(name for name in wide.columns if name != "account_id"))


def _unusual(run: RunFiles, accounts: pl.DataFrame) -> pl.DataFrame:
    """Return for each account its indicators furthest from the middle of the data: their names, and in words."""
    known = _placed(run).join(accounts.select("account_id"), on="account_id", how="semi")
    outer = known.filter(pl.col("far") >= 0.5 - 2 * _EXTREME).sort(
        "account_id", "far", "name", descending=[False, True, False]
    )
    top = outer.group_by("account_id", maintain_order=True).head(_INDICATORS)
    percentile = (pl.col("percentile") * 100).round(0).cast(pl.Int64)
    said = pl.format(
        "{} ({} {}, percentile {})",
        "sentence",
        pl.col("name").str.replace_all("_", " "),
        pl.col("value").round_sig_figs(3),
        percentile,
    )
    return top.group_by("account_id", maintain_order=True).agg(
        unusual=said.str.join("\n"), unusual_names=pl.col("name").str.replace_all("_", " ").str.join(", ")
    )


def _placed(run: RunFiles) -> pl.DataFrame:
    """Return the indicators that apply, with how far each is from the middle of all accounts (0 to 0.5).

    By the mean rank of equal values: what nearly all accounts have in common is not unusual for any of them.
    """
    known = run.table("indicators").filter(pl.col("value").is_not_null())
    place = (pl.col("value").rank("average") - 0.5) / pl.len()
    return known.with_columns(far=(place.over("name") - 0.5).abs())


def labels(run: RunFiles, members: pl.DataFrame) -> dict[int, str]:
    """Count the known labels of a network's members, if the data came with any."""
    known = members.join(run.table("accounts").select("account_id", "label"), on="account_id", how="left").filter(
        pl.col("label").is_not_null()
    )
    counted = known.group_by("network", "label").len().sort("network", "len", "label", descending=[False, True, False])
    return {
        network: listed([f"{name} {n:,}" for name, n in part.select("label", "len").iter_rows()])
        for network, part in by_network(counted).items()
    }


def unusual_accounts(run: RunFiles) -> Grid:
    """List the accounts with most indicators in the outer twentieth of the data, in a network or not."""
    known = _placed(run).filter(~pl.col("name").str.contains(_SUMMARIES))
    outer = known.filter(pl.col("far") >= 0.5 - _EXTREME)
    counted = (
        outer.sort("account_id", "name")
        .group_by("account_id", maintain_order=True)
        .agg(outer=pl.len(), names=pl.col("name").str.join(", "))
    )
    counted = counted.join(known.group_by("account_id").agg(known=pl.len()), on="account_id")
    top = counted.sort("outer", "known", "account_id", descending=[True, False, False]).head(_UNUSUAL)
    top = top.join(
        run.table("accounts").select("account_id", name=label()), on="account_id", how="left", maintain_order="left"
    )
    top = top.join(run.homes, on="account_id", how="left", maintain_order="left")
    rows = [
        [
            text_cell(row["name"] or row["account_id"], quiet=row["account_id"]),
            figure_cell(row["outer"]),
            figure_cell(row["known"]),
            text_cell(row["names"].replace("_", " ")),
            figure_cell(row["network"], lambda n: "in none" if n is None else number(n)),
        ]
        for row in top.iter_rows(named=True)
    ]
    heads = ["Account", "Unusual indicators", "of those known", "Which", "Network"]
    return Grid("Accounts with most indicators in the lowest or highest twentieth of this data", heads, rows)
