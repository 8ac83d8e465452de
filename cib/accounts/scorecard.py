r"""Scorecard: an optional model of profiles, trained on a labelled file; never used unless the config names one.

Each profile feature is cut at its deciles in the training file, each piece gets a number of points by L2-regularised
logistic regression, and the points are added up: a generalised additive model whose every step can be read in the JSON
it is saved as [1]_. An unknown feature adds nothing. The sum z is calibrated [2]_ on accounts that the points were not
fitted to:

.. math:: p = \frac{1}{1 + e^{-(a z + b)}}

It abstains where fewer than half of the features are known, where p is in the middle, and on other platforms.

Such a model describes its training file. The same features that reach an AUC of 0.98 there reach 0.60 on another set
[3]_: p is the share of accounts *of the training file* with such points that bore the label, and no more.

References
----------
.. [1] Hastie and Tibshirani (1990), Generalized additive models, Chapman and Hall.
.. [2] Platt (1999), Probabilistic outputs for support vector machines, Advances in Large Margin Classifiers.
.. [3] Yang, Varol, Hui and Menczer (2020), Scalable and generalizable social bot detection through data selection,
       AAAI 34. doi:10.1609/aaai.v34i01.5460
"""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.errors import ConfigError

__all__ = ["FEATURES", "Part", "Scorecard", "fit_scorecard", "load_scorecard", "profile_features"]

Floats: TypeAlias = npt.NDArray[np.float64]

_FORMAT: Final = "cib scorecard 1"
_PIECES: Final = 10
_STRENGTH: Final = 0.3
"""Inverse strength of the regularisation: with ten pieces a feature, a label file of a thousand accounts needs some."""
_INNER_FOLDS: Final = 5
_DECIMALS: Final = 6
"""Sums of floats differ in the last digits with the number of threads; these do not."""


def _age_days(as_of: datetime) -> pl.Expr:
    return ((pl.lit(as_of) - pl.col("created_at")).dt.total_seconds() / 86_400).clip(1)


_BOTH: Final = pl.col("followers").cast(pl.Float64) + pl.col("following")

FEATURES: Final[dict[str, str]] = {
    "followers": "followers",
    "following": "accounts followed",
    "post_count": "posts over its life",
    "follower_ratio": "followers / (followers + accounts followed)",
    "age_days": "days since its creation, at least 1",
    "posts_per_day": "posts over its life / age",
    "followers_per_day": "followers / age",
    "following_per_day": "accounts followed / age",
    "handle_length": "characters of the handle",
    "handle_digits": "share of digits in the handle",
    "name_length": "characters of the display name",
    "description_length": "characters of the profile text",
    "verified": "verified by the platform",
    "default_profile": "profile or its image never changed",
}
"""The features of a profile, after Yang et al. 2020, and what each is."""


def profile_features(accounts: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return the features of profiles, one column each, null where not known.

    Parameters
    ----------
    accounts : tables.ACCOUNTS, any more columns; `label` is not read.
    as_of : when the profiles were read, for ages; an account younger than that has an age of one day.
    """
    age, digits = _age_days(as_of), pl.col("handle").str.count_matches("[0-9]")
    length = {name: pl.col(name).str.len_chars() for name in ("handle", "name", "description")}
    columns = {
        "followers": pl.col("followers"),
        "following": pl.col("following"),
        "post_count": pl.col("post_count"),
        "follower_ratio": pl.when(_BOTH > 0).then(pl.col("followers") / _BOTH),
        "age_days": age,
        "posts_per_day": pl.col("post_count") / age,
        "followers_per_day": pl.col("followers") / age,
        "following_per_day": pl.col("following") / age,
        "handle_length": length["handle"],
        "handle_digits": pl.when(length["handle"] > 0).then(digits / length["handle"]),
        "name_length": length["name"],
        "description_length": length["description"],
        "verified": pl.col("verified"),
        "default_profile": pl.col("default_profile"),
    }
    return accounts.select(**{name: columns[name].cast(pl.Float64) for name in FEATURES})


@dataclass(frozen=True)
class Part:
    """One feature: where it is cut, and the points of each piece; a value on an edge belongs to the piece above it."""

    name: str
    edges: tuple[float, ...]
    points: tuple[float, ...]


@dataclass(frozen=True)
class Scorecard:
    """A trained model.

    Attributes
    ----------
    parts : the features, each with its points.
    intercept : what an account of unknown features has.
    slope, offset : a and b of the calibration.
    abstain : between these (exclusive) nothing is said.
    platforms : of the training file.
    card : what the model was trained on and how it did there (JSON), for readers; nothing depends on it.
    """

    parts: tuple[Part, ...]
    intercept: float
    slope: float = 1.0
    offset: float = 0.0
    abstain: tuple[float, float] = (0.3, 0.7)
    platforms: tuple[str, ...] = ()
    card: dict[str, Any] = field(default_factory=dict)

    def points(self, features: pl.DataFrame) -> Floats:
        """Return z of each account (see :func:`profile_features`)."""
        total = np.full(len(features), self.intercept)
        for part in self.parts:
            values = features[part.name].to_numpy().astype(np.float64)
            piece = np.searchsorted(np.asarray(part.edges), values, side="right")
            total += np.where(np.isnan(values), 0.0, np.asarray([*part.points])[np.minimum(piece, len(part.edges))])
        return total

    def probability(self, features: pl.DataFrame) -> Floats:
        """Return the calibrated p of each account, whether or not the model should abstain on it."""
        from scipy.special import expit

        p: Floats = expit(self.slope * self.points(features) + self.offset)
        return p

    def known(self, features: pl.DataFrame) -> pl.Series:
        """Return how many of the model's features are known of each account."""
        names = [part.name for part in self.parts]
        return features.select(pl.sum_horizontal(pl.col(names).is_not_null()).cast(pl.UInt32)).to_series()

    def save(self, path: Path) -> None:
        """Write the model as JSON: numbers and words, nothing that runs when it is read."""
        document = {"format": _FORMAT} | asdict(self)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def described(self, **card: Any) -> Self:
        """Return the model with more on its card."""
        return replace(self, card=self.card | card)


def load_scorecard(path: Path) -> Scorecard:
    """Return the model that :meth:`Scorecard.save` wrote.

    Raises
    ------
    ConfigError
        There is no such file, or it is not such a model.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"accounts.model: {path} cannot be read as a model ({error}). Give one that `cib train-accounts` wrote."
        raise ConfigError(msg) from error
    try:
        return _checked(document)
    except (KeyError, TypeError, ValueError) as error:
        msg = f"accounts.model: {path} is not a model of this version of cib ({error}). Train it again."
        raise ConfigError(msg) from error


def _checked(document: Any) -> Scorecard:
    """Return the model of a JSON document, which may hold anything."""
    if document["format"] != _FORMAT:
        msg = f"format '{document['format']}', '{_FORMAT}' expected"
        raise ValueError(msg)
    parts = tuple(
        Part(str(one["name"]), tuple(map(float, one["edges"])), tuple(map(float, one["points"])))
        for one in document["parts"]
    )
    for part in parts:
        sound = len(part.points) == len(part.edges) + 1 and list(part.edges) == sorted(part.edges)
        if part.name not in FEATURES or not sound or not all(map(isfinite, (*part.points, *part.edges))):
            msg = f"feature '{part.name}' is not sound"
            raise ValueError(msg)
    intercept, slope, offset = (float(document[name]) for name in ("intercept", "slope", "offset"))
    low, high = map(float, document["abstain"])
    if not all(map(isfinite, (intercept, slope, offset))) or not 0 <= low <= high <= 1:
        msg = "a number is not sound"
        raise ValueError(msg)
    platforms = tuple(map(str, document["platforms"]))
    return Scorecard(parts, intercept, slope, offset, (low, high), platforms, dict(document["card"]))


def fit_scorecard(features: pl.DataFrame, truth: npt.NDArray[np.bool_], *, seed: int) -> Scorecard:
    """Return a calibrated model.

    Parameters
    ----------
    features : see :func:`profile_features`; a column of one value, or of none, gets no points.
    truth : whether each account bears the label; both kinds must be there five times at least.
    seed : of the folds of the calibration.

    Notes
    -----
    Six regressions with ten columns a feature: a second for a thousand accounts.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    held_out = np.empty(len(truth))
    folds = StratifiedKFold(_INNER_FOLDS, shuffle=True, random_state=seed)
    for train, test in folds.split(held_out, truth):
        held_out[test] = _fit(features[train], truth[train]).points(features[test])
    line = LogisticRegression(C=1e6, solver="newton-cholesky").fit(held_out[:, None], truth)
    slope, offset = (round(float(number), _DECIMALS) for number in (line.coef_[0, 0], line.intercept_[0]))
    return replace(_fit(features, truth), slope=slope, offset=offset)


def _fit(features: pl.DataFrame, truth: npt.NDArray[np.bool_]) -> Scorecard:
    from sklearn.linear_model import LogisticRegression

    edges = {name: _edges(features[name]) for name in FEATURES}
    pieces = {name: _pieces(features[name], cuts) for name, cuts in edges.items() if len(cuts)}
    if not pieces:
        return Scorecard((), float(np.log(truth.mean() / (1 - truth.mean()))))
    columns = np.hstack([part for part, _ in pieces.values()])
    model = LogisticRegression(C=_STRENGTH, solver="newton-cholesky").fit(columns, truth)
    parts, start = [], 0
    for name, (part, shares) in pieces.items():
        points = model.coef_[0, start : start + part.shape[1]]
        start += part.shape[1]
        # The columns were centred: an unknown value stands for the average one.
        centred = np.round(points - points @ shares, _DECIMALS)
        parts.append(Part(name, tuple(map(float, edges[name])), tuple(map(float, centred))))
    return Scorecard(tuple(parts), round(float(model.intercept_[0]), _DECIMALS))


def _edges(values: pl.Series) -> Floats:
    known = values.drop_nulls().to_numpy()
    if not len(known):
        return np.empty(0)
    cuts: Floats = np.unique(np.quantile(known, np.arange(1, _PIECES) / _PIECES, method="higher"))
    inner: Floats = cuts[cuts > known.min()]
    return inner


def _pieces(values: pl.Series, edges: Floats) -> tuple[Floats, Floats]:
    """Return a column for each piece, less its share, 0 where the value is not known; and the shares."""
    known = values.is_not_null().to_numpy()
    place = np.searchsorted(edges, values.fill_null(0).to_numpy(), side="right")
    columns = np.eye(len(edges) + 1)[place]
    shares = columns[known].mean(axis=0)
    return np.where(known[:, None], columns - shares, 0.0), shares
