"""What the page knows of each account and link that it holds, as columns for its script."""

from typing import Any, Final

import numpy as np
import polars as pl

from cib.report.interactive.chosen import Chosen
from cib.report.interactive.columns import packed, texts
from cib.report.palette import GREY, NETWORK_COLOURS, layer_colours
from cib.report.run import RunFiles
from cib.settings import ReportSettings

__all__ = ["graph_block", "layer_numbers"]

_ROLES: Final = ("leader", "amplifier", "peripheral")
_LABELS: Final = 8
"""Known labels that get a colour: the most frequent."""
_NONE: Final = 255
_DAY: Final = 86400
_NAME: Final = 101
"""Characters of a name: the longest label of an account, and its '@'."""
_BITS: Final = 31
"""Layers that a link's mask can tell apart."""


def graph_block(run: RunFiles, chosen: Chosen, settings: ReportSettings) -> str:
    """Return the packed graph: about, name, id, a column for each fact of an account, and for each fact of a link.

    Times are days since 1970; `q` is its logarithm to the base 10; an absent percentile, role or label is 255.
    """
    layers = layer_numbers(run)
    accounts = _accounts(run, chosen.nodes)
    labels = _labels(accounts["known"])
    columns: dict[str, Any] = {
        "about": _about(run, chosen, settings, labels),
        "name": texts(accounts["label"], length=_NAME),
        "id": texts(accounts["account_id"], length=_NAME),
        "network": accounts["network"].fill_null(0).cast(pl.UInt32).to_numpy(),
        "role": _codes(accounts["role"], list(_ROLES)),
        "label": _codes(accounts["known"], labels),
        "layer": _main_layer(chosen, layers),
        "links": accounts["degree"].cast(pl.UInt32).to_numpy(),
        "strength": _f32(accounts["strength"]),
        "coordination": _f32(accounts["coordination"]),
        "x": _f32(accounts["x"]),
        "y": _f32(accounts["y"]),
        **_memberships(run, chosen.nodes),
        **_percentiles(run, chosen.nodes),
        **_edges(chosen.edges, layers),
    }
    return packed(columns)


def layer_numbers(run: RunFiles) -> list[str]:
    """Return the layers in the order in which the script numbers them."""
    return list(run.manifest["layers"])[:_BITS]


def _accounts(run: RunFiles, nodes: pl.DataFrame) -> pl.DataFrame:
    roles = run.table("members").filter("home").select("account_id", "role")
    levels = run.table("scores").select("account_id", "coordination")
    known = run.table("accounts").select("account_id", known="label")
    for more in (roles, levels, known):
        nodes = nodes.join(more, on="account_id", how="left", maintain_order="left")
    return nodes


def _labels(known: pl.Series) -> list[str]:
    """Return the most frequent known labels."""
    counted = known.drop_nulls().alias("label").value_counts().sort("count", "label", descending=[True, False])
    return [str(name) for name in counted["label"].head(_LABELS)]


def _codes(column: pl.Series, names: list[str]) -> np.ndarray[Any, Any]:
    codes = list(range(len(names)))
    return column.replace_strict(names, codes, default=_NONE, return_dtype=pl.UInt8).fill_null(_NONE).to_numpy()


def _f32(column: pl.Series) -> np.ndarray[Any, Any]:
    return column.cast(pl.Float32).fill_null(float("nan")).to_numpy()


def _main_layer(chosen: Chosen, layers: list[str]) -> np.ndarray[Any, Any]:
    """Return the number of the layer that carries most of each account's weight."""
    strongest = chosen.edges.select("a", "b", "weight", layer=pl.col("layers").list.first())
    ends = pl.concat(strongest.select(i=end, layer="layer", weight="weight") for end in ("a", "b"))
    summed = ends.sort("i", "layer", "weight").group_by("i", "layer", maintain_order=True).agg(pl.col("weight").sum())
    best = summed.sort("weight", "layer", descending=[True, False]).unique("i", keep="first", maintain_order=True)
    placed = chosen.nodes.select("i").join(best, on="i", how="left", maintain_order="left")
    return _codes(placed["layer"], layers)


def _memberships(run: RunFiles, nodes: pl.DataFrame) -> dict[str, Any]:
    """Return every membership, also of networks that are not an account's highest."""
    found = run.table("members").join(nodes.select("account_id", "i"), on="account_id").sort("network", "i")
    return {
        "memberNetwork": found["network"].cast(pl.UInt32).to_numpy(),
        "memberAccount": found["i"].cast(pl.UInt32).to_numpy(),
    }


def _percentiles(run: RunFiles, nodes: pl.DataFrame) -> dict[str, Any]:
    """Return a column for each indicator: percentile of each account, 0 to 100."""
    rounded = (pl.col("percentile") * 100).round(0).cast(pl.UInt8)
    known = run.scan("indicators").select("account_id", "name", percentile=rounded)
    here = known.join(nodes.lazy().select("account_id", "i"), on="account_id").drop("account_id").collect()
    columns = {}
    for (name,), part in here.sort("name", "i").group_by("name", maintain_order=True):
        values = np.full(len(nodes), _NONE, dtype=np.uint8)
        values[part["i"].to_numpy()] = part["percentile"].fill_null(_NONE).to_numpy()
        columns[f"percentile:{name}"] = values
    return columns


def _edges(edges: pl.DataFrame, layers: list[str]) -> dict[str, Any]:
    masks = [1 << n for n in range(len(layers))]
    bit = pl.element().replace_strict(layers, masks, default=0, return_dtype=pl.UInt32)
    days = [
        (pl.col(name).dt.epoch("s") // _DAY).cast(pl.Int32).alias(other)
        for name, other in (("first_at", "since"), ("last_at", "until"))
    ]
    made = edges.select(
        "a",
        "b",
        pl.col("weight").cast(pl.Float32),
        pl.col("q").log10().cast(pl.Float32),
        pl.col("layers").list.eval(bit).list.sum().cast(pl.UInt32).alias("layers"),
        pl.col("objects").cast(pl.UInt32),
        *days,
    )
    return {name: made[name].to_numpy() for name in made.columns} | {
        "first": _codes(edges["layers"].list.first(), layers)
    }


def _about(run: RunFiles, chosen: Chosen, settings: ReportSettings, labels: list[str]) -> dict[str, Any]:
    layers = layer_numbers(run)
    days = chosen.edges.select(since=pl.col("first_at").min(), until=pl.col("last_at").max()).row(0)
    return {
        "layers": layers,
        "layerColours": list(layer_colours(list(run.manifest["layers"])).values())[: len(layers)],
        "networkColours": list(NETWORK_COLOURS),
        "grey": GREY,
        "roles": list(_ROLES),
        "labels": texts(pl.Series("label", labels, dtype=pl.String), length=_NAME),
        "labelColours": list(NETWORK_COLOURS[: len(labels)]),
        "indicators": run.scan("indicators").select(pl.col("name").unique().sort()).collect()["name"].to_list(),
        "accounts": chosen.all_nodes,
        "inNetworks": len(run.homes),
        "edges": chosen.all_edges,
        "since": int(days[0].timestamp() // _DAY) if days[0] else 0,
        "until": int(days[1].timestamp() // _DAY) if days[1] else 0,
        "large": chosen.all_nodes > settings.drawn_accounts,
        "drawnAccounts": settings.drawn_accounts,
        "drawnEdges": settings.drawn_edges,
        **_networks(run),
    }


def _networks(run: RunFiles) -> dict[str, Any]:
    """Return the networks as points, at the middle of their accounts, and how many links go between any two."""
    middle = run.nodes.drop_nulls("network").group_by("network").agg(pl.col("x", "y").mean())
    found = run.table("networks").sort("network").join(middle, on="network", how="left", maintain_order="left")
    found = found.with_columns(pl.col("x", "y").fill_null(0).round(2)).with_row_index("k")
    ends = run.homes.join(found.select("network", "k"), on="network").select("account_id", "k")
    between = (
        run.table("graph", ["source", "target"])
        .join(ends.rename({"k": "one"}), left_on="source", right_on="account_id")
        .join(ends.rename({"k": "two"}), left_on="target", right_on="account_id")
        .filter(pl.col("one") != pl.col("two"))
        .group_by(a=pl.min_horizontal("one", "two"), b=pl.max_horizontal("one", "two"))
        .agg(links=pl.len())
        .sort("a", "b")
    )
    networks = found.select("accounts", "edges", "tier", "x", "y", number="network")
    return {
        "networks": networks.to_dict(as_series=False),
        "between": between.to_dict(as_series=False),
    }
