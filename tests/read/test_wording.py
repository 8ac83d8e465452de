import polars as pl
import pytest

from cib.read.wording import decoded, hashtags_in, mentions_in, urls_in


def one(function, text, **options):
    return function(pl.Series([text], dtype=pl.String), **options)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AT&T &amp; you", "AT&T & you"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("&lt;b&gt; &#39;x&#x27; &quot;y&quot;", "<b> 'x' \"y\""),
        ("&hearts; &amp; &eacute;", "♥ & é"),
        ("https://x.example/?a=1&copy=2&lt=3", "https://x.example/?a=1&copy=2&lt=3"),
        ("&notaname;", "&notaname;"),
        ("no entity", "no entity"),
        (None, None),
    ],
)
def test_entities_are_decoded_once(text, expected):
    assert one(decoded, text) == expected


def test_a_column_of_texts_keeps_its_order():
    texts = ["plain", "a &amp; b", None, "&hearts;", "a &amp; b", "x & y;", "&hearts; &lt;"]
    assert decoded(pl.Series(texts)).to_list() == ["plain", "a & b", None, "♥", "a & b", "x & y;", "♥ <"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://example.com/a?b=c#d.", ["https://example.com/a?b=c#d"]),
        (
            "(https://en.example.org/wiki/A_(b)) and HTTP://X.example",
            ["https://en.example.org/wiki/A_(b)", "HTTP://X.example"],
        ),
        (
            "https://t.co/abcdefghijGlued https://t.co/0123456789Привет",
            ["https://t.co/abcdefghij", "https://t.co/0123456789"],
        ),
        ("cut https://t.co/abc… and http://example.com/lo…", None),
        ("https://a.example/x,https://b.example/", ["https://a.example/x,https://b.example/"]),
        ("“https://a.example/x”", ["https://a.example/x"]),
        ("http:// nothing", None),
        ("", None),
        (None, None),
    ],
)
def test_links(text, expected):
    got = one(urls_in, text)
    assert (got.to_list() if got is not None else None) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#One #two_3 #тег #日本語 ＃全角 #नमस्ते", ["One", "two_3", "тег", "日本語", "全角", "नमस्ते"]),
        ("#123 is none, #1st is one", ["1st"]),
        ("a#b x.example/#top ?q=#x", None),
        ("#a#b", ["a"]),
        ("(#brackets) .#dot", ["brackets", "dot"]),
    ],
)
def test_hashtags(text, expected):
    got = one(hashtags_in, text)
    assert (got.to_list() if got is not None else None) == expected


@pytest.mark.parametrize(
    ("text", "ascii_handles", "expected"),
    [
        ("@ann .@bob (@cyd) RT @dan: mail@example.com", True, ["ann", "bob", "cyd", "dan"]),
        ("@annさん x.example/@eve ＠full", True, ["ann", "full"]),
        ("@ann.example.org, @bob@site.example. @cyd", False, ["ann.example.org", "bob@site.example", "cyd"]),
        ("nobody", False, None),
    ],
)
def test_mentions(text, ascii_handles, expected):
    got = one(mentions_in, text, ascii_handles=ascii_handles)
    assert (got.to_list() if got is not None else None) == expected
