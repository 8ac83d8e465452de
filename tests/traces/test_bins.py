"""Fixed bins, and CooRnet's estimate of their width, against their definitions written out."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from cib.settings import LayerSettings
from cib.traces import build, coordination_interval
from tests.traces.test_traces import keys, posts

START = datetime(2016, 9, 1, 12, 0, 7, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SHARES = {"u1": [0, 2, 10, 40], "u2": [0, 30, 60, 90], "u3": [0, 500], "u4": [0, 4, 5]}
"""The worked example of CooRnet's estimate: object -> seconds of its shares."""


def table(shares):
    rows = [(name, START + timedelta(seconds=s)) for name, times in shares.items() for s in times]
    return pl.DataFrame(rows, schema={"object": pl.String, "time": pl.Datetime("us", "UTC")}, orient="row")


def at_random(rng, n=40):
    """Posts of few accounts with few hashtags at few moments, a few of them before 1970: ties are the rule."""
    seconds = rng.integers(0, 90, n) / 2 - (rng.random(n) < 0.1) * 2e9
    return [
        {
            "account": int(rng.integers(0, 5)),
            "created_at": START + timedelta(seconds=float(second)),
            "hashtags": [f"t{i}" for i in rng.integers(0, 5, int(rng.integers(1, 3)))],
        }
        for second in seconds
    ]


# The estimate -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("q", "p", "interval"), [(0.1, 0.5, 10.0), (0.5, 0.5, 7.0), (1, 0.5, 35.0), (0, 0, 0.0)])
def test_the_worked_example_of_the_estimate(q, p, interval):
    assert coordination_interval(table(SHARES), q, p) == (interval or 1.0)


def test_an_estimate_of_nothing_is_none():
    assert coordination_interval(table({"u": [3]}), 0.1, 0.5) is None
    assert coordination_interval(table(SHARES), 0.1, 1.0) is None


def quantile_7(values, share):
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def estimate(shares, q, p):
    """CooRnet's estimate, step by step from its description."""
    since = {name: sorted(t - min(times) for t in times) for name, times in shares.items() if len(times) > 1}
    if not since:
        return None
    limit = quantile_7([times[1] for times in since.values()], q)
    quick = [times for times in since.values() if times[1] <= limit]
    reached = [
        min(late) for times in quick if (late := [t for rank, t in enumerate(times, start=1) if rank / len(times) > p])
    ]
    if not reached:
        return None
    return quantile_7(reached, 0.5) or 1.0


@pytest.mark.parametrize("seed", range(60))
def test_the_estimate_is_the_definition(seed):
    rng = np.random.default_rng(seed)
    shares = {
        f"u{n}": (rng.integers(0, 60, int(rng.integers(1, 8))) / rng.choice([1, 4])).tolist()
        for n in range(int(rng.integers(1, 12)))
    }
    q, p = rng.choice([0, 0.1, 0.25, 0.5, 1]), rng.choice([0, 0.2, 0.5, 0.75])
    acts = table(shares)
    found = coordination_interval(acts.sample(fraction=1, shuffle=True, seed=seed), q, p)
    assert found == pytest.approx(estimate(shares, q, p), abs=1e-12)
    later = acts.with_columns(pl.col("time") + pl.duration(days=400))
    assert coordination_interval(later, q, p) == found


def shares_as_posts():
    return [
        {"account": n, "hashtags": [name], "created_at": START + timedelta(seconds=second)}
        for name, times in SHARES.items()
        for n, second in enumerate(times)
    ]


def test_the_estimate_is_the_width_and_is_told():
    layer = LayerSettings(trace="hashtag", bin_estimate=True, bin_use="filter", bin_start="first")
    made = build(posts(*shares_as_posts()), layer, name="x")
    assert made.interval_s == 10
    left = made.traces.join(made.objects, on="object").group_by("key").len().sort("key").rows()
    # 10 s from each first share: u1 {0, 2} and {10}, {40}; u2 and u3 each alone; u4 {0, 4, 5}.
    assert left == [("u1", 2), ("u4", 3)]
    assert build(posts(*shares_as_posts()), LayerSettings(trace="hashtag"), name="x").interval_s is None


def test_without_an_estimate_nothing_is_left():
    layer = LayerSettings(trace="hashtag", bin_estimate=True, estimate_p=1)
    made = build(posts(*shares_as_posts()), layer, name="x")
    assert made.interval_s is None
    assert made.traces.is_empty()
    assert made.objects.is_empty()
    assert made.ledger.select("reason", "rows_in", "rows_out").rows() == [
        ("no coordination interval can be estimated", 13, 0)
    ]


# Bins ---------------------------------------------------------------------------------------------


def in_seconds(moment, first):
    return (moment - first) / timedelta(seconds=1)


def acts_on(rows):
    """(post, key) of every act, once a post."""
    return sorted({(n, tag) for n, row in enumerate(rows) for tag in row["hashtags"]})


def first_act(rows, tag):
    return min(row["created_at"] for row in rows if tag in row["hashtags"])


@pytest.mark.parametrize("start", ["epoch", "first"])
@pytest.mark.parametrize("seed", range(15))
def test_bins_as_objects_are_the_definition(seed, start):
    rng = np.random.default_rng(seed)
    rows = at_random(rng)
    width = float(rng.choice([0.5, 7, 60]))
    bins = {}
    for n, tag in acts_on(rows):
        begin = EPOCH if start == "epoch" else first_act(rows, tag)
        bins[n, tag] = int(in_seconds(rows[n]["created_at"], begin) // width)
    same = {(a, b) for a in bins for b in bins if a[1] == b[1] and bins[a] == bins[b]}
    made = keys("hashtag", *rows, bin=timedelta(seconds=width), bin_start=start)
    found = {(n, key.split(" @ ")[0]): key for n, key in made}
    assert {(a, b) for a in found for b in found if found[a] == found[b]} == same


@pytest.mark.parametrize("start", ["epoch", "first"])
@pytest.mark.parametrize("seed", range(15))
def test_bins_as_a_filter_are_the_definition(seed, start):
    rng = np.random.default_rng(seed)
    rows = at_random(rng, n=14)
    width = float(rng.choice([2, 7.9, 0.4]))
    whole = max(int(width), 1)
    acts = acts_on(rows)
    several = {t for t in {t for _, t in acts} if len({rows[n]["account"] for n, tag in acts if tag == t}) > 1}
    bins = {
        (n, tag): in_seconds(rows[n]["created_at"], EPOCH if start == "epoch" else first_act(rows, tag)) // whole
        for n, tag in acts
        if tag in several
    }
    crowd = Counter((tag, number) for (_, tag), number in bins.items())
    kept = sorted(act for act, number in bins.items() if crowd[act[1], number] > 1)
    assert keys("hashtag", *rows, bin=timedelta(seconds=width), bin_start=start, bin_use="filter") == kept


def test_bins_as_a_filter_miss_what_a_border_parts():
    rows = [
        {"account": n, "hashtags": ["x"], "created_at": START + timedelta(seconds=s)} for n, s in enumerate((0, 8, 16))
    ]
    settings = {"bin": timedelta(seconds=10), "bin_use": "filter"}
    assert keys("hashtag", *rows, bin_start="first", **settings) == [(0, "x"), (1, "x")]
    ledger = build(posts(*rows), LayerSettings(trace="hashtag", bin_start="first", **settings), name="x").ledger
    assert ledger.select("reason", "rows_in", "rows_out").rows() == [("the act is alone in its bin", 3, 2)]


def test_one_account_twice_in_a_bin_is_not_alone():
    rows = [
        {"account": a, "hashtags": ["x"], "created_at": START + timedelta(seconds=s)}
        for a, s in ((0, 0), (0, 1), (1, 50))
    ]
    settings = {"bin": timedelta(seconds=10), "bin_use": "filter", "bin_start": "first"}
    assert keys("hashtag", *rows, **settings) == [(0, "x"), (1, "x")]
    assert keys("hashtag", *rows[:2], **settings) == []


def test_timing_knows_other_bins_than_minutes():
    rows = [{"created_at": START + timedelta(minutes=m)} for m in (0, 29.8, 30, 59)]
    assert [key for _, key in keys("timing", *rows, bin=timedelta(minutes=30))] == [
        "2016-09-01 12:00",
        "2016-09-01 12:00",
        "2016-09-01 12:30",
        "2016-09-01 12:30",
    ]
    first = keys("timing", *rows, bin=timedelta(minutes=30), bin_start="first")
    assert [key for _, key in first] == [f"2016-09-01 12:{m}:07.000000" for m in ("00", "00", "30", "30")]
