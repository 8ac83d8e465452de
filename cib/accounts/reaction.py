"""Reaction: how soon after a post an account reposts it, where both are in the data.

A program that follows an account reposts what it posts within seconds; a person has to see it first. The posts that an
account reposts late or that are not in the data are not told apart from those that it never saw.

References
----------
.. [1] Mazza, Cresci, Avvenuti, Quattrociocchi and Tesconi (2019), RTbust: exploiting temporal patterns for botnet
       detection on Twitter, WebSci 11. doi:10.1145/3292522.3326015
.. [2] Pacheco, Flammini and Menczer (2020), Unveiling coordinated groups behind White Helmets disinformation,
       WWW companion. doi:10.1145/3366424.3385775
"""

from functools import partial
from typing import Final

import polars as pl

from cib.accounts.history import History
from cib.accounts.indicator import Indicator, answer, blurred, few

__all__ = ["REACTION", "reaction_median", "reaction_share"]

_MINUTE_S: Final = 60
_KNOWN: Final = ("repost of a post in the data", "reposts of posts in the data")
_DELAY: Final = pl.col("delay_s")


def _enough(history: History) -> pl.Expr:
    return few("reposts", history.settings.min_posts, *_KNOWN)


def _delays(history: History) -> pl.DataFrame:
    # A repost from before its original is a fault of a clock, or of the collection.
    return history.reactions.filter(_DELAY >= 0)


def reaction_median(history: History) -> pl.DataFrame:
    """Return the median time from a post to the account's repost of it, seconds [1]_."""
    found = _delays(history).group_by("account").agg(reposts=pl.len(), median=_DELAY.median())
    coarse = blurred(history, "how soon it reposts", pl.lit(history.resolution_s > _MINUTE_S))
    return answer(history, found, pl.col("median"), coarse, _enough(history))


def reaction_share(history: History, *, within_s: int) -> pl.DataFrame:
    """Return the share of the reposts that came at most `within_s` seconds after the original [2]_."""
    found = _delays(history).group_by("account").agg(reposts=pl.len(), quick=(within_s >= _DELAY).sum())
    coarse = blurred(history, f"{within_s} s", pl.lit(history.resolution_s > within_s / 2))
    return answer(history, found, pl.col("quick") / pl.col("reposts"), coarse, _enough(history))


def _share(within_s: int) -> Indicator:
    return Indicator(
        name=f"reaction_{within_s}s",
        family="schedule",
        title=f"reposts within {within_s} s",
        unit="share",
        doc=f"reposts at most {within_s} s after the original / reposts whose original is in the data and not younger",
        needs=("posts.parent_post_id",),
        unless=f"fewer than `min_posts` such reposts; resolution coarser than {within_s // 2} s",
        function=partial(reaction_share, within_s=within_s),
        sentence=f"{{value}} % of its reposts came within {within_s} seconds of the original; {{comparison}}.",
        zero=f"No repost came within {within_s} seconds of the original; {{comparison}}.",
        unusual="high",
        innocent="people who are notified of a friend's or an idol's posts; a live event on everybody's screen",
        reference="Pacheco et al. 2020, doi:10.1145/3366424.3385775",
    )


REACTION: Final = (
    Indicator(
        name="reaction_median",
        family="schedule",
        title="time to a repost",
        unit="seconds",
        doc="median of (time of a repost - time of its original), over reposts whose original is in the data and not "
        "younger",
        needs=("posts.parent_post_id",),
        unless="fewer than `min_posts` such reposts; resolution coarser than a minute",
        function=reaction_median,
        sentence="Median time from a post to its repost of it, in seconds: {value}; {comparison}.",
        unusual="low",
        innocent="people who are notified of a friend's or an idol's posts; data that hold only a few hours",
        reference="Mazza et al. 2019, doi:10.1145/3292522.3326015",
    ),
    _share(10),
    _share(60),
)
"""The indicators of this file, in the order in which they are shown."""
