"""The accounts of each network: how surely they belong to it, and what their indicators are like."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from cib.report.figures.style import INK, SOFT, Drawn, Margins, beside, blank, panels
from cib.report.palette import GREY, NETWORK_COLOURS
from cib.report.run import RunFiles
from cib.report.words import count, listed, people, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_profiles", "draw_stability"]

_SUMMARIES: Final = r"^family_|^extreme_families$|^outlier$"
"""Indicators that sum up others."""
_INDICATORS: Final = 24
_LEAST: Final = 3
"""Members an indicator must apply to before their median is drawn."""
_TELLING: Final = 0.05


def draw_stability(run: RunFiles, shown: int) -> Drawn | None:
    """Draw for each account of a network how often it is found with the others again, and how much stays inside."""
    found = run.table("networks").sort("network").head(shown)
    if found.is_empty():
        return None
    members = run.table("members").join(found.select("network"), on="network", how="semi")
    room = Margins(beside=0.35, right=0.3)
    figure = blank(9, 1.2 + 0.27 * len(found), room)
    left, right = panels(figure, 1, 2, room, sharey=True)[0]
    row = {network: place for place, network in enumerate(found["network"], 1)}
    for axes, column in ((left, "stability"), (right, "share_inside")):
        _strips(axes, members, column, row)
    left.scatter(found["stability"], list(row.values()), marker="|", s=150, color=INK, linewidths=1.6, zorder=3)
    left.set_title("Stability: found with the same accounts again")
    left.set_xlabel("share of other members, mean (line: of the network)")
    right.set_title("Evidence that stays inside")
    right.set_xlabel("share of the account's edge weight")
    left.set_yticks(list(row.values()), list(map(str, row)))
    left.set_ylim(len(row) + 0.7, 0.3)
    left.set_ylabel("network, by rank")
    title = f"How surely the accounts of {count(len(found), 'network')} belong to it: each dot is an account"
    sure = found.filter(pl.col("stability") >= 0.9)["network"].to_list()
    told = (
        f"Found again nearly as they are: {listed(list(map(str, sure)))}." if sure else "None is found again as it is."
    )
    low = people(len(members.filter(pl.col("stability") < 0.5)), run.least)
    alt = f"{title}. {told} Below one half: {low} of {count(len(members), 'membership')}."
    return Drawn("stability", title, alt, figure)


def _strips(axes: "Axes", members: pl.DataFrame, column: str, row: dict[int, int]) -> None:
    """Draw one dot a member at its value, those of like value above each other."""
    binned = members.with_columns(bin=(pl.col(column) * 60).round())
    placed = binned.sort("network", column, "account_id").with_columns(
        n=pl.int_range(pl.len()).over("network", "bin"), of=pl.len().over("network", "bin")
    )
    step = pl.min_horizontal(0.09, 0.7 / pl.col("of"))
    at = placed["network"].replace_strict(row, return_dtype=pl.Float64)
    offset = placed.select((pl.col("n") - (pl.col("of") - 1) / 2) * step).to_series()
    colours = [NETWORK_COLOURS[n - 1] if n <= len(NETWORK_COLOURS) else GREY for n in placed["network"]]
    axes.scatter(placed[column], at + offset, s=7, c=colours, linewidths=0, alpha=0.8, rasterized=len(placed) > 500)
    axes.set_xlim(-0.03, 1.03)
    axes.grid(visible=False, axis="y")


def draw_profiles(run: RunFiles, shown: int) -> Drawn | None:
    """Draw the median percentile of each network's members in the indicators that set networks apart most."""
    numbers = run.table("networks", ["network"])["network"].sort().head(shown)
    medians = _medians(run, numbers)
    if medians.is_empty():
        return None
    networks = numbers.to_list()
    far = (
        medians.group_by("name")
        .agg(far=((pl.col("median") - 0.5) ** 2).mean())
        .sort("far", "name", descending=[True, False])
    )
    names = far["name"].head(_INDICATORS).to_list()
    values = np.full((len(names), len(networks)), np.nan)
    for name, network, median in medians.select("name", "network", "median").iter_rows():
        if name in names:
            values[names.index(name), networks.index(network)] = 100 * median
    room = Margins(left=2.1, right=0.95, bottom=0.8)
    figure = blank(max(5.0, min(9.0, 3.6 + 0.27 * len(networks))), 1.4 + 0.24 * len(names), room)
    axes = panels(figure, 1, 1, room)[0, 0]
    axes.set_facecolor("#C9CED6")
    image = axes.imshow(values, cmap="PuOr_r", vmin=0, vmax=100, aspect="auto", interpolation="nearest")
    _telling(axes, run, names, networks)
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    axes.set_xticks(range(len(networks)), list(map(str, networks)))
    axes.set_xlabel("network, by rank")
    axes.grid(visible=False)
    beside(np.array([axes]), image, "percentile among all accounts")
    note = "Median of the members. Dot: unlike random groups (q of 0.05 or less). Grey: too few to tell."
    figure.supxlabel(note, fontsize=8, color=SOFT)
    title = f"Indicators of the accounts of {count(len(networks), 'network')}"
    axes.set_title(title)
    most = (
        medians.filter(pl.col("name").is_in(names))
        .sort((pl.col("median") - 0.5).abs(), descending=True)
        .row(0, named=True)
    )
    alt = (
        f"Heat map of {count(len(names), 'indicator')} by network: {title}. Furthest from the middle: "
        f"{most['name'].replace('_', ' ')} in network {most['network']}, median at percentile {share(most['median'])}."
    )
    return Drawn("profiles", title, alt, figure)


def _medians(run: RunFiles, numbers: pl.Series) -> pl.DataFrame:
    """Return network, name, median (of the members' percentiles) of each indicator that applies to three or more.

    By the mean rank of equal values: what nearly all accounts have in common sets no network apart.
    """
    members = run.table("members", ["network", "account_id"]).filter(pl.col("network").is_in(numbers.implode()))
    known = run.table("indicators", ["account_id", "name", "percentile"]).drop_nulls()
    middle = (pl.col("percentile").rank("average") - 0.5) / pl.len()
    known = known.filter(~pl.col("name").str.contains(_SUMMARIES)).with_columns(percentile=middle.over("name"))
    told = known.join(members, on="account_id")
    counted = told.group_by("network", "name").agg(median=pl.col("percentile").median(), n=pl.len())
    return counted.filter(pl.col("n") >= _LEAST).sort("network", "name")


def _telling(axes: "Axes", run: RunFiles, names: list[str], networks: list[Any]) -> None:
    told = run.table("network_indicators", ["network", "name", "q"]).filter(
        pl.col("q") <= _TELLING, pl.col("name").is_in(names), pl.col("network").is_in(networks)
    )
    at = [(networks.index(network), names.index(name)) for network, name, _ in told.iter_rows()]
    if at:
        axes.plot(*zip(*at, strict=True), ".", markersize=4, color=INK)
