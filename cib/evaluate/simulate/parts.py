"""One decoy or one campaign of a world: its accounts, their acts, their ordinary posts, the truth."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from cib.evaluate.simulate.campaign import Targets, campaign_posts, cover_counts
from cib.evaluate.simulate.clock import DAY
from cib.evaluate.simulate.crowd import People, Scene, crowd_posts, habits, zones
from cib.evaluate.simulate.decoys import DECOYS, OF_THE_PUBLIC
from cib.evaluate.simulate.profiles import profiles
from cib.evaluate.simulate.tables import POSTS, Cast, account_ids, numbers, stream
from cib.evaluate.simulate.words import Floats, Ints, Random
from cib.settings.world import WorldSettings

__all__ = ["Part", "campaign", "decoy", "targets", "truth_of"]

_POPULAR: Final = 0.02
"""Campaigns take up objects among the top two in a hundred by their pull, but at least fifty."""
_TAGS: Final = 50
_MOST_OF_THE_PUBLIC: Final = 0.2
"""Largest share of the crowd that a decoy of the public takes."""


@dataclass(frozen=True)
class Part:
    """What a decoy or campaign adds to a world.

    Attributes
    ----------
    accounts, posts, truth : columns of :mod:`cib.evaluate.simulate.tables`. No accounts where they are the public's.
    """

    accounts: pl.DataFrame
    posts: pl.DataFrame
    truth: pl.DataFrame


def decoy(world: WorldSettings, stage: Scene, name: str, group: int) -> Part:
    """Return a decoy. `group` numbers its accounts and posts (see :class:`cib.evaluate.simulate.tables.Cast`)."""
    settings = world.decoys[name]
    rng = stream(world.place.seed, "decoy", name)
    public = settings.kind in OF_THE_PUBLIC
    if public:
        n = min(settings.accounts, max(2, round(_MOST_OF_THE_PUBLIC * len(stage.crowd.number))))
        settings = settings.model_copy(update={"accounts": n})
        people = _drawn(stage.crowd, np.sort(rng.choice(len(stage.crowd.number), n, replace=False)))
    else:
        people = _newcomers(rng, stage, settings.accounts, group)
    cast = Cast(name, account_ids(people.number), group, stage.span)
    acts = DECOYS[settings.kind](rng, stage, settings, cast)
    if not public:
        people = _with_cover(rng, people, _acts_of(cast, acts), settings.cover)
    publisher = name if settings.kind == "newsroom" else ""
    accounts = profiles(stream(world.place.seed, "profiles", name), people, world, publisher=publisher)
    posts = _with_ordinary(world, stage, people, cast, acts)
    return Part(accounts.clear() if public else accounts, posts, truth_of(cast, world.place.platform, settings.kind))


def campaign(world: WorldSettings, stage: Scene, popular: Targets, name: str, group: int) -> Part:
    """Return a campaign that may act on the `popular` objects."""
    settings = world.campaigns[name]
    rng = stream(world.place.seed, "campaign", name)
    people = _newcomers(rng, stage, settings.accounts, group)
    cast = Cast(name, account_ids(people.number), group, stage.span)
    acts, counts = campaign_posts(rng, settings, cast, popular, stage.words)
    people = _with_cover(rng, people, counts, settings.cover)
    accounts = profiles(stream(world.place.seed, "profiles", name), people, world, within=settings.created_within)
    posts = _with_ordinary(world, stage, people, cast, acts)
    return Part(accounts, posts, truth_of(cast, world.place.platform, "campaign", settings.level))


def truth_of(cast: Cast, platform: str, kind: str, level: int | None = None) -> pl.DataFrame:
    """Return the truth about a cast: one row a member."""
    return pl.DataFrame({"account_id": f"{platform}:" + cast.account_id}).select(
        "account_id",
        pl.lit(cast.name).alias("name"),
        pl.lit(kind).alias("kind"),
        pl.lit(level).cast(pl.Int64).alias("level"),
    )


def targets(stage: Scene) -> Targets:
    """Return what is popular in a world: the objects with the strongest pull that appear in it."""
    posts = _top(stage.roots.pull, stage.roots.at, stage.span)
    links = _top(stage.links.pull, stage.links.at, stage.span)
    tags = stage.root["hashtags"].explode().drop_nulls().value_counts().sort("count", "hashtags", descending=True)
    columns = ["post_id", "account_id", "text", "urls", "hashtags"]
    return Targets(
        stage.root[posts].select(columns).with_columns(at=pl.Series(stage.roots.at[posts])),
        pl.DataFrame({"url": stage.url[links], "at": stage.links.at[links]}),
        tags["hashtags"].head(_TAGS),
        pl.DataFrame(schema={"object": pl.String, "at": pl.Int64}),
    )


def _top(pull: Floats, at: Ints, span: int) -> Ints:
    weight = np.diff(pull, prepend=0.0)
    able = np.flatnonzero((at >= 0) & (at < max(span - DAY, span // 2)))
    most = min(len(able), max(50, round(_POPULAR * len(at))))
    return np.asarray(np.sort(able[np.argsort(-weight[able], kind="stable")[:most]]))


def _drawn(people: People, which: Ints) -> People:
    """Return some of the public, who post no more than they did."""
    return People(people.number[which], people.community[which], people.zone[which], np.zeros(len(which), np.int64))


def _newcomers(rng: Random, stage: Scene, n: int, group: int) -> People:
    """Return new accounts of one community, without posts yet."""
    home = stage.crowd.community[rng.integers(0, len(stage.crowd.number))]
    community = np.full(n, home)
    return People(numbers(group, 0, n, 24), community, zones(rng, community, stage.settings), np.zeros(n, np.int64))


def _with_cover(rng: Random, people: People, acts: Ints, cover: float) -> People:
    return People(people.number, people.community, people.zone, cover_counts(rng, acts, cover))


def _acts_of(cast: Cast, acts: pl.DataFrame) -> Ints:
    """Return the number of acts of each member."""
    members = pl.DataFrame({"account_id": cast.account_id})
    made = members.join(acts.group_by("account_id").len(), on="account_id", how="left", maintain_order="left")
    return np.asarray(made["len"].fill_null(0).to_numpy(), dtype=np.int64)


def _with_ordinary(world: WorldSettings, stage: Scene, people: People, cast: Cast, acts: pl.DataFrame) -> pl.DataFrame:
    """Return acts, in their accounts' language and by their programs unless they bring their own, and other posts."""
    rng = stream(world.place.seed, "cover", cast.name)
    ordinary = crowd_posts(stage, rng, people, cast.posts(int(people.posts.sum()), first=1 << 33))
    usual = pl.concat([habits(stage, people), habits(stage, stage.crowd)]).unique("account_id", maintain_order=True)
    acts = acts.join(usual, on="account_id", how="left", maintain_order="left").with_columns(
        pl.coalesce(name, f"its_{name}").alias(name) for name in ("language", "client")
    )
    return pl.concat([acts.select(list(POSTS)), ordinary])
