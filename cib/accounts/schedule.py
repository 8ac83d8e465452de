"""Schedule: how often and how regularly an account posts.

Machines keep time better than people, but so do newsrooms, shift workers, and people who let a
program send their posts. All times are UTC.

References
----------
.. [1] Kim and Jo (2016), Measuring burstiness for finite event sequences, Phys. Rev. E 94, 032311.
       doi:10.1103/PhysRevE.94.032311
.. [2] Goh and Barabasi (2008), Burstiness and memory in complex systems, EPL 81, 48002.
       doi:10.1209/0295-5075/81/48002
.. [3] Zhang and Paxson (2011), Detecting and analyzing automated activity on Twitter, PAM 2011.
       doi:10.1007/978-3-642-19260-9_11
.. [4] Chu, Gianvecchio, Wang and Jajodia (2012), Detecting automation of Twitter accounts: are you a human,
       bot, or cyborg? IEEE TDSC 9(6). doi:10.1109/TDSC.2012.75
"""

from functools import partial
from typing import Final

import polars as pl

from cib.accounts.history import History
from cib.accounts.indicator import Indicator, answer, blurred, few

__all__ = [
    "SCHEDULE",
    "burstiness",
    "memory",
    "peak_day",
    "peak_minute",
    "posting_rate",
    "regularity",
]

_DAY_S: Final = 86_400
_MINUTE_S: Final = 60
_GAPS_NEEDED: Final = 30
"""Below this the scatter of the burstiness and of the memory is as wide as the differences between people."""
_TOLERANCE_S: Final = 2.0
"""How far from a multiple still counts as on it: platforms stamp a post a second or two after it was sent."""


def _counts(history: History, unit_s: int) -> pl.DataFrame:
    """Return account and count, one row for each day or minute (UTC) in which an account posted."""
    # Posts lie in order of account and time, so that each day of an account is one run of rows: their
    # starts are found in a tenth of the time that grouping a million minutes takes.
    unit = pl.col("created_at").dt.epoch("us") // (unit_s * 1_000_000)
    starts = (pl.col("account") != pl.col("account").shift()) | (unit != unit.shift())
    rows = history.posts.select("account", row=pl.int_range(pl.len()), starts=starts.fill_null(value=True))
    return rows.filter("starts").select(
        "account", count=pl.col("row").shift(-1, fill_value=history.posts.height) - pl.col("row")
    )


def _no_days(history: History) -> pl.Expr:
    return blurred(history, "days", pl.lit(history.resolution_s > _DAY_S))


def posting_rate(history: History) -> pl.DataFrame:
    """Return posts divided by days (UTC) with at least one post [4]_."""
    days = pl.col("count")
    found = _counts(history, _DAY_S).group_by("account").agg(posts=days.sum(), days=pl.len())
    value = pl.col("posts") / pl.col("days")
    return answer(history, found, value, few("posts", history.settings.min_posts, "post"), _no_days(history))


def peak_day(history: History) -> pl.DataFrame:
    """Return the smallest count that at least 95 % of the account's active days (UTC) do not exceed.

    The inverse of the empirical distribution function at 0.95: always the count of one of its days.
    """
    count = pl.col("count")
    found = (
        _counts(history, _DAY_S)
        .group_by("account")
        .agg(posts=count.sum(), busy=count.quantile(0.95, interpolation="equiprobable"))
    )
    few_posts = few("posts", history.settings.min_posts, "post")
    return answer(history, found, pl.col("busy"), few_posts, _no_days(history))


def peak_minute(history: History) -> pl.DataFrame:
    """Return the most posts within one minute of the clock (hh:mm:00 to hh:mm:59 UTC).

    A maximum can only grow with more data, so any number of posts will do.
    """
    count = pl.col("count")
    found = _counts(history, _MINUTE_S).group_by("account").agg(most=count.max(), posts=count.sum())
    too_coarse = blurred(history, "posts of one minute", pl.lit(history.resolution_s > _MINUTE_S))
    return answer(history, found, pl.col("most"), few("posts", 1, "post"), too_coarse)


def burstiness(history: History) -> pl.DataFrame:
    r"""Return the burstiness of the gaps between successive posts, corrected for their number [1]_.

    With n gaps of mean m and standard deviation s (divisor n), and r = s / m,

    .. math:: A_n(r) = \frac{\sqrt{n+1}\,r - \sqrt{n-1}}{(\sqrt{n+1} - 2)\,r + \sqrt{n-1}}

    -1 for a clock, 0 for posts at random times, 1 if all time lies in one gap. The plain
    (s - m) / (s + m) of [2]_ never reaches 1 and depends on n, which would rank accounts by how much they post.
    """
    gap, n = pl.col("gap_s"), pl.col("gaps")
    found = (
        history.posts.drop_nulls("gap_s")
        .group_by("account", maintain_order=True)
        .agg(gaps=pl.len(), mean=gap.mean(), r=gap.std(ddof=0) / gap.mean())
    )
    upper, lower = (n + 1).sqrt(), (n - 1).sqrt()
    value = (upper * pl.col("r") - lower) / ((upper - 2) * pl.col("r") + lower)
    return answer(history, found, value, *_gap_refusals(history))


def _gap_refusals(history: History) -> list[pl.Expr]:
    # Rounding to the resolution d adds about d²/6 to the variance of a gap. From a mean of 2 d on that is
    # at most a 24th of m², which moves r (near 1 for random times) by no more than 2 %.
    mean = pl.col("mean")
    return [
        few("gaps", max(_GAPS_NEEDED, history.settings.min_posts - 1), "gap between posts", "gaps between posts"),
        pl.when(mean == 0).then(pl.lit("All posts carry the same time.")),
        blurred(history, "gaps as short as here", mean < 2 * history.resolution_s),
    ]


def memory(history: History) -> pl.DataFrame:
    r"""Return the memory of the gaps: Pearson's correlation of each gap with the next one [2]_.

    .. math:: M = \frac{1}{n-1} \sum_{i=1}^{n-1} \frac{(\tau_i - m_1)(\tau_{i+1} - m_2)}{s_1 s_2}

    where m1, s1 (m2, s2) belong to the gaps without the last (first). Near 0 for people, in [2]_.
    """
    here, before = pl.col("gap_s"), pl.col("before")
    pairs = history.posts.select("account", "gap_s", before=here.shift()).drop_nulls("gap_s")
    found = pairs.group_by("account", maintain_order=True).agg(
        gaps=pl.len(),
        mean=here.mean(),
        memory=pl.corr(here, before),
        even=(here.slice(1).min() == here.slice(1).max()) | (before.min() == before.max()),
    )
    constant = pl.when("even").then(pl.lit("Gaps between posts do not vary."))
    return answer(history, found, pl.col("memory").clip(-1, 1), *_gap_refusals(history), constant)


def regularity(history: History, *, period_s: int) -> pl.DataFrame:
    """Return the share of gaps that are a whole number of periods, to within 2 seconds [3]_.

    Only gaps of at least half a period count, so that the nearest multiple is never 0. For posts at
    random seconds the share is 5 / period_s.
    """
    gap = pl.col("gap_s")
    off = (gap - (gap / period_s).round() * period_s).abs()
    found = (
        history.posts.filter(gap >= period_s / 2)
        .group_by("account", maintain_order=True)
        .agg(gaps=pl.len(), on=(off <= _TOLERANCE_S).sum())
    )
    long = f"of {period_s // 2} s or more"
    enough = few("gaps", _GAPS_NEEDED, f"gap {long}", f"gaps {long}")
    too_coarse = blurred(history, f"multiples of {period_s} s", pl.lit(history.resolution_s >= period_s))
    return answer(history, found, pl.col("on") / pl.col("gaps"), too_coarse, enough)


def _regularity(period_s: int, spoken: str) -> Indicator:
    return Indicator(
        name=f"regularity_{period_s}s",
        family="schedule",
        title=f"gaps on multiples of {spoken}",
        unit="share",
        doc=f"share of the gaps g >= {period_s // 2} s with |g - {period_s} round(g / {period_s})| <= 2 s; "
        f"{100 * 5 / period_s:.2g} % at random seconds",
        needs=("posts.created_at",),
        unless=f"resolution {period_s} s or coarser; fewer than {_GAPS_NEEDED} such gaps",
        function=partial(regularity, period_s=period_s),
        sentence=f"{{value}} % of the gaps between posts are multiples of {spoken} (to 2 seconds); {{comparison}}.",
        zero=f"No gap between posts is a multiple of {spoken}; {{comparison}}.",
        unusual="high",
        innocent="posts scheduled by hand for full hours or quarters; feeds of news, weather and sport",
        reference="Zhang and Paxson 2011, doi:10.1007/978-3-642-19260-9_11",
    )


SCHEDULE: Final = (
    Indicator(
        name="posting_rate",
        family="schedule",
        title="posts per active day",
        unit="posts a day",
        doc="posts / days (UTC) with at least one post",
        needs=("posts.created_at",),
        unless="fewer than `min_posts` posts; resolution coarser than a day",
        function=posting_rate,
        sentence="Posted {value} times a day on active days; {comparison}.",
        unusual="high",
        innocent="newsrooms, live reporting, customer service, very keen people",
        reference="Chu et al. 2012, doi:10.1109/TDSC.2012.75",
    ),
    Indicator(
        name="peak_day",
        family="schedule",
        title="posts on a busy day",
        unit="posts a day",
        doc="smallest count that at least 95 % of the active days (UTC) do not exceed",
        needs=("posts.created_at",),
        unless="fewer than `min_posts` posts; resolution coarser than a day",
        function=peak_day,
        sentence="Posted at most {value} times on 95 % of its active days; {comparison}.",
        unusual="high",
        innocent="an event reported live, a conference, an election night",
        reference="percentile of the activity, as in Chu et al. 2012, doi:10.1109/TDSC.2012.75",
    ),
    Indicator(
        name="peak_minute",
        family="schedule",
        title="most posts in a minute",
        unit="posts",
        doc="largest number of posts within one minute of the clock",
        needs=("posts.created_at",),
        unless="no posts; resolution coarser than a minute",
        function=peak_minute,
        sentence="Most posts within one minute: {value}; {comparison}.",
        unusual="high",
        innocent="a thread sent at once, a queue that empties after the phone was offline, a run of quick reposts",
        reference="this project",
    ),
    Indicator(
        name="burstiness",
        family="schedule",
        title="burstiness of the gaps",
        unit="-1 to 1",
        doc="A_n = (sqrt(n+1) r - sqrt(n-1)) / ((sqrt(n+1) - 2) r + sqrt(n-1)), "
        "r = s / m of the n gaps, s with divisor n",
        needs=("posts.created_at",),
        unless=f"fewer than {_GAPS_NEEDED} gaps or `min_posts` posts; mean gap below twice the resolution; "
        "all times equal",
        function=burstiness,
        sentence="Burstiness of the gaps between posts: {value} (-1 clockwork, 0 random, 1 in bursts); {comparison}.",
        unusual="low",
        innocent="scheduled posts, feeds; anyone who posts once a day at breakfast",
        reference="Kim and Jo 2016, doi:10.1103/PhysRevE.94.032311",
    ),
    Indicator(
        name="memory",
        family="schedule",
        title="memory of the gaps",
        unit="-1 to 1",
        doc="Pearson correlation of each gap with the next",
        needs=("posts.created_at",),
        unless=f"as burstiness (fewer than {_GAPS_NEEDED} gaps, ...); gaps that do not vary",
        function=memory,
        sentence="Successive gaps between posts correlate by {value}; {comparison}.",
        unusual="both",
        innocent="a break of some weeks between two busy times; two posts at a time, morning and evening",
        reference="Goh and Barabasi 2008, doi:10.1209/0295-5075/81/48002",
    ),
    _regularity(60, "one minute"),
    _regularity(300, "5 minutes"),
    _regularity(900, "15 minutes"),
)
"""The indicators of this family, in the order in which they are shown."""
