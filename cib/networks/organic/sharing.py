"""Explanations by what a network shares: one target, one object, one day, a template, what was collected for."""

from datetime import timedelta
from typing import Final

import polars as pl

from cib.networks.organic.case import Case, largest_share
from cib.networks.sums import exact_sum

__all__ = ["collected", "fans", "generic_text", "one_day", "one_object"]

_COMMON: Final = 0.05
_COMMON_LEAST: Final = 50


def fans(case: Case) -> pl.DataFrame:
    """Return the share of the linking posts that repost, quote or answer one account outside the network."""
    target = pl.coalesce(
        "parent_account_id",
        pl.when(pl.col("kind").cast(pl.String) == "repost").then(
            pl.concat_str(pl.lit("@"), pl.col("text").str.extract(r"^RT @(\w+)", 1).str.to_lowercase())
        ),
    )
    posts = (
        case.posts.select("post", target=target)
        .join(case.acting.lazy().select("post").unique(), on="post", how="semi")
        .collect(engine="streaming")
    )
    if posts["target"].null_count() == len(posts):
        return pl.DataFrame(schema={"group": pl.UInt32, "value": pl.Float64, "detail": pl.String})
    own = case.groups.join(case.accounts.select("account", "account_id", "handle"), on="account")
    handle = pl.concat_str(pl.lit("@"), pl.col("handle").str.to_lowercase())
    members = pl.concat(
        [own.select("group", target="account_id"), own.select("group", target=handle).drop_nulls("target")]
    ).with_columns(member=True)
    aimed = case.acting.join(posts, on="post").join(members.unique(), on=["group", "target"], how="left")
    outside = pl.when(pl.col("member").is_null()).then("target")
    return largest_share(aimed.with_columns(target=outside, n=1), "target", "n")


def one_object(case: Case) -> pl.DataFrame:
    """Return the share of the linking pairs of posts that are on one object."""
    named = case.links.with_columns(what=pl.col("key").str.slice(0, 200))
    return largest_share(named, "what", "pairs")


def one_day(case: Case) -> pl.DataFrame:
    """Return the share of the linking pairs of posts within 24 hours, from a midnight or a noon (UTC)."""
    halves = [pairs.select("group", half=pl.col("time").dt.truncate("12h")) for pairs in case.pairs.values()]
    if not halves:
        return pl.DataFrame(schema={"group": pl.UInt32, "value": pl.Float64, "detail": pl.String})
    half = pl.concat(halves).group_by("group", "half").agg(n=pl.len()).collect(engine="streaming")
    following = half.select("group", pl.col("half") - timedelta(hours=12), after="n")
    both = half.join(following, on=["group", "half"], how="full", coalesce=True)
    both = both.with_columns(n=pl.col("n").fill_null(0), day=pl.col("n").fill_null(0) + pl.col("after").fill_null(0))
    top = both.sort(["group", "day", "half"], descending=[False, True, False]).unique("group", keep="first")
    whole = half.group_by("group").agg(whole=pl.col("n").sum())
    joined = top.join(whole, on="group").sort("group")
    return joined.select("group", value=pl.col("day") / pl.col("whole"), detail=pl.col("half").dt.strftime("%Y-%m-%d"))


def generic_text(case: Case) -> pl.DataFrame:
    """Return the share of the linking pairs of posts that are on texts most of whose users are not members."""
    texts = case.traced("text")
    if not texts:
        return pl.DataFrame(schema={"group": pl.UInt32, "value": pl.Float64, "detail": pl.String})
    generic = pl.col("layer").is_in(texts) & (2 * pl.col("members") < pl.col("accounts"))
    return _share_of_pairs(case.links, generic)


def collected(case: Case) -> pl.DataFrame:
    """Return the share of the linking pairs of posts on what a twentieth of all accounts, and 50 of them, acted on."""
    least = max(_COMMON_LEAST, _COMMON * len(case.accounts))
    return _share_of_pairs(case.links, pl.col("accounts") >= least)


def _share_of_pairs(links: pl.DataFrame, chosen: pl.Expr) -> pl.DataFrame:
    part = exact_sum(pl.when(chosen).then("pairs").otherwise(0))
    value = links.group_by("group").agg(value=part / exact_sum(pl.col("pairs"))).sort("group")
    return value.with_columns(pl.col("value").clip(0, 1), detail=pl.lit(None, dtype=pl.String))
