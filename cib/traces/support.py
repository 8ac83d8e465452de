"""Which accounts and objects are looked at: the support that published methods ask for before they link anybody.

In this order, each asked once, because the methods ask of accounts first and of objects last:

1. ``min_posts``: posts of any kind in the data.
2. ``top_accounts``: the most active in the layer, by acts (the superspreaders of Nizzoli et al. 2021).
3. ``min_acts``, if one of 5 to 7 is set: it means all acts of the layer, before any object is left out, as in the
   code of Pacheco et al. 2021 and Luceri et al. 2024. Otherwise it is linking that asks it.
4. Bins (see :mod:`cib.traces.bins`), since with them an object may be another one.
5. ``min_acts_each``: acts of one account on one object (Luceri et al.: two quick reposts of one author).
6. ``min_account_objects``: distinct objects of an account (the code of Pacheco et al.: two).
7. ``min_accounts``: distinct accounts of an object, among those left (Luceri et al.: two; Pacheco et al.: three).

Objects' degrees are counted of what is left: this says who is looked at, and chance is asked among these.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

import polars as pl

from cib.settings import LayerSettings
from cib.traces.bins import coordination_interval, in_bins, not_alone

__all__ = ["Acts", "Step", "bin_width", "early_steps", "late_steps", "most_active", "supported"]

_DIGITS: Final = 9
"""A share of a whole number is rounded to so many digits before it is rounded up: 7 % of 100 are 7, in binary too."""


class Acts:
    """The acts of a layer, as they get fewer, and why.

    Attributes
    ----------
    frame : account, post, time, key, and whatever else belongs to an act.
    ledger : (reason, rows before, rows after) of each step, in order, also of those that left nothing out.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self.ledger: list[tuple[str, int, int]] = []

    def keep(self, reason: str, kept: pl.DataFrame) -> None:
        """Go on with `kept`; what is missing went for this reason."""
        self.ledger.append((reason, len(self.frame), len(kept)))
        self.frame = kept

    def where(self, reason: str, condition: pl.Expr) -> None:
        """Keep the acts of which the condition is true or null."""
        self.keep(reason, self.frame.filter(condition.fill_null(value=True)))


@dataclass(frozen=True)
class Step:
    """Something that is asked of acts together.

    Attributes
    ----------
    reason : why acts are left out, for the ledger.
    by : 'account' or 'key': it is asked of all acts of one account, or on one object, whatever the others are.
    kept : acts -> those that stay; given all acts of some accounts, or on some objects.
    """

    reason: str
    by: Literal["account", "key"]
    kept: Callable[[pl.DataFrame], pl.DataFrame]


def supported(acts: Acts, posts: pl.LazyFrame, layer: LayerSettings, taken: frozenset[str]) -> float | None:
    """Leave out what lacks support, step by step.

    Parameters
    ----------
    acts : is changed: account, post, time, key.
    posts : POSTS, for ``min_posts``.
    layer : settings.
    taken : settings that the trace has applied itself.

    Returns
    -------
    CooRnet's estimate, seconds, if the layer asks for it and there is one.

    Notes
    -----
    Nothing is computed for a setting that asks for nothing. Linear in acts, the estimate sorts them.
    """
    _busy_accounts(acts, posts, layer)
    for step in early_steps(layer):
        acts.keep(step.reason, step.kept(acts.frame))
    interval, width = bin_width(layer, taken, lambda: acts.frame.select("time", object="key"))
    for step in late_steps(layer, taken, width):
        acts.keep(step.reason, step.kept(acts.frame))
    return interval


def _busy_accounts(acts: Acts, posts: pl.LazyFrame, layer: LayerSettings) -> None:
    """Leave out accounts with few posts, and those that are not among the most active."""
    if layer.min_posts > 1:
        enough = posts.group_by("account").len().filter(pl.col("len") >= layer.min_posts).collect(engine="streaming")
        kept = acts.frame.join(enough, on="account", how="semi", maintain_order="left")
        acts.keep(f"the account has fewer than {layer.min_posts} posts", kept)
    if layer.top_accounts < 1:
        top = most_active(acts.frame.group_by("account").len(), layer.top_accounts)
        kept = acts.frame.join(top, on="account", how="semi", maintain_order="left")
        acts.keep(f"the account is not among the {layer.top_accounts:.2%} most active", kept)


def most_active(active: pl.DataFrame, share: float) -> pl.DataFrame:
    """Return the accounts with most acts (account, len), of equals those with the lower number: this share of all."""
    ranked = active.sort("len", "account", descending=[True, False])
    return ranked.head(math.ceil(round(share * len(active), _DIGITS)))


def early_steps(layer: LayerSettings) -> list[Step]:
    """Return what is asked before bins are laid."""
    if layer.min_acts < 2 or max(layer.min_acts_each, layer.min_account_objects, layer.min_accounts) < 2:
        return []
    enough = pl.len().over("account") >= layer.min_acts
    return [Step(f"the account has fewer than {layer.min_acts} acts", "account", _where(enough))]


def bin_width(
    layer: LayerSettings, taken: frozenset[str], shares: Callable[[], pl.DataFrame]
) -> tuple[float | None, timedelta | None]:
    """Return CooRnet's estimate, if the layer asks for one, and the width of its bins, None where it has none.

    Parameters
    ----------
    shares : gives object and time of all acts; only called for an estimate.
    """
    if "bin" in taken:
        return None, None
    if not layer.bin_estimate:
        return None, layer.bin
    interval = coordination_interval(shares(), layer.estimate_q, layer.estimate_p)
    return interval, None if interval is None else timedelta(seconds=interval)


def late_steps(layer: LayerSettings, taken: frozenset[str], width: timedelta | None) -> list[Step]:
    """Return what is asked once the width of the bins is known."""
    steps = [] if "bin" in taken else _binning(layer, width)
    each = 1 if "min_acts_each" in taken else layer.min_acts_each
    if each > 1:
        enough = pl.len().over("account", "key") >= each
        steps.append(Step(f"the account has fewer than {each} acts on the object", "key", _where(enough)))
    if layer.min_account_objects > 1:
        objects = pl.col("key").n_unique().over("account") >= layer.min_account_objects
        reason = f"the account has fewer than {layer.min_account_objects} objects"
        steps.append(Step(reason, "account", _where(objects)))
    if layer.min_accounts > 1:
        accounts = pl.col("account").n_unique().over("key") >= layer.min_accounts
        reason = f"the object has fewer than {layer.min_accounts} accounts"
        steps.append(Step(reason, "key", _where(accounts)))
    return steps


def _binning(layer: LayerSettings, width: timedelta | None) -> list[Step]:
    """Return what lays fixed bins over the acts, if the layer has any."""
    if width is None:
        none = Step("no coordination interval can be estimated", "key", pl.DataFrame.clear)
        return [none] if layer.bin_estimate else []
    if layer.bin_use == "object":
        return [Step("", "key", lambda acts: in_bins(acts, layer, width))]
    shared = pl.col("account").n_unique().over("key") > 1
    return [
        Step("the object has one account", "key", _where(shared)),
        Step("the act is alone in its bin", "key", lambda acts: not_alone(acts, layer, width)),
    ]


def _where(condition: pl.Expr) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda acts: acts.filter(condition)
