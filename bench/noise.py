"""How often shuffled data look like a finding; `make evaluate`, or `python bench/noise.py`, options with `--help`.

A run is repeated on shuffled data. The last shuffles are taken for data of their own and held against all the others,
as a run is: since a shuffle of a shuffle is drawn as a shuffle of the data is, this is what would come of analysing
shuffled data. A shuffle counts as a false alarm if any network in it has the p and the ratio that tier B asks for,
whatever else a tier needs, so that the rate is an upper bound. Prints Markdown.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from cib import config as configs
from cib.pipeline import Job, run

ROOT = Path(__file__).parents[1]
P, RATIO = 0.05, 1.2
"""Of tier B (cib/networks/rank.py)."""


def shuffled(name: str, config: Path, runs: int, out: Path) -> tuple[list[float], float]:
    """Run a config with so many shuffles; return the evidence of the best network in each, and seconds a shuffle."""
    settings = configs.load(config, overrides={"control.runs": runs})
    start = time.perf_counter()
    folder = run(Job(name, settings, config.absolute().parent, out))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    best = [one["evidence"] for one in manifest["control"]["replicas"]]
    return best, (time.perf_counter() - start) / runs


def alarms(best: list[float], asked: int) -> int:
    """Count the last `asked` shuffles that tier B would not keep out by its p and its ratio."""
    found = 0
    for one in best[-asked:]:
        others = [*best[:-asked]]
        p = (1 + sum(other >= one for other in others)) / (len(others) + 1)
        found += p <= P and one >= RATIO * max(others) and one > 0
    return found


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("configs", type=Path, nargs="*", help="configs to run; the sample and the German links if none")
    parser.add_argument("--shuffles", type=int, default=99, help="shuffles that the others are held against")
    parser.add_argument("--asked", type=int, default=20, help="shuffles taken for data")
    options = parser.parse_args()
    chosen = options.configs or [ROOT / "configs" / "default.toml", ROOT / "bench" / "german.toml"]
    print("| data | shuffles with a network | most evidence of any | taken for data | false alarms | s a shuffle |")
    print("|---|---:|---:|---:|---:|---:|")
    for config in chosen:
        with tempfile.TemporaryDirectory() as folder:
            best, seconds = shuffled(config.stem, config, options.shuffles + options.asked, Path(folder) / "out")
        some = sum(one > 0 for one in best)
        print(
            f"| {config.stem} | {some} of {len(best)} | {max(best):.1f} | {options.asked} "
            f"| {alarms(best, options.asked)} | {seconds:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
