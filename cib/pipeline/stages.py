"""The stages of a run, each made once and kept: which files it reads, what it depends on, what it writes."""

from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from cib.accounts import describe
from cib.accounts.scorecard import Scorecard, load_scorecard
from cib.engine import Reading
from cib.errors import ConfigError, InputError
from cib.link import Beside
from cib.pipeline import publish
from cib.pipeline.state import State
from cib.pipeline.store import Artefact, digest, file_digest
from cib.pipeline.texts import texts_for
from cib.read import AccountLists, expand, input_files, names_in, short_links
from cib.settings import COMBINED, InputSettings, LayerSettings, Settings
from cib.tables import ACCOUNTS, INDICATORS
from cib.traces import Given, combined_from, place, without_data

__all__ = [
    "NETWORK_FIELDS",
    "check_windows",
    "describe_accounts",
    "given_for",
    "in_order",
    "keep_evidence",
    "link_layer",
    "link_traces",
    "part_of",
    "read_posts",
    "tell_idle_layers",
    "trace_layer",
]

_TRACE_FIELDS: Final = {
    "trace",
    "kinds",
    "min_words",
    "normalise",
    "min_items",
    "max_delay",
    "repeats",
    "bin",
    "bin_start",
    "bin_use",
    "bin_estimate",
    "estimate_q",
    "estimate_p",
    "min_posts",
    "min_acts",
    "min_acts_each",
    "min_account_objects",
    "min_accounts",
    "top_accounts",
    "loops",
    "strata",
}
NETWORK_FIELDS: Final = {"enabled", "reliability", "supporting", "keep", "weight"}
"""Settings of a layer that the networks depend on, beside its edges."""
_BOTH: Final = {"loops", "min_acts", "weight"}
_LINK_FIELDS: Final = set(LayerSettings.model_fields) - _TRACE_FIELDS - NETWORK_FIELDS | _BOTH


def in_order(layers: dict[str, LayerSettings]) -> dict[str, LayerSettings]:
    """Return the layers, the most telling trace first: the order in which an act is counted."""
    return dict(sorted(layers.items(), key=lambda item: (place(item[1].trace), item[0])))


def read_posts(state: State) -> None:
    """Read the input files."""
    settings, root = state.job.settings, state.job.root
    sources = settings.input.all_sources
    files = {name: input_files(source, root) for name, source in sources.items()}
    beside = [settings.input.short_links, *(source.accounts for source in sources.values())]
    tables = [path for entries in beside for path in expand(entries, root)]
    marks = {path: _mark(path) for path in [*(path for paths in files.values() for path in paths), *tables]}
    hashes = {path: file_digest(path) for path in marks}
    block, allow = names_in(settings.block, root, "block"), names_in(settings.allow, root, "allow")
    made_from = {
        "files": [[name, path.name, hashes[path]] for name, paths in files.items() for path in paths],
        "tables": [hashes[path] for path in tables],
        "settings": _reading(settings.input),
        "lists": [block.get("accounts", []), allow.get("accounts", [])],
        "memory": settings.run.memory,
    }

    def make(out: Path) -> dict[str, Any]:
        accounts = AccountLists(block.get("accounts", ()), allow.get("accounts", ()))
        summary = asdict(state.engine.read(Reading(settings.input, root, accounts), settings.run, out))
        changed = [path for path, mark in marks.items() if _mark(path) != mark]
        if changed:
            msg = f"'{changed[0]}' changed while it was read. Run again when nothing writes to it any more."
            raise InputError(msg)
        for entry in summary["inputs"]:
            entry["blake2b"] = hashes[Path(entry.pop("path"))]
        return summary | {"rows": [sum(entry["rows"] for entry in summary["inputs"]), summary["posts"]]}

    state.read = state.make("read", "", made_from | state.made_by, make)
    state.given = given_for(settings, root)


def given_for(settings: Settings, root: Path) -> Given:
    """Return what the user's own files say of links and names, for the traces."""
    block, allow = names_in(settings.block, root, "block"), names_in(settings.allow, root, "allow")
    return Given(short_links(settings.input, root), block, allow)


def _mark(path: Path) -> tuple[int, int]:
    """Return what changes when somebody writes to a file."""
    known = path.stat()
    return known.st_size, known.st_mtime_ns


def _reading(settings: InputSettings) -> dict[str, Any]:
    """Return what decides how files are read, without their names."""
    names = {"files", "accounts", "short_links"}
    shared = settings.model_dump(mode="json", exclude=names | {"sources"})
    sources = {name: source.model_dump(mode="json", exclude=names) for name, source in settings.sources.items()}
    return shared | {"sources": sources}


def tell_idle_layers(state: State) -> None:
    """Say which layers cannot run on these posts, before any of them is made; the others go on."""
    posts = pl.scan_parquet(state.read.file("posts.parquet"))
    for name, reason in without_data(posts, state.layers).items():
        state.say(f"Layer {name} cannot run on this data: {reason}.")


def check_windows(state: State) -> None:
    """Refuse windows that the data's clock cannot resolve."""
    resolution = timedelta(seconds=state.read.meta["resolution_s"])
    too_fine = [
        f"[layers.{name}] window = {layer.window.total_seconds():g}s"
        for name, layer in state.layers.items()
        if layer.window is not None and layer.window < resolution
    ]
    if too_fine:
        msg = (
            f"The times of this data are only known to {resolution.total_seconds():g} s, which is longer than "
            f"{', '.join(too_fine)}. Set the window to at least {resolution.total_seconds():g}s."
        )
        raise ConfigError(msg)


def link_layer(state: State, name: str) -> None:
    """Make one layer's traces and edges."""
    trace_layer(state, name)
    link_traces(state, name)


def trace_layer(state: State, name: str) -> None:
    """Make one layer's traces."""
    make = _combined if state.layers[name].trace == COMBINED else _of_posts
    state.traced[name] = make(state, name)


def link_traces(state: State, name: str) -> None:
    """Make one layer's edges, and the pairs of posts behind them."""
    layer, run, traced = state.layers[name], state.job.settings.run, state.traced[name]

    def make_edges(out: Path) -> dict[str, Any]:
        beside = replace(_beside(traced, out, run.disk), tell=state.say)
        meta = state.engine.link(traced.folder, layer, run, name=name, beside=beside, out=out)
        return meta | {"rows": [traced.meta["traces"], meta["edges"]]}

    made_from = {"traces": traced.key, "settings": part_of(layer, _LINK_FIELDS), "memory": run.memory}
    state.linked[name] = state.make("link", name, made_from | state.made_by, make_edges)


def keep_evidence(state: State, name: str) -> None:
    """Make one layer's evidence: its pairs of posts by their own ids, as the run folder has them."""
    linked = state.linked[name]

    def make_evidence(out: Path) -> dict[str, Any]:
        files = (
            linked.file("pairs.parquet"),
            state.traced[name].file("objects.parquet"),
            state.read.file("posts.parquet"),
            state.read.file("accounts.parquet"),
        )
        rows = publish.write_evidence(*files, out / "evidence.parquet")
        return {"rows": [rows, rows]}

    state.evidence[name] = state.make(
        "pipeline", f"evidence.{name}", {"link": linked.key, "read": state.read.key}, make_evidence
    )


def _of_posts(state: State, name: str) -> Artefact:
    """Make a layer's traces of the posts."""
    layer, named = state.layers[name], texts_for(state, state.layers[name])
    posts = state.read.file("posts.parquet")

    def make(out: Path) -> dict[str, Any]:
        texts = None if named is None else named.file("texts.parquet")
        meta = state.engine.trace(posts, layer, name=name, given=state.given, texts=texts, out=out)
        return meta | {"rows": [state.read.meta["posts"], meta["traces"]]}

    made_from: dict[str, Any] = {"name": name, "read": state.read.key, "settings": part_of(layer, _TRACE_FIELDS)}
    made_from["given"] = digest(state.given.concerning(layer.trace))
    made_from |= {} if named is None else {"texts": named.key}
    return state.make("traces", name, made_from | state.made_by, make)


def _combined(state: State, name: str) -> Artefact:
    """Make a layer's traces of those of the other layers, all of which stand before it (see :func:`in_order`)."""
    made_of = {other: state.traced[other] for other in combined_from(state.layers)}

    def make(out: Path) -> dict[str, Any]:
        meta = state.engine.combine({other: made.folder for other, made in made_of.items()}, name=name, out=out)
        return meta | {"rows": [sum(made.meta["traces"] for made in made_of.values()), meta["traces"]]}

    made_from = {"name": name, "traces": [[other, made.key] for other, made in made_of.items()]}
    return state.make("traces", name, made_from | state.made_by, make)


def _beside(traced: Artefact, scratch: Path, disk: int) -> Beside:
    """Return what linking needs beside the traces."""
    order, own = (pl.read_parquet(traced.file(f"{name}.parquet")) for name in ("order", "own"))
    return Beside.of(order, own, scratch, disk)


def part_of(layer: LayerSettings, fields: set[str]) -> dict[str, Any]:
    """Return some settings of a layer, for the key of what is made from them (JSON)."""
    return layer.model_dump(mode="json", include=fields)


def describe_accounts(state: State) -> None:
    """Describe every account; the known labels are not shown to this stage."""
    settings = state.job.settings
    model = _model(state)

    def make(out: Path) -> dict[str, Any]:
        accounts = pl.read_parquet(state.read.file("accounts.parquet")).with_columns(
            label=pl.lit(None, dtype=pl.String)
        )
        posts = pl.scan_parquet(state.read.file("posts.parquet"))
        found = describe(
            posts, ACCOUNTS.check(accounts), settings.accounts,
            resolution_s=state.read.meta["resolution_s"], seed=settings.run.seed, model=model,
        )  # fmt: skip
        INDICATORS.check(found).write_parquet(out / "indicators.parquet")
        return {"rows": [len(accounts), len(found)]}

    made_from = {
        "read": state.read.key,
        "settings": settings.accounts.model_dump(mode="json", exclude={"model"}),
        "model": None if model is None else asdict(model),
        "seed": settings.run.seed,
    }
    state.described = state.make("accounts", "", made_from, make)


def _model(state: State) -> Scorecard | None:
    """Return the trained model that the config names, if it names one."""
    name = state.job.settings.accounts.model
    return load_scorecard(state.job.root / name) if name else None
