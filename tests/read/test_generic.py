import json

import polars as pl
import pytest

from cib.errors import ConfigError, InputError
from cib.read.columns import guess, plain_name
from cib.read.fields import FIELDS
from tests.read.made import read_files, read_text

TWEETS = """id_str,user.id_str,user.screen_name,created_at,full_text,lang,retweeted_status.id_str,\
in_reply_to_status_id_str,quoted_status_id_str,retweeted_status.user.id_str,in_reply_to_user_id_str
1,7,ann,Wed Jan 01 12:00:00 +0000 2020,one https://example.com/a #Tag,en,,,,,
2,8,bob,Wed Jan 01 12:00:01 +0000 2020,RT @ann: one,EN,1,,,7,
3,8,bob,Wed Jan 01 12:00:02 +0000 2020,@ann no,und,,1,,,7
4,9,cyd,Wed Jan 01 12:00:03 +0000 2020,see @ann,en,,1,1,,
"""


def test_a_flattened_tweet_table(tmp_path):
    got = read_text(TWEETS, tmp_path, platform="Twitter")
    assert got.posts.select("post_id", "account_id", "kind", "parent_post_id", "parent_account_id").rows() == [
        ("1", "twitter:7", "original", None, None),
        ("2", "twitter:8", "repost", "1", "twitter:7"),
        ("3", "twitter:8", "reply", "1", "twitter:7"),
        ("4", "twitter:9", "quote", "1", None),
    ]
    assert got.column("language") == ["en", "en", None, "en"]
    assert got.column("urls")[0] == ["https://example.com/a"]
    assert got.column("hashtags")[0] == ["Tag"]
    assert got.column("mentions") == [None, ["ann"], ["ann"], ["ann"]]
    assert got.accounts["handle"].to_list() == ["ann", "bob", "cyd"]


def test_what_the_text_says_where_no_column_does(tmp_path):
    rows = ["RT @ann: hi", "@ann hi", "hi @ann", "RT this"]
    got = read_text("user,time,text\n" + "".join(f"u,{n},{text}\n" for n, text in enumerate(rows)), tmp_path)
    assert got.column("kind") == ["repost", "reply", "original", "original"]


@pytest.mark.parametrize(
    ("word", "kind"),
    [("retweeted", "repost"), ("RT", "repost"), ("quoted", "quote"), ("replied_to", "reply"), ("original", "original")],
)
def test_a_column_of_kinds(tmp_path, word, kind):
    got = read_text(f"user,time,text,kind\nu,1,@ann hi,{word}\n", tmp_path)
    assert got.column("kind") == [kind]


def test_a_column_of_kinds_that_says_nothing(tmp_path):
    got = read_text("user,time,text,type_of_post,is_retweet\nu,1,a,photo,yes\nu,2,b,photo,no\n", tmp_path)
    assert got.column("kind") == ["repost", "original"]


def test_columns_are_named_in_the_config(tmp_path):
    text = "nr,wer,wann,was,l1,l2,tags\n1,u,1577880000,hallo #nicht,https://a.example/,https://b.example/,x y\n"
    columns = {
        "post_id": "nr",
        "account_id": "wer",
        "created_at": "wann",
        "text": "was",
        "urls": ("l1", "l2"),
        "hashtags": "",
    }
    got = read_text(text, tmp_path, columns=columns, platform="Forum X!")
    assert got.column("account_id") == ["forum-x-:u"]
    assert got.column("urls") == [["https://a.example/", "https://b.example/"]]
    # '' leaves the column out, so that hashtags are taken from the text.
    assert got.column("hashtags") == [["nicht"]]


def test_only_lists_take_several_columns(tmp_path):
    with pytest.raises(ConfigError, match=r"text takes one column\. Got 2: a, b\."):
        read_text("user,time,a,b\nu,1,x,y\n", tmp_path, columns={"text": ("a", "b")})


@pytest.mark.parametrize(
    "cell",
    [
        '["https://a.example/x,y", "https://b.example/"]',
        "['https://a.example/x,y', 'https://b.example/']",
        "https://a.example/x,y https://b.example/",
        "https://a.example/x,y;https://b.example/",
        "https://a.example/x,y,https://b.example/",
        "https://a.example/x,y | https://b.example/",
    ],
)
def test_lists_of_links(tmp_path, cell):
    quoted = '"' + cell.replace('"', '""') + '"'
    got = read_text(f"user,time,urls\nu,1,{quoted}\n", tmp_path)
    assert got.column("urls") == [["https://a.example/x,y", "https://b.example/"]]


def test_a_list_separator_of_its_own(tmp_path):
    got = read_text("user,time,hashtags\nu,1,#a b~c~~\n", tmp_path, list_separator="~")
    assert got.column("hashtags") == [["a b", "c"]]


def test_an_object_without_brackets_is_one_object(tmp_path):
    got = read_text('user,time,objects\nu,1,"A title, with a comma"\nv,2,"[a, b]"\n', tmp_path)
    assert got.column("objects") == [["A title, with a comma"], ["a", "b"]]


def test_marks_are_taken_off_and_empty_lists_are_null(tmp_path):
    got = read_text("user,time,hashtags,mentions,text\nu,1,#a #B,@x,t #no\nv,2,,[],t #no\n", tmp_path)
    assert got.column("hashtags") == [["a", "B"], None]
    assert got.column("mentions") == [["x"], None]


def test_parquet_with_lists_and_numbers(tmp_path):
    frame = pl.DataFrame(
        {
            "id": [10765432109876543, 10765432109876544],
            "author_id": [1, 2],
            "created_at": pl.Series([1577880000000, 1577880001000]).cast(pl.Datetime("ms", "UTC")),
            "urls": [["https://a.example/", ""], None],
            "hashtags": [["x"], []],
            "is_retweet": [True, False],
        }
    )
    frame.write_parquet(tmp_path / "x.parquet")
    got = read_files(tmp_path / "x.parquet", out=tmp_path / "out")
    assert got.column("post_id") == ["10765432109876543", "10765432109876544"]
    assert got.column("urls") == [["https://a.example/"], None]
    assert got.column("hashtags") == [["x"], None]
    assert got.column("kind") == ["repost", "original"]
    assert got.column("source_row") == [1, 2]


def test_parquet_columns_of_other_types(tmp_path):
    frame = pl.DataFrame(
        {
            "user": pl.Series(["u", "v"], dtype=pl.Categorical),
            "time": [1577880000.5, 1577880001.0],
            "text": [b"bytes", None],
            "hashtags": pl.Series([None, None], dtype=pl.Null),
            "source": [{"name": "app"}, None],
        }
    )
    frame.write_parquet(tmp_path / "x.parquet")
    got = read_files(tmp_path / "x.parquet", out=tmp_path / "out")
    assert got.posts.select("account_id", "text", "hashtags", "client").rows() == [
        ("generic:u", "bytes", None, None),
        ("generic:v", None, None, None),
    ]
    pl.DataFrame({"user": ["u"], "time": [1], "text": [b"\xff"]}).write_parquet(tmp_path / "y.parquet")
    with pytest.raises(InputError, match=r"'y\.parquet' cannot be read after row 0"):
        read_files(tmp_path / "y.parquet", out=tmp_path / "other")


def test_nested_json(tmp_path):
    tweet = {
        "id_str": "1",
        "user": {"id_str": "7", "screen_name": "ann", "verified": True, "followers_count": 12},
        "created_at": "Wed Jan 01 12:00:00 +0000 2020",
        "text": "t",
        "entities": {
            "urls": [{"expanded_url": 'https://a.example/?q="x"', "indices": [1, 2]}, {"expanded_url": None}],
            "hashtags": [{"text": "ä"}],
            "user_mentions": [],
        },
    }
    got = read_text(json.dumps(tweet) + "\n", tmp_path, "x.jsonl", format="generic")
    assert got.column("urls") == [['https://a.example/?q="x"']]
    assert got.column("hashtags") == [["ä"]]
    assert got.accounts.select("account_id", "handle", "verified", "followers").row(0) == ("generic:7", "ann", True, 12)


def test_a_file_and_its_json_twin_read_alike(tmp_path):
    rows = [{"id": str(n), "user": f"u{n % 3}", "time": str(1577880000 + n), "text": f"t {n} #x"} for n in range(50)]
    (tmp_path / "a.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pl.DataFrame(rows).write_csv(tmp_path / "a.csv")
    pl.DataFrame(rows).write_parquet(tmp_path / "a.parquet")
    posts = [
        read_files(tmp_path / f"a.{form}", out=tmp_path / form).posts.drop("source_file", "source_row")
        for form in ("ndjson", "csv", "parquet")
    ]
    assert posts[0].equals(posts[1])
    assert posts[0].equals(posts[2])


@pytest.mark.parametrize("link", ["https://x.example/u/status/{0}", "https://x.example/{0}"])
def test_a_posts_own_address_is_no_link(link):
    head = pl.DataFrame({"id": ["11", "12", "13"], "url": [link.format(n) for n in (11, 12, 13)], "user": ["u"] * 3})
    found = guess(head, list(FIELDS))
    assert "urls" not in found.columns
    assert "own address" in found.aside["url"]


def test_guesses_look_at_the_contents():
    head = pl.DataFrame(
        {
            "date": ["monday", "tuesday"],
            "time": ["2020-01-01T00:00:00Z", "2020-01-01"],
            "url": ["none", "nil"],
            "user": ["u", "u"],
        }
    )
    found = guess(head, list(FIELDS))
    assert found.columns == {"account_id": ("user",), "created_at": ("time",), "handle": ("user",)}
    assert found.aside == {"date": "most of it does not look like times", "url": "it holds no links"}
    assert found.unused(head.columns) == ["date", "url"]


def test_no_two_fields_claim_a_name_first():
    firsts = [field.names[0] for field in FIELDS.values()]
    assert len(set(firsts) - {"screen_name"}) >= len(firsts) - 1
    for field in FIELDS.values():
        assert len(set(field.names)) == len(field.names)
        assert all(plain_name(name) == name for name in field.names)


def test_guesses_do_not_depend_on_the_order_of_columns():
    names = ["created_at", "timestamp", "id", "id_str", "user_id", "username", "text", "url", "urls"]
    rows = {name: ["1577880000"] if "t" in name else ["x"] for name in names}
    one = guess(pl.DataFrame(rows), list(FIELDS)).columns
    other = guess(pl.DataFrame({name: rows[name] for name in reversed(names)}), list(FIELDS)).columns
    assert one == other
    assert one["post_id"] == ("id_str",)
    assert one["created_at"] == ("created_at",)
