"""Campaigns planted in real posts: new accounts whose other posts are put together from those of real accounts.

A planted account takes its number of ordinary posts from the campaign's share of cover, its hours of the day from one
real account, and each ordinary post from a real post of the same language: what it reposts, links or tags is kept and
so is the day, because objects have their time; the words of posts that are no reposts are put together from two real
posts, so that nobody is copied. Real posts are not changed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from cib.errors import InputError
from cib.evaluate.simulate.campaign import Targets, campaign_posts, cover_counts
from cib.evaluate.simulate.clock import DAY
from cib.evaluate.simulate.parts import truth_of
from cib.evaluate.simulate.profiles import created
from cib.evaluate.simulate.tables import POSTS, TRUTH, Cast, account_ids, drafts, numbers, stream
from cib.evaluate.simulate.words import Ints, Random, Words, invented
from cib.settings.world import CampaignSettings, Channel

__all__ = ["Corpus", "corpus", "plant"]

_SAMPLE: Final = 200_000
"""Real posts that ordinary posts and words are drawn from."""
_WORDS: Final = 20_000
_LONGEST: Final = 5_000
"""Characters of a text that count: a sample of the longest that can be read would not fit into memory."""
_FEWEST_WORDS: Final = 100
_STEPS: Final = (60_000_000, 1_000_000, 1_000, 1)
_POPULAR: Final = 0.02
_AT_LEAST: Final = 50
_TAGS: Final = 50
_HALF_HOUR: Final = 30 * 60_000_000
_GROUP: Final = 1 << 17
"""Planted posts and accounts are numbered from here, apart from those of made-up worlds."""


_REPOSTED: Final = pl.coalesce("parent_post_id", "text")
"""What a repost repeats: some sources have lost whose post it is and know only its words."""


@dataclass(frozen=True)
class Corpus:
    """What planting needs to know of real posts.

    Attributes
    ----------
    platform : of most posts; planted accounts belong to it.
    begin, span : first time since 1970 and length of the corpus, microseconds.
    sample : real posts, at most 200,000: the columns of :data:`cib.tables.POSTS` that planting reads.
    step : what all times are multiples of: a minute, a second, a millisecond or a microsecond.
    able : the channels that its posts have; reading anything else into it would give the planted accounts away.
    """

    platform: str
    begin: int
    span: int
    step: int
    able: frozenset[Channel]
    sample: pl.DataFrame
    targets: Targets
    words: Words


def corpus(posts: pl.LazyFrame, seed: int) -> Corpus:
    """Look at real posts (columns of :data:`cib.tables.POSTS`). Cost: some passes over them; memory that of the sample.

    Raises
    ------
    InputError
        There are fewer than two accounts.
    """
    at = pl.col("created_at").dt.epoch("us")
    about = posts.select(
        begin=at.min(),
        end=at.max(),
        rows=pl.len(),
        accounts=pl.col("account_id").n_unique(),
        platform=pl.col("platform").drop_nulls().mode().sort().first(),
    ).collect()
    begin, end, rows, accounts, platform = about.row(0)
    if accounts < 2:
        msg = "Campaigns can be planted only in posts of two accounts or more. Give more posts by --into."
        raise InputError(msg)
    step = next(step for step in _STEPS if posts.select((at % step == 0).all()).collect().item())
    every = np.sort(stream(seed, "sample").choice(rows, min(rows, _SAMPLE), replace=False))
    chosen = pl.LazyFrame({"post": pl.Series(every, dtype=pl.UInt32)})
    columns = [name for name in POSTS if name not in {"post_id", "platform", "text"}]
    sample = (
        posts.select("post", *columns, pl.col("text").str.slice(0, _LONGEST))
        .join(chosen, on="post", how="semi")
        .collect()
        .sort("post")
        .drop("post")
    )
    return Corpus(
        str(platform), begin, end - begin + 1, step, _able(sample), sample, _targets(posts, begin), _words(sample)
    )


def _able(sample: pl.DataFrame) -> frozenset[Channel]:
    """Return what a campaign can act on in such posts; an object of no known kind where there is nothing else."""
    there = {name for name in sample.columns if sample[name].null_count() < len(sample)}
    signs: dict[Channel, set[str]] = {"link": {"urls"}, "text": {"text", "hashtags"}}
    able = {channel for channel, columns in signs.items() if columns & there}
    if sample.select(((pl.col("kind") == "repost") & _REPOSTED.is_not_null()).any()).item():
        able.add("repost")
    return frozenset(able or {"object"})


def _words(sample: pl.DataFrame) -> Words:
    """Return the corpus' commonest words, letters alone, with their frequencies; invented ones where it has few."""
    counted = (
        sample.lazy()
        .select(
            word=pl.col("text")
            .str.replace_all(r"https?://\S+|@\w+", " ")
            .str.to_lowercase()
            .str.extract_all(r"\p{L}{2,}")
        )
        .explode("word")
        .drop_nulls()
        .group_by("word")
        .len()
        .sort(["len", "word"], descending=[True, False])
        .head(_WORDS)
        .collect()
    )
    if len(counted) < _FEWEST_WORDS:
        return invented()
    weight = counted["len"].to_numpy().astype(float)
    return Words(counted["word"], np.cumsum(weight) / weight.sum())


def _targets(posts: pl.LazyFrame, begin: int) -> Targets:
    """Return the objects with the most accounts: two in a hundred, but at least fifty, and by two accounts or more."""
    reposts = posts.filter((pl.col("kind") == "repost") & _REPOSTED.is_not_null())
    first = [
        pl.col(name).sort_by("created_at", "post").first() for name in ("parent_post_id", "text", "urls", "hashtags")
    ]
    answered = _most(
        reposts.group_by(reposted=_REPOSTED).agg(
            *first,
            pl.col("parent_account_id").drop_nulls().min(),
            at=pl.col("created_at").min().dt.epoch("us") - begin,
            n=pl.col("account_id").n_unique(),
        ),
        "reposted",
    )
    shared = posts.filter(pl.col("kind") != "repost").select("account_id", "created_at", url="urls").explode("url")
    links = shared.drop_nulls("url").group_by("url")
    linked = _most(
        links.agg(at=pl.col("created_at").min().dt.epoch("us") - begin, n=pl.col("account_id").n_unique()), "url"
    )
    things = posts.select("account_id", "created_at", object="objects").explode("object").drop_nulls("object")
    shared_things = _most(
        things.group_by("object").agg(
            at=pl.col("created_at").min().dt.epoch("us") - begin, n=pl.col("account_id").n_unique()
        ),
        "object",
    )
    tags = posts.select("account_id", tag="hashtags").explode("tag").drop_nulls("tag").group_by("tag")
    tagged = _most(tags.agg(n=pl.col("account_id").n_unique()), "tag").head(_TAGS)
    return Targets(
        answered.select(
            pl.col("parent_post_id").alias("post_id"),
            pl.col("parent_account_id").str.replace(r"^[^:]*:", "").alias("account_id"),
            "text",
            "urls",
            "hashtags",
            "at",
        ),
        linked.select("url", "at"),
        tagged["tag"],
        shared_things.select("object", "at"),
    )


def _most(objects: pl.LazyFrame, key: str) -> pl.DataFrame:
    frame = objects.filter(pl.col("n") > 1).sort(["n", key], descending=[True, False]).collect()
    return frame.head(max(_AT_LEAST, round(_POPULAR * len(frame))))


def plant(
    real: Corpus, campaigns: dict[str, CampaignSettings], seed: int
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the planted posts, their accounts and the truth about them; the real posts stay as they are.

    Returns
    -------
    posts : columns of :data:`cib.evaluate.simulate.tables.POSTS`, in the order of time.
    accounts : account_id, platform, account_created_at.
    truth : columns of :data:`cib.evaluate.simulate.tables.TRUTH`; whoever is not in it belongs to no planted campaign.
    """
    made = [_planted(real, name, settings, seed, n) for n, (name, settings) in enumerate(campaigns.items())]
    if not made:
        msg = "No campaign to plant. Name one, such as --campaign 20@2 (20 accounts, level 2)."
        raise InputError(msg)
    posts, accounts, truth = (pl.concat(tables) for tables in zip(*made, strict=True))
    return (
        posts.sort("created_at", "post_id"),
        accounts.sort("account_id"),
        truth.select(list(TRUTH)).sort("account_id"),
    )


def _planted(
    real: Corpus, name: str, settings: CampaignSettings, seed: int, place: int
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    rng = stream(seed, "campaign", name)
    group = _GROUP + (seed % 1000) * 100 + place  # another seed, other ids: campaigns can be planted one after another
    cast = Cast(name, account_ids(numbers(group, 0, settings.accounts, 24)), group, real.span)
    able: tuple[Channel, ...] = tuple(channel for channel in settings.channels if channel in real.able)
    settings = settings.model_copy(update={"channels": able or tuple(sorted(real.able))})
    acts, counts = campaign_posts(rng, settings, cast, real.targets, real.words)
    cover = _cover(rng, real, cast, cover_counts(rng, counts, settings.cover))
    posts = pl.concat([_fitting(acts, cover, real), cover]).with_columns(
        created_at=pl.from_epoch(
            (pl.col("created_at").dt.epoch("us") + real.begin) // real.step * real.step, "us"
        ).dt.replace_time_zone("UTC"),
        platform=pl.lit(real.platform),
    )
    return posts, _accounts(rng, real, cast, settings), truth_of(cast, real.platform, "campaign", settings.level)


def _fitting(acts: pl.DataFrame, cover: pl.DataFrame, real: Corpus) -> pl.DataFrame:
    """Return acts in their accounts' language and by their programs, without columns that no real post fills."""
    usual = cover.group_by("account_id", maintain_order=True).agg(
        its_client=pl.col("client").drop_nulls().first(), its_language=pl.col("language").drop_nulls().first()
    )
    common = real.sample.select(pl.col("client", "language").drop_nulls().mode().sort().first())
    acts = acts.join(usual, on="account_id", how="left", maintain_order="left").with_columns(
        pl.coalesce(name, f"its_{name}", pl.lit(common[name].item())).alias(name) for name in ("client", "language")
    )
    loose = ("text", "hashtags", "parent_post_id", "parent_account_id")
    empty = [name for name in loose if real.sample[name].null_count() == len(real.sample)]
    return acts.with_columns(pl.lit(None, dtype=POSTS[name]).alias(name) for name in empty).select(list(POSTS))


def _accounts(rng: Random, real: Corpus, cast: Cast, settings: CampaignSettings) -> pl.DataFrame:
    at = real.begin - created(rng, len(cast.account_id), settings.created_within)
    return pl.DataFrame({"account_id": cast.account_id}).with_columns(
        platform=pl.lit(real.platform),
        account_created_at=pl.from_epoch(pl.Series(at), "us").dt.replace_time_zone("UTC"),
    )


def _cover(rng: Random, real: Corpus, cast: Cast, counts: Ints) -> pl.DataFrame:
    """Return ordinary posts of the members, as many as `counts` says, made of real ones."""
    who = np.repeat(np.arange(len(counts)), counts)
    model = rng.integers(0, len(real.sample), len(counts))  # a post, so that busy accounts are models more often
    language = _codes(real.sample["language"].fill_null(""))
    account = _codes(real.sample["account_id"])
    taken = real.sample[_among(rng, language, language[model][who])]
    other = real.sample["text"].gather(_among(rng, language, language[model][who]))
    clock = _epochs(real.sample["created_at"].gather(_among(rng, account, account[model][who]))) % DAY
    at = _epochs(taken["created_at"])
    # The day is that of the object, the hour a habit of the model; but nothing is reposted before it was.
    later = at // DAY * DAY + (clock + rng.integers(-_HALF_HOUR, _HALF_HOUR, len(at))) % DAY
    at = np.where((taken["kind"] != "original").to_numpy(), np.maximum(at, later), later) - real.begin
    kept = ["kind", "parent_post_id", "language", "urls", "hashtags", "mentions", "media", "objects"]
    columns = {name: taken[name] for name in kept} | {
        "post_id": cast.posts(len(who), first=1 << 33),
        "account_id": cast.account_id.gather(who),
        "parent_account_id": taken["parent_account_id"].str.replace(r"^[^:]*:", ""),
        "text": _spliced(taken, other),
        "client": real.sample["client"].gather(model[who]),
    }
    return drafts(np.clip(at, 0, real.span - 1), columns)


def _epochs(times: pl.Series) -> Ints:
    return np.asarray(times.dt.epoch("us").to_numpy(), dtype=np.int64)


def _codes(values: pl.Series) -> Ints:
    return np.asarray(values.rank("dense").to_numpy(), dtype=np.int64)


def _among(rng: Random, groups: Ints, wanted: Ints) -> Ints:
    """Return a random row of each wanted group; every one of them has rows."""
    order = np.argsort(groups, kind="stable")
    first = np.searchsorted(groups[order], wanted, side="left")
    last = np.searchsorted(groups[order], wanted, side="right")
    return np.asarray(order[first + (rng.random(len(wanted)) * (last - first)).astype(np.int64)])


def _spliced(taken: pl.DataFrame, other: pl.Series) -> pl.Series:
    """Return the text of each post: of a repost its own, else its first half and the second half of another's."""
    ahead, behind = (text.str.split(" ") for text in (taken["text"], other))
    halves = pl.DataFrame({"kind": taken["kind"], "text": taken["text"], "ahead": ahead, "behind": behind})
    mixed = (
        pl.col("ahead")
        .list.head(pl.col("ahead").list.len() // 2)
        .list.concat(pl.col("behind").list.tail(pl.col("behind").list.len() // 2))
    )
    own = (pl.col("kind") == "repost") | pl.col("behind").is_null()
    return halves.select(pl.when(own).then("text").otherwise(mixed.list.join(" ")).alias("text"))["text"]
