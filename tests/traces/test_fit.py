"""Which layers have anything to work on: told before they are made, and true when they are."""

import polars as pl
import pytest

from cib.settings import Settings
from cib.tables import POSTS
from cib.traces import TRACES, build, without_data
from tests.traces.test_traces import posts

RICH = (
    {"kind": "original", "text": "a b c d", "urls": ["https://e.example/a"], "hashtags": ["x", "y"]},
    {"kind": "reply", "parent_post_id": "p0", "mentions": ["bob"], "text": "@bob a b c d"},
    {"kind": "repost", "parent_post_id": "p0", "parent_account_id": "x:0", "account": 1},
    {"kind": "quote", "media": ["m"], "objects": ["o"]},
)


def layers(*traces):
    every = {name: {"trace": name, "bin": "1min"} if name == "timing" else {"trace": name} for name in traces}
    return Settings.model_validate({"layers": every}).active_layers


def test_posts_of_every_sort_leave_no_layer_without_data():
    every = layers(*(name for name in TRACES if name != "fast_repost"))
    assert without_data(posts(*RICH), every) == {}


def test_each_layer_says_what_is_missing():
    every = layers(*TRACES)
    told = without_data(posts({"kind": "original"}), every)
    assert told["url"] == "no post of kind original, reply, quote has a link"
    assert told["reply"] == "no post is of kind reply"
    assert told["repost"] == "no post is of kind repost"
    assert told["media"].endswith("has a picture or video with an id")
    assert "timing" not in told
    assert "anything" not in told
    assert set(without_data(posts(), every)) == set(every)


def test_layers_are_combined_if_two_of_them_can_run():
    three = layers("url", "hashtag", "timing", "combined")
    one = {"urls": ["https://example.org"], "hashtags": ["a"]}
    assert without_data(posts(one), three) == {}
    alone = without_data(posts(one | {"hashtags": None}), three)
    assert alone["combined"] == "fewer than two of the layers that it combines can run"


@pytest.mark.parametrize(
    "left_out", ["kind", "text", "urls", "hashtags", "mentions", "media", "objects", "parent_post_id"]
)
def test_a_layer_that_is_told_to_be_unable_makes_no_act(left_out):
    empty = {"kind": pl.lit("original").cast(POSTS.columns["kind"].dtype)}.get(left_out, pl.lit(None))
    some = posts(*RICH).with_columns(empty.cast(POSTS.columns[left_out].dtype).alias(left_out))
    every = layers(*TRACES)
    for name in without_data(some, every):
        assert build(some, every[name], name=name).traces.is_empty()


def test_several_traces_at_once_need_all_of_them():
    both = Settings.model_validate({"layers": {"both": {"trace": "url+hashtag"}}}).active_layers
    assert without_data(posts({"urls": ["https://a.example"]}, {"hashtags": ["x"]}), both) == {
        "both": "no post of kind original, reply, quote has a link and a hashtag"
    }
    assert without_data(posts({"urls": ["https://a.example"], "hashtags": ["x"]}), both) == {}
