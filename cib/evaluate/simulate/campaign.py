"""Planted campaigns: who acts on what, when and in which words.

They need a cast, words and popular objects, not a world.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.evaluate.simulate.clock import DAY, HOUR, delays, of_day
from cib.evaluate.simulate.tables import Cast, drafts
from cib.evaluate.simulate.words import Ints, Random, Words, variants
from cib.settings.world import CampaignSettings, Wording

__all__ = ["Targets", "campaign_posts", "cover_counts", "participation", "said", "site"]

_WIDTH: Final = 14
"""Words of a campaign's text."""
_TAGS: Final = 2
_LATE: Final = 2 * HOUR
"""A campaign takes up a popular object, on average, so long after it appeared."""


@dataclass(frozen=True)
class Targets:
    """Popular objects that a campaign may act on; `at`: when they appeared, microseconds from the beginning.

    Attributes
    ----------
    posts : post_id, account_id, at, text, urls, hashtags of posts that are reposted.
    links : url, at.
    hashtags : the tags themselves.
    objects : object, at of things of no known kind.
    """

    posts: pl.DataFrame
    links: pl.DataFrame
    hashtags: pl.Series
    objects: pl.DataFrame


def participation(
    rng: Random, accounts: int, objects: int, share: float, *, on_duty: float = 1.0, max_repeats: int = 0
) -> tuple[Ints, Ints]:
    """Return who acts on what: (member, object), one entry an act, by object and member.

    Members stand in a ring; each object falls to a stretch of it of `on_duty` of them, who act with chance
    `share / on_duty`. Where two members would meet more than `max_repeats` times, one of them leaves out the objects
    that are too many.
    """
    stretch = max(1, round(accounts * on_duty))
    begin = rng.integers(0, accounts, objects)
    place = rng.permutation(accounts)
    duty = (place[None, :] - begin[:, None]) % accounts < stretch
    acts = duty & (rng.random((objects, accounts)) < share * accounts / stretch)
    if max_repeats:
        acts = _sparse(acts, max_repeats)
    what, who = np.nonzero(acts)
    return who.astype(np.int64), what.astype(np.int64)


def _sparse(acts: npt.NDArray[np.bool_], most: int) -> npt.NDArray[np.bool_]:
    """Return the acts without those that bring a pair above `most`: the later of the two leaves out the last object.

    Each round takes at least one act away, from every account that meets one before it too often; a few rounds do.
    """
    acts = acts.copy()
    while True:
        met = np.triu(acts.T.astype(np.int64) @ acts.astype(np.int64), 1)
        later = np.flatnonzero((met > most).any(axis=0))
        if not len(later):
            return acts
        partner = (met > most).argmax(axis=0)[later]
        both = acts[:, later] & acts[:, partner]
        last = len(acts) - 1 - both[::-1].argmax(axis=0)
        acts[last, later] = False


def cover_counts(rng: Random, acts: Ints, cover: float) -> Ints:
    """Return how many ordinary posts make each account's acts a share `1 - cover` of all, rounded at random."""
    wanted = np.maximum(acts, 1) * cover / (1.0 - cover)
    return np.asarray(np.floor(wanted + rng.random(len(acts))), dtype=np.int64)


def campaign_posts(
    rng: Random, settings: CampaignSettings, cast: Cast, targets: Targets, words: Words
) -> tuple[pl.DataFrame, Ints]:
    """Return the acts of a campaign as posts, and the number of each member's.

    Returns
    -------
    posts : columns of :data:`cib.evaluate.simulate.tables.POSTS`; posts of members that the others repost included.
    acts : one entry a member.
    """
    who, what = participation(
        rng,
        settings.accounts,
        settings.objects,
        settings.share,
        on_duty=settings.on_duty,
        max_repeats=settings.max_repeats,
    )
    longest = 0 if settings.delay is None else round(settings.delay.total_seconds() * 1_000_000)
    objects = _objects(rng, settings, cast, targets, words)
    first = objects["seed"].to_numpy()
    at = objects["at"].to_numpy()[what] + delays(rng, len(what), longest, settings.delay_law)
    kept = (at < cast.span) & (who != first[what])  # nobody reposts himself
    who, what, at = who[kept], what[kept], at[kept]
    seeds = objects.filter(pl.col("seed") >= 0)
    acts = objects[what].with_columns(
        account=pl.Series(who),
        at=pl.Series(at),
        post_id=cast.posts(len(at), first=len(objects)),
        text=_either(objects["text"][what], said(rng, words, settings.objects, what, settings.text)),
    )
    opening = seeds.with_columns(
        pl.lit("original").alias("kind"),
        pl.lit(None, dtype=pl.String).alias("parent_post_id"),
        account="seed",
        post_id="parent_post_id",
    )
    both = pl.concat([opening.select(acts.columns), acts])
    return _as_posts(both, cast), np.bincount(both["account"].to_numpy(), minlength=settings.accounts)


def _either(one: pl.Series, other: pl.Series) -> pl.Series:
    return pl.select(pl.coalesce(one, other)).to_series()


def _as_posts(acts: pl.DataFrame, cast: Cast) -> pl.DataFrame:
    """Return posts: acts with the ids of their members, and of the members whose post they repost."""
    own = cast.account_id.gather(acts["seed"].clip(0))
    parent = pl.when(pl.col("kind") == "repost").then(pl.coalesce("parent_account_id", pl.lit(own)))
    columns = acts.select(
        "post_id", "kind", "parent_post_id", "text", "urls", "hashtags", "objects", parent.alias("parent_account_id")
    ).to_dict(as_series=True)
    return drafts(acts["at"].to_numpy(), columns | {"account_id": cast.account_id.gather(acts["account"])})


def said(rng: Random, words: Words, objects: int, what: Ints, wording: Wording) -> pl.Series:
    """Return a text for each act on an object: versions of one text an object, all of one topic."""
    topic = np.full(objects, rng.integers(0, len(words.words)))
    return variants(rng, words, words.draw(rng, topic, _WIDTH), what, wording)


def site(rng: Random, words: Words) -> str:
    """Return the beginning of links to a site of its own."""
    first, second = words.words.gather(_rare(rng, words, 2)).to_list()
    return f"https://{first}-{second}.example/"


def _rare(rng: Random, words: Words, n: int) -> Ints:
    """Return numbers of words that are not among the commonest."""
    return rng.integers(min(500, len(words.words) // 2), len(words.words), n)


def _objects(rng: Random, settings: CampaignSettings, cast: Cast, targets: Targets, words: Words) -> pl.DataFrame:
    """Return the objects of a campaign, in their order.

    Columns: at, kind (of the posts that act on it), parent_post_id, parent_account_id (null: a member's), text (of a
    repost), urls, hashtags, objects, seed (member whose post it is, else -1).
    """
    n = settings.objects
    channel = np.array(settings.channels)[np.arange(n) % len(settings.channels)]
    popular = rng.permutation(n) >= round(settings.own * n)
    there = {
        "repost": len(targets.posts),
        "link": len(targets.links),
        "text": len(targets.hashtags),
        "object": len(targets.objects),
    }
    popular &= np.array([there[name] > 0 for name in settings.channels])[np.arange(n) % len(settings.channels)]
    own = _own_objects(rng, settings, cast, words, channel)
    parts = [
        own.filter(pl.Series(~popular)),
        _popular_posts(rng, np.flatnonzero(popular & (channel == "repost")), targets.posts),
        _popular_things(rng, np.flatnonzero(popular & (channel == "link")), targets.links, "url", "urls"),
        _popular_things(rng, np.flatnonzero(popular & (channel == "object")), targets.objects, "object", "objects"),
        _popular_tags(rng, own.filter(pl.Series(popular & (channel == "text"))), targets.hashtags),
    ]
    return pl.concat([part.select(own.columns) for part in parts]).sort("object")


def _own_objects(
    rng: Random, settings: CampaignSettings, cast: Cast, words: Words, channel: npt.NDArray[np.str_]
) -> pl.DataFrame:
    """Return objects that nobody else acts on: posts of members, links to a site of their own, texts with a hashtag."""
    n = len(channel)
    repost, link = pl.Series(channel == "repost"), pl.Series(channel == "link")
    longest = 0 if settings.delay is None else round(settings.delay.total_seconds() * 1_000_000)
    days = max(1, (cast.span - longest) // DAY)
    authors = rng.integers(0, max(1, settings.accounts // 20), n)
    tag = words.words.gather(_rare(rng, words, 2))
    url = site(rng, words) + pl.Series(np.arange(n)).cast(pl.String)
    columns: dict[str, Any] = {
        "object": np.arange(n),
        "at": rng.integers(0, days, n) * DAY + of_day(rng, n),
        "text": said(rng, words, n, np.arange(n), "verbatim"),
        "parent_post_id": cast.posts(n),
        "url": url,
        "seed": authors,
    }
    return pl.DataFrame(columns).select(
        "object",
        "at",
        kind=pl.when(repost).then(pl.lit("repost")).otherwise(pl.lit("original")),
        parent_post_id=pl.when(repost).then("parent_post_id"),
        parent_account_id=pl.lit(None, dtype=pl.String),
        text=pl.when(repost).then("text"),
        urls=pl.when(link).then(pl.concat_list("url")),
        objects=pl.when(pl.Series(channel == "object")).then(pl.concat_list("url")),
        hashtags=pl.when(pl.Series(channel == "text")).then(pl.lit(tag.implode()).first()),
        seed=pl.when(repost).then("seed").otherwise(-1).cast(pl.Int64),
    )


def _taken_up(rng: Random, objects: Ints, targets: pl.DataFrame) -> pl.DataFrame:
    """Return a popular object for each of these, different ones as far as there are so many, soon after it appeared."""
    order = rng.permutation(len(targets))
    chosen = targets[order[np.arange(len(objects)) % max(1, len(order))]]
    late = 1_000_000 + rng.exponential(_LATE, len(objects)).astype(np.int64)
    return chosen.with_columns(
        object=pl.Series(objects), at=chosen["at"] + pl.Series(late), seed=pl.lit(-1, dtype=pl.Int64)
    )


def _popular_posts(rng: Random, objects: Ints, posts: pl.DataFrame) -> pl.DataFrame:
    return _taken_up(rng, objects, posts).with_columns(
        kind=pl.lit("repost"),
        parent_post_id="post_id",
        parent_account_id="account_id",
        objects=pl.lit(None, dtype=pl.List(pl.String)),
    )


def _popular_things(rng: Random, objects: Ints, things: pl.DataFrame, item: str, column: str) -> pl.DataFrame:
    """Return popular links or other things, which stand in lists of one in their column of the posts."""
    nothing, no_list = pl.lit(None, dtype=pl.String), pl.lit(None, dtype=pl.List(pl.String))
    lists = dict.fromkeys(("urls", "hashtags", "objects"), no_list) | {column: pl.concat_list("item")}
    return _taken_up(rng, objects, things.select("at", item=item)).with_columns(
        kind=pl.lit("original"), parent_post_id=nothing, parent_account_id=nothing, text=nothing, **lists
    )


def _popular_tags(rng: Random, texts: pl.DataFrame, hashtags: pl.Series) -> pl.DataFrame:
    """Return the campaign's texts, with popular hashtags in place of its own."""
    chosen = rng.integers(0, max(1, len(hashtags)), (len(texts), _TAGS))
    if texts.is_empty():
        return texts
    lists = hashtags.gather(chosen.ravel()).reshape((len(texts), _TAGS)).arr.to_list()
    return texts.with_columns(hashtags=lists)
