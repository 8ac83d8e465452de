"""Mastodon: what the real files do not show. All statuses here are invented."""

import json

from tests.read.made import picked, read_json

ACCOUNT = {"id": "5", "acct": "Ann", "url": "https://home.example/@Ann", "username": "Ann", "followers_count": 2}
OTHER = {"id": "6", "acct": "bob@far.example", "url": "https://far.example/@bob", "username": "bob"}


def status(number, account=ACCOUNT, **more):
    return {
        "id": number, "created_at": "2024-01-01T10:00:00.000Z", "account": account, "content": "<p>x</p>",
        "reblog": None,
    } | more  # fmt: skip


def test_reblogs_quotes_and_replies(tmp_path):
    linked = (
        '<p>a&lt;b &amp; c<br />d</p><p><a href="https://e.example/?a=1&amp;b=2" rel="nofollow">e.example</a> '
        '<a href="https://far.example/@bob" class="u-url mention">@bob</a> '
        '<a href="https://home.example/tags/t" class="mention hashtag" rel="tag">#t</a></p>'
    )
    inner = status("1", OTHER, content=linked, tags=[{"name": "t"}], mentions=[{"acct": "bob"}], language="en")
    statuses = [
        status("2", content="", reblog=inner),
        status("3", quote={"state": "accepted", "quoted_status": status("1", OTHER)}),
        status("4", quote={"state": "revoked", "quoted_status": None}, quote_id="1"),
        status("5", in_reply_to_id="1", in_reply_to_account_id="6", mentions=[{"id": "6", "acct": "bob@far.example"}]),
        status("6", in_reply_to_id="2", in_reply_to_account_id="5"),
        status("7", in_reply_to_id="9", in_reply_to_account_id="77"),
        status("8", media_attachments=[{"id": "m1", "url": "u"}], application={"name": "Web"}),
    ]
    got = read_json(statuses, tmp_path)
    assert picked(got, "kind", "parent_post_id", "parent_account_id") == [
        ("repost", "1", "mastodon:bob@far.example"),
        ("quote", "1", "mastodon:bob@far.example"),
        ("quote", "1", None),
        ("reply", "1", "mastodon:bob@far.example"),
        ("reply", "2", "mastodon:ann@home.example"),
        ("reply", "9", None),
        ("original", None, None),
    ]
    assert picked(got, "text", "urls", "hashtags", "mentions", "language")[0] == (
        "a<b & c\nd\n\ne.example @bob #t",
        ["https://e.example/?a=1&b=2"],
        ["t"],
        ["bob"],
        "en",
    )
    assert picked(got, "media", "client")[-1] == (["m1"], "Web")
    assert got.accounts["account_id"].to_list() == ["mastodon:ann@home.example"]


def test_streams_searches_and_contexts(tmp_path):
    documents = [
        {"stream": ["public"], "event": "update", "payload": json.dumps(status("1", content='say "\\" \\n'))},
        {"event": "delete", "payload": "123"},
        {"event": "status.update", "payload": json.dumps(status("2"))},
        {"event": "update", "payload": "{broken"},
        {"statuses": [status("3")], "accounts": [ACCOUNT], "hashtags": []},
        {"event": "filters_changed", "stream": ["user"]},
        {"id": "n", "type": "mention", "created_at": "2024-01-02T00:00:00Z", "account": OTHER, "status": status("7")},
        {"id": "c", "unread": False, "accounts": [OTHER], "last_status": status("8")},
        {"ancestors": [status("4")], "descendants": [status("5"), status("6")]},
    ]
    got = read_json(documents, tmp_path)
    assert got.column("post_id") == ["1", "2", "3", "7", "8", "4", "5", "6"]
    assert got.column("text")[0] == 'say "\\" \\n'
    assert [(row["row"], row["reason"]) for row in got.quarantine] == [
        (2, "it is an event 'delete', not a status"),
        (4, "it holds no status"),
        (6, "it is an event 'filters_changed', not a status"),
    ]
