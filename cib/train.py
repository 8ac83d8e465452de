"""Train the optional model of profiles from a labelled file, and say how far it can be trusted."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from cib import __version__
from cib.accounts.scorecard import FEATURES, Scorecard, fit_scorecard, profile_features
from cib.accounts.trial import Trial, cross_validated
from cib.errors import InputError
from cib.pipeline.store import file_digest
from cib.read.labelled import labelled_accounts
from cib.settings import InputSettings

__all__ = ["Trained", "describe", "train_accounts"]

_NEEDED: Final = 50
"""Accounts of each kind: below that the interval of the AUC is wider than what there is to tell."""
_YES: Final = ("bot", "1", "true", "yes", "troll")
_WARNING: Final = (
    "These figures are of accounts like those of this file. They do not transfer: a model of such features with an AUC "
    "of 0.98 had 0.60 on another set (Yang et al. 2020, doi:10.1609/aaai.v34i01.5460), and what it learned may be how "
    "the file was collected. Measure it on accounts of your own before you read anything into it."
)


@dataclass(frozen=True)
class Trained:
    """A model, and how it did on accounts that it was not fitted to."""

    model: Scorecard
    trial: Trial


def train_accounts(
    path: Path, settings: InputSettings, *, positive: str = "", as_of: datetime | None = None, seed: int = 1
) -> Trained:
    """Train a model on a table of labelled accounts.

    Parameters
    ----------
    path : one row an account (see :func:`cib.read.labelled.labelled_accounts`).
    settings : how it is read.
    positive : the label that is looked for; "" takes the one that is bot, 1, true, yes or troll.
    as_of : when the profiles were read; None takes the newest creation date, which is at most as late.
    seed : of all folds.

    Raises
    ------
    InputError, ConfigError
        The file cannot be read, or has fewer than 50 accounts of either kind.
    """
    accounts = labelled_accounts(path, settings)
    label = _positive(accounts["label"], positive)
    truth = (accounts["label"].str.to_lowercase() == label.lower()).to_numpy()
    fewest = int(min(truth.sum(), (~truth).sum()))
    if fewest < _NEEDED:
        msg = (
            f"'{path.name}' has {fewest} accounts {'with' if truth.mean() < 0.5 else 'without'} the label '{label}'. "
            f"Give at least {_NEEDED} with and {_NEEDED} without: to train, and to tell how well it went."
        )
        raise InputError(msg)
    as_of = as_of or _newest(accounts)
    features = profile_features(accounts, as_of=as_of)
    trial = cross_validated(features, truth, seed=seed)
    model = fit_scorecard(features, truth, seed=seed)
    platforms = tuple(sorted(accounts["platform"].unique()))
    known = features.select(pl.all().is_not_null().mean()).row(0, named=True)
    card = {
        "warning": _WARNING,
        "file": path.name,
        "blake2b": file_digest(path),
        "label": label,
        "as_of": as_of.isoformat(),
        "cib_version": __version__,
        "seed": seed,
        "features": {name: {"what": FEATURES[name], "known": round(known[name], 4)} for name in FEATURES},
        "cross_validated": _figures(trial),
    }
    return Trained(Scorecard(**(vars(model) | {"platforms": platforms})).described(**card), trial)


def _positive(labels: pl.Series, wanted: str) -> str:
    """Return the label that is looked for, as the file writes it."""
    there = labels.unique().sort().to_list()
    fits = [label for label in there if label.lower() in ({wanted.lower()} if wanted else _YES)]
    if len(fits) != 1:
        some = ", ".join(repr(label) for label in there[:10])
        msg = f"Which label is looked for? The file has: {some}. Set --positive."
        raise InputError(msg)
    return str(fits[0])


def _newest(accounts: pl.DataFrame) -> datetime:
    newest = accounts["created_at"].max()
    return newest if isinstance(newest, datetime) else datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _figures(trial: Trial) -> dict[str, Any]:
    figures = {name: value for name, value in asdict(trial).items() if name != "table"}
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}
    return rounded | {"reliability": trial.table.with_columns(pl.col(pl.Float64).round(4)).to_dicts()}


def describe(trained: Trained) -> str:
    """Return the model's figures in words, with its reliability and the warning."""
    trial, model = trained.trial, trained.model
    low, high = model.abstain
    base, off = f"{trial.brier_base:.3f} for always saying the base rate", f"{trial.calibration_error:.3f}"
    head = f"{trial.accounts:,} accounts, {trial.labelled:,} of them labelled '{model.card['label']}'. "
    head += "On accounts that it had not seen (10-fold cross-validation, calibrated within each fold):\n"
    head += f"AUC {trial.auc:.3f} (95 % interval {trial.auc_low:.3f} to {trial.auc_high:.3f}); "
    head += f"Brier score {trial.brier:.3f} ({base}); calibration error {off}.\n"
    head += (
        f"It abstains between {low:g} and {high:g}: on {1 - trial.said:.1%}. Of the others {trial.right:.1%} are right."
    )
    return "\n".join([head, "", *_lines(trial.table.iter_rows(named=True)), "", _WARNING])


def _lines(rows: Iterable[dict[str, Any]]) -> list[str]:
    lines = ["| said (mean p) | share labelled | 95 % interval | accounts |", "|---:|---:|---|---:|"]
    return lines + [
        f"| {row['p']:.3f} | {row['share']:.3f} | {row['low']:.3f} to {row['high']:.3f} | {row['accounts']:,} |"
        for row in rows
    ]
