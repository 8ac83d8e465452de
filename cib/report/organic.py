"""What else a network could be, and which parts its accounts play, as the page shows them."""

from typing import Final

import polars as pl

from cib.report.grid import Cell, Grid, by_network, figure_cell, text_cell
from cib.report.run import RunFiles
from cib.report.safe import cut
from cib.report.words import listed, people, share

__all__ = ["explanations", "roles"]

_LENGTH: Final = 300
_ROLES: Final = ("leader", "amplifier", "peripheral")


def explanations(run: RunFiles, found: pl.DataFrame) -> dict[int, Grid]:
    """List every organic explanation of each network with what it does to the score, those that fit best first."""
    told = run.table("explanations").join(found.select("network"), on="network", how="semi")
    order = ["network", "factor", "applicable"]
    told = told.sort(order, descending=[False, False, True], maintain_order=True)
    return {
        network: Grid(
            "What else it could be",
            ["Explanation", "In these data", "Fits", "Score times"],
            [_cells(*row) for row in part.select("name", "sentence", "value", "factor").iter_rows()],
            "None of these is decided here: a campaign can look like fans, and fans can be used by a campaign.",
            sorts=False,
        )
        for network, part in by_network(told).items()
    }


def _cells(name: str, sentence: str, value: float | None, factor: float) -> list[Cell]:
    return [
        text_cell(name.replace("_", " ")),
        text_cell(cut(sentence, _LENGTH)),
        figure_cell(value, share),
        figure_cell(factor),
    ]


def roles(members: pl.DataFrame, network: int, least: int) -> str:
    """Return how many leaders, amplifiers and peripheral accounts a network has; fewer than `least` are not counted."""
    counted = dict(members.filter(pl.col("network") == network)["role"].value_counts().iter_rows())
    known = [(role, counted[role]) for role in _ROLES if role in counted]
    return listed([f"{people(n, least)} {role} {'account' if n == 1 else 'accounts'}" for role, n in known])
