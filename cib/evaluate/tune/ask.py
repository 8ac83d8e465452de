"""From a config and a grid to recommended settings: shuffles, then the data as collected, then planted copies."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from cib.evaluate.trials import Bounds, Ladder, Trials, Watcher, World, copies, ladder, prepared
from cib.evaluate.tune.cells import Measured, complete, measured
from cib.evaluate.tune.delays import delays, intervals
from cib.evaluate.tune.grid import Axis, Cell, axes_of, cells_of
from cib.evaluate.tune.recommend import Choice, recommend
from cib.evaluate.tune.write import Tuned, written_out
from cib.pipeline import Job
from cib.pipeline.folder import claimed
from cib.pipeline.stages import in_order, read_posts, trace_layer
from cib.pipeline.state import State
from cib.pipeline.store import Store, written
from cib.pipeline.texts import name_texts
from cib.pipeline.verdicts import file_of, read_verdicts

__all__ = ["tune"]

_FOR_CHANCE: Final = 1 / 3
"""Of the time, for shuffles at most."""
_FRESH: Final = 1_000_000
"""Added to the seed of the copies on which the recommendation is tried again."""


@dataclass(frozen=True)
class _Work:
    """One call: the job, its grid, and whom to tell."""

    job: Job
    axes: Sequence[Axis]
    cells: Sequence[Cell]
    folder: Path
    watch: Watcher


def tune(job: Job, grid: Sequence[str], watch: Watcher) -> str:
    """Try a grid of settings on a config's own data, recommend some, and return what is said on the terminal.

    Parameters
    ----------
    job : the config, with its section [tune]; results go into the folder ``tune`` of its run folder.
    grid : axes, each KEY=VALUE,VALUE,...; none: those of the config.
    watch : told what happens.

    Raises
    ------
    CibError
        The input, the config, the grid or the folder cannot be used.

    Notes
    -----
    Every cell is tried on the same shuffles and copies. On one world all cells are tried one after the other, and what
    they have in common is made once: traces of layers whose traces are set alike, links of layers that are linked
    alike. Trials that are done are kept.
    """
    axes = axes_of(job.settings, grid)
    cells = cells_of(job.settings, axes, job.settings.tune.cells)
    with claimed(job.out):
        folder = job.out / "tune"
        with written(job.out):
            folder.mkdir(exist_ok=True)
        return _tuned(_Work(job, axes, cells, folder, watch))


def _tuned(work: _Work) -> str:
    asked, start = work.job.settings.tune, time.monotonic()
    ground = prepared(work.job, [cell.settings for cell in work.cells], work.watch)
    trials = Trials(ground, [cell.settings for cell in work.cells], work.folder)
    end = None if asked.budget is None else start + asked.budget.total_seconds()
    for_chance = None if asked.budget is None else start + _FOR_CHANCE * asked.budget.total_seconds()
    shuffles = [World("shuffled", n) for n in range(asked.shuffles)]
    chance = trials.done(shuffles, "shuffles", Bounds(for_chance, work.watch))
    runs = work.job.settings.control.runs
    held_against = complete(chance, len(work.cells))[:runs]
    best = [
        [chance[world, n]["most"] for world in held_against if (world, n) in chance] for n in range(len(work.cells))
    ]
    plan = _planted(work, work.job.settings.run.seed)
    worlds = [World("collected"), *copies(plan, ground.read.meta["accounts"])]
    given = trials.done(worlds, "worlds, the data themselves and planted copies", Bounds(end, work.watch), best)
    results = Measured(
        work.cells,
        work.axes,
        chance,
        {key: answer for key, answer in given.items() if key[0] == 0},
        {key: answer for key, answer in given.items() if key[0] > 0},
        runs,
        _said_before(work.job),
        work.job.settings.verdicts.min_similarity,
    )
    table, near = measured(results, work.folder)
    asked_for = table.with_columns(power=pl.col("truth" if asked.verdicts else "power"))
    choice = recommend(asked_for, near, limit=asked.false_alarms, within=asked.within)
    state = _collected(work)
    histogram = delays(state)
    tuned = Tuned(
        work.job, work.axes, work.cells, table, choice, histogram, intervals(state, histogram),
        _again(work, trials, choice, best, end),
    )  # fmt: skip
    return written_out(tuned, work.folder)


def _planted(work: _Work, seed: int) -> Ladder:
    asked = work.job.settings.tune
    return ladder(asked.sizes, asked.levels, repetitions=asked.repetitions, together=asked.together, seed=seed)


def _said_before(job: Job) -> pl.DataFrame:
    """Return subject, account_id and verdict of the networks that an analyst confirmed or rejected."""
    named = job.settings.verdicts
    known = read_verdicts(file_of(named, job.root, job.out), named=bool(named.file))
    settled = known.rows.filter((pl.col("kind") == "network") & (pl.col("verdict") != "unsure"))
    return known.judged.join(settled.select("subject", "verdict"), on="subject")


def _collected(work: _Work) -> State:
    """Return the run of the config on its data, with its traces made (they are in the cache)."""
    job = work.job
    state = State(job, Store(job.out / "cache"), lambda _: None, in_order(job.settings.active_layers))
    read_posts(state)
    name_texts(state)
    for name in state.layers:
        trace_layer(state, name)
    return state


def _again(
    work: _Work, trials: Trials, choice: Choice | None, best: list[list[float]], end: float | None
) -> dict[int, tuple[int, int]]:
    """Return, of the recommended cell and the config as it is, how many of how many fresh campaigns are found.

    The best of many cells looks better than it is on the campaigns by which it was chosen; on others it does not.
    """
    bounds = Bounds(end, work.watch)
    if choice is None or bounds.left == 0:
        return {}
    chosen = sorted({0, choice.cell})
    few = Trials(trials.ground, [work.cells[n].settings for n in chosen], work.folder)
    plan = _planted(work, work.job.settings.run.seed + _FRESH)
    worlds = copies(plan, trials.ground.read.meta["accounts"])
    given = few.done(worlds, "fresh planted copies", bounds, [best[n] for n in chosen])
    counted = {}
    for number, cell in enumerate(chosen):
        done = [world for world in complete(given, len(chosen)) if (world, number) in given]
        hits = [is_found for world in done for is_found, _ in given[world, number]["campaigns"].values()]
        counted[cell] = (sum(hits), len(hits))
    return {cell: both for cell, both in counted.items() if both[1]}
