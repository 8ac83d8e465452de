"""The acts of a layer as tables: objects numbered in the order of their first appearance, and what is known of them."""

from typing import Final

import polars as pl

from cib.settings import LayerSettings
from cib.tables import LEDGER, OBJECTS, TRACES
from cib.traces.support import Acts
from cib.traces.traced import ORDER, OWN, Traced, band_of

__all__ = ["ledger_of", "marked", "numbered", "strata"]

MARK: Final = "mark"


def numbered(acts: Acts, layer: LayerSettings, name: str, interval: float | None) -> Traced:
    """Return the acts as tables; objects are numbered in order of first appearance."""
    frame = acts.frame
    objects = _objects(frame, layer)
    frame = frame.drop("example").join(objects.select("key", "object"), on="key", maintain_order="left").drop("key")
    traces = frame.select(list(TRACES.columns)).sort("object", "time", "account", "post")
    own, order = pl.DataFrame(schema=OWN), pl.DataFrame(schema=ORDER)
    if layer.loops != "drop":
        own = frame.filter("own").select(list(OWN)).unique().sort(list(OWN))
        order = frame.group_by("account").agg(first=pl.col("row").min()).sort("account")
    ledger = ledger_of(acts.ledger, len(frame), name)
    return Traced(TRACES.check(traces), OBJECTS.check(objects), ledger, interval, own, order)


def _objects(acts: pl.DataFrame, layer: LayerSettings) -> pl.DataFrame:
    """Return OBJECTS with their degrees, bands and strata."""
    facts = {
        "acts": pl.len().cast(pl.UInt32),
        "accounts": pl.col("account").n_unique().cast(pl.UInt32),
        "first": pl.col("time").min(),
    }
    if "language" in layer.strata:
        facts["language"] = pl.col("language").drop_nulls().sort().mode(maintain_order=True).first()
    keys = acts.select("key", "example").unique("key", keep="first", maintain_order=True).with_row_index("object")
    objects = keys.join(acts.group_by("key").agg(**facts), on="key", maintain_order="left")
    objects = marked(objects, layer)
    return objects.join(strata(objects[MARK]), on=MARK, maintain_order="left").select(list(OBJECTS.columns))


def marked(objects: pl.DataFrame, layer: LayerSettings) -> pl.DataFrame:
    """Return objects (accounts, first, and if the layer asks for it language) with `band` and `mark`.

    Objects with one mark are alike in all that ``layer.strata`` names: they are one stratum.
    """
    marks = {
        "language": lambda: pl.col("language").fill_null(""),
        "week": lambda: pl.col("first").dt.truncate("1w").cast(pl.String),
        "hour": lambda: pl.col("first").dt.truncate("1h").cast(pl.String),
    }
    mark = pl.concat_str([marks[name]() for name in layer.strata], separator="|") if layer.strata else pl.lit("")
    return objects.with_columns(mark.alias(MARK), band=band_of("accounts"))


def strata(marks: pl.Series) -> pl.DataFrame:
    """Return mark, stratum: strata are numbered from 0 in the order of their marks."""
    return marks.unique().sort().to_frame().with_row_index("stratum").select(MARK, "stratum")


def ledger_of(steps: list[tuple[str, int, int]], left: int, name: str) -> pl.DataFrame:
    """Return LEDGER of a layer's steps (reason, rows before, rows after) that left acts out; `left` are there still."""
    told = [step for step in steps if step[1] != step[2]] or [("every act was taken", left, left)]
    rows = [
        {"stage": "trace", "where": name, "reason": reason, "rows_in": before, "rows_out": after, "examples": []}
        for reason, before, after in told
    ]
    return LEDGER.check(pl.DataFrame(rows, schema=LEDGER.schema))
