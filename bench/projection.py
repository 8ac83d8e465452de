"""What the engine `spark` costs a million posts, and what 10^9 would take; `python bench/projection.py`.

Each stage up to linking is done for two lengths of one file of posts, in Spark on this machine. The difference is what
more posts cost: what Spark takes to start, and to plan, is in both. Prints Markdown: for each stage CPU seconds (of all
processes: Spark and Python) and megabytes shuffled, a million posts, and from them a projection for a cluster that is
stated. A projection is no measurement: it takes costs to grow as the posts do. Pairs may grow faster: they hang on how
many accounts act on one thing at one time, and a forecast of them is made before a layer is linked.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
from cluster import cpu_seconds

from cib import config as configs
from cib.engine import Reading, Spark
from cib.link import Beside
from cib.pipeline.stages import in_order
from cib.read import AccountLists
from cib.settings import COMBINED, Settings, SparkSettings
from cib.texts import group_texts
from cib.traces import TRACES, Given, combined_from, texts_of

ROOT = Path(__file__).parents[1]
POSTS, MACHINES, CORES, BUSY, GBIT = 1e9, 20, 16, 0.6, 10.0
"""The cluster of the projection: its machines, the cores of each, the share of time they are at work, and its net."""

Costs = dict[str, tuple[float, float, float]]
"""Stage -> CPU seconds, and when it began and ended."""


class Stages:
    """The stages of a run, each measured: CPU seconds of this session, and when it was."""

    def __init__(self, settings: Settings, spark: Spark, folder: Path) -> None:
        self.settings, self.spark, self.folder = settings, spark, folder
        self.costs: Costs = {}

    def measured(self, name: str, work: Callable[[Path], object]) -> Path:
        """Do some work in a folder of its own, and note what it cost."""
        out = self.folder / name
        out.mkdir(parents=True)
        before, began = cpu_seconds({os.getsid(0)}), time.time()
        work(out)
        self.costs[name] = (cpu_seconds({os.getsid(0)}) - before, began, time.time())
        print(f"{name}: {self.costs[name][0]:.1f} CPU s", file=sys.stderr, flush=True)
        return out

    def all(self, files: list[Path], *, link: bool) -> Costs:
        """Do all stages up to linking, and that if it is asked for."""
        run, spark = self.settings.run, self.spark
        section = self.settings.input.model_copy(update={"files": tuple(str(path) for path in files)})
        reading = Reading(section, ROOT, AccountLists())
        posts = self.measured("read", lambda out: spark.read(reading, run, out)) / "posts.parquet"
        layers, made = in_order(self.settings.active_layers), {}
        texts = self.measured("texts (here)", lambda out: self._texts(posts, out)) / "texts.parquet"
        for name, layer in layers.items():
            named = texts if texts_of(layer) else None
            if layer.trace != COMBINED:
                made[name] = self.measured(
                    f"trace {name}",
                    lambda out, n=name, w=layer, t=named: spark.trace(
                        posts, w, name=n, given=Given(), texts=t, out=out
                    ),
                )
        for name, layer in layers.items():
            if layer.trace == COMBINED:
                parts = {other: made[other] for other in combined_from(layers)}
                made[name] = self.measured(f"trace {name}", lambda out, p=parts: spark.combine(p, name="c", out=out))
        for name, folder in made.items() if link else ():
            self.measured(f"link {name}", lambda out, n=name, f=folder: self._link(f, n, out))
        return self.costs

    def _texts(self, posts: Path, out: Path) -> None:
        layers = self.settings.active_layers.values()
        rungs = [name for name in ("near_copy", "template") if any(name in texts_of(layer) for layer in layers)]
        kinds = ("original", "reply", "quote")
        scan = pl.scan_parquet(posts, glob=False)
        found = group_texts(scan, self.settings.text, rungs=rungs, kinds=kinds, memory=self.settings.run.memory)
        found.texts.write_parquet(out / "texts.parquet")

    def _link(self, traced: Path, name: str, out: Path) -> None:
        own, order = (pl.read_parquet(traced / f"{table}.parquet", glob=False) for table in ("own", "order"))
        layer, run = self.settings.active_layers[name], self.settings.run
        beside = Beside.of(order, own, out, run.disk)
        self.spark.link(traced, layer, run, name=name, beside=beside, out=out)


def shuffles(events: Path, costs: Costs) -> dict[str, float]:
    """Return how many megabytes the tasks of each stage wrote for others to fetch."""
    moved = dict.fromkeys(costs, 0.0)
    for line in (line for log in events.iterdir() for line in log.open(encoding="utf-8")):
        event = json.loads(line)
        if event["Event"] == "SparkListenerTaskEnd":
            at = event["Task Info"]["Finish Time"] / 1000
            written = (event.get("Task Metrics") or {}).get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0)
            for name, (_, began, ended) in costs.items():
                moved[name] += written / 1e6 if began <= at <= ended else 0.0
    return moved


def show(rows: tuple[int, int], small: Costs, large: Costs, moved: tuple[dict[str, float], dict[str, float]]) -> None:
    """Print what a million posts cost, and the projection."""
    millions, work, most, net = (rows[1] - rows[0]) / 1e6, 0.0, 0.0, 0.0
    print(
        f"\nA million posts, by the slope from {rows[0]:,} to {rows[1]:,}, and by the latter with all that is fixed:\n"
    )
    print("| stage | CPU s, slope | CPU s, with what is fixed | MB shuffled |\n|---|---:|---:|---:|")
    for name in large:
        cpu = max(large[name][0] - small[name][0], 0.0) / millions
        whole = large[name][0] / rows[1] * 1e6
        shuffled = max(moved[1][name] - moved[0][name], 0.0) / millions
        print(f"| {name} | {cpu:.1f} | {whole:.1f} | {shuffled:.1f} |")
        if "here" not in name:
            work, most, net = work + cpu, most + whole, net + shuffled
    hours = POSTS / 1e6 / 3600 / (MACHINES * CORES * BUSY)
    moving = net * POSTS / 1e6 * 8 / 1e3 / (MACHINES * GBIT) / 3600
    print(
        f"\nProjection for {POSTS:.0e} posts on {MACHINES} machines of {CORES} cores, at work {BUSY:.0%} of the time: "
        f"{work * hours:.2f} to {most * hours:.2f} h of work, apart from what is done here alone; "
        f"{net * POSTS / 1e9:,.0f} GB shuffled, {moving:.2f} h at {GBIT:g} Gbit/s a machine."
    )


def main() -> None:
    """Parse the command line, run both lengths, and print."""
    if os.getsid(0) != os.getpid():  # CPU seconds are counted by session
        sys.exit(subprocess.call([sys.executable, *sys.argv], start_new_session=True))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, default=ROOT / "data" / "ira_sample.parquet", help="posts as Parquet")
    parser.add_argument("--config", type=Path, default=ROOT / "configs" / "default.toml")
    parser.add_argument("--rows", type=int, nargs=2, default=(40_000, 172_780), help="the two lengths")
    parser.add_argument("--no-link", action="store_true", help="reading and traces alone")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, events = Path(name), Path(name) / "events"
        events.mkdir()
        given = {"spark.eventLog.enabled": "true", "spark.eventLog.dir": events.as_uri(),
                 "spark.eventLog.compress": "false", "spark.eventLog.rolling.enabled": "false"}  # fmt: skip
        spark = Spark(SparkSettings(master="local[1]", partitions=4, settings=given))
        settings = configs.load(asked.config, traces=TRACES)
        found = []
        for rows in (500, *asked.rows):  # the first starts Spark, and is not counted
            path = folder / f"{rows}.parquet"
            pl.read_parquet(asked.input).head(rows).write_parquet(path)
            found.append(Stages(settings, spark, folder / str(rows)).all([path], link=not asked.no_link))
        from cib.engine.spark.session import session

        session(spark.settings).stop()  # writes the rest of its log
        show(tuple(asked.rows), *found[1:], (shuffles(events, found[1]), shuffles(events, found[2])))


if __name__ == "__main__":
    main()
