"""Decoys: accounts that act alike for an innocent reason, which a method must not take for a campaign.

Each kind is a function of the stage, its settings, its cast and a random generator that returns posts;
:data:`DECOYS` lists them. Decoys of the public (share buttons, a day of news) have members of the crowd for their cast.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
import polars as pl

from cib.evaluate.simulate.campaign import participation, said, site
from cib.evaluate.simulate.clock import DAY, HOUR, delays, of_day
from cib.evaluate.simulate.crowd import Scene, micros, opened
from cib.evaluate.simulate.tables import Cast, account_ids, drafts
from cib.evaluate.simulate.words import Ints, Random, variants
from cib.settings.world import DecoySettings

__all__ = [
    "DECOYS",
    "OF_THE_PUBLIC",
    "activists",
    "fans",
    "feeds",
    "news_day",
    "newsroom",
    "share_button",
]

Decoy: TypeAlias = Callable[[Random, Scene, DecoySettings, Cast], pl.DataFrame]

OF_THE_PUBLIC: Final = frozenset({"share_button", "news_day"})
"""Kinds whose members are drawn from the crowd and go on posting as before."""

_POLL: Final = 5 * 60_000_000
_STORMS: Final = 3
_COPIED: Final = 0.4


def _times(rng: Random, n: int, stage: Scene, longest: int) -> Ints:
    """Return times of day on any days that leave room for the longest delay."""
    days = max(1, (stage.span - longest) // DAY)
    return np.asarray(rng.integers(0, days, n) * DAY + of_day(rng, n))


def _posts(stage: Scene, cast: Cast, at: Ints, who: Ints, columns: dict[str, Any]) -> pl.DataFrame:
    """Return posts of members at times; those that fall out of the world are left out."""
    ids = {"post_id": cast.posts(len(at)), "account_id": cast.account_id.gather(who)}
    return drafts(at, ids | columns).filter(pl.Series(at < stage.span))


def _kind(name: str, n: int) -> pl.Series:
    return pl.repeat(name, n, dtype=pl.String, eager=True)


def fans(rng: Random, stage: Scene, settings: DecoySettings, cast: Cast) -> pl.DataFrame:
    """Return what fans do: repost nearly all that one star says, soon; so do some of the public, now and then.

    The star is the first member.
    """
    n, longest = settings.objects, micros(settings.delay)
    born = _times(rng, n, stage, longest)
    words = said(rng, stage.words, n, np.arange(n), "verbatim")
    star = _posts(stage, cast, born, np.zeros(n, dtype=np.int64), {"kind": _kind("original", n), "text": words})
    who, what = participation(rng, settings.accounts - 1, n, settings.share)
    passing = rng.integers(0, n, settings.public * 2)
    anyone = rng.integers(0, len(stage.crowd.number), settings.public)[
        np.arange(len(passing)) % max(1, settings.public)
    ]
    accounts = pl.concat([cast.account_id.gather(who + 1), account_ids(stage.crowd.number[anyone])])
    what = np.r_[what, passing]
    at = born[what] + delays(rng, len(what), longest, "exponential")
    reposts = drafts(
        at,
        {
            "post_id": cast.posts(len(at), first=n),
            "account_id": accounts,
            "kind": _kind("repost", len(at)),
            "parent_post_id": cast.posts(n).gather(what),
            "parent_account_id": cast.account_id.gather(np.zeros(len(at), dtype=np.int64)),
            "text": words.gather(what),
        },
    )
    return pl.concat([star, reposts.filter(pl.Series(at < stage.span))])


def newsroom(rng: Random, stage: Scene, settings: DecoySettings, cast: Cast) -> pl.DataFrame:
    """Return what a publisher's accounts do: post each of its pages at once, headline and link, by one program."""
    who, what = participation(rng, settings.accounts, settings.objects, settings.share)
    longest = micros(settings.delay)
    at = _times(rng, settings.objects, stage, longest)[what] + delays(rng, len(what), longest, "uniform")
    return _posts(stage, cast, at, who, _pages(rng, stage, settings.objects, what) | _by("Newsdesk", len(at)))


def feeds(rng: Random, stage: Scene, settings: DecoySettings, cast: Cast) -> pl.DataFrame:
    """Return what feeds do: each looks every five minutes, at a second of its own, and posts what is new."""
    who, what = participation(rng, settings.accounts, settings.objects, settings.share)
    longest = micros(settings.delay)
    born = _times(rng, settings.objects, stage, longest)[what]
    phase = rng.integers(0, _POLL, settings.accounts)[who]
    at = born + (phase - born) % _POLL + rng.integers(0, max(1, longest // _POLL), len(who)) * _POLL
    return _posts(stage, cast, at, who, _pages(rng, stage, settings.objects, what) | _by("Feed Poster", len(at)))


def activists(rng: Random, stage: Scene, settings: DecoySettings, cast: Cast) -> pl.DataFrame:
    """Return what activists do: post openly under one hashtag on a few evenings; two of five copy a suggested text."""
    n, longest = settings.objects, micros(settings.delay)
    who, what = participation(rng, settings.accounts, n, settings.share)
    evening = rng.choice(max(_STORMS, stage.span // DAY), _STORMS, replace=False) * DAY + 18 * HOUR
    at = evening[what % _STORMS] + delays(rng, len(what), longest, "uniform")
    topic = np.full(n, rng.integers(0, len(stage.words.words)))
    base = stage.words.draw(rng, topic, 14)
    copied = rng.random(len(what)) < _COPIED
    text = pl.select(
        pl.when(pl.Series(copied))
        .then(variants(rng, stage.words, base, what, "verbatim"))
        .otherwise(variants(rng, stage.words, base, what, "independent"))
    ).to_series()
    tag = stage.words.words.gather(rng.integers(500, len(stage.words.words), 1))
    petition = pl.Series([site(rng, stage.words) + "petition"]).gather(np.zeros(len(at), dtype=np.int64))
    columns = {
        "kind": _kind("original", len(at)),
        "text": text,
        "hashtags": opened(tag.gather(np.zeros(len(at), dtype=np.int64)), _all(len(at))),
        "urls": opened(petition, pl.Series(rng.random(len(at)) < 0.5)),
    }
    return _posts(stage, cast, at, who, columns)


def share_button(rng: Random, stage: Scene, settings: DecoySettings, cast: Cast) -> pl.DataFrame:
    """Return what a share button does: the same words and link, whenever anybody presses it."""
    who, what = participation(rng, settings.accounts, settings.objects, settings.share)
    at = _times(rng, len(who), stage, 0)
    return _posts(stage, cast, at, who, _pages(rng, stage, settings.objects, what) | _by("Share Button", len(at)))


def news_day(rng: Random, stage: Scene, settings: DecoySettings, cast: Cast) -> pl.DataFrame:
    """Return what the public does on one day: many share the same few pages and repost the same few posts, at once.

    Half of the objects are pages, half are posts by members. All carry the day's hashtag.
    """
    n, longest = settings.objects, micros(settings.delay)
    who, what = participation(rng, settings.accounts, n, settings.share)
    day = rng.integers(0, max(1, stage.span // DAY))
    born = day * DAY + 12 * HOUR + rng.integers(0, 2 * HOUR, n)
    at = born[what] + delays(rng, len(what), longest, "exponential")
    tag = stage.words.words.gather(rng.integers(500, len(stage.words.words), 1))
    pages = _pages(rng, stage, n, what)
    words = said(rng, stage.words, n, np.arange(n), "verbatim")
    author = np.arange(n) % settings.accounts
    reposted = what % 2 == 0
    kept = ~(reposted & (author[what] == who))
    posted = pl.Series(reposted)
    shares = drafts(
        at,
        {
            "post_id": cast.posts(len(at), first=n),
            "account_id": cast.account_id.gather(who),
            "kind": pl.select(pl.when(posted).then(pl.lit("repost")).otherwise(pl.lit("original"))).to_series(),
            "parent_post_id": pl.select(pl.when(posted).then(cast.posts(n).gather(what))).to_series(),
            "parent_account_id": pl.select(pl.when(posted).then(cast.account_id.gather(author[what]))).to_series(),
            "text": pl.select(pl.when(posted).then(words.gather(what)).otherwise(pages["text"])).to_series(),
            "urls": pl.select(pl.when(~posted).then(pages["urls"])).to_series(),
            "hashtags": opened(tag.gather(np.zeros(len(at), dtype=np.int64)), _all(len(at))),
        },
    ).filter(pl.Series(kept & (at < stage.span)))
    opening = _posts(
        stage,
        cast,
        born,
        author,
        {
            "kind": _kind("original", n),
            "text": words,
            "hashtags": opened(tag.gather(np.zeros(n, dtype=np.int64)), _all(n)),
        },
    ).filter(pl.Series(np.arange(n) % 2 == 0))
    return pl.concat([opening, shares])


def _all(n: int) -> pl.Series:
    return pl.repeat(value=True, n=n, dtype=pl.Boolean, eager=True)


def _by(client: str, n: int) -> dict[str, pl.Series]:
    return {"client": _kind(client, n)}


def _pages(rng: Random, stage: Scene, n: int, what: Ints) -> dict[str, pl.Series]:
    """Return posts of pages of one site, a headline and a link each."""
    url = site(rng, stage.words) + pl.Series(np.arange(n)).cast(pl.String)
    return {
        "kind": _kind("original", len(what)),
        "text": said(rng, stage.words, n, what, "verbatim"),
        "urls": opened(url.gather(what), _all(len(what))),
    }


DECOYS: Final[dict[str, Decoy]] = {
    "fans": fans,
    "newsroom": newsroom,
    "feeds": feeds,
    "activists": activists,
    "share_button": share_button,
    "news_day": news_day,
}
"""Every kind of decoy that the settings may name."""
