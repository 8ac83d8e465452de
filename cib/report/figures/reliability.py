"""The reliability curve of a trained model: what it said against what was so."""

from pathlib import Path

import numpy as np
import polars as pl

from cib.report.figures.style import INK, SOFT, Drawn, Margins, blank, panels, save, style

__all__ = ["draw_reliability"]

_POINT = "#0B6E8A"


def draw_reliability(table: pl.DataFrame, path: Path) -> Path:
    """Draw the curve into a file and return it.

    Parameters
    ----------
    table : p, share, low, high, accounts: one row a bin (see :func:`cib.accounts.trial.reliability`).
    path : .svg or .png; other endings become .svg.
    """
    path = path if path.suffix in {".svg", ".png"} else path.with_suffix(".svg")
    path.parent.mkdir(parents=True, exist_ok=True)
    with style():
        room = Margins(bottom=0.6, top=0.45)
        figure = blank(4.6, 4.4, room)
        axes = panels(figure, 1, 1, room)[0, 0]
        axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8, linestyle="--")
        p, share, low, high = (table[name].to_numpy() for name in ("p", "share", "low", "high"))
        axes.errorbar(
            p, share, yerr=np.array([share - low, high - share]).clip(0), color=_POINT, ecolor=INK, marker="o",
            markersize=4, linewidth=1.2, elinewidth=0.7, capsize=2,
        )  # fmt: skip
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlabel("said: mean probability of a tenth of the accounts")
        axes.set_ylabel("so: share of them that bear the label")
        axes.set_title("On accounts of the same file, none seen in training")
        words = ", ".join(f"{one:.2f} where {other:.2f} was said" for one, other in zip(share, p, strict=True))
        alt = f"Share that bears the label: {words}. Bars: 95 % intervals. Dashed: perfect calibration."
        save(Drawn(path.stem, "Reliability of the trained model", alt, figure), path.parent, (path.suffix[1:],))
    return path
