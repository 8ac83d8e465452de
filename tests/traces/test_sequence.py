"""Sequences of hashtags, of a post and of an account's day; quick reposts; several traces at once."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from cib import config
from cib.settings import LayerSettings
from cib.traces import TRACES, build, lookup, place
from tests.traces.test_traces import keys, posts

DAY = timedelta(days=1)
MORNING = datetime(2018, 10, 1, 8, tzinfo=UTC)


def why(trace, *rows, **settings):
    """Reason, rows in and rows out of the ledger."""
    layer = LayerSettings(trace=trace, **settings)
    return build(posts(*rows), layer, name="x").ledger.select("reason", "rows_in", "rows_out").rows()


# Sequences ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "key"),
    [
        (["MAGA", "Vote", "now"], "#maga #vote #now"),
        (["vote", "maga", "now"], "#vote #maga #now"),
        (["#a", "ｂ", " C "], "#a #b #c"),
        (["a", "b", "a", "c"], "#a #b #a #c"),
        (["a", "b", "a"], None),
        (["a", "A", "ａ", "#a"], None),
        (["new york", "b", "c"], "#new york #b #c"),
        (["a", "", "#", "b"], None),
        ([], None),
        (None, None),
    ],
)
def test_the_sequence_of_a_post(tags, key):
    assert keys("hashtag_sequence", {"hashtags": tags}, min_items=3) == ([(0, key)] if key else [])


def test_too_few_hashtags_are_counted():
    rows = [{"hashtags": ["a", "b"]}, {"hashtags": ["a", "a"]}, {"hashtags": []}, {}]
    assert why("hashtag_sequence", *rows, min_items=2) == [("fewer than 2 different hashtags", 2, 1)]


def day(account, *tags, hour=0, **more):
    return {"account": account, "hashtags": list(tags), "created_at": MORNING + timedelta(hours=hour)} | more


def test_the_sequence_of_a_day():
    rows = [
        day(0, "c", hour=2), day(0, "a", "B", hour=1), day(0, hour=0), day(0, "z", hour=3, kind="repost"),
        day(1, "a", hour=1), day(1, "b", "c", hour=1),
        day(1, "a", "b", "c", hour=24),
        day(2, "a", "b", hour=1), day(2, "a", hour=5), day(2, "c", hour=6),
    ]  # fmt: skip
    settings = {"bin": DAY, "min_items": 3, "kinds": ("original",)}
    assert keys("hashtag_sequence", *rows, **settings) == [
        (1, "#a #b #c @ 2018-10-01 00:00"),
        (4, "#a #b #c @ 2018-10-01 00:00"),
        (6, "#a #b #c @ 2018-10-02 00:00"),
        (7, "#a #b #a #c @ 2018-10-01 00:00"),
    ]
    assert keys("hashtag_sequence", *rows, min_acts_each=2, bin_use="filter", **settings) == [
        (1, "#a #b #c"),
        (4, "#a #b #c"),
        (7, "#a #b #a #c"),
    ]
    assert why("hashtag_sequence", *rows, min_acts_each=3, **settings) == [
        ("fewer than 3 posts with hashtags in the bin", 4, 1)
    ]


def test_a_day_may_begin_with_the_layers_first_act():
    rows = [day(0, "a"), day(1, "x", hour=23), day(0, "b", hour=23.9), day(0, "c", hour=24)]
    found = keys("hashtag_sequence", *rows, bin=DAY, bin_start="first")
    assert [key.split(" @ ")[0] for _, key in found] == ["#a #b", "#x", "#c"]


@pytest.mark.parametrize("seed", range(10))
def test_the_sequence_of_a_bin_is_the_definition(seed):
    rng = np.random.default_rng(seed)
    rows = [
        day(
            int(rng.integers(0, 4)),
            *(f"t{i}" for i in rng.integers(0, 4, int(rng.integers(0, 3)))),
            hour=float(rng.integers(0, 12)),
        )
        for _ in range(30)
    ]
    wanted = {}
    for n in sorted(range(len(rows)), key=lambda n: (rows[n]["created_at"], n)):
        if rows[n]["hashtags"]:
            name = (rows[n]["account"], rows[n]["created_at"].hour // 3)
            wanted.setdefault(name, []).append(n)
    enough = [[tag for n in acts for tag in rows[n]["hashtags"]] for acts in wanted.values()]
    expected = sorted(
        (acts[0], "#" + " #".join(tags))
        for acts, tags in zip(wanted.values(), enough, strict=True)
        if len(acts) >= 2 and len(set(tags)) >= 3
    )
    settings = {"bin": timedelta(hours=3), "min_items": 3, "min_acts_each": 2, "bin_use": "filter"}
    assert keys("hashtag_sequence", *rows, **settings) == expected


# Quick reposts ------------------------------------------------------------------------------------


def test_quick_reposts():
    after = {"kind": "repost", "account": 1, "parent_post_id": "p0"}
    rows = [
        {"created_at": MORNING, "account": 7},
        after | {"created_at": MORNING + timedelta(seconds=10)},
        after | {"created_at": MORNING + timedelta(seconds=10.001)},
        after | {"created_at": MORNING + timedelta(days=1, seconds=5)},
        after | {"created_at": MORNING - timedelta(seconds=1)},
        after | {"created_at": MORNING, "parent_post_id": "gone", "parent_account_id": "x:9"},
        after | {"created_at": MORNING, "parent_post_id": None},
        after | {"created_at": MORNING, "parent_account_id": "x:named"},
        after | {"created_at": MORNING, "platform": "y"},
    ]
    settings = {"kinds": ("repost",), "max_delay": timedelta(seconds=10)}
    assert keys("fast_repost", *rows, **settings) == [(1, "x:7"), (7, "x:named")]
    assert why("fast_repost", *rows, **settings) == [
        ("the original is not in the data", 8, 5),
        ("the repost is older than the original, or more than 10 s younger", 5, 2),
    ]
    assert [n for n, _ in keys("fast_repost", *rows, kinds=("repost",), max_delay=None)] == [1, 2, 3, 7]


def test_of_an_original_that_is_there_twice_the_first_time_counts():
    rows = [
        {"post_id": "o", "created_at": MORNING + timedelta(hours=1)},
        {"post_id": "o", "created_at": MORNING},
        {"kind": "repost", "parent_post_id": "o", "created_at": MORNING + timedelta(hours=1)},
    ]
    assert keys("fast_repost", *rows, kinds=("repost",), max_delay=timedelta(minutes=59)) == []
    assert keys("fast_repost", *rows, kinds=("repost",), max_delay=timedelta(minutes=60)) == [(2, "x:0")]


# Several at once ----------------------------------------------------------------------------------


def test_several_traces_are_on_every_combination():
    rows = [
        {"urls": ["https://www.a.org/1", "b.org/2"], "hashtags": ["X", "y", "#x"]},
        {"urls": ["http://b.org/2"], "hashtags": ["y"]},
        {"urls": ["http://b.org/2"], "hashtags": []},
        {"hashtags": ["y"]},
        {"urls": ["mailto:a@b.org"], "hashtags": ["y"]},
        {"urls": ["http://b.org/2"], "hashtags": ["#"]},
    ]
    assert keys("url+hashtag", *rows) == [
        (0, "a.org/1 + x"), (0, "a.org/1 + y"), (0, "b.org/2 + x"), (0, "b.org/2 + y"),
        (1, "b.org/2 + y"),
    ]  # fmt: skip
    assert keys("hashtag+url", *rows) == keys("url+hashtag", *rows)
    example = build(posts(*rows), LayerSettings(trace="url+hashtag"), name="x").objects["example"][0]
    assert example == "https://www.a.org/1 + X"


def test_no_two_combinations_are_one():
    pairs = [("a + b", "c"), ("a", "b + c"), ("a +", "c"), ("a", "+ c"), ("a ++ b", "c"), ("a", "b ++ c")]
    rows = [{"media": [one], "objects": [other]} for one, other in pairs]
    assert len({key for _, key in keys("media+object", *rows)}) == len(rows)


def test_each_trace_of_several_keeps_its_own_conditions():
    rows = [
        {"created_at": MORNING, "hashtags": ["a", "b"]},
        {"kind": "repost", "parent_post_id": "p0", "created_at": MORNING, "hashtags": ["a", "b"]},
        {"kind": "repost", "parent_post_id": "p0", "created_at": MORNING, "hashtags": ["a"]},
        {"kind": "repost", "parent_post_id": "p0", "created_at": MORNING + DAY, "hashtags": ["a", "b"]},
    ]
    assert keys("hashtag_sequence+fast_repost", *rows, min_items=2, kinds=("repost",)) == [(1, "#a #b + x:0")]


def test_lookup_and_place():
    assert lookup("url") is TRACES["url"]
    both = lookup("hashtag+url")
    assert (both.title, both.needs) == ("the same link and the same hashtag", "urls and hashtags")
    assert lookup("url+url") is TRACES["url"]
    assert place("url+hashtag") == place("hashtag+url") == place("url") == list(TRACES).index("url")
    with pytest.raises(KeyError):
        lookup("nothing")


def test_a_config_may_join_known_traces(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text('[layers.both]\ntrace = "url+hashtag"\n', encoding="utf-8")
    assert config.load(path, traces=TRACES).layers["both"].trace == "url+hashtag"
    path.write_text('[layers.both]\ntrace = "url+hashtags"\n', encoding="utf-8")
    with pytest.raises(
        config.ConfigError, match=r"must be a known trace\. Got \"url\+hashtags\"\. Did you mean 'hashtag"
    ):
        config.load(path, traces=TRACES)


# Posts that are one by their id -------------------------------------------------------------------


def test_rows_of_one_post_id_are_one_post_where_ids_are_compared():
    rows = [{"post_id": "a"}, {"post_id": "b"}, {"post_id": "a", "account": 1}, {"post_id": "a", "platform": "y"}]
    rows = [row | {"objects": ["o"]} for row in rows]

    def numbers(loops):
        return build(posts(*rows), LayerSettings(trace="object", loops=loops), name="x").traces["post"].to_list()

    assert sorted(numbers("drop")) == [0, 1, 2, 3]
    assert sorted(numbers("drop_ids")) == sorted(numbers("keep")) == [0, 0, 1, 3]


def test_posts_that_are_themselves_the_object_are_named():
    rows = [
        {"objects": ["p0", "q"]}, {"objects": ["p0"]}, {"objects": ["p2", "p2"], "post_id": "p2"},
        {"kind": "repost", "parent_post_id": "p3"}, {"kind": "repost", "parent_post_id": "p3"},
    ]  # fmt: skip

    def own(trace, loops):
        made = build(posts(*rows), LayerSettings(trace=trace, loops=loops, kinds=("original", "repost")), name="x")
        return made.own.join(made.objects, on="object").select("key", "post").rows()

    assert own("object", "drop_ids") == [("p0", 0), ("p2", 2)]
    assert own("repost", "drop_ids") == [("id:p3", 3)]
    assert own("object", "keep") == own("object", "drop") == []


def test_accounts_come_in_the_order_of_their_first_row():
    rows = [{"account": 3}]
    rows += [{"account": a, "objects": ["o"], "post_id": i} for a, i in [(2, "a"), (0, "b"), (2, "b"), (1, "a")]]
    made = build(posts(*rows), LayerSettings(trace="object", loops="keep"), name="x")
    assert made.order.rows() == [(0, 2), (1, 4), (2, 1)]
    assert made.order.schema == {"account": pl.UInt32, "first": pl.UInt32}
    turned = build(posts(*rows).reverse(), LayerSettings(trace="object", loops="drop_ids"), name="x")
    assert turned.order.equals(made.order)
    assert build(posts(*rows), LayerSettings(trace="object"), name="x").order.is_empty()
