"""Networks against random groups: medians counted over every group there is, and p-values that chance keeps to."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cib.accounts.groups import compare_networks
from cib.tables import INDICATORS, NETWORK_INDICATORS

SIDES = {"posting_rate": "high", "follower_ratio": "low", "memory": "both"}


def table(**values):
    """INDICATORS with the given values of accounts 0, 1, ...; null where the indicator does not apply."""
    rows = [
        (account, name, value, None if value is None else 0.5, value is not None, "Said.")
        for name, column in values.items()
        for account, value in enumerate(column)
    ]
    return INDICATORS.check(pl.DataFrame(rows, schema=INDICATORS.schema, orient="row"))


def networks(*groups):
    rows = [(number, account) for number, group in enumerate(groups, 1) for account in group]
    return pl.DataFrame(rows, schema={"network": pl.UInt32, "account": pl.UInt32}, orient="row")


def median(values):
    """The smallest value that at least half do not exceed."""
    return sorted(values)[(len(values) - 1) // 2]


@pytest.mark.parametrize("name", list(SIDES))
@settings(max_examples=20, deadline=None)
@given(st.data())
def test_p_is_the_share_of_all_groups_as_unusual(name, data):
    values = data.draw(st.lists(st.integers(0, 4), min_size=6, max_size=9))
    size = data.draw(st.integers(3, 5))
    found = compare_networks(table(**{name: [float(v) for v in values]}), networks(range(size))).row(0, named=True)
    mine = median(values[:size])
    every = [median(group) for group in combinations(values, size)]
    high, low = (np.mean(side) for side in ([m >= mine for m in every], [m <= mine for m in every]))
    expected = {"high": high, "low": low, "both": min(1, 2 * min(high, low))}[SIDES[name]]
    assert found["p"] == pytest.approx(expected)
    assert (found["median"], found["usual"]) == (mine, median(values))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.booleans(), min_size=6, max_size=9))
def test_of_yes_or_no_the_count_is_tested(flags):
    found = compare_networks(table(default_profile=[float(flag) for flag in flags]), networks(range(4)))
    every = [sum(group) >= sum(flags[:4]) for group in combinations(flags, 4)]
    assert found["p"].item() == pytest.approx(np.mean(every))


def test_quartiles_are_values_of_members_and_others_do_not_count():
    found = compare_networks(table(memory=[5.0, 1.0, None, 3.0, 9.0, 100.0]), networks([0, 1, 2, 3, 4]))
    assert found.select("members", "lower", "median", "upper", "usual").row(0) == (4, 1, 3, 5, 5)


def test_p_values_of_random_groups_are_no_smaller_than_chance():
    rng = np.random.default_rng(1)
    values = table(posting_rate=np.exp(rng.normal(0, 1, 900)).tolist(), memory=rng.normal(0, 1, 900).tolist())
    groups = [group.tolist() for group in rng.permutation(900).reshape(150, 6)]
    found = compare_networks(values, networks(*groups))
    for level in (0.05, 0.2, 0.5):
        assert (found["p"] <= level).mean() <= level + 0.05
    assert found["q"].min() > 0.05


def test_q_is_benjamini_and_hochbergs():
    from scipy.stats import false_discovery_control

    rng = np.random.default_rng(2)
    columns = {name: rng.normal(0, 1, 60).tolist() for name in SIDES}
    columns["peak_day"] = np.sort(rng.normal(0, 1, 60))[::-1].tolist()
    columns["peak_minute"] = columns["peak_day"]  # the same p twice
    found = compare_networks(table(**columns), networks(range(8), range(20, 30), [58, 59]))
    known = found.drop_nulls("p")
    assert found["p"].null_count() == 5  # two members are no group
    assert known["q"].to_list() == pytest.approx(false_discovery_control(known["p"].to_numpy()).tolist())
    assert found.filter(pl.col("p").is_null())["q"].null_count() == 5


def test_what_is_said():
    rates = [20.0, 30.0, 40.0] + [1.0] * 197
    flags = [1.0, 1.0, 0.0] + [0.0] * 197
    shares = [0.5, 0.25, 0.75] + [0.0] * 197
    found = compare_networks(table(posting_rate=rates, default_profile=flags, link_share=shares), networks([0, 1, 2]))
    said = dict(found.select("name", "sentence").iter_rows())
    assert said == {
        "default_profile": "Profile never changed: 67 % of the members, 1 % of all accounts here; "
        "a group drawn at random is as unusual with a chance of 0.00015.",
        "link_share": "Share of posts with a link: median 50 % (middle half 25 % to 75 %), of all accounts here 0 %; "
        "a group drawn at random is as unusual with a chance of 0.00015.",
        "posting_rate": "Posts per active day: median 30 (middle half 20 to 40), of all accounts here 1; "
        "a group drawn at random is as unusual with a chance of 0.00015.",
    }
    two = compare_networks(table(posting_rate=rates), networks([0, 1]))["sentence"].item()
    assert two.endswith("; too few members to compare with random groups.")


def test_nothing_from_nothing_and_any_order():
    assert compare_networks(INDICATORS.empty(), networks([0])).equals(NETWORK_INDICATORS.empty())
    assert compare_networks(table(memory=[1.0]), networks()).is_empty()
    values, members = table(memory=[1.0, 2.0, 3.0, 4.0], posting_rate=[4.0, 3.0, 2.0, 1.0]), networks([0, 1, 3], [1, 2])
    shuffled = compare_networks(*(frame.sample(fraction=1, shuffle=True, seed=1) for frame in (values, members)))
    assert shuffled.equals(compare_networks(values, members))


def test_an_indicator_that_is_not_in_the_registry_may_be_unusual_on_both_sides():
    values = [9.0, 8.0, 7.0, *np.arange(0, 7, 0.1)]
    found = compare_networks(table(weekend=values), networks([0, 1, 2]))
    assert found["p"].item() == pytest.approx(
        2 * compare_networks(table(peak_day=values), networks([0, 1, 2]))["p"].item()
    )
    assert found["sentence"].item().startswith("weekend: median 8 ")
