"""Quick reposts of the same author: two accounts repost whatever somebody posts, moments after it was posted.

The object is the author of the reposted post; the act is a repost at most ``max_delay`` after that post. When it was
posted is known only if it is in the data; if not, there is no act, and the ledger counts it.

Pacheco et al. 2020 (doi.org/10.1145/3366424.3385775) and Luceri et al. 2024 (doi.org/10.1145/3589334.3645529) take
ten seconds; the latter found 60 better (AUC 0.62 instead of 0.53). Their code reads the seconds of the delay without
its days, so a repost a day and five seconds later is quick there; here it is not.
"""

import polars as pl

from cib.settings import LayerSettings

__all__ = ["fast_checks", "fast_repost", "with_originals"]


def fast_repost(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the author of the reposted post; '' where nobody knows."""
    del layer
    author = pl.coalesce("parent_account_id", "original_author", pl.lit(""))
    named = pl.col("parent_post_id").is_not_null() | (pl.col("kind") == "repost")
    return pl.when(named).then(author), pl.col("example")


def fast_checks(layer: LayerSettings) -> dict[str, pl.Expr]:
    """Return what makes a repost quick: the original is known, and at most ``max_delay`` older."""
    checks = {"the original is not in the data": pl.col("original_at").is_not_null()}
    delay = pl.col("time") - pl.col("original_at")
    if layer.max_delay is None:
        checks["the repost is older than the original"] = delay >= pl.duration()
    else:
        reason = f"the repost is older than the original, or more than {layer.max_delay.total_seconds():g} s younger"
        checks[reason] = delay.is_between(pl.duration(), pl.lit(layer.max_delay, dtype=pl.Duration("us")))
    return checks


def with_originals(posts: pl.LazyFrame, layer: LayerSettings) -> pl.LazyFrame:
    """Return the posts with time and author of what each reposts, `original_at` and `original_author`, null if unknown.

    If a post is in the data more than once, its first time counts.
    """
    del layer
    parents = posts.select("platform", post_id="parent_post_id").drop_nulls().unique()
    originals = (
        posts.select("platform", "post_id", "created_at", "account_id")
        .join(parents, on=["platform", "post_id"], how="semi")
        .group_by("platform", parent_post_id="post_id")
        .agg(
            original_at=pl.col("created_at").min(),
            original_author=pl.col("account_id").sort_by("created_at", "account_id").first(),
        )
    )
    return posts.join(originals, on=["platform", "parent_post_id"], how="left", maintain_order="left")
