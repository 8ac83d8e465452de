"""Bluesky: what the real files do not show. All posts here are invented."""

from tests.read.made import picked, read_json

DID = "did:plc:a"


def post(key, did=DID, **more):
    record = {"$type": "app.bsky.feed.post", "createdAt": "2024-01-01T10:00:00.000Z", "text": f"t{key}"} | more
    return {
        "uri": f"at://{did}/app.bsky.feed.post/{key}",
        "cid": "c",
        "author": {"did": did, "handle": f"{did[-1]}.example", "displayName": "A"},
        "record": record,
        "indexedAt": "2024-01-01T10:00:05.000Z",
    }


def event(key, collection="app.bsky.feed.post", operation="create", **record):
    made = {"operation": operation, "collection": collection, "rkey": key, "record": record}
    return {"did": DID, "time_us": 1704103200000000, "kind": "commit", "commit": made}


def names(got):
    return [uri.rpartition("/")[2] for uri in got.column("post_id")]


def test_facets_and_embeds(tmp_path):
    features = [
        {"$type": "app.bsky.richtext.facet#link", "uri": "https://e.example/long"},
        {"$type": "app.bsky.richtext.facet#tag", "tag": "Tag"},
        {"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:b"},
    ]
    quoted = {"uri": "at://did:plc:b/app.bsky.feed.post/q"}
    events = [
        event("1", text="e.exam...", createdAt="2024-01-01T09:59:59Z", facets=[{"features": features}],
              tags=["Tag", "x"]),
        event("2", createdAt="2024-01-01T10:00:00Z", embed={"$type": "app.bsky.embed.record", "record": quoted}),
        event("3", createdAt="2024-01-01T10:00:00Z",
              embed={"record": {"record": quoted}, "media": {"external": {"uri": "https://m.example"}}},
              reply={"parent": {"uri": "at://did:plc:c/app.bsky.feed.post/p"}}),
        event("4", createdAt="2024-01-01T10:00:00Z", embed={"record": {"uri": "at://did:plc:b/app.bsky.graph.list/l"}}),
        event("5", createdAt="2024-01-01T10:00:00Z", embed={"video": {"ref": {"$link": "cidv"}}}, langs=["de", "en"]),
        event("6", createdAt="2031-01-01T00:00:00Z", text="claims to come from the future"),
        event("7", operation="update", createdAt="2024-01-01T10:00:00Z", text="edited"),
        event("8", operation="delete"),
    ]  # fmt: skip
    got = read_json(events, tmp_path)
    assert picked(got, "kind", "parent_account_id", "urls", "hashtags", "mentions", "media") == [
        ("original", None, ["https://e.example/long"], ["Tag", "x"], ["did:plc:b"], None),
        ("quote", "bluesky:did:plc:b", None, None, None, None),
        ("quote", "bluesky:did:plc:b", ["https://m.example"], None, None, None),
        ("original", None, None, None, None, None),
        ("original", None, None, None, None, ["cidv"]),
        ("original", None, None, None, None, None),
        ("original", None, None, None, None, None),
    ]
    assert [f"{at:%H:%M:%S}" for at in got.column("created_at")] == ["09:59:59", *["10:00:00"] * 6]
    assert [row["reason"] for row in got.quarantine] == ["it is the notice that a record was deleted"]


def test_threads_of_any_depth(tmp_path):
    node = {"post": post("9"), "replies": []}
    for number in range(8, 1, -1):
        node = {
            "post": post(str(number)),
            "replies": [node, {"$type": "app.bsky.feed.defs#blockedPost", "uri": "at://x"}],
        }
    thread = {"thread": {**node, "parent": {"post": post("1"), "parent": {"post": post("0")}}}}
    got = read_json([thread], tmp_path)
    assert sorted(names(got)) == [str(number) for number in range(10)]
    assert got.accounts["handle"].to_list() == ["a.example"]


def test_feeds_lists_and_records(tmp_path):
    by = {"did": "did:plc:z", "handle": "z.example"}
    reason = {
        "$type": "app.bsky.feed.defs#reasonRepost",
        "by": by,
        "indexedAt": "2024-01-02T00:00:00Z",
        "uri": "at://did:plc:z/app.bsky.feed.repost/r",
    }
    documents = [
        {"feed": [{"post": post("1")}, {"post": post("2"), "reason": reason}]},
        {"posts": [post("3")], "cursor": "x"},
        {"records": [{"uri": f"at://{DID}/app.bsky.feed.post/4", "cid": "c", "value": post("4")["record"]}]},
        post("5"),
        {"uri": f"at://{DID}/app.bsky.feed.like/6", "cid": "c", "value": {"$type": "app.bsky.feed.like"}},
    ]  # fmt: skip
    got = read_json(documents, tmp_path, lines=False)
    assert names(got) == ["1", "r", "3", "4", "5"]
    assert picked(got, "account_id", "kind", "parent_post_id", "text")[1] == (
        "bluesky:did:plc:z",
        "repost",
        f"at://{DID}/app.bsky.feed.post/2",
        None,
    )
    assert [row["reason"] for row in got.quarantine] == ["it is a record of app.bsky.feed.like, not a post"]


def test_the_python_library_writes_snake_case(tmp_path):
    one = post("1") | {
        "record": {"text": "t", "created_at": "2024-01-01T10:00:00Z"},
        "indexed_at": "2024-01-01T10:00:01Z",
    }
    one["author"] = {"did": DID, "handle": "a.example", "display_name": "A"}
    got = read_json([one], tmp_path)
    assert picked(got, "text", "account_id") == [("t", f"bluesky:{DID}")]
    assert got.accounts["name"].to_list() == ["A"]
