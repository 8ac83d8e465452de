"""One or several runs beside the truth: a row an account, what it belongs to, where each run put it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.errors import InputError
from cib.report.run import RunFiles

__all__ = ["Held", "Tier", "Unit", "held", "read_truth"]

Tier: TypeAlias = Literal["A", "B", "C", "abstain"]
Unit: TypeAlias = Literal["accounts", "cells"]

_TIERS: Final[tuple[Tier, ...]] = ("A", "B", "C", "abstain")
_NO_TRUTH: Final = (
    "It needs the columns account_id and name (of the campaign; empty: none), and may have kind and level"
)


@dataclass(frozen=True)
class Held:
    """Accounts beside the truth; accounts that are alike in everything are one row.

    Attributes
    ----------
    rows : accounts (how many), name, kind, level, campaign (number, -1: none), cell (number; -1: an account alone), and
        for run i score_i, network_i (rank, 0: none), reported_i.
    campaigns : names, by number.
    runs : names of the runs.
    absent : accounts of the truth that are in none of the runs.
    """

    rows: pl.DataFrame
    campaigns: list[str]
    runs: list[str]
    absent: int

    @property
    def planted(self) -> npt.NDArray[np.bool_]:
        """Whether each row is of a campaign."""
        return np.asarray(self.rows["campaign"].to_numpy() >= 0)


def read_truth(path: Path) -> pl.DataFrame:
    """Return account_id, name, kind and level of a truth table in CSV or Parquet.

    Without a column `kind` everybody who has a name is in a campaign.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column, or names an account twice.
    """
    try:
        frame = (
            pl.read_parquet(path, glob=False) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        msg = f"'{path}' cannot be read as a table of the truth ({type(error).__name__}). {_NO_TRUTH}."
        raise InputError(msg) from error
    if missing := [name for name in ("account_id", "name") if name not in frame.columns]:
        msg = f"'{path}' has no column {missing[0]}. {_NO_TRUTH}."
        raise InputError(msg)
    name = pl.col("name").cast(pl.String).replace("", None)
    kind = pl.col("kind").cast(pl.String) if "kind" in frame.columns else pl.lit(None, dtype=pl.String)
    level = pl.col("level").cast(pl.Int64, strict=False) if "level" in frame.columns else pl.lit(None, dtype=pl.Int64)
    usual = pl.when(name.is_null()).then(pl.lit("organic")).otherwise(pl.lit("campaign"))
    truth = frame.select(pl.col("account_id").cast(pl.String), name=name, kind=pl.coalesce(kind, usual), level=level)
    if truth["account_id"].is_duplicated().any():
        twice = truth.filter(pl.col("account_id").is_duplicated())["account_id"][0]
        msg = f"'{path}' names the account '{twice}' more than once. Give each one row."
        raise InputError(msg)
    return truth


def held(runs: list[RunFiles], truth: pl.DataFrame, *, score: str = "", tier: Tier = "C") -> Held:
    """Put runs beside the truth.

    Parameters
    ----------
    truth : see :func:`read_truth`. Accounts of a run that are not in it belong to nothing.
    score : column of any of the runs' tables that orders the accounts; '': the score of its network, then its strength
        in it; accounts in no network come last.
    tier : networks of this tier or a better one count as reported.

    Raises
    ------
    InputError
        No campaign's account is in the runs, or nothing else is; or no table has the score.
    """
    accounts = pl.concat([run.table("accounts", ["account_id"]) for run in runs]).unique().sort("account_id")
    rows = accounts.join(truth, on="account_id", how="left", maintain_order="left").with_columns(
        pl.col("kind").fill_null("organic")
    )
    for number, run in enumerate(runs):
        rows = rows.join(_placed(run, score, tier, number), on="account_id", how="left", maintain_order="left")
    planted = pl.col("kind") == "campaign"
    names = rows.filter(planted)["name"].unique().sort().to_list()
    if not names or rows.select(planted.all()).item():
        which = "all" if names else "none"
        msg = (
            f"Of the accounts of the run {which} belong to a campaign of the truth: nothing can be told apart. "
            "Check that --truth names them as the run does, 'platform:id'."
        )
        raise InputError(msg)
    cells = rows["name"].drop_nulls().unique().sort().to_list()
    rows = rows.with_columns(
        *(pl.col(f"network_{n}").fill_null(0) for n in range(len(runs))),
        *(pl.col(f"reported_{n}").fill_null(value=False) for n in range(len(runs))),
        campaign=pl.when(planted).then(_code("name", names)).otherwise(-1),
        cell=_code("name", cells),
    )
    absent = len(truth.filter(pl.col("kind") == "campaign")) - len(rows.filter(pl.col("campaign") >= 0))
    alike = rows.drop("account_id")
    counted = alike.group_by(alike.columns, maintain_order=True).len("accounts")
    return Held(counted, names, [run.folder.name for run in runs], absent)


def _code(name: str, known: list[str]) -> pl.Expr:
    numbers = pl.Series(range(len(known)), dtype=pl.Int64)
    return pl.col(name).replace_strict(pl.Series(known, dtype=pl.String), numbers, default=-1, return_dtype=pl.Int64)


def _placed(run: RunFiles, score: str, tier: Tier, number: int) -> pl.DataFrame:
    """Return account_id, network, reported and score of the accounts that have any."""
    networks = run.table("networks", ["network", "tier", "score"]).rename({"score": "of_network"})
    members = run.table("members", ["account_id", "network", "strength", "home"]).filter("home")
    members = members.join(networks, on="network", how="left").sort("of_network", "strength", "account_id")
    good = _TIERS[: _TIERS.index(tier) + 1]
    order = pl.struct("of_network", "strength").rle_id().cast(pl.Float64)
    placed = members.select(
        "account_id",
        pl.col("network").cast(pl.Int64).alias(f"network_{number}"),
        pl.col("tier").is_in(good).alias(f"reported_{number}"),
        order.alias(f"score_{number}"),
    )
    if not score:
        return placed
    given = _column(run, score).rename({score: f"score_{number}"})
    return placed.drop(f"score_{number}").join(given, on="account_id", how="full", coalesce=True)


def _column(run: RunFiles, score: str) -> pl.DataFrame:
    """Return account_id and a score from whichever table of the run has it."""
    known: set[str] = set()
    for path in sorted((run.folder / "tables").glob("*.parquet")):
        frame = pl.scan_parquet(path, glob=False)
        schema = frame.collect_schema()
        if "account_id" not in schema:
            continue
        if score in schema and schema[score].is_numeric():
            best = pl.col(score).cast(pl.Float64).max()
            return frame.group_by("account_id").agg(best).collect().sort("account_id")
        known |= {name for name, dtype in schema.items() if dtype.is_numeric()}
    msg = f"No table of '{run.folder}' has a number '{score}' for each account. Known: {', '.join(sorted(known))}."
    raise InputError(msg)
