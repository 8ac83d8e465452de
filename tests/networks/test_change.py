"""Networks followed through time: fates by hand, and a small graph whose groups come, part, sleep and return."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

import polars as pl
import pytest

from cib.networks import change
from cib.networks.change import follow
from cib.settings import LayerSettings, NetworkSettings
from cib.tables import CHANGES, GRAPH, MEMBERS, PAIRS

AT = datetime(2020, 1, 6, tzinfo=UTC)  # a Monday
WEEK = timedelta(days=7)


def fates(*windows):
    """Windows as lists of groups, each a word of one-letter accounts; the fates in order."""
    told = []
    for n, groups in enumerate(windows):
        sets = {g: frozenset(ord(letter) for letter in word) for g, word in enumerate(groups)}
        told.append((AT + n * WEEK, AT + (n + 2) * WEEK, sets, dict.fromkeys(sets, frozenset())))
    rows = follow(told)
    return [
        (int((row["from_at"] - AT) / WEEK), row["track"], row["fate"], row["accounts"], row["stayed"])
        for row in rows.iter_rows(named=True)
    ]


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        ((["abc"], ["abc"]), [(0, 1, "born", 3, 0), (1, 1, "kept", 3, 3)]),
        ((["abc"], ["abcd"]), [(0, 1, "born", 3, 0), (1, 1, "grown", 4, 3)]),
        ((["abcd"], ["abx"]), [(0, 1, "born", 4, 0), (1, 1, "shrunk", 3, 2)]),
        ((["abc"], ["xyz"]), [(0, 1, "born", 3, 0), (1, 2, "born", 3, 0), (1, 1, "dormant", 0, 0)]),
        ((["abcdef"], ["abc", "def"]), [(0, 1, "born", 6, 0), (1, 1, "split", 3, 3), (1, 2, "split", 3, 3)]),
        ((["abc", "defg"], ["abcdefg"]), [(0, 1, "born", 3, 0), (0, 2, "born", 4, 0), (1, 2, "merged", 7, 4)]),
        ((["abc"], [], ["abcd"]), [(0, 1, "born", 3, 0), (1, 1, "dormant", 0, 0), (2, 1, "returned", 4, 3)]),
        ((["abcdefg"], ["agxyzuvw"]), [(0, 1, "born", 7, 0), (1, 2, "born", 8, 0), (1, 1, "dormant", 0, 0)]),
    ],
)
def test_fates_by_hand(windows, expected):
    assert fates(*windows) == expected


def test_a_track_merged_into_another_does_not_go_dormant_and_can_come_back():
    rows = fates(["abc", "defg"], ["abcdefg"], ["defgh"])
    assert [row[1:3] for row in rows] == [(1, "born"), (2, "born"), (2, "merged"), (2, "shrunk")]


def made():
    """Two cliques: 0 to 3, led by 0 in the first three weeks and by 1 in the last; 4 to 7 in week 0 and from week 4."""
    plan = [(range(4), week, 0 if week < 3 else 1) for week in range(6)]
    plan += [(range(4, 8), week, 4) for week in (0, 4, 5)]
    pairs = []
    for accounts, week, leader in plan:
        for a, b in combinations(accounts, 2):
            for n in range(3):
                sign = -1.0 if b == leader else 1.0
                pairs.append((a, b, n, 0, 1, AT + week * WEEK + timedelta(days=1, hours=n), sign))
    ends = sorted({pair[:2] for pair in pairs})
    graph = pl.DataFrame([(a, b, 20.0, ["url"], 3, 3, 0.0, AT, AT) for a, b in ends], schema=GRAPH.schema, orient="row")
    members = pl.DataFrame(
        [(1 + n // 4, n, 60.0, 1.0, 1.0, "leader", None, True) for n in range(8)], schema=MEMBERS.schema, orient="row"
    )
    return graph, members, {"url": pl.DataFrame(pairs, schema=PAIRS.schema, orient="row").lazy()}


def test_groups_and_their_leaders_are_followed_through_overlapping_windows():
    settings = NetworkSettings(change_window="14d")
    rows = change(*made(), {"url": LayerSettings()}, settings, seed=1)
    first, second = (rows.filter(pl.col("network") == network) for network in (1, 2))
    assert (first["to_at"] - first["from_at"]).unique().to_list() == [2 * WEEK]
    assert first["fate"].to_list() == ["born"] + ["kept"] * (len(first) - 1)
    assert first["accounts"].unique().to_list() == [4]
    assert (first["leaders_stayed"] < first["leaders"]).sum() >= 1  # 1 takes over
    assert second["fate"].to_list() == ["born", "kept", "dormant", "returned", "kept"]
    assert second["track"].n_unique() == 1


def test_no_window_no_rows():
    assert change(*made(), {"url": LayerSettings()}, NetworkSettings(), seed=1).equals(CHANGES.empty())
    asked = NetworkSettings(change_window="14d")
    assert change(*made(), {"url": LayerSettings(supporting=True)}, asked, seed=1).is_empty()
    assert change(GRAPH.empty(), MEMBERS.empty(), {}, {}, asked, seed=1).is_empty()
