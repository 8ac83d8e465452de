"""Schedule: worked by hand, and held against plain Python on made-up times."""

from collections import Counter
from datetime import timedelta
from math import log, sqrt
from statistics import correlation, fmean, pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.accounts import made

DAY, HOUR, MINUTE = 86_400, 3_600, 60


def of_one(name, at, **options):
    """The value of an indicator for a single account that posted at these seconds."""
    return made.values(name, made.history(made.posts([0] * len(at), at), **options))[0]


def said(name, at, **options):
    return made.sentences(name, made.history(made.posts([0] * len(at), at), **options))[0]


def after(gaps, start=0.0):
    times = [start]
    for gap in gaps:
        times.append(times[-1] + gap)
    return times


gaps_of_all_sorts = st.lists(st.integers(0, 5_000), min_size=30, max_size=70).filter(any)
times_of_all_sorts = st.lists(st.integers(0, 4 * DAY), min_size=50, max_size=80)
few_examples = settings(max_examples=25)


def test_posting_rate_counts_days_with_posts_only():
    assert of_one("posting_rate", [0, 1, 2, DAY - 1, 10 * DAY, 10 * DAY + 5]) == 3


def test_peak_day_is_the_count_that_19_of_20_days_do_not_exceed():
    # 20 active days: 18 with one post, one with 7, one with 90. 19 of them have at most 7.
    at = [day * DAY for day in range(18)] + [18 * DAY] * 7 + [19 * DAY] * 90
    assert of_one("peak_day", at) == 7
    # With 18 quiet days and one of 7, 95 % of 19 days is 18.05: only all 19 will do.
    assert of_one("peak_day", at[:25]) == 7
    assert of_one("peak_day", at[:18]) == 1


def test_peak_minute_is_of_the_clock():
    assert of_one("peak_minute", [0, 59, 60, 61, 119, 200]) == 3
    assert of_one("peak_minute", [5]) == 1


@few_examples
@given(times_of_all_sorts)
def test_days_and_minutes_as_counted_one_by_one(at):
    per_day = sorted(Counter(moment // DAY for moment in at).values())
    assert of_one("posting_rate", at) == pytest.approx(len(at) / len(per_day))
    assert of_one("peak_day", at) == next(n for n in per_day if sum(x <= n for x in per_day) >= 0.95 * len(per_day))
    assert of_one("peak_minute", at) == max(Counter(moment // MINUTE for moment in at).values())


def test_burstiness_of_a_clock_is_minus_1_and_of_one_burst_1():
    assert of_one("burstiness", after([600] * 30)) == -1
    # All time in one of n gaps: r = sqrt(n - 1), for which A_n is 1.
    assert of_one("burstiness", after([0] * 29 + [9_000])) == pytest.approx(1)


def test_burstiness_by_hand():
    # 15 gaps of 100 s and 15 of 300 s: mean 200, standard deviation 100, r = 1/2.
    expected = (sqrt(31) / 2 - sqrt(29)) / ((sqrt(31) - 2) / 2 + sqrt(29))
    assert of_one("burstiness", after([100, 300] * 15)) == pytest.approx(expected)
    assert expected == pytest.approx(-0.36285, abs=1e-5)


@few_examples
@given(gaps_of_all_sorts)
def test_burstiness_and_memory_as_in_the_papers(gaps):
    n, mean = len(gaps), fmean(gaps)
    r = pstdev(gaps) / mean
    corrected = (sqrt(n + 1) * r - sqrt(n - 1)) / ((sqrt(n + 1) - 2) * r + sqrt(n - 1))
    assert of_one("burstiness", after(gaps), resolution_s=0.001) == pytest.approx(corrected, abs=1e-8)
    flat = min(gaps[1:]) == max(gaps[1:]) or min(gaps[:-1]) == max(gaps[:-1])
    expected = None if flat else pytest.approx(correlation(gaps[:-1], gaps[1:]), abs=1e-8)
    assert of_one("memory", after(gaps), resolution_s=0.001) == expected


def test_memory_of_alternating_gaps_is_minus_1():
    assert of_one("memory", after([100, 300] * 20)) == pytest.approx(-1)


def test_gaps_need_thirty_and_a_resolution_to_match():
    assert said("burstiness", after([600] * 29)) == "Insufficient data: 29 gaps between posts, 30 needed."
    assert said("burstiness", [5] * 40) == "All posts carry the same time."
    assert said("memory", after([600] * 40)) == "Gaps between posts do not vary."
    coarse = "Times have minute resolution, so gaps as short as here cannot be told."
    assert said("burstiness", after([60, 120] * 20), resolution_s=60) == coarse
    assert of_one("burstiness", after([60, 180] * 20), resolution_s=60) is not None


def test_regularity_takes_two_seconds_either_way():
    gaps = [298, 302, 600, 297, 303, 149] * 10  # on, on, on (two periods), off, off, too short to count
    assert of_one("regularity_300s", after(gaps)) == 3 / 5
    assert of_one("regularity_300s", after([300] * 29)) is None


@few_examples
@given(gaps_of_all_sorts, st.sampled_from([60, 300, 900]))
def test_regularity_by_the_distance_to_the_nearest_multiple(gaps, period):
    long = [gap for gap in gaps if gap >= period / 2]
    on = [gap for gap in long if min(gap % period, -gap % period) <= 2]
    expected = pytest.approx(len(on) / len(long)) if len(long) >= 30 else None
    assert of_one(f"regularity_{period}s", after(gaps)) == expected


@pytest.mark.parametrize(("period", "resolution", "tells"), [(60, 59, True), (60, 60, False), (300, 60, True)])
def test_regularity_stops_at_the_resolution(period, resolution, tells):
    assert (of_one(f"regularity_{period}s", after([900, 930] * 30), resolution_s=resolution) is not None) == tells


def test_circadian_entropy_of_one_hour_of_two_and_of_all():
    assert of_one("circadian_entropy", [day * DAY for day in range(50)]) == 0
    assert of_one("circadian_entropy", [n * 12 * HOUR for n in range(50)]) == pytest.approx(log(2) / log(24))
    assert of_one("circadian_entropy", [n * HOUR for n in range(72)]) == pytest.approx(1)


def test_silent_hours_run_around_midnight():
    # Posts from 6 to 8 and at 20 o'clock: silent from 9 to 19 (11 hours) and from 21 to 5 (9 hours).
    assert of_one("silent_hours", [hour * HOUR for hour in (6, 7, 8, 20)] * 13) == 11
    # From 8 to 20 without a break: silent from 21 to 7.
    assert of_one("silent_hours", [hour * HOUR for hour in range(8, 21)] * 4) == 11
    assert of_one("silent_hours", [5 * HOUR] * 50) == 23
    assert of_one("silent_hours", [n * HOUR for n in range(72)]) == 0


@few_examples
@given(st.lists(st.sampled_from([0, 3, 4, 9, 17, 22, 23, 11]), min_size=50, max_size=60), st.integers(0, 23))
def test_hours_of_the_day_as_counted_one_by_one(hours, shift):
    at = [((hour + shift) % 24 + 24 * day) * HOUR for day, hour in enumerate(hours)]
    counts = Counter(hours)
    entropy = -sum(n / len(hours) * log(n / len(hours)) for n in counts.values()) / log(24)
    assert of_one("circadian_entropy", at) == pytest.approx(entropy, abs=1e-8)
    runs = "".join("x" if hour % 24 in counts else "." for hour in range(48)).split("x")
    assert of_one("silent_hours", at) == max(map(len, runs))


def test_hours_and_days_need_times_that_fine():
    at = [day * DAY for day in range(60)]
    assert of_one("silent_hours", at, resolution_s=HOUR) == 23
    assert said("silent_hours", at, resolution_s=DAY) == (
        "Times have day resolution, so hours of the day cannot be told."
    )
    assert said("peak_minute", at, resolution_s=300) == (
        "Times have 5-minute resolution, so posts of one minute cannot be told."
    )
    assert of_one("posting_rate", at, resolution_s=DAY) == 1
    assert of_one("posting_rate", at, resolution_s=7 * DAY) is None


def test_times_before_1970_fall_into_the_right_minute():
    at = [made.START - timedelta(days=40 * 365, seconds=second) for second in (1, 2, 59, 60, 61)]
    assert of_one("peak_minute", at) == 4  # 23:59:00 to 23:59:59; the fifth is at 23:58:59
