"""A run under way: what is to be run, and what has been made so far."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from cib.engine import Engine, engine_of
from cib.pipeline.manifest import Stage
from cib.pipeline.store import Artefact, Store
from cib.pipeline.verdicts import Verdicts
from cib.settings import LayerSettings, Settings
from cib.traces import Given

__all__ = ["Job", "Progress", "State"]

Progress: TypeAlias = Callable[[Stage], None]


@dataclass(frozen=True)
class Job:
    """What is to be run.

    Attributes
    ----------
    name : of the config.
    settings : its settings.
    root : folder that the input files are relative to.
    out : the run folder.
    config : the config's path as given, for the manifest.
    """

    name: str
    settings: Settings
    root: Path
    out: Path
    config: str = ""


@dataclass
class State:
    """A run under way: the job, its store, and what has been made so far."""

    job: Job
    store: Store
    progress: Progress
    layers: dict[str, LayerSettings]
    say: Callable[[str], None] = lambda _: None
    started: float = field(default_factory=time.perf_counter)
    stages: list[Stage] = field(default_factory=list)
    read: Artefact = field(init=False)
    given: Given = field(default_factory=Given)
    texts: Artefact | None = None
    traced: dict[str, Artefact] = field(default_factory=dict)
    linked: dict[str, Artefact] = field(default_factory=dict)
    evidence: dict[str, Artefact] = field(default_factory=dict)
    found: Artefact = field(init=False)
    verdicts: Verdicts | None = None
    controls: list[Artefact] = field(default_factory=list)
    judged: Artefact = field(init=False)
    changed: Artefact = field(init=False)
    described: Artefact = field(init=False)
    compared: Artefact = field(init=False)
    timed: Artefact = field(init=False)

    @property
    def engine(self) -> Engine:
        """What the stages up to linking run on."""
        return engine_of(self.job.settings)

    @property
    def made_by(self) -> dict[str, str]:
        """What the key of a stage on an engine holds: its name, so that no engine takes another's results."""
        return {} if self.engine.name == "local" else {"engine": self.engine.name}

    def make(
        self, stage: str, part: str, made_from: dict[str, Any], build: Callable[[Path], dict[str, Any]]
    ) -> Artefact:
        """Make an artefact, note what it cost, tell the user."""
        made = self.store.make(stage, part, made_from, build)
        rows = made.meta.get("rows", [0, 0])
        peak_mb = round(made.peak_mb + made.meta.get("beside_mb", 0), 1)
        self.note(Stage(stage, part, made.seconds, peak_mb, rows[0], rows[1], made.cached))
        return made

    def note(self, stage: Stage) -> None:
        """Add a finished stage and tell the user."""
        self.stages.append(stage)
        self.progress(stage)
