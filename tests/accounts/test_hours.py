"""Hours and seconds: by hand, and against the definitions written out."""

from collections import Counter
from math import log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from tests.accounts import made

HOUR = 3_600
DAY = 86_400


def test_two_shifts_that_never_meet_lie_half_way_from_their_mean():
    # One account at 8, one at 20 hours: p = (1, 0), q = (1/2, 1/2), m = (3/4, 1/4).
    at = [day * DAY + 8 * HOUR for day in range(50)] + [day * DAY + 20 * HOUR for day in range(50)]
    past = made.history(made.posts([0] * 50 + [1] * 50, at))
    expected = (log2(4 / 3) + log2(2 / 3) / 2 + log2(2) / 2) / 2
    assert made.values("unusual_hours", past) == [pytest.approx(expected)] * 2


def test_the_hours_of_everybody_are_usual():
    past = made.history(made.posts([0] * 60 + [1] * 60, [n * HOUR for n in range(60)] * 2))
    assert made.values("unusual_hours", past) == [0, 0]
    assert made.sentences("unusual_hours", past)[0] == (
        "Its hours of the day differ by 0 from those of all here (0 the same, 1 no hour in common); "
        "as all accounts here."
    )


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.integers(0, 23), min_size=50, max_size=60), min_size=2, max_size=4))
def test_hours_as_scipy_has_the_divergence(hours):
    who = [n for n, mine in enumerate(hours) for _ in mine]
    at = [hour * HOUR + day * DAY for mine in hours for day, hour in enumerate(mine)]
    shares = [[Counter(mine)[hour] / len(mine) for hour in range(24)] for mine in hours]
    mean = [sum(column) / len(shares) for column in zip(*shares, strict=True)]
    expected = [jensenshannon(share, mean, base=2) ** 2 for share in shares]
    assert made.values("unusual_hours", made.history(made.posts(who, at))) == pytest.approx(expected, abs=1e-8)


def test_a_clock_that_strikes_at_one_second_and_one_that_never_does_twice():
    past = made.history(made.posts([0] * 60 + [1] * 60, [*(n * 60 for n in range(60)), *(n * 61 for n in range(60))]))
    assert made.values("same_second", past) == [1, 0]
    assert made.sentences("same_second", past)[1].startswith("No two of its posts bear the same second of the minute;")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 10_000), min_size=60, max_size=80))
def test_same_second_as_pairs_counted_one_by_one(at):
    pairs = [(a % 60 == b % 60) for n, a in enumerate(at) for b in at[:n]]
    value = made.values("same_second", made.history(made.posts([0] * len(at), at)))
    assert value == [pytest.approx(sum(pairs) / len(pairs))]


def test_seconds_need_seconds_and_sixty_posts():
    posts = made.posts([0] * 60, [n * 60 for n in range(60)])
    assert made.sentences("same_second", made.history(posts, resolution_s=60)) == [
        "Times have minute resolution, so seconds cannot be told."
    ]
    assert made.sentences("same_second", made.history(made.posts([0] * 59, range(59)))) == [
        "Insufficient data: 59 posts, 60 needed."
    ]
