"""The files of a finished run, as the report reads them."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from cib.errors import RunError
from cib.tables import RUN_TABLES

__all__ = ["RunFiles", "label", "open_run"]


@dataclass(frozen=True)
class RunFiles:
    """A finished run.

    Attributes
    ----------
    folder : holds ``manifest.json``, ``tables/``, ``evidence/`` and ``quarantine.ndjson``.
    posts : the run's posts as Parquet (see :data:`cib.tables.POSTS`).
    """

    folder: Path
    posts: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What ran, on what, with which settings.

        Raises
        ------
        RunError
            The folder holds no finished run.
        """
        path = self.folder / "manifest.json"
        try:
            manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            why = f"{path.name} cannot be read ({type(problem).__name__})"
            msg = f"No finished run in '{self.folder}': {why}. Give the folder that `cib run` wrote."
            raise RunError(msg) from problem
        return manifest

    @property
    def least(self) -> int:
        """The smallest number of accounts that may be told: 0, or k in a public report (see `cib.report.privacy`)."""
        about = self.manifest.get("privacy", {})
        return int(about["k"]) if about.get("profile") == "public" else 0

    def table(self, name: str, columns: list[str] | None = None) -> pl.DataFrame:
        """Return one of :data:`cib.tables.RUN_TABLES`, or some of its columns (see :meth:`scan`)."""
        return self.scan(name).select(pl.all() if columns is None else columns).collect()

    def scan(self, name: str) -> pl.LazyFrame:
        """Return one of :data:`cib.tables.RUN_TABLES`, not yet read, its columns checked.

        Raises
        ------
        RunError
            The file is absent.
        TableError
            It was written under another contract.
        """
        path = self.folder / "tables" / f"{name}.parquet"
        if not path.is_file():
            msg = f"The run in '{self.folder}' is not complete: tables/{path.name} is missing. Run `cib run` again."
            raise RunError(msg)
        frame = pl.scan_parquet(path, glob=False)
        RUN_TABLES[name].check_schema(frame.collect_schema())
        return frame

    def evidence(self) -> dict[str, pl.LazyFrame]:
        """Return each layer's pairs of posts (see :data:`cib.tables.EVIDENCE`), if it has any, in the run's order."""
        files = {path.stem: path for path in sorted((self.folder / "evidence").glob("*.parquet"))}
        known = [name for name in self.manifest["layers"] if name in files]
        return {
            name: pl.scan_parquet(files[name], glob=False)
            for name in known + [name for name in files if name not in known]
        }

    def scan_posts(self) -> pl.LazyFrame:
        """Return the run's posts, not yet read: the file can be larger than memory.

        Raises
        ------
        RunError
            The file is not there any more.
        """
        if not self.posts.exists():
            msg = f"The posts of the run in '{self.folder}' are gone ({self.posts}). Run `cib run` again."
            raise RunError(msg)
        return pl.scan_parquet(self.posts, glob=False)

    def shared(self, layer: str) -> str:
        """Return what two accounts of a layer share, in words: 'the same link'."""
        about = self.manifest["layers"].get(layer, {})
        return str(about.get("title") or f"the same {about.get('trace', layer)}")

    def telling(self, *, timed: bool = False) -> list[str]:
        """Return the layers that make edges, not only support those of others; `timed`: of them those with a window.

        If there are none, all layers: something has to be shown.
        """
        settings = self.manifest["config"]["settings"]["layers"]
        layers = self.manifest["layers"]
        found = [
            name
            for name, about in layers.items()
            if not settings.get(name, {}).get("supporting") and not (timed and about["window"] == "none")
        ]
        return found or list(layers)

    @cached_property
    def homes(self) -> pl.DataFrame:
        """The highest-ranked network of each account that is in any: account_id, network."""
        return self.table("members").filter("home").select("account_id", "network")

    def at_level(self, level: str) -> pl.DataFrame:
        """Return the highest-ranked network of each account among those of a level ('theme' or 'cell'), as `homes`."""
        found = self.table("networks").filter(pl.col("level").is_in([level, "both"])).select("network")
        placed = self.table("members").join(found, on="network", how="semi")
        return placed.group_by("account_id").agg(pl.col("network").min()).sort("account_id")

    @cached_property
    def nodes(self) -> pl.DataFrame:
        """The accounts of the graph, by account_id, with what a drawing needs.

        Columns: account_id, label ('@handle' or the id), network (null: in none), degree, strength (summed weight,
        nats), first_at and last_at of its co-actions, x, y.
        """
        from cib.report.layout import positions

        graph = self.table("graph")
        ends = pl.concat(
            graph.select(pl.col(end).alias("account_id"), "weight", "first_at", "last_at")
            for end in ("source", "target")
        )
        accounts = self.table("accounts").select("account_id", label=label())
        # In one fixed order and one piece, because sums of floats depend on both.
        ends = ends.sort("account_id", "weight").rechunk()
        nodes = (
            ends.group_by("account_id")
            .agg(
                degree=pl.len(),
                strength=pl.col("weight").sum(),
                first_at=pl.col("first_at").min(),
                last_at=pl.col("last_at").max(),
            )
            .join(accounts, on="account_id", how="left")
            .join(self.homes, on="account_id", how="left")
            .with_columns(pl.col("label").fill_null(pl.col("account_id")))
            .sort("account_id")
        )
        x, y = positions(nodes, graph, seed=int(self.manifest["seed"]))
        columns = ["account_id", "label", "network", "degree", "strength", "first_at", "last_at"]
        return nodes.select(columns).with_columns(x, y)


def open_run(folder: Path) -> RunFiles:
    """Return the files of a finished run.

    Raises
    ------
    RunError
        There is no finished run in the folder.
    """
    manifest = RunFiles(folder, folder).manifest
    return RunFiles(folder, folder / manifest["posts"])


def label() -> pl.Expr:
    """Return how an account is called in the report: "@handle" (at most 100 characters), or its id without one."""
    handle = pl.col("handle").str.strip_chars().str.strip_prefix("@").str.slice(0, 100)
    return pl.when(handle.str.len_chars() > 0).then(pl.concat_str(pl.lit("@"), handle)).otherwise("account_id")
