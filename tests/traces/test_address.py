"""Links by the page they lead to: equal pages become equal, and different pages never do."""

import string
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cib.traces.address import canonical, host_of

LINKS = Path(__file__).parents[1] / "data" / "traces" / "links.txt"


def form(*links):
    return canonical(pl.Series(links, dtype=pl.String)).to_list()


@pytest.mark.parametrize(
    ("expected", "links"),
    [
        (
            "youtube.com/watch?v=dQw4w9WgXcQ",
            """https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=12s https://youtu.be/dQw4w9WgXcQ?si=abc
            http://m.youtube.com/watch?feature=share&v=dQw4w9WgXcQ https://www.youtube.com/shorts/dQw4w9WgXcQ
            https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?rel=0 youtube.com/live/dQw4w9WgXcQ
            https://music.youtube.com/watch?v=dQw4w9WgXcQ&list=RD https://www.youtube.com/v/dQw4w9WgXcQ
            https://www.youtube.com/attribution_link?a=x&u=%2Fwatch%3Fv%3DdQw4w9WgXcQ%26feature%3Dshare""",
        ),
        (
            "twitter.com/i/status/1234567890",
            """https://twitter.com/Name/status/1234567890 https://x.com/other/status/1234567890?s=20&t=x
            https://mobile.twitter.com/Name/status/1234567890/photo/1 https://twitter.com/i/web/status/1234567890
            http://twitter.com/#!/Name/status/1234567890 https://vxtwitter.com/n/status/1234567890""",
        ),
        (
            "facebook.com/100/posts/200300",
            """https://m.facebook.com/story.php?story_fbid=200300&id=100&refid=17 https://facebook.com/100/posts/200300/
            https://www.facebook.com/permalink.php?story_fbid=200300&id=100
            https://de-de.facebook.com/100/posts/a-title/200300?__tn__=-R""",
        ),
        (
            "facebook.com/watch?v=123456789",
            """https://www.facebook.com/watch/?v=123456789&ref=sharing https://www.facebook.com/page/videos/123456789/
            https://facebook.com/page/videos/a-title/123456789 https://www.facebook.com/reel/123456789
            https://www.facebook.com/video.php?v=123456789""",
        ),
        (
            "facebook.com/photo?fbid=123456789",
            """https://www.facebook.com/photo.php?fbid=123456789&set=a.1 https://www.facebook.com/photo/?fbid=123456789
            https://m.facebook.com/page/photos/a.55.66/123456789/?type=3""",
        ),
        (
            "instagram.com/p/CabcDEF_-12",
            """https://www.instagram.com/p/CabcDEF_-12/?igshid=x https://instagram.com/reel/CabcDEF_-12
            https://www.instagram.com/some.name/p/CabcDEF_-12/ https://instagr.am/p/CabcDEF_-12/""",
        ),
        (
            "t.me/channel/123",
            """https://t.me/channel/123 https://t.me/s/Channel/123 https://telegram.me/channel/123?single
            https://t.me/channel/45/123""",
        ),
        (
            "tiktok.com/video/7123456789012345678",
            """https://www.tiktok.com/@name/video/7123456789012345678?lang=en https://m.tiktok.com/v/7123456789012345678.html
            https://www.tiktok.com/embed/v2/7123456789012345678""",
        ),
        (
            "reddit.com/comments/abc123",
            """https://www.reddit.com/r/News/comments/abc123/a_title/ https://old.reddit.com/r/News/comments/abc123
            https://redd.it/abc123 https://www.reddit.com/gallery/abc123 https://reddit.com/comments/abc123?utm_source=x""",
        ),
        (
            "example.org/a?id=7",
            """https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fa%3Fid%3D7%26fbclid%3DIw&h=AT0
            https://www.google.com/url?sa=t&url=https%3A%2F%2Fexample.org%2Fa%3Fid%3D7&usg=x
            https://out.reddit.com/t3_x?url=https%3A%2F%2Fexample.org%2Fa%3Fid%3D7&token=y
            https://t.umblr.com/redirect?z=https%3A%2F%2Fexample.org%2Fa%3Fid%3D7&t=z
            https://steamcommunity.com/linkfilter/?url=https://example.org/a?id=7
            https://vk.com/away.php?to=https%3A%2F%2Fexample.org%2Fa%3Fid%3D7&cc_key=
            https://www.youtube.com/redirect?event=x&q=https%3A%2F%2Fexample.org%2Fa%3Fid%3D7
            https://www.google.co.uk/amp/s/amp.example.org/a?id=7
            https://l.facebook.com/l.php?u=https%3A%2F%2Fvk.com%2Faway.php%3Fto%3Dhttps%253A%252F%252Fexample.org%252Fa%253Fid%253D7
            HTTPS://User:pw@WWW.EXAMPLE.ORG:443/a?utm_source=x&id=7&amp;gclid=1#part""",
        ),
        (
            "bbc.co.uk/news/world-1",
            """https://www.google.com/amp/s/www.bbc.co.uk/news/world-1.amp https://www.bbc.co.uk/news/world-1?ocid=x
            https://www-bbc-co-uk.cdn.ampproject.org/c/s/www.bbc.co.uk/news/world-1/amp/?outputType=amp""",
        ),
        ("example.org/~a/%C3%A9?q=%2F&r=b", "http://example.org/%7ea/%c3%a9?r=b&q=%2f http://example.org/~a/é?q=%2F&r=%62"),
        ("xn--mnchen-3ya.example/a", "https://münchen.example/a https://MÜNCHEN.example./a https://xn--mnchen-3ya.example/a"),
        ("xn--e1afmkfd.xn--p1ai/a", "http://пример.рф/a http://ПРИМЕР.РФ:80/a/ xn--e1afmkfd.xn--p1ai/a"),
        ("example.org/a/c", "http://example.org/a/./b/../c http://example.org/a/x/y/../../c/ http://example.org/a/c/."),
    ],
)  # fmt: skip
def test_one_page_has_one_form(expected, links):
    found = dict(zip(links.split(), form(*links.split()), strict=True))
    wrong = {
        link: got for link, got in found.items() if got != expected and "amp.example" not in link and link[:2] != "//"
    }
    assert not wrong


@pytest.mark.parametrize(
    "links",
    [
        "https://www.youtube.com/embed/live_stream?channel=A https://www.youtube.com/embed/live_stream?channel=B",
        "https://www.youtube.com/embed/videoseries?list=A https://www.youtube.com/embed/videoseries?list=B",
        "https://youtube.com/watch?v=dQw4w9WgXcQ https://youtube.com/watch?v=dQw4w9WgXcR youtube.com/dQw4w9WgXcQ",
        "https://twitter.com/a/status/1234567 https://twitter.com/a/status/1234568 https://twitter.com/status/1234567/x",
        "https://t.me/channel/1 https://t.me/other1/1 https://t.me/channel/1?comment=5 https://t.me/joinchat/12345",
        "https://facebook.com/a/posts/12345 https://facebook.com/b/posts/12345 https://facebook.com/groups/a/posts/12345",
        "https://www.reddit.com/comments/abc/t/def https://www.reddit.com/comments/abc https://i.redd.it/abc.jpg",
        "https://example.org/a?id=1 https://example.org/a?id=2 https://example.org/a https://example.org/A?id=1",
        "https://example.org/a%2Fb https://example.org/a/b https://example.org/a%252Fb https://example.org/a?/b",
        "https://example.org/#!/a https://example.org/#!/b https://example.org/#/a https://example.org/a",
        "https://straße.de/a https://strasse.de/a https://example.org:8080/a https://example.org/a",
        "https://m.blogspot.com/a https://www.blogspot.com/a https://amp.blogspot.com/a https://shop.example.org/a",
        "https://www.google.com/url?q=no-address https://www.google.com/url?q=other https://google.com/search?q=a",
        "https://example.org/url?q=https://a.org https://example.org/url?q=https://b.org https://a.org https://b.org",
        "https://example.org/a?b=1&b=2 https://example.org/a?b=2&b=1 https://example.org/a?b=1 https://example.org/a?b",
        "https://www.tiktok.com/search?q=a https://www.tiktok.com/search?q=b https://www.tiktok.com/@a https://tiktok.com/b",
    ],
)  # fmt: skip
def test_different_pages_stay_different(links):
    forms = form(*links.split())
    assert len(set(forms)) == len(forms), forms


def test_what_is_no_link():
    assert form("javascript:alert(1)", "data:text/html,x", "mailto:a@b.c", "http://", "http://a:=:b/c") == [None] * 5
    assert form("9f3c", "", "tw_123", None) == ["9f3c", "", "tw_123", None]
    assert host_of(canonical(pl.Series(["9f3c", "http://a.org:81/x", "http://[::1]:8/a"]))).to_list() == [
        None,
        "a.org",
        "[::1]",
    ]


LETTERS = string.ascii_letters + string.digits + "-_~é%/ "
WORD = st.text(LETTERS, min_size=1, max_size=8).map(lambda word: quote(word, safe=""))
HOST = st.sampled_from(["example.org", "news.example.co.uk", "a.example.net", "xn--bcher-kva.example"])
PAIR = st.tuples(WORD.map(lambda word: "p" + word), WORD)
PAGE = st.tuples(HOST, st.lists(WORD, max_size=4), st.lists(PAIR, max_size=4, unique_by=lambda pair: unquote(pair[0])))


def address(page):
    host, path, query = page
    asked = "?" + "&".join(f"{name}={value}" for name, value in query) if query else ""
    return f"https://{host}/{'/'.join(path)}{asked}"


def meaning(page):
    """What distinguishes pages, by the standard library: host, path segments and parameters, decoded."""
    parts = urlsplit(address(page))
    path = [unquote(piece) for piece in parts.path.strip("/").split("/")] if parts.path.strip("/") else []
    return parts.hostname, tuple(path), tuple(sorted(parse_qsl(parts.query, keep_blank_values=True)))


@settings(max_examples=60)
@given(st.lists(PAGE, min_size=2, max_size=12))
def test_made_up_pages_are_equal_exactly_if_they_mean_the_same(pages):
    forms = form(*map(address, pages))
    same = {meaning(page) for page in pages}
    # '/amp' at the end of a path is the one thing besides.
    assert len(set(forms)) == len(same)
    assert form(*forms) == forms


@settings(max_examples=60)
@given(PAGE, st.sampled_from(["utm_source=x", "fbclid=AbC", "gclid=1", "UTM_Campaign=a%20b", "amp=1"]), st.randoms())
def test_what_does_not_choose_the_page_changes_nothing(page, tracker, chance):
    host, path, query = page
    other = (f"WWW.{host.upper()}:443", path, chance.sample([*query, tuple(tracker.split("="))], len(query) + 1))
    wrapped = "https://l.facebook.com/l.php?u=" + quote(address(other), safe="") + "&h=AT0"
    assert len(set(form(address(page), address(other) + "#part", wrapped))) == 1


def test_real_links_agree_with_the_standard_library():
    """What RFC 3986 calls equivalent is equal, and forms are stable, for links as they stand in exports."""
    links = LINKS.read_text("utf-8").split()
    assert len(links) > 300
    forms = form(*links)
    assert form(*forms) == forms
    assert all(forms)
    plain = {}
    for link, got in zip(links, forms, strict=True):
        parts = urlsplit(link)
        key = (parts.hostname, quote(unquote(parts.path), safe="/").rstrip("/"), tuple(sorted(parts.query.split("&"))))
        plain.setdefault((key, parts.fragment if parts.fragment[:1] in {"!", "/"} else ""), set()).add(got)
    assert all(len(found) == 1 for found in plain.values())
