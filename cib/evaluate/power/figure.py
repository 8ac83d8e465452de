"""The chart of power: the probability of being found over the level, a line a size, with intervals."""

import numpy as np
import polars as pl

from cib.report.figures.style import INK, SOFT, Drawn, Margins, blank, panels
from cib.report.palette import NETWORK_COLOURS

__all__ = ["draw"]


def draw(cells: pl.DataFrame) -> Drawn:
    """Draw the cells (see :func:`cib.evaluate.power.table.cells_of`); sizes stand beside each other at each level."""
    room = Margins(bottom=0.75, top=0.45, right=1.4)
    figure = blank(7.6, 3.9, room)
    axes = panels(figure, 1, 1, room)[0, 0]
    sizes = cells["accounts"].unique().sort().to_list()
    levels = cells["level"].unique().sort().to_list()
    words = []
    for number, size in enumerate(sizes):
        part = cells.filter(accounts=size).drop_nulls("p").sort("level")
        aside = (number - (len(sizes) - 1) / 2) * 0.5 / max(1, len(sizes))
        at = part["level"].replace_strict(levels, range(len(levels)), return_dtype=pl.Int64).to_numpy() + aside
        p, low, high = (part[name].to_numpy() for name in ("p", "low", "high"))
        colour = NETWORK_COLOURS[number % len(NETWORK_COLOURS)]
        axes.errorbar(
            at, p, yerr=np.array([p - low, high - p]).clip(0), color=colour, marker="o", markersize=4.5,
            linewidth=1.3, elinewidth=0.9, capsize=2.5, label=f"{size:,}",
        )  # fmt: skip
        words.append(f"{size} accounts: " + ", ".join(f"{one:.2f}" for one in p))
    axes.axhline(0.8, color=SOFT, linewidth=0.7, linestyle=":")
    axes.set_xticks(range(len(levels)), [_ticked(level, levels) for level in levels])
    axes.set_xlim(-0.5, len(levels) - 0.5)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("level of the planted campaign")
    axes.set_ylabel("probability of being found")
    axes.legend(title="accounts", loc="center left", bbox_to_anchor=(1.01, 0.5), labelcolor=INK)
    axes.set_title("Planted campaigns that these settings find in these data")
    alt = (
        f"Probability of being found at levels {', '.join(map(str, levels))}. {'; '.join(words)}. Bars: 95 % intervals."
    )
    return Drawn("power", "Power by level and size of planted campaigns", alt, figure)


def _ticked(level: int, levels: list[int]) -> str:
    names = {levels[0]: "\nnaive" if level == 0 else "", levels[-1]: "\nstealthy" if level == 5 else ""}
    return f"{level}{names.get(level, '')}"
