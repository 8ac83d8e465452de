"""The map of a grid: power, false networks and what holds, side by side; and the delays beside those by chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from cib.evaluate.tune.grid import Axis, shown
from cib.evaluate.tune.recommend import Choice
from cib.report.figures.style import INK, SOFT, Drawn, Margins, blank, panels, plain
from cib.report.palette import NETWORK_COLOURS
from cib.report.words import duration

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_delays", "draw_map"]

_ASKED: Final = (
    ("power", "power", "Blues", "{:.2f}"),
    ("false", "false networks a run", "Oranges", "{:.2g}"),
    ("same_members", "accounts that hold", "Greens", "{:.2f}"),
)
_PANELS: Final = 6
"""Most slices that are drawn; the page's table holds all cells."""


def draw_map(table: pl.DataFrame, axes: Sequence[Axis], choice: Choice | None, limit: float) -> Drawn:
    """Draw the cells: three columns (power, false networks, what holds), a row for each slice of a larger grid.

    The two axes with most values are across and down; a slice is a combination of the others, those of the recommended
    cell first.
    """
    order = sorted(range(len(axes)), key=lambda n: (-len(axes[n].values), n))
    plane, rest = _Plane(axes[order[0]], axes[order[1]] if len(order) > 1 else None), order[2:]
    slices = _slices(table, axes, rest, choice)
    room = Margins(left=1.25, right=0.3, top=0.75, bottom=0.75, between=0.95, beside=0.5)
    width = room.left + room.right + 3 * max(2.0, 0.72 * plane.columns) + 2 * room.beside
    between = room.between * (len(slices) - 1)
    figure = blank(width, room.top + room.bottom + len(slices) * max(0.55, 0.5 * plane.rows) + between, room)
    grid = panels(figure, len(slices), 3, room)
    for row, fixed in enumerate(slices):
        part = _matching(table, axes, fixed)
        for column, (name, title, colours, form) in enumerate(_ASKED):
            panel = grid[row, column]
            _heat(panel, plane.image(part, name), form, colours, max(1.0, limit) if name == "false" else 1.0)
            _ticks(panel, plane, first=column == 0, last=row == len(slices) - 1)
            _mark(panel, plane, part, choice, limit)
            if row == 0:
                panel.set_title(title, pad=20 if rest else 6)
        if rest:
            said = ", ".join(f"{_key(axes[n].key)} = {plain(shown(axes[n].values[step]))}" for n, step in fixed.items())
            grid[row, 0].annotate(
                said, (0, 1), xytext=(0, 6), xycoords="axes fraction", textcoords="offset points", color=SOFT
            )
    best = "" if choice is None else f" Recommended: cell {choice.cell} of the table."
    alt = (
        f"Power, false networks a run, and the share of accounts that hold over neighbouring settings, for "
        f"{len(table)} cells.{best} A frame marks the recommended cell, a cross too many false networks."
    )
    return Drawn("map", "Map of the settings", alt, figure)


@dataclass(frozen=True)
class _Plane:
    """The two axes that a panel shows."""

    across: Axis
    down: Axis | None

    @property
    def columns(self) -> int:
        return len(self.across.values)

    @property
    def rows(self) -> int:
        return 1 if self.down is None else len(self.down.values)

    def place(self, row: dict[str, Any]) -> tuple[int, int] | None:
        """Return where a cell stands: down, across; None if it is no combination of the grid."""
        if row[self.across.key] == "":
            return None
        down = 0 if self.down is None else [shown(value) for value in self.down.values].index(row[self.down.key])
        return down, [shown(value) for value in self.across.values].index(row[self.across.key])

    def image(self, part: pl.DataFrame, name: str) -> Any:
        """Return a column of the table as an image; nan where nothing was measured."""
        image = np.full((self.rows, self.columns), np.nan)
        for row in part.iter_rows(named=True):
            if row[name] is not None and (place := self.place(row)) is not None:
                image[place] = row[name]
        return image


def _slices(table: pl.DataFrame, axes: Sequence[Axis], rest: list[int], choice: Choice | None) -> list[dict[int, int]]:
    """Return combinations of the axes that are neither across nor down, those nearest to the recommended cell first."""
    every = [dict(zip(rest, steps, strict=True)) for steps in product(*(range(len(axes[n].values)) for n in rest))]
    row = None if choice is None else table.row(choice.cell, named=True)
    here = {} if row is None else {n: row[axes[n].key] for n in rest}
    return sorted(every, key=lambda fixed: sum(shown(axes[n].values[k]) != here.get(n) for n, k in fixed.items()))[
        :_PANELS
    ]


def _matching(table: pl.DataFrame, axes: Sequence[Axis], fixed: dict[int, int]) -> pl.DataFrame:
    for n, step in fixed.items():
        table = table.filter(pl.col(axes[n].key) == shown(axes[n].values[step]))
    return table


def _heat(panel: "Axes", values: Any, form: str, colours: str, most: float) -> None:
    """Draw an image with its numbers in it."""
    from matplotlib import colormaps

    shades = colormaps[colours].with_extremes(bad="#F3F4F6")
    panel.grid(visible=False)
    panel.imshow(np.ma.masked_invalid(values), cmap=shades, vmin=0, vmax=most * 1.25, aspect="auto")
    for (down, across), value in np.ndenumerate(values):
        text, dark = ("–", False) if np.isnan(value) else (form.format(value), value > 0.72 * most)
        panel.text(across, down, text, ha="center", va="center", color="white" if dark else INK, fontsize=8.5)


def _ticks(panel: "Axes", plane: _Plane, *, first: bool, last: bool) -> None:
    """Name the values of both axes: across in the last row, down in the first column."""
    panel.set_xticks(range(plane.columns), [plain(shown(value)) for value in plane.across.values])
    if last:
        panel.set_xlabel(_key(plane.across.key))
    names = [] if plane.down is None else [plain(shown(value)) for value in plane.down.values]
    panel.set_yticks(range(len(names)), names if first else [""] * len(names))
    if first and plane.down is not None:
        panel.set_ylabel(_key(plane.down.key))
    panel.tick_params(length=0)
    for spine in panel.spines.values():
        spine.set_visible(False)


def _key(key: str) -> str:
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in key[:40])


def _mark(panel: "Axes", plane: _Plane, part: pl.DataFrame, choice: Choice | None, limit: float) -> None:
    """Frame the recommended cell, and put a cross into the corner of those with too many false networks."""
    from matplotlib.patches import Rectangle

    for row in part.iter_rows(named=True):
        if (place := plane.place(row)) is None:
            continue
        y, x = place
        if row["false"] is not None and row["false"] > limit:
            panel.text(x + 0.4, y - 0.3, "×", ha="right", va="center", color=INK, fontsize=8)
        if choice is not None and row["cell"] == choice.cell:
            panel.add_patch(Rectangle((x - 0.47, y - 0.46), 0.94, 0.92, fill=False, edgecolor=INK, linewidth=2))


def draw_delays(histogram: pl.DataFrame, delays: pl.DataFrame) -> Drawn:
    """Draw for each layer how many acts are followed by another account's after so long, beside those by chance."""
    layers = histogram["layer"].unique(maintain_order=True).to_list()
    columns = min(3, len(layers))
    rows = -(-len(layers) // columns)
    room = Margins(left=0.75, bottom=0.85, top=0.65, between=0.95, beside=0.6)
    figure = blank(2.9 * columns + 1.4, 1.9 * rows + 0.65 + 0.95 * rows, room)
    grid = panels(figure, rows, columns, room)
    for panel in grid.ravel()[len(layers) :]:
        panel.set_axis_off()
    for panel, layer in zip(grid.ravel(), layers, strict=False):
        window = delays.filter(layer=layer)["window_s"].item()
        _delay(panel, histogram.filter(layer=layer), window)
        panel.set_title(plain(layer))
    grid[0, 0].set_ylabel("acts")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper right", ncols=2, fontsize=8)
    alt = (
        f"Delays to the next account on the same object, by layer ({', '.join(layers)}), beside the mean of five "
        "shifts. Dashed: the config's window."
    )
    return Drawn("delays", "How soon accounts follow each other, and by chance", alt, figure)


def _delay(panel: "Axes", part: pl.DataFrame, window: float | None) -> None:
    """Draw one layer: bars as collected, a line by chance, the window."""
    place = np.arange(len(part))
    panel.bar(place, part["delays"].to_numpy(), width=0.86, color=NETWORK_COLOURS[0], label="as collected")
    panel.plot(
        place, part["by_chance"].to_numpy(), color=NETWORK_COLOURS[1], marker="o", markersize=3, linewidth=1.1,
        label="clocks shifted",
    )  # fmt: skip
    most = max(10.0, float(part["delays"].max() or 0), float(part["by_chance"].max() or 0))  # type: ignore[arg-type]
    panel.set_yscale("symlog", linthresh=10)
    panel.set_ylim(0, most * 1.5)
    tens = [0, *(10**n for n in range(1, 10) if 10**n <= most * 1.5)]
    panel.set_yticks(tens, [f"{ten:,}" for ten in tens])
    panel.minorticks_off()
    named = [_upto(low, high) for low, high in part.select("low_s", "high_s").iter_rows()]
    panel.set_xticks(place, named, rotation=60, ha="right", fontsize=7.5)
    if window is not None:
        panel.axvline(int((part["high_s"].to_numpy() <= window).sum()) - 0.5, color=SOFT, linewidth=1, linestyle="--")


def _upto(low: float, high: float) -> str:
    return f"> {duration(low)}" if high > 1e8 else f"≤ {duration(high)}" if low else f"< {duration(high)}"
