from datetime import UTC, datetime

from tests.read.made import DATA, read_files, read_text

HEADER = "author_id,content,region,language,publish_date,harvested_date,following,followers,updates,post_type,retweet\n"


def test_files_of_2018_as_published(tmp_path):
    got = read_files(DATA / "ira_2018.csv", out=tmp_path / "out")
    assert got.column("post_id") == [
        "914580356430536707",
        "914621840496189440",
        "948012345678901234",
        "948012345678901235",
    ]
    assert got.column("account_id") == ["twitter:MADE_UP_ONE"] * 2 + ["twitter:MADE_UP_TWO"] * 2
    assert got.column("kind") == ["original", "repost", "reply", "quote"]
    assert got.column("text")[0] == '"We have a sitting Democrat" & no news https://t.co/gDq7mVxmHW'
    assert got.column("text")[2] == "@somebody you <3 this"
    assert got.column("created_at")[2] == datetime(2018, 1, 2, 3, 4, tzinfo=UTC)
    assert got.column("urls") == [
        ["https://twitter.com/made_up_one/status/914580356430536707/video/1"],
        ["https://www.example.com/march", "https://www.example.org/second"],
        None,
        ["https://twitter.com/x/status/1"],
    ]
    assert got.column("hashtags") == [None, ["Everywhere"], None, None]
    assert got.column("mentions") == [None, None, ["somebody"], None]
    assert got.column("language") == ["english", "english", None, "english"]
    assert got.summary.resolution_s == 60.0
    assert any("external_author_id is rounded" in note for note in got.summary.notes)


def test_accounts_hold_the_last_known_value(tmp_path):
    accounts = read_files(DATA / "ira_2018.csv", out=tmp_path / "out").accounts
    assert accounts.select("handle", "followers", "following", "post_count", "label").rows() == [
        ("MADE_UP_ONE", 9637, 1054, 254, "RightTroll"),
        ("MADE_UP_TWO", 20, 10, 8, "LeftTroll"),
    ]


def test_minus_one_is_not_a_count(tmp_path):
    got = read_text(HEADER + "x,hi,R,English,2017-01-01 00:00:00,2017-01-01 00:00:00,-1,-1,5,,0\n", tmp_path)
    assert got.accounts.select("followers", "following", "post_count").row(0) == (None, None, 5)


def test_recut_by_author(tmp_path):
    got = read_files(DATA / "ira_by_author.csv", out=tmp_path / "out")
    assert got.summary.posts == 30
    assert got.column("post_id")[0] == "row:ira_by_author.csv:2"
    assert got.column("source_row") == list(range(2, 32))
    assert got.accounts["account_id"].to_list() == ["twitter:digestlj"]
    assert got.column("kind").count("repost") == 9
    assert got.column("kind")[-1] == "repost"
    assert got.column("text")[-1].startswith("@alexchesn Когда партию")
    assert got.column("hashtags")[24] == ["рецепты", "кулинария"]
    assert set(got.column("language")) == {"bulgarian", "german", "russian", "serbian", "ukrainian"}
    assert got.quarantine == []


def test_exact_repeats_without_post_ids(tmp_path):
    row = "x,the same words,R,English,2017-01-01 10:00:00,2017-01-01 10:00:00,1,1,1,,0\n"
    other = row.replace("10:00:00,1,1,1,,0", "10:01:00,1,1,1,,0").replace(" 10:00:00,2", " 10:01:00,2")
    text = HEADER + row + other + row + row
    dropped = read_text(text, tmp_path)
    assert dropped.column("source_row") == [2, 3]
    assert list(dropped.went().values()) == [2]
    kept = read_files(tmp_path / "posts.csv", out=tmp_path / "kept", exact_repeats="keep")
    assert kept.column("source_row") == [2, 3, 4, 5]


def test_only_the_rounded_key_is_said(tmp_path):
    header = "external_author_id,content,region,language,publish_date,harvested_date,post_type,retweet\n"
    got = read_text(header + "889000000000000000,hi,R,English,2017-01-01 00:00:00,2017-01-01 00:00:00,,0\n", tmp_path)
    assert got.accounts["account_id"].to_list() == ["twitter:889000000000000000"]
    assert any("only account key" in note for note in got.summary.notes)
