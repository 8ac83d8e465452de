"""Finished runs, to be looked at: tables as polars, evidence as text, figures as pictures."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cib import pipeline
from cib.api.stages import configure
from cib.errors import RunError
from cib.report.evidence import Match, between
from cib.report.run import RunFiles
from cib.report.run import open_run as open_files
from cib.settings import Settings
from cib.tables import RUN_TABLES

__all__ = ["Run", "open_run", "run"]


@dataclass(frozen=True)
class Run:
    """A finished run: ``run.networks``, ``run.members``, ``run.graph`` ... are its tables, read when asked for.

    Attributes
    ----------
    files : its folder and manifest.
    """

    files: RunFiles

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.files.folder

    @property
    def page(self) -> Path:
        """The report."""
        return self.folder / "report.html"

    @property
    def posts(self) -> pl.LazyFrame:
        """POSTS, not yet read: there may be more of them than fit into memory."""
        return self.files.scan_posts()

    def __getattr__(self, name: str) -> pl.DataFrame:
        if name not in RUN_TABLES:
            msg = f"A run has no table '{name}'. It has: {', '.join(RUN_TABLES)}."
            raise AttributeError(msg)
        return self.files.table(name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *RUN_TABLES]

    def evidence(self, a: str, b: str, limit: int = 20) -> list[Match]:
        """Return the pairs of posts that link two accounts, by handle or id.

        Raises
        ------
        RunError
            There is no such account; the sentence names the nearest.
        """
        return between(self.files, a, b, limit=limit)

    def figure(self, name: str) -> Path:
        """Return the path of one of the run's figures (SVG).

        Raises
        ------
        RunError
            There is no such figure; the sentence lists those there are.
        """
        path = self.folder / "figures" / f"{name}.svg"
        if not path.is_file():
            known = ", ".join(sorted(file.stem for file in path.parent.glob("*.svg"))) or "none"
            msg = f"The run in '{self.folder}' has no figure '{name}'. It has: {known}."
            raise RunError(msg)
        return path

    def _repr_html_(self) -> str:
        about = self.files.manifest
        said = f"{about['networks']:,} candidate networks: leads, not verdicts"
        return f"<p><b>{html.escape(str(self.folder))}</b>: {said}</p>{self.networks.head(10)._repr_html_()}"


def run(config: str | Path | Settings, out: str | Path, say: Callable[[str], None] = print, **overrides: Any) -> Run:
    """Run a config from raw files to report.

    Parameters
    ----------
    config : a TOML file, or settings; their paths are relative to the config's folder, or to the present one.
    out : the run folder; what a run before has done there is used again.
    say : told, in a sentence each, what the user should know before the work is done.
    overrides : as in :func:`~cib.api.configure`, for a config given by path.

    Raises
    ------
    CibError
        The config, the input or the folder cannot be used.
    """
    folder = Path(out)
    if isinstance(config, Settings):
        job = pipeline.Job(folder.name, config, Path(), folder)
    else:
        path = Path(config)
        job = pipeline.Job(path.stem, configure(path, **overrides), path.absolute().parent, folder, str(path))
    return open_run(pipeline.run(job, say=say))


def open_run(folder: str | Path) -> Run:
    """Return a finished run.

    Raises
    ------
    RunError
        There is none in the folder.
    """
    return Run(open_files(Path(folder)))
