"""What a report says of single accounts: a finished run as a profile lets others see it.

Page, figures, exports and summary read a run through :class:`~cib.report.run.RunFiles` and nothing else. Under a
profile they are given a copy of the run, made here, in which nothing is left that the profile withholds: they cannot
tell what they do not know. The run's own folder keeps everything.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from cib.report.privacy.key import KEY_FILE, fingerprint, moves, read_key
from cib.report.privacy.objects import veiled_objects
from cib.report.privacy.tables import kept_networks, veiled_ends, veiled_table
from cib.report.privacy.veil import Veil
from cib.report.run import RunFiles, open_run
from cib.settings import PrivacySettings
from cib.tables import EVIDENCE, POSTS, RUN_TABLES

__all__ = ["KEY_FILE", "as_published", "fingerprint", "read_key", "veiled_run"]

_ROW_GROUP: Final = 100_000
_WITHHELD: Final = "withheld"
_MOVED: Final = 1800
"""Seconds by which times of co-actions are moved in public at most, those on one object alike: who acted how soon after
whom stays, and no archive can be asked who posted at that second."""
_EMPTIED: Final = ("parent_post_id", "parent_account_id", "urls", "hashtags", "mentions", "media", "objects", "client")
"""Columns of posts that no report needs and that can name people."""


def veiled_run(run: RunFiles, settings: PrivacySettings, key: bytes, folder: Path) -> RunFiles:
    """Write a copy of a run as the profile lets others see it, and return its files; for 'open' the run itself.

    Parameters
    ----------
    run : a finished run with everything in it.
    key : the secret of the pseudonyms (see :func:`read_key`).
    folder : empty; the copy is no smaller than tables, evidence and posts of the run.

    Notes
    -----
    Linear in rows; posts and evidence stream through. Held are the accounts, and of one layer its distinct objects.
    """
    if settings.profile == "open":
        return run
    veil = Veil(settings, key, run.table("accounts"))
    networks = run.table("networks", ["network", "accounts", "tier"])
    kept = kept_networks(networks, veil)
    if kept is not None:
        veil = replace(veil, unlabelled=_rarely_labelled(run, veil, kept))
    for name in ("tables", "evidence"):
        (folder / name).mkdir(parents=True)
    for name in RUN_TABLES:
        table = veiled_table(name, _named_files(run, name, run.table(name)), veil, kept)
        RUN_TABLES[name].check(table).write_parquet(folder / "tables" / f"{name}.parquet", compression="zstd")
    traces = {layer: str(about["trace"]) for layer, about in run.manifest["layers"].items()}
    for layer, frame in run.evidence().items():
        _write_evidence(frame, traces.get(layer, ""), veil, (folder / "evidence" / f"{layer}.parquet", traces))
    _write_posts(run, veil, folder / "posts.parquet")
    _write_refused(run, folder / "quarantine.ndjson")
    manifest = _manifest(run, veil, networks, kept)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return RunFiles(folder, folder / "posts.parquet")


@contextmanager
def as_published(folder: Path) -> Iterator[RunFiles]:
    """Open a finished run as its own profile lets others see it; a copy, if it takes one, is gone afterwards.

    Raises
    ------
    RunError
        There is no finished run in the folder, or its key cannot be read.
    """
    run = open_run(folder)
    config = run.manifest["config"]
    settings = PrivacySettings.model_validate(config["settings"].get("privacy", {}))
    if settings.profile == "open":
        yield run
        return
    path = Path(config["path"]).absolute().parent / settings.key if settings.key else folder / KEY_FILE
    with tempfile.TemporaryDirectory() as scratch:
        yield veiled_run(run, settings, read_key(path, make=False), Path(scratch) / "run")


def _rarely_labelled(run: RunFiles, veil: Veil, kept: pl.Series) -> pl.Series:
    """Return what stands for the accounts whose label fewer than k of a network have; again until no more are added."""
    members = run.table("members", ["network", "account_id"]).filter(pl.col("network").is_in(kept.implode()))
    labels = veil.accounts.select("account_id", "label").drop_nulls()
    labelled = members.join(labels, on="account_id").join(veil.names, on="account_id")
    rare = pl.Series("shown", dtype=pl.String)
    while True:
        few = pl.len().over("network", "label") < veil.settings.k
        more = labelled.filter(few)["shown"]
        if more.is_empty():
            return rare
        rare = rare.append(more)
        labelled = labelled.filter(~pl.col("shown").is_in(rare.implode()))


def _write_evidence(frame: pl.LazyFrame, trace: str, veil: Veil, to: tuple[Path, dict[str, str]]) -> None:
    path, traces = to
    ends = pl.concat([frame.select("object", account=end) for end in ("source", "target")])
    people = pl.col("account").n_unique() if veil.public else pl.lit(0, dtype=pl.UInt32)
    objects = ends.group_by("object").agg(accounts=people).sort("object").collect(engine="streaming")
    shown = veiled_objects(objects, trace, veil, traces)
    if veil.public:
        shown = shown.with_columns(moves(shown["object"], veil.key, most_s=_MOVED))
    posts = {f"post_{end}": pl.format("row:{}", f"row_{end}") for end in ("source", "target")}
    named = frame.join(shown.lazy(), on="object", how="left", maintain_order="left")
    if veil.public:
        named = named.with_columns(pl.col("time_source", "time_target") + pl.col("moved")).drop("moved")
    named = named.with_columns(object="shown", **posts).drop("shown")
    turned = veiled_ends(named, veil).select(list(EVIDENCE.columns))
    turned.sink_parquet(path, compression="zstd", maintain_order=True, row_group_size=_ROW_GROUP)


def _write_posts(run: RunFiles, veil: Veil, path: Path) -> None:
    shown = veil.names.lazy().select("account_id", "shown")
    posts = run.scan_posts().join(shown, on="account_id", how="left", maintain_order="left")
    if veil.public:
        hours = pl.col("created_at").dt.truncate("1h")
        posts = posts.with_columns(created_at=hours, text=pl.lit(None, dtype=pl.String))
    else:
        posts = posts.join(_quotable(run), on="post", how="left", maintain_order="left")
        posts = posts.with_columns(text=_quote(pl.when("quotable").then("text"), veil))
    posts = posts.with_columns(
        post_id=pl.format("row:{}", "post"),
        account_id="shown",
        source_file=pl.lit(_WITHHELD),
        source_row=pl.lit(0, dtype=pl.UInt32),
        **{name: pl.lit(None, dtype=POSTS.schema[name]) for name in _EMPTIED},
    ).select(list(POSTS.columns))
    posts.sink_parquet(path, compression="zstd", maintain_order=True, row_group_size=_ROW_GROUP)


def _quotable(run: RunFiles) -> pl.LazyFrame:
    """Return post (of those that evidence rests on), quotable: true; no other post needs a text in a report."""
    ends = [frame.select(post=f"row_{end}") for frame in run.evidence().values() for end in ("source", "target")]
    found = pl.concat([pl.LazyFrame(schema={"post": pl.UInt32}), *ends]).unique()
    return found.with_columns(quotable=pl.lit(value=True))


def _quote(text: pl.Expr, veil: Veil) -> pl.Expr:
    """Return the masked beginning of a text; what is masked is cut afterwards, so that no half of a name is left."""
    masked, length = veil.mask(text), veil.settings.quote
    whole = masked.str.len_chars() <= length
    return pl.when(whole).then(masked).otherwise(pl.concat_str(masked.str.slice(0, length), pl.lit("…")))


def _files(run: RunFiles) -> dict[str, str]:
    """Return what stands for the input files: their names can be those of accounts."""
    return {file["file"]: f"file {n}" for n, file in enumerate(run.manifest["inputs"], 1)}


def _named_files(run: RunFiles, name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the ledger with numbers for files; other tables name none."""
    if name != "ledger":
        return frame
    layers = list(run.manifest["layers"])
    known = pl.col("where").replace_strict(_files(run), default="a file", return_dtype=pl.String)
    return frame.with_columns(where=pl.when(pl.col("where").is_in([*layers, ""])).then("where").otherwise(known))


def _write_refused(run: RunFiles, path: Path) -> None:
    """Write the refused rows with nothing but the number of their file and the reason, without what that quotes."""
    source = run.folder / "quarantine.ndjson"
    if not source.is_file() or not source.stat().st_size:
        path.touch()
        return
    refused = pl.scan_ndjson(source, schema={"file": pl.String, "reason": pl.String})
    file = pl.col("file").replace_strict(_files(run), default="a file", return_dtype=pl.String)
    reason = pl.col("reason").str.replace_all(r"'[^']*'|\"[^\"]*\"", "'…'")
    refused.select(file=file, reason=reason).sink_ndjson(path, maintain_order=True)


def _manifest(run: RunFiles, veil: Veil, networks: pl.DataFrame, kept: pl.Series | None) -> dict[str, Any]:
    """Return the manifest without names of files, lists of accounts and paths; with the profile."""
    manifest, settings, files = run.manifest, veil.settings, _files(run)
    config = manifest["config"]
    told = {name: part for name, part in config["settings"].items() if name not in {"input", "block", "allow"}}
    told |= {
        "privacy": told.get("privacy", {}) | {"key": _WITHHELD} | settings.model_dump(mode="json", exclude={"key"})
    }
    for section, file in (("accounts", "model"), ("verdicts", "file"), ("text", "encoder")):
        if told.get(section, {}).get(file):
            told |= {section: told[section] | {file: _WITHHELD}}
    notes = [note for note in manifest["read"]["notes"] if not any(name in note for name in files)]
    shown = networks if kept is None else networks.filter(pl.col("network").is_in(kept.implode()))
    return manifest | {
        "config": {"name": config["name"], "path": Path(config["path"]).name, "settings": told},
        "inputs": [file | {"file": files[file["file"]]} for file in manifest["inputs"]],
        "read": manifest["read"] | {"notes": notes},
        "layers": {name: _layer(about, veil) for name, about in manifest["layers"].items()},
        "networks": len(shown),
        "tiers": dict(shown.group_by("tier").len().sort("tier").iter_rows()),
        "posts": "posts.parquet",
        "privacy": settings.model_dump(mode="json", exclude={"key"})
        | {"key": fingerprint(veil.key), "untold": len(networks) - len(shown)},
    }


def _layer(about: dict[str, Any], veil: Veil) -> dict[str, Any]:
    few = veil.public and about["accounts"] < veil.settings.k
    return about | ({"accounts": None} if few else {})
