"""Trials done on all cores, each kept when it is done, within a budget of time."""

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

from cib.evaluate.trials.worker import Task, answers
from cib.evaluate.trials.worlds import Ground, World
from cib.pipeline.manifest import Stage
from cib.pipeline.processes import address, at_work, cores
from cib.pipeline.stages import check_windows, in_order, read_posts, trace_layer
from cib.pipeline.state import Job, State
from cib.pipeline.store import Store, code_digest, digest, written
from cib.pipeline.texts import name_texts
from cib.settings import Settings

__all__ = ["Answers", "Bounds", "Trials", "Watcher", "prepared"]

Answers: TypeAlias = dict[tuple[int, int], dict[str, Any]]
"""What the trials gave that were done in time, by world and variant."""

_WORTH_S: Final = 10.0
"""Below this a process costs more than it saves."""
_STAGES: Final = ("evaluate/trials", "evaluate/simulate", "traces", "link", "networks")
_DETECTION: Final = {"layers", "text", "graph", "networks"}
"""Sections of the settings that decide what a trial gives; the others do not come into it."""


class Watcher(Protocol):
    """Who is told what happens while trials are done."""

    def done(self, stage: Stage) -> None:
        """Take notice of a finished stage of what all trials start from."""

    def say(self, sentence: str) -> None:
        """Take notice of what the user should know."""

    def count(self, done: int, whole: int) -> None:
        """Take notice of how many trials of this sort are done."""


class _Nobody:
    """Shows nothing."""

    def done(self, stage: Stage) -> None: ...

    def say(self, sentence: str) -> None: ...

    def count(self, done: int, whole: int) -> None: ...


@dataclass(frozen=True)
class Bounds:
    """When to stop, and whom to tell.

    Attributes
    ----------
    until : time of :func:`time.monotonic` after which nothing new is waited for; None: no bound.
    watch : told what the user should know.
    """

    until: float | None = None
    watch: Watcher = field(default_factory=_Nobody)

    @property
    def left(self) -> float | None:
        """Seconds that are left."""
        return None if self.until is None else max(0.0, self.until - time.monotonic())


@dataclass
class Trials:
    """The trials of some variants on the user's data.

    Attributes
    ----------
    ground : the data.
    variants : settings.
    folder : where the trials are kept that are done.
    """

    ground: Ground
    variants: list[Settings]
    folder: Path
    known: dict[str, dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.known = _kept(self._ledger)

    @property
    def _ledger(self) -> Path:
        return self.folder / "trials.ndjson"

    def done(
        self, worlds: Sequence[World], what: str, bounds: Bounds, chance: list[list[float]] | None = None
    ) -> Answers:
        """Return what the trials of every variant on some worlds gave; world by world, until the time is up.

        Parameters
        ----------
        worlds : in the order in which they matter.
        what : one world in words, such as 'shuffle'.
        bounds : when to stop.
        chance : for each variant the evidence of the best network of each shuffle that networks are held against.
        """
        told = self._told(worlds, chance or [[] for _ in self.variants])
        keys = self._keys(worlds, told)
        groups = [[t for t in group if keys[t] not in self.known] for group in self._by_world(len(worlds))]
        groups = [group for group in groups if group]
        with written(self.folder), self._ledger.open("a", encoding="utf-8") as ledger:
            ledger.write("\n" if groups and _torn(self._ledger) else "")
            whole = sum(map(len, groups))
            for number, (trial, answer) in enumerate(_given(told, groups, what, bounds), 1):
                bounds.watch.count(number, whole)
                self.known[keys[trial]] = answer
                ledger.write(json.dumps({"trial": keys[trial], "gave": answer}) + "\n")
                ledger.flush()
        n = len(self.variants)
        return {divmod(trial, n): self.known[key] for trial, key in enumerate(keys) if key in self.known}

    def _by_world(self, worlds: int) -> list[list[int]]:
        n = len(self.variants)
        return [list(range(world * n, (world + 1) * n)) for world in range(worlds)]

    def _told(self, worlds: Sequence[World], chance: list[list[float]]) -> dict[str, Any]:
        ground = self.ground
        workers = max(1, min(cores(), len(worlds)))
        return {
            "root": str(ground.root),
            "cache": str(ground.cache.absolute()),
            "read": address(ground.read),
            "seed": ground.seed,
            "worlds": [vars(world) for world in worlds],
            "variants": [_share_of_memory(settings, workers).model_dump(mode="json") for settings in self.variants],
            "chance": chance,
            "keep": str(self.folder.absolute()),
        }

    def _keys(self, worlds: Sequence[World], told: dict[str, Any]) -> list[str]:
        """Return what each trial is known by: everything that can change what it gives."""
        code, read = code_digest(*_STAGES), self.ground.read.key
        settings = [
            digest([{name: full[name] for name in sorted(_DETECTION)}, full["run"]["seed"], given])
            for full, given in zip(told["variants"], told["chance"], strict=True)
        ]
        world_keys = [digest([code, read, self.ground.seed, vars(world)]) for world in worlds]
        return [digest([world, variant]) for world in world_keys for variant in settings]


def _share_of_memory(settings: Settings, workers: int) -> Settings:
    run = settings.run.model_copy(update={"memory": max(1, settings.run.memory // workers)})
    return settings.model_copy(update={"run": run})


def _torn(ledger: Path) -> bool:
    """Return whether a killed run left half a line."""
    return not ledger.read_bytes().endswith(b"\n") and ledger.stat().st_size > 0


def _kept(ledger: Path) -> dict[str, dict[str, Any]]:
    """Return the trials that are done; a line that a killed run left half written is none."""
    found = {}
    for line in ledger.read_text(encoding="utf-8").splitlines() if ledger.is_file() else ():
        try:
            row = json.loads(line)
            found[row["trial"]] = row["gave"]
        except (ValueError, KeyError, TypeError):
            continue
    return found


def _given(
    told: dict[str, Any], groups: list[list[int]], what: str, bounds: Bounds
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield trials as they are done: the first one here, which tells how long the others will take."""
    if not groups:
        return
    task, start = Task(told), time.monotonic()
    yield from _here(task, [groups[0][:1]], bounds)
    rest = [group for group in [groups[0][1:], *groups[1:]] if group]
    seconds = time.monotonic() - start
    trials = sum(map(len, rest))
    if not trials or bounds.left == 0:
        return
    workers = min(cores(), len(rest)) if seconds * trials >= _WORTH_S else 1
    bounds.watch.say(_announced(_counted(groups, what, trials), seconds * trials / workers, workers, bounds.left))
    if workers < 2:
        yield from _here(task, rest, bounds)
        return
    with at_work("cib.evaluate.trials.worker", told, rest, "A trial") as promised:
        number = {future: trial for trial, future in promised.items()}
        try:
            for future in as_completed(number, timeout=bounds.left):
                yield number[future], future.result()
        except TimeoutError:
            return


def _here(task: Task, groups: list[list[int]], bounds: Bounds) -> Iterator[tuple[int, dict[str, Any]]]:
    for group in groups:
        for done in answers(task, group):
            yield done
            if bounds.left == 0:
                return


def _counted(groups: list[list[int]], what: str, trials: int) -> str:
    variants = max(map(len, groups))
    return f"{trials:,} more trials: {len(groups):,} {what}" + (f" under {variants:,} settings" if variants > 1 else "")


def _announced(rest: str, seconds: float, workers: int, left: float | None) -> str:
    total = max(1, round(seconds))
    said = f"{rest}, about {total // 60} min {total % 60} s on {workers} core(s)"
    return said if left is None or seconds <= left else f"{said}; stopped after {left / 60:.0f} min"


def prepared(job: Job, variants: list[Settings], watch: Watcher) -> Ground:
    """Read the data, make what the variants' traces are made of, and return what all trials start from.

    What is made lies in the run folder's cache, where a run of the config finds it, and the other way round.

    Raises
    ------
    CibError
        The input or a variant cannot be used.
    """
    store = Store(job.out / "cache", kept=max(3, len(variants)))
    state = State(job, store, watch.done, in_order(job.settings.active_layers))
    read_posts(state)
    ground = Ground(job.root.absolute(), store.folder, state.read, job.settings.run.seed)
    for settings in variants:
        one = ground.state(settings, store)
        check_windows(one)
        name_texts(one)
        for name in one.layers:
            trace_layer(one, name)
    return ground
