"""How soon accounts follow each other on one object, beside what their clocks alone would bring about.

For every act the time to the next act of another account on the same object is taken, and the same again with each
account's times shifted round the span of the data by an offset of its own (:mod:`cib.link.shuffle`), a few times over.
Where delays so short are several times as many as the shifted ones, they tell something; where both are as many, a
window does nothing but let chance in.
"""

from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from cib.link.shuffle import draw_offsets, shift
from cib.pipeline.state import State
from cib.traces.bins import coordination_interval

__all__ = ["EDGES_S", "delays", "intervals"]

EDGES_S: Final = (
    0.0,
    1.0,
    3.0,
    10.0,
    30.0,
    60.0,
    180.0,
    600.0,
    1800.0,
    3600.0,
    10800.0,
    43200.0,
    86400.0,
    259200.0,
    1e9,
)
"""Edges of the histogram, seconds."""
_SHIFTS: Final = 5
_TELLING: Final = 2.0
"""Times as many as by chance, from which a delay tells something."""
_FEWEST: Final = 10


def delays(state: State) -> pl.DataFrame:
    """Return the histogram of delays of each layer that has traces: layer, low_s, high_s, delays, by_chance (mean).

    Cost: a sort of the traces for each of six passes.
    """
    read, run = state.read.meta, state.job.settings.run
    span = datetime.fromisoformat(read["first_at"]), datetime.fromisoformat(read["last_at"])
    resolution = timedelta(seconds=read["resolution_s"])
    offsets = [
        draw_offsets(read["accounts"], span, resolution, np.random.default_rng([run.seed, 77, n]))
        for n in range(_SHIFTS)
    ]
    parts = []
    for name, made in state.traced.items():
        if not made.meta["traces"]:
            continue
        traces = pl.read_parquet(made.file("traces.parquet"), glob=False)
        real = _histogram(traces)
        chance = np.mean([_histogram(shift(traces, span, resolution, one)) for one in offsets], axis=0)
        columns = {"low_s": EDGES_S[:-1], "high_s": EDGES_S[1:], "delays": real, "by_chance": chance}
        parts.append(pl.DataFrame(columns).with_columns(layer=pl.lit(name)))
    schema = {
        "layer": pl.String,
        "low_s": pl.Float64,
        "high_s": pl.Float64,
        "delays": pl.Int64,
        "by_chance": pl.Float64,
    }
    return pl.concat([pl.DataFrame(schema=schema), *(part.select(list(schema)) for part in parts)])


def _histogram(traces: pl.DataFrame) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Return how many acts are followed by another account's on the same object after a delay of each width."""
    ordered = traces.select("object", "account", "time").unique().sort("object", "time", "account")
    following = ordered.select(
        since=(pl.col("time").shift(-1) - pl.col("time")).dt.total_microseconds() / 1e6,
        other=(pl.col("object") == pl.col("object").shift(-1)) & (pl.col("account") != pl.col("account").shift(-1)),
    ).filter("other")
    return np.histogram(following["since"].to_numpy(), bins=np.array(EDGES_S))[0]


def intervals(state: State, histogram: pl.DataFrame) -> pl.DataFrame:
    """Return of each layer: window_s, coornet_s (CooRnet's estimate, see :func:`coordination_interval`), telling_s.

    `telling_s` is the upper edge of the last of the widths, from the shortest on, whose delays are at least twice those
    by chance (widths with fewer than ten delays say nothing and are passed over); null where the first is not.
    """
    rows = []
    for name, part in histogram.group_by("layer", maintain_order=True):
        layer = state.layers[str(name[0])]
        traces = pl.read_parquet(
            state.traced[str(name[0])].file("traces.parquet"), columns=["object", "time"], glob=False
        )
        window = None if layer.window is None else layer.window.total_seconds()
        rows.append(
            (name[0], window, coordination_interval(traces, layer.estimate_q, layer.estimate_p), _telling(part))
        )
    columns = dict.fromkeys(("window_s", "coornet_s", "telling_s"), pl.Float64)
    return pl.DataFrame(rows, schema={"layer": pl.String, **columns}, orient="row")


def _telling(part: pl.DataFrame) -> float | None:
    last = None
    for high, real, chance in part.select("high_s", "delays", "by_chance").iter_rows():
        if real < _FEWEST:
            continue
        if real < _TELLING * chance:
            break
        last = high
    return None if last is None else float(min(last, EDGES_S[-2]))
