"""Trials of a grid as one table: what each cell finds, what it finds by chance, how it stands among its neighbours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cib.evaluate.trials import Answers, false_networks
from cib.evaluate.trials.intervals import of_count, of_share
from cib.evaluate.tune.grid import Axis, Cell, neighbours, shown
from cib.evaluate.tune.plateau import Held, plateau

__all__ = ["Measured", "complete", "measured"]


@dataclass(frozen=True)
class Measured:
    """The trials of a grid.

    Attributes
    ----------
    cells, axes : what was tried.
    shuffles, copies : what the trials of these worlds gave, by world and cell; those of the data as collected too.
    collected : the same.
    runs : shuffles that the config holds its networks against.
    """

    cells: Sequence[Cell]
    axes: Sequence[Axis]
    shuffles: Answers
    collected: Answers
    copies: Answers
    runs: int


def complete(answers: Answers, cells: int) -> list[int]:
    """Return the worlds on which every cell was tried; if there is none, the first world alone.

    Cells are compared on the same worlds: one that the time did not last for is left out for all.

    >>> complete({(0, 0): {}, (0, 1): {}, (1, 0): {}}, 2), complete({(0, 0): {}}, 2)
    ([0], [0])
    """
    tried: dict[int, int] = {}
    for world, _ in answers:
        tried[world] = tried.get(world, 0) + 1
    return sorted(world for world, n in tried.items() if n == cells) or sorted(tried)[:1]


def measured(trials: Measured, folder: Path) -> tuple[pl.DataFrame, list[list[int]]]:
    """Return one row a cell, and the neighbours of each.

    Returns
    -------
    cells : cell; the value of each axis as text ('' for a config that is no combination); given; planted, found, power,
        power_low, power_high (Wilson); shuffles, false, false_low, false_high (a run; Poisson); networks, reported,
        accounts, links of the data as collected; same_links, same_members, same_networks (see
        :func:`cib.evaluate.tune.plateau.plateau`); changes. Null where a cell was not measured.
    """
    near = neighbours(trials.cells, trials.axes)
    given = trials.collected
    found = [Held.of(folder, given[0, n]["file"]) if (0, n) in given else None for n in range(len(trials.cells))]
    rows = [row | _power(trials, n) | _chance(trials, n) | _real(trials, n) for n, row in enumerate(_named(trials))]
    numbers = dict.fromkeys(("planted", "found", "shuffles", "networks", "reported", "accounts", "links"), pl.Int64)
    bounds = ("power", "power_low", "power_high", "false", "false_low", "false_high")
    frame = pl.DataFrame(rows, schema_overrides=numbers | dict.fromkeys(bounds, pl.Float64))
    return pl.concat([frame, plateau(found, near)], how="horizontal"), near


def _named(trials: Measured) -> Iterator[dict[str, Any]]:
    base = trials.cells[0].settings.model_dump(mode="json")
    for number, cell in enumerate(trials.cells):
        place = cell.place
        values = {axis.key: "" if place is None else shown(axis.values[place[n]]) for n, axis in enumerate(trials.axes)}
        yield {"cell": number, **values, "given": cell.given, "changes": _changes(base, cell)}


def _changes(base: dict[str, Any], cell: Cell) -> int:
    """Return how many keys of a cell differ from the config's."""

    def differing(one: Any, other: Any) -> int:
        if isinstance(one, dict) and isinstance(other, dict):
            return sum(differing(one.get(key), other.get(key)) for key in one.keys() | other.keys())
        return int(one != other)

    return differing(base, cell.settings.model_dump(mode="json"))


def _power(trials: Measured, cell: int) -> dict[str, Any]:
    worlds = [world for world in complete(trials.copies, len(trials.cells)) if (world, cell) in trials.copies]
    hits = [is_found for world in worlds for is_found, _ in trials.copies[world, cell]["campaigns"].values()]
    low, high = of_share(sum(hits), len(hits)) if hits else (None, None)
    power = sum(hits) / len(hits) if hits else None
    return {"planted": len(hits), "found": sum(hits), "power": power, "power_low": low, "power_high": high}


def _chance(trials: Measured, cell: int) -> dict[str, Any]:
    worlds = [world for world in complete(trials.shuffles, len(trials.cells)) if (world, cell) in trials.shuffles]
    if not worlds:
        return {"shuffles": 0, "false": None, "false_low": None, "false_high": None}
    total, n = sum(false_networks([trials.shuffles[world, cell] for world in worlds], trials.runs)), len(worlds)
    low, high = of_count(total, n)
    return {"shuffles": n, "false": total / n, "false_low": low, "false_high": high}


def _real(trials: Measured, cell: int) -> dict[str, Any]:
    answer = trials.collected.get((0, cell), {})
    return {name: answer.get(name) for name in ("networks", "reported", "accounts", "links")}
