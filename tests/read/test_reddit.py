"""Reddit: what the real files do not show. All posts here are invented."""

import json

import zstandard

from tests.read.made import picked, read_files, read_json


def submission(name, **more):
    url = f"https://www.reddit.com/r/s/comments/{name}/t/"
    return {"id": name, "name": f"t3_{name}", "author": "ann", "created_utc": 1577880000.0, "subreddit": "s",
            "title": "T", "selftext": "", "url": url, "is_self": True} | more  # fmt: skip


def comment(name, parent, **more):
    return {"id": name, "author": "bob", "created_utc": 1577880000, "subreddit": "s", "body": "b",
            "link_id": "t3_a", "parent_id": parent} | more  # fmt: skip


def listing(*things):
    children = [{"kind": "t1" if "body" in thing else "t3", "data": thing} for thing in things]
    return {"kind": "Listing", "data": {"after": None, "children": children}}


def test_dumps_as_they_are(tmp_path):
    lines = [
        submission("a", is_self=False, url="https://e.example/x?a=1&amp;b=2"),
        submission("b", selftext="see [this](https://m.example/y) by u/carl and /u/dan, not me@u/x", is_self=True),
        submission(
            "c", crosspost_parent="t3_a", crosspost_parent_list=[{"name": "t3_a", "author": "ann"}], author="eve"
        ),
        submission("d", selftext="[removed]", author="[deleted]"),
        comment("e", "t3_a", link_author="ann", created_utc="1577880001"),
        comment("f", "t1_e", body="[removed]"),
    ]
    for line in lines:
        line.pop("name", None)  # old dumps do not have it
    path = tmp_path / "RS_2020-01.zst"
    packer = zstandard.ZstdCompressor(level=1)
    path.write_bytes(packer.compress("\n".join(map(json.dumps, lines)).encode()))
    got = read_files(path, out=tmp_path / "out")
    assert picked(got, "post_id", "account_id", "kind", "parent_post_id", "parent_account_id", "text", "urls") == [
        ("t3_a", "reddit:ann", "original", None, None, "T", ["https://e.example/x?a=1&b=2"]),
        ("t3_b", "reddit:ann", "original", None, None,
         "T\n\nsee [this](https://m.example/y) by u/carl and /u/dan, not me@u/x", ["https://m.example/y"]),
        ("t3_c", "reddit:eve", "repost", "t3_a", "reddit:ann", "T", None),
        ("t1_e", "reddit:bob", "reply", "t3_a", "reddit:ann", "b", None),
        ("t1_f", "reddit:bob", "reply", "t1_e", None, None, None),
    ]  # fmt: skip
    assert got.column("mentions")[1] == ["carl", "dan"]
    assert [row["reason"] for row in got.quarantine] == ["the row names no account"]


def test_comment_pages_with_answers_to_answers(tmp_path):
    deep = comment("z", "t1_y")
    for name, parent in (("y", "t1_x"), ("x", "t1_w"), ("w", "t3_a")):
        deep = comment(name, parent, replies=listing(deep))
    more = {"kind": "more", "data": {"count": 3, "id": "m", "name": "t1_m", "parent_id": "t3_a", "children": ["q"]}}
    page = listing(deep, comment("v", "t3_a", replies=""))
    page["data"]["children"].append(more)
    got = read_json([listing(submission("a")), page], tmp_path, lines=False)
    assert got.column("post_id") == ["t3_a", "t1_w", "t1_x", "t1_y", "t1_z", "t1_v"]
    assert got.column("parent_post_id") == [None, "t3_a", "t1_w", "t1_x", "t1_y", "t3_a"]
    assert [row["reason"] for row in got.quarantine] == ["it stands for comments that were not fetched"]


def test_other_shapes(tmp_path):
    things = [
        {"data": [submission("a")]},  # an answer of Pushshift's API
        {"kind": "t1", "data": comment("b", "t3_a")},
        {"kind": "t5", "data": {"id": "s", "name": "t5_s", "display_name": "s"}},
        {
            "kind": "t4",
            "data": {"id": "m", "name": "t4_m", "author": "ann", "body": "private", "created_utc": 1577880000},
        },
    ]
    got = read_json(things, tmp_path)
    assert got.column("post_id") == ["t3_a", "t1_b"]
    assert [row["reason"] for row in got.quarantine] == [
        "it is a thing of kind 't5', not a submission or a comment",
        "it is a thing of kind 't4', not a submission or a comment",
    ]
