"""What `cib tune` writes: tables, figures, the recommended config, and a page of the map."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from textwrap import wrap
from typing import Any, Final

import polars as pl

from cib import config as configs
from cib.config.lines import key_lines
from cib.evaluate.tune.figure import draw_delays, draw_map
from cib.evaluate.tune.grid import Axis, Cell
from cib.evaluate.tune.page import Content, page
from cib.evaluate.tune.recommend import Choice
from cib.evaluate.tune.words import Told, reasons, told
from cib.pipeline import Job
from cib.pipeline.store import written
from cib.report.figures.style import save, style
from cib.report.words import aligned
from cib.settings import Settings

__all__ = ["Tuned", "recommended", "written_out"]

_WIDTH: Final = 116


@dataclass(frozen=True)
class Tuned:
    """A finished tuning.

    Attributes
    ----------
    table : one row a cell (see :func:`cib.evaluate.tune.cells.measured`).
    choice : what is recommended.
    histogram, delays : of :mod:`cib.evaluate.tune.delays`.
    again : of fresh campaigns found and planted, by cell.
    """

    job: Job
    axes: Sequence[Axis]
    cells: Sequence[Cell]
    table: pl.DataFrame
    choice: Choice | None
    histogram: pl.DataFrame
    delays: pl.DataFrame
    again: dict[int, tuple[int, int]]

    @property
    def about(self) -> Told:
        """What its words are made of."""
        asked = self.job.settings.tune
        return Told(
            list(self.axes), list(self.cells), self.table, self.choice, self.again, asked.false_alarms, asked.within
        )


def written_out(tuned: Tuned, folder: Path) -> str:
    """Write everything into a folder, and return what is said on the terminal."""
    said = told(tuned.about)
    with written(folder), style():
        for name, table in (("cells", tuned.table), ("delays", tuned.histogram), ("intervals", tuned.delays)):
            table.write_parquet(folder / f"{name}.parquet", compression="zstd")
            table.write_csv(folder / f"{name}.csv")
        drawn = [draw_map(tuned.table, tuned.axes, tuned.choice, tuned.job.settings.tune.false_alarms)]
        drawn += [draw_delays(tuned.histogram, tuned.delays)] if len(tuned.histogram) else []
        for one in drawn:
            save(one, folder, ("svg", "png"))
        chosen = None
        if tuned.choice is not None:
            chosen = folder / "tuned.toml"
            chosen.write_text(recommended(tuned, folder), encoding="utf-8", newline="\n")
        content = Content(said, _columns(tuned), tuned.delays, drawn)
        (folder / "tune.html").write_text(page(tuned.job, content, folder), encoding="utf-8", newline="\n")
        about = {
            "config": tuned.job.name,
            "said": said,
            "recommended": None if tuned.choice is None else tuned.choice.cell,
        }
        (folder / "tune.json").write_text(json.dumps(about, indent=1, ensure_ascii=False), encoding="utf-8")
    names = ["tune.html", *(["tuned.toml"] if chosen else []), "cells.csv", "map.png"]
    return "\n".join([*_lines(tuned), "", *said, "", f"Written to {folder}: {', '.join(names)}"])


def _columns(tuned: Tuned) -> pl.DataFrame:
    """Return the cells as text: the recommended one, then by falling power where false networks are few enough."""
    limit, chosen = tuned.job.settings.tune.false_alarms, -1 if tuned.choice is None else tuned.choice.cell
    rows = tuned.table.with_columns(
        many=(pl.col("false") > limit).fill_null(value=True), first=pl.col("cell") == chosen
    ).sort(["first", "many", "power", "cell"], descending=[True, False, True, False], nulls_last=True)
    named = [axis.key for axis in tuned.axes]
    place = pl.when("first").then(pl.lit("recommended")).when("given").then(pl.lit("as it is")).otherwise(pl.lit(""))
    return rows.select(
        place.alias("cell"),
        *(pl.when(pl.col(key) == "").then(pl.lit("as it is")).otherwise(pl.col(key)).alias(key) for key in named),
        power=_text("power", "{:.2f}"),
        interval=pl.format("{} to {}", _text("power_low", "{:.2f}"), _text("power_high", "{:.2f}")),
        false=_text("false", "{:.2g}"),
        reported=_text("reported", "{:,}"),
        accounts=_text("accounts", "{:,}"),
        links=_text("links", "{:,}"),
        holds=_text("same_members", "{:.2f}"),
    )


def _text(name: str, form: str) -> pl.Expr:
    return pl.col(name).map_elements(form.format, return_dtype=pl.String).fill_null("–")


def _lines(tuned: Tuned) -> list[str]:
    """Return the cells as lines for a terminal."""
    shown = _columns(tuned)
    left = set(range(1 + len(tuned.axes)))
    return aligned([shown.columns, *(list(row) for row in shown.head(20).iter_rows())], left=left)


def recommended(tuned: Tuned, folder: Path) -> str:
    """Return the recommended config as TOML, with a comment on every value that was chosen; it reads the same files."""
    if tuned.choice is None:
        return ""
    settings = _moved(tuned.cells[tuned.choice.cell].settings, tuned.job.root, folder)
    text = configs.dump(settings)
    lines, rows = key_lines(text), text.split("\n")
    why = reasons(tuned.about, tuned.delays)
    at = {lines[tuple(key.split("."))]: said for key, said in why.items()}
    body: list[str] = []
    for number, row in enumerate(rows, 1):
        body += [f"# {line}" for line in wrap(at[number], _WIDTH)] if number in at else []
        body.append(row)
    head = [f"Settings that `cib tune` recommends for the data of {tuned.job.name}.", *told(tuned.about)]
    comment = [f"# {line}" if line else "#" for part in head for line in wrap(part, _WIDTH)]
    return "\n".join([*comment, "", *body])


def _moved(settings: Settings, root: Path, folder: Path) -> Settings:
    """Return the settings with paths that lead from another folder to the same files."""
    document: dict[str, Any] = settings.model_dump(mode="json")

    def moved(entry: str) -> str:
        if not entry or PurePath(entry).is_absolute():
            return entry
        return PurePath(os.path.relpath(root.absolute() / entry, folder.absolute())).as_posix()

    sources = [document["input"], *document["input"]["sources"].values()]
    for section in [*sources, document["block"], document["allow"]]:
        names = {"files", "accounts", "short_links", "domains", "hashtags", "objects"} & section.keys()
        section |= {name: [moved(entry) for entry in section[name]] for name in names}
    document["accounts"]["model"] = moved(document["accounts"]["model"])
    return Settings.model_validate(document)
