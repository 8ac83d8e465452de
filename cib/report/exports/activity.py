"""When each edge was active: the spells in which its two accounts acted together."""

from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from cib.report.run import RunFiles
from cib.tables import TIME

__all__ = ["spells"]

_SPANS: Final = 100
"""A run is cut into about so many spans; an edge is active without a break while each span has a co-action."""
_SECONDS: Final = (60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400, 91 * 86400, 365 * 86400)


def spells(run: RunFiles, edges: pl.DataFrame) -> pl.DataFrame:
    """Return source, target, start, end of each spell of the graph's edges, by edge and time.

    A spell goes from a co-action to the last one before a whole span of time without any, and lies within the edge's
    first and last co-action. Edges without evidence in that time have it as their one spell.

    Notes
    -----
    One streaming pass over the evidence; held are at most 100 spans of each edge.
    """
    known = edges.select("source", "target").lazy()
    width = _width(run)
    first = pl.min_horizontal("time_source", "time_target")
    parts = [
        frame.select("source", "target", at=first, last=pl.max_horizontal("time_source", "time_target"))
        .join(known, on=["source", "target"], how="semi")
        .group_by("source", "target", span=pl.col("at").dt.epoch("s") // width)
        .agg(start=pl.col("at").min(), end=pl.col("last").max())
        for frame in run.evidence().values()
    ]
    columns: dict[str, Any] = {"source": pl.String, "target": pl.String, "span": pl.Int64, "start": TIME, "end": TIME}
    found = pl.concat([pl.DataFrame(schema=columns), *pl.collect_all(parts, engine="streaming")])
    return _joined(found.sort("source", "target", "start", "end"), edges)


def _width(run: RunFiles) -> int:
    first, last = (run.manifest["read"][name] for name in ("first_at", "last_at"))
    if first is None:
        return _SECONDS[0]
    length = (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()
    return next((width for width in _SECONDS if length / width <= _SPANS), _SECONDS[-1])


def _joined(spans: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """Return the spans of an edge drawn together where they touch or follow each other; edges without any have one."""
    edge = ["source", "target"]
    before = pl.col("end").cum_max().shift().over(edge)
    last = pl.col("span").cum_max().shift().over(edge)
    new = (last.is_null() | (pl.col("span") > last + 1)) & (
        before.is_null() | (pl.col("start") > before + timedelta(seconds=1))
    )
    numbered = spans.with_columns(spell=new.cum_sum().over(edge))
    whole = numbered.group_by(*edge, "spell").agg(pl.col("start").min(), pl.col("end").max()).drop("spell")
    lives = whole.join(edges.select(*edge, "first_at", "last_at"), on=edge)
    inside = lives.filter(pl.col("start") <= pl.col("last_at"), pl.col("end") >= pl.col("first_at"))
    found = inside.select(*edge, pl.max_horizontal("start", "first_at"), pl.min_horizontal("end", "last_at"))
    rest = edges.join(found, on=edge, how="anti").select(*edge, start="first_at", end="last_at").drop_nulls()
    return pl.concat([found, rest]).sort(*edge, "start")
