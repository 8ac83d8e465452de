"""Hours: at which hours of the day and seconds of the minute an account posts.

Whoever sleeps leaves a gap in the day, and whoever types presses the button at any second. Programs need not; but
neither do shift workers, nor people who let a program send their posts through the night. All times are UTC; but for
the comparison with the others here, nothing depends on which hour is midnight for the account, so its time zone need
not be known.

References
----------
.. [1] Lin (1991), Divergence measures based on the Shannon entropy, IEEE Trans. Inf. Theory 37(1).
       doi:10.1109/18.61115
.. [2] Zhang and Paxson (2011), Detecting and analyzing automated activity on Twitter, PAM 2011.
       doi:10.1007/978-3-642-19260-9_11
"""

from math import log
from typing import Final

import polars as pl

from cib.accounts.history import History
from cib.accounts.indicator import Indicator, answer, blurred, few

__all__ = ["HOURS", "circadian_entropy", "same_second", "silent_hours", "unusual_hours"]

_HOUR_S: Final = 3_600
_HOURS_NEEDED: Final = 50
"""Posts for a histogram of 24 hours; with fewer, empty hours mean little."""
_SECONDS_NEEDED: Final = 60
"""Posts for the seconds of the minute: one for each."""
_FINE: Final = 10**12
"""Shares are added up as whole parts of this, so that their order makes no difference."""


def _per_hour(history: History) -> pl.DataFrame:
    hour = pl.col("created_at").dt.hour().cast(pl.Int64)
    return history.posts.group_by("account", hour=hour).agg(count=pl.len()).sort("account", "hour")


def _hour_refusals(history: History) -> list[pl.Expr]:
    return [
        few("posts", max(_HOURS_NEEDED, history.settings.min_posts), "post"),
        blurred(history, "hours of the day", pl.lit(history.resolution_s > _HOUR_S)),
    ]


def circadian_entropy(history: History) -> pl.DataFrame:
    r"""Return the entropy of the account's 24-hour histogram (UTC), as a share of the largest possible.

    .. math:: -\frac{1}{\ln 24} \sum_h p_h \ln p_h

    0 if all posts fall in one hour of the day, 1 if each hour has as many. Whoever sleeps stays well below 1.
    """
    count, posts = pl.col("count"), pl.col("posts")
    found = (
        _per_hour(history)
        .with_columns(posts=count.sum().over("account"))
        .group_by("account", "posts", maintain_order=True)
        .agg(surprise=(count * (posts.cast(pl.Float64) / count).log()).sum())
    )
    return answer(history, found, pl.col("surprise") / posts / log(24), *_hour_refusals(history))


def silent_hours(history: History) -> pl.DataFrame:
    """Return the longest run of hours of the day (UTC, around midnight too) in which the account never posted.

    0 to 23. It can only shrink with more posts: compare accounts that post about as much.
    """
    hour = pl.col("hour")
    found = (
        _per_hour(history)
        .group_by("account", maintain_order=True)
        .agg(
            posts=pl.col("count").sum(),
            within=hour.diff().max().fill_null(0) - 1,
            across=hour.first() + 24 - hour.last() - 1,
        )
    )
    return answer(history, found, pl.max_horizontal("within", "across"), *_hour_refusals(history))


def unusual_hours(history: History) -> pl.DataFrame:
    r"""Return how far the account's hours of the day (UTC) are from those of all accounts here [1]_.

    The Jensen-Shannon divergence, bits, of its 24-hour histogram p from the mean q of all accounts' (of those with
    enough posts, each counting once), with m = (p + q) / 2:

    .. math:: \frac{1}{2} \sum_h \left( p_h \log_2 \frac{p_h}{m_h} + q_h \log_2 \frac{q_h}{m_h} \right)

    0 for the hours of everybody, 1 for hours in which nobody else posts. A short history adds about 23 / (8 n ln 2).
    """
    count = pl.col("count")
    hours = _per_hour(history).with_columns(posts=count.sum().over("account"))
    needed = max(_HOURS_NEEDED, history.settings.min_posts)
    shares = hours.filter(pl.col("posts") >= needed).with_columns(p=count / pl.col("posts"))
    usual = shares.group_by("hour").agg(q=(pl.col("p") * _FINE).round().cast(pl.Int64).sum())
    p, q = pl.col("p"), pl.col("q") / (_FINE * max(1, shares["account"].n_unique()))
    joined = shares.join(usual, on="hour").with_columns(q=q).sort("account", "p", "q")
    both = p + pl.col("q")
    # An hour without a post of the account adds q / 2: what the hours with one leave of 1 / 2.
    term = p * (2 * p / both).log(2) + pl.col("q") * ((2 * pl.col("q") / both).log(2) - 1)
    found = joined.group_by("account", maintain_order=True).agg(far=(term.sum() + 1) / 2)
    sizes = history.posts.group_by("account").agg(posts=pl.len())
    value = pl.col("far").clip(0)
    return answer(history, sizes.join(found, on="account", how="left"), value, *_hour_refusals(history))


def same_second(history: History) -> pl.DataFrame:
    r"""Return the chance that two of the account's posts, drawn at random, bear the same second of the minute [2]_.

    .. math:: \frac{\sum_s c_s (c_s - 1)}{n (n - 1)}

    over the 60 seconds: 1/60 for a hand, 1 for a clock that always strikes at one second, whatever n.
    """
    count = pl.col("count").cast(pl.Int64)
    second = pl.col("created_at").dt.second()
    fine = history.posts if history.resolution_s <= 1 else history.posts.clear()
    found = (
        fine.group_by("account", second=second)
        .agg(count=pl.len())
        .group_by("account")
        .agg(posts=count.sum(), twice=(count * (count - 1)).sum())
    )
    coarse = blurred(history, "seconds", pl.lit(history.resolution_s > 1))
    enough = few("posts", max(_SECONDS_NEEDED, history.settings.min_posts), "post")
    return answer(history, found, pl.col("twice") / (pl.col("posts") * (pl.col("posts") - 1)), coarse, enough)


HOURS: Final = (
    Indicator(
        name="circadian_entropy",
        family="schedule",
        title="evenness over the day",
        unit="0 to 1",
        doc="-(sum over the 24 hours of p ln p) / ln 24, p the share of posts in that hour (UTC)",
        needs=("posts.created_at",),
        unless=f"fewer than {_HOURS_NEEDED} posts or `min_posts`; resolution coarser than an hour",
        function=circadian_entropy,
        sentence="Evenness of its posts over the 24 hours: {value} (0 one hour only, 1 all alike); {comparison}.",
        unusual="both",
        innocent="high: several people share the account, travel, shift work; low: one fixed hour a day",
        reference="Shannon entropy of the hours; of the gaps in Chu et al. 2012, doi:10.1109/TDSC.2012.75",
    ),
    Indicator(
        name="silent_hours",
        family="schedule",
        title="longest silence in the day",
        unit="hours",
        doc="longest circular run of empty hours in the 24-hour histogram (UTC)",
        needs=("posts.created_at",),
        unless=f"fewer than {_HOURS_NEEDED} posts or `min_posts`; resolution coarser than an hour",
        function=silent_hours,
        sentence="Longest run of hours of the day without any post: {value}; {comparison}.",
        zero="Has posted in every hour of the day; {comparison}.",
        unusual="low",
        innocent="many years of posts, travel, summer time: with enough posts each hour gets one",
        reference="this project",
    ),
    Indicator(
        name="unusual_hours",
        family="schedule",
        title="hours unlike the others",
        unit="0 to 1",
        doc="Jensen-Shannon divergence (bits) of its 24-hour histogram (UTC) from the mean of all accounts' histograms",
        needs=("posts.created_at",),
        unless=f"fewer than {_HOURS_NEEDED} posts or `min_posts`; resolution coarser than an hour",
        function=unusual_hours,
        sentence="Its hours of the day differ by {value} from those of all here (0 the same, 1 no hour in common); "
        "{comparison}.",
        unusual="high",
        innocent="whoever lives in another time zone or works at night; short histories",
        reference="Lin 1991, doi:10.1109/18.61115; of hours: this project",
    ),
    Indicator(
        name="same_second",
        family="schedule",
        title="same second of the minute",
        unit="share",
        doc="sum of c (c - 1) / (n (n - 1)), c of n posts at each second of the minute; 1.7 % at random seconds",
        needs=("posts.created_at",),
        unless=f"resolution coarser than a second; fewer than {_SECONDS_NEEDED} posts or `min_posts`",
        function=same_second,
        sentence="Two of its posts bear the same second of the minute in {value} % of cases (1.7 % at random); "
        "{comparison}.",
        zero="No two of its posts bear the same second of the minute; {comparison}.",
        unusual="high",
        innocent="posts scheduled by hand for full minutes; threads sent at once",
        reference="Zhang and Paxson 2011, doi:10.1007/978-3-642-19260-9_11; the statistic: Simpson 1949",
    ),
)
"""The indicators of this file, in the order in which they are shown."""
