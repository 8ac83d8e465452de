"""The negative control: the same settings on shuffled traces, where whatever is found is found by chance.

Each replica links every layer from its shuffled traces, fuses and groups, and keeps nothing but numbers, among them the
evidence of its best network, which the real ones have to beat (see :mod:`cib.networks.rank`). It takes about as long as
linking does. It is a lower bound of false alarms: a shuffle tears communities of interest apart with the
campaigns (see :mod:`cib.link.shuffle`, also for where it does not), so it says nothing about people who act alike
because they are alike.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from cib.link import Beside, link
from cib.link.shuffle import draw_offsets, exchange, shift
from cib.networks import fuse, largest_evidence
from cib.pipeline.processes import roomy
from cib.pipeline.replicas import Elsewhere, elsewhere, on_all_cores, worth
from cib.pipeline.state import State
from cib.tables import EDGES, PAIRS

__all__ = ["begin_by_chance", "find_by_chance", "replica_of", "shuffled"]


@contextmanager
def begin_by_chance(state: State) -> Iterator[Elsewhere]:
    """Begin the first replica in a process of its own, while inside networks are found and accounts described.

    It needs nothing but the traces. It is not begun if linking was quick, if memory is short, or if linking is known
    from the run before: then it may be known as well.
    """
    linked = state.linked.values()
    fresh, seconds = not all(made.cached for made in linked), sum(made.seconds for made in linked)
    settings = state.job.settings
    if fresh and settings.control.runs and worth(seconds) and roomy(settings.run.memory):
        with elsewhere(state, [0], 1, beside=1) as begun:
            yield begun
    else:
        yield {}


def find_by_chance(state: State, begun: Elsewhere | None = None) -> None:
    """Run the job's settings on shuffled traces, as often as ``[control] runs`` says.

    The first is done here, or begun before, and timed; if the others take long, they are done by processes of their own
    on all cores, and the user is told beforehand how long. What comes out is the same.
    """
    if not state.read.meta["posts"]:
        return
    runs = range(state.job.settings.control.runs)
    # The networks' key stands for all of their layers, settings and the seed.
    made_from = [{"found": state.found.key, "replica": replica} for replica in runs]
    missing = [n for n in runs if not state.store.known("pipeline", f"control.{n + 1}", made_from[n])]
    with ExitStack() as stack:
        promised = dict(begun or {})
        for n in runs:
            build = promised.get(n, partial(replica_of, state, n))
            made = state.make("pipeline", f"control.{n + 1}", made_from[n], build)
            state.controls.append(made)
            if missing[:1] == [n] and (left := missing[1:]):
                # One that was begun before has had its time while others worked; linking takes about as long.
                seconds = max(made.seconds, sum(linked.seconds for linked in state.linked.values()))
                promised = stack.enter_context(on_all_cores(state, left, seconds if n in promised else made.seconds))


def replica_of(state: State, replica: int, out: Path) -> dict[str, Any]:
    """Return what one shuffle gives: edges and kept edges of each layer, links, networks, the most evidence of one."""
    settings = state.job.settings
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        edges, evidence = _linked(state, replica, Path(scratch))
        graph = fuse(edges, evidence, state.layers, settings.graph).graph
    groups, most = largest_evidence(graph, settings.networks, seed=settings.run.seed)
    made, kept = (dict(names.value_counts().rows()) for names in (edges["layer"], graph.explode("layers")["layers"]))
    sizes = groups["group"].value_counts()["count"]
    return {
        "layers": {name: {"edges": made.get(name, 0), "edges_kept": kept.get(name, 0)} for name in state.layers},
        "links": len(graph),
        "networks": len(sizes),
        "accounts": groups["account"].n_unique(),
        "largest": sizes.max() or 0,
        "evidence": most,
        "rows": [sum(artefact.meta["traces"] for artefact in state.traced.values()), len(edges)],
    }


def _linked(state: State, replica: int, scratch: Path) -> tuple[pl.DataFrame, dict[str, pl.LazyFrame]]:
    """Return EDGES of all layers from their shuffled traces, and PAIRS of each, which stand in the scratch folder."""
    run = state.job.settings.run
    edges, evidence = [EDGES.empty()], {}
    for name, (traces, objects) in shuffled(state, replica):
        own = pl.read_parquet(state.traced[name].file("own.parquet"), glob=False)  # posts keep their numbers
        beside = Beside(own=own, scratch=scratch, disk=run.disk)
        linked = link(
            traces, objects, state.layers[name],
            name=name, memory=run.memory, sink=_sink(scratch, name), beside=beside,
        )  # fmt: skip
        edges.append(linked.edges)
        evidence[name] = pl.scan_parquet(sorted(scratch.glob(f"{name}.*.parquet")), glob=False)
    return pl.concat(edges), evidence


def shuffled(state: State, replica: int) -> Iterator[tuple[str, tuple[pl.DataFrame, pl.DataFrame]]]:
    """Yield TRACES and OBJECTS of each layer that has any, shuffled, one layer at a time."""
    seed, read = [state.job.settings.run.seed, replica], state.read.meta
    first, last = (datetime.fromisoformat(read[name]) for name in ("first_at", "last_at"))
    resolution = timedelta(seconds=read["resolution_s"])
    # One draw for all layers, so that an account's acts in two of them stay together.
    offsets = draw_offsets(read["accounts"], (first, last), resolution, np.random.default_rng(seed))
    languages = pl.read_parquet(state.read.file("posts.parquet"), columns=["post", "language"], glob=False)
    for name, traced in state.traced.items():
        if not traced.meta["traces"]:
            continue
        traces, objects = (
            pl.read_parquet(traced.file(f"{table}.parquet"), glob=False) for table in ("traces", "objects")
        )
        if state.layers[name].window is None or state.layers[name].weight == "agreement":
            yield name, exchange(traces, objects, languages, np.random.default_rng([*seed, *name.encode()]))
        else:
            yield name, (shift(traces, (first, last), resolution, offsets), objects)


def _sink(folder: Path, name: str) -> Callable[[pl.DataFrame], None]:
    """Return what takes the evidence of a layer, and leave an empty first piece of it, since there may be no other."""
    number = count()

    def write(frame: pl.DataFrame) -> None:
        frame.write_parquet(folder / f"{name}.{next(number):06d}.parquet", compression="lz4")  # read once, then gone

    write(PAIRS.empty())
    return write
