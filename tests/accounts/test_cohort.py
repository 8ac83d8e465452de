"""Cohort: accounts created on the same day, by hand and against sums of Poisson terms."""

from collections import Counter
from datetime import timedelta
from math import exp, expm1, factorial, fsum, log10

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.accounts import made


def past_of(days):
    created = [None if day is None else made.START + timedelta(days=day, hours=n % 24) for n, day in enumerate(days)]
    return made.history(made.posts([], []), made.accounts(len(days), created_at=created))


def test_five_on_one_day_where_one_in_60_days_is_the_rule():
    # Days 0, 100, 200, ...: nobody else within 30 days, so the rate is 1/60; on day 100 there are five.
    past = past_of([100] * 5 + [200 * n for n in range(1, 16)])
    rate = 1 / 60
    four_or_more = 1 - exp(-rate) * sum(rate**k / factorial(k) for k in range(4))
    values = made.values("creation_burst", past)
    assert values[:5] == [pytest.approx(-log10(four_or_more))] * 5
    assert values[5:] == [0] * 15
    assert made.sentences("creation_burst", past)[0] == (
        "Other accounts here created on the same day: 4, where 0.02 expected; more than 75 % of the accounts here."
    )


def test_the_same_five_in_a_wave_of_sign_ups_are_ordinary():
    wave = past_of([100] * 5 + [100 + day for day in range(-30, 31) if day] * 5)
    alone = past_of([100] * 5 + [200 * n for n in range(1, 16)])
    assert made.values("creation_burst", wave)[0] < 1 < made.values("creation_burst", alone)[0]


def test_too_few_dates_and_no_date():
    assert set(made.sentences("creation_burst", past_of([1] * 19 + [None]))) == {
        "Insufficient data: 19 accounts with a creation date, 20 needed."
    }
    assert made.sentences("creation_burst", past_of([1] * 20 + [None]))[-1] == "Its creation date is not known."


def test_thousands_on_one_day_stay_finite():
    assert made.values("creation_burst", past_of([5] * 3_000))[0] == 300


@settings(max_examples=25)
@given(st.lists(st.integers(0, 90), min_size=20, max_size=60))
def test_bursts_as_counted_one_by_one(days):
    per_day = Counter(days)

    def surprise(day):
        others = per_day[day] - 1
        rate = (sum(n for other, n in per_day.items() if 0 < abs(other - day) <= 30) + 1) / 60
        chance = fsum(exp(-rate) * rate**k / factorial(k) for k in range(others, others + 80)) if others else 1
        return -log10(chance)

    assert made.values("creation_burst", past_of(days)) == pytest.approx(
        [surprise(day) for day in days], rel=1e-6, abs=1e-8
    )


def numbered(ids, platform="x"):
    return made.history(made.posts([], []), made.accounts(len(ids), account_id=[f"{platform}:{one}" for one in ids]))


def test_two_neighbours_among_ids_a_million_apart():
    ids = [n * 1_000_000 for n in range(20)] + [5_000_001]
    # The twenty others on either side (fewer than 25) stretch over 19 million numbers.
    chance = 1 - exp(-2 * 1 * 20 / 19_000_000)
    past = numbered(ids)
    values = made.values("adjacent_id", past)
    assert values[5] == values[20] == pytest.approx(-log10(chance))
    assert max(values[:5] + values[6:20]) < 1
    assert made.sentences("adjacent_id", past)[20] == (
        "Distance of its id to the nearest other here: 1, where 480000 expected; more than 90 % of the accounts here."
    )


def test_a_number_in_a_dense_stretch_is_ordinary():
    dense = [10**9 + n for n in range(60)]
    sparse = [n * 10**6 for n in range(60)]
    assert made.values("adjacent_id", numbered(sparse + dense))[90] < 0.2


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 2**62), min_size=20, max_size=60, unique=True))
def test_ids_as_looked_up_one_by_one(ids):
    ordered = sorted(ids)

    def surprise(one):
        place = ordered.index(one)
        first, last = max(place - 25, 0), min(place + 25, len(ids) - 1)
        rate = (last - first) / (ordered[last] - ordered[first])
        near = min(abs(other - one) for other in ids if other != one)
        return -log10(-expm1(-2 * near * rate))

    assert made.values("adjacent_id", numbered(ids)) == pytest.approx([surprise(one) for one in ids], abs=1e-8)


def test_ids_are_compared_within_a_platform_and_names_are_no_numbers():
    profiles = made.accounts(
        42,
        account_id=[
            *(f"x:{n * 1_000}" for n in range(20)),
            *(f"y:{n * 1_000 + 1}" for n in range(20)),
            "x:ab12",
            "z:7",
        ],
        platform=["x"] * 20 + ["y"] * 20 + ["x", "z"],
    )
    past = made.history(made.posts([], []), profiles)
    values = made.values("adjacent_id", past)
    assert values[:20] == values[20:40]
    assert made.sentences("adjacent_id", past)[40:] == [
        "Its id is not a number.",
        "Insufficient data: 1 account with a number as id, 20 needed.",
    ]


def test_handles_of_the_same_letters_are_counted():
    handles = ["anna_1987", "Anna88", "ANNA", "anna_b", "x1", None, "", "Ännä"]
    past = made.history(made.posts([], []), made.accounts(8, handle=handles))
    assert made.values("handle_siblings", past) == [2, 2, 2, 0, None, None, None, 0]
    assert made.sentences("handle_siblings", past)[4:6] == [
        "The handle has fewer than 4 letters.",
        "Its handle is not known.",
    ]
