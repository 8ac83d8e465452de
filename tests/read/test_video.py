"""YouTube and TikTok: what the real files do not show. All videos and comments here are invented."""

from tests.read.made import picked, read_json

AT = "2024-01-01T10:00:00Z"


def comment(number, text="c", **more):
    snippet = {
        "textOriginal": text,
        "authorDisplayName": "@ann",
        "authorChannelId": {"value": "UCann"},
        "publishedAt": AT,
    }
    return {"kind": "youtube#comment", "id": number, "snippet": snippet | more}


def test_youtube_threads_playlists_and_lone_items(tmp_path):
    thread = {
        "kind": "youtube#commentThread",
        "id": "t1",
        "snippet": {"videoId": "v1", "channelId": "UCown", "topLevelComment": comment("t1", videoId="v1")},
        "replies": {"comments": [comment("t1.a", parentId="t1"), comment("t1.b", parentId="t1")]},
    }
    shown = (
        'see <a href="https://e.example/x">e.example</a> at '
        '<a href="https://www.youtube.com/watch?v=v1&amp;t=10s">0:10</a> '
        '<a href="https://www.youtube.com/results?search_query=%23tag">#tag</a>'
    )

    def listed(number, owner, **more):
        snippet = {"publishedAt": "2024-02-02T00:00:00Z", "channelId": "UCown", "channelTitle": "Own", "title": "T",
                   "description": "d", "resourceId": {"videoId": f"v{number}"},
                   "videoOwnerChannelId": owner} | more  # fmt: skip
        details = {"videoId": f"v{number}", "videoPublishedAt": AT}
        return {"kind": "youtube#playlistItem", "id": f"p{number}", "snippet": snippet, "contentDetails": details}

    documents = [
        {"kind": "youtube#commentThreadListResponse", "items": [thread]},
        comment("c9", None, textDisplay=shown, parentId="t9"),
        {"kind": "youtube#playlistItemListResponse", "items": [listed("2", "UCown"), listed("3", "UCother")]},
        {"kind": "x", "items": [listed("5", None), listed("6", None, playlistId="UUown")]},
        {"kind": "youtube#searchListResponse", "items": [
            {"kind": "youtube#searchResult", "id": {"kind": "youtube#channel", "channelId": "UCx"},
             "snippet": {"publishedAt": AT, "channelId": "UCx", "title": "a channel"}}]},
        {"kind": "youtube#videoListResponse", "items": []},
        {"kind": "youtube#video", "id": "v4", "snippet": {"publishedAt": AT, "channelId": "UCown", "title": "T #x",
                                                          "description": "", "tags": ["x", "y z"]}},
    ]  # fmt: skip
    got = read_json(documents, tmp_path)
    assert picked(got, "post_id", "account_id", "kind", "parent_post_id", "parent_account_id", "text") == [
        ("t1", "youtube:UCann", "reply", "v1", "youtube:UCown", "c"),
        ("t1.a", "youtube:UCann", "reply", "t1", None, "c"),
        ("t1.b", "youtube:UCann", "reply", "t1", None, "c"),
        ("c9", "youtube:UCann", "reply", "t9", None, "see e.example at 0:10 #tag"),
        ("v2", "youtube:UCown", "original", None, None, "T\n\nd"),
        ("p3", "youtube:UCown", "repost", "v3", "youtube:UCother", "T\n\nd"),
        ("p5", "youtube:UCown", "repost", "v5", None, "T\n\nd"),
        ("v6", "youtube:UCown", "original", None, None, "T\n\nd"),
        ("v4", "youtube:UCown", "original", None, None, "T #x"),
    ]
    assert picked(got, "urls", "hashtags")[3] == (["https://e.example/x"], ["tag"])
    assert [f"{at:%m-%d}" for at in got.column("created_at")][4:6] == ["01-01", "02-02"]
    assert got.column("hashtags")[-1] == ["x", "y z"]
    assert dict(got.accounts.select("account_id", "handle").rows())["youtube:UCann"] == "ann"
    assert [row["reason"] for row in got.quarantine] == ["it is of kind channel, not a video or a comment"]


def test_tiktok_shapes(tmp_path):
    video = {"id": 7320768196569599275, "create_time": 1704499196, "username": "bob", "video_description": "d @ann #x",
             "music_id": 5, "effect_ids": ["8", "9"], "hashtag_info_list": [{"hashtag_name": "x"}]}  # fmt: skip
    said = {"id": 7, "video_id": 5, "parent_comment_id": 6, "text": "c", "create_time": 1704499197, "username": "eve"}
    documents = [
        {"data": {"videos": [video], "cursor": 100, "has_more": True}, "error": {"code": "ok"}},
        {"data": {"comments": [said, said | {"username": None}]}},
        video | {"id": 2, "music_id": None, "effect_ids": None},
        {"videos": [video | {"id": 3}]},
        {"data": {"videos": [], "search_id": "1"}, "error": {"code": "ok", "log_id": "x"}},
    ]
    got = read_json(documents, tmp_path)
    assert picked(got, "post_id", "account_id", "kind", "parent_post_id", "objects", "hashtags", "mentions") == [
        ("7320768196569599275", "tiktok:bob", "original", None, ["music:5", "effect:8", "effect:9"], ["x"], ["ann"]),
        ("7", "tiktok:eve", "reply", "6", None, None, None),
        ("2", "tiktok:bob", "original", None, None, ["x"], ["ann"]),
        ("3", "tiktok:bob", "original", None, ["music:5", "effect:8", "effect:9"], ["x"], ["ann"]),
    ]
    assert [row["reason"] for row in got.quarantine] == ["it is a comment, and the Research API does not say by whom"]
