"""What the files of a run hold, written from the contracts of its tables."""

from typing import Final

from cib.contract import Table
from cib.tables import EVIDENCE, RUN_TABLES

__all__ = ["dictionary"]


def dictionary() -> str:
    """Return the data dictionary as Markdown: every file, and every column with its type and meaning."""
    parts = [
        _table_page(f"tables/{name}.parquet, exports/tables/{name}.csv", table) for name, table in RUN_TABLES.items()
    ]
    parts.append(_table_page("evidence/LAYER.parquet", EVIDENCE))
    return _HEAD + "\n".join(parts)


def _table_page(files: str, table: Table) -> str:
    rows = [
        f"| `{name}` | {str(column.dtype).replace('|', '/')} | {'yes' if column.nullable else 'no'} | {column.doc} |"
        for name, column in table.columns.items()
    ]
    key = f" Key: {', '.join(f'`{name}`' for name in table.key)}." if table.key else ""
    head = f"## {table.name}\n\n`{files}`: {table.doc}.{key}\n\n"
    return head + "\n".join(["| column | type | may be empty | meaning |", "|---|---|---|---|", *rows]) + "\n"


_HEAD: Final = """\
# What the files of this run hold

Times are UTC. `*_s` is in seconds, `p_*` are probabilities, `q` is a false-discovery rate, shares lie between 0 and 1.
In the CSV files a list is joined by ` | `, and text that a spreadsheet would take for a formula starts with an
apostrophe; the Parquet files hold the text as it was.

| file | what |
|---|---|
| `graph.gexf` | the fused graph for Gephi, with positions, colours by network, and when each edge was active |
| `graph.graphml` | the same graph for igraph, networkx and others |
| `graph.cyjs` | the same graph for Cytoscape, with positions |
| `nodes.csv`, `nodes.parquet` | its accounts: `degree` linked accounts, `strength` summed weight in nats, place |
| `edges.csv`, `edges.parquet` | its edges |
| `networks.csv` | the candidate networks, ranked |
| `accounts.csv` | one row per account in a network or with indicators: `value_NAME` and `percentile_NAME` of each |
| `indicators.csv` | members of networks in tiers A to C, and what they shared most; addresses as `hxxps`, `[.]` |
| `stix.json` | the same as a STIX 2.1 bundle |
| `tables/*.csv` | every table of the run, as described below |

Of a public report, `<5` stands for a number of accounts that is not told.

"""
