"""The run folder: put together from artefacts, each piece by a rename, so that it never holds half a file."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import polars as pl

from cib.errors import RunError
from cib.pipeline import publish
from cib.pipeline.groups import write_groups
from cib.pipeline.manifest import Stage, control_entry, layer_entry, manifest
from cib.pipeline.processes import roomy
from cib.pipeline.state import State
from cib.pipeline.store import Artefact, peak_memory, written
from cib.report.exports import write_exports
from cib.report.figures import write_figures
from cib.report.page import compose, write_page
from cib.report.privacy import KEY_FILE, fingerprint, read_key, veiled_run
from cib.report.run import RunFiles
from cib.report.summary import summarise
from cib.report.summary.markdown import write_markdown
from cib.tables import CHANGES, EDGES, EXPLANATIONS, GENERIC, LEDGER, NETWORKS, REPETITION, VERDICTS

__all__ = ["assemble", "claimed"]

_PIECES: Final = (
    "tables",
    "evidence",
    "figures",
    "exports",
    "quarantine.ndjson",
    "summary.md",
    "report.html",
    "manifest.json",
)
"""What a run folder holds, in the order in which it appears; the manifest last, since it says that the rest is
whole."""


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Hold the run folder for this process.

    Raises
    ------
    RunError
        Another run holds it, or it cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = os.open(out / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        msg = f"Cannot write into the run folder {out}: {error.strerror}. Choose another one with --out."
        raise RunError(msg) from error
    try:
        _lock(lock, out)
        yield
    finally:
        os.close(lock)


def _lock(lock: int, out: Path) -> None:
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        msg = f"Another run is writing into {out}. Wait for it, or choose another folder with --out."
        raise RunError(msg) from error


def assemble(state: State) -> None:
    """Fill the run folder from the artefacts of a run and write its report."""
    out = state.job.out
    for left_over in [*out.glob(".new-*"), *out.glob(".old-*")]:
        shutil.rmtree(left_over, ignore_errors=True)
    with written(out):
        new = Path(tempfile.mkdtemp(prefix=".new-", dir=out))
        try:
            start = time.perf_counter()
            _tables(state, new / "tables")
            _evidence(state, new / "evidence")
            shutil.copyfile(state.read.file("quarantine.ndjson"), new / "quarantine.ndjson")
            _note(state, "tables", "", start)
            _write_manifest(state, new)
            _report(state, new)
            _write_manifest(state, new)
            for piece in _PIECES:
                _swap(new / piece, out / piece)
        finally:
            shutil.rmtree(new, ignore_errors=True)


def _tables(state: State, folder: Path) -> None:
    folder.mkdir()
    accounts = pl.read_parquet(state.read.file("accounts.parquet"))
    edges = pl.concat([EDGES.empty(), *(pl.read_parquet(made.file("edges.parquet")) for made in state.linked.values())])
    publish.write_accounts(accounts, folder / "accounts.parquet")
    kept = pl.read_parquet(state.found.file("kept.parquet"))
    publish.write_edges(edges.sort("layer", "a", "b"), kept, accounts, folder / "edges.parquet")
    own = [REPETITION.empty(), *(pl.read_parquet(made.file("repetition.parquet")) for made in state.linked.values())]
    publish.write_repetition(pl.concat(own).sort("layer", "account"), accounts, folder / "repetition.parquet")
    publish.write_graph(pl.read_parquet(state.found.file("graph.parquet")), accounts, folder / "graph.parquet")
    publish.write_members(pl.read_parquet(state.judged.file("members.parquet")), accounts, folder / "members.parquet")
    publish.write_scores(pl.read_parquet(state.judged.file("scores.parquet")), accounts, folder / "scores.parquet")
    publish.write_indicators(
        pl.read_parquet(state.described.file("indicators.parquet")), accounts, folder / "indicators.parquet"
    )
    for name, table in (("networks", NETWORKS), ("explanations", EXPLANATIONS)):
        publish.write_table(pl.read_parquet(state.judged.file(f"{name}.parquet")), table, folder / f"{name}.parquet")
    publish.write_table(pl.read_parquet(state.changed.file("changes.parquet")), CHANGES, folder / "changes.parquet")
    publish.write_table(_verdicts(state, accounts), VERDICTS, folder / "verdicts.parquet")
    write_groups(state, accounts, folder)
    generic = GENERIC.empty() if state.texts is None else pl.read_parquet(state.texts.file("generic.parquet"))
    publish.write_table(generic, GENERIC, folder / "generic.parquet")
    publish.write_table(_ledger(state), LEDGER, folder / "ledger.parquet")


def _verdicts(state: State, accounts: pl.DataFrame) -> pl.DataFrame:
    """Return VERDICTS on the ranked networks and the accounts."""
    if state.verdicts is None:
        return VERDICTS.empty()
    members = pl.read_parquet(state.judged.file("members.parquet"), columns=["network", "account"])
    named = members.join(accounts.select("account", "account_id"), on="account").select("network", "account_id")
    return state.verdicts.of(named, accounts, state.job.settings.verdicts)


def _ledger(state: State) -> pl.DataFrame:
    """Return what every stage left out, in the order of the stages."""
    layers = [made for name in state.layers for made in (state.traced[name], state.linked[name])]
    makers = [state.read, *layers, state.found]
    return pl.concat([LEDGER.empty(), *(pl.read_parquet(made.file("ledger.parquet")) for made in makers)])


def _evidence(state: State, folder: Path) -> None:
    folder.mkdir()
    for name, made in state.evidence.items():
        _link(made.file("evidence.parquet"), folder / f"{name}.parquet")


def _write_manifest(state: State, folder: Path) -> None:
    kept = state.found.meta["kept"]
    layers = {
        name: layer_entry(layer, state.traced[name].meta, state.linked[name].meta, kept.get(name, 0))
        for name, layer in state.layers.items()
    }
    job = state.job
    posts = os.path.relpath(state.read.file("posts.parquet"), job.out)
    config = {"name": job.name, "path": job.config}
    content = manifest(job.settings, config, state.read.meta, layers, state.stages) | {
        "posts": posts,
        "networks": state.found.meta["networks"],
        "tiers": state.judged.meta["tiers"],
        "control": control_entry([made.meta for made in state.controls]),
        "seconds": round(time.perf_counter() - state.started, 1),
    }
    (folder / "manifest.json").write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")


def _report(state: State, new: Path) -> None:
    """Draw, export and write the page, of the run as its privacy profile lets others see it."""
    privacy = state.job.settings.privacy
    everything = RunFiles(new, state.read.file("posts.parquet"))
    if privacy.profile == "open":
        _write_report(state, everything, new, None)
        return
    given = state.job.root / privacy.key if privacy.key else None
    key = read_key(given or state.job.out / KEY_FILE, make=given is None)
    profile = privacy.model_dump(mode="json") | {"key": fingerprint(key)}
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=new) as scratch:
        veiled = veiled_run(everything, privacy, key, Path(scratch) / "run")
        _note(state, "report", "privacy", start)
        _write_report(state, veiled, new, profile)


def _write_report(state: State, run: RunFiles, new: Path, profile: dict[str, Any] | None) -> None:
    """Write figures, exports and page; figures and exports are kept, since nothing but their inputs changes them."""
    settings = state.job.settings.report
    made_from = {
        "read": state.read.key,
        "found": [state.judged.key, state.changed.key],
        "described": [state.described.key, state.compared.key, state.timed.key],
        "evidence": [made.key for made in state.evidence.values()],
        "texts": None if state.texts is None else state.texts.key,
        "settings": settings.model_dump(mode="json"),
        "privacy": profile,
    }

    def draw(folder: Path) -> dict[str, Any]:
        return {"rows": [0, len(write_figures(run, folder, settings))]}

    def export(folder: Path) -> dict[str, Any]:
        return {"rows": [0, len(write_exports(run, folder))]}

    start = time.perf_counter()
    run.nodes  # noqa: B018  (laid out once, before three ask for it at the same time)
    # Drawing holds one core, exports and the page's tables the others; in little memory they follow one another.
    with ThreadPoolExecutor(None if roomy(state.job.settings.run.memory) else 1) as pool:
        content = pool.submit(compose, run, settings)
        exports = pool.submit(state.make, "report", "exports", made_from, export)
        _place_all(state.make("report", "figures", made_from, draw), "figures", new)
        _place_all(exports.result(), "exports", new)
        write_page(run, new, settings, content.result())
        write_markdown(summarise(run, new, content.result()["about"]), new / "summary.md")
    _note(state, "report", "page", start)


def _note(state: State, stage: str, part: str, start: float) -> None:
    """Note a step that is not kept: it began at `start` (of perf_counter) and has just ended."""
    seconds, peak_mb = round(time.perf_counter() - start, 3), round(peak_memory() / 1e6, 1)
    state.note(Stage(stage, part, seconds, peak_mb, 0, 0, cached=False))


def _place_all(made: Artefact, name: str, new: Path) -> None:
    shutil.copytree(made.file(name), new / name)


def _link(source: Path, target: Path) -> None:
    """Show a large artefact under a second name, or as a copy where the disk cannot do that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _swap(new: Path, shown: Path) -> None:
    """Put a finished piece in the place of the one before."""
    if shown.is_dir():
        old = Path(tempfile.mkdtemp(prefix=".old-", dir=shown.parent))
        shown.replace(old / shown.name)
        new.replace(shown)
        shutil.rmtree(old, ignore_errors=True)
    else:
        new.replace(shown)
