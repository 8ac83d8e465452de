"""Explanations by who a network's accounts are: a publisher's, feeds, few speakers, one person's, open advocates."""

from typing import Final

import polars as pl

from cib.networks.organic.case import Case, largest_share
from cib.networks.sums import exact_sum

__all__ = ["advocates", "feeds", "language_pool", "one_person", "publisher"]

_NOTHING: Final = {"group": pl.UInt32, "value": pl.Float64, "detail": pl.String}
_HOST: Final = r"^(?:https?://)?(?:www\.)?([^/:?#]+)"
_LABEL: Final = 3
_FEW: Final = 0.1
_MOST: Final = 0.8
_WORD: Final = 4
_RARE: Final = 0.05
_REGULAR: Final = 0.1
_QUIET: Final = 0.1
_POSTS: Final = 20
_PERSON: Final = 12
_EXPECTED: Final = 5.0


def publisher(case: Case) -> pl.DataFrame:
    """Return the smaller of two shares: of the links on one site, and of the members who are that site's by their name.

    A member is the site's if it is verified, or its handle or name holds the longest label of the site's host, the last
    one apart.
    """
    links = case.links.filter(pl.col("layer").is_in(case.traced("url", "domain")))
    if links.is_empty():
        return pl.DataFrame(schema=_NOTHING)
    top = largest_share(links.with_columns(host=pl.col("key").str.extract(_HOST, 1)), "host", "pairs")
    # Without a list of public suffixes: 'guardian' of guardian.co.uk, but 'news' of news.bbc.com.
    labels = pl.col("detail").str.split(".").list.reverse().list.slice(1)
    longest = labels.list.eval(pl.element().sort_by(pl.element().str.len_chars(), descending=True)).list.first()
    named = top.with_columns(site=longest.str.replace_all(r"\W", ""))
    profile = case.groups.join(case.accounts.select("account", "handle", "name", "verified"), on="account")
    text = pl.concat_str("handle", "name", ignore_nulls=True).str.to_lowercase().str.replace_all(r"\W", "")
    own = profile.with_columns(text=text).join(named.select("group", "site"), on="group")
    of_site = pl.col("text").str.contains(pl.col("site"), literal=True) & (pl.col("site").str.len_chars() >= _LABEL)
    theirs = own.group_by("group").agg(
        theirs=(of_site.fill_null(value=False) | pl.col("verified").fill_null(value=False)).mean()
    )
    both = top.join(theirs, on="group").sort("group")
    return both.select("group", value=pl.min_horizontal("value", "theirs"), detail="detail")


def feeds(case: Case) -> pl.DataFrame:
    """Return the share of members that post at regular intervals and hardly ever to or about anybody.

    Regular: half of the gaps between posts are within a tenth of the median gap. An account needs 20 posts; a network
    half of its members with as many.
    """
    gap = pl.col("created_at").diff().dt.total_seconds().over("account")
    history = case.history.with_columns(gap=gap)
    off = (pl.col("gap") - pl.col("gap").median()).abs().median()
    of = history.group_by("account").agg(
        posts=pl.len(), regular=off <= _REGULAR * pl.col("gap").median(), quiet=pl.col("interacts").mean() <= _QUIET
    )
    of = of.with_columns(feed=pl.when(pl.col("posts") >= _POSTS).then(pl.col("regular") & pl.col("quiet")))
    known = case.groups.join(of.select("account", "feed"), on="account", how="left")
    found = known.group_by("group").agg(
        value=pl.col("feed").mean(), known=pl.col("feed").is_not_null().mean(), detail=pl.lit(None, dtype=pl.String)
    )
    value = pl.when(pl.col("known") >= 0.5).then("value")
    return found.select("group", value=value, detail="detail").sort("group")


def language_pool(case: Case) -> pl.DataFrame:
    """Return the members' share of all accounts that mainly post in their language, where these are few.

    Few: below a tenth of the accounts whose language is known. 0 where the language is common or four fifths of the
    members do not share one.
    """
    counted = case.posts.select("account", "language").drop_nulls().group_by("account", "language").len()
    main = (
        counted.collect(engine="streaming")
        .sort(["account", "len", "language"], descending=[False, True, False])
        .unique("account", keep="first")
    )
    if main["language"].n_unique() < 2:
        return pl.DataFrame(schema=_NOTHING)
    pool = main.group_by("language").agg(pool=pl.len())
    own = case.groups.join(main.select("account", "language"), on="account")
    top = largest_share(own.with_columns(n=1), "language", "n").rename({"value": "most", "detail": "language"})
    joined = top.join(pool, on="language", how="left").join(
        own.group_by("group", "language").len(), on=["group", "language"]
    )
    few = (pl.col("pool") < _FEW * len(main)) & (pl.col("most") >= _MOST)
    value = pl.when(few).then(pl.col("len") / pl.col("pool")).otherwise(0.0)
    return joined.select("group", value=value, detail="language").sort("group")


def one_person(case: Case) -> pl.DataFrame:
    """Return how far members avoid each other's hours: 1 less the hours two are active in, over those expected.

    Expected is what each account's own habits by hour of the day give over the network's days. Asked of networks of up
    to 12 accounts of which at least 5 common hours are expected.
    """
    small = case.sizes.filter(pl.col("size") <= _PERSON)
    hours = (
        case.groups.join(small, on="group")
        .join(case.history.select("account", hour=pl.col("created_at").dt.truncate("1h")).unique(), on="account")
        .with_columns(of_day=pl.col("hour").dt.hour(), day=pl.col("hour").dt.date())
    )
    met = hours.group_by("group", "hour").agg(n=pl.len())
    met = met.group_by("group").agg(met=(pl.col("n") * (pl.col("n") - 1) / 2).sum())
    own = hours.group_by("group", "of_day", "account").agg(k=pl.len().cast(pl.Float64))
    sums = own.group_by("group", "of_day").agg(pairs=(pl.col("k").sum() ** 2 - (pl.col("k") ** 2).sum()) / 2)
    days = hours.group_by("group").agg(days=pl.col("day").n_unique())
    joined = sums.group_by("group").agg(pairs=exact_sum(pl.col("pairs"))).join(days, on="group").join(met, on="group")
    expected = pl.col("pairs") / pl.col("days")
    value = pl.when(expected >= _EXPECTED).then((1 - pl.col("met") / expected).clip(0, 1))
    return joined.select("group", value=value, detail=pl.lit(None, dtype=pl.String)).sort("group")


def advocates(case: Case) -> pl.DataFrame:
    """Return the largest share of members with one word in name or description that hardly anybody else has there.

    Hardly anybody: below a twentieth of the other accounts, of which there must be as many as members.
    """
    text = pl.concat_str("name", "description", ignore_nulls=True, separator=" ").str.to_lowercase()
    words = (
        case.accounts.select("account", word=text.str.extract_all(r"[#@]?\w+"))
        .explode("word")
        .filter(pl.col("word").str.len_chars() >= _WORD)
        .unique()
    )
    if words.is_empty():
        return pl.DataFrame(schema=_NOTHING)
    inside = (
        case.groups.join(words, on="account").group_by("group", "word").agg(n=pl.len()).join(case.sizes, on="group")
    )
    inside = inside.filter((pl.col("n") >= 2) & (2 * pl.col("n") >= pl.col("size")))
    everywhere = words.join(inside.select("word").unique(), on="word", how="semi").group_by("word").agg(all=pl.len())
    others = len(case.accounts) - pl.col("size")
    rare = (pl.col("all") - pl.col("n") < _RARE * others) & (others >= pl.col("size"))
    top = inside.join(everywhere, on="word").filter(rare).with_columns(value=pl.col("n") / pl.col("size"))
    top = top.sort(["group", "value", "word"], descending=[False, True, False]).unique("group", keep="first")
    joined = case.sizes.join(top.select("group", "value", detail="word"), on="group", how="left")
    return joined.select("group", pl.col("value").fill_null(0.0), "detail").sort("group")
