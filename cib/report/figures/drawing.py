"""The graph as a drawing: networks as discs of dots, evidence as lines."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from cib.report.figures.style import INK, SOFT, Drawn, Margins, blank
from cib.report.grid import by_network
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
    """Draw the accounts and strongest edges; networks ranked 1 to 8 in colour, the first `shown` with hulls."""
    nodes = run.nodes
    graph = run.table("graph")
    if nodes.is_empty():
        return None
    figure = blank(9, 8, Margins(left=0.1, right=0.1, top=0.55, bottom=0.4))
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_aspect("equal")
    each = max(1, _LINES // len(nodes))
    _lines(axes, nodes, graph if len(graph) <= _LINES else _strongest(graph, each))
    _dots(axes, nodes)
    _hulls(axes, run.table("members", ["network", "account_id"]).filter(pl.col("network") <= shown), nodes)
    networks = len(run.table("networks", ["network"]))
    lines = (
        f"all {count(len(graph), 'edge')}"
        if len(graph) <= _LINES
        else f"each one's {each} strongest of {len(graph):,} edges"
    )
    inside = len(nodes) - nodes["network"].null_count()
    title = f"{count(len(nodes), 'linked account')}, {inside:,} in {count(networks, 'candidate network')}; {lines}"
    axes.set_title(title.replace("; ", "\n"))
    note = (
        "Dot: account, larger with more evidence. Line: edge. Hull: the accounts of a network, with its rank; "
        "others may lie in it. Grey: below 8, or in none."
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


def _hulls(axes: "Axes", members: pl.DataFrame, nodes: pl.DataFrame) -> None:
    """Draw a rounded convex hull around the members of each network, large ones below, and its number above."""
    from matplotlib.patches import Polygon

    placed = members.join(nodes.select("account_id", "x", "y"), on="account_id").sort("network", "account_id")
    margin = 0.014 * float(np.ptp(nodes.select("x", "y").to_numpy(), axis=0).max() + 400)
    hulls = {number: _around(part.select("x", "y").to_numpy(), margin) for number, part in by_network(placed).items()}
    colours = np.array([GREY, *NETWORK_COLOURS])[_rank(pl.Series(list(hulls), dtype=pl.UInt32))]
    tinted = dict(zip(hulls, colours, strict=True))
    for number in sorted(hulls, key=lambda number: -float(np.ptp(hulls[number], axis=0).prod())):
        tint = tinted[number]
        for face, edge, alpha in ((tint, "none", 0.10), ("none", tint, 0.55)):
            axes.add_patch(
                Polygon(
                    hulls[number], facecolor=face, edgecolor=edge, alpha=alpha, linewidth=0.8, zorder=0, closed=True
                )
            )
    for number, place in _free(hulls, 4 * margin).items():
        box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": tinted[number], "alpha": 0.9}
        axes.text(
            place[0], place[1], str(number), ha="center", va="center", fontsize=9, fontweight="bold", color=INK,
            zorder=3, bbox=box,
        )  # fmt: skip


def _free(hulls: dict[int, Any], room: float) -> dict[int, Any]:
    """Return a point of each hull for its number: the highest, or the one after it that is not too near another's."""
    taken = np.empty((0, 2))
    places = {}
    for number, hull in hulls.items():
        ways = np.array([[0, 1], [1, 0.6], [-1, 0.6], [1, -0.6], [-1, -0.6], [0, -1]])
        points = hull[(ways @ hull.T).argmax(axis=1)]
        near = np.hypot(*(points[:, None] - taken[None]).transpose(2, 0, 1)).min(axis=1, initial=np.inf)
        places[number] = points[(near >= room).argmax() if (near >= room).any() else near.argmax()]
        taken = np.vstack([taken, places[number]])
    return places


def _around(points: Any, margin: float) -> Any:
    """Return the hull of discs around the points, which is never flat, in order."""
    import igraph

    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = margin * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    discs = (points[:, None] + ring[None]).reshape(-1, 2)
    return discs[igraph.convex_hull(discs.tolist())]
