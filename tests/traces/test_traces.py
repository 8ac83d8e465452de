"""What counts as acting on the same thing."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from cib.settings import LayerSettings, default_layers
from cib.tables import KINDS, POSTS
from cib.texts import as_toolkit, long_enough, normalise
from cib.traces import TRACES, build
from cib.traces.address import canonical, host_of
from cib.traces.domain import registered_domain
from cib.traces.text import EMPTY

AT = datetime(2016, 9, 1, 12, 0, 30, tzinfo=UTC)


def posts(*rows):
    """POSTS from what differs."""
    plain = {"platform": "x", "kind": "original", "source_file": "f", "text": None, "language": None}
    full = [
        plain
        | {"post": n, "account": 0, "post_id": f"p{n}", "created_at": AT + timedelta(minutes=n), "source_row": n + 2}
        | row
        for n, row in enumerate(rows)
    ]
    for row in full:
        row["account_id"] = f"x:{row['account']}"
    columns = {name: [row.get(name) for row in full] for name in POSTS.columns}
    return pl.DataFrame(columns, schema=POSTS.schema).lazy()


def keys(trace, *rows, **settings):
    """The keys of each post's acts, by post."""
    layer = LayerSettings(trace=trace, **({"kinds": KINDS} | settings))
    made = build(posts(*rows), layer, name=trace)
    named = made.traces.join(made.objects, on="object").sort("post", "key")
    return named.select("post", "key").rows()


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        ("https://example.org", "example.org"),
        ("HTTP://WWW.Example.ORG:80/", "example.org"),
        ("https://example.org:443/a/b/", "example.org/a/b"),
        ("https://example.org:8080/a", "example.org:8080/a"),
        ("https://user:pw@example.org/A?b=C", "example.org/A?b=C"),
        ("https://m.example.org/a#part", "example.org/a"),
        ("https://mobile.twitter.com/a/b", "twitter.com/a/b"),
        ("https://amp.example.org/a/amp/", "example.org/a"),
        ("https://example.org/a?utm_source=x&utm_medium=y", "example.org/a"),
        ("https://example.org/a?fbclid=1&id=7&gclid=2", "example.org/a?id=7"),
        ("https://example.org/?id=7&utm_campaign=z", "example.org?id=7"),
        ("https://youtu.be/dQw4w9WgXcQ?t=3", "youtube.com/watch?v=dQw4w9WgXcQ"),
        ("www.example.org/a", "example.org/a"),
        ("m.ru/a", "m.ru/a"),
        ("  https://t.co/AbC  ", "t.co/AbC"),
        ("javascript:alert(1)", None),
        ("mailto:a@example.org", None),
        ("ftp://example.org/a", None),
        ("5f3a9c", "5f3a9c"),
    ],
)
def test_canonical_links(raw, form):
    assert canonical(pl.Series([raw])).to_list() == [form]


@pytest.mark.parametrize(
    ("raw", "host", "domain"),
    [
        ("https://news.bbc.co.uk/a", "news.bbc.co.uk", "bbc.co.uk"),
        ("http://Example.ORG:8080/a", "example.org", "example.org"),
        ("http://127.0.0.1/a", "127.0.0.1", None),
        ("5f3a9c", None, None),
    ],
)
def test_host_and_registered_domain(raw, host, domain):
    assert host_of(canonical(pl.Series([raw]))).to_list() == [host]
    assert registered_domain(pl.Series([host], dtype=pl.String)).item() == domain


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("RT @Somebody: Vote  NOW!!! https://t.co/1", "vote now"),
        ("vote, now", "vote now"),
        ("VOTE NOW @a #b", "vote now @a #b"),
        ("Ｖｏｔｅ ｎｏｗ", "vote now"),
        ("Привет, МИР", "привет мир"),
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
        ("投票しよう！", "投票しよう"),
        ("https://t.co/1 ... 😀", None),
        ("@ #", None),
        ("", None),
    ],
)
def test_normalised_text(raw, words):
    assert pl.select(normalise(pl.lit(raw))).item() == words


@pytest.mark.parametrize(
    ("words", "least", "enough"),
    [("a b c", 3, True), ("a b", 3, False), ("投票しよう今日", 2, True), ("投票", 2, False), ("a", 0, True)],
)
def test_long_enough(words, least, enough):
    assert pl.select(long_enough(pl.lit(words), least)).item() is enough


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        # What release 1.5.2 of coordination-network-toolkit made of them.
        ("RT @Bob: Hi  There", "rt hi there"),
        ("a@b.c d", "a d"),
        ("@@a b", "b"),
        ("  x\n@y\t. ", "x ."),
        ("@a\x1cb x\x1fy\x85z", "x y z"),
        ("a\u200bb\u3000c", "a\u200bb c"),
        ("ΑΣ ＡB İ", "ας ａb i̇"),
        ("https://t.co/A!", "https://t.co/a!"),
        ("@x @y", ""),
        ("", ""),
    ],
)
def test_text_as_the_toolkit_compares_it(raw, key):
    assert pl.select(as_toolkit(pl.lit(raw))).item() == key
    assert keys("text", {"text": raw}, normalise="toolkit") == [(0, key or EMPTY)]


def test_empty_texts_are_one_object_for_the_toolkit_alone():
    rows = [{"text": "@a"}, {"text": None}, {"text": " "}, {"text": "@A word"}]
    assert keys("text", *rows, normalise="toolkit") == [*((n, EMPTY) for n in range(3)), (3, "word")]
    assert keys("text", *rows, normalise="toolkit", min_words=1) == [(3, "word")]
    assert keys("text", *rows, normalise="words") == [(0, "@a"), (3, "@a word")]
    assert pl.select(as_toolkit(pl.lit(EMPTY))).item() != EMPTY, "no text may have this key"


def test_an_act_counts_once_a_post_unless_rows_are_kept():
    row = {"hashtags": ["MAGA", "#maga", "ｍａｇａ", "vote"]}
    assert keys("hashtag", row) == [(0, "maga"), (0, "vote")]
    assert keys("hashtag", row, repeats="keep") == [(0, "maga")] * 3 + [(0, "vote")]


def test_only_the_kinds_asked_for_count():
    rows = [{"kind": kind, "urls": ["https://example.org"]} for kind in KINDS]
    assert [post for post, _ in keys("url", *rows, kinds=("reply", "quote"))] == [2, 3]


def test_a_repost_is_known_by_its_id_or_else_by_its_text():
    rows = [
        {"kind": "repost", "parent_post_id": "7", "text": "one two three four"},
        {"kind": "repost", "parent_post_id": None, "text": "One two, three four!"},
        {"kind": "repost", "parent_post_id": None, "text": "too short"},
    ]
    assert keys("repost", *rows, min_words=3) == [(0, "id:7"), (1, "one two three four")]


def test_the_other_traces():
    row = {
        "mentions": ["@A", "b"], "media": ["m1"], "objects": ["o1", "o1"], "parent_post_id": "9", "kind": "reply",
        "urls": ["https://a.example.org/x"], "text": "a text of five words",
    }  # fmt: skip
    assert keys("mention", row) == [(0, "a"), (0, "b")]
    assert keys("media", row) == [(0, "m1")]
    assert keys("object", row) == [(0, "o1")]
    assert keys("reply", row) == [(0, "9")]
    assert keys("domain", row) == [(0, "example.org")]
    assert keys("text", row, min_words=5) == [(0, "a text of five words")]
    assert keys("timing", row) == [(0, "2016-09-01 12:00")]
    assert keys("anything", row, {}) == [(0, "a post"), (1, "a post")]


def test_what_was_left_out_is_counted():
    rows = [{"text": "long enough to count here"}, {"text": "no"}, {"text": "..."}]
    ledger = build(posts(*rows), LayerSettings(trace="text", min_words=5), name="words").ledger
    assert ledger.select("where", "rows_in", "rows_out").rows() == [("words", 3, 1)]


def test_objects_know_their_degrees_and_strata():
    rows = [{"account": n % 7, "hashtags": ["big"], "language": "en"} for n in range(8)]
    rows += [
        {"account": 0, "hashtags": ["small"], "language": "ru"},
        {"account": 0, "hashtags": ["little"], "language": "en"},
    ]
    layer = LayerSettings(trace="hashtag", strata=("language",))
    objects = build(posts(*rows), layer, name="x").objects
    facts = objects.select("key", "acts", "accounts", "band", "stratum").rows()
    assert facts == [("big", 8, 7, 1, 0), ("small", 1, 1, 0, 1), ("little", 1, 1, 0, 0)]
    one = build(posts(*rows), LayerSettings(trace="hashtag", strata=()), name="x").objects
    assert one["stratum"].to_list() == [0, 0, 0]


@pytest.mark.parametrize("name", [*TRACES, "url+hashtag", "fast_repost+timing+hashtag_sequence"])
class TestEveryTrace:
    """What holds for every registered trace."""

    def layer(self, name, **changes):
        base = default_layers().get(name, LayerSettings(trace=name))
        return base.model_copy(update={"trace": name, "kinds": KINDS, "min_words": 0, "max_delay": None} | changes)

    def rows(self):
        full = {"text": "a few words here, and then some more of them", "parent_post_id": "p0", "language": "en"}
        full |= {field: ["v1", "v2"] for field in ("urls", "hashtags", "mentions", "media", "objects")}
        full["urls"] = ["https://example.org/1", "https://example.com/2"]
        return [full | {"account": n % 3, "kind": KINDS[n % 4]} for n in range(9)] + [{"account": 4}]

    def test_no_posts(self, name):
        made = build(posts(*self.rows()).head(0), self.layer(name), name=name)
        assert made.traces.is_empty()
        assert made.objects.is_empty()

    def test_order_of_posts_changes_nothing(self, name):
        made = build(posts(*self.rows()), self.layer(name), name=name)
        turned = build(posts(*self.rows()).reverse(), self.layer(name), name=name)
        named = [
            m.traces.join(m.objects, on="object")
            .select("account", "post", "time", "key", "acts", "accounts")
            .sort("post", "key")
            for m in (made, turned)
        ]
        # Without an encoder no text has a meaning; what is combined is other layers' acts.
        assert (len(named[0]) > 0) == (name not in {"rewording", "translation", "combined"})
        assert named[0].equals(named[1])

    def test_traces_come_sorted(self, name):
        made = build(posts(*self.rows()), self.layer(name), name=name).traces
        assert made.equals(made.sort("object", "time", "account", "post"))
