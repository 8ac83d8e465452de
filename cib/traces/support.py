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
from datetime import timedelta
from typing import Final

import polars as pl

from cib.settings import LayerSettings
from cib.traces.bins import coordination_interval, in_bins, not_alone

__all__ = ["Acts", "supported"]

_DIGITS: Final = 9
"""A share of a whole number is rounded to so many digits before it is rounded up: 7 % of 100 are 7, in binary too."""


class Acts:
    """The acts of a layer, as they get fewer, and why.

    Attributes
    ----------
    frame : account, post, time, key, and whatever else belongs to an act.
    ledger : (reason, rows before, rows after) of each step that left rows out.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self.ledger: list[tuple[str, int, int]] = []

    def keep(self, reason: str, kept: pl.DataFrame) -> None:
        """Go on with `kept`; what is missing went for this reason."""
        if len(kept) != len(self.frame):
            self.ledger.append((reason, len(self.frame), len(kept)))
        self.frame = kept

    def where(self, reason: str, condition: pl.Expr) -> None:
        """Keep the acts of which the condition is true or null."""
        self.keep(reason, self.frame.filter(condition.fill_null(value=True)))


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
    each = 1 if "min_acts_each" in taken else layer.min_acts_each
    if layer.min_acts > 1 and max(layer.min_acts_each, layer.min_account_objects, layer.min_accounts) > 1:
        reason = f"the account has fewer than {layer.min_acts} acts"
        acts.where(reason, pl.len().over("account") >= layer.min_acts)
    interval = None if "bin" in taken else _binned(acts, layer)
    if each > 1:
        acts.where(f"the account has fewer than {each} acts on the object", pl.len().over("account", "key") >= each)
    if layer.min_account_objects > 1:
        objects = pl.col("key").n_unique().over("account")
        reason = f"the account has fewer than {layer.min_account_objects} objects"
        acts.where(reason, objects >= layer.min_account_objects)
    if layer.min_accounts > 1:
        accounts = pl.col("account").n_unique().over("key")
        acts.where(f"the object has fewer than {layer.min_accounts} accounts", accounts >= layer.min_accounts)
    return interval


def _busy_accounts(acts: Acts, posts: pl.LazyFrame, layer: LayerSettings) -> None:
    """Leave out accounts with few posts, and those that are not among the most active."""
    if layer.min_posts > 1:
        enough = posts.group_by("account").len().filter(pl.col("len") >= layer.min_posts).collect(engine="streaming")
        kept = acts.frame.join(enough, on="account", how="semi", maintain_order="left")
        acts.keep(f"the account has fewer than {layer.min_posts} posts", kept)
    if layer.top_accounts < 1:
        active = acts.frame.group_by("account").len().sort("len", "account", descending=[True, False])
        top = active.head(math.ceil(round(layer.top_accounts * len(active), _DIGITS)))
        kept = acts.frame.join(top, on="account", how="semi", maintain_order="left")
        acts.keep(f"the account is not among the {layer.top_accounts:.2%} most active", kept)


def _binned(acts: Acts, layer: LayerSettings) -> float | None:
    """Lay fixed bins over the acts, if the layer has any; return the estimate of their width, if it asks for one."""
    interval, width = None, layer.bin
    if layer.bin_estimate:
        shares = acts.frame.select("time", object="key")
        interval = coordination_interval(shares, layer.estimate_q, layer.estimate_p)
        width = None if interval is None else timedelta(seconds=interval)
        if width is None:
            acts.keep("no coordination interval can be estimated", acts.frame.clear())
    if width is None:
        return None
    if layer.bin_use == "object":
        acts.frame = in_bins(acts.frame, layer, width)
    else:
        acts.where("the object has one account", pl.col("account").n_unique().over("key") > 1)
        acts.keep("the act is alone in its bin", not_alone(acts.frame, layer, width))
    return interval
