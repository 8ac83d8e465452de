"""Exports of research tools: invented files in the layouts that the tools' sources and documentation give."""

import json

from tests.read.made import DATA, picked, read_files, read_json, read_text

MADE = DATA / "made"


def test_4cat(tmp_path):
    got = read_files(MADE / "fourcat.csv", out=tmp_path / "out")
    assert got.summary.inputs[0]["format"] == "fourcat"
    assert picked(got, "account_id", "kind", "parent_account_id", "urls", "hashtags", "mentions", "media") == [
        (
            "twitter:11",
            "reply",
            "twitter:bob",
            ["https://e.example/1", "https://e.example/2"],
            ["x", "y"],
            ["bob"],
            None,
        ),
        ("twitter:11", "repost", "twitter:carl", None, None, None, None),
        ("twitter:12", "quote", "twitter:ann", None, None, None, ["https://pbs.example/a.jpg"]),
    ]
    assert [f"{at:%H:%M}" for at in got.column("created_at")] == ["10:00", "10:01", "10:02"]
    assert got.accounts.select("handle", "name", "followers").rows() == [("ann", "Ann", 6), ("bob", "Bob", 7)]


def test_4cat_of_another_platform(tmp_path):
    text = (
        "thread_id,id,timestamp,body,author,views,url\n"
        "c,1,2023-01-01 10:00:00,hello,ann,5,https://t.me/c/1\nc,2,2023-01-01 10:00:00,x,bob,5,\n"
    )
    assert read_text(text, tmp_path).column("account_id") == ["telegram:ann", "generic:bob"]
    (tmp_path / "named").mkdir()
    named = read_text(text, tmp_path / "named", platform="VK")
    assert named.column("account_id") == ["telegram:ann", "vk:bob"]


ZEESCHUIMER = [
    ("1", "twitter:91", "original", None, None, "hi", ["https://e.example/1"], ["h"]),
    ("2", "twitter:92", "repost", "1", "twitter:91", "hi & all", ["https://e.example/1"], ["h"]),
    ("3", "twitter:93", "reply", "1", "twitter:91", "wrapped", ["https://e.example/3"], ["h"]),
    ("7320768196569599275", "tiktok:bob", "quote", "5", None, "d #a", None, ["a"]),
    ("123", "instagram:4", "original", None, None, "c #x @ann", None, ["x"]),
    ("55", "threads:8", "quote", "44", "threads:3", None, ["https://l.example"], None),
]
COLUMNS = ("post_id", "account_id", "kind", "parent_post_id", "parent_account_id", "text", "urls", "hashtags")


def test_zeeschuimer_and_the_same_through_4cat(tmp_path):
    got = read_files(MADE / "zeeschuimer.ndjson", out=tmp_path / "out")
    assert picked(got, *COLUMNS) == ZEESCHUIMER
    assert got.column("objects")[3] == ["music:77"]
    assert got.column("mentions")[4] == ["ann"]
    assert [row["reason"] for row in got.quarantine] == [
        "items of gab.com are not read from Zeeschuimer's NDJSON: export them as CSV from 4CAT"
    ]
    items = [json.loads(line) for line in (MADE / "zeeschuimer.ndjson").read_text().splitlines()]
    wrapped = [item.pop("data") | {"__import_meta": item} for item in items]
    (tmp_path / "through").mkdir()
    assert picked(read_json(wrapped, tmp_path / "through"), *COLUMNS) == ZEESCHUIMER


def test_junkipedia(tmp_path):
    got = read_files(MADE / "junkipedia.json", out=tmp_path / "out")
    assert picked(got, "post_id", "account_id", "language", "urls", "hashtags") == [
        ("p1", "tiktok:c1", "en", ["https://a.example"], ["t"]),
        ("p2", "youtube:A channel", "en", ["https://a.example"], ["t"]),
    ]
    assert [row["reason"] for row in got.quarantine] == ["it holds no post"]


def test_meta_content_library(tmp_path):
    got = read_files(MADE / "meta_library.csv", out=tmp_path / "out")
    assert picked(got, "account_id", "kind", "parent_post_id", "urls") == [
        ("facebook:77", "original", None, ["https://e.example/1"]),
        ("facebook:78", "repost", "1", None),
    ]
    places = read_files(MADE / "meta_library.csv", out=tmp_path / "places", columns={"account_id": "surface.id"})
    assert places.column("account_id") == ["facebook:77", "facebook:99"]


FULL = (
    "Page Name,User Name,Facebook Id,Page Category,Page Description,Page Created,Likes at Posting,Followers at Posting,"
    "Post Created,Type,Total Interactions,Likes,URL,Message,Link,Final Link\n"
)


def test_crowdtangle_with_all_columns(tmp_path):
    rows = (
        'A,apage,123,NEWS,about,2010-01-01 00:00:00,"1,000","2,000",2020-06-01 12:00:00 EDT,Link,"1,234",5,'
        "https://www.facebook.com/123/posts/1,text,https://short.example/1,https://long.example/1\n"
        "A,apage,123,NEWS,about,2010-01-01 00:00:00,,,2020-06-01 12:00:00 EDT,Photo,1,5,"
        "https://www.facebook.com/123/posts/2,text,https://www.facebook.com/123/posts/2,\n"
        "A,apage,123,NEWS,about,2010-01-01 00:00:00,,,2020-06-01 12:00:00,Photo,1,5,"
        "https://www.facebook.com/123/posts/3,text,,\n"
    )
    got = read_text("\ufeff" + FULL + rows, tmp_path)
    assert got.summary.inputs[0]["format"] == "crowdtangle"
    assert picked(got, "account_id", "urls") == [("facebook:123", ["https://long.example/1"]), ("facebook:123", None)]
    assert {f"{at:%H:%M}" for at in got.column("created_at")} == {"16:00"}
    assert got.accounts.select("handle", "name", "followers", "description").row(0) == ("apage", "A", 2000, "about")
    assert got.quarantine[0]["reason"].startswith("the time carries no zone")


def test_crowdtangle_of_instagram(tmp_path):
    text = (
        "Account,User Name,Followers at Posting,Post Created,Type,Likes,Comments,Views,URL,Link,Photo,Title,"
        "Description\n"
        "An account,acc,10,2020-06-01 12:00:00 EST,Photo,1,2,3,https://www.instagram.com/p/x/,"
        "https://www.instagram.com/p/x/,https://pic.example,,said #x\n"
    )
    got = read_text(text, tmp_path)
    assert picked(got, "account_id", "text", "hashtags", "urls") == [("instagram:acc", "said #x", ["x"], None)]
    assert got.accounts.select("handle", "name", "description").row(0) == ("acc", "An account", None)


def test_the_toolkit_in_another_order_of_columns(tmp_path):
    text = "\ufeffurls,timestamp,message,reply_id,repost_id,username,user_id,message_id\n['http://e.example/1'],1606451170.5,m,,9,u,1,2\n"
    got = read_text(text, tmp_path)
    assert got.summary.inputs[0]["format"] == "toolkit"
    assert picked(got, "post_id", "kind", "parent_post_id", "urls") == [("2", "repost", "9", ["http://e.example/1"])]


def test_twarc_csv(tmp_path):
    got = read_files(MADE / "twarc_csv.csv", out=tmp_path / "out")
    assert got.summary.inputs[0]["format"] == "twarc_csv"
    first = "1300000000000000001"
    assert got.posts.select("kind", "parent_post_id", "parent_account_id").rows() == [
        ("original", None, None),
        ("repost", first, "twitter:11"),
        ("reply", first, "twitter:11"),
        ("quote", first, "twitter:11"),
    ]
    # Objects and texts in a list are the same; the tweet's own picture is no link; a comma splits none.
    story = ["https://example.org/story?a=1,2"]
    quoted = ["https://twitter.com/made_one/status/1300000000000000001"]
    assert got.column("urls") == [story, story, None, quoted]
    assert got.column("hashtags") == [["Vote"], ["Vote"], None, None]
    assert got.column("mentions") == [None, None, ["made_one"], None]
    assert got.column("text")[0].startswith("Read this\nand share #Vote")
    assert got.column("text")[2] == "@made_one so it “is”\nindeed"
    assert got.accounts.select("handle", "followers", "post_count", "description").rows() == [
        ("made_one", 10, 30, "First line\nsecond"),
        ("made_two", 5, 8, None),
        ("made_three", 1, 3, None),
    ]
