"""Cohort: accounts created on the same day, by hand and against sums of Poisson terms."""

from collections import Counter
from datetime import timedelta
from math import exp, factorial, fsum, log10

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
