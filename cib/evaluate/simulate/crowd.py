"""The organic crowd: communities of interest, days and nights, a few who post nearly everything, cascades.

Every link and every post that others repost or answer belongs to a community and appears at a time. Who acts on
something looks back a random while and takes one of what appeared since, in proportion to its pull: popular objects
gather cascades that begin steeply and fade, and nobody acts on what is not there yet. Nothing else joins two accounts.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from cib.evaluate.simulate.clock import DAY, HOUR, moments
from cib.evaluate.simulate.tables import account_ids, drafts, post_ids, stream
from cib.evaluate.simulate.words import Floats, Ints, Random, Words, invented, texts, variants, weighted
from cib.settings.values import Window
from cib.settings.world import CrowdSettings, WorldSettings

__all__ = [
    "People",
    "Pool",
    "Scene",
    "crowd_posts",
    "habits",
    "hashtags",
    "micros",
    "opened",
    "populace",
    "root_posts",
    "scene",
    "zones",
]

BEFORE: Final = 2 * DAY
"""Objects appear from two days before the world begins, so that its first hours are like the others."""
_MOST_TAGS: Final = 3
_TAGS: Final = 60
_LOOK_BACK: Final = 1.5
"""Spread of the lognormal look back: one act in twenty looks back twelve times the median."""
_CAP: Final = 100.0
"""Nobody posts more than a hundred times the mean: a bound for very heavy tails."""
_CLIENTS: Final = pl.Series(["Web App", "Phone A", "Phone B", "Tablet", "Deck"])
_ROOT_WIDTH: Final = 14


@dataclass(frozen=True)
class People:
    """Accounts: number, community, microseconds ahead of UTC, ordinary posts."""

    number: Ints
    community: Ints
    zone: Ints
    posts: Ints


@dataclass(frozen=True)
class Pool:
    """Objects by community and time, with their pull.

    Attributes
    ----------
    community, at : of each object; `at` in microseconds, from `-BEFORE`. Sorted by both.
    pull : running sum of the weights.
    """

    community: Ints
    at: Ints
    pull: Floats

    def pick(self, rng: Random, community: Ints, at: Ints, memory: int) -> Ints:
        """Return an object for each act: of its community, from before its time, recent and popular.

        `memory` is the median look back, microseconds. Cost: four binary searches an act.
        """
        wide = np.int64(1) << 52  # more microseconds than any world has
        keys = self.community * wide + self.at + BEFORE
        back = (memory * np.exp(_LOOK_BACK * rng.standard_normal(len(at)))).astype(np.int64)
        high = np.searchsorted(keys, community * wide + at + BEFORE, side="right")
        low = np.searchsorted(keys, community * wide + np.maximum(at + BEFORE - back, 0), side="left")
        low = np.minimum(low, high - 1)  # nothing so recent: the last one before
        below = np.where(low > 0, self.pull[low - 1], 0.0)
        place = below + rng.random(len(at)) * (self.pull[high - 1] - below)
        return np.asarray(np.clip(np.searchsorted(self.pull, place, side="right"), low, high - 1))


@dataclass(frozen=True)
class Scene:
    """What all of a world draws from.

    Attributes
    ----------
    span : length, microseconds.
    crowd : the public.
    links, roots : what is shared, and what is reposted and answered.
    url, title : of each link.
    root : author (number), post (number), post_id, account_id, text, urls, hashtags, language of each root.
    """

    settings: CrowdSettings
    span: int
    words: Words
    crowd: People
    links: Pool
    roots: Pool
    url: pl.Series
    title: pl.Series
    root: pl.DataFrame


def micros(time: Window) -> int:
    """Return a window in microseconds."""
    return 0 if time is None else round(time.total_seconds() * 1_000_000)


def populace(rng: Random, settings: CrowdSettings, span_posts: int) -> People:
    """Return the public, with `span_posts` posts between them.

    Communities have sizes by Zipf's law with exponent 1/2; four of five accounts live in their community's zone.
    """
    n = settings.accounts
    kinds = max(1, round(n / settings.community))
    size = 1.0 / np.sqrt(np.arange(1, kinds + 1))
    community = weighted(rng, np.cumsum(size) / size.sum(), n)
    weight = np.minimum(1.0 + rng.pareto(settings.activity_tail, n), _CAP)
    return People(
        np.arange(n, dtype=np.int64),
        community,
        zones(rng, community, settings),
        rng.multinomial(span_posts, weight / weight.sum()).astype(np.int64),
    )


def zones(rng: Random, community: Ints, settings: CrowdSettings) -> Ints:
    """Return the time zone of each account of these communities, microseconds."""
    home = community % len(settings.zones)
    moved = np.where(rng.random(len(community)) < 0.8, home, rng.integers(0, len(settings.zones), len(community)))
    return np.asarray((np.array(settings.zones, dtype=float)[moved] * HOUR).astype(np.int64))


def scene(world: WorldSettings) -> Scene:
    """Return the stage of a world: its public, links and posts that others act on. Cost: linear in its posts."""
    settings, seed = world.crowd, world.place.seed
    span = world.place.days * DAY
    total = round(settings.accounts * settings.posts)
    answered = settings.reposts + settings.replies
    n_roots = round(total * answered / settings.shares_per_object)
    n_links = round(total * (1 - answered) * settings.links / settings.shares_per_object)
    rng = stream(seed, "crowd")
    crowd = populace(rng, settings, max(total - n_roots, 0))
    words = invented()
    links, author = _links(rng, crowd, n_links, span, settings)
    domain = words.words.gather((links.community * 31 + author % 40) % len(words.words))
    numbers = pl.Series(np.arange(len(links.at))).cast(pl.String)
    url = "https://" + domain + ".example/" + numbers
    title = texts(rng, words, words.draw(rng, links.community), cut=True)
    roots, root = _roots(rng, crowd, n_roots, span, settings)
    # As variants of nothing: a text for each root, of its community's words.
    base = words.draw(rng, roots.community, _ROOT_WIDTH)
    linked = rng.random(len(roots.at)) < settings.links
    chosen = links.pick(rng, roots.community, roots.at, micros(settings.memory))
    root = root.with_columns(
        text=variants(rng, words, base, np.arange(len(base)), "verbatim"),
        urls=opened(url.gather(chosen), pl.Series(linked)),
        hashtags=hashtags(rng, words, roots.community, settings),
        language=_languages(roots.community, settings),
    )
    return Scene(settings, span, words, crowd, links, roots, url, title, root)


def _links(rng: Random, crowd: People, n: int, span: int, settings: CrowdSettings) -> tuple[Pool, Ints]:
    """Return links of the communities, in proportion to their posts, and a site number each."""
    community = np.r_[np.unique(crowd.community), crowd.community[rng.integers(0, len(crowd.number), n)]]
    pool, _ = _pool(rng, community, rng.integers(-BEFORE, span, len(community)), settings)
    return pool, rng.integers(0, 1 << 30, len(community))


def _roots(rng: Random, crowd: People, n: int, span: int, settings: CrowdSettings) -> tuple[Pool, pl.DataFrame]:
    """Return the posts that others act on: their authors are popular by a law of their own."""
    fame = np.cumsum(1.0 + rng.pareto(settings.popularity_tail, len(crowd.number)))
    first = np.unique(crowd.community, return_index=True)[1]
    author = np.sort(np.r_[first, weighted(rng, fame / fame[-1], n)])
    at = -BEFORE + moments(
        rng,
        author,
        crowd.zone[author],
        span + BEFORE,
        session=micros(settings.session),
        per_session=settings.session_posts,
    )
    pool, order = _pool(rng, crowd.community[author], at, settings)
    return pool, pl.DataFrame(
        {
            "author": crowd.number[author[order]],
            "post_id": post_ids(np.arange(len(order), dtype=np.int64)),
            "account_id": account_ids(crowd.number[author[order]]),
        }
    )


def _pool(rng: Random, community: Ints, at: Ints, settings: CrowdSettings) -> tuple[Pool, Ints]:
    """Return objects as a pool, the first of each community from the very beginning, and their order in it."""
    order = np.lexsort((at, community))
    community, at = community[order], at[order]
    at[np.unique(community, return_index=True)[1]] = -BEFORE
    weight = 1.0 + rng.pareto(settings.popularity_tail, len(at))
    return Pool(community, at, np.cumsum(weight)), order


def opened(items: pl.Series, there: pl.Series) -> pl.Series:
    """Return each item as a list of one, or null where it is not there."""
    return pl.select(pl.when(there).then(items.reshape((len(items), 1)).arr.to_list())).to_series()


def hashtags(rng: Random, words: Words, community: Ints, settings: CrowdSettings) -> pl.Series:
    """Return the hashtags of posts, null for none: few of the community's, by Zipf's law."""
    n = len(community)
    many = np.minimum(rng.poisson(settings.hashtags, n), _MOST_TAGS)
    rank = np.minimum(rng.zipf(1.5, (n, _MOST_TAGS)), _TAGS)
    name = words.words.gather((300 + (community[:, None] * 811 + rank * 31) % (len(words.words) - 300)).ravel())
    inside = pl.Series((np.arange(_MOST_TAGS) < many[:, None]).ravel())
    lists = pl.select(pl.when(inside).then(name)).to_series().reshape((n, _MOST_TAGS)).arr.to_list().list.drop_nulls()
    return pl.select(pl.when(pl.Series(many > 0)).then(lists)).to_series()


def _languages(community: Ints, settings: CrowdSettings) -> pl.Series:
    return pl.Series(settings.languages).gather(community % len(settings.languages))


def root_posts(stage: Scene) -> pl.DataFrame:
    """Return the posts that others act on, as far as they fall into the world."""
    root = stage.root
    frame = drafts(
        stage.roots.at,
        {name: root[name] for name in ("post_id", "account_id", "text", "language", "urls", "hashtags")}
        | {"kind": pl.repeat("original", len(root), eager=True), "client": _clients(root["author"].to_numpy())},
    )
    return frame.filter(pl.Series(stage.roots.at >= 0))


def habits(stage: Scene, people: People) -> pl.DataFrame:
    """Return the language and the program of each account: account_id, its_language, its_client."""
    return pl.DataFrame(
        {
            "account_id": account_ids(people.number),
            "its_language": _languages(people.community, stage.settings),
            "its_client": _clients(people.number),
        }
    )


def _clients(number: Ints) -> pl.Series:
    return _CLIENTS.gather(number * number % 7 % len(_CLIENTS))


def crowd_posts(stage: Scene, rng: Random, people: People, names: pl.Series) -> pl.DataFrame:
    """Return the ordinary posts of accounts.

    Parameters
    ----------
    people : with the number of posts each is to have.
    names : post ids, at least as many as these posts.

    Cost: linear; about 400 bytes a post.
    """
    settings = stage.settings
    who = np.repeat(np.arange(len(people.number)), people.posts)
    zone, own = people.zone[who], people.community[who]
    session = micros(settings.session)
    at = moments(rng, who, zone, stage.span, session=session, per_session=settings.session_posts)
    anyone = stage.crowd.community[rng.integers(0, len(stage.crowd.number), len(who))]
    community = np.where(rng.random(len(who)) < settings.home, own, anyone)
    sort = rng.random(len(who))
    repost = sort < settings.reposts
    reply = ~repost & (sort < settings.reposts + settings.replies)
    root = stage.roots.pick(rng, community, at, micros(settings.memory))
    link = stage.links.pick(rng, community, at, micros(settings.memory))
    linked = ~repost & ~reply & (rng.random(len(who)) < settings.links)
    titled = linked & (rng.random(len(who)) < settings.titles)
    parts = stage.root[root]
    kind = np.where(repost, "repost", np.where(reply, "reply", "original"))
    answers, reposts = pl.Series(repost | reply), pl.Series(repost)
    spoken = texts(rng, stage.words, stage.words.draw(rng, community[~repost & ~titled]))
    tags = hashtags(rng, stage.words, community, settings)
    columns = {
        "post_id": names.head(len(who)),
        "account_id": account_ids(people.number).gather(who),
        "kind": pl.Series(kind),
        "parent_post_id": _where(answers, parts["post_id"]),
        "parent_account_id": _where(answers, parts["account_id"]),
        "text": _merged(spoken, ~repost & ~titled, _where(reposts, parts["text"], stage.title.gather(link))),
        "language": _languages(community, settings),
        "urls": _where(reposts, parts["urls"], opened(stage.url.gather(link), pl.Series(linked))),
        "hashtags": _where(reposts, parts["hashtags"], tags),
        "mentions": opened(parts["account_id"], pl.Series(reply)),
        "client": _clients(people.number[who]),
    }
    return drafts(at, columns)


def _where(condition: pl.Series, yes: pl.Series, no: pl.Series | None = None) -> pl.Series:
    return pl.select(pl.when(condition).then(yes).otherwise(no)).to_series()


def _merged(some: pl.Series, where: np.ndarray, rest: pl.Series) -> pl.Series:
    """Return `some` in the places of `where`, and `rest` in the others."""
    place = np.cumsum(where) - 1
    if some.is_empty():
        return rest
    return _where(pl.Series(where), some.gather(np.maximum(place, 0)), rest)
