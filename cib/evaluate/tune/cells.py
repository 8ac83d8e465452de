"""Trials of a grid as one table: what each cell finds, what it finds by chance, how it stands among its neighbours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cib.evaluate.trials import Answers, false_networks
from cib.evaluate.tune.grid import Axis, Cell, neighbours, shown
from cib.evaluate.tune.plateau import Held, plateau
from cib.intervals import of_count, of_share
from cib.networks.verdicts import similar

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
    judged : subject, account_id, verdict of the networks that an analyst confirmed or rejected.
    least : Jaccard index from which a network counts as one of them.
    """

    cells: Sequence[Cell]
    axes: Sequence[Axis]
    shuffles: Answers
    collected: Answers
    copies: Answers
    runs: int
    judged: pl.DataFrame
    least: float


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
        accounts, links of the data as collected; confirmed, rejected (networks judged so, reported again), truth
        (power, with what was judged as further truth); same_links, same_members, same_networks (see
        :func:`cib.evaluate.tune.plateau.plateau`); changes. Null where a cell was not measured.
    """
    near = neighbours(trials.cells, trials.axes)
    given = trials.collected
    found = [Held.of(folder, given[0, n]["file"]) if (0, n) in given else None for n in range(len(trials.cells))]
    rows = [
        row | _power(trials, n) | _chance(trials, n) | _real(trials, n) | _judged(trials, found[n])
        for n, row in enumerate(_named(trials))
    ]
    counted = ("planted", "found", "shuffles", "networks", "reported", "accounts", "links", "confirmed", "rejected")
    bounds = ("power", "power_low", "power_high", "false", "false_low", "false_high")
    frame = pl.DataFrame(rows, schema_overrides=dict.fromkeys(counted, pl.Int64) | dict.fromkeys(bounds, pl.Float64))
    frame = frame.with_columns(truth=_truth(trials.judged))
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


def _judged(trials: Measured, found: Held | None) -> dict[str, Any]:
    """Return how many of the networks that were judged a cell reports again."""
    if found is None:
        return {"confirmed": None, "rejected": None}
    again = similar(found.members, trials.judged.select("subject", "account_id"), trials.least)
    said = trials.judged.select("subject", "verdict").unique().join(again, on="subject")["verdict"]
    return {verdict: int((said == verdict).sum()) for verdict in ("confirmed", "rejected")}


def _truth(judged: pl.DataFrame) -> pl.Expr:
    """Return power as if each network that was judged were a planted campaign: found, or rightly left out."""
    counts = dict(judged.select("subject", "verdict").unique()["verdict"].value_counts().iter_rows())
    rejected = counts.get("rejected", 0)
    right = pl.col("found") + pl.col("confirmed") + rejected - pl.col("rejected")
    whole = pl.col("planted") + rejected + counts.get("confirmed", 0)
    return pl.when(pl.col("power").is_not_null()).then(right / whole)


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
