"""Trials as tables and sentences: how often each step of the ladder was found, and what shuffles gave."""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from cib.evaluate.trials import Ladder, World, false_networks
from cib.intervals import of_count, of_share
from cib.report.words import aligned, count, duration, listed
from cib.settings.world import CampaignSettings

__all__ = ["cells_of", "chance_of", "false_rate", "grid", "of_campaign", "sentences"]

_SURE: Final = 0.8
"""Found with at least this probability counts as within reach: four in five, the power that studies are planned for."""


def cells_of(plan: Ladder, worlds: Sequence[World], answers: dict[int, dict[str, Any]]) -> pl.DataFrame:
    """Return one row a step of the ladder: accounts, level, planted, found, p, low, high, share.

    Parameters
    ----------
    worlds : the copies.
    answers : what was given of those that were done, by their place among the worlds.

    Notes
    -----
    p is the share of planted campaigns that were found, low and high Wilson's 95 % interval (null where none was
    planted in time), `share` the mean share of a campaign that reported networks of its own hold.
    """
    tried: dict[str, list[tuple[bool, float]]] = {cell.name: [] for cell in plan.cells}
    for number in range(len(worlds)):
        for name, (is_found, share) in answers.get(number, {"campaigns": {}})["campaigns"].items():
            tried[name].append((is_found, share))
    rows = []
    for cell in plan.cells:
        trials = tried[cell.name]
        n, hits = len(trials), sum(is_found for is_found, _ in trials)
        low, high = of_share(hits, n) if n else (None, None)
        shares = sum(share for _, share in trials) / n if n else None
        rows.append((cell.accounts, cell.level, n, hits, hits / n if n else None, low, high, shares))
    columns = {"accounts": pl.Int64, "level": pl.Int64, "planted": pl.Int64, "found": pl.Int64}
    return pl.DataFrame(
        rows, schema=columns | dict.fromkeys(("p", "low", "high", "share"), pl.Float64), orient="row"
    ).sort("level", "accounts")


def chance_of(shuffles: list[dict[str, Any]], runs: int) -> pl.DataFrame:
    """Return one row a shuffle: shuffle, links, networks, false (see :func:`cib.evaluate.trials.false_networks`)."""
    return pl.DataFrame(
        {
            "shuffle": range(1, len(shuffles) + 1),
            "links": [one["links"] for one in shuffles],
            "networks": [one["networks"] for one in shuffles],
            "false": false_networks(shuffles, runs),
        },
        schema=dict.fromkeys(("shuffle", "links", "networks", "false"), pl.Int64),
    )


def sentences(cells: pl.DataFrame, chance: pl.DataFrame) -> list[str]:
    """Return what was measured in sentences: what is within reach, one step in full, what chance gives."""
    done = cells.filter(pl.col("planted") > 0)
    if done.is_empty():
        return ["No planted copy was done in time.", false_rate(chance)]
    sure = done.filter(pl.col("low") >= _SURE)
    reach = [
        f"{size} accounts down to level {max(levels)}"
        for size, levels in sure.group_by("accounts", maintain_order=True).agg("level").sort("accounts").iter_rows()
    ]
    said = f"Within reach (found with probability {_SURE} or more, at the lower end of the interval): "
    row = _telling(done)
    return [
        said + (f"campaigns of {listed(reach)}." if reach else "none of the steps."),
        _told(row),
        false_rate(chance),
    ]


def _telling(done: pl.DataFrame) -> dict[str, Any]:
    """Return the hardest step that is found more often than not; if none is, the easiest."""
    likely = done.filter(pl.col("p") >= 0.5)
    if likely.is_empty():
        return done.sort("level", -pl.col("accounts")).row(0, named=True)
    return likely.sort(-pl.col("level"), "accounts").row(0, named=True)


def _told(row: dict[str, Any]) -> str:
    who = f"A campaign of {row['accounts']} accounts at level {row['level']}, {of_campaign(row['level'])},"
    how_sure = f"({row['low']:.2f} to {row['high']:.2f}; {count(row['planted'], 'planting')})"
    return f"{who} would be found with probability {row['p']:.2f} {how_sure}."


def of_campaign(level: int) -> str:
    """Return in words what a level of the ladder does.

    >>> of_campaign(2)
    'each acting on 60 % of its 20 objects within 10 min, half of them popular ones, 50 % of its posts cover'
    """
    plan = CampaignSettings(level=level)
    delay = "" if plan.delay is None else f" within {duration(plan.delay.total_seconds())}"
    popular = {1.0: "all of them its own", 0.5: "half of them popular ones", 0.0: "all of them popular ones"}
    objects = popular.get(plan.own, f"{1 - plan.own:.0%} of them popular ones")
    acts = f"each acting on {plan.share:.0%} of its {plan.objects} objects{delay}, {objects}"
    return f"{acts}, {plan.cover:.0%} of its posts cover".replace("%", " %")


def false_rate(chance: pl.DataFrame) -> str:
    """Return how many false networks a run the shuffles gave, in a sentence."""
    n, total = len(chance), int(chance["false"].sum())
    if not n:
        return "Chance was not asked."
    low, high = of_count(total, n)
    return f"Chance alone gives {total / n:.2g} false networks a run ({low:.2g} to {high:.2g}; {count(n, 'shuffle')})."


def grid(cells: pl.DataFrame) -> list[str]:
    """Return the probabilities as lines for a terminal: a row a level, a column a size."""
    sizes = cells["accounts"].unique().sort().to_list()
    known = {(level, size): (p, low, high) for size, level, _, _, p, low, high, _ in cells.iter_rows()}
    rows = [["level", *(f"{size} accounts" for size in sizes)]]
    levels = cells["level"].unique().sort().to_list()
    rows += [[str(level), *(_cell(*known[level, size]) for size in sizes)] for level in levels]
    return aligned(rows, left={0})


def _cell(p: float | None, low: float | None, high: float | None) -> str:
    return "–" if p is None else f"{p:.2f} ({low:.2f} to {high:.2f})"
