"""From a config to its power: shuffles first, then planted copies, repetition by repetition, until the time is up."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from cib.evaluate.power.figure import draw
from cib.evaluate.power.table import cells_of, chance_of, grid, sentences
from cib.evaluate.trials import Bounds, Ladder, Trials, Watcher, World, copies, prepared
from cib.pipeline import Job
from cib.pipeline.folder import claimed
from cib.pipeline.store import written
from cib.report.figures.style import save, style
from cib.report.words import count

__all__ = ["Asked", "power"]

_FOR_CHANCE: Final = 1 / 3
"""Of the time, for shuffles at most."""


@dataclass(frozen=True)
class Asked:
    """What is measured.

    Attributes
    ----------
    plan : what is planted.
    shuffles : how often chance is asked.
    budget_s : seconds after which no more is started; None: no bound.
    """

    plan: Ladder
    shuffles: int = 20
    budget_s: float | None = 900.0


def power(job: Job, asked: Asked, watch: Watcher) -> str:
    """Measure what a config finds of campaigns planted in its own data; write tables and figure, return the sentences.

    Parameters
    ----------
    job : the config; results go into the folder ``power`` of its run folder, and its cache is used.
    asked : what is measured.
    watch : told what happens.

    Raises
    ------
    CibError
        The input, the config or the folder cannot be used.

    Notes
    -----
    Trials that are done are kept: what is asked again, or after a kill, is not done again. A planted copy costs what a
    run does without its reading, its description of accounts and its report.
    """
    start = time.monotonic()
    with claimed(job.out):
        folder = job.out / "power"
        with written(job.out):
            folder.mkdir(exist_ok=True)
        ground = prepared(job, [job.settings], watch)
        trials = Trials(ground, [job.settings], folder)
        ends = (None, None) if asked.budget_s is None else (asked.budget_s * _FOR_CHANCE, asked.budget_s)
        until = [None if end is None else start + end for end in ends]
        worlds = [World("shuffled", n) for n in range(asked.shuffles)]
        given = trials.done(worlds, "shuffles", Bounds(until[0], watch))
        shuffles = [given[n, 0] for n in range(len(worlds)) if (n, 0) in given]
        best = [one["most"] for one in shuffles[: job.settings.control.runs]]
        planted = copies(asked.plan, ground.read.meta["accounts"])
        found = trials.done(planted, "planted copies", Bounds(until[1], watch), [best])
        answers = {world: answer for (world, _), answer in found.items()}
        cells, chance = cells_of(asked.plan, planted, answers), chance_of(shuffles, job.settings.control.runs)
        return _written(folder, cells, chance, job)


def _written(folder: Path, cells: pl.DataFrame, chance: pl.DataFrame, job: Job) -> str:
    """Write everything, and return what it says."""
    said = sentences(cells, chance)
    runs = job.settings.control.runs
    with written(folder), style():
        for name, table in (("power", cells), ("chance", chance)):
            table.write_parquet(folder / f"{name}.parquet", compression="zstd")
            table.write_csv(folder / f"{name}.csv")
        paths = save(draw(cells), folder, ("svg", "png"))
        about = {"config": job.name, "shuffles": len(chance), "held_against": runs, "said": said}
        (folder / "power.json").write_text(json.dumps(about, indent=1, ensure_ascii=False), encoding="utf-8")
    rule = (
        "Found: one network of tier C or better has its majority from the campaign and holds half of it or more; "
        f"networks are held against {count(runs, 'shuffle')} of these data, as the config says."
    )
    names = ["power.csv", "power.parquet", "chance.csv", *(path.name for path in paths)]
    return "\n".join([*grid(cells), "", *said, rule, "", f"Written to {folder}: {', '.join(names)}"])
