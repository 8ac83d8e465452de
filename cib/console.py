"""What the commands share: from a command line to a job, an open run, and progress on a terminal or in a pipe."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import click
import polars as pl

from cib import config as configs
from cib.errors import ConfigError
from cib.methods import find
from cib.pipeline.manifest import Stage
from cib.pipeline.state import Job
from cib.report.control import outcome
from cib.settings import InputSettings, Settings
from cib.traces import TRACES, without_data
from cib.verdicts import so_far

__all__ = ["Steps", "Watch", "idle_layers", "input_settings", "job"]

_STEPS_PER_LAYER: Final = 3
_STEPS_BESIDE: Final = 12
"""read, texts, networks, ranking, change, accounts (three steps), tables, figures, exports, page."""


def job(config: Path, inputs: tuple[str, ...], out: Path | None, given: Mapping[str, Any] | None = None) -> Job:
    """Return the job that a command line asks for; `given` are values by dotted key, in place of the config's.

    Raises
    ------
    ConfigError
        The config cannot be used, or names no input.
    """
    config = config if config.exists() else find(config.name) or config
    files = [str(Path(name).absolute()) for name in inputs]
    overrides: dict[str, Any] = {"input.files": files, "input.sources": {}} if inputs else {}
    settings = configs.load(config, traces=TRACES, overrides=overrides | dict(given or {}))
    if not any(source.files for source in settings.input.all_sources.values()):
        msg = f"{config} names no input. Set files in its [input] section, or give --input FILE."
        raise ConfigError(msg)
    folder = out if out is not None else Path("reports") / config.stem
    return Job(config.stem, settings, config.absolute().parent, folder, str(config))


def input_settings(config: Path | None, columns: tuple[str, ...] = (), **given: str | None) -> InputSettings:
    """Return the [input] section of a config, or the default one, with what the command line sets.

    Raises
    ------
    ConfigError
        The config cannot be used, or one of `columns` is not FIELD=COLUMN.
    """
    settings = (configs.load(config, traces=TRACES) if config is not None else Settings()).input
    mapped = dict(settings.columns)
    for column in columns:
        field, equals, name = column.partition("=")
        if not (field and equals and name):
            msg = f"--column takes FIELD=COLUMN, such as account_id=user. Got {column!r}."
            raise ConfigError(msg)
        mapped[field] = name
    changed = {name: value for name, value in given.items() if value is not None}
    return settings.model_copy(update=changed | {"columns": mapped})


def idle_layers(config: Path | None) -> Callable[[pl.LazyFrame, float], dict[str, str]]:
    """Return what says of posts, and the step their times keep to in seconds, which layers cannot run, and why.

    The layers are those of a config, or the default ones; a layer that can run has ''.
    """
    settings = configs.load(config, traces=TRACES) if config is not None else Settings()

    def told(posts: pl.LazyFrame, resolution_s: float) -> dict[str, str]:
        layers = settings.active_layers
        reasons = without_data(posts, layers)
        for name, layer in layers.items():
            if layer.window is not None and layer.window.total_seconds() < resolution_s:
                window = f"{layer.window.total_seconds():g} s"
                reasons.setdefault(name, f"its window of {window} is below the {resolution_s:g} s of the times")
        return {name: reasons.get(name, "") for name in layers}

    return told


class Watch:
    """What happens while trials are done: a count on a terminal, which is one line; sentences anywhere."""

    def __init__(self) -> None:
        self._counts = sys.stderr.isatty()

    def done(self, stage: Stage) -> None:
        """Show a finished stage of what all trials start from, in a pipe."""
        if not self._counts:
            click.echo(_line(stage), err=True)

    def say(self, sentence: str) -> None:
        """Show what the user should know before the work is done, on a line of its own."""
        click.echo(f"\r\x1b[K{sentence}" if self._counts else sentence, err=True)

    def count(self, done: int, whole: int) -> None:
        """Show how many trials are done, on a terminal."""
        if self._counts:
            click.echo(f"\r\x1b[K{done:,} of {whole:,} done", err=True, nl=done == whole)


def _line(stage: Stage, *, verbose: bool = False) -> str:
    """Return a finished stage as a line."""
    cost = "unchanged" if stage.cached else f"{stage.seconds:.1f} s"
    cost += f" {stage.peak_mb:6,.0f} MB" if verbose else ""
    rows = f"{stage.rows_in:,} rows in, {stage.rows_out:,} out" if stage.rows_out else ""
    return f"{f'{stage.stage} {stage.part}'.strip():<28} {cost:>10}  {rows}".rstrip()


class Steps:
    """Progress of a run: a bar on a terminal, a line a step in a pipe, or wherever `verbose` asks for it."""

    def __init__(self, settings: Settings, *, verbose: bool = False) -> None:
        total = len(settings.active_layers) * _STEPS_PER_LAYER + settings.control.runs + _STEPS_BESIDE
        self._verbose = verbose
        self._lines = verbose or not sys.stderr.isatty()
        self._bar: Any = click.progressbar(
            length=total, file=sys.stderr, item_show_func=lambda name: name, show_eta=False, hidden=self._lines
        )

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def done(self, stage: Stage) -> None:
        """Show a finished stage."""
        name = f"{stage.stage} {stage.part}".strip()
        self._bar.update(1, name)
        if self._lines:
            click.echo(_line(stage, verbose=self._verbose), err=True)

    def say(self, sentence: str) -> None:
        """Show what the user should know before the work is done, on a line of its own."""
        click.echo(sentence if self._lines else f"\r\x1b[K{sentence}", err=True)

    def summary(self, folder: Path) -> str:
        """Return what a finished run says: what it found, how sure, and where the report is."""
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        read, layers = manifest["read"], manifest["layers"]
        idle = [name for name, layer in layers.items() if layer["status"] != "ran"]
        links = [(layer["edges_kept"], layer["edges"]) for layer in layers.values()]
        kept, edges = (sum(column) for column in zip(*links, strict=True))
        posts = f"{read['posts']:,} posts by {read['accounts']:,} accounts ({read['refused']:,} rows refused)"
        lines = [
            f"{posts}, {read['first_at'][:10]} to {read['last_at'][:10]}",
            f"{kept:,} links kept of {edges:,}, {manifest['networks']} candidate networks: leads, not verdicts",
            outcome(manifest),
        ]
        lines += so_far(pl.read_parquet(folder / "tables" / "verdicts.parquet"))
        if idle:
            lines.append(f"no data for: {', '.join(idle)}")
        lines += [
            f"{manifest['seconds']:.1f} s, peak memory {manifest['peak_mb'] / 1000:.1f} GB",
            f"Report: {folder / 'report.html'}",
        ]
        return "\n".join(lines)
