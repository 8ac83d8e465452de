"""How much: delays inside the windows, weights and degrees, and which layers carry which network."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from cib.report.figures.counts import Delays
from cib.report.figures.style import INK, SOFT, Drawn, Margins, bars, beside, blank, counted, panels, plain
from cib.report.palette import GREY, TIER_COLOURS, layer_colours
from cib.report.quotes import within
from cib.report.run import RunFiles
from cib.report.words import count, duration, listed, number, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_delays", "draw_networks", "draw_weights"]

_COLUMNS: Final = 3
_UNITS: Final = ((86400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))
_THRESHOLD: Final = "#A4133C"
_FEW: Final = 8


def draw_delays(delays: list[Delays], layers: list[str]) -> Drawn | None:
    """Draw how far apart in time the pairs of posts are, in each layer with a window."""
    delays = [delay for delay in delays if sum(delay.pairs)]
    if not delays:
        return None
    rows = -(-len(delays) // _COLUMNS)
    columns = min(len(delays), _COLUMNS)
    room = Margins(between=0.75, bottom=0.75)
    figure = blank(3 * columns if columns > 1 else 5, 0.9 + 2.1 * rows, room)
    drawn = panels(figure, rows, columns, room).ravel()
    colours = layer_colours(layers)
    for axes, delay in zip(drawn, delays, strict=False):
        _delay_panel(axes, delay, colours.get(delay.layer, GREY))
    for axes in drawn[len(delays) :]:
        axes.set_axis_off()
    for axes in drawn[::columns]:
        axes.set_ylabel("pairs of posts")
    title = "How far apart in time the two posts of a pair are, by layer"
    figure.supxlabel(
        "Dashed: the same pairs, spread evenly over the window. Red line: the window's end.", fontsize=8, color=SOFT
    )
    alt = f"{title}. {' '.join(map(_delay_words, delays))}"
    return Drawn("delays", title, alt, figure)


def _delay_panel(axes: "Axes", delay: Delays, colour: str) -> None:
    size, unit = next((size, unit) for size, unit in _UNITS if delay.window >= 2 * size or size == 1)
    edges = delay.edges / size
    bars(axes, edges, np.array(delay.pairs), colour)
    axes.stairs(delay.even, edges, color=INK, linewidth=0.8, linestyle="--")
    axes.set_ylim(0, 1.05 * max(*delay.pairs, delay.even.max()))
    axes.axvline(delay.window / size, color=_THRESHOLD, linewidth=1.2)
    axes.set_title(f"{plain(delay.layer)}, window {duration(delay.window)}")
    axes.set_xlabel(f"delay, {unit} (bars of {duration(delay.width)})")
    if delay.rounded and len(delay.pairs) <= _FEW:
        axes.set_xticks(np.arange(len(delay.pairs)) * delay.width / size)
    axes.set_xlim(edges[0], edges[-1] + 0.02 * (edges[-1] - edges[0]))
    counted(axes.yaxis)


def _delay_words(delay: Delays) -> str:
    first = sum(delay.pairs[: max(1, len(delay.pairs) // 10)]) / sum(delay.pairs)
    window = f"the window of {duration(delay.window)}"
    return f"{plain(delay.layer)}: {share(first)} of {sum(delay.pairs):,} pairs lie in the first tenth of {window}."


def draw_weights(run: RunFiles) -> Drawn | None:
    """Draw how many edges and accounts reach a weight or degree, on logarithmic axes, with the thresholds."""
    nodes = run.nodes
    if nodes.is_empty():
        return None
    weight = run.table("graph")["weight"].to_numpy()
    degree = nodes["degree"].to_numpy()
    left, right = panels(blank(9, 3.4), 1, 2)[0]
    _reaching(left, weight, "edges with this weight or more", "weight of an edge, all layers (nats)")
    least = run.manifest["config"]["settings"]["graph"]["min_weight"]
    if least > 0:
        left.axvline(least, color=_THRESHOLD, linewidth=1.2)
        left.annotate(
            f"least weight\nof a layer: {least:g}",
            (least, 1),
            xytext=(4, 4),
            textcoords="offset points",
            fontsize=8,
            color=_THRESHOLD,
        )
    left.set_title(f"{count(len(weight), 'edge')}, median {number(float(np.median(weight)))} nats")
    _reaching(right, degree, "accounts with this many or more", "accounts that an account is linked to")
    right.set_title(f"{count(len(degree), 'account')}, median {number(float(np.median(degree)))} links")
    title = "How many edges reach a weight, and how many accounts a number of links (both axes logarithmic)"
    weights = f"from {number(float(weight.min()))} to {number(float(weight.max()))} nats"
    alt = f"{title}. Weights go {weights}, links of an account from {degree.min()} to {degree.max():,}."
    return Drawn("weights", title, alt, left.figure)


def _reaching(axes: "Axes", values: Any, ylabel: str, xlabel: str) -> None:
    """Draw the count of values at least as large, one step a distinct value (at most 400)."""
    from matplotlib.ticker import LogLocator

    distinct, counts = np.unique(values, return_counts=True)
    reached = counts[::-1].cumsum()[::-1]
    kept = np.unique(np.linspace(0, len(distinct) - 1, 400).round().astype(int))
    axes.step(distinct[kept], reached[kept], where="pre", color="#0072B2", linewidth=1.4)
    axes.plot(distinct[-1:], reached[-1:], marker="o", markersize=3, color="#0072B2")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.minorticks_off()
    for axis, ends in ((axes.xaxis, distinct), (axes.yaxis, reached)):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if ends.max() < 100 * ends.min() else (1,)))
        counted(axis)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)


def draw_networks(run: RunFiles, layers: list[str], shown: int) -> Drawn | None:
    """Draw the score of each network shown, with its tier, and which layers carry its edges."""
    found = run.table("networks").sort("network").head(shown)
    if found.is_empty():
        return None
    carried = _carried(run, found, layers)
    rows = len(found)
    room = Margins(bottom=0.8, right=0.95, beside=0.25)
    left, right = panels(blank(9, 1.4 + 0.27 * rows, room), 1, 2, room, sharey=True, width_ratios=[1, 1.3])[0]
    _scores(left, found)
    names = [layer for i, layer in enumerate(layers) if carried[:, i].any()]
    kept = [i for i in range(len(layers)) if carried[:, i].any()]
    image = right.imshow(
        carried[:, kept] * 100,
        cmap="Blues",
        vmin=0,
        vmax=100,
        aspect="auto",
        extent=(-0.5, len(kept) - 0.5, rows + 0.5, 0.5),
    )
    right.set_xticks(range(len(kept)), [plain(name) for name in names], rotation=30, ha="right")
    right.set_title("Share of its edges that each layer carries")
    right.grid(visible=False)
    beside(np.array([right]), image, "% of the network's edges")
    title = f"Score and layers of the {'only network' if rows == 1 else f'first {rows} networks'}"
    scores = found["score"].sort(descending=True).to_list()
    tiers = listed(
        [
            f"{n} in {'no tier' if tier == 'abstain' else f'tier {tier}'}"
            for tier, n in found.group_by("tier").len().sort("tier").iter_rows()
        ]
    )
    alt = f"{title}. Scores from {number(scores[0])} down to {number(scores[-1])}; {tiers}."
    return Drawn("networks", title, alt, left.figure)


def _scores(axes: "Axes", found: pl.DataFrame) -> None:
    from matplotlib.patches import Patch

    colours = [TIER_COLOURS.get(tier, GREY) for tier in found["tier"]]
    axes.barh(found["network"].to_list(), found["score"].to_list(), color=colours, height=0.7)
    axes.set_yticks(found["network"].to_list())
    axes.set_ylim(len(found) + 0.5, 0.5)
    axes.set_ylabel("network, by rank")
    axes.set_xlabel("score")
    axes.set_title("Score")
    axes.grid(visible=False, axis="y")
    used = [tier for tier in (*TIER_COLOURS, "abstain") if tier in set(found["tier"])]
    axes.legend(
        handles=[
            Patch(color=TIER_COLOURS.get(t, GREY), label=f"tier {t}" if t in TIER_COLOURS else "abstains") for t in used
        ],
        loc="lower right",
        fontsize=8,
    )


def _carried(run: RunFiles, found: pl.DataFrame, layers: list[str]) -> Any:
    """Return the share of each network's edges (rows) that each layer (columns) carries."""
    members = run.table("members").join(found.select("network"), on="network", how="semi")
    inside = within(run.table("graph").lazy(), members).select("network", "layers").collect()
    size = inside.group_by("network").len()
    by_layer = inside.explode("layers").group_by("network", "layers").agg(n=pl.len()).join(size, on="network")
    row = {network: i for i, network in enumerate(found["network"])}
    column = {layer: i for i, layer in enumerate(layers)}
    share = np.zeros((len(row), len(layers)))
    for network, layer, n, of in by_layer.select("network", "layers", "n", "len").iter_rows():
        share[row[network], column[layer]] = n / of
    return share
