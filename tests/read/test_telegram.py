"""Telegram Desktop: what the two small files do not show. All messages here are invented."""

import json
from unittest.mock import patch

from tests.read.made import picked, read_json, read_text


def message(number, text="t", **more):
    return {
        "id": number,
        "type": "message",
        "date": "2024-01-01T12:00:00",
        "date_unixtime": str(1704103200 + number),
        "from": "Ann",
        "from_id": "user1",
        "text": text,
    } | more


def chat(number, *messages, **more):
    return {"name": f"C{number}", "type": "public_supergroup", "id": number, "messages": list(messages)} | more


OLD = [
    "see ",
    {"type": "link", "text": "example.org/x"},
    " or ",
    {"type": "text_link", "text": "this", "href": "https://a.example/?x=1&y=2"},
    " ",
    {"type": "hashtag", "text": "#tag"},
    " ",
    {"type": "mention", "text": "@bob"},
    ' \\ "q"',
]


def test_all_chats_of_an_account_with_texts_of_older_exports(tmp_path):
    new = [{"type": "plain", "text": "see "}, {"type": "link", "text": "https://b.example"}]
    full = {
        "about": "…",
        "chats": {"about": "…", "list": [chat(5, message(1, OLD)), chat(6, message(1, "x", text_entities=new))]},
        "left_chats": {"list": [chat(7, message(1, "[no list"))]},
    }
    got = read_json([full], tmp_path, "result.json", lines=False)
    assert picked(got, "post_id", "text", "urls", "hashtags", "mentions") == [
        ("5/1", 'see example.org/x or this #tag @bob \\ "q"', ["http://example.org/x", "https://a.example/?x=1&y=2"],
         ["tag"], ["bob"]),
        ("6/1", "see https://b.example", ["https://b.example"], None, None),
        ("7/1", "[no list", None, None, None),
    ]  # fmt: skip


def test_forwards_replies_and_topics(tmp_path):
    messages = [
        {"id": 1, "type": "service", "action": "topic_created", "date_unixtime": "1704103200", "actor": "A"},
        message(2, reply_to_message_id=1),
        message(3, reply_to_message_id=2),
        message(4, forwarded_from="Other", forwarded_from_id="channel77"),
        message(5, forwarded_from="Hidden"),
        message(6, **{"from": None, "from_id": "channel9", "via_bot": "@pic"}),
        message(7, from_id=None),
        {"id": 8, "type": "unsupported"},
    ]
    got = read_json([chat(5, *messages)], tmp_path)
    assert picked(got, "account_id", "kind", "parent_post_id", "parent_account_id", "client") == [
        ("telegram:user1", "original", None, None, None),
        ("telegram:user1", "reply", "5/2", None, None),
        ("telegram:user1", "repost", None, "telegram:channel77", None),
        ("telegram:user1", "repost", None, None, None),
        ("telegram:channel9", "original", None, None, "@pic"),
    ]
    assert [row["reason"] for row in got.quarantine] == [
        "it is a service message (topic_created), not a post",
        "the row names no account",
        "it is a 'unsupported', not a message",
    ]


def test_local_times_need_a_zone(tmp_path):
    old = [{key: value for key, value in message(n).items() if key != "date_unixtime"} for n in (1, 2)]
    got = read_json([chat(5, *old, message(3))], tmp_path)
    assert got.column("post_id") == ["5/3"]
    assert {row["reason"].split(" (")[0] for row in got.quarantine} == {"the time carries no zone"}
    (tmp_path / "zone").mkdir()
    zoned = read_json([chat(5, *old)], tmp_path / "zone", timezone="Europe/Berlin")
    assert {f"{at:%H:%M}" for at in zoned.column("created_at")} == {"11:00"}


def test_a_large_export_is_read_message_by_message(tmp_path):
    topic = {"id": 1, "type": "service", "action": "topic_created", "date_unixtime": "1704103200", "actor": "A"}
    answers = (message(n, OLD, reply_to_message_id=1 if n % 2 else n - 1) for n in range(2, 400))
    whole = chat(5, topic, *answers, personal="x" * 100)
    small = read_json([whole], tmp_path, lines=False)
    raw = json.dumps(whole, indent=1).encode()
    blocks = [raw[at : at + 1000] for at in range(0, len(raw), 1000)]
    (tmp_path / "large").mkdir()
    with (
        patch("cib.read.documents.byte_blocks", lambda *_: iter(blocks)),
    ):
        large = read_text(raw, tmp_path / "large", "posts.json", max_row_bytes=4000)
    assert large.posts.drop("source_row").equals(small.posts.drop("source_row"))
    assert large.column("source_row") == list(range(2, 400))
    assert set(small.posts["kind"]) == {"original", "reply"}
