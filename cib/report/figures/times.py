"""When it happened: posts and co-actions over time, for all and for each network, and the hours of the week."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from cib.report.figures.counts import bins
from cib.report.figures.style import Drawn, Margins, bars, beside, blank, counted, dates, days, keyed, panels, plain
from cib.report.palette import GREY, layer_colours
from cib.report.words import count, day

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_network_times", "draw_times", "draw_week"]

_MEMBERS: Final = "#0072B2"
_NAMES: Final = {
    "1m": "minute",
    "10m": "10 minutes",
    "1h": "hour",
    "6h": "6 hours",
    "1d": "day",
    "1w": "week",
    "1mo": "month",
    "1q": "quarter",
    "1y": "year",
}
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def draw_times(posted: pl.DataFrame, acted: pl.DataFrame, layers: list[str]) -> Drawn | None:
    """Draw posts of members and others, and the co-actions of each layer, over the time of the whole run.

    Parameters
    ----------
    posted, acted : see :func:`~cib.report.figures.counts.posted` and :func:`~cib.report.figures.counts.coactions`.
    """
    posted, acted = _once(posted), acted.filter(pl.col("network").is_null())
    if posted.is_empty():
        return None
    width = bins(*_ends(posted))
    edges = _edges(*_ends(posted), width)
    rows = [layer for layer in layers if layer in set(acted["layer"])]
    figure = blank(9, 2.8 + 1.15 * len(rows))
    drawn = panels(figure, 1 + len(rows), 1, sharex=True, height_ratios=[2.2, *[1] * len(rows)])[:, 0]
    _posts_panel(drawn[0], posted, edges, width)
    colours = layer_colours(layers)
    for axes, layer in zip(drawn[1:], rows, strict=True):
        heights = _heights(acted.filter(layer=layer), "pairs", edges)
        bars(axes, edges, heights, colours[layer])
        axes.set_title(f"Co-actions in the layer {plain(layer)}: {int(heights.sum()):,} pairs of posts")
        axes.set_ylabel("pairs")
        counted(axes.yaxis, most=3)
    first, last = _ends(posted)
    dates(drawn[-1], first, last)
    drawn[-1].set_xlabel("time (UTC)")
    total = int(posted["posts"].sum())
    title = f"{count(total, 'post')} and the co-actions of each layer, by {_NAMES[width]}"
    most = _peak(_heights(posted, "posts", edges), edges)
    alt = f"Timeline of {title}, from {day(first)} to {day(last)}. Most posts: {most}."
    return Drawn("timeline", title, alt, figure)


def _once(posted: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that hold every post once."""
    return posted.filter(pl.col("home").fill_null(value=True))


def _posts_panel(axes: "Axes", posted: pl.DataFrame, edges: Any, width: str) -> None:
    members = _heights(posted.filter(pl.col("network").is_not_null()), "posts", edges)
    everyone = _heights(posted, "posts", edges)
    bars(axes, edges, everyone, "#C6CBD1", members, label="accounts in no network")
    bars(axes, edges, members, _MEMBERS, label="accounts in a candidate network")
    axes.set_title(f"Posts per {_NAMES[width]}")
    axes.set_ylabel("posts")
    counted(axes.yaxis)
    axes.legend(loc="lower right", bbox_to_anchor=(1.005, 0.985), ncols=2, fontsize=8)


def draw_network_times(
    networks: Iterable[int], posted: pl.DataFrame, acted: pl.DataFrame, layers: list[str]
) -> Iterator[Drawn]:
    """Draw each network's posts and its inner co-actions, from its first to its last co-action.

    One figure is filled anew for each, which takes half the time; save it before asking for the next.
    """
    room = Margins(right=1.2, bottom=0.35, between=0.15)
    figure = blank(8, 2.9, room)
    above, below = panels(figure, 2, 1, room, sharex=True, height_ratios=[1, 1.4])[:, 0]
    above.set_ylabel("posts")
    below.set_ylabel("pairs of posts")
    counted(above.yaxis, most=4)
    counted(below.yaxis, most=5)
    colours = layer_colours(layers)
    acting = [layer for layer in layers if layer in set(acted["layer"])]
    keyed(below, {plain(layer): colours[layer] for layer in acting})
    for network in networks:
        mine = acted.filter(network=network)
        if len(mine):
            _empty(above, below)
            what, alt = _fill(above, below, posted.filter(network=network), mine, colours)
            above.set_title(f"Network {network}: {what}")
            title = f"Network {network}: {what} (UTC)"
            yield Drawn(f"network_{network:02d}", title, f"Timeline of network {network} {alt}", figure)


def _empty(*pair: "Axes") -> None:
    for axes in pair:
        axes.set_ylim(0, 1)
        for bar in list(axes.patches):
            bar.remove()


def _fill(
    above: "Axes", below: "Axes", posted: pl.DataFrame, acted: pl.DataFrame, colours: dict[str, str]
) -> tuple[str, str]:
    """Draw one network's posts and stacked co-actions; return what is seen, and the same with its numbers."""
    first, last = _ends(acted)
    width = bins(first, last)
    edges = _edges(first, last, width)
    bars(above, edges, _heights(posted, "posts", edges), GREY)
    base = np.zeros(len(edges) - 1)
    for layer, colour in colours.items():
        top = base + _heights(acted.filter(layer=layer), "pairs", edges)
        if top.sum() > base.sum():
            bars(below, edges, top, colour, base)
        base = top
    dates(below, first, last)
    what = f"posts of its members, and co-actions between them, by {_NAMES[width]}"
    most = f"most in the {_NAMES[width]} of {_peak(base, edges)}"
    return what, f"from {day(first)} to {day(last)}: {int(base.sum()):,} co-actions, {most}."


def draw_week(posted: pl.DataFrame) -> Drawn | None:
    """Draw in which hours of the week members post, beside all other accounts."""
    posted = _once(posted)
    if posted.is_empty():
        return None
    groups = {
        "Accounts in candidate networks": posted.filter(pl.col("network").is_not_null()),
        "All other accounts": posted.filter(pl.col("network").is_null()),
    }
    shares = {name: _week(part) for name, part in groups.items() if len(part)}
    top = max(float(share.max()) for share in shares.values())
    room = Margins(right=0.95)
    figure = blank(9, 1.0 + 2.0 * len(shares), room)
    drawn = panels(figure, len(shares), 1, room, sharex=True)[:, 0]
    for axes, (name, share) in zip(drawn, shares.items(), strict=True):
        image = axes.imshow(share, cmap="cividis", vmin=0, vmax=top, aspect="auto", interpolation="nearest")
        axes.set_title(f"{name}: {count(int(groups[name]['posts'].sum()), 'post')}")
        axes.set_yticks(range(7), _DAYS)
        axes.grid(visible=False)
    drawn[-1].set_xticks(range(0, 24, 3), [f"{hour:02d}:00" for hour in range(0, 24, 3)])
    drawn[-1].set_xlabel("hour of the day (UTC)")
    beside(drawn, image, "% of the group's posts")
    title = "When in the week accounts post: those in candidate networks, and all others"
    busiest = " ".join(f"{name}: most in {_busiest(share)}." for name, share in shares.items())
    alt = f"Heat map of weekday by hour (UTC). {busiest}"
    return Drawn("week", title, alt, figure)


def _week(posted: pl.DataFrame) -> Any:
    """Return the per cent of posts in each weekday (rows) and hour (columns)."""
    counted = posted.group_by(day=pl.col("at").dt.weekday() - 1, hour=pl.col("at").dt.hour()).agg(pl.col("posts").sum())
    week = np.zeros((7, 24))
    week[counted["day"].to_numpy(), counted["hour"].to_numpy()] = counted["posts"].to_numpy()
    return 100 * week / week.sum()


def _busiest(share: Any) -> str:
    weekday, hour = divmod(int(share.argmax()), 24)
    return f"the hour from {hour:02d}:00 on {_DAYS[weekday]} ({share.max():.1f} %)"


def _ends(counted: pl.DataFrame) -> tuple[datetime, datetime]:
    first, last = counted.select(first=pl.col("at").min(), last=pl.col("at").max()).row(0)
    return first, last


def _edges(first: datetime, last: datetime, width: str) -> Any:
    """Return the bins' edges as days since 1970, which is how matplotlib counts."""
    start, end = pl.Series([first, last]).dt.truncate(width)
    after = pl.Series([end]).dt.offset_by(width)[0]
    return days(pl.datetime_range(start, after, width, eager=True))


def _heights(counted: pl.DataFrame, column: str, edges: Any) -> Any:
    return np.histogram(days(counted["at"]), bins=edges, weights=counted[column].to_numpy())[0]


def _peak(heights: Any, edges: Any) -> str:
    top = int(heights.argmax())
    at = datetime(1970, 1, 1) + timedelta(days=float(edges[top]))  # noqa: DTZ001 - only its date is said
    return f"{day(at)} ({int(heights[top]):,})"
