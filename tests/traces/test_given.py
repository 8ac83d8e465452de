"""What files say beside the posts: short links, and lists of domains, hashtags and objects."""

import polars as pl
import pytest

from cib.settings import LayerSettings
from cib.tables import KINDS
from cib.traces import Given, build
from tests.traces.test_traces import posts

LINKS = posts(
    {"account": 0, "urls": ["https://bit.ly/a?utm_source=x", "https://news.example.org/1"]},
    {"account": 1, "urls": ["http://bit.ly/b", "https://other.net/2", "https://anexample.org/3"], "hashtags": ["Vote"]},
    {"account": 2, "urls": ["https://l.facebook.com/l.php?u=http%3A%2F%2Fbit.ly%2Fa"], "hashtags": ["#VOTE", "news"]},
)


def made(trace, given):
    return build(LINKS, LayerSettings(trace=trace, kinds=KINDS), name="x", given=given)


def keys(trace, given):
    return sorted(made(trace, given).objects["key"])


def short(*pairs):
    return Given(pl.DataFrame(pairs, schema={"short": pl.String, "resolved": pl.String}, orient="row"))


def test_short_links_lead_to_their_page():
    given = short(("https://bit.ly/a", "https://www.long.org/page?fbclid=1"), ("bit.ly/b", "http://bit.ly/a"))
    found = made("url", given)
    assert sorted(found.objects["key"]) == ["anexample.org/3", "long.org/page", "news.example.org/1", "other.net/2"]
    assert found.objects.filter(key="long.org/page")["acts"].to_list() == [3]
    assert keys("domain", given) == ["anexample.org", "example.org", "long.org", "other.net"]


def test_short_links_in_a_circle_come_to_an_end():
    assert "bit.ly/a" in keys("url", short(("bit.ly/a", "bit.ly/b"), ("bit.ly/b", "bit.ly/a")))
    assert keys("url", Given()) == ["anexample.org/3", "bit.ly/a", "bit.ly/b", "news.example.org/1", "other.net/2"]


@pytest.mark.parametrize(
    ("trace", "given", "left"),
    [
        ("url", Given(block={"domains": ["https://www.Example.org/", "bit.ly"]}), ["anexample.org/3", "other.net/2"]),
        ("url", Given(allow={"domains": ["*.example.org"]}), ["news.example.org/1"]),
        ("domain", Given(block={"domains": ["news.example.org", "bit.ly"]}), ["anexample.org", "other.net"]),
        ("url", Given(allow={"objects": ["http://other.net/2/", "bit.ly/b"]}), ["bit.ly/b", "other.net/2"]),
        ("hashtag", Given(block={"hashtags": ["#vote"]}), ["news"]),
        ("hashtag", Given(allow={"hashtags": ["VOTE"], "domains": ["x.org"]}), ["vote"]),
    ],
)  # fmt: skip
def test_lists(trace, given, left):
    assert keys(trace, given) == left


def test_what_a_list_leaves_out_is_in_the_ledger():
    ledger = made("url", Given(block={"domains": ["bit.ly"]}, allow={"domains": ["example.org"]})).ledger
    assert ledger.select("reason", "rows_in", "rows_out").rows() == [
        ("the domain is on the block list", 6, 3),
        ("the domain is not on the allow list", 3, 1),
    ]


def test_with_several_traces_each_is_held_against_its_own_lists():
    found = made("url+hashtag", Given(block={"hashtags": ["news"], "domains": ["other.net"]})).objects["key"]
    assert sorted(found) == ["anexample.org/3 + vote", "bit.ly/a + vote", "bit.ly/b + vote"]


def test_a_layer_is_known_by_the_lists_that_concern_it_alone():
    given = Given(block={"domains": ["a.org"]}, allow={"hashtags": ["x"]})
    assert given.concerning("text") == {}
    assert given.concerning("hashtag") == {"allow": {"hashtags": ["x"]}}
    assert short(("a", "b")).concerning("domain") == {"short_links": [("a", "b")]}
