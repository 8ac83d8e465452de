"""Twitter: what the real files do not show. All tweets here are invented."""

import json
from datetime import UTC, datetime

import pytest

from cib.errors import InputError
from tests.read.made import picked, read_json, read_text

AT = "Wed Jan 01 12:00:00 +0000 2020"


def v1(number, user="7", **more):
    return {"id": int(number), "id_str": number, "created_at": AT, "user": {"id_str": user}, "text": "t"} | more


def test_v1_kinds_and_the_longest_text(tmp_path):
    links = {"urls": [{"expanded_url": "https://e.example/a", "unwound": {"url": "https://u.example"}}]}
    inner = v1("1", "8", extended_tweet={"full_text": "all of &amp; it", "entities": links})
    tweets = [
        v1("2", text="RT @x: all o…", retweeted_status=inner, is_quote_status=True, quoted_status_id_str="9"),
        v1("3", full_text="full", is_quote_status=True),  # the quoted tweet is gone
        v1("4", in_reply_to_user_id_str="8"),
        v1("5", in_reply_to_status_id=1, in_reply_to_user_id=8, quoted_status=v1("6", "9"), quoted_status_id_str="6"),
        v1("6", entities={"urls": [{"expanded_url": "https://twitter.com/i/web/status/6"}], "hashtags": []}),
    ]
    got = read_json(tweets, tmp_path, "x.jsonl")
    assert picked(got, "kind", "parent_post_id", "parent_account_id", "text", "urls") == [
        ("repost", "1", "twitter:8", "all of & it", ["https://u.example"]),
        ("quote", None, None, "full", None),
        ("reply", None, "twitter:8", "t", None),
        ("quote", "6", "twitter:9", "t", None),
        ("original", None, None, "t", None),
    ]


@pytest.mark.parametrize("lines", [True, False])
def test_v1_streams_hold_other_things_than_tweets(tmp_path, lines):
    notices = [{"delete": {"status": {"id": 1}}}, v1("1"), {"limit": {"track": 5}}, {"delete": None} | v1("2")]
    got = read_json(notices, tmp_path, lines=lines)
    assert got.column("post_id") == ["1", "2"]
    assert [(row["row"], row["reason"]) for row in got.quarantine] == [
        (1, "it is the notice that a tweet was deleted"),
        (3, "it is a notice of the stream, not a tweet"),
    ]


def test_v1_without_texts_of_ids(tmp_path):
    old = {
        "id": 12345678901234567,
        "created_at": AT,
        "user": {"id": 5, "screen_name": "a"},
        "text": "t",
        "entities": None,
    }
    got = read_json([old, old | {"id": 2, "user": None}], tmp_path)
    assert picked(got, "post_id", "account_id") == [("12345678901234567", "twitter:5")]
    assert got.quarantine[0]["reason"] == "the row names no account"


USER = {"id": "7", "username": "u", "name": "U", "public_metrics": {"followers_count": 3, "tweet_count": 9}}


def v2(number, **more):
    return {"id": number, "author_id": "7", "created_at": "2020-01-01T12:00:00.000Z", "text": "t", "lang": "en"} | more


def test_v2_pages_flattened_and_streamed_tell_the_same(tmp_path):
    original = v2("1", author_id="8", text="whole", entities={"hashtags": [{"tag": "h"}]})
    repost = v2("2", text="RT @x: who…", referenced_tweets=[{"type": "retweeted", "id": "1"}])
    includes = {"users": [USER], "tweets": [original]}
    flat = repost | {"author": USER, "referenced_tweets": [original | {"type": "retweeted"}], "conversation_id": "2"}
    shapes = {
        "page": [{"data": [repost], "includes": includes, "meta": {"result_count": 1}}],
        "flat": [flat],
        "stream": [{"data": repost, "includes": includes, "matching_rules": []}],
    }
    for name, values in shapes.items():
        (tmp_path / name).mkdir()
        got = read_json(values, tmp_path / name)
        assert picked(got, "kind", "parent_post_id", "parent_account_id", "text", "hashtags") == [
            ("repost", "1", "twitter:8", "whole", ["h"])
        ]
        assert got.accounts.select("handle", "followers", "post_count").rows() == [("u", 3, 9)]


def test_v2_without_what_was_not_asked_for(tmp_path):
    both = [{"type": "replied_to", "id": "5"}, {"type": "quoted", "id": "6"}]
    pages = [
        {"data": [v2("1", referenced_tweets=both)], "meta": {"newest_id": "1"}},
        {"data": [v2("2", note_tweet={"text": "long", "entities": {"urls": [{"expanded_url": "https://e.example"}]}})]},
        {"meta": {"result_count": 0}},
        {"errors": [{"title": "Not Found Error"}]},
        {"data": [{"id": "3", "text": "t", "edit_history_tweet_ids": ["3"]}]},
    ]  # fmt: skip
    got = read_json(pages, tmp_path)
    assert picked(got, "kind", "parent_post_id", "parent_account_id", "text", "urls") == [
        ("quote", "6", None, "t", None),
        ("original", None, None, "long", ["https://e.example"]),
    ]
    assert [row["reason"] for row in got.quarantine] == [
        "it holds no tweet: an error, a notice or an empty answer",
        "it holds no tweet: an error, a notice or an empty answer",
        "the row names no account",
    ]


IO = (
    "tweetid,userid,user_display_name,user_screen_name,user_profile_description,follower_count,following_count,"
    "account_creation_date,tweet_language,tweet_text,tweet_time,tweet_client_name,in_reply_to_userid,"
    "in_reply_to_tweetid,quoted_tweet_tweetid,is_retweet,retweet_userid,retweet_tweetid,hashtags,urls,user_mentions\n"
)


def test_information_operations(tmp_path):
    rows = (
        '"1077981411574579201","ab+c=","A","abc","bio","12","3","2013-01-01","en","RT @x: hello","2018-12-26 18:05",'
        '"Web","","","","True","123","1077981411574579202","[a, b]",'
        '"[http://x.example/1, http://y.example/2]","[12, 34]"\n'
        '"1077981411574579203","ab+c=","A","abc","bio","12","3","2013-01-01","und","hello","2018-12-26 18:06",'
        '"Web","99","1077981411574579204","","False","","","[]","[]","[]"\n'
    )
    got = read_text("\ufeff" + IO + rows, tmp_path)
    assert got.summary.inputs[0]["format"] == "twitter_io"
    assert picked(got, "account_id", "kind", "parent_post_id", "parent_account_id", "urls", "mentions") == [
        ("twitter:ab+c=", "repost", "1077981411574579202", "twitter:123",
         ["http://x.example/1", "http://y.example/2"], ["12", "34"]),
        ("twitter:ab+c=", "reply", "1077981411574579204", "twitter:99", None, None),
    ]  # fmt: skip
    assert got.accounts.select("handle", "followers", "created_at").row(0) == (
        "abc", 12, datetime(2013, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def test_ira_columns_that_came_later(tmp_path):
    header = (
        "external_author_id,author,content,region,language,publish_date,harvested_date,following,followers,updates,"
        "post_type,account_type,retweet,account_category,new_june_2018,alt_external_id,tweet_id,article_url,"
        "tco1_step1,tco2_step1,tco3_step1\n"
    )
    row = (
        '9.06E+17,10_GOP,"We have a sitting https://t.co/gDq https://t.co/xyz",Unknown,English,10/1/2017 19:58,'
        "10/1/2017 19:59,1052,9636,253,,Right,0,RightTroll,0,905874659358453760,914580356430536707,"
        "http://twitter.com/905874659358453760/statuses/914580356430536707,"
        "https://twitter.com/10_gop/status/914580356430536707/video/1,https://e.example/a,\n"
    )
    got = read_text(header + row, tmp_path, id_times="finer")
    assert picked(got, "post_id", "account_id", "urls", "created_at") == [
        (
            "914580356430536707",
            "twitter:10_GOP",
            ["https://twitter.com/10_gop/status/914580356430536707/video/1", "https://e.example/a"],
            datetime(2017, 10, 1, 19, 58, 43, 711_000, tzinfo=UTC),
        )
    ]


def test_lines_with_a_user_without_an_id_are_nobodys_format(tmp_path):
    row = {"id": "1", "created_at": "2020-01-01T00:00:00Z", "user": {"screen_name": "a"}, "text": "t"}
    got = read_json([row, row | {"id": "2", "user": {"screen_name": "b"}}], tmp_path, "x.jsonl")
    assert picked(got, "post_id", "account_id") == [("1", "generic:a"), ("2", "generic:b")]


def test_a_format_that_the_file_does_not_have(tmp_path):
    with pytest.raises(InputError, match="does not have the columns of format 'twitter_v2'"):
        read_json([v1("1")], tmp_path, format="twitter_v2")


def test_a_list_of_users_is_no_list_of_posts(tmp_path):
    user = {"id": "1", "username": "a", "name": "A", "created_at": "2020-01-01T00:00:00.000Z"}
    user |= {"public_metrics": {"followers_count": 1, "following_count": 1, "tweet_count": 1}}
    with pytest.raises(InputError, match="it is a user, not a tweet"):
        read_text(json.dumps([user, user]), tmp_path, "users.json")


def test_a_conversation_alone_makes_no_tweet(tmp_path):
    row = {
        "id": "1",
        "text": "t",
        "user": "u",
        "time": "2020-01-01T00:00:00Z",
        "conversation_id": "1",
        "reply_settings": "x",
    }
    assert read_text(json.dumps(row), tmp_path, "posts.json").summary.inputs[0]["format"] == "generic"
