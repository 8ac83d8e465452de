"""Everything that is claimed about detection, measured again: `make evaluate`; options with `--help`.

Parts run one after the other, each into reports/evaluation, from data in this repository or made up; parts that need
other public data run if their folder is given (`--data`). First it is asked whether the settings are still those of
docs/frozen.toml. What a part gives is put into the documentation where it is quoted: between `<!-- figure: NAME -->`
and `<!-- /figure -->`, whatever stands there. What was not run is left as it is, and said.
"""

import argparse
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

import told
from quoted import ROOT, rewrite

from cib import config as configs
from cib.settings import Settings

OUT: Final = ROOT / "reports" / "evaluation"


@dataclass(frozen=True)
class Part:
    """One part of the evaluation.

    Attributes
    ----------
    commands : what is run, {data} standing for the folder of other data, {out} for that of results.
    figures : what of it is quoted, by name: functions of the folder and of what the last command printed.
    needs_data : whether it takes data that are not in this repository, or so long that it waits for them.
    images : pictures of the documentation, and which of its files they are.
    """

    commands: tuple[str, ...]
    figures: dict[str, Callable[[Path, str], str]]
    needs_data: bool = False
    images: tuple[tuple[str, str], ...] = ()


# The frozen parameters ----------------------------------------------------------------------------


def frozen(path: Path = ROOT / "docs" / "frozen.toml") -> dict[str, Any]:
    """Return what was tuned on what, after asking whether the settings are still those."""
    parameters: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    worlds = parameters["worlds"]
    if both := set(worlds["tuned"]) & set(worlds["tested"]):
        sys.exit(f"{path}: worlds {sorted(both)} are both tuned on and tested on.")
    for parameter in parameters["parameter"]:
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
    return parameters


# The parts ----------------------------------------------------------------------------------------


_GERMAN: Final = "bench/german.toml --out {out}/german"
_TESTED: Final = "--seeds 5 6 7 8 9 10 11 12 13 14 --levels 0 1 2 3 4 5"
_METHODS: Final = (
    "bench/default.toml,schoch_2022,pacheco_2021_coretweet,luceri_2024,nizzoli_2021,coortweet,posts,random"
)
_ABLATIONS: Final = ",".join(
    ["bench/default.toml", *(f"bench/ablations/{path.name}" for path in sorted((ROOT / "bench/ablations").glob("*")))]
)
_ABLATED: Final = f"python bench/worlds.py --seeds 5 6 7 --sizes 20 50 200 --levels 2 3 --config {_ABLATIONS}"
_PROFILES: Final = (
    "cib train-accounts {data}/bots/twitter_bot_profiles.csv --out {out}/profile-model.json "
    "--column account_id=screen_name --column handle=screen_name --column label=bot --encoding latin-1 --timezone UTC "
    "--time-format '%m/%d/%Y %H:%M' --platform twitter --figure {out}/profile-model.svg"
)

PARTS: Final[dict[str, Part]] = {
    "german-power": Part(
        (f"cib power {_GERMAN} --repetitions 20 --budget 8",),
        {"german-power": told.power_table, "german-power-short": told.power_short},
        images=(("german-power.png", "german/power/power.png"),),
    ),
    "german-alone": Part(
        (f"cib power {_GERMAN}-alone --size 20 --level 3 --repetitions 40 --together 0 --budget 4",),
        {"german-alone": told.alone},
    ),
    "german-tune": Part(
        (f"cib tune {_GERMAN} --budget 10min",),
        {"german-tune": told.tune_table},
        images=(("german-map.png", "german/tune/map.png"),),
    ),
    "ladder": Part(
        (
            f"python bench/worlds.py {_TESTED} --no-decoys --json {{out}}/without.json",
            f"python bench/worlds.py {_TESTED} --json {{out}}/with.json",
            "python bench/worlds.py --json {out}/without.json {out}/with.json --figure {out}/ladder.svg",
        ),
        {
            "ladder": told.ladder,
            "ladder-limit": told.ladder_limit,
            "ladder-short": told.ladder_short,
            "worst": told.worst,
            "decoys": told.decoys,
        },
        images=(("ladder.svg", "ladder.svg"),),
    ),
    "methods": Part(
        (f"python bench/worlds.py --seeds 5 6 7 --sizes 20 50 200 --config {_METHODS} --json {{out}}/methods.json",),
        {"methods": told.methods},
    ),
    "ablations": Part((f"{_ABLATED} --json {{out}}/ablations.json",), {"ablations": told.ablations}),
    "tiers": Part(
        ("python bench/worlds.py --seeds 15 16 --levels 2 --shuffles 19 --json {out}/shuffled.json",),
        {"tiers": told.tiers},
    ),
    "noise": Part(("python bench/noise.py --shuffles 19 --asked 20",), {"noise": told.printed_table}),
    "roles": Part(
        ("cib run configs/ira.toml --input {data}/ira/ira_tweets.parquet --out {out}/ira", "cib evaluate {out}/ira"),
        {"roles": told.roles, "roles-table": told.roles_table, "roles-chance": told.chance},
        needs_data=True,
    ),
    "themes": Part(("python bench/themes.py {out}/ira",), {"themes": told.printed_table}, needs_data=True),
    "crowds": Part(("python bench/crowds.py --data {data}",), {"crowds": told.printed_table}, needs_data=True),
    "mixed": Part(("python bench/mixed.py --data {data}",), {"mixed": told.printed_table}, needs_data=True),
    "profiles": Part(
        (_PROFILES,),
        {"profiles": told.profiles, "profiles-calibration": told.printed_table},
        needs_data=True,
        images=(("profile-model.svg", "profile-model.svg"),),
    ),
    "text-recall": Part(
        ("python bench/text.py --data {data} --parts recall",), {"text-recall": told.printed_table}, needs_data=True
    ),
    "text-kinds": Part(
        ("python bench/text.py --data {data} --parts kinds",), {"text-kinds": told.printed_table}, needs_data=True
    ),
    "network-size": Part(("python bench/network_scale.py",), {"network-size": told.printed_table}, needs_data=True),
    **{
        f"nulls-{short}": Part(
            (f"python bench/nulls.py --runs 20 --planted 5 --data {{data}} --corpora '{corpus}'",),
            {f"nulls-{short}": told.printed_table},
            needs_data=True,
        )
        for short, corpus in (("german", "German election"), ("crowd", "boxing crowd"), ("ira", "IRA sample"))
    },
}
"""The parts in the order in which they run. What needs data that are not here, or hours, is the long evaluation."""


# Running and filling ------------------------------------------------------------------------------


def run(name: str, data: str) -> None:
    """Run a part and keep what it prints."""
    part = PARTS[name]
    for number, command in enumerate(part.commands, 1):
        words = shlex.split(command.format(data=data, out=OUT))
        words = [sys.executable, *(["-m", "cib.cli", *words[1:]] if words[0] == "cib" else words[1:])]
        start = time.perf_counter()
        done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
        print(f"{name}: {time.perf_counter() - start:.0f} s  {command}", flush=True)
        if done.returncode:
            sys.exit(f"'{command}' failed with exit code {done.returncode}.")
        _printed(name, number).write_text(done.stdout, encoding="utf-8")


def figures_of(name: str) -> dict[str, str]:
    """Return the figures of a part from what it left; none if it was never run."""
    part = PARTS[name]
    printed = _printed(name, len(part.commands))
    if not printed.is_file():
        return {}
    for picture, file in part.images:
        shutil.copyfile(OUT / file, ROOT / "docs" / "images" / picture)
    return {figure: made(OUT, printed.read_text(encoding="utf-8")) for figure, made in part.figures.items()}


def _printed(name: str, number: int) -> Path:
    return OUT / f"{name}.{number}.txt"


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
    parser.add_argument("--keep-pages", action="store_true", help="measure, and leave the pages as they are")
    options = parser.parse_args()
    parameters = frozen()
    OUT.mkdir(parents=True, exist_ok=True)
    figures = {"frozen": told.frozen_table(parameters)}
    print(figures["frozen"], end="\n\n", flush=True)
    for name, part in PARTS.items():
        if options.fill_only or name not in (options.parts or PARTS):
            continue
        if part.needs_data and not options.data:
            print(f"{name}: not run, it is part of the long evaluation (make evaluate DATA=...)", flush=True)
            continue
        run(name, options.data)
    for name in PARTS:
        figures |= figures_of(name)
    for path in () if options.keep_pages else rewrite(figures):
        print(f"rewritten: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
