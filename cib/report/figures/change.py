"""Networks followed through time: an alluvial drawing, a column a window, a band for the accounts that stay."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from cib.report.figures.style import INK, SOFT, Drawn, Margins, blank, counted, panels
from cib.report.palette import GREY, NETWORK_COLOURS
from cib.report.words import count, day, duration, listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_change"]

_TRACKS: Final = 40
"""Groups that are drawn, those of most accounts over all windows; the figure says how many it leaves out."""
_WIDTH: Final = 0.16
"""Of a block, where windows are 1 apart."""
_CURVE: Final = 16


def draw_change(changes: pl.DataFrame, shown: int) -> Drawn | None:
    """Draw CHANGES: blocks as high as a group has accounts, bands as those that stay; None if there are none."""
    there = changes.filter(pl.col("accounts") > 0)
    if there.is_empty():
        return None
    placed = _placed(there)
    room = Margins(bottom=0.85)
    figure = blank(9, 5.5, room)
    axes = panels(figure, 1, 1, room)[0, 0]
    starts = changes["from_at"].unique().sort()
    _bands(axes, placed)
    _blocks(axes, placed)
    _names(axes, placed, shown)
    step = max(1, -(-len(starts) // 8))
    axes.set_xticks(range(0, len(starts), step), [f"{at:%d %b %Y}" for at in starts[::step]])
    axes.set_xlim(-0.5, len(starts) - 0.5)
    axes.set_ylabel("accounts, groups above each other")
    axes.set_xlabel("start of the window (UTC)")
    axes.grid(visible=False, axis="x")
    counted(axes.yaxis)
    width = duration((there["to_at"][0] - there["from_at"][0]).total_seconds())
    tracks, drawn = there["track"].n_unique(), placed["track"].n_unique()
    left_out = f"; {count(tracks - drawn, 'smaller one')} not drawn" if tracks > drawn else ""
    title = f"{count(tracks, 'group')} followed through {count(len(starts), 'window')} of {width}{left_out}"
    axes.set_title(title)
    figure.supxlabel(
        "Block: a group in a window, by rank of its network; grey: below 8, or like none. Band: accounts that stay. "
        "Pale band: it came back, or split off.",
        fontsize=8, color=SOFT,
    )  # fmt: skip
    return Drawn("change", title, f"Alluvial drawing: {title}. {_words(changes)}", figure)


def _words(changes: pl.DataFrame) -> str:
    fates = dict(changes.group_by("fate").len().sort("len", "fate", descending=[True, False]).iter_rows())
    largest = changes.sort("accounts", "track", descending=[True, False]).row(0, named=True)
    told = listed([f"{fate} {times:,} times" for fate, times in fates.items()])
    return (
        f"Groups were {told}. The largest has {count(largest['accounts'], 'account')} from {day(largest['from_at'])}."
    )


def _placed(there: pl.DataFrame) -> pl.DataFrame:
    """Return the groups drawn, with window (from 0), low and high of each block, and order (of the track)."""
    size = there.group_by("track").agg(all=pl.col("accounts").sum(), network=pl.col("network").drop_nulls().min())
    kept = size.sort("all", "track", descending=[True, False]).head(_TRACKS)
    order = kept.sort("network", "all", "track", descending=[False, True, False], nulls_last=True)
    order = order.select("track", of="network", order=pl.int_range(pl.len()))
    window = pl.col("from_at").rank("dense") - 1
    rows = there.with_columns(window=window.cast(pl.Int64)).join(order, on="track").sort("window", "order")
    gap = 0.015 * rows.group_by("window").agg(pl.col("accounts").sum())["accounts"].max()  # type: ignore[operator]
    high = pl.col("accounts").cum_sum().over("window") + gap * pl.int_range(pl.len()).over("window")
    return rows.with_columns(high=high).with_columns(low=pl.col("high") - pl.col("accounts"))


def _tints(placed: pl.DataFrame) -> list[str]:
    return [
        NETWORK_COLOURS[n - 1] if n is not None and n <= len(NETWORK_COLOURS) else GREY for n in placed["of"].to_list()
    ]


def _blocks(axes: "Axes", placed: pl.DataFrame) -> None:
    height = (placed["high"] - placed["low"]).to_numpy()
    left = placed["window"].to_numpy() - _WIDTH / 2
    axes.bar(left, height, _WIDTH, placed["low"].to_numpy(), align="edge", color=_tints(placed), linewidth=0, zorder=2)


def _names(axes: "Axes", placed: pl.DataFrame, shown: int) -> None:
    """Write the rank of its network before the first block of each track that has one among those shown."""
    first = placed.filter(pl.col("of") <= shown).sort("window").unique("track", keep="first", maintain_order=True)
    for window, low, high, network in first.select("window", "low", "high", "of").iter_rows():
        axes.text(
            window - _WIDTH / 2 - 0.03, (low + high) / 2, str(network), ha="right", va="center", fontsize=7, color=INK
        )


def _bands(axes: "Axes", placed: pl.DataFrame) -> None:
    """Draw a band of those that stay from each block to the next of its track, or from the track it split from."""
    from matplotlib.collections import PolyCollection

    before = ["track", "window", "low", "high"]
    last = placed.sort("track", "window").with_columns(
        **{f"{name}_before": pl.col(name).shift().over("track") for name in before[1:]}
    )
    own = last.filter(pl.col("window_before").is_not_null())
    others = placed.select(before).rename({name: f"{name}_before" for name in before})
    split = placed.filter(pl.col("origin").is_not_null()).with_columns(window_before=pl.col("window") - 1)
    split = split.join(others, left_on=["origin", "window_before"], right_on=["track_before", "window_before"])
    both = pl.concat([own.select(split.columns), split]).sort("window", "order")
    near = (both["window"] - both["window_before"] == 1).to_numpy() & both["origin"].is_null().to_numpy()
    shapes = [_band(*row) for row in both.select("window_before", "low_before", "window", "low", "stayed").iter_rows()]
    alphas = np.where(near, 0.38, 0.16)
    axes.add_collection(PolyCollection(shapes, facecolors=_tints(both), alpha=alphas, linewidths=0, zorder=1))


def _band(start: int, low: float, end: int, low_after: float, stayed: int) -> Any:
    """Return the outline of a smooth band between two blocks, along their lower edges."""
    along = np.linspace(0, 1, _CURVE)
    x = start + _WIDTH / 2 + along * (end - start - _WIDTH)
    y = low + (low_after - low) * along**2 * (3 - 2 * along)
    return np.concatenate([np.stack([x, y], axis=1), np.stack([x, y + stayed], axis=1)[::-1]])
