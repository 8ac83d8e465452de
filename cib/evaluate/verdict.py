"""What `cib evaluate` writes: one table for the terminal, one figure, one Parquet file."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from cib.errors import RunError
from cib.evaluate.curve import Curve, curve_of, order_of
from cib.evaluate.judge import judge
from cib.evaluate.truth import Held, Tier, Unit, held, read_truth
from cib.report.figures.style import Drawn, Margins, blank, panels, plain, save, style
from cib.report.palette import NETWORK_COLOURS
from cib.report.run import open_run
from cib.report.safe import for_terminal
from cib.report.words import aligned, count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["How", "draw", "evaluate", "table"]

_TITLES: Final = {
    "accounts": "accounts",
    "networks": "networks",
    "partition": "partition",
    "campaign": "campaigns",
    "decoy": "decoys",
}


@dataclass(frozen=True)
class How:
    """How runs are measured: `score`, `tier` as for :func:`held`; `over`, `draws`, `seed` as for :func:`judge`."""

    score: str = ""
    tier: Tier = "C"
    over: Unit = "accounts"
    draws: int = 1000
    seed: int = 1


def evaluate(runs: list[Path], truth: Path, out: Path | None = None, how: How = How()) -> str:
    """Hold runs against the truth, write table and figure, and return what they say.

    Parameters
    ----------
    runs : run folders, the first of which the others are compared with.
    truth : see :func:`cib.evaluate.truth.read_truth`.
    out : folder for evaluation.parquet, .png and .svg; None: ``evaluation`` in the last run's folder.

    Raises
    ------
    CibError
        A run or the truth cannot be read, or the folder not written.
    """
    beside = held([open_run(run) for run in runs], read_truth(truth), score=how.score, tier=how.tier)
    found = judge(beside, draws=how.draws, seed=how.seed, over=how.over)
    folder = out if out is not None else runs[-1] / "evaluation"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found.write_parquet(folder / "evaluation.parquet")
        with style():
            paths = save(draw(beside), folder, ("png", "svg"))
    except OSError as error:
        msg = f"'{folder}' cannot be written ({error.strerror}). Choose another folder with --out."
        raise RunError(msg) from error
    written = ", ".join(str(path) for path in [folder / "evaluation.parquet", *paths])
    lines = [*_about(beside, how), "", *table(found), "", f"Written: {written}"]
    return "\n".join(lines)


def _about(beside: Held, how: How) -> list[str]:
    total, planted = int(beside.rows["accounts"].sum()), int(beside.rows.filter(beside.planted)["accounts"].sum())
    campaigns = count(len(beside.campaigns), "campaign")
    order = how.score or "the score of their network, then their strength in it"
    interval = f"95 % bootstrap intervals over {how.over}, {how.draws:,} resamples (at most 200 for the partition)"
    lines = [
        f"{count(total, 'account')}, {planted:,} of them ({planted / total:.2%}) in {campaigns} of the truth.",
        f"Accounts are ordered by {order}; reported are those in a network of tier {how.tier} or better.",
        f"In brackets: {interval}." if how.draws else "No intervals.",
    ]
    if beside.absent:
        lines.append(f"{count(beside.absent, 'account')} of the campaigns posted nothing that was read; not counted.")
    if how.draws and how.over == "cells" and len(beside.campaigns) < 5:
        lines.append("With fewer than five campaigns an interval over cells says little.")
    return lines


def table(found: pl.DataFrame) -> list[str]:
    """Return the measures as lines for a terminal, a column a run."""
    lines: list[str] = []
    for about, title in _TITLES.items():
        part = found.filter(about=about)
        if part.is_empty():
            continue
        runs = part["run"].unique(maintain_order=True).to_list()
        cells = {(run, measure): _cell(*numbers) for _, run, measure, *numbers in part.iter_rows()}
        measures = part["measure"].unique(maintain_order=True).to_list()
        rows = [
            [title, *map(for_terminal, runs)],
            *([for_terminal(name), *(cells.get((run, name), "") for run in runs)] for name in measures),
        ]
        lines += ["", *aligned(rows, left={0})]
    return lines[1:]


def _cell(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "–"
    shown = _number(value)
    return shown if low is None or high is None else f"{shown} ({_number(low)} to {_number(high)})"


def _number(value: float) -> str:
    if value == int(value):
        return f"{value:.0f}"
    return f"{value:.1e}" if abs(value) < 0.001 else f"{value:.3f}"


def draw(beside: Held) -> Drawn:
    """Draw precision over recall, and recall over the false-positive rate where it is small."""
    figure = blank(9, 3.8, Margins(bottom=0.75))
    left, right = panels(figure, 1, 2, Margins(bottom=0.75, beside=0.8))[0]
    weight = beside.rows["accounts"].to_numpy().astype(float)
    parts = []
    for number, run in enumerate(beside.runs):
        score = beside.rows[f"score_{number}"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        curve = curve_of(order_of(score), beside.planted, weight)
        colour = NETWORK_COLOURS[number % len(NETWORK_COLOURS)]
        _lines(left, right, curve, colour, plain(run))
        parts.append(f"{run}: average precision {curve.average_precision():.3f}")
    base = float(weight[beside.planted].sum() / weight.sum())
    left.axhline(base, color="#57606A", linewidth=0.8, linestyle=":")
    left.set(xlim=(0, 1.01), ylim=(0, 1.03), xlabel="recall", ylabel="precision", title="Precision over recall")
    right.set(
        xscale="log",
        xlim=(1e-4, 1),
        ylim=(0, 1.03),
        xlabel="false-positive rate",
        ylabel="recall",
        title="Recall over false alarms",
    )
    rates = [0.0001, 0.001, 0.01, 0.1, 1.0]
    right.set_xticks(rates, [f"{100 * rate:g} %" for rate in rates])
    right.set_xticks([], minor=True)
    left.legend(loc="lower left", fontsize=8)
    alt = f"Two charts of how well accounts are told apart. {'; '.join(parts)}. Dotted: the base rate, {base:.2%}."
    return Drawn("evaluation", "How well planted accounts are found", alt, figure)


def _lines(left: "Axes", right: "Axes", curve: Curve, colour: str, name: str) -> None:
    recall = np.r_[0.0, curve.found] / curve.planted
    precision = curve.found / np.maximum(curve.found + curve.false, 1e-300)
    left.step(recall, np.r_[precision[:1], precision], where="pre", color=colour, label=name)
    rate = np.maximum(np.r_[0.0, curve.false] / curve.others, 1e-4)
    right.plot(rate, recall, color=colour, drawstyle="steps-post")
