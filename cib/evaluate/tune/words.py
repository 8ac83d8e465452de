"""What a tuning says: the recommendation and its reasons, in sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from cib.evaluate.tune.grid import Axis, Cell, shown
from cib.evaluate.tune.recommend import Choice
from cib.intervals import of_share
from cib.report.words import count, duration, listed

__all__ = ["Told", "reasons", "told"]


@dataclass(frozen=True)
class Told:
    """What words are made of: see :class:`cib.evaluate.tune.write.Tuned`."""

    axes: "list[Axis]"
    cells: "list[Cell]"
    table: pl.DataFrame
    choice: Choice | None
    again: dict[int, tuple[int, int]]
    limit: float
    within: float


def told(about: Told) -> list[str]:
    """Return the sentences of the summary."""
    table, choice = about.table, about.choice
    done = table.drop_nulls(["power", "false"])
    said = [f"{len(done)} of {count(len(table), 'cell')} were measured, all on the same worlds."]
    if choice is None:
        return [*said, "Nothing can be recommended: the time did not last for one planted copy. Give it more."]
    row = table.row(choice.cell, named=True)
    if not choice.good:
        said.append(f"No cell has {about.limit:g} false networks a run or fewer; recommended is one with fewest.")
    said.append(f"Recommended: {_settings(about, choice.cell)}.")
    said.append(f"Power {_power(row)}; {_false(row)}.")
    said.append(
        f"The best power at such false alarms is {choice.best:.2f}; {count(len(choice.as_good), 'cell')} within "
        f"{about.within:g} of it. Over the neighbours of this one the mean is {choice.middle:.2f}"
        + (
            f", and {row['same_members']:.0%} of the accounts hold.".replace("%", " %")
            if row["same_members"] is not None
            else "."
        )
    )
    if row["confirmed"] or row["rejected"]:
        again = f"{row['confirmed']} again, of what they rejected {row['rejected']}"
        said.append(f"Of what analysts confirmed it reports {again}.")
    if choice.cell:
        said.append(
            f"The config as it is: power {_power(table.row(0, named=True))}; {_false(table.row(0, named=True))}."
        )
    else:
        said.append("That is the config as it is.")
    return [*said, *_fresh(about)]


def _settings(about: Told, cell: int) -> str:
    place = about.cells[cell].place
    if place is None:
        return "the config as it is"
    return ", ".join(f"{axis.key} = {shown(axis.values[n])}" for axis, n in zip(about.axes, place, strict=True))


def _power(row: dict[str, Any]) -> str:
    if row["power"] is None:
        return "not measured"
    return f"{row['power']:.2f} ({row['power_low']:.2f} to {row['power_high']:.2f}; {row['found']} of {row['planted']})"


def _false(row: dict[str, Any]) -> str:
    if row["false"] is None:
        return "chance not asked"
    bounds = f"({row['false_low']:.2g} to {row['false_high']:.2g}; {count(row['shuffles'], 'shuffle')})"
    return f"{row['false']:.2g} false networks a run {bounds}"


def _fresh(about: Told) -> Iterator[str]:
    parts = []
    for cell, (found, planted) in sorted(about.again.items(), key=lambda item: item[0] == 0):
        low, high = of_share(found, planted)
        who = "the config as it is" if cell == 0 else "the recommended settings"
        parts.append(f"{who} {found / planted:.2f} ({low:.2f} to {high:.2f})")
    if parts:
        planted = next(iter(about.again.values()))[1]
        yield f"On {count(planted, 'campaign')} that had no part in the choice: {listed(parts)}."


def reasons(about: Told, delays: pl.DataFrame) -> dict[str, str]:
    """Return for each key that was chosen why, by dotted key.

    Parameters
    ----------
    delays : of :func:`cib.evaluate.tune.delays.intervals`.
    """
    choice = about.choice
    if choice is None or (place := about.cells[choice.cell].place) is None:
        return {}
    why = {}
    for n, axis in enumerate(about.axes):
        tried = [(value, _along(about, choice.cell, n, k)) for k, value in enumerate(axis.values)]
        listed_values = ", ".join(f"{shown(value)} {'–' if row is None else _short(row)}" for value, row in tried)
        for key in axis.set_to(axis.values[place[n]]):
            why[key] = (
                f"Tuned on these data. Power and false networks a run, the rest as here: {listed_values}."
                + _delay(key, delays)
            )
    return why


def _along(about: Told, cell: int, axis: int, step: int) -> dict[str, Any] | None:
    """Return the cell with another value on one axis, if it was measured."""
    here = about.cells[cell].place
    place = None if here is None else (*here[:axis], step, *here[axis + 1 :])
    for n, other in enumerate(about.cells):
        if other.place == place:
            row = about.table.row(n, named=True)
            return None if row["power"] is None or row["false"] is None else row
    return None


def _short(row: dict[str, Any]) -> str:
    return f"{row['power']:.2f} and {row['false']:.2g}"


def _delay(key: str, delays: pl.DataFrame) -> str:
    """Return what the data's own delays say of a window."""
    parts = key.split(".")
    if len(parts) != 3 or parts[2] != "window":
        return ""
    row = delays.filter(layer=parts[1])
    if row.is_empty():
        return " No data for this layer."
    telling = row["telling_s"].item()
    if telling is None:
        return " Delays of this layer are nowhere twice as many as by chance."
    return f" Delays are at least twice as many as by chance up to {duration(telling)}."
