"""Which accounts and objects are looked at, step by step."""

from collections import Counter, defaultdict
from math import ceil

import numpy as np
import pytest

from cib.settings import LayerSettings
from cib.traces import build
from tests.traces.test_traces import keys, posts


def rows_of(*acts):
    """One post for each (account, tags)."""
    return [{"account": account, "hashtags": list(tags)} for account, tags in acts]


def why(*rows, **settings):
    ledger = build(posts(*rows), LayerSettings(trace="hashtag", **settings), name="x").ledger
    assert ledger["where"].unique().to_list() in ([], ["x"])
    return ledger.select("reason", "rows_in", "rows_out").rows()


def accounts(rows, **settings):
    return sorted({rows[post]["account"] for post, _ in keys("hashtag", *rows, **settings)})


def test_posts_of_any_kind_are_counted():
    rows = [{"account": 0, "hashtags": ["a"]}, {"account": 0, "kind": "repost"}, {"account": 1, "hashtags": ["a"]}]
    assert keys("hashtag", *rows, min_posts=2) == [(0, "a")]
    assert why(*rows, min_posts=2) == [("the account has fewer than 2 posts", 2, 1)]
    assert keys("hashtag", *rows, min_posts=3) == []


@pytest.mark.parametrize(
    ("share", "kept"), [(1.0, [0, 1, 2, 3]), (0.5, [1, 2]), (0.3, [1, 2]), (0.25, [2]), (0.01, [2])]
)
def test_the_most_active_accounts(share, kept):
    rows = rows_of((0, "a"), (1, "ab"), (2, "abc"), (3, "bc"))
    assert accounts(rows, top_accounts=share) == kept


def test_a_share_of_accounts_is_rounded_up_as_written():
    rows = rows_of(*((n, "a") for n in range(100)))
    assert accounts(rows, top_accounts=0.07) == list(range(7))  # 0.07 * 100 is 7.000000000000001 in binary
    assert why(*rows, top_accounts=0.07) == [("the account is not among the 7.00% most active", 100, 7)]


def test_acts_on_one_object():
    rows = rows_of((0, "a"), (0, "a"), (0, "b"), (1, "a"))
    assert keys("hashtag", *rows, min_acts_each=2) == [(0, "a"), (1, "a")]
    assert why(*rows, min_acts_each=2) == [("the account has fewer than 2 acts on the object", 4, 2)]


def test_objects_of_an_account_and_accounts_of_an_object():
    rows = rows_of((0, "ab"), (1, "a"), (1, "a"), (2, "bc"))
    assert accounts(rows, min_account_objects=2) == [0, 2]
    assert why(*rows, min_account_objects=2) == [("the account has fewer than 2 objects", 6, 4)]
    # Asked of accounts first, and once: 'a' has lost an account before objects are asked, 0 keeps its single 'b'.
    assert keys("hashtag", *rows, min_account_objects=2, min_accounts=2) == [(0, "b"), (3, "b")]
    assert why(*rows, min_accounts=2) == [("the object has fewer than 2 accounts", 6, 5)]


def test_acts_are_counted_before_objects_are_left_out():
    rows = rows_of((0, "abc"), (1, "a"), (2, "a"))
    assert keys("hashtag", *rows, min_acts=3) == [(0, "a"), (0, "b"), (0, "c"), (1, "a"), (2, "a")]
    rows += rows_of((3, "a"), (3, "a"), (3, "d"))
    assert accounts(rows, min_acts=3, min_accounts=2) == [0, 3]


def test_degrees_are_counted_of_what_is_left():
    rows = rows_of((0, "ab"), (1, "ab"), (2, "a"), (2, "c"))
    layer = LayerSettings(trace="hashtag", top_accounts=0.6, min_accounts=2)
    made = build(posts(*rows), layer, name="x")
    assert made.objects.select("object", "key", "acts", "accounts").rows() == [(0, "a", 2, 2), (1, "b", 2, 2)]
    assert sorted(made.traces["object"].unique()) == [0, 1]


def by_the_book(rows, layer):
    """The acts (post, tag) that are left, straight from the order of steps."""
    acts = sorted({(n, tag) for n, row in enumerate(rows) for tag in row["hashtags"]})

    def who(act):
        return rows[act[0]]["account"]

    wrote = Counter(row["account"] for row in rows)
    acts = [act for act in acts if wrote[who(act)] >= layer.min_posts]
    did = Counter(map(who, acts))
    ranked = sorted(did, key=lambda a: (-did[a], a))
    top = set(ranked[: ceil(layer.top_accounts * len(ranked))])
    acts = [act for act in acts if who(act) in top]
    each = Counter((who(act), act[1]) for act in acts)
    acts = [act for act in acts if each[who(act), act[1]] >= layer.min_acts_each]
    on, by = defaultdict(set), defaultdict(set)
    for act in acts:
        on[who(act)].add(act[1])
    acts = [act for act in acts if len(on[who(act)]) >= layer.min_account_objects]
    for act in acts:
        by[act[1]].add(who(act))
    return [act for act in acts if len(by[act[1]]) >= layer.min_accounts]


@pytest.mark.parametrize("seed", range(30))
def test_support_is_the_definition(seed):
    rng = np.random.default_rng(seed)
    rows = rows_of(
        *((int(rng.integers(0, 8)), [f"t{i}" for i in rng.integers(0, 6, int(rng.integers(0, 4)))]) for _ in range(40))
    )
    settings = {
        "min_posts": int(rng.integers(1, 6)),
        "top_accounts": float(rng.choice([1, 0.75, 0.5])),
        "min_acts_each": int(rng.integers(1, 3)),
        "min_account_objects": int(rng.integers(1, 4)),
        "min_accounts": int(rng.integers(1, 4)),
    }
    assert keys("hashtag", *rows, **settings) == by_the_book(rows, LayerSettings(**settings))
