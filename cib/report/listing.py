"""The ranked networks as a table for the terminal: for `cib networks RUN`."""

from typing import Any, Final

import polars as pl

from cib.report.control import outcome
from cib.report.run import RunFiles
from cib.report.safe import cut, for_terminal
from cib.report.words import aligned, listed, number

__all__ = ["networks"]

_LEFT: Final = ("level", "tier", "layers")


def networks(run: RunFiles) -> str:
    """Return the candidate networks, one a line, best first, and below them why none has a higher tier.

    A candidate is evidence with its doubt; the last line says so.
    """
    found = run.table("networks").sort("network")
    if found.is_empty():
        return "No candidate network: under these settings no group of accounts agrees more than chance explains."
    rows = [_cells(row) for row in found.iter_rows(named=True)]
    left = {n for n, name in enumerate(rows[0]) if name in _LEFT}
    lines = aligned([list(rows[0]), *(list(row.values()) for row in rows)], left=left)
    note = "A candidate is a lead with its evidence, never a probability of being inauthentic."
    return "\n".join([*lines, "", "Why no higher tier:", *_reasons(found), "", outcome(run.manifest), note])


def _cells(network: dict[str, Any]) -> dict[str, str]:
    return {
        "#": str(network["network"]),
        "level": for_terminal(network["level"]),
        "tier": for_terminal(network["tier"]),
        "p": "–" if network["p_family"] is None else f"{network['p_family']:.2g}",
        "score": number(network["score"]),
        "accounts": f"{network['accounts']:,}",
        "objects": f"{network['objects']:,}",
        "days": f"{network['days']:,}",
        "from": f"{network['first_at']:%Y-%m-%d}",
        "to": f"{network['last_at']:%Y-%m-%d}",
        "synchrony": "–" if network["synchrony"] is None else f"{network['synchrony']:.2f}",
        "stability": f"{network['stability']:.2f}",
        "layers": for_terminal(", ".join(network["layers"])),
    }


def _reasons(found: pl.DataFrame) -> list[str]:
    """Return each reason once, with the networks it holds for."""
    same = found.group_by("tier_reason", maintain_order=True).agg(pl.col("network"))
    return [f"  {listed(_ranges(numbers))}: {for_terminal(cut(reason, 300))}" for reason, numbers in same.iter_rows()]


def _ranges(numbers: list[int]) -> list[str]:
    """Return ascending numbers with those that follow each other drawn together.

    >>> _ranges([1, 2, 3, 5])
    ['1-3', '5']
    """
    runs: list[list[int]] = []
    for n in numbers:
        if runs and runs[-1][-1] == n - 1:
            runs[-1][1:] = [n]
        else:
            runs.append([n])
    return ["-".join(map(str, run)) for run in runs]
