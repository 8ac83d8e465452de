"""GEXF 1.3 and GraphML [1]_ [2]_, written from tables.

Both files are built as columns of text, one expression a row, so 500,000 edges take seconds where
per-element writers take minutes; and every string passes :func:`cib.report.safe.for_xml`, so a control
character in a name cannot break the file.

.. [1] https://gexf.net/1.3/
.. [2] http://graphml.graphdrawing.org/specification.html
"""

from pathlib import Path
from typing import Final

import polars as pl

from cib.report.safe import for_xml

__all__ = ["write_gexf", "write_graphml"]

_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_GEXF: Final = '<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3">\n'
_DYNAMIC: Final = 'mode="dynamic" defaultedgetype="undirected" timeformat="dateTime" timerepresentation="interval"'
_VIZ: Final = (
    '<viz:color r="{}" g="{}" b="{}"/><viz:position x="{}" y="{}" z="0"/><viz:size value="{}"/>',
    ["r", "g", "b", "x", "y", "size"],
)
_SPAN: Final = ["first_at", "last_at"]


def write_gexf(nodes: pl.DataFrame, edges: pl.DataFrame, spells: pl.DataFrame, path: Path) -> None:
    """Write a dynamic, undirected GEXF 1.3 graph for Gephi.

    Parameters
    ----------
    nodes : id, label, x, y, size, r, g, b, first_at, last_at; further columns become attributes.
    edges : source, target, weight, first_at, last_at; further columns become attributes.
    spells : source, target, start, end: when an edge was active, without overlap, by time. Times of a node or an edge
        stand in spells alone, because Gephi adds up spells and the element's own start and end.
    path : the file; replaced.
    """
    edges = _with_spells(edges, spells)
    own = nodes.select(pl.exclude("id", "label", *_VIZ[1], *_SPAN))
    linked = edges.select(pl.exclude("source", "target", "weight", "spells", *_SPAN))
    node = pl.concat_str(
        pl.format('<node id="{}" label="{}"{}>', for_xml(pl.col("id")), for_xml(pl.col("label")), _span()),
        *_attvalues(own),
        pl.format(_VIZ[0], *_VIZ[1]),
        pl.lit("</node>\n"),
    )
    ends = (for_xml(pl.col("source")), for_xml(pl.col("target")))
    number = pl.int_range(pl.len())
    edge = pl.concat_str(
        pl.format('<edge id="{}" source="{}" target="{}" weight="{}">', number, *ends, "weight"),
        *_attvalues(linked),
        pl.col("spells"),
        pl.lit("</edge>\n"),
    )
    head = [_XML, _GEXF, f"<graph {_DYNAMIC}>\n", _declared(own, "node"), _declared(linked, "edge")]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines([*head, "<nodes>\n", *_lines(nodes, node), "</nodes>\n"])
        file.writelines(["<edges>\n", *_lines(edges, edge), "</edges>\n", "</graph>\n</gexf>\n"])


def _with_spells(edges: pl.DataFrame, spells: pl.DataFrame) -> pl.DataFrame:
    """Return the edges with their spells as XML, '' where there are none."""
    times = (pl.col(name).dt.strftime(_TIME) for name in ("start", "end"))
    lines = spells.select("source", "target", spell=pl.format('<spell start="{}" end="{}"/>', *times))
    joined = lines.group_by("source", "target", maintain_order=True).agg(pl.col("spell").str.join(""))
    found = edges.join(joined, on=["source", "target"], how="left", maintain_order="left")
    return found.with_columns(spells=pl.format("<spells>{}</spells>", "spell").fill_null("")).drop("spell")


def write_graphml(nodes: pl.DataFrame, edges: pl.DataFrame, path: Path) -> None:
    """Write an undirected GraphML graph; `id`, `source` and `target` are structure, all other columns attributes."""
    own, linked = nodes.drop("id"), edges.drop("source", "target")
    node = pl.concat_str(pl.format('<node id="{}">', for_xml(pl.col("id"))), *_data(own, "n"), pl.lit("</node>\n"))
    ends = (for_xml(pl.col("source")), for_xml(pl.col("target")))
    edge = pl.concat_str(pl.format('<edge source="{}" target="{}">', *ends), *_data(linked, "e"), pl.lit("</edge>\n"))
    head = [_XML, '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n', _keys(own, "n"), _keys(linked, "e")]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines([*head, '<graph edgedefault="undirected">\n', *_lines(nodes, node)])
        file.writelines([*_lines(edges, edge), "</graph>\n</graphml>\n"])


def _lines(frame: pl.DataFrame, line: pl.Expr) -> list[str]:
    return frame.select(line=line)["line"].to_list()


def _value(name: str, dtype: pl.DataType) -> pl.Expr:
    """Return a column as XML text: times in ISO 8601, lists joined by '|'."""
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime(_TIME)
    if isinstance(dtype, pl.List):
        return for_xml(column.list.join("|"))
    return for_xml(column) if dtype == pl.String else column.cast(pl.String)


def _type(dtype: pl.DataType) -> str:
    """Return a type's name, the same in both formats."""
    if dtype.is_integer():
        return "long"
    return {pl.Float64(): "double", pl.Boolean(): "boolean"}.get(dtype, "string")


def _span() -> pl.Expr:
    """Return the start and end of a node's life; nothing where it is not known."""
    return pl.format(' start="{}" end="{}"', *(pl.col(name).dt.strftime(_TIME) for name in _SPAN)).fill_null("")


def _declared(frame: pl.DataFrame, kind: str) -> str:
    lines = [f'<attribute id="{name}" title="{name}" type="{_type(dtype)}"/>\n' for name, dtype in frame.schema.items()]
    return f'<attributes class="{kind}" mode="static">\n{"".join(lines)}</attributes>\n' if lines else ""


def _attvalues(frame: pl.DataFrame) -> list[pl.Expr]:
    values = [
        pl.format(f'<attvalue for="{name}" value="{{}}"/>', _value(name, dtype)).fill_null("")
        for name, dtype in frame.schema.items()
    ]
    return [pl.lit("<attvalues>"), *values, pl.lit("</attvalues>")] if values else []


def _keys(frame: pl.DataFrame, prefix: str) -> str:
    kind = {"n": "node", "e": "edge"}[prefix]
    return "".join(
        f'<key id="{prefix}_{name}" for="{kind}" attr.name="{name}" attr.type="{_type(dtype)}"/>\n'
        for name, dtype in frame.schema.items()
    )


def _data(frame: pl.DataFrame, prefix: str) -> list[pl.Expr]:
    return [
        pl.format(f'<data key="{prefix}_{name}">{{}}</data>', _value(name, dtype)).fill_null("")
        for name, dtype in frame.schema.items()
    ]
