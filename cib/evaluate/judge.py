"""Runs held against the truth: every measure with its interval, and the differences between runs.

Intervals are 95 % percentile intervals of a bootstrap that draws accounts, or whole cells (a campaign or decoy; any
other account alone), with replacement [1]_. Planted and other units are drawn apart, so that no resample is without a
campaign and the base rate stays. All runs are measured on the same resamples: differences are paired.

.. [1] Efron and Tibshirani (1993), An Introduction to the Bootstrap. Chapman & Hall.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.evaluate.curve import account_measures, order_of
from cib.evaluate.overlap import best_matches, network_measures, partition_measures
from cib.evaluate.truth import Held, Unit

__all__ = ["judge", "resamples"]

Floats: TypeAlias = npt.NDArray[np.float64]

_LEVEL: Final = (2.5, 97.5)
_PARTITION_DRAWS: Final = 200
"""Adjusted mutual information takes a hundred times as long as all else."""

_Measure: TypeAlias = Callable[[Floats], dict[str, float]]


def judge(beside: Held, *, draws: int = 1000, seed: int = 1, over: Unit = "accounts") -> pl.DataFrame:
    """Return every measure of every run.

    Parameters
    ----------
    draws : resamples of the bootstrap; 0: no intervals. AMI and its like get at most 200.
    over : what is drawn: accounts, or cells.

    Returns
    -------
    about (accounts, networks, partition, campaign, decoy), run, measure, value, low, high: null where there is none.
    With two runs and more also the difference of each to the first, as run 'second - first'.

    Cost: linear in draws and in accounts that differ in anything.
    """
    tables = []
    for about, measure in _ABOUT.items():
        times = min(draws, _PARTITION_DRAWS) if about == "partition" else draws
        measured = [measure(beside, number) for number in range(len(beside.runs))]
        tables.append(_with_intervals(about, beside, measured, list(resamples(beside, times, seed, over))))
    return pl.concat([*tables, *(_groups(beside, number) for number in range(len(beside.runs)))])


def resamples(beside: Held, draws: int, seed: int, over: Unit) -> Iterator[Floats]:
    """Yield, for each resample, the accounts that each row stands for."""
    rng = np.random.default_rng(seed)
    counts, cell = (beside.rows[name].to_numpy().astype(np.int64) for name in ("accounts", "cell"))
    whole = (cell >= 0) & (over == "cells")
    # A unit is a cell, or one of a row's accounts: of these a row holds many that are alike.
    _, first, unit = np.unique(
        np.where(whole, cell, np.arange(len(cell)) + cell.max() + 1), return_index=True, return_inverse=True
    )
    alike = np.where(whole, 1, counts)[first]
    each = np.where(whole, counts, 1)
    strata = [np.flatnonzero(beside.planted[first]), np.flatnonzero(~beside.planted[first])]
    for _ in range(draws):
        times = np.zeros(len(first), dtype=np.int64)
        for units in strata:
            total = int(alike[units].sum())
            times[units] = rng.multinomial(total, alike[units] / total)
        yield (times[unit] * each).astype(float)


def _accounts(beside: Held, number: int) -> _Measure:
    order = order_of(beside.rows[f"score_{number}"].cast(pl.Float64).fill_null(float("nan")).to_numpy())
    reported = beside.rows[f"reported_{number}"].to_numpy()
    return lambda weight: account_measures(order, beside.planted, reported, weight)


def _networks(beside: Held, number: int) -> _Measure:
    network, campaign = _placed(beside, number)
    return lambda weight: network_measures(network, campaign, weight)


def _partition(beside: Held, number: int) -> _Measure:
    network, campaign = _placed(beside, number)
    return lambda weight: partition_measures(network, campaign, weight)


def _placed(beside: Held, number: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    return beside.rows[f"network_{number}"].to_numpy(), beside.rows["campaign"].to_numpy()


_ABOUT: Final[dict[str, Callable[[Held, int], _Measure]]] = {
    "accounts": _accounts,
    "networks": _networks,
    "partition": _partition,
}


def _with_intervals(about: str, beside: Held, measured: list[_Measure], drawn: list[Floats]) -> pl.DataFrame:
    """Return the measures of every run and their differences from the first run, with intervals."""
    weight = beside.rows["accounts"].to_numpy().astype(float)
    points = [measure(weight) for measure in measured]
    names = list(points[0])
    values = np.array([list(point.values()) for point in points])
    again = np.array([[list(measure(sample).values()) for measure in measured] for sample in drawn])
    again = again.reshape(len(drawn), *values.shape)
    runs = list(beside.runs)
    for number in range(1, len(measured)):
        runs.append(f"{beside.runs[number]} - {beside.runs[0]}")
        values = np.vstack([values, values[number] - values[0]])
        again = np.concatenate([again, again[:, number : number + 1] - again[:, :1]], axis=1)
    low, high = _percentiles(again, values)
    return pl.concat(_table(about, run, names, values[n], low[n], high[n]) for n, run in enumerate(runs))


def _percentiles(again: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return the 95 % intervals; none of a measure that has no value in more than one resample of twenty."""
    if not len(again):
        return np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    known = np.isnan(again).mean(axis=0) <= 0.05
    low, high = np.nanpercentile(np.where(known, again, 0.0), _LEVEL, axis=0)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def _table(
    about: str, run: str, names: list[str], values: Floats, low: Floats | None = None, high: Floats | None = None
) -> pl.DataFrame:
    nothing = np.full(len(names), np.nan)
    return pl.DataFrame(
        {
            "about": [about] * len(names),
            "run": [run] * len(names),
            "measure": names,
            "value": np.asarray(values, dtype=float),
            "low": nothing if low is None else low,
            "high": nothing if high is None else high,
        },
        schema_overrides={"about": pl.String, "run": pl.String, "measure": pl.String},
    ).with_columns(pl.col("value", "low", "high").fill_nan(None))


def _groups(beside: Held, number: int) -> pl.DataFrame:
    """Return, of each campaign, its recall and best F1, and of each decoy, how much of it is reported and as what."""
    rows, run = beside.rows, beside.runs[number]
    network, campaign = _placed(beside, number)
    weight = rows["accounts"].to_numpy().astype(float)
    reported = pl.col("accounts").filter(pl.col(f"reported_{number}")).sum()
    named = (
        rows.drop_nulls("name")
        .group_by("kind", "name")
        .agg(share=reported / pl.col("accounts").sum())
        .sort("kind", "name")
    )
    plots = named.filter(kind="campaign").sort("name")
    decoys = named.filter(pl.col("kind") != "campaign")
    mostly = _mostly(rows, number)
    alarms = [float(mostly.get(name, 0)) for name in decoys["name"]]
    return pl.concat(
        [
            _table("campaign", run, [f"{name}: share reported" for name in plots["name"]], plots["share"].to_numpy()),
            _table(
                "campaign",
                run,
                [f"{name}: best-match F1" for name in beside.campaigns],
                best_matches(network, campaign, weight),
            ),
            _table("decoy", run, [f"{name}: share reported" for name in decoys["name"]], decoys["share"].to_numpy()),
            _table("decoy", run, [f"{name}: networks mostly of it" for name in decoys["name"]], np.array(alarms)),
            _table("decoy", run, ["the public: networks mostly of it"], np.array([float(mostly.get("", 0))])),
        ]
    )


def _mostly(rows: pl.DataFrame, number: int) -> dict[str, int]:
    """Return of how many reported networks more than half belongs to a group; '' is the public."""
    inside = rows.filter(pl.col(f"reported_{number}")).with_columns(pl.col("name").fill_null(""))
    size = pl.col("accounts").sum()
    parts = inside.group_by(f"network_{number}", "name").agg(size)
    parts = parts.with_columns(whole=size.over(f"network_{number}")).filter(2 * pl.col("accounts") > pl.col("whole"))
    return dict(parts.group_by("name").len().iter_rows())
