"""Co-timing and alternation: counted one by one, right where nothing is planted, and seeing what is (all synthetic)."""

from datetime import timedelta
from itertools import combinations

import numpy as np
import polars as pl
import pytest

from cib.accounts.timing import co_timing
from cib.settings import CoTimingSettings
from cib.tables import CO_TIMING, NETWORK_TIMING
from tests.accounts import made

DAY = 86_400


def look(acts, networks=None, *, resolution_s=1, seed=1, **settings):
    """Ask about acts given as {account: seconds}; all of them are one network if none are given."""
    who = [account for account, times in acts.items() for _ in times]
    at = [float(time) for times in acts.values() for time in times]
    members = pl.DataFrame(
        [(network, account) for network, group in (networks or {1: list(acts)}).items() for account in group],
        schema={"network": pl.UInt32, "account": pl.UInt32},
        orient="row",
    )
    found = co_timing(made.posts(who, at), members, CoTimingSettings(**settings), resolution_s=resolution_s, seed=seed)
    NETWORK_TIMING.check(found.networks)
    CO_TIMING.check(found.pairs)
    return found


def rhythm(rng, days=60, per_day=6, wake=(7, 23)):
    """Seconds at which somebody who sleeps at night posts: some days more, some not at all."""
    busy = rng.gamma(1.5, per_day / 1.5, days)
    day = np.repeat(np.arange(days), rng.poisson(busy))
    return day * DAY + rng.integers(wake[0] * 3600, wake[1] * 3600, len(day))


def pair(found, column):
    return found.pairs[column].item()


def test_meetings_are_counted_in_bins_of_the_clock():
    every_day = [day * DAY for day in range(30)]
    # Account 1 posts 59 seconds after account 0 on even days, 60 after it on odd ones; twice counts once.
    other = [day * DAY + 59 + day % 2 for day in range(30)] + [0, 1]
    found = look({0: every_day, 1: other})
    assert pair(found, "together") == 15
    assert pair(found, "met") == 30


def test_a_pair_that_is_always_together_is_as_often_by_turning_too():
    """Who posts at one minute every day meets whoever does, whichever day is turned to which: no finding."""
    found = look({n: [day * DAY + 600 for day in range(28)] for n in range(3)})
    assert found.pairs["together"].to_list() == [28] * 3
    assert found.pairs["expected"].to_list() == [28] * 3
    assert found.pairs["p_together"].to_list() == [1] * 3
    assert found.networks["p"].item() == 1


def test_expected_and_p_as_by_turning_days_one_by_one():
    """With 14 days there are 13 turns of one account against another, but for none: all of them, by sets of minutes."""
    rng = np.random.default_rng(8)
    acts = {
        n: np.unique(np.r_[0, 13 * DAY, rng.integers(0, 14, 60) * DAY + rng.integers(0, 40, 60) * 60]) for n in (0, 1)
    }
    minutes = [{(t // DAY, t % DAY // 60) for t in acts[n].tolist()} for n in (0, 1)]
    counts = [len(minutes[0] & {((day + turn) % 14, minute) for day, minute in minutes[1]}) for turn in range(14)]
    found = look(acts, turns=2_000)
    assert pair(found, "together") == counts[0]
    assert pair(found, "expected") == pytest.approx(np.mean(counts[1:]), rel=0.02)
    assert pair(found, "p_together") == pytest.approx(np.mean([c >= counts[0] for c in counts[1:]]), abs=0.02)
    assert found.networks["expected"].item() == pytest.approx(np.mean(counts), rel=0.02)


def test_nobody_together_on_purpose_gives_p_values_no_smaller_than_chance():
    rng = np.random.default_rng(3)
    acts = {n: rhythm(rng) for n in range(300)}
    networks = {k + 1: list(range(5 * k, 5 * k + 5)) for k in range(60)}
    found = look(acts, networks, turns=59, min_expected=1, apart_bin="1h", bin="10min")
    p = found.networks["p"].to_numpy()
    for level, most in ((0.05, 8), (0.1, 13), (0.5, 42)):  # of 60, beyond the 99th percentile of the binomial
        assert (p <= level).sum() <= most
    assert 0.4 < p.mean() < 0.7
    for column in ("p_together", "p_apart"):
        each = found.pairs[column].drop_nulls().to_numpy()
        assert len(each) == 600
        for level in (0.02, 0.1, 0.3):
            assert (each <= level).mean() <= level + 0.05
    for column in ("p_together_network", "p_apart_network"):
        first = found.pairs.group_by("network").agg(pl.col(column).min())[column].to_numpy()
        assert (first <= 0.05).sum() <= 8
    assert found.pairs["alternates"].sum() <= 3


def test_office_weeks_are_no_coordination():
    """Accounts that rest at weekends meet more often than by turning single days; whole weeks are turned."""
    rng = np.random.default_rng(4)
    acts = {}
    for n in range(40):
        times = rhythm(rng, days=210, per_day=4)
        acts[n] = times[(times // DAY) % 7 < 5]
    found = look(acts, {k + 1: list(range(4 * k, 4 * k + 4)) for k in range(10)}, turns=99, bin="30min")
    assert (found.networks["p"] <= 0.05).sum() <= 2


def test_accounts_that_act_on_one_order_are_seen():
    rng = np.random.default_rng(5)
    orders = np.sort(rng.integers(0, 60 * DAY, 50))
    acts = {n: np.r_[rhythm(rng), orders + rng.integers(0, 30, 50)] for n in range(6)}
    found = look(acts, {1: range(6)})
    assert found.networks["p"].item() == pytest.approx(1 / 201)
    assert found.networks["close"].item() == 15
    assert found.networks["together"].item() > 3 * found.networks["expected"].item()
    assert "more often than their habits explain, p = 0.005" in found.networks["sentence"].item()


def test_two_accounts_of_one_operator_keep_apart():
    """Account 0 is used on some days, account 1 on the others, at the same hours; 2 and 3 are other people."""
    rng = np.random.default_rng(6)
    times = np.concatenate([rhythm(rng, per_day=14), rhythm(rng, per_day=14)])
    turn = rng.integers(0, 2, 60)
    ends = [0, 59 * DAY + 1]
    acts = {n: np.r_[ends[n], times[turn[times // DAY] == n]] for n in (0, 1)}
    acts |= {n: rhythm(rng, per_day=14) for n in (2, 3)}
    found = look(acts)
    apart = found.pairs.filter("alternates")
    assert apart.select("a", "b").rows() == [(0, 1)]
    assert apart["met_expected"].item() > 10
    assert found.networks["alternating"].item() == 1
    assert "Keeping apart: 1 of 6 pairs that could be judged" in found.networks["sentence"].item()


def test_two_shifts_at_other_hours_are_not_called_one_operator():
    rng = np.random.default_rng(7)
    found = look({0: rhythm(rng, per_day=20, wake=(6, 12)), 1: rhythm(rng, per_day=20, wake=(14, 22))})
    assert pair(found, "met") == 0
    assert pair(found, "p_apart") is None
    assert not pair(found, "alternates")
    assert found.networks["judged"].item() == 0


def test_too_little_is_not_judged():
    short = {n: [day * DAY + k * 60 for day in range(13) for k in range(5)] for n in (0, 1)}
    apart = {0: [day * DAY for day in range(40)], 1: [(day + 30) * DAY for day in range(40)]}
    rare = {n: [0, 30 * DAY, 31 * DAY] for n in (0, 1)}
    for acts in (short, apart, rare):
        found = look(acts)
        assert found.pairs.is_empty()
        assert found.networks["p"].item() is None
        assert found.networks["sentence"].item().startswith("Insufficient data on timing")


def test_no_networks_and_no_turns():
    rng = np.random.default_rng(9)
    acts = {n: rhythm(rng) for n in range(3)}
    assert look(acts, {5: []}).networks.is_empty()
    none = look(acts, turns=0)
    assert none.networks["sentence"].item() == "Not tested ([co_timing] turns = 0)."
    assert none.pairs.is_empty()


@pytest.mark.parametrize(("resolution", "bin_s"), [(1, 60), (300, 300), (3_600, 3_600)])
def test_bins_are_never_finer_than_the_clock(resolution, bin_s):
    rng = np.random.default_rng(10)
    acts = {n: rhythm(rng) // resolution * resolution for n in range(3)}
    assert look(acts, resolution_s=resolution).networks["bin_s"].item() == bin_s


def test_days_are_too_coarse():
    found = look({n: [day * DAY for day in range(40)] for n in range(3)}, resolution_s=DAY)
    assert found.networks["sentence"].item() == "The times of this data are too coarse to say who is active together."


def test_the_busiest_are_tested_and_the_rest_counted():
    rng = np.random.default_rng(11)
    acts = {n: rhythm(rng, per_day=5 + n) for n in range(8)}
    found = look(acts, accounts=3)
    assert found.networks.select("accounts", "tested", "pairs").row(0) == (8, 3, 3)
    busiest = sorted(sorted(acts, key=lambda n: -len(np.unique(acts[n])))[:3])
    assert found.pairs.select("a", "b").rows() == list(combinations(busiest, 2))


def test_same_seed_same_bytes_in_any_order_and_an_account_may_be_in_two_networks():
    rng = np.random.default_rng(12)
    acts = {n: rhythm(rng) for n in range(6)}
    networks = {2: [0, 1, 2], 9: [2, 3, 4, 5]}
    one, again = look(acts, networks), look(dict(reversed(acts.items())), dict(reversed(networks.items())))
    assert one.pairs.equals(again.pairs)
    assert one.networks.equals(again.networks)
    assert one.networks["network"].to_list() == [2, 9]
    assert not look(acts, networks, seed=2).pairs.equals(one.pairs)
    alone = look(acts, {2: [0, 1, 2]})
    assert alone.pairs.equals(one.pairs.filter(pl.col("network") == 2))


def test_settings_take_times():
    assert CoTimingSettings(bin="5min").bin == timedelta(minutes=5)
    with pytest.raises(ValueError, match="greater than or equal to 1 second"):
        CoTimingSettings(bin="100ms")
