"""Everything that is claimed about detection, measured again: `make evaluate`; options with `--help`.

Parts run one after the other, each into reports/evaluation, from data in this repository or made up; parts that need
other public data run if their folder is given (`--data`). First it is asked whether the settings are still those of
docs/frozen.toml. What a part gives is put into the documentation where it is quoted: between `<!-- figure: NAME -->`
and `<!-- /figure -->`, whatever stands there. What was not run is left as it is, and said.
"""

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from cib import config as configs
from cib.settings import Settings

ROOT: Final = Path(__file__).parents[1]
OUT: Final = ROOT / "reports" / "evaluation"
PAGES: Final = ("README.md", "docs/*.md")
_MARK: Final = re.compile(r"<!-- figure: ([\w-]+) -->(.*?)<!-- /figure -->", re.DOTALL)


@dataclass(frozen=True)
class Part:
    """One part of the evaluation.

    Attributes
    ----------
    commands : what is run, {data} standing for the folder of other data, {out} for that of results.
    figures : what of it is quoted, by name: functions of the folder and of what the last command printed.
    needs_data : whether it takes data that are not in this repository.
    images : pictures of the documentation, and which of its files they are.
    """

    commands: tuple[str, ...]
    figures: dict[str, Callable[[Path, str], str]]
    needs_data: bool = False
    images: tuple[tuple[str, str], ...] = ()


# The frozen parameters ----------------------------------------------------------------------------


def frozen(path: Path = ROOT / "docs" / "frozen.toml") -> dict[str, Any]:
    """Return what was tuned on what, after asking whether the settings are still those."""
    told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    if both := set(told["worlds"]["tuned"]) & set(told["worlds"]["tested"]):
        sys.exit(f"{path}: worlds {sorted(both)} are both tuned on and tested on.")
    for parameter in told["parameter"]:
        config = parameter.get("config", "")
        settings = configs.load(ROOT / config) if config else Settings()
        as_frozen = configs.changed(settings, parameter["keys"])
        if settings != as_frozen:
            moved = [
                key for key in parameter["keys"] if configs.changed(settings, {key: parameter["keys"][key]}) != settings
            ]
            sys.exit(
                f"{path}: {', '.join(moved)} of {config or 'the defaults'} have been changed since. Enter them anew."
            )
    return told


def frozen_table(told: dict[str, Any]) -> str:
    """Return the frozen parameters as Markdown."""
    rows = ["| settings | of | tuned on | labels seen | |", "|---|---|---|---|---|"]
    for parameter in told["parameter"]:
        values = ", ".join(f"`{key}` {_plain(value)}" for key, value in parameter["keys"].items())
        config, seen = parameter.get("config", "the defaults"), "yes" if parameter["labels"] else "no"
        rows.append(f"| {values} | {config} | {parameter['tuned_on']} | {seen} | {parameter['note']} |")
    return "\n".join(rows)


def _plain(value: Any) -> str:
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)


# What is quoted -----------------------------------------------------------------------------------


def power_table(folder: Path, _: str) -> str:
    """Return power by level and size as Markdown."""
    cells = pl.read_parquet(folder / "german" / "power" / "power.parquet")
    sizes = cells["accounts"].unique().sort().to_list()
    rows = ["| level | " + " | ".join(f"{size} accounts" for size in sizes) + " |", "|---|" + "---:|" * len(sizes)]
    for level in cells["level"].unique().sort():
        part = {row["accounts"]: row for row in cells.filter(level=level).iter_rows(named=True)}
        rows.append(f"| {level} | " + " | ".join(_power(part[size]) for size in sizes) + " |")
    planted = cells["planted"]
    said = json.loads((folder / "german" / "power" / "power.json").read_text(encoding="utf-8"))["said"]
    count = f"{planted.min()}" if planted.min() == planted.max() else f"{planted.min()} to {planted.max()}"
    return "\n".join([*rows, "", f"{count} plantings of each. {said[0]} {said[-1]}"])


def _power(row: dict[str, Any]) -> str:
    return "–" if row["p"] is None else f"{row['p']:.2f} ({row['low']:.2f} to {row['high']:.2f})"


def power_short(folder: Path, _: str) -> str:
    """Return power at levels 2 and 3 in a line."""
    cells = pl.read_parquet(folder / "german" / "power" / "power.parquet").sort("accounts")
    levels = {level: cells.filter(level=level)["p"].to_list() for level in (2, 3, 4)}
    return "; ".join(f"level {level}: " + ", ".join(f"{p:.2f}" for p in ps) for level, ps in levels.items())


def alone(folder: Path, _: str) -> str:
    """Return the power of campaigns that were planted one by one."""
    row = pl.read_parquet(folder / "german-alone" / "power" / "power.parquet").row(0, named=True)
    return f"{_power(row)}, {row['planted']} plantings"


def tune_table(folder: Path, _: str) -> str:
    """Return the cells of the grid as Markdown, and what was said."""
    cells = pl.read_parquet(folder / "german" / "tune" / "cells.parquet")
    told = json.loads((folder / "german" / "tune" / "tune.json").read_text(encoding="utf-8"))
    place = cells.columns.index("given")
    keys = cells.columns[1:place]
    rows = ["| " + " | ".join(f"`{key}`" for key in keys) + " | power | false networks a run | accounts that hold | |"]
    rows.append("|---|" + "---|" * (len(keys) - 1) + "---:|---:|---:|---|")
    for row in cells.sort("cell").iter_rows(named=True):
        mark = "recommended" if row["cell"] == told["recommended"] else "as it is" if row["given"] else ""
        holds = "–" if row["same_members"] is None else f"{row['same_members']:.2f}"
        values = " | ".join(row[key] or "as it is" for key in keys)
        power = "–" if row["power"] is None else f"{row['power']:.2f}"
        false = "–" if row["false"] is None else f"{row['false']:.2g}"
        rows.append(f"| {values} | {power} | {false} | {holds} | {mark} |")
    return "\n".join([*rows, "", " ".join(told["said"])])


def roles(_: Path, printed: str) -> str:
    """Return the agreement with known roles in a line."""
    found = re.findall(
        r"^(\w+)s? alone: .*? \(([\d.]+)%\).*?\n.*?information ([\d.]+), .*? index [\d.]+, homogeneity ([\d.]+)",
        printed, re.MULTILINE,
    )  # fmt: skip
    told = {name.rstrip("s"): (covered, ami, same) for name, covered, ami, same in found}
    theme, cell = told["Theme"], told["Cell"]
    return (
        f"themes: adjusted mutual information {theme[1]}, {theme[0]} % of the accounts covered; "
        f"cells: homogeneity {cell[2]}, {cell[0]} %"
    )


def printed_table(_: Path, printed: str) -> str:
    """Return the Markdown table that a command printed."""
    return "\n".join(line for line in printed.splitlines() if line.startswith("|"))


_GERMAN: Final = "bench/german.toml --out {out}/german"
_METHODS: Final = "bench/world.toml,schoch_2022,pacheco_2021_coretweet,luceri_2024,nizzoli_2021,coortweet"
_LADDER: Final = "python bench/worlds.py --seeds 5 6 7 8 9 10 11 12 13 14 --levels 0 1 2 3 4 5"
_PROFILES: Final = (
    "cib train-accounts {data}/bots/twitter_bot_profiles.csv --out {out}/profile-model.json "
    "--column account_id=screen_name --column handle=screen_name --column label=bot --encoding latin-1 --timezone UTC "
    "--time-format '%m/%d/%Y %H:%M' --platform twitter --figure {out}/profile-model.svg"
)

PARTS: Final[dict[str, Part]] = {
    "german-power": Part(
        (f"cib power {_GERMAN} --repetitions 20 --budget 8",),
        {"german-power": power_table, "german-power-short": power_short},
        images=(("german-power.png", "german/power/power.png"),),
    ),
    "german-alone": Part(
        (f"cib power {_GERMAN}-alone --size 20 --level 3 --repetitions 40 --together 0 --budget 4",),
        {"german-alone": alone},
    ),
    "german-tune": Part(
        (f"cib tune {_GERMAN} --budget 10min",),
        {"german-tune": tune_table},
        images=(("german-map.png", "german/tune/map.png"),),
    ),
    "worlds": Part(("python bench/worlds.py --sizes 20 50 --seeds 5 6",), {}),
    "baselines": Part((f"python bench/worlds.py --sizes 20 50 --levels 1 3 --seeds 5 --config {_METHODS}",), {}),
    "roles": Part(
        ("cib run configs/ira.toml --input {data}/ira/ira_tweets.parquet --out {out}/ira", "cib evaluate {out}/ira"),
        {"roles": roles},
        needs_data=True,
    ),
    "profiles": Part((_PROFILES,), {}, needs_data=True),
    "kinds-of-text": Part(("python bench/text.py --data {data} --parts kinds",), {}, needs_data=True),
    "all-worlds": Part(
        (
            f"{_LADDER} --json {{out}}/with.json",
            f"{_LADDER} --no-decoys --json {{out}}/without.json",
            "python bench/worlds.py --json {out}/without.json {out}/with.json --figure {out}/ladder.svg",
        ),
        {},
        needs_data=True,
        images=(("ladder.svg", "ladder.svg"),),
    ),
    "mixed": Part(("python bench/mixed.py --data {data}",), {"mixed": printed_table}, needs_data=True),
    "noise": Part(("python bench/noise.py --shuffles 39 --asked 20",), {"noise": printed_table}, needs_data=True),
}
"""The parts in the order in which they run. What takes long stands with what needs data: the long evaluation."""


# Running and filling ------------------------------------------------------------------------------


def run(name: str, data: str) -> dict[str, str]:
    """Run a part, keep what it prints, and return its figures."""
    part, printed = PARTS[name], ""
    for number, command in enumerate(part.commands, 1):
        words = shlex.split(command.format(data=data, out=OUT))
        words = [sys.executable, *(["-m", "cib.cli", *words[1:]] if words[0] == "cib" else words[1:])]
        start = time.perf_counter()
        done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
        printed = done.stdout
        (OUT / f"{name}.{number}.txt").write_text(f"$ {command}\n\n{printed}", encoding="utf-8")
        print(f"{name}: {time.perf_counter() - start:.0f} s  {command}", flush=True)
        if done.returncode:
            sys.exit(f"'{command}' failed with exit code {done.returncode}.")
    for picture, file in part.images:
        shutil.copyfile(OUT / file, ROOT / "docs" / "images" / picture)
    return {figure: told(OUT, printed) for figure, told in part.figures.items()}


def fill(text: str, figures: dict[str, str]) -> str:
    """Return a page with the figures in their places; a figure of several lines stands on lines of its own.

    >>> fill("a <!-- figure: x -->1<!-- /figure --> b", {"x": "2"})
    'a <!-- figure: x -->2<!-- /figure --> b'
    """

    def put(found: re.Match[str]) -> str:
        name, old = found.groups()
        new = figures.get(name)
        if new is None:
            return found[0]
        return (
            f"<!-- figure: {name} -->\n\n{new}\n\n<!-- /figure -->"
            if "\n" in old
            else f"<!-- figure: {name} -->{new}<!-- /figure -->"
        )

    return _MARK.sub(put, text)


def quoted(text: str) -> list[str]:
    """Return the names of the figures that a page quotes."""
    return [name for name, _ in _MARK.findall(text)]


def pages() -> list[Path]:
    """Return the pages in which figures may be quoted."""
    return sorted(path for pattern in PAGES for path in ROOT.glob(pattern))


def main() -> None:
    """Parse the command line, run the parts, and fill the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", default="", help="folder of the data that are not in this repository: the long evaluation"
    )
    parser.add_argument("--parts", nargs="*", choices=list(PARTS), help="these alone")
    parser.add_argument(
        "--fill-only", action="store_true", help="run nothing, fill the pages with what was measured last"
    )
    options = parser.parse_args()
    told = frozen()
    OUT.mkdir(parents=True, exist_ok=True)
    kept = OUT / "figures.json"
    figures: dict[str, str] = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    figures["frozen"] = frozen_table(told)
    print(figures["frozen"], end="\n\n", flush=True)
    for name, part in PARTS.items():
        if options.fill_only or name not in (options.parts or PARTS):
            continue
        if part.needs_data and not options.data:
            print(f"{name}: not run, it is part of the long evaluation (make evaluate DATA=...)", flush=True)
            continue
        figures |= run(name, options.data)
        kept.write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")
    for path in pages():
        text = path.read_text(encoding="utf-8")
        filled = fill(text, figures)
        if filled != text:
            path.write_text(filled, encoding="utf-8")
            print(f"rewritten: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
