"""What is quoted of the evaluation: functions of its folder and of what a part printed, to Markdown."""

import json
import re
import sys
from pathlib import Path
from typing import Any, Final

import polars as pl
import world_tables
from quoted import table

_WHICH: Final = ("Themes", "Cells", "Networks")


# Frozen parameters --------------------------------------------------------------------------------


def frozen_table(told: dict[str, Any]) -> str:
    """Return the frozen parameters."""
    rows = []
    for parameter in told["parameter"]:
        values = ", ".join(f"`{key}` {_plain(value)}" for key, value in parameter["keys"].items())
        config, seen = parameter.get("config", "the defaults"), "yes" if parameter["labels"] else "no"
        rows.append([values, config, parameter["tuned_on"], seen, parameter["note"]])
    return table(["settings", "of", "tuned on", "labels seen", ""], rows, words=5)


def _plain(value: Any) -> str:
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)


# Power and settings -------------------------------------------------------------------------------


def power_table(folder: Path, _: str) -> str:
    """Return power by level and size."""
    cells = pl.read_parquet(folder / "german" / "power" / "power.parquet")
    sizes = cells["accounts"].unique().sort().to_list()
    rows = []
    for level in cells["level"].unique().sort():
        part = {row["accounts"]: row for row in cells.filter(level=level).iter_rows(named=True)}
        rows.append([level, *(_power(part[size]) for size in sizes)])
    planted = cells["planted"]
    said = json.loads((folder / "german" / "power" / "power.json").read_text(encoding="utf-8"))["said"]
    count = f"{planted.min()}" if planted.min() == planted.max() else f"{planted.min()} to {planted.max()}"
    head = ["level", *(f"{size} accounts" for size in sizes)]
    return "\n".join([table(head, rows), "", f"{count} plantings of each. {said[0]} {said[-1]}"])


def _power(row: dict[str, Any]) -> str:
    return "–" if row["p"] is None else f"{row['p']:.2f} ({row['low']:.2f} to {row['high']:.2f})"


def power_short(folder: Path, _: str) -> str:
    """Return power at levels 2 to 4 in a line."""
    cells = pl.read_parquet(folder / "german" / "power" / "power.parquet").sort("accounts")
    levels = {level: cells.filter(level=level)["p"].to_list() for level in (2, 3, 4)}
    return "; ".join(f"level {level}: " + ", ".join(f"{p:.2f}" for p in ps) for level, ps in levels.items())


def alone(folder: Path, _: str) -> str:
    """Return the power of campaigns that were planted one by one."""
    row = pl.read_parquet(folder / "german-alone" / "power" / "power.parquet").row(0, named=True)
    return f"{_power(row)}, {row['planted']} plantings"


def tune_table(folder: Path, _: str) -> str:
    """Return the cells of the grid, and what was said."""
    cells = pl.read_parquet(folder / "german" / "tune" / "cells.parquet")
    told = json.loads((folder / "german" / "tune" / "tune.json").read_text(encoding="utf-8"))
    place = cells.columns.index("given")
    keys = cells.columns[1:place]
    rows = []
    for row in cells.sort("cell").iter_rows(named=True):
        mark = "recommended" if row["cell"] == told["recommended"] else "as it is" if row["given"] else ""
        holds = "–" if row["same_members"] is None else f"{row['same_members']:.2f}"
        power = "–" if row["power"] is None else f"{row['power']:.2f}"
        false = "–" if row["false"] is None else f"{row['false']:.2g}"
        rows.append([*(row[key] or "as it is" for key in keys), power, false, holds, mark])
    head = [*(f"`{key}`" for key in keys), "power", "false networks a run", "accounts that hold", ""]
    return "\n".join([table(head, rows, words=len(keys)), "", " ".join(told["said"])])


# Worlds -------------------------------------------------------------------------------------------


def _ladder(folder: Path) -> world_tables.Rows:
    return world_tables.rows_of(folder / "without.json", folder / "with.json")


def ladder(folder: Path, _: str) -> str:
    """Return average precision by size and level."""
    return world_tables.ladder(_ladder(folder))


def ladder_limit(folder: Path, _: str) -> str:
    """Return down to which level campaigns of each size are found."""
    return world_tables.limit(_ladder(folder))


def ladder_short(folder: Path, _: str) -> str:
    """Return median average precision with decoys in a line."""
    return world_tables.short(_ladder(folder))


def worst(folder: Path, _: str) -> str:
    """Return the highest score of a network that is no campaign."""
    return world_tables.worst(_ladder(folder))


def decoys(folder: Path, _: str) -> str:
    """Return how far each kind of decoy came."""
    return world_tables.decoys(_ladder(folder))


def tiers(folder: Path, _: str) -> str:
    """Return the tiers of campaigns and decoys with shuffles."""
    return world_tables.tiers(world_tables.rows_of(folder / "shuffled.json"))


def methods(folder: Path, _: str) -> str:
    """Return average precision and two recalls of the default and of published methods."""
    rows = world_tables.rows_of(folder / "methods.json")
    return "\n\n".join(world_tables.methods(rows, measure) for measure in ("", "0.001", "0.01"))


def ablations(folder: Path, _: str) -> str:
    """Return the average precision of the default and of what is left of it."""
    return world_tables.methods(world_tables.rows_of(folder / "ablations.json"), "")


# Larger data --------------------------------------------------------------------------------------


def _agreement(printed: str) -> dict[str, dict[str, str]]:
    """Return what `cib evaluate` said of themes, cells and networks: figures by name."""
    found = re.findall(
        r"^(\w+)[^:\n]*: (?P<accounts>\d+) accounts .*?; (\d+) of them \(([\d.]+)%\) are in one of (\d+) networks.*?\n"
        r"adjusted mutual information ([\d.]+), adjusted Rand index ([\d.]+), homogeneity ([\d.]+)",
        printed, re.MULTILINE,
    )  # fmt: skip
    names = ("accounts", "covered", "share", "networks", "ami", "ari", "homogeneity")
    return {which: dict(zip(names, figures, strict=True)) for which, *figures in found}


def roles(_: Path, printed: str) -> str:
    """Return the agreement with known roles in a line."""
    told = _agreement(printed)
    theme, cell = told["Themes"], told["Cells"]
    return (
        f"themes: adjusted mutual information {theme['ami']}, {theme['share']} % of the accounts covered; "
        f"cells: homogeneity {cell['homogeneity']}, {cell['share']} %"
    )


def roles_table(_: Path, printed: str) -> str:
    """Return the agreement with known roles."""
    told = _agreement(printed)
    accounts = int(told["Themes"]["accounts"])
    rows = [
        [
            f"of {accounts:,} accounts with a known role, in one (coverage)",
            *(f"{int(told[which]['covered']):,} ({told[which]['share']} %)" for which in _WHICH),
        ],
        ["networks", *(told[which]["networks"] for which in _WHICH)],
        ["adjusted mutual information", *(told[which]["ami"] for which in _WHICH)],
        ["adjusted Rand index", *(told[which]["ari"] for which in _WHICH)],
        ["homogeneity", *(told[which]["homogeneity"] for which in _WHICH)],
    ]
    return table(["measure", "themes", "cells", "each account's highest-ranked network"], rows)


def chance(folder: Path, _: str) -> str:
    """Return links and networks on shuffled data beside those of the data, of the map of the agency's accounts."""
    manifest = json.loads((folder / "ira" / "manifest.json").read_text(encoding="utf-8"))
    links = pl.scan_parquet(folder / "ira" / "tables" / "graph.parquet").select(pl.len()).collect().item()
    shuffled = manifest["control"]["replicas"][0]
    return (
        f"{shuffled['links']:,} links and {shuffled['networks']:,} networks on shuffled data, "
        f"against {links:,} and {manifest['networks']:,}"
    )


def profiles(_: Path, printed: str) -> str:
    """Return the measures of the model of profiles."""
    auc = _said(r"AUC ([\d.]+) \(95 % interval ([\d.]+ to [\d.]+)\)", printed)
    brier = _said(r"Brier score ([\d.]+) \(([\d.]+) for .*?\); calibration error ([\d.]+)", printed)
    sure = _said(r"between ([\d.]+) and ([\d.]+): on ([\d.]+)%\. Of the others ([\d.]+)%", printed)
    rows = [
        ["area under the ROC curve (95 % interval, DeLong)", f"{auc[1]} ({auc[2]})"],
        [f"Brier score (always saying the base rate: {brier[2]})", brier[1]],
        ["calibration error, ten bins", brier[3]],
        [f"accounts it abstains on (between {sure[1]} and {sure[2]})", f"{sure[3]} %"],
        ["of the others, on the right side", f"{sure[4]} %"],
    ]
    return table(["measure", ""], rows)


def _said(pattern: str, printed: str) -> re.Match[str]:
    """Return where a command said something; the evaluation ends if it says it in other words now."""
    return re.search(pattern, printed) or sys.exit(f"Nothing that was printed reads {pattern}:\n{printed}")


def printed_table(_: Path, printed: str) -> str:
    """Return the Markdown tables that a command printed, each after a blank line."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"^(?!\|).+$", "", printed, flags=re.MULTILINE)).strip()
