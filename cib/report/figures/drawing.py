"""The graph as a drawing: networks as discs of dots, evidence as lines."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from cib.report.figures.style import INK, SOFT, Drawn, Margins, blank
from cib.report.palette import GREY, NETWORK_COLOURS
from cib.report.run import RunFiles
from cib.report.words import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_graph"]

_LINES: Final = 15_000
"""More lines than about this turn into a grey mass and a slow file; the figure says what it leaves out."""
_VECTOR_DOTS: Final = 500


def draw_graph(run: RunFiles, shown: int) -> Drawn | None:
    """Draw the accounts and strongest edges; networks ranked 1 to 8 in colour, the first `shown` numbered."""
    nodes = run.nodes
    graph = run.table("graph")
    if nodes.is_empty():
        return None
    figure = blank(9, 8, Margins(left=0.1, right=0.1, bottom=0.4))
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_aspect("equal")
    each = max(1, _LINES // len(nodes))
    _lines(axes, nodes, graph if len(graph) <= _LINES else _strongest(graph, each))
    _dots(axes, nodes)
    _names(axes, nodes, shown)
    networks = nodes["network"].drop_nulls().n_unique()
    lines = (
        f"all {count(len(graph), 'edge')}"
        if len(graph) <= _LINES
        else f"each one's {each} strongest of {len(graph):,} edges"
    )
    inside = len(nodes) - nodes["network"].null_count()
    title = f"{count(len(nodes), 'linked account')}, {inside:,} in {count(networks, 'candidate network')}; {lines}"
    axes.set_title(title.replace("; ", "\n"))
    note = (
        "Dot: account, larger with more evidence. Line: edge. Number: rank of the network. Grey: below 8, or in none."
    )
    figure.supxlabel(note, fontsize=8, color=SOFT)
    largest = int(nodes["network"].drop_nulls().value_counts()["count"].max() or 0)  # type: ignore[arg-type]
    alt = f"Drawing: {title}. Linked accounts stand near each other. The largest network has {largest:,} of them."
    return Drawn("graph", title, alt, figure)


def _strongest(graph: pl.DataFrame, each: int) -> pl.DataFrame:
    """Return the edges among the strongest few of either end: the strongest of all would show one network only."""
    ranked = graph.sort("weight", "source", "target", descending=[True, False, False]).with_row_index("place")
    ends = pl.concat(ranked.select("place", account=end) for end in ("source", "target")).sort("place")
    kept = ends.group_by("account", maintain_order=True).head(each).select("place").unique()
    return ranked.join(kept, on="place", how="semi")


def _lines(axes: "Axes", nodes: pl.DataFrame, edges: pl.DataFrame) -> None:
    from matplotlib.collections import LineCollection

    place = nodes.select("account_id", "x", "y", "network")
    ends = edges.join(place, left_on="source", right_on="account_id").join(
        place, left_on="target", right_on="account_id", suffix="_b"
    )
    # Weak first, so that the strong lie on top; the order is that of the table, not of the join.
    ends = ends.sort("weight", "source", "target")
    inside = (ends["network"] == ends["network_b"]).fill_null(value=False).to_numpy()
    points = ends.select("x", "y", "x_b", "y_b").to_numpy().reshape(-1, 2, 2)
    colours = np.array([GREY, *NETWORK_COLOURS])[_rank(ends["network"])]
    for part, width, alpha in ((~inside, 0.3, 0.18), (inside, 0.4, 0.22)):
        tint: Any = colours[part] if part is inside else GREY
        axes.add_collection(
            LineCollection(points[part], colors=tint, linewidths=width, alpha=alpha, rasterized=True, zorder=1)
        )


def _rank(network: pl.Series) -> Any:
    """Return the number of each account's colour: its network's rank up to 8, else 0."""
    return (
        network.fill_null(0)
        .cast(pl.Int64)
        .to_frame("n")
        .select(pl.when(pl.col("n") <= len(NETWORK_COLOURS)).then("n").otherwise(0))["n"]
        .to_numpy()
    )


def _dots(axes: "Axes", nodes: pl.DataFrame) -> None:
    drawn = nodes.sort("strength", "account_id")
    strength = drawn["strength"].to_numpy()
    size = 3 + 45 * np.sqrt(strength / strength.max())
    colours = np.array([GREY, *NETWORK_COLOURS])[_rank(drawn["network"])]
    axes.scatter(
        drawn["x"],
        drawn["y"],
        s=size,
        c=colours,
        linewidths=0.25,
        edgecolors="white",
        zorder=2,
        rasterized=len(drawn) > _VECTOR_DOTS,
    )


def _names(axes: "Axes", nodes: pl.DataFrame, shown: int) -> None:
    """Circle and number the networks."""
    from matplotlib.patches import Circle

    middle = (pl.col("x").median(), pl.col("y").median())
    discs = (
        nodes.filter(pl.col("network") <= shown)
        .group_by("network")
        .agg(
            cx=middle[0],
            cy=middle[1],
            radius=((pl.col("x") - middle[0]) ** 2 + (pl.col("y") - middle[1]) ** 2).sqrt().max(),
        )
        .sort("network")
    )
    colours = np.array([GREY, *NETWORK_COLOURS])[_rank(discs["network"])]
    for (network, x, y, radius), colour in zip(discs.iter_rows(), colours, strict=True):
        axes.add_patch(
            Circle((x, y), radius + 12, facecolor=colour, edgecolor=colour, alpha=0.10, linewidth=0.8, zorder=0)
        )
        axes.text(
            x,
            y + radius + 14,
            str(network),
            ha="center",
            va="bottom",
            fontsize=9,
            fontweight="bold",
            color=INK,
            zorder=3,
            bbox={
                "boxstyle": "round,pad=0.15",
                "facecolor": "white",
                "edgecolor": colour,
                "linewidth": 1.0,
                "alpha": 0.9,
            },
        )
