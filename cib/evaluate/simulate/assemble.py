"""A world put together: the crowd's posts, the decoys', the campaigns', their accounts, and the truth about them.

Every part draws from a random stream of its own, named after it: a world with one campaign more is the same world with
that campaign's accounts and posts added, which makes comparisons paired.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from cib.evaluate.simulate.crowd import People, Scene, crowd_posts, root_posts, scene
from cib.evaluate.simulate.parts import Part, campaign, decoy, targets
from cib.evaluate.simulate.profiles import profiles
from cib.evaluate.simulate.tables import POSTS, TRUTH, numbers, post_ids, stream
from cib.settings.world import WorldSettings

__all__ = ["World", "build", "world"]

_CHUNK: Final = 500_000
"""Posts of the crowd that are made at once: about 400 MB."""
_ONE_BATCH: Final = 2_000_000
"""A world of up to so many posts comes in one piece, in the order of time."""
_FIRST_CAMPAIGN: Final = 1000
"""Groups number the posts and accounts that do not belong to the crowd; decoys from 1, campaigns from here."""


@dataclass(frozen=True)
class World:
    """A world, not yet rendered as a whole: its posts come in batches, so that memory stays bounded.

    Attributes
    ----------
    accounts : columns of :data:`cib.evaluate.simulate.tables.ACCOUNTS`, by account_id.
    truth : columns of :data:`cib.evaluate.simulate.tables.TRUTH`, by account_id, one row an account.
    """

    settings: WorldSettings
    stage: Scene
    parts: list[Part]
    accounts: pl.DataFrame
    truth: pl.DataFrame

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield the posts (columns of :data:`cib.evaluate.simulate.tables.POSTS`), each batch in the order of time.

        A world of up to 2,000,000 posts is one batch; larger ones come in several that overlap in time.
        """
        held: list[pl.DataFrame] = []
        for piece in _pieces(self):
            held.append(piece)
            if sum(map(len, held)) > _ONE_BATCH:
                yield _ordered(held, self.settings)
                held = []
        if held:
            yield _ordered(held, self.settings)


def world(settings: WorldSettings, seed: int | None = None) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the posts, the accounts and the truth of a synthetic world.

    Parameters
    ----------
    settings : see :class:`cib.settings.world.WorldSettings`.
    seed : in place of the settings' own; the same one gives the same tables.

    Returns
    -------
    posts, accounts, truth : columns of :mod:`cib.evaluate.simulate.tables`; the account ids of posts and accounts are
        without platform.

    Cost: linear in posts; 500,000 posts take some seconds and about 1 GB. Use :meth:`World.batches` for more.

    Examples
    --------
    >>> plan = {"crowd": {"accounts": 50, "posts": 4}, "campaigns": {"x": {"accounts": 5}}}
    >>> small = WorldSettings.model_validate(plan)
    >>> posts, accounts, truth = world(small, seed=1)
    >>> truth.filter(name="x")["kind"].to_list()
    ['campaign', 'campaign', 'campaign', 'campaign', 'campaign']
    """
    built = build(settings, seed)
    return pl.concat(list(built.batches())), built.accounts, built.truth


def build(settings: WorldSettings, seed: int | None = None) -> World:
    """Return a world whose posts are made when they are asked for (see :func:`world`)."""
    if seed is not None:
        settings = settings.model_copy(update={"place": settings.place.model_copy(update={"seed": seed})})
    stage = scene(settings)
    parts = [decoy(settings, stage, name, 1 + n) for n, name in enumerate(settings.decoys)]
    popular = targets(stage)
    parts += [
        campaign(settings, stage, popular, name, _FIRST_CAMPAIGN + n) for n, name in enumerate(settings.campaigns)
    ]
    rng = stream(settings.place.seed, "profiles")
    accounts = pl.concat([profiles(rng, stage.crowd, settings), *(part.accounts for part in parts)])
    return World(settings, stage, parts, accounts.sort("account_id"), _truth(accounts, parts, settings))


def _truth(accounts: pl.DataFrame, parts: list[Part], settings: WorldSettings) -> pl.DataFrame:
    """Return one row an account: of the campaign or decoy that names it, a campaign before a decoy, else organic."""
    named = pl.concat([part.truth for part in reversed(parts)]) if parts else pl.DataFrame(schema=TRUTH)
    everybody = accounts.select(
        (pl.lit(f"{settings.place.platform}:") + pl.col("account_id")).alias("account_id"),
        name=pl.lit(None, dtype=pl.String),
        kind=pl.lit("organic"),
        level=pl.lit(None, dtype=pl.Int64),
    )
    return pl.concat([named, everybody]).unique("account_id", keep="first", maintain_order=True).sort("account_id")


# Posts --------------------------------------------------------------------------------------------


def _pieces(made: World) -> Iterator[pl.DataFrame]:
    stage, seed = made.stage, made.settings.place.seed
    yield root_posts(stage)
    ends = np.cumsum(stage.crowd.posts)
    chunk = (ends - 1) // _CHUNK
    done = len(stage.root)
    for number in np.unique(chunk[stage.crowd.posts > 0]):
        here = chunk == number
        people = People(*(values[here] for values in vars(stage.crowd).values()))
        n = int(people.posts.sum())
        yield crowd_posts(stage, stream(seed, "crowd", int(number)), people, post_ids(numbers(0, done, n, 34)))
        done += n
    for part in made.parts:
        yield part.posts


def _ordered(pieces: list[pl.DataFrame], settings: WorldSettings) -> pl.DataFrame:
    """Return one batch: dated, with the platform, by time and then by id."""
    begin = pl.lit(settings.place.start).cast(pl.Datetime("us")).dt.epoch("us")
    at = pl.from_epoch(pl.col("created_at").dt.epoch("us") + begin, "us").dt.replace_time_zone("UTC")
    platform = pl.lit(settings.place.platform)
    return (
        pl.concat(pieces)
        .with_columns(created_at=at, platform=platform)
        .select(list(POSTS))
        .sort("created_at", "post_id")
    )
