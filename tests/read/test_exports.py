"""Files as platforms and tools really write them: golden counts, and fields checked by hand against the raw file.

The counts were made by a plain loop over the raw files (json, csv, Counter), the fields by reading them.
"""

import gzip
import hashlib
import re
from functools import cache

import polars as pl
import pytest

from cib.errors import InputError
from tests.read.made import DATA, Result, read_files

EXPORTS = DATA / "exports"
ROW = re.compile(r"^\| `([^`]+)` \| [^|]+ \| [^|]+ \| `([0-9a-f]{64})` \|$", re.MULTILINE)
LISTED = ROW.findall((EXPORTS / "README.md").read_text(encoding="utf-8"))

GUARDIAN = (
    "https://www.theguardian.com/money/2019/dec/07/i-lost-my-193000-inheritance-with-one-wrong-digit-on-my-sort-code"
)
AMAZON = (
    "http://www.amazon.com/gp/product/1782167897/ref=as_li_tf_tl?ie=UTF8&camp=1789&creative=9325"
    "&creativeASIN=1782167897&linkCode=as2&tag=hardwaresoftw-20"
)
MONDOWEISS = (
    "An estimated 300,000 protesters from across the United States took to the capital city of Washington, D.C. on "
    "Saturday,November 4th to demand an immediate ceasefire and an end to the US-funded Israeli genocide in Gaza. "
    "#Palestine #Gaza #CeasefireNOW #OperationAlAqsaFlood #AlAqsaFlood #Israel #occupation #apartheid #colonization "
    "#settlements #WestBank #GazaStrip #IDF #IsraelDefenseForce #MiddleEast #HumanRights #InternationalLaw #arrests "
    "#violence #illegal #FreePalestine"
)

GOLDEN = {
    # file: format, posts, accounts, refused, originals, reposts, replies, quotes
    "bluesky/jetstream_v1.jsonl.gz": ("bluesky", 32, 30, 120, 9, 15, 8, 0),
    "bluesky/post_record.json": ("bluesky", 1, 1, 0, 1, 0, 0, 0),
    "bluesky/thread_view_post.json": ("bluesky", 1, 1, 0, 0, 0, 0, 1),
    "coordination_network_toolkit/coretweet_test_input.csv": ("toolkit", 15, 9, 0, 0, 15, 0, 0),
    "coordination_network_toolkit/sample_data.csv": ("toolkit", 100, 10, 0, 58, 27, 15, 0),
    "crowdtangle/db2_rows.csv.gz": ("crowdtangle", 382, 61, 0, 382, 0, 0, 0),
    "ira_by_author_csv/EugeneLlll.csv.gz": ("ira", 500, 1, 0, 0, 499, 1, 0),
    "ira_by_author_csv/digestlj.csv": ("ira", 231, 1, 0, 212, 19, 0, 0),
    "ira_by_author_csv/fishalexanderr.csv.gz": ("ira", 321, 1, 0, 88, 203, 30, 0),
    "mastodon/api_cassette_searchv2.yaml.gz": ("mastodon", 2, 2, 2, 0, 0, 2, 0),
    "mastodon/post_edited.json": ("mastodon", 1, 1, 0, 1, 0, 0, 0),
    "mastodon/post_no_emojis.json": ("mastodon", 1, 1, 0, 1, 0, 0, 0),
    "mastodon/post_with_emojis_and_attachments.json": ("mastodon", 1, 1, 0, 1, 0, 0, 0),
    "mastodon/post_wordle_linebreaks.json": ("mastodon", 1, 1, 0, 1, 0, 0, 0),
    "mastodon/quote.json": ("mastodon", 1, 1, 0, 1, 0, 0, 0),
    "mastodon/streaming_update.json": ("mastodon", 1, 1, 0, 0, 0, 1, 0),
    "reddit/api_cassette_comment_stream.json.gz": ("reddit", 100, 13, 1, 0, 0, 100, 0),
    "reddit/api_cassette_top_submissions.json.gz": ("reddit", 100, 1, 1, 100, 0, 0, 0),
    "telegram_desktop/personal_chat.json": ("telegram", 4, 2, 1, 3, 0, 1, 0),
    "telegram_desktop/supergroup_with_topics.json": ("telegram", 4, 3, 3, 4, 0, 0, 0),
    "tiktok_research_api/api_videos_response_page_1_of_2.json": ("tiktok", 27, 27, 0, 27, 0, 0, 0),
    "twitter_v1_1/search_response.json.gz": ("twitter_v1", 100, 99, 0, 14, 74, 3, 9),
    "twitter_v1_1/streaming_extended_tweet.json": ("twitter_v1", 1, 1, 0, 1, 0, 0, 0),
    "twitter_v1_1/streaming_lines.jsonl.gz": ("twitter_v1", 71, 71, 0, 29, 0, 34, 8),
    "twitter_v2/brexit.jsonl.gz": ("twitter_v2", 100, 98, 0, 12, 67, 10, 11),
    "twitter_v2/cashtags.jsonl": ("twitter_v2", 1, 1, 0, 1, 0, 0, 0),
    "twitter_v2/edited.jsonl": ("twitter_v2", 1, 1, 0, 1, 0, 0, 0),
    "twitter_v2/geo_tweets.jsonl": ("twitter_v2", 2, 2, 0, 1, 0, 1, 0),
    "twitter_v2/many_urls.jsonl": ("twitter_v2", 1, 1, 0, 0, 0, 1, 0),
    "twitter_v2/mentions_tweet.jsonl": ("twitter_v2", 1, 1, 0, 0, 1, 0, 0),
    "twitter_v2/noflat.jsonl.gz": ("twitter_v2", 100, 96, 0, 13, 47, 32, 8),
    "twitter_v2/quoted_edit.jsonl": ("twitter_v2", 1, 1, 0, 0, 0, 0, 1),
    "twitter_v2/streaming_output_with_error.jsonl": ("twitter_v2", 7, 7, 1, 3, 0, 3, 1),
    "twitter_v2/two_tweets.jsonl": ("twitter_v2", 1, 1, 0, 0, 1, 0, 0),
    "youtube/comment_threads_all_to_me.json": ("youtube", 4, 2, 0, 0, 0, 4, 0),
    "youtube/comment_threads_by_video_paged_1.json": ("youtube", 5, 5, 0, 0, 0, 5, 0),
    "youtube/search_by_keywords_p1.json": ("youtube", 25, 18, 0, 25, 0, 0, 0),
    "youtube/videos_chart_paged_1.json": ("youtube", 5, 5, 0, 5, 0, 0, 0),
}

REFUSED = {
    "tiktok_research_api/api_comments_response.json": "6 rows .* a comment, and the Research API does not say by whom",
    "twitter_v2/counts.jsonl": "169 rows .* a count of tweets, not a tweet",
    "twitter_v2/lists.jsonl": "6 rows .* a list of accounts, not a tweet",
    "twitter_v2/users.jsonl.gz": "96 rows .* a user, not a tweet",
}

FIELDS = {
    # file, post -> fields
    ("bluesky/jetstream_v1.jsonl.gz", "at://did:plc:dclwtltrt2ggsryagfzk7dp4/app.bsky.feed.post/3mptbyoeyc22k"): {
        "account_id": "bluesky:did:plc:dclwtltrt2ggsryagfzk7dp4",
        "created_at": "2026-07-04 14:38:06.240000",
        "urls": ["https://www.youtube.com/watch?v=V5lDo-jw8mA"],
        "language": "en",
        "text": "www.youtube.com/watch?v=V5lD...",
        "source_row": 2,
    },
    ("bluesky/jetstream_v1.jsonl.gz", "at://did:plc:5er4dj3kkwyj4cy5gdnzn56w/app.bsky.feed.repost/3mptbypowzs2e"): {
        "kind": "repost",
        "parent_post_id": "at://did:plc:lthsfxxeghkgg44eummxtvbe/app.bsky.feed.post/3mpt6c57uy22u",
        "parent_account_id": "bluesky:did:plc:lthsfxxeghkgg44eummxtvbe",
        "text": None,
    },
    ("bluesky/thread_view_post.json", "at://did:plc:kvwvcn5iqfooopmyzvb4qzba/app.bsky.feed.post/3kaheyt6vpc22"): {
        "parent_post_id": "at://did:plc:kvwvcn5iqfooopmyzvb4qzba/app.bsky.feed.post/3kahesw26il2z",
        "media": ["bafkreic3cp5ky525vsukjvrzxsc2h3jka2gud74l2hgeatw2rhj2qycnmq"],
    },
    ("crowdtangle/db2_rows.csv.gz", "https://www.facebook.com/100064062786653/posts/737265021752251"): {
        "account_id": "facebook:Mondoweiss",
        "created_at": "2023-11-06 03:56:36",  # 22:56:36 EST
        "text": MONDOWEISS,
        "urls": None,
    },
    ("mastodon/api_cassette_searchv2.yaml.gz", "116388107849695302"): {
        "account_id": "mastodon:jo@social.sublingual.xyz",
        "created_at": "2026-04-11 21:06:15",
        "parent_post_id": "116387872475672523",
        "parent_account_id": "mastodon:halcy@icosahedron.website",
        "text": "@halcy me when im riding my horse in stop and go traffic",
    },
    ("mastodon/quote.json", "103270115826048975"): {
        "account_id": "mastodon:testperson@example.com",
        "created_at": "2019-12-08 03:48:33.901000",
        "urls": [GUARDIAN],
        "client": "Web",
    },
    ("mastodon/post_no_emojis.json", "AQgIdalRCRfsNV6KzA"): {
        "account_id": "mastodon:tootsdk@iosdev.space",
        "hashtags": ["swift"],
        "mentions": ["konstantin", "davidgarywood@social.davidgarywood.com"],
        "urls": None,  # only links to a hashtag and to those mentioned
    },
    ("mastodon/streaming_update.json", "108913983692647032"): {
        "kind": "reply",
        "parent_post_id": "108913981098896721",
        "parent_account_id": "mastodon:testperson@example.com",
        "created_at": "2022-08-30 21:38:22",
    },
    ("reddit/api_cassette_top_submissions.json.gz", "t3_1bhdpa"): {
        "account_id": "reddit:spladug",
        "created_at": "2013-04-02 01:10:40",
        "text": "The source code for reddit's April Fools 2013 is now available on GitHub.",
        "urls": ["https://github.com/reddit/reddit-plugin-f2p"],
    },
    ("reddit/api_cassette_comment_stream.json.gz", "t1_k3v2p63"): {
        "parent_post_id": "t3_1728sjk",
        "parent_account_id": "reddit:kerrazygaming",
        "source_row": 2,
    },
    ("telegram_desktop/personal_chat.json", "123456789/3"): {
        "account_id": "telegram:user111",
        "created_at": "2024-01-15 10:52:00",  # date_unixtime, which the invented file has 20 minutes after date
        "text": "Check this important message",
    },
    ("telegram_desktop/personal_chat.json", "123456789/4"): {"kind": "reply", "parent_post_id": "123456789/3"},
    ("tiktok_research_api/api_videos_response_page_1_of_2.json", "7320768196569599275"): {
        "account_id": "tiktok:s.clovis",
        "created_at": "2024-01-05 23:59:56",
        "mentions": ["MarvelKitties2022"],
        "objects": ["music:7159460238003800066"],
    },
    ("twitter_v1_1/streaming_extended_tweet.json", "971726741583605760"): {
        "account_id": "twitter:2319610428",
        "created_at": "2018-03-08 12:38:03",
        "text": "HIV_AIDS_BiojQuery Mobile Web Development Essentials, Second Edition: https://t.co/r78h6xfAby Quantum "
        "AI Big/Small/0 Data Cloud/Fog Computing OutLook from ClouData & Multiverse -  https://t.co/cnCBNJvu6T",
        "urls": [
            AMAZON,
            "http://hwswworld.com/index.php?route=product/category&path=13",
        ],
        "client": "Doesnothaveanameyet",
    },
    ("twitter_v1_1/search_response.json.gz", "690992334218117120"): {
        "kind": "repost",
        "parent_post_id": "690980117657587712",
        "parent_account_id": "twitter:177101260",
        "urls": ["http://bit.ly/1S1HWml"],
        "hashtags": ["Today", "Pluto"],
        "media": ["690980115874988032"],
    },
    ("twitter_v2/many_urls.jsonl", "1610692575752601600"): {
        "kind": "reply",
        "parent_post_id": "1610623087061471232",
        "parent_account_id": "twitter:1328271312628936705",
        "urls": ["https://uiadrian.gumroad.com/l/web-design-guide/?offer_code=twk0uc9f7"],
    },
    ("twitter_v2/mentions_tweet.jsonl", "1589681856941002753"): {
        "kind": "repost",
        "parent_post_id": "1589671906718134272",
        "parent_account_id": "twitter:1221317221714157569",
        "hashtags": ["Xbox", "PlayStation", "gaming"],
    },
    ("twitter_v2/quoted_edit.jsonl", "1576995594388000768"): {
        "parent_post_id": "1576994746135764992",
        "parent_account_id": "twitter:337119125",
        "mentions": ["wongmjane"],
    },
    ("youtube/comment_threads_by_video_paged_1.json", "UgyZ1jqkHKYvi1-ruOZ4AaABAg"): {
        "account_id": "youtube:UCzj-CjKYmGlZ7vTL-vOe57A",
        "text": "Google.com",
        "urls": ["http://google.com/"],
        "parent_post_id": "F1UP7wRCPH8",
    },
    ("youtube/search_by_keywords_p1.json", "gQ_1zX-F_No"): {
        "account_id": "youtube:UCo_q6aOlvPH7M-j_XGWVgXg",
        "created_at": "2019-12-05 19:00:10",
    },
}

ACCOUNTS = {
    ("twitter_v1_1/streaming_extended_tweet.json", "twitter:2319610428"): {
        "handle": "ClouDatAI",
        "name": "AIBigDataCloudIoTBot",
        "created_at": "2014-01-30 21:58:33",
        "followers": 1830,
        "following": 0,
        "post_count": 3_208_936,
        "verified": False,
        "default_profile": False,
    },
    ("twitter_v2/edited.jsonl", "twitter:337119125"): {
        "handle": "wongmjane",
        "created_at": "2011-07-17 13:48:53",
        "followers": 138_097,
        "following": 1871,
        "post_count": 32_554,
        "verified": True,
    },
    ("bluesky/thread_view_post.json", "bluesky:did:plc:kvwvcn5iqfooopmyzvb4qzba"): {
        "handle": "test.marshal.dev",
        "name": "Python SDK",
        "created_at": "2023-04-26 19:05:34.249000",
    },
    ("mastodon/streaming_update.json", "mastodon:testperson@example.com"): {
        "followers": 150,
        "following": 216,
        "post_count": 2447,
        "description": "Test account.\nOther hobbies include software testing.\n\n„Lorem ipsum dolor sit amet“ "
        "(Etaoin Shrdlu)",
    },
    ("telegram_desktop/personal_chat.json", "telegram:user222"): {"name": "Bob"},
}


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    @cache
    def reading(name: str) -> Result:
        return read_files(EXPORTS / name, out=tmp_path_factory.mktemp("export") / "out")

    return reading


def plain(value):
    return str(value).removesuffix("+00:00") if hasattr(value, "isoformat") else value


def test_every_file_is_listed_and_unchanged():
    files = {path.relative_to(EXPORTS).as_posix(): path for path in EXPORTS.rglob("*") if path.is_file()}
    assert set(files) == {name for name, _ in LISTED} | {"README.md"} == set(GOLDEN) | set(REFUSED) | {"README.md"}
    for name, digest in LISTED:
        raw = files[name].read_bytes()
        assert hashlib.sha256(gzip.decompress(raw) if name.endswith(".gz") else raw).hexdigest() == digest


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_counts(export, name):
    got = export(name)
    kinds = dict(got.posts["kind"].value_counts().rows())
    counted = [kinds.get(kind, 0) for kind in ("original", "repost", "reply", "quote")]
    format_ = got.summary.inputs[0]["format"]
    assert (format_, got.summary.posts, got.summary.accounts, got.summary.refused, *counted) == GOLDEN[name]


@pytest.mark.parametrize(("name", "sentence"), REFUSED.items())
def test_refused_for_a_stated_reason(tmp_path, name, sentence):
    with pytest.raises(InputError, match=f"every one of its {sentence}"):
        read_files(EXPORTS / name, out=tmp_path / "out")


@pytest.mark.parametrize(("name", "post"), FIELDS)
def test_fields(export, name, post):
    row = export(name).posts.row(by_predicate=pl.col("post_id") == post, named=True)
    assert {field: plain(row[field]) for field in FIELDS[name, post]} == FIELDS[name, post]


@pytest.mark.parametrize(("name", "account"), ACCOUNTS)
def test_accounts(export, name, account):
    row = export(name).accounts.row(by_predicate=pl.col("account_id") == account, named=True)
    assert {field: plain(row[field]) for field in ACCOUNTS[name, account]} == ACCOUNTS[name, account]


def test_why_rows_went(export):
    assert export("twitter_v1_1/streaming_lines.jsonl.gz").went() == {
        "the post id has been seen before: the first row is kept": 1
    }
    assert export("bluesky/jetstream_v1.jsonl.gz").went() == {
        "it is a record of app.bsky.feed.like, not a post": 105,
        "it is a record of app.bsky.graph.follow, not a post": 6,
        "it is the notice that a record was deleted": 4,
        "it is a record of app.bsky.actor.status, not a post": 1,
        "it is a record of app.bsky.graph.block, not a post": 1,
        "it is a record of fm.teal.alpha.actor.status, not a post": 1,
        "it is an event of kind 'account', not a post": 1,
        "it is an event of kind 'identity', not a post": 1,
    }
    broken = export("twitter_v2/streaming_output_with_error.jsonl").quarantine
    assert [(row["row"], row["reason"]) for row in broken] == [(8, "it is not valid JSON")]
    assert export("telegram_desktop/supergroup_with_topics.json").went() == {
        "it is a service message (create_group), not a post": 1,
        "it is a service message (topic_created), not a post": 2,
    }
