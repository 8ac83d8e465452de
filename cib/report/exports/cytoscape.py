"""The graph as JSON for Cytoscape and Cytoscape.js [1]_: elements with data and positions.

.. [1] https://js.cytoscape.org/#notation/elements-json
"""

import json
from pathlib import Path
from typing import Final

import polars as pl

__all__ = ["write_cytoscape"]

_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


def write_cytoscape(nodes: pl.DataFrame, edges: pl.DataFrame, path: Path, *, title: str) -> None:
    """Write ``elements`` JSON, one element a line.

    Parameters
    ----------
    nodes : account_id, label, x, y; further columns become data. `name` is what Cytoscape labels a node with.
    edges : source, target; further columns become data.
    """
    data = nodes.drop("x", "y", "label").rename({"account_id": "id"}).with_columns(name=nodes["label"])
    at = nodes.select(x="x", y=-pl.col("y"))  # its y axis points down
    linked = edges.with_columns(id=pl.format("e{}", pl.int_range(pl.len())))
    head = {"format_version": "1.0", "directed": False, "multigraph": False, "data": {"name": title}}
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(head)[:-1] + ', "elements": {"nodes": [\n')
        file.write(",\n".join(_lines(data, at)))
        file.write('\n], "edges": [\n')
        file.write(",\n".join(_lines(linked)))
        file.write("\n]}}\n")


def _lines(data: pl.DataFrame, at: pl.DataFrame | None = None) -> list[str]:
    told = data.with_columns(pl.col(pl.Datetime).dt.strftime(_TIME))
    parts = [pl.struct(told.columns).alias("data")]
    frame = told
    if at is not None:
        frame = pl.concat([told, at.rename({"x": "at_x", "y": "at_y"})], how="horizontal")
        parts.append(pl.struct(x="at_x", y="at_y").alias("position"))
    return frame.select(line=pl.struct(parts).struct.json_encode())["line"].to_list()
