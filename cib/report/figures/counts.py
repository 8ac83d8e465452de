"""What the figures show, counted once: posts and co-actions over time, and delays.

Posts and evidence can be larger than memory, so each is scanned once and reduced to counts.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.report.quotes import within
from cib.report.run import RunFiles

__all__ = ["Delays", "bins", "coactions", "delays", "grain", "posted"]

_BINS: Final = 130
"""Most bins of a timeline: wider than that and single bars can no longer be told apart."""

_DELAY_BINS: Final = 60

_WIDTHS: Final = (
    ("1m", timedelta(minutes=1)),
    ("10m", timedelta(minutes=10)),
    ("1h", timedelta(hours=1)),
    ("6h", timedelta(hours=6)),
    ("1d", timedelta(days=1)),
    ("1w", timedelta(weeks=1)),
    ("1mo", timedelta(days=30)),
    ("1q", timedelta(days=91)),
    ("1y", timedelta(days=365)),
)


@dataclass(frozen=True)
class Delays:
    """The delays of one layer's pairs: how many have |delta| in each bin from 0 to the window.

    Attributes
    ----------
    width : of a bin, seconds.
    rounded : the times are no finer than the bins, so each bin stands for one delay and is drawn around it.
    """

    layer: str
    window: float
    width: float
    rounded: bool
    pairs: list[int]

    @property
    def edges(self) -> npt.NDArray[np.float64]:
        """The bins' edges, seconds."""
        return np.asarray((np.arange(len(self.pairs) + 1) - 0.5 * self.rounded) * self.width)

    @property
    def even(self) -> npt.NDArray[np.float64]:
        """The same number of pairs, spread evenly; of rounded times half as many fall on 0 as on any other delay."""
        spread = np.ones(len(self.pairs))
        spread[0] = 0.5 if self.rounded and len(self.pairs) > 1 else 1.0
        return np.asarray(spread / spread.sum() * sum(self.pairs))


def bins(first: datetime, last: datetime) -> str:
    """Return the narrowest bin width (a polars duration) that gives a readable number of bins.

    >>> from datetime import datetime
    >>> bins(datetime(2016, 1, 1), datetime(2017, 1, 1))
    '1w'
    """
    return next((name for name, width in _WIDTHS if (last - first) / width <= _BINS), _WIDTHS[-1][0])


def grain(run: RunFiles) -> str:
    """Return the resolution at which the run's times are counted: an hour, or a minute for runs of a few days."""
    first, last = (run.manifest["read"][name] for name in ("first_at", "last_at"))
    short = first is not None and datetime.fromisoformat(last) - datetime.fromisoformat(first) < timedelta(days=4)
    return "1m" if short else "1h"


def posted(run: RunFiles) -> pl.DataFrame:
    """Count posts: network (null: of accounts in none), home, at (start of the grain), posts.

    An account can be in a theme and in a cell, and its posts count in both; `home` is true in one of them, so that rows
    with it, and those without a network, hold every post once.
    """
    members = run.scan("members").select("account_id", "network", "home")
    all_posts = run.scan_posts().select("account_id", at=pl.col("created_at").dt.truncate(grain(run)))
    named = all_posts.join(members, on="account_id", how="left")
    counted = named.group_by("network", "home", "at").agg(posts=pl.len())
    return counted.sort("network", "home", "at").collect(engine="streaming")


def coactions(run: RunFiles) -> pl.DataFrame:
    """Count co-actions: layer, network, at (start of the grain, by the source's post), pairs.

    Rows without a network count all of the layer's; the others those between two members, in every network they share.
    """
    schema: dict[str, Any] = {
        "layer": pl.String,
        "network": pl.UInt32,
        "at": pl.Datetime("us", "UTC"),
        "pairs": pl.UInt32,
    }
    members = run.table("members", ["account_id", "network"])
    parts = []
    for layer, frame in run.evidence().items():
        acts = frame.select("source", "target", at=pl.col("time_source").dt.truncate(grain(run)))
        nobody = pl.lit(None, dtype=pl.UInt32).alias("network")
        for rows in (acts.with_columns(nobody), within(acts, members)):
            counted = rows.group_by("network", "at").agg(pairs=pl.len()).with_columns(layer=pl.lit(layer))
            parts.append(counted.select(pl.col(name).cast(dtype) for name, dtype in schema.items()))
    found = [pl.DataFrame(schema=schema), *pl.collect_all(parts, engine="streaming")]
    return pl.concat(found).sort("layer", "network", "at")


def delays(run: RunFiles) -> list[Delays]:
    """Count the delays of each layer that has a window, in bins no narrower than the times' resolution."""
    resolution = float(run.manifest["read"]["resolution_s"])
    windows = {name: _seconds(layer["window"]) for name, layer in run.manifest["layers"].items()}
    layers = {name: frame for name, frame in run.evidence().items() if windows.get(name)}
    shapes = [_shape(name, windows[name], resolution) for name in layers]
    parts = [
        frame.select(
            bin=(pl.col("delta_s").abs() / shape.width).floor().cast(pl.Int64).clip(upper_bound=len(shape.pairs) - 1)
        )
        .group_by("bin")
        .len()
        for shape, frame in zip(shapes, layers.values(), strict=True)
    ]
    found = [dict(counted.iter_rows()) for counted in pl.collect_all(parts, engine="streaming")]
    return [
        replace(shape, pairs=[n.get(i, 0) for i in range(len(shape.pairs))])
        for shape, n in zip(shapes, found, strict=True)
    ]


def _shape(layer: str, window: float, resolution: float) -> Delays:
    """Return the layer's bins, still empty."""
    width = max(resolution, window / _DELAY_BINS)
    rounded = width == resolution
    return Delays(layer, window, width, rounded, [0] * (round(window // width) + 1 if rounded else _DELAY_BINS))


def _seconds(window: str) -> float:
    """Return a window of the manifest in seconds; 0 for 'none'."""
    return float(window.removesuffix("s")) if window.endswith("s") else 0.0
