"""The run's results for other programs: Gephi, spreadsheets, R, and a dictionary of every column."""

from pathlib import Path
from typing import Final

import polars as pl

from cib.report.gexf import write_gexf, write_graphml
from cib.report.palette import colours
from cib.report.run import RunFiles
from cib.report.safe import for_sheet
from cib.tables import EVIDENCE, RUN_TABLES, Table

__all__ = ["write_exports"]

_TIME: Final = "%Y-%m-%dT%H:%M:%S%.fZ"


def write_exports(run: RunFiles, out: Path) -> list[Path]:
    """Write ``exports/`` of a run and return its files.

    ``graph.gexf``, ``graph.graphml``, ``nodes.csv`` and ``edges.csv`` hold the fused graph with its layout;
    ``networks.csv`` the ranked networks; ``accounts.csv`` one row a member or described account, with all its
    indicators; ``tables/*.csv`` every table of the run; ``dictionary.md`` what each column means.

    Notes
    -----
    Linear in rows. Text that a spreadsheet would run is defused (:func:`cib.report.safe.for_sheet`).
    """
    folder = out / "exports"
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    tables = {name: run.table(name) for name in RUN_TABLES}
    nodes = _nodes(run, tables)
    edges = tables["graph"].sort("source", "target")
    write_gexf(_drawn(nodes), edges, folder / "graph.gexf")
    # igraph looks accounts up by `name`, and reads an '&' right in elements only, not in ids.
    named = nodes.drop("x", "y").with_columns(name="account_id").rename({"account_id": "id"})
    write_graphml(named, edges, folder / "graph.graphml")
    sheets = {
        "nodes": _for_gephi_nodes(nodes),
        "edges": _for_gephi_edges(edges),
        "networks": tables["networks"],
        "accounts": _accounts_wide(tables),
    }
    for name, frame in (sheets | {f"tables/{name}": frame for name, frame in tables.items()}).items():
        for_sheet(frame).write_csv(folder / f"{name}.csv", datetime_format=_TIME)
    (folder / "dictionary.md").write_text(_dictionary(), encoding="utf-8")
    return sorted(path for path in folder.rglob("*") if path.is_file())


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


def _for_gephi_nodes(nodes: pl.DataFrame) -> pl.DataFrame:
    return nodes.rename({"account_id": "Id", "label": "Label"})


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


def _accounts_wide(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Return one row per account that is in a network or has indicators; value and percentile of each side by side."""
    indicators = tables["indicators"].select("account_id", "name", "value", "percentile")
    wide = indicators.pivot(on="name", index="account_id", values=["value", "percentile"], maintain_order=False)
    wide = wide.select("account_id", *sorted(name for name in wide.columns if name != "account_id"))
    joined = tables["members"].filter("home").drop("home").join(wide, on="account_id", how="full", coalesce=True)
    known = tables["accounts"].select(
        "account_id", "handle", "name", "created_at", "followers", "following", "post_count", known_label="label"
    )
    return joined.join(known, on="account_id", how="left").sort("network", "account_id", nulls_last=True)


def _dictionary() -> str:
    parts = [
        _table_page(f"tables/{name}.parquet, exports/tables/{name}.csv", table) for name, table in RUN_TABLES.items()
    ]
    parts.append(_table_page("evidence/LAYER.parquet", EVIDENCE))
    return _DICTIONARY_HEAD + "\n".join(parts)


def _table_page(files: str, table: Table) -> str:
    rows = [
        f"| `{name}` | {str(column.dtype).replace('|', '/')} | {'yes' if column.nullable else 'no'} | {column.doc} |"
        for name, column in table.columns.items()
    ]
    key = f" Key: {', '.join(f'`{name}`' for name in table.key)}." if table.key else ""
    head = f"## {table.name}\n\n`{files}`: {table.doc}.{key}\n\n"
    return head + "\n".join(["| column | type | may be empty | meaning |", "|---|---|---|---|", *rows]) + "\n"


_DICTIONARY_HEAD: Final = """\
# What the files of this run hold

Times are UTC. `*_s` is in seconds, `p_*` are probabilities, `q` is a false-discovery rate, shares lie between 0 and 1.
In the CSV files a list is joined by ` | `, and text that a spreadsheet would take for a formula starts with an
apostrophe; the Parquet files hold the text as it was.

| file | what |
|---|---|
| `graph.gexf` | the fused graph for Gephi, with positions, colours by network, first and last co-action |
| `graph.graphml` | the same graph for Cytoscape, igraph, networkx and others |
| `nodes.csv` | its accounts: `degree` linked accounts, `strength` summed weight in nats, `x` and `y` as drawn |
| `edges.csv` | its edges |
| `networks.csv` | the candidate networks, ranked |
| `accounts.csv` | one row per account in a network or with indicators: `value_NAME` and `percentile_NAME` of each |
| `tables/*.csv` | every table of the run, as described below |

"""
