"""From edges to believed networks: found and measured, then, once chance has been asked, explained and ranked."""

from pathlib import Path
from typing import Any

import polars as pl

from cib.networks import Case, Measured, candidates, change, explain, fuse, measure, pairs_inside, rank, score, telling
from cib.networks.verdicts import rejected
from cib.pipeline.stages import NETWORK_FIELDS, part_of
from cib.pipeline.state import State
from cib.settings import VerdictSettings
from cib.tables import EDGES, VERDICTS

__all__ = ["find_networks", "follow_networks", "judge_networks"]


def find_networks(state: State) -> None:
    """Fuse the layers, find candidate networks and measure them."""
    settings, layers = state.job.settings, state.layers
    evidence, objects = _evidence(state), _objects(state)

    def make(out: Path) -> dict[str, Any]:
        parts = [pl.read_parquet(made.file("edges.parquet")) for made in state.linked.values()]
        edges = pl.concat([EDGES.empty(), *parts])
        fused = fuse(edges, evidence, layers, settings.graph)
        graph = fused.graph
        groups = candidates(graph, settings.networks, seed=settings.run.seed)
        measured = measure(groups, graph, edges, evidence, objects, layers)
        graph.write_parquet(out / "graph.parquet")
        fused.kept.write_parquet(out / "kept.parquet")
        fused.ledger.write_parquet(out / "ledger.parquet")
        measured.facts.write_parquet(out / "facts.parquet")
        measured.members.write_parquet(out / "members.parquet")
        kept = graph.explode("layers")["layers"].value_counts().rows()
        return {"kept": dict(sorted(kept)), "networks": len(measured.facts), "rows": [len(edges), len(graph)]}

    made_from = {
        "links": {name: [made.key, part_of(state.layers[name], NETWORK_FIELDS)] for name, made in state.linked.items()},
        "graph": settings.graph.model_dump(mode="json"),
        "networks": settings.networks.model_dump(mode="json"),
        "seed": settings.run.seed,
    }
    state.found = state.make("networks", "", made_from, make)


def judge_networks(state: State) -> None:
    """Explain the candidates, hold them against what shuffled data gave, rank networks and accounts.

    The known labels are not shown to this stage. What an analyst rejected before is shown as an explanation, and lowers
    the rank if the settings say so.
    """
    settings = state.job.settings
    verdicts = _verdicts(state)

    def make(out: Path) -> dict[str, Any]:
        graph = pl.read_parquet(state.found.file("graph.parquet"))
        measured = Measured(*(pl.read_parquet(state.found.file(f"{name}.parquet")) for name in ("facts", "members")))
        groups = measured.members.select("group", "account")
        case = Case(
            groups=groups,
            pairs=pairs_inside(groups, graph, _evidence(state), telling(state.layers)),
            objects=_objects(state),
            layers=state.layers,
            posts=pl.scan_parquet(state.read.file("posts.parquet")),
            accounts=pl.read_parquet(state.read.file("accounts.parquet")).drop("label"),
        )
        by_chance = [made.meta["evidence"] for made in state.controls]
        explained = pl.concat([explain(case), rejected(verdicts, _factor(settings.verdicts))])
        ranked = rank(measured, explained, by_chance, settings.networks.floor)
        ranked.networks.write_parquet(out / "networks.parquet")
        ranked.members.write_parquet(out / "members.parquet")
        ranked.explanations.write_parquet(out / "explanations.parquet")
        scores = score(graph, ranked.networks, ranked.members)
        scores.write_parquet(out / "scores.parquet")
        tiers = dict(sorted(ranked.networks["tier"].value_counts().rows()))
        return {"tiers": tiers, "rows": [len(measured.facts), len(ranked.networks)]}

    made_from: dict[str, Any] = {"found": state.found.key, "read": state.read.key}
    made_from["controls"] = [made.key for made in state.controls]
    if len(verdicts):
        made_from["verdicts"] = [verdicts.rows(), _factor(settings.verdicts)]
    state.judged = state.make("networks", "ranking", made_from, make)


def _factor(settings: VerdictSettings) -> float:
    """Return what the score of a network is multiplied by that was rejected."""
    return settings.rejected_factor if settings.ranking else 1.0


def _verdicts(state: State) -> pl.DataFrame:
    """Return VERDICTS of the candidates, which have no ranks yet: `network` is a candidate's number."""
    if state.verdicts is None:
        return VERDICTS.empty()
    accounts = pl.read_parquet(state.read.file("accounts.parquet"), columns=["account", "account_id"])
    members = pl.read_parquet(state.found.file("members.parquet"), columns=["group", "account"])
    named = members.join(accounts, on="account").select("account_id", network="group")
    found = state.verdicts.of(named, accounts, state.job.settings.verdicts)
    return found.filter((pl.col("kind") == "network") & (pl.col("verdict") == "rejected"))


def follow_networks(state: State) -> None:
    """Follow the networks through time, if the settings ask for it."""
    settings = state.job.settings

    def make(out: Path) -> dict[str, Any]:
        graph = pl.read_parquet(state.found.file("graph.parquet"))
        members = pl.read_parquet(state.judged.file("members.parquet"))
        changes = change(graph, members, _evidence(state), state.layers, settings.networks, seed=settings.run.seed)
        changes.write_parquet(out / "changes.parquet")
        return {"rows": [len(graph), len(changes)]}

    state.changed = state.make("networks", "change", {"judged": state.judged.key}, make)


def _evidence(state: State) -> dict[str, pl.LazyFrame]:
    return {name: pl.scan_parquet(made.file("pairs.parquet"), glob=False) for name, made in state.linked.items()}


def _objects(state: State) -> dict[str, pl.LazyFrame]:
    return {name: pl.scan_parquet(made.file("objects.parquet"), glob=False) for name, made in state.traced.items()}
