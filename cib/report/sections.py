"""One section of the page a network: its score part by part, its evidence, its posts, its accounts, its doubts."""

from typing import Any, Final

import polars as pl

from cib.report.about import sentence
from cib.report.grid import Cell, Grid, by_network, figure_cell, text_cell, time_cell
from cib.report.members import accounts, labels
from cib.report.organic import explanations, roles
from cib.report.portrait import portraits
from cib.report.quotes import pairs_to_quote, posts, shared_objects, within
from cib.report.run import RunFiles, label
from cib.report.safe import cut
from cib.report.sensitivity import sensitivity
from cib.report.together import groups
from cib.report.verdicts import verdicts
from cib.report.versions import differences, versions
from cib.report.words import chance, count, delay, duration, moment, number, people, sentenced, share, tier_words
from cib.settings import ReportSettings
from cib.tables import NETWORKS

__all__ = ["networks"]

_OBJECTS: Final = 4
_TEXT: Final = 600
_LOWERED: Final = 0.95
"""A factor below this is told as a doubt."""


def networks(run: RunFiles, settings: ReportSettings) -> list[dict[str, Any]]:
    """Return what the page shows of the first `settings.networks` networks (see templates/report.html.j2)."""
    found = run.table("networks").sort("network").head(settings.networks)
    if found.is_empty():
        return []
    members = run.table("members").join(found.select("network"), on="network", how="semi")
    parts: dict[str, dict[int, Any]] = {
        "layers": _layers(run, members),
        "objects": _objects(run, members),
        "quotes": _quotes(run, members, settings.posts),
        "versions": versions(run, members),
        "explanations": explanations(run, found),
        "accounts": accounts(run, members),
        "labels": labels(run, members),
        "together": groups(run, found),
        "portrait": portraits(run, members),
        "sensitivity": sensitivity(run, members),
        "verdicts": verdicts(run, found),
    }
    return [
        {name: part.get(row["network"], []) for name, part in parts.items()}
        | {
            "number": row["network"],
            "figure": f"network_{row['network']:02d}",
            "tier": row["tier"],
            "tier_word": tier_words(row["tier"])[0],
            "tier_text": tier_words(row["tier"])[1],
            "tier_reason": sentenced(row["tier_reason"]),
            "sentence": sentence(run, row),
            "facts": _facts(row),
            "score": _score(row),
            "doubts": _doubts(row),
            "roles": roles(members, row["network"], run.least),
        }
        for row in found.iter_rows(named=True)
    ]


def _facts(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("Accounts", f"{row['accounts']:,}"),
        ("Edges", f"{row['edges']:,} ({share(row['density'])} of all pairs of members)"),
        ("Shared objects", f"{row['objects']:,} on {count(row['days'], 'day')}"),
        ("First and last co-action", f"{moment(row['first_at'])} to {moment(row['last_at'])}"),
        ("Exclusivity", f"{share(row['exclusivity'])} of all who acted on its objects are members (median)"),
        ("Synchrony", _synchrony(row["synchrony"])),
        ("Stability", f"{share(row['stability'])}"),
        ("Found as", _level(row)),
        ("Against shuffled data", _by_chance(row)),
    ]


def _level(row: dict[str, Any]) -> str:
    if row["level"] == "cell" and row["parent"] is not None:
        return f"cell, most of it inside theme {row['parent']}"
    return "theme and cell: both levels find nearly the same accounts" if row["level"] == "both" else str(row["level"])


def _by_chance(row: dict[str, Any]) -> str:
    if row["p_family"] is None:
        return "not done"
    found = f"p {chance(row['p_family'])} over all networks"
    if row["ratio"] is None:
        return f"{found}; no shuffle gave a network"
    return f"{found}; its evidence is {number(row['ratio'])} times the most that any shuffle gave"


def _synchrony(value: float | None) -> str:
    if value is None:
        return "not tested: none of its layers has a window"
    return f"{share(value)} of its edges in layers with a window are closer in time than chance (p_sync ≤ 0.01)"


def _score(row: dict[str, Any]) -> Grid:
    """Return the score and its parts; the meaning of each is its sentence in the contract."""
    names = ["evidence", *(name for name in row if name.startswith("factor_"))]
    parts = [
        [
            text_cell(f"× {_part(name)}" if name.startswith("factor_") else _part(name)),
            figure_cell(row[name]),
            text_cell(NETWORKS.columns[name].doc),
        ]
        for name in names
    ]
    parts.append(
        [
            text_cell("= score"),
            figure_cell(row["score"]),
            text_cell("what the networks are ranked by; it has no scale outside this run"),
        ]
    )
    return Grid("The score, part by part", ["Part", "Value", "Meaning"], parts, sorts=False)


def _part(name: str) -> str:
    return name.removeprefix("factor_")


def _doubts(row: dict[str, Any]) -> list[str]:
    """Return what speaks against the network or weakens it, in the order of the score's parts."""
    lowered = [
        f"The factor '{_part(name)}' cuts the score to {share(row[name])} ({NETWORKS.columns[name].doc})."
        for name in row
        if name.startswith("factor_") and row[name] < _LOWERED
    ]
    small = (
        [f"It is small: {count(row['accounts'], 'account')}. Chance and personal friendship make small groups."]
        if row["accounts"] < 5
        else []
    )
    alone = ["Only one layer carries it, so one organic habit could explain it."] if len(row["layers"]) == 1 else []
    return lowered + small + alone


def _layers(run: RunFiles, members: pl.DataFrame) -> dict[int, Grid]:
    """Summarise the edges inside each network, layer by layer; of a layer only those that the graph kept."""
    kept = (
        within(run.table("graph").lazy(), members)
        .explode("layers")
        .select("network", "source", "target", layer="layers")
    )
    linked = kept.join(run.table("edges").lazy(), on=["source", "target", "layer"])
    # In one fixed order and one piece, because sums of floats depend on both.
    inside = linked.sort("network", "layer", "source", "target").collect().rechunk()
    counted = inside.group_by("network", "layer").agg(
        pl.len().alias("edges"),
        pl.col("objects").median().alias("objects"),
        pl.col("objects").max().alias("objects_max"),
        pl.col("overlap").sum(),
        pl.col("expected").sum(),
        pl.col("p").median().alias("p"),
        pl.col("q").min().alias("q_min"),
        pl.col("q").max().alias("q_max"),
        pl.col("delta_median_s").median(),
    )
    heads = [
        "Layer",
        "Edges",
        "Objects of an edge, median",
        "Objects, most",
        "Shared objects, all edges",
        "Expected by chance",
        "p, median",
        "q, from",
        "q, to",
        "Delay, median",
    ]
    return {
        network: Grid(
            "Evidence by layer, over the edges between members",
            heads,
            [_layer_cells(row, run.shared(row["layer"])) for row in part.iter_rows(named=True)],
        )
        for network, part in by_network(
            counted.sort("network", "edges", "layer", descending=[False, True, False])
        ).items()
    }


def _layer_cells(row: dict[str, Any], shared: str) -> list[Cell]:
    return [
        text_cell(row["layer"], quiet=shared),
        figure_cell(row["edges"]),
        figure_cell(row["objects"]),
        figure_cell(row["objects_max"]),
        figure_cell(row["overlap"]),
        figure_cell(row["expected"]),
        figure_cell(row["p"], chance),
        figure_cell(row["q_min"], chance),
        figure_cell(row["q_max"], chance),
        figure_cell(row["delta_median_s"], lambda s: duration(s or 0)),
    ]


def _objects(run: RunFiles, members: pl.DataFrame) -> dict[int, Grid]:
    top = shared_objects(run, members, per_layer=_OBJECTS).with_columns(pl.col("object").str.slice(0, 4 * _TEXT))
    size = dict(members.group_by("network").len().iter_rows())
    heads = ["Object", "Layer", "Members", "of all members", "of all it links", "Pairs of posts", "First", "Last"]
    note = (
        f"The {_OBJECTS} most shared of each layer; evidence/ has all. Surprising is what many members share and "
        "nearly only they: 'of all it links' is their part of the accounts that it links anywhere in this data."
    )
    return {
        network: Grid(
            "What its members shared most",
            heads,
            [_object_cells(row, size[network], run.least) for row in part.iter_rows(named=True)],
            note,
        )
        for network, part in by_network(top).items()
    }


def _object_cells(row: dict[str, Any], size: int, least: int) -> list[Cell]:
    few = row["members"] < least
    return [
        text_cell(cut(row["object"], 160)),
        text_cell(row["layer"]),
        figure_cell(max(row["members"], least), lambda _: people(row["members"], least)),
        figure_cell(None if few else row["members"] / size, share),
        figure_cell(None if few else row["members"] / max(row["linked"], 1), share),
        figure_cell(row["pairs"]),
        time_cell(row["first_at"]),
        time_cell(row["last_at"]),
    ]


def _quotes(run: RunFiles, members: pl.DataFrame, wanted: int) -> dict[int, list[dict[str, Any]]]:
    """Return for each network pairs of posts to read side by side."""
    chosen = pairs_to_quote(run, members, count=wanted)
    texts = posts(run, pl.concat([chosen["row_source"], chosen["row_target"]]), length=_TEXT)
    names = run.table("accounts").select("account_id", name=label())
    quoted = {row["post"]: row for row in texts.join(names, on="account_id", how="left").iter_rows(named=True)}
    found: dict[int, list[dict[str, Any]]] = {}
    for row in chosen.iter_rows(named=True):
        sides = [quoted[row["row_source"]], quoted[row["row_target"]]]
        pair = {
            "layer": row["layer"],
            "shared": run.shared(row["layer"]),
            "object": cut(row["object"][: 4 * _TEXT], 160),
            "delay": delay(row["delta_s"]),
            "posts": _marked([_quoted(side) for side in (sides if row["delta_s"] >= 0 else sides[::-1])]),
        }
        found.setdefault(row["network"], []).append(pair)
    return found


def _marked(pair: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return two posts, in the second the words marked that the first does not have."""
    one, two = (post["text"] for post in pair)
    return [pair[0] | {"parts": [(one, False)]}, pair[1] | {"parts": differences(one, two)}]


def _quoted(post: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": post["name"] or post["account_id"],
        "account_id": post["account_id"],
        "at": moment(post["created_at"]),
        "kind": post["kind"],
        "text": post["text"],
        "more": f"… [{post['more']:,} more characters]" if post["more"] else "",
        "post_id": post["post_id"],
        "origin": f"({post['source_file']}, row {post['source_row']})"
        if not post["post_id"].startswith("row:")
        else "",
    }
