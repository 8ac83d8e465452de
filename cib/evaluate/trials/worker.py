"""The process that does trials: reads what to do from its input, writes a line for each trial.

Of a trial everything is kept that anything asks of it later, and nothing else: its links and networks are thrown away
with the world, but for the data as collected.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from cib.evaluate.trials.found import found, reported_members
from cib.evaluate.trials.worlds import Ground, World, traced
from cib.networks import largest_evidence
from cib.pipeline.networks import find_networks, judge_networks
from cib.pipeline.processes import found_at
from cib.pipeline.stages import link_traces
from cib.pipeline.state import State
from cib.pipeline.store import Artefact, Store, digest
from cib.settings import Settings

__all__ = ["Task", "answers", "main"]


class Task:
    """What there is to do, as it is told to a process (JSON).

    Trial n is variant n % variants on world n // variants.
    """

    def __init__(self, told: dict[str, Any]) -> None:
        self.ground = Ground(Path(told["root"]), Path(told["cache"]), found_at(told["read"]), told["seed"])
        self.worlds = [World(**world) for world in told["worlds"]]
        self.variants = [Settings.model_validate(settings) for settings in told["variants"]]
        self.chance: list[list[float]] = told["chance"]
        self.keep = Path(told["keep"])


def main() -> None:
    """Do the trials that the standard input asks for."""
    told = json.load(sys.stdin)
    task = Task(told)
    for group in told["jobs"]:
        for trial, answer in answers(task, group):
            sys.stdout.write(json.dumps([trial, answer]) + "\n")
            sys.stdout.flush()


def answers(task: Task, trials: Sequence[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the trials of one world, each with what it gave; what their variants have in common is made once."""
    with tempfile.TemporaryDirectory(dir=task.ground.cache, prefix="tmp-") as scratch:
        store = Store(Path(scratch), tidy=False, also=task.ground.cache, kept=len(task.variants))
        for trial in trials:
            world, variant = task.worlds[trial // len(task.variants)], trial % len(task.variants)
            start = time.perf_counter()
            state = _networks(task, world, variant, store)
            given = _TOLD[world.kind](state, task.keep)
            yield trial, given | {"seconds": round(time.perf_counter() - start, 3)}


def _networks(task: Task, world: World, variant: int, store: Store) -> State:
    """Return the run of a variant on a world, up to its ranking."""
    state = traced(task.ground, world, task.variants[variant], store)
    for name in state.layers:
        link_traces(state, name)
    find_networks(state)
    if world.kind != "shuffled":
        state.controls = [_control(evidence) for evidence in task.chance[variant]]
    judge_networks(state)
    return state


def _control(evidence: float) -> Artefact:
    """Return what stands for a shuffle: nobody asks more of it than its best network's evidence."""
    return Artefact(Path(), digest(evidence), {"evidence": evidence}, cached=True, seconds=0.0, peak_mb=0.0)


def _tables(state: State) -> tuple[pl.DataFrame, pl.DataFrame]:
    networks, members = (pl.read_parquet(state.judged.file(f"{name}.parquet")) for name in ("networks", "members"))
    return networks, members


def _of_shuffle(state: State, _: Path) -> dict[str, Any]:
    """Return the most evidence that a control would keep of it, and that of each network tier C would not refuse."""
    networks, _members = _tables(state)
    settings = state.job.settings
    graph = pl.read_parquet(state.found.file("graph.parquet"))
    _groups, most = largest_evidence(graph, settings.networks, seed=settings.run.seed)
    believed = networks.filter(pl.col("tier") != "abstain")["evidence"].sort(descending=True)
    return {"networks": len(networks), "links": len(graph), "most": most, "believed": believed.to_list()}


def _of_copy(state: State, _: Path) -> dict[str, Any]:
    """Return which of the planted campaigns are found, and how many other networks are reported."""
    networks, members = _tables(state)
    planted = pl.read_parquet(state.read.file("planted.parquet"))
    reported = reported_members(networks, members)
    campaigns = {name: [bool(is_found), share] for name, is_found, share in found(reported, planted).iter_rows()}
    theirs = reported.join(planted, on="account", how="semi")["network"].n_unique()
    return {"campaigns": campaigns, "others": reported["network"].n_unique() - theirs}


def _of_data(state: State, keep: Path) -> dict[str, Any]:
    """Keep the links and the members of the reported networks of the data as collected."""
    networks, members = _tables(state)
    reported = reported_members(networks, members)
    accounts = pl.read_parquet(state.read.file("accounts.parquet"), columns=["account", "account_id"])
    graph = pl.read_parquet(state.found.file("graph.parquet"), columns=["a", "b"])
    name = digest([state.judged.key])
    named = reported.join(accounts, on="account").sort("network", "account").select("network", "account_id")
    for what, frame in (("links", graph), ("members", named)):
        path = keep / f"{what}-{name}.parquet"
        frame.write_parquet(path.with_suffix(".part"), compression="zstd")
        path.with_suffix(".part").replace(path)
    return {
        "networks": len(networks),
        "reported": reported["network"].n_unique(),
        "accounts": reported["account"].n_unique(),
        "links": len(graph),
        "file": name,
    }


_TOLD = {"shuffled": _of_shuffle, "planted": _of_copy, "collected": _of_data}
