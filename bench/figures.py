"""How cost grows with acts, from bench/history.csv: `python bench/figures.py [FOLDER]`, by default docs/images."""

import csv
import re
import sys
from pathlib import Path

from record import HISTORY, ROOT

__all__ = ["draw"]


def draw(folder: Path) -> None:
    """Draw processor seconds and memory of the last measurement of each number of synthetic acts."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mpl.rcParams |= {"svg.hashsalt": "cib", "svg.fonttype": "none"}
    found: dict[int, tuple[float, float]] = {}
    with HISTORY.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if told := re.match(r"link ([\d,]+) synthetic acts", row["what"]):
                found[int(told[1].replace(",", ""))] = float(row["seconds"]), float(row["peak_mb"])
    if len(found) < 2:
        return
    acts = sorted(found)
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for n, (panel, title) in enumerate(zip(panels, ("CPU seconds", "peak memory, MB"), strict=True)):
        values = [found[number][n] for number in acts]
        panel.loglog(acts, values, "o-", color="#1f5fa8", label="cib")
        for power, dashes in ((1.0, ":"), (1.1, "--")):
            line = [values[0] * (number / acts[0]) ** power for number in acts]
            panel.loglog(acts, line, dashes, color="#888888", label=f"n^{power:g}")
        panel.set(title=title, xlabel="synthetic acts")
        panel.legend(frameon=False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "scaling.svg", metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
