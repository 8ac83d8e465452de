"""What the accounts did and are, in the few slim frames that the indicators read.

Texts, links and names of people never get past this file except as counts and numbers, and the
known truth (`label`) is dropped before anything else happens.
"""

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from cib.settings import AccountSettings

__all__ = ["History", "gather"]

_COUNTED: Final = {"links": "urls", "hashtags": "hashtags", "mentions": "mentions"}

# Links and mentions make each copy of a text look new: t.co gives every tweet its own link, and who
# sends copies addresses each one to somebody else.
_LINK_OR_MENTION: Final = r"https?://\S+|@[\w.:-]+"
# What a template leaves open besides: the tag of the day, and numbers.
_TAG_OR_NUMBER: Final = r"[#\uff03][\w]+|\d+(?:[.,:]\d+)*"
# One pattern for both would match at every blank and take twice as long; single blanks stay untouched.
_WIDE_SPACE: Final = r"\s{2,}|[^\S ]"


@dataclass(frozen=True, eq=False)
class History:
    """The corpus as the indicators see it.

    Attributes
    ----------
    accounts : one row an account, in order of `account`: ACCOUNTS without `label`, and with posts (UInt32, 0 for
        none), first_at and last_at (its first and last post here; null for none).
    posts : one row a post, in order of account and time: account, created_at, kind, links, hashtags, mentions
        (how many; null where the source file never gives them), gap_s (seconds since the account's previous
        post; null for its first).
    texts : one row an account and distinct original text: account, text (a number), posts.
    templates : one row an account and distinct template of its original texts: account, template (a number), posts.
    openings : one row an account and distinct first three words: account, opening (a number), posts.
    reactions : one row a repost whose original is in the data: account, delay_s (seconds from the original to it).
    targets : one row an account and somebody else it addressed: account, target (a number), posts.
    clients : one row an account and program: account, client (name), posts.
    settings : the `accounts` section of the config.
    resolution_s : the source's times are multiples of this, seconds.
    seed : for models that draw at random.
    ranks : filled once all indicators but the models are known: one column an indicator, named by its title, with its
        middle rank among the accounts it applies to, in [0, 1], null where it does not; rows as in `accounts`.
    """

    accounts: pl.DataFrame
    posts: pl.DataFrame
    texts: pl.DataFrame
    templates: pl.DataFrame
    openings: pl.DataFrame
    reactions: pl.DataFrame
    targets: pl.DataFrame
    clients: pl.DataFrame
    settings: AccountSettings
    resolution_s: float
    seed: int
    ranks: pl.DataFrame = field(default_factory=pl.DataFrame)

    def gives(self, need: str) -> bool:
        """Return whether the source gives a field for anyone: "posts.urls", or "posts.a|posts.b" for either."""
        return any(self._gives_one(field) for field in need.split("|"))

    def _gives_one(self, need: str) -> bool:
        table, _, column = need.partition(".")
        if table == "accounts":
            return self.accounts[column].null_count() < self.accounts.height
        listed = {
            "text": self.texts,
            "client": self.clients,
            "parent_account_id": self.targets,
            "parent_post_id": self.reactions,
        }
        if column in listed:
            return not listed[column].is_empty()
        counts = {of: name for name, of in _COUNTED.items()}
        if column in counts:
            return self.posts[counts[column]].null_count() < self.posts.height
        return True


def gather(
    posts: pl.LazyFrame, accounts: pl.DataFrame, settings: AccountSettings, *, resolution_s: float, seed: int
) -> History:
    """Read the posts once for each group of columns and keep what the indicators need.

    Parameters
    ----------
    posts : tables.POSTS, any order.
    accounts : tables.ACCOUNTS, any order; `label` is not read and need not be there.
    settings, resolution_s, seed : kept for the indicators.

    Notes
    -----
    Linear in posts but for one sort by account and time. About 40 bytes a post stay in memory; texts are
    reduced to 64-bit numbers while they stream past, so their size does not matter.
    """
    slim = _slim(posts)
    spans = slim.group_by("account", maintain_order=True).agg(
        posts=pl.len(), first_at=pl.col("created_at").first(), last_at=pl.col("created_at").last()
    )
    profiles = accounts.drop("label", strict=False).sort("account")
    return History(
        accounts=profiles.join(spans, on="account", how="left", maintain_order="left").with_columns(
            pl.col("posts").fill_null(0)
        ),
        posts=slim,
        **_texts(posts),
        reactions=_reactions(posts),
        targets=_distinct(_targets(posts)),
        clients=_distinct(posts.select("account", "client")),
        settings=settings,
        resolution_s=resolution_s,
        seed=seed,
    )


def _slim(posts: pl.LazyFrame) -> pl.DataFrame:
    counts = {name: pl.col(column).list.len() for name, column in _COUNTED.items()}
    frame = posts.select("account", "created_at", "kind", source=pl.col("source_file").hash(), **counts)
    # Readers differ in whether 'no links' is an empty list or a null. A file that never gives a link
    # does not know them; in one that does, a null is 'none'.
    known = [
        pl.when(pl.col(name).is_not_null().any().over("source")).then(pl.col(name).fill_null(0)) for name in counts
    ]
    gap = (pl.col("created_at") - pl.col("created_at").shift()).dt.total_microseconds() / 1e6
    return (
        frame.collect(engine="streaming")
        .with_columns(known)
        .drop("source")
        .sort("account", "created_at")
        .with_columns(gap_s=pl.when(pl.col("account") == pl.col("account").shift()).then(gap))
    )


def _texts(posts: pl.LazyFrame) -> dict[str, pl.DataFrame]:
    """Return what repeats in the original texts: whole texts, templates and openings, as numbers.

    Texts are equal that differ in case, links, mentions and white space alone; templates also without hashtags and
    with any number for another. An opening is the first three words of a text that has more than three.
    """
    lower = pl.col("text").str.to_lowercase().str.replace_all(_LINK_OR_MENTION, " ")
    bare = lower.str.replace_all(_WIDE_SPACE, " ").str.strip_chars()
    open_ended = pl.col("bare").str.replace_all(_TAG_OR_NUMBER, "0").str.replace_all(r"(?:0\s*)+", "0 ")
    head = pl.col("bare").str.extract(r"^(\S+ \S+ \S+) ")
    numbers = (
        posts.filter(pl.col("kind") == "original")
        .select("account", bare=pl.when(bare != "").then(bare))
        .drop_nulls("bare")
        .select(
            "account",
            text=pl.col("bare").hash(),
            template=open_ended.str.strip_chars().hash(),
            opening=head.hash(),
            opens=head.is_not_null(),
        )
        .collect(engine="streaming")
        .lazy()
    )
    return {
        "texts": _distinct(numbers.select("account", "text")),
        "templates": _distinct(numbers.select("account", "template")),
        "openings": _distinct(numbers.filter("opens").select("account", "opening")),
    }


def _reactions(posts: pl.LazyFrame) -> pl.DataFrame:
    """Return account and delay of each repost of a post that is in the data; the first time of an original counts."""
    reposts = posts.filter(pl.col("kind") == "repost", pl.col("parent_post_id").is_not_null())
    wanted = reposts.select("platform", post_id="parent_post_id").unique()
    originals = (
        posts.select("platform", "post_id", "created_at")
        .join(wanted, on=["platform", "post_id"], how="semi")
        .group_by("platform", parent_post_id="post_id")
        .agg(original_at=pl.col("created_at").min())
    )
    delay = (pl.col("created_at") - pl.col("original_at")).dt.total_microseconds() / 1e6
    return (
        reposts.select("account", "platform", "parent_post_id", "created_at")
        .join(originals, on=["platform", "parent_post_id"])
        .select("account", delay_s=delay)
        .collect(engine="streaming")
        .sort("account", "delay_s")
    )


def _targets(posts: pl.LazyFrame) -> pl.LazyFrame:
    """Return account and target: the author of the parent post, or else everyone mentioned."""
    parent = pl.col("parent_account_id")
    others = posts.filter(parent.is_not_null(), parent != pl.col("account_id"))
    mentions = posts.filter(parent.is_null()).select("account", target="mentions").explode("target")
    return pl.concat(
        [
            others.select("account", target=parent.hash()),
            mentions.drop_nulls("target").with_columns(pl.col("target").str.to_lowercase().hash()),
        ]
    )


def _distinct(pairs: pl.LazyFrame) -> pl.DataFrame:
    """Return each distinct pair of account and thing with the posts it occurs in; nulls are not things."""
    account, thing = pairs.collect_schema().names()
    counted = pairs.drop_nulls(thing).group_by(account, thing).agg(posts=pl.len())
    return counted.collect(engine="streaming").sort(account, "posts")
