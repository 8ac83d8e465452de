"""Profile: what the account's own page says, and how it fits what the account did here.

References
----------
.. [1] Yang, Varol, Hui and Menczer (2020), Scalable and generalizable social bot detection through data
       selection, AAAI 34. doi:10.1609/aaai.v34i01.5460
.. [2] Beskow and Carley (2019), Its all in a name: detecting and labeling bots by their name, CMOT 25.
       doi:10.1007/s10588-018-09290-1
"""

from functools import partial
from typing import Final

import polars as pl

from cib.accounts.history import History
from cib.accounts.indicator import Indicator, answer, few

__all__ = [
    "PROFILE",
    "age_at_first_post",
    "default_profile",
    "empty_description",
    "follower_ratio",
    "gained_per_day",
    "handle_digits",
    "handle_entropy",
    "handle_pattern",
    "handle_surprise",
]

_YANG: Final = "Yang et al. 2020, doi:10.1609/aaai.v34i01.5460"
_BESKOW: Final = "Beskow and Carley 2019, doi:10.1007/s10588-018-09290-1"
_PATTERN: Final = r"^\p{L}[\p{L}_]*[0-9]{8,}$"
_HANDLE: Final = pl.col("handle")
_HANDLES_NEEDED: Final = 20
_NAMED: Final = ("account with a handle", "accounts with a handle")
_EDGE: Final = "\n"
"""Stands for the beginning and the end of a handle; no handle holds it."""
_NO_HANDLE: Final = pl.when(_HANDLE == "").then(pl.lit("The handle is empty."))


def _days_old(at: str) -> pl.Expr:
    return (pl.col(at) - pl.col("created_at")).dt.total_microseconds() / 86_400e6


def _too_young(at: str) -> pl.Expr:
    # A day is allowed for: some sources give creation dates by day, in the time zone of the account.
    reason = "Has posts from before its creation date, so the date cannot be relied on."
    return pl.when(_days_old(at) < -1).then(pl.lit(reason))


def handle_digits(history: History) -> pl.DataFrame:
    """Return the share of the handle's characters that are digits 0 to 9 [1]_."""
    value = _HANDLE.str.count_matches("[0-9]") / _HANDLE.str.len_chars()
    return answer(history, history.accounts, value, _NO_HANDLE)


def handle_entropy(history: History) -> pl.DataFrame:
    """Return the Shannon entropy of the handle's characters, upper and lower case alike, in bits a character [2]_.

    At most log2 of its length: long handles have more.
    """
    letters = (
        history.accounts.select("account", letter=_HANDLE.str.to_lowercase().str.extract_all(r"(?s)."))
        .explode("letter")
        .drop_nulls()
        .group_by("account", "letter")
        .agg(count=pl.len())
        .sort("account", "count")
        .with_columns(length=pl.col("count").sum().over("account"))
    )
    count, length = pl.col("count"), pl.col("length")
    found = letters.group_by("account", "length", maintain_order=True).agg(
        bits=(count * (length.cast(pl.Float64) / count).log(2)).sum()
    )
    handles = history.accounts.select("account", "handle").join(found, on="account", how="left")
    return answer(history, handles, pl.col("bits") / length, _NO_HANDLE)


def handle_pattern(history: History) -> pl.DataFrame:
    """Return 1 if the handle is letters (and underscores) followed by eight or more digits, else 0 [2]_.

    The form that Twitter gives to those who choose none.
    """
    return answer(history, history.accounts, _HANDLE.str.contains(_PATTERN), _NO_HANDLE)


def handle_surprise(history: History) -> pl.DataFrame:
    r"""Return the mean surprise of each character of the handle after the one before it, bits [2]_.

    .. math:: -\frac{1}{n} \sum_{i=1}^{n} \log_2 \frac{N'_{ab} + 1}{N'_a + V}

    over the n pairs ab of neighbouring characters, in lower case, beginning and end of the handle being characters
    too; N' counts pairs and first characters in all *other* handles here, V is the number of characters there are.
    """
    pairs = _neighbours(history)
    size = pairs.select(pl.col("after").n_unique()).item()
    own = pairs.group_by("account", "before", "after").agg(times=pl.len())
    times = pl.col("times")
    own = own.with_columns(
        pair=times.sum().over("before", "after") - times,
        first=times.sum().over("before") - times.sum().over("account", "before"),
    )
    bits = -((pl.col("pair") + 1) / (pl.col("first") + size)).log(2)
    found = (
        own.with_columns(bits=bits)
        .sort("account", "bits", "times")
        .group_by("account", maintain_order=True)
        .agg(bits=(pl.col("bits") * times).sum() / times.sum())
    )
    handles = history.accounts.select("account", "handle").join(found, on="account", how="left")
    enough = few(pl.lit(pairs["account"].n_unique()), _HANDLES_NEEDED, *_NAMED)
    return answer(history, handles, pl.col("bits"), _NO_HANDLE, enough)


def _neighbours(history: History) -> pl.DataFrame:
    """Return account, before and after: each pair of neighbouring characters of a handle, its ends included."""
    edged = pl.concat_str(pl.lit(_EDGE), _HANDLE.str.to_lowercase().str.replace_all(_EDGE, " "), pl.lit(_EDGE))
    letters = (
        history.accounts.filter(_HANDLE != "")
        .select("account", after=edged.str.extract_all(r"(?s)."))
        .explode("after")
        .with_columns(before=pl.col("after").shift().over("account"))
    )
    return letters.drop_nulls("before")


def age_at_first_post(history: History) -> pl.DataFrame:
    """Return the days from the account's creation to its first post here; less than 0 by up to a day counts as 0."""
    refusals = few("posts", 1, "post"), _too_young("first_at")
    return answer(history, history.accounts, _days_old("first_at").clip(0), *refusals)


def follower_ratio(history: History) -> pl.DataFrame:
    """Return followers / (followers + following) [1]_: 0 if nobody follows back, 1 if it follows nobody."""
    followers, both = pl.col("followers"), pl.col("followers").cast(pl.Float64) + pl.col("following")
    nobody = pl.when(both == 0).then(pl.lit("Follows nobody and is followed by nobody."))
    return answer(history, history.accounts, followers / both, nobody)


def gained_per_day(history: History, *, column: str) -> pl.DataFrame:
    """Return posts, followers or accounts followed, over the account's life / its age in days [1]_.

    The age is that at its last post here, at least one day. If the profile was read long after, this is too high.
    """
    refusals = few("posts", 1, "post"), _too_young("last_at")
    return answer(history, history.accounts, pl.col(column) / _days_old("last_at").clip(1), *refusals)


def default_profile(history: History) -> pl.DataFrame:
    """Return 1 if profile or profile image were never changed from the platform's default, else 0 [1]_."""
    return answer(history, history.accounts, pl.col("default_profile"))


def empty_description(history: History) -> pl.DataFrame:
    """Return 1 if the profile text is known to be empty or blank, else 0 [1]_."""
    return answer(history, history.accounts, pl.col("description").str.strip_chars() == "")


_profile = partial(Indicator, family="profile")

PROFILE: Final = (
    _profile(
        name="handle_digits",
        title="digits in the handle",
        unit="share",
        doc="digits 0-9 in the handle / its characters",
        needs=("accounts.handle",),
        unless="empty handle",
        function=handle_digits,
        sentence="{value} % of the characters of its handle are digits; {comparison}.",
        zero="No digits in its handle; {comparison}.",
        unusual="high",
        innocent="years of birth, jersey numbers, names that were taken, handles assigned by the platform",
        reference=_YANG,
    ),
    _profile(
        name="handle_entropy",
        title="entropy of the handle",
        unit="bits a character",
        doc="-(sum of p log2 p) over the handle's characters in lower case",
        needs=("accounts.handle",),
        unless="empty handle",
        function=handle_entropy,
        sentence="The characters of its handle have an entropy of {value} bits each; {comparison}.",
        unusual="high",
        innocent="any long handle; handles assigned by the platform",
        reference=_BESKOW,
    ),
    _profile(
        name="handle_pattern",
        title="handle like Name12345678",
        unit="yes or no",
        doc="1 if the handle matches letters and underscores, then eight or more digits, to the end; else 0",
        needs=("accounts.handle",),
        unless="empty handle",
        function=handle_pattern,
        sentence="Its handle is a name followed by eight or more digits; {comparison}.",
        zero="Its handle is not of the form name and eight digits; {comparison}.",
        unusual="high",
        innocent="anyone who took the handle that the platform proposed",
        reference=_BESKOW,
    ),
    _profile(
        name="handle_surprise",
        title="surprise of the handle",
        unit="bits a character",
        doc="mean of -log2((pairs ab in other handles + 1) / (pairs a. in other handles + distinct characters)) over "
        "the handle's neighbouring characters ab, in lower case, its two ends included",
        needs=("accounts.handle",),
        unless=f"empty handle; fewer than {_HANDLES_NEEDED} accounts with a handle",
        function=handle_surprise,
        sentence="The characters of its handle surprise by {value} bits each; {comparison}.",
        unusual="high",
        innocent="names from another language or script than most here; initials, abbreviations",
        reference=_BESKOW,
    ),
    _profile(
        name="age_at_first_post",
        title="age at the first post here",
        unit="days",
        doc="first post here - creation of the account; 0 if it is up to a day before",
        needs=("accounts.created_at",),
        unless="no posts; first post more than a day before the creation",
        function=age_at_first_post,
        sentence="Days from the creation of the account to its first post here: {value}; {comparison}.",
        unusual="low",
        innocent="people who join the platform for an event; collections that reach back to its beginning",
        reference=_YANG,
    ),
    _profile(
        name="follower_ratio",
        title="followers among ties",
        unit="share",
        doc="followers / (followers + following)",
        needs=("accounts.followers", "accounts.following"),
        unless="neither followers nor following",
        function=follower_ratio,
        sentence="Of its followers and those it follows, {value} % are followers; {comparison}.",
        zero="Follows others and has no followers; {comparison}.",
        unusual="low",
        innocent="newcomers and people who only read",
        reference=_YANG,
    ),
    _profile(
        name="growth",
        title="posts per day of age",
        unit="posts a day",
        doc="post_count / max(1, days from creation to the last post here)",
        needs=("accounts.post_count", "accounts.created_at"),
        unless="no posts; last post more than a day before the creation",
        function=partial(gained_per_day, column="post_count"),
        sentence="Over the life of the account posted {value} times a day; {comparison}.",
        unusual="high",
        innocent="as posts per active day; profiles read long after the posts",
        reference=_YANG,
    ),
    _profile(
        name="follower_growth",
        title="followers per day of age",
        unit="followers a day",
        doc="followers / max(1, days from creation to the last post here)",
        needs=("accounts.followers", "accounts.created_at"),
        unless="no posts; last post more than a day before the creation",
        function=partial(gained_per_day, column="followers"),
        sentence="Over the life of the account won {value} followers a day; {comparison}.",
        zero="Has no followers; {comparison}.",
        unusual="both",
        innocent="high: whoever is in the news; low: people who only read",
        reference=_YANG,
    ),
    _profile(
        name="following_growth",
        title="accounts followed per day of age",
        unit="accounts a day",
        doc="accounts followed / max(1, days from creation to the last post here)",
        needs=("accounts.following", "accounts.created_at"),
        unless="no posts; last post more than a day before the creation",
        function=partial(gained_per_day, column="following"),
        sentence="Over the life of the account began to follow {value} accounts a day; {comparison}.",
        zero="Follows nobody; {comparison}.",
        unusual="high",
        innocent="newcomers in their first days, people who follow back",
        reference=_YANG,
    ),
    _profile(
        name="default_profile",
        title="profile never changed",
        unit="yes or no",
        doc="1 if profile or profile image is the platform's default, else 0",
        needs=("accounts.default_profile",),
        unless="",
        function=default_profile,
        sentence="The profile or its image is still the platform's default; {comparison}.",
        zero="The profile is not the platform's default; {comparison}.",
        unusual="high",
        innocent="newcomers, privacy-minded people, most people who only read",
        reference=_YANG,
    ),
    _profile(
        name="empty_description",
        title="empty profile text",
        unit="yes or no",
        doc="1 if the profile text is known and blank, else 0",
        needs=("accounts.description",),
        unless="",
        function=empty_description,
        sentence="The profile text is empty; {comparison}.",
        zero="There is a profile text; {comparison}.",
        unusual="high",
        innocent="newcomers, privacy-minded people, most people who only read",
        reference=_YANG,
    ),
)
"""The indicators of this family, in the order in which they are shown."""
