"""The indicator that a trained model adds, where the config names one (see :mod:`cib.accounts.scorecard`)."""

from datetime import UTC, datetime
from functools import partial
from typing import Final, cast

import polars as pl

from cib.accounts.history import History
from cib.accounts.indicator import Indicator, answer
from cib.accounts.scorecard import Scorecard, profile_features

__all__ = ["MODEL_NAME", "profile_model", "profile_probability"]

MODEL_NAME: Final = "profile_model"
"""Name of the indicator; it is not in the registry, because no run has it unless its config names a model."""


def profile_probability(history: History, *, model: Scorecard) -> pl.DataFrame:
    """Return the model's p, where it does not abstain; ages are those at the last post of the data."""
    seen = [at for at in (history.accounts["last_at"].max(), history.accounts["created_at"].max()) if at is not None]
    as_of = seen[0] if seen else datetime(1970, 1, 1, tzinfo=UTC)  # nobody has an age then, whatever the day is
    features = profile_features(history.accounts, as_of=cast("datetime", as_of))
    low, high = model.abstain
    found = history.accounts.select(
        "account",
        known=model.known(features),
        p=pl.Series(model.probability(features)),
        other=pl.lit(bool(model.platforms)) & ~pl.col("platform").is_in(list(model.platforms)),
    )
    needed = (len(model.parts) + 1) // 2
    few = pl.format("The model abstains: {} of {} features known, {} needed.", "known", len(model.parts), needed)
    middle = f"The model abstains: neither likely nor unlikely, between {100 * low:g} and {100 * high:g} %."
    return answer(
        history,
        found,
        pl.col("p"),
        pl.when("other").then(pl.lit("The model abstains: it was trained on accounts of another platform.")),
        pl.when(pl.col("known") < needed).then(few),
        pl.when(pl.col("p").is_between(low, high, closed="none")).then(pl.lit(middle)),
    )


def profile_model(model: Scorecard) -> Indicator:
    """Return the indicator of a trained model."""
    return Indicator(
        name=MODEL_NAME,
        family="all",
        title="share labelled alike in training",
        unit="share",
        doc="calibrated probability of a scorecard over profile features: the share of accounts of the training file "
        "with as many points that bore its label",
        needs=("accounts.account_id",),
        unless="fewer than half of its features known; a value in the middle; another platform than in training",
        function=partial(profile_probability, model=model),
        sentence="Of accounts of the training file with a profile like this, {value} % bore its label; {comparison}. "
        "This does not carry over to other data.",
        unusual="high",
        innocent="whoever has a profile like those of the training file; measure how it does on your own accounts",
        reference="features: Yang et al. 2020, doi:10.1609/aaai.v34i01.5460; the model: this project",
    )
