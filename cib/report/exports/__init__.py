"""The run's results for other programs: Gephi, Cytoscape, spreadsheets, R, STIX, and a dictionary of every column.

Every format has a file here that writes it; the tests read each back with the library of the program it is for.
"""

from pathlib import Path
from typing import Final

import polars as pl

from cib.report.exports.activity import spells
from cib.report.exports.cytoscape import write_cytoscape
from cib.report.exports.dictionary import dictionary
from cib.report.exports.indicators import indicators, shown_objects
from cib.report.exports.sheets import accounts_wide, told
from cib.report.exports.stix import write_stix
from cib.report.exports.xml import write_gexf, write_graphml
from cib.report.palette import colours
from cib.report.run import RunFiles
from cib.report.safe import for_sheet
from cib.tables import RUN_TABLES

__all__ = ["write_exports"]

_TIME: Final = "%Y-%m-%dT%H:%M:%S%.fZ"
_ROW_GROUP: Final = 100_000


def write_exports(run: RunFiles, out: Path) -> list[Path]:
    """Write ``exports/`` of a run and return its files; ``dictionary.md`` among them says what each holds.

    Notes
    -----
    Linear in rows, and in the evidence of the graph's edges, which is scanned once. Text that a spreadsheet would run
    is defused (:func:`cib.report.safe.for_sheet`).
    """
    folder = out / "exports"
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    tables = {name: run.table(name) for name in RUN_TABLES}
    nodes = _nodes(run, tables)
    edges = tables["graph"].sort("source", "target")
    _write_graphs(run, nodes, edges, folder)
    objects = shown_objects(run, tables)
    write_stix(run, tables, objects, folder / "stix.json")
    named = {f"tables/{name}": told(frame, RUN_TABLES[name], run.least) for name, frame in tables.items()}
    sheets = named | {
        "nodes": nodes.rename({"account_id": "Id", "label": "Label"}),
        "edges": _for_gephi_edges(edges),
        "networks": named["tables/networks"],
        "accounts": accounts_wide(tables),
        "indicators": indicators(run, tables, objects),
    }
    for name, frame in sheets.items():
        for_sheet(frame).write_csv(folder / f"{name}.csv", datetime_format=_TIME)
    (folder / "dictionary.md").write_text(dictionary(), encoding="utf-8")
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _write_graphs(run: RunFiles, nodes: pl.DataFrame, edges: pl.DataFrame, folder: Path) -> None:
    """Write the fused graph in each format for programs that draw or compute with graphs."""
    write_gexf(_drawn(nodes), edges, spells(run, edges), folder / "graph.gexf")
    # igraph looks accounts up by `name`, and reads an '&' right in elements only, not in ids.
    named = nodes.drop("x", "y").with_columns(name="account_id").rename({"account_id": "id"})
    write_graphml(named, edges, folder / "graph.graphml")
    write_cytoscape(nodes, edges, folder / "graph.cyjs", title=str(run.manifest["config"]["name"]))
    for name, frame in (("nodes", nodes), ("edges", edges)):
        frame.write_parquet(folder / f"{name}.parquet", compression="zstd", row_group_size=_ROW_GROUP)


def _nodes(run: RunFiles, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    known = tables["accounts"].select("account_id", "platform", "followers", known_label="label")
    members = tables["members"].filter("home").select("account_id", "role", "share_inside", "stability")
    tiers = tables["networks"].select("network", "tier")
    joined = run.nodes.join(known, on="account_id", how="left").join(members, on="account_id", how="left")
    return joined.join(tiers, on="network", how="left").sort("account_id")


def _drawn(nodes: pl.DataFrame) -> pl.DataFrame:
    """Return the nodes with a size by strength and a colour by network."""
    strength = pl.col("strength")
    size = (4 + 16 * (strength / strength.max()).sqrt()).round(2)
    rgb = colours(nodes["network"])
    return nodes.rename({"account_id": "id"}).with_columns(size=size).with_columns(rgb)


def _for_gephi_edges(edges: pl.DataFrame) -> pl.DataFrame:
    named = edges.rename({"source": "Source", "target": "Target", "weight": "Weight", "layers": "Layers"})
    return named.select(
        "Source",
        "Target",
        pl.lit("Undirected").alias("Type"),
        "Weight",
        "Layers",
        pl.exclude("Source", "Target", "Weight", "Layers"),
    )
