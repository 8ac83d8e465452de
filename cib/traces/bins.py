"""Fixed time bins, which published methods use: what lies on both sides of a border is not found by them.

Weber and Neumann (doi.org/10.1007/s13278-021-00815-2) count co-actions in adjacent bins: there an object is another one
in each bin. CooRnet (doi.org/10.1080/1369118X.2020.1739732) lays bins from each object's first share and leaves out the
shares that are alone in theirs; the object stays one. Their width may be CooRnet's estimate of the interval in which
this data's quickest objects are shared.
"""

import math
from datetime import timedelta
from typing import Final

import polars as pl

from cib.settings import LayerSettings
from cib.tables import TIME

__all__ = ["begin", "coordination_interval", "in_bins", "not_alone", "shown"]

_MICROSECOND: Final = timedelta(microseconds=1)
_SECOND: Final = 1_000_000
_FUZZ: Final = 4 * 2.0**-52
"""As in R's quantile(): an index this close to a whole number is that number."""


def begin(time: pl.Expr, width: timedelta, first: pl.Expr | None) -> pl.Expr:
    """Return when the half-open bin of `width` (at least a microsecond) begins that each `time` lies in.

    Bins are laid from `first`, or from 1 January 1970 UTC if that is None.
    """
    step = max(width // _MICROSECOND, 1)
    start = pl.lit(0, dtype=pl.Int64) if first is None else first.dt.epoch("us")
    return ((time.dt.epoch("us") - start) // step * step + start).cast(TIME)


def shown(moment: pl.Expr, layer: LayerSettings, width: timedelta) -> pl.Expr:
    """Return a bin's beginning as text: to the minute if all bins of the layer begin on one."""
    whole = layer.bin_start == "epoch" and width % timedelta(minutes=1) == timedelta(0)
    return moment.dt.to_string("%Y-%m-%d %H:%M" if whole else "%Y-%m-%d %H:%M:%S%.6f")


def in_bins(acts: pl.DataFrame, layer: LayerSettings, width: timedelta) -> pl.DataFrame:
    """Return the acts, their objects being others in each bin: the key becomes 'KEY @ BEGINNING OF THE BIN'."""
    first = pl.col("time").min().over("key") if layer.bin_start == "first" else None
    moment = shown(begin(pl.col("time"), width, first), layer, width)
    return acts.with_columns(key=pl.col("key") + " @ " + moment)


def not_alone(acts: pl.DataFrame, layer: LayerSettings, width: timedelta) -> pl.DataFrame:
    """Return the acts that share their object's bin with another act, whoever acted.

    The width is cut to whole seconds, and is at least one. It is CooRnet's ``get_coord_shares`` where bins begin at the
    object's first act and `acts` hold no object of a single account.
    """
    first = pl.col("time").min().over("key") if layer.bin_start == "first" else None
    seconds = timedelta(seconds=max(width // timedelta(seconds=1), 1))
    return (
        acts.with_columns(bin=begin(pl.col("time"), seconds, first)).filter(pl.len().over("key", "bin") > 1).drop("bin")
    )


def coordination_interval(acts: pl.DataFrame, q: float, p: float) -> float | None:
    """Return CooRnet's estimate of the coordination interval, seconds; None if nothing can be estimated.

    Parameters
    ----------
    acts : object, time: one row a share, any order.
    q : share of objects, those with the quickest second share, that are looked at.
    p : share of an object's shares whose time is taken.

    Returns
    -------
    The median, over the objects whose second share came soonest (up to and with the quantile `q` of all), of the
        time from the first share to the first one after more than the share `p` of them; 1 where that is 0. None
        if no object is shared twice, or `p` is 1.

    Notes
    -----
    Both quantiles are of type 7. Ties in time change nothing: only sorted times are asked. Sorts the acts once.
    Source: Giglietto, Righetti, Rossi and Marino 2020, doi.org/10.1080/1369118X.2020.1739732.
    """
    since = (pl.col("time") - pl.col("time").first().over("object")).dt.total_microseconds() / _SECOND
    shares = (
        acts.select("object", "time")
        .sort("object", "time")
        .with_columns(since=since, rank=pl.int_range(1, pl.len() + 1).over("object"), n=pl.len().over("object"))
    )
    second = shares.filter(pl.col("rank") == 2)
    if second.is_empty():
        return None
    quick = second.filter(pl.col("since") <= _quantile(second["since"], q))
    late = shares.join(quick, on="object", how="semi").filter(pl.col("rank") / pl.col("n") > p)
    reached = late.group_by("object").agg(pl.col("since").min())["since"]
    if reached.is_empty():
        return None
    return _quantile(reached, 0.5) or 1.0


def _quantile(values: pl.Series, share: float) -> float:
    """Return the quantile of type 7, R's default, with R's tolerance for the index."""
    ordered = values.sort()
    place = (len(ordered) - 1) * share
    low = math.floor(place + _FUZZ)
    rest = place - low
    if abs(rest) < _FUZZ:
        return float(ordered[low])
    return float(ordered[low] + rest * (ordered[low + 1] - ordered[low]))
