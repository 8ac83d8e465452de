"""Creation days of a network: the densest stretch found one by one, and p-values that chance keeps to (synthetic)."""

from datetime import timedelta
from math import log10

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from cib.accounts.creation import created_together
from cib.tables import NETWORK_CREATION
from tests.accounts import made
from tests.accounts.test_groups import networks


def dated(days):
    created = [
        None if day is None else made.START + timedelta(days=int(day), hours=n % 24) for n, day in enumerate(days)
    ]
    return made.accounts(len(days), created_at=created)


def test_a_batch_of_accounts_is_found():
    rng = np.random.default_rng(1)
    days = [*rng.integers(0, 2_000, 400), *(700 + rng.integers(0, 5, 9)), None]
    found = created_together(dated(days), networks([*range(6), *range(400, 410)]), seed=1).row(0, named=True)
    assert found["p"] == pytest.approx(1 / 500)
    assert (found["members"], found["days"], found["inside"]) == (15, 7, 9)
    assert found["first_at"].date() == (made.START + timedelta(days=int(min(days[400:409])))).date()
    assert found["sentence"].startswith("9 of 15 were created in the 7 days from 2021-")
    assert found["sentence"].endswith("a group drawn at random has so dense a stretch with a chance of 0.002.")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=12, max_size=40), st.integers(5, 6))
def test_the_densest_stretch_as_found_one_by_one(days, size):
    mine = days[:size]
    found = created_together(dated(days), networks(range(size)), seed=1).row(0, named=True)

    def surprise(start, length):
        inside = sum(start <= day < start + length for day in mine)
        usual = size * sum(start <= day < start + length for day in days) / len(days)
        return -log10(poisson.sf(inside - 1, usual)), inside, usual

    best = max(surprise(start, length)[0] for start in mine for length in (1, 7, 30))
    first = (found["first_at"] - made.START.replace(hour=0)).days
    value, inside, usual = surprise(first, found["days"])
    assert value == pytest.approx(best)
    assert (found["inside"], found["expected"]) == (inside, pytest.approx(usual))


def test_random_groups_are_no_batches_even_in_a_wave_of_sign_ups():
    rng = np.random.default_rng(3)
    days = np.r_[rng.integers(0, 1_000, 300), rng.integers(500, 503, 300)]
    groups = [group.tolist() for group in rng.permutation(600).reshape(60, 10)]
    p = created_together(dated(days), networks(*groups), seed=1)["p"].to_numpy()
    for level in (0.05, 0.2, 0.5):
        assert (p <= level).mean() <= level + 0.1
    assert p.mean() > 0.4


def test_too_few_dates_and_nobody_to_compare_with():
    days = [1, 2, 3, 4, None, None, *range(10, 20)]
    found = created_together(dated(days), networks(range(6), range(16)), seed=1)
    assert found["sentence"].to_list() == [
        "Insufficient data: 4 of its accounts have a creation date, 5 needed.",
        "Insufficient data: 14 of 14 dated accounts are its own, so there are no others to compare with.",
    ]
    assert found["p"].null_count() == 2
    assert created_together(dated([]), networks(), seed=1).equals(NETWORK_CREATION.empty())
    assert created_together(dated([None] * 3), networks(range(3)), seed=1)["members"].to_list() == [0]


def test_the_seed_decides_and_the_order_does_not():
    rng = np.random.default_rng(4)
    accounts, members = dated(rng.integers(0, 300, 80)), networks(range(8), range(20, 29))
    found = created_together(accounts, members, seed=1)
    turned = [frame.sample(fraction=1, shuffle=True, seed=2) for frame in (accounts, members)]
    assert created_together(*turned, seed=1).equals(found)
    assert not created_together(accounts, members, seed=2)["p"].equals(found["p"])
    assert created_together(accounts, members.filter(pl.col("network") == 2), seed=1).equals(found[1:])
