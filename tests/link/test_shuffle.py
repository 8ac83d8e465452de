"""Shuffled traces keep what they promise to keep, break what they promise to break, and are the same again."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from cib.errors import TableError
from cib.link import link, shuffle
from cib.link.shuffle import draw_offsets, exchange, shift
from cib.settings import LayerSettings
from cib.tables import OBJECTS, TRACES
from tests.link.made import START, objects, traces

MINUTE = timedelta(minutes=1)
DAYS = 70
SPAN = (START, START + timedelta(days=DAYS) - MINUTE)


def made(seed: int, n: int = 2000, accounts: int = 30, n_objects: int = 60) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Acts on the minute over ten weeks; a post acts on one to three objects, and a few rows come twice."""
    rng = np.random.default_rng(seed)
    popular = rng.pareto(1.0, n_objects) + 0.05
    author, minute = rng.integers(0, accounts, n), rng.integers(0, DAYS * 1440, n)
    post = np.concatenate([np.arange(n), rng.integers(0, n, n // 2), rng.integers(0, n, n // 5)])
    what = rng.choice(n_objects, len(post), p=popular / popular.sum())
    columns = (author[post], what, post, minute[post] * 60)
    acts = list(zip(*(column.tolist() for column in columns), strict=True))
    acts += acts[:20]
    return traces(acts), objects(acts, n_objects)


def spoken(acts: pl.DataFrame, languages: tuple[str | None, ...] = ("en", "ru", None)) -> pl.DataFrame:
    """A language for each post, by its number."""
    post = acts["post"].unique().sort()
    return pl.DataFrame({"post": post, "language": [languages[n % len(languages)] for n in post]})


def swapped(seed: int, acts: pl.DataFrame, things: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    return exchange(acts, things, spoken(acts), np.random.default_rng(seed))


def shifted(seed: int, frame: pl.DataFrame) -> tuple[pl.DataFrame, np.ndarray]:
    offsets = draw_offsets(30, SPAN, MINUTE, np.random.default_rng(seed))
    return shift(frame, SPAN, MINUTE, offsets), offsets


@pytest.mark.parametrize("seed", range(5))
def test_a_shift_moves_times_round_the_span_and_nothing_else(seed):
    acts, _ = made(seed)
    moved, offsets = shifted(seed, acts)
    TRACES.check(moved)
    rows = ["account", "object", "post"]
    assert moved.select(rows).sort(rows).equals(acts.select(rows).sort(rows))
    length = timedelta(days=DAYS)
    for account, thing, post, time in acts.head(300).iter_rows():
        later = time + timedelta(microseconds=int(offsets[account]))
        expected = later if later <= SPAN[1] else later - length
        assert (account, thing, post, expected) in set(moved.filter(post=post).iter_rows())


def test_a_shift_keeps_the_clock_and_the_rhythm_of_an_account():
    acts, _ = made(1)
    moved, offsets = shifted(1, acts)
    assert moved["time"].dt.second().unique().to_list() == [0]
    assert moved["time"].min() >= SPAN[0]
    assert moved["time"].max() <= SPAN[1]
    assert len(set(offsets.tolist())) > 25
    for account in range(30):
        gaps = [np.sort(_gaps(frame.filter(account=account))) for frame in (acts, moved)]
        assert (gaps[0] == gaps[1]).all()


def _gaps(acts: pl.DataFrame) -> np.ndarray:
    """Times from each act to the next on the circle of the span, minutes."""
    minute = np.sort((acts["time"] - START).dt.total_minutes().to_numpy())
    return np.diff(minute, append=minute[0] + DAYS * 1440)


def test_offsets_cover_the_circle_evenly():
    offsets = draw_offsets(100_000, SPAN, MINUTE, np.random.default_rng(0)) // 60_000_000
    assert offsets.min() >= 0
    assert offsets.max() < DAYS * 1440
    share = np.bincount(offsets * 10 // (DAYS * 1440), minlength=10) / len(offsets)
    assert (np.abs(share - 0.1) < 5 * np.sqrt(0.09 / len(offsets))).all()


@pytest.mark.parametrize("seed", range(5))
def test_an_exchange_keeps_posts_whole_and_everybodys_week(seed, monkeypatch):
    monkeypatch.setattr(shuffle, "_FEW", 0)
    acts, things = made(seed)
    new, counted = swapped(seed, acts, things)
    TRACES.check(new)
    OBJECTS.check(counted)
    rows = ["object", "post", "time"]
    assert new.select(rows).sort(rows).equals(acts.select(rows).sort(rows))
    assert new.group_by("post").agg(pl.col("account").n_unique())["account"].unique().to_list() == [1]
    assert _weeks(new, things) == _weeks(acts, things)
    moved = new.unique("post").join(acts.unique("post"), on="post").filter(pl.col("account") != pl.col("account_right"))
    assert len(moved) > 0.8 * acts["post"].n_unique()


def test_bands_of_few_accounts_are_one():
    """What only eight accounts share would be exchanged among the eight; with sixty on either side it is not needed."""
    for n, apart in ((8, False), (60, True)):
        acts = [(who, 0, who, 0) for who in range(n)] + [(n + who, 1 + who, n + who, 0) for who in range(60)]
        table = objects(acts, 61).with_columns(band=(pl.col("object") == 0).cast(pl.UInt8))
        new, _ = exchange(traces(acts), table, spoken(traces(acts), ("en",)), np.random.default_rng(0))
        sharers = new.filter(pl.col("object") == 0)["account"]
        assert (sharers.max() < n) == apart


def _weeks(acts: pl.DataFrame, things: pl.DataFrame) -> dict[tuple[int, int, int, int], int]:
    """Posts by account, language, week and band of the rarest object, counted one by one."""
    band = dict(things.select("object", "band").iter_rows())
    posts: dict[int, tuple[int, datetime, int]] = {}
    for account, thing, post, time in acts.iter_rows():
        posts[post] = (account, time, min(band[thing], posts.get(post, (0, time, 9))[2]))
    found: dict[tuple[int, int, int, int], int] = {}
    for post, (account, time, rarest) in posts.items():
        monday = (time - timedelta(days=time.weekday())).date().toordinal()
        cell = (account, post % 3, monday, rarest)
        found[cell] = found.get(cell, 0) + 1
    return found


def test_an_exchange_counts_the_accounts_of_an_object_anew():
    acts, things = made(3)
    new, counted = swapped(3, acts, things)
    who: dict[int, set[int]] = {}
    for account, thing, _, _ in new.iter_rows():
        who.setdefault(thing, set()).add(account)
    for thing, accounts in counted.select("object", "accounts").iter_rows():
        assert accounts == (len(who[thing]) if thing in who else things.filter(object=thing)["accounts"].item())
    assert counted.drop("accounts").equals(things.drop("accounts"))


def test_a_post_that_two_accounts_claim_keeps_one_author_for_each():
    acts = traces([(0, 0, 7, 0), (1, 0, 7, 0), (2, 1, 8, 0), (2, 2, 8, 0)])
    things = objects([(0, 0, 7, 0), (1, 0, 7, 0), (2, 1, 8, 0), (2, 2, 8, 0)])
    new, _ = exchange(acts, things, spoken(acts, ("en",)), np.random.default_rng(2))
    assert sorted(set(new["account"])) == [0, 1, 2]
    assert len(new) == 4


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    acts, things = made(4)
    assert shifted(4, acts)[0].equals(shifted(4, acts)[0])
    assert not shifted(4, acts)[0].equals(shifted(5, acts)[0])
    again = [swapped(seed, acts, things)[0] for seed in (4, 4, 5)]
    assert again[0].equals(again[1])
    assert not again[0].equals(again[2])
    mixed = acts.sample(fraction=1.0, shuffle=True, seed=1)
    assert swapped(4, mixed, things)[0].equals(again[0])
    assert shifted(4, mixed)[0].equals(shifted(4, acts)[0])


def test_a_shift_breaks_synchrony_and_an_exchange_breaks_what_is_shared():
    """Eight accounts share forty objects, each within a minute. Shifted, they never meet; exchanged, they share about
    half, because the campaign is most of its weeks' posts, so that its authors are exchanged among themselves."""
    acts, _ = made(0, n=300)
    rows = [(a, o, p, int((t - START).total_seconds())) for a, o, p, t in acts.iter_rows()]
    for item in range(40):
        rows += [(account, 100 + item, 5000 + 8 * item + account, item * 86400 * 3 // 2) for account in range(8)]
    together, things = traces(rows), objects(rows, 140)
    timed = LayerSettings(trace="url", window=timedelta(minutes=5), min_objects=5)
    loose = timed.model_copy(update={"window": None})
    assert _campaign(together, things, timed) == _campaign(together, things, loose) == 28
    assert _campaign(shifted(0, together)[0], things, timed) == 0
    assert _campaign(*swapped(0, together, things), loose) == 0


def _campaign(acts: pl.DataFrame, things: pl.DataFrame, layer: LayerSettings) -> int:
    """Links among the eight that share at least 30 of their objects."""
    linked = link(acts, things, layer, name="url", memory=10**8, sink=lambda _: None)
    return len(linked.edges.filter(pl.col("b") < 8, pl.col("objects") >= 30))


def test_nothing_to_shuffle():
    nothing = TRACES.empty()
    assert shifted(0, nothing)[0].is_empty()
    assert swapped(0, nothing, OBJECTS.empty())[0].is_empty()


def test_what_is_no_trace_is_refused():
    acts, things = made(0)
    with pytest.raises(TableError):
        shifted(0, acts.drop("post"))
    with pytest.raises(TableError):
        swapped(0, acts, things.drop("band"))


def test_one_moment_alone_cannot_be_shifted_away():
    """A span of one step of the clock has one place on its circle."""
    at = datetime(2020, 1, 1, tzinfo=UTC)
    acts = traces([(0, 0, 0, 0)]).with_columns(time=pl.lit(at).cast(TRACES.schema["time"]))
    assert shift(acts, (at, at), MINUTE, draw_offsets(1, (at, at), MINUTE, np.random.default_rng(0))).equals(acts)
