"""What the page says about the run as a whole: what was read and dropped, how, and what came out."""

from datetime import datetime
from typing import Any, Final

import polars as pl

from cib.report import control
from cib.report.grid import Grid, date_cell, figure_cell, text_cell
from cib.report.privacy.told import profile_sentence
from cib.report.run import RunFiles
from cib.report.safe import cut
from cib.report.words import bytes_text, chance, count, day, duration, listed, sentenced, share, tier_words

__all__ = ["facts", "sentence"]

_STRONGEST: Final = 5
_GENERIC: Final = 20


def facts(run: RunFiles) -> dict[str, Any]:
    """Return what the sections around the networks show, by name (see templates/report.html.j2)."""
    manifest = run.manifest
    found = run.table("networks").sort("network")
    return {
        "read": _read_sentence(manifest["read"]),
        "privacy": profile_sentence(manifest),
        "outcome": _outcome(found, len(run.homes)),
        "sure": _sure(found),
        "strongest": [
            (row["network"], sentence(run, row), row["tier"], tier_words(row["tier"])[0], sentenced(row["tier_reason"]))
            for row in found.filter(pl.col("tier") != "abstain").head(_STRONGEST).iter_rows(named=True)
        ],
        "caveats": manifest["caveats"],
        "notes": manifest["read"]["notes"],
        "inputs": _inputs(manifest["inputs"]),
        "ledger": _ledger(run.table("ledger")),
        "quarantine": _quarantine(run),
        "generic": _generic(run.table("generic")),
        "settings": _settings(manifest["config"]["settings"]),
        "layers": _layers(run),
        "control": control.outcome(manifest),
        "by_chance": control.beside(run),
        "ranking": _ranking(found),
        "stages": _stages(manifest["stages"]),
        "run": _how(manifest),
        "command": f"cib run {manifest['config']['path']}",
    }


def sentence(run: RunFiles, network: dict[str, Any]) -> str:
    """Return one careful sentence about a network: what agrees, how much, when."""
    shared = listed([run.shared(layer) for layer in network["layers"]])
    return (
        f"{count(network['accounts'], 'account')} whose activity agrees more than chance explains, "
        f"in {count(len(network['layers']), 'kind')} of act: {shared}. "
        f"They share {count(network['objects'], 'object')} on {count(network['days'], 'day')} "
        f"between {day(network['first_at'])} and {day(network['last_at'])}."
    )


def _generic(found: pl.DataFrame) -> Grid:
    """Return the texts that were left out because they are nobody's."""
    heads = ["Text", "Accounts", "Posts", "Pairs of its accounts that share another text", "Why"]
    rows = [
        [
            text_cell(cut(row["text"], 160)),
            figure_cell(row["accounts"]),
            figure_cell(row["posts"]),
            figure_cell(row["connected"], share),
            text_cell(row["why"]),
        ]
        for row in found.head(_GENERIC).iter_rows(named=True)
    ]
    note = f"The first {len(rows)} of {len(found):,}; tables/generic.parquet has all. They link nobody."
    return Grid(
        "Generic texts: left out because many accounts use them that have little else in common", heads, rows, note
    )


def _read_sentence(read: dict[str, Any]) -> str:
    if not read["posts"]:
        return "No post was read, so nothing could be looked for."
    first, last = (day(datetime.fromisoformat(read[name])) for name in ("first_at", "last_at"))
    refused = (
        f" {count(read['refused'], 'row')} could not be read and {'was' if read['refused'] == 1 else 'were'} set aside."
        if read["refused"]
        else ""
    )
    return (
        f"{count(read['posts'], 'post')} by {count(read['accounts'], 'account')} were read, from {first} to {last}. "
        f"Times are known to {duration(read['resolution_s'])}.{refused}"
    )


def _outcome(found: pl.DataFrame, members: int) -> str:
    if found.is_empty():
        return (
            "No candidate network was found: under these settings no group of accounts agrees more than "
            "chance explains. That is a result, not an all-clear."
        )
    tiers = dict(found.group_by("tier").len().iter_rows())
    parts = [f"{tiers[tier]:,} in tier {tier} ({tier_words(tier)[0]})" for tier in ("A", "B", "C") if tier in tiers]
    if "abstain" in tiers:
        parts.append(f"{tiers['abstain']:,} on which the tool abstains")
    accounts = count(members, "account")
    return f"{count(len(found), 'candidate network')} with {accounts} came out: {listed(parts)}."


def _sure(found: pl.DataFrame) -> str:
    """Return how far the best network is believed, and what its tier means."""
    tiers = [tier for tier in ("A", "B", "C") if tier in set(found["tier"])]
    if not tiers:
        return "The tool stands behind none." if len(found) else "There is nothing to be sure of."
    word, meaning = tier_words(tiers[0])
    only = "at most" if tiers[0] != "A" else "for the best"
    return f"Confidence is {only} '{word}' (tier {tiers[0]}). {meaning}"


def _ranking(found: pl.DataFrame) -> Grid:
    heads = [
        "Network",
        "Level",
        "Tier",
        "p",
        "Score",
        "Accounts",
        "Objects",
        "Days",
        "Density",
        "Exclusivity",
        "Stability",
        "Layers",
        "First",
        "Last",
    ]
    rows = [
        [
            figure_cell(row["network"]),
            text_cell(row["level"]),
            text_cell(row["tier"]),
            figure_cell(row["p_family"], chance),
            *(
                figure_cell(row[name])
                for name in ("score", "accounts", "objects", "days", "density", "exclusivity", "stability")
            ),
            text_cell(", ".join(row["layers"])),
            date_cell(row["first_at"]),
            date_cell(row["last_at"]),
        ]
        for row in found.iter_rows(named=True)
    ]
    return Grid("All candidate networks, ranked by score", heads, rows)


def _inputs(inputs: list[dict[str, Any]]) -> Grid:
    rows = [
        [
            text_cell(file["file"]),
            text_cell(file["format"]),
            figure_cell(file["bytes"], lambda size: bytes_text(int(size or 0))),
            figure_cell(file["rows"], _whole),
            figure_cell(file["refused"], _whole),
            text_cell(file["blake2b"]),
        ]
        for file in inputs
    ]
    return Grid("Files read", ["File", "Format", "Size", "Rows", "Refused", "Digest (BLAKE2b)"], rows)


def _ledger(ledger: pl.DataFrame) -> Grid:
    rows = [
        [
            text_cell(row["stage"]),
            text_cell(row["where"]),
            text_cell(row["reason"]),
            figure_cell(row["rows_in"], _whole),
            figure_cell(row["rows_out"], _whole),
            figure_cell(row["rows_in"] - row["rows_out"], _whole),
            text_cell("; ".join(cut(example, 120) for example in row["examples"])),
        ]
        for row in ledger.iter_rows(named=True)
    ]
    return Grid(
        "What each step took in and left out",
        ["Stage", "Where", "Reason", "Rows in", "Rows out", "Difference", "Examples"],
        rows,
    )


def _quarantine(run: RunFiles) -> Grid:
    """Count the refused rows by file and reason; the file's other fields are not read."""
    path = run.folder / "quarantine.ndjson"
    heads = ["File", "Reason", "Rows"]
    if not path.is_file() or not path.stat().st_size:
        return Grid("Refused rows by reason", heads, [])
    refused = pl.scan_ndjson(path, schema={"file": pl.String, "reason": pl.String})
    counted = refused.group_by("file", "reason").len().sort("len", "file", "reason", descending=[True, False, False])
    rows = [
        [text_cell(file), text_cell(reason), figure_cell(n, _whole)]
        for file, reason, n in counted.collect().iter_rows()
    ]
    return Grid("Refused rows by reason", heads, rows, note="The rows are in quarantine.ndjson.")


def _settings(settings: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Return every setting as 'section.key' and its value."""
    lines = []
    for name, value in settings.items():
        if isinstance(value, dict) and value:
            lines += _settings(value, f"{prefix}{name}.")
        else:
            lines.append((prefix + name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return lines


def _layers(run: RunFiles) -> Grid:
    counts = ("traces", "objects", "accounts", "pairs", "edges", "edges_kept")
    rows = [
        [
            text_cell(name, quiet=run.shared(name)),
            text_cell(layer["status"], quiet=layer["reason"]),
            text_cell("at any time" if layer["window"] == "none" else _window(layer["window"])),
            figure_cell(layer["min_objects"], _whole),
            *(figure_cell(layer[column], _whole) for column in counts),
        ]
        for name, layer in run.manifest["layers"].items()
    ]
    heads = [
        "Layer",
        "Status",
        "Window",
        "Least objects",
        "Acts",
        "Objects",
        "Accounts",
        "Pairs of posts",
        "Edges",
        "Edges kept",
    ]
    return Grid("Layers: what counted as acting together, and what came of it", heads, rows)


def _window(text: str) -> str:
    return duration(float(text.removesuffix("s"))) if text.endswith("s") else text


def _stages(stages: list[dict[str, Any]]) -> Grid:
    rows = [
        [
            text_cell(stage["stage"]),
            text_cell(stage["part"]),
            figure_cell(stage["seconds"], lambda s: f"{s:.2f}"),
            figure_cell(stage["peak_mb"], lambda mb: f"{mb:,.0f}"),
            figure_cell(stage["rows_in"], _whole),
            figure_cell(stage["rows_out"], _whole),
            text_cell("from cache" if stage["cached"] else "computed"),
        ]
        for stage in stages
    ]
    return Grid(
        "Steps of the run", ["Stage", "Part", "Seconds", "Peak memory, MB", "Rows in", "Rows out", "Result"], rows
    )


def _how(manifest: dict[str, Any]) -> list[tuple[str, str]]:
    packages = ", ".join(f"{name} {version}" for name, version in sorted(manifest["packages"].items()))
    return [
        ("cib", manifest["cib_version"]),
        ("Python", manifest["python"]),
        ("Packages", packages),
        ("Config", f"{manifest['config']['path']} ({manifest['config']['name']})"),
        ("Seed", str(manifest["seed"])),
        ("Time", duration(manifest["seconds"])),
        ("Peak memory", f"{manifest['peak_mb']:,.0f} MB"),
    ]


def _whole(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"
