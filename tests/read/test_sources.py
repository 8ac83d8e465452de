"""Several sources in one run: their own formats and zones, posts that stand in several files, lists of accounts."""

import polars as pl
import pytest

from cib.errors import InputError
from cib.read import AccountLists, names_in, read, short_links
from cib.read.repeats import CONFLICT, ELSEWHERE
from cib.settings import InputSettings, ListSettings
from tests.read.made import read_files

ONE = "id,user,text,time,urls\n1,u,hello,2020-01-01T00:00:00Z,\n2,v,only here,2020-01-01T00:01:00Z,\n"
TWO = "id,user,text,time,urls,lang\n1,u,hello,2020-01-01T00:00:00Z,https://a.org,en\n3,w,new,2020-01-01T00:02:00Z,,en\n"
THREE = "id,user,text,time,urls,lang\n1,u,hello again,2020-01-01T00:00:07Z,,en\n"


def files(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text)
    return [folder / f"{name}.csv" for name in texts]


def as_read(folder, settings, **more):
    out = folder / "out"
    out.mkdir()
    summary = read(InputSettings.model_validate(settings), root=folder, out=out, memory=10**8, **more)
    return summary, pl.read_parquet(out / "posts.parquet"), pl.read_parquet(out / "accounts.parquet")


@pytest.mark.parametrize(
    ("policy", "kept", "reason"),
    [
        ("first", [("a.csv", None), ("a.csv", None), ("b.csv", None)], "first"),
        ("last", [("a.csv", None), ("b.csv", None), ("c.csv", None)], "last"),
        ("fullest", [("a.csv", None), ("b.csv", None), ("b.csv", ["https://a.org"])], "fullest"),
    ],
)
def test_a_post_in_several_files(tmp_path, policy, kept, reason):
    got = read_files(*files(tmp_path, a=ONE, b=TWO, c=THREE), out=tmp_path / "out", duplicates=policy)
    assert sorted(got.posts.select("source_file", "urls").rows(), key=str) == kept
    lost = got.ledger.filter(reason=ELSEWHERE[reason])
    assert lost.select(pl.col("rows_in").sum() - pl.col("rows_out").sum()).item() == 2
    assert set(got.went()) == {ELSEWHERE[reason]}
    assert got.quarantine == []
    assert sorted(got.column("post_id")) == ["1", "2", "3"]


def test_merged_files_are_as_one(tmp_path):
    got = read_files(*files(tmp_path, a=ONE, b=TWO, c=THREE), out=tmp_path / "out")
    assert got.posts.filter(post_id="1")["urls"].to_list() == [["https://a.org"]]
    assert [row["reason"] for row in got.quarantine] == [CONFLICT]


def test_another_account_with_the_id_is_never_dropped_in_silence(tmp_path):
    other = ONE.replace("1,u,hello", "1,x,hello")
    got = read_files(*files(tmp_path, a=ONE, b=other), out=tmp_path / "out", duplicates="first")
    assert [row["reason"] for row in got.quarantine] == [CONFLICT]


def test_each_source_has_its_own_ways(tmp_path):
    files(tmp_path, a="id;who;said;at\n1;u;hello;2020-01-01 01:00:00\n", b="id,user,text,time\n1,u,hello,1577836800\n")
    settings = {
        "platform": "forum",
        "sources": {
            "one": {
                "files": ["a.csv"],
                "timezone": "Europe/Berlin",
                "columns": {"account_id": "who", "text": "said", "created_at": "at"},
            },
            "two": {"files": ["b.csv"], "platform": "other"},
        },
    }  # fmt: skip
    summary, posts, _ = as_read(tmp_path, settings)
    assert posts.select("account_id", "post_id", "text").rows() == [
        ("forum:u", "1", "hello"),
        ("other:u", "1", "hello"),
    ]
    assert posts["created_at"].n_unique() == 1
    assert [entry["file"] for entry in summary.inputs] == ["a.csv", "b.csv"]


def test_account_tables_belong_to_their_source(tmp_path):
    files(
        tmp_path, a="id,user,time\n1,7,1577836800\n2,8,1577836800\n", b="id,user,time\n1,7,1577836800\n",
        people="account_id,name,label\n7,Ada,troll\n9,Nobody,troll\n",
    )  # fmt: skip
    settings = {
        "sources": {
            "one": {"files": ["a.csv"], "platform": "x", "accounts": ["people.csv"]},
            "two": {"files": ["b.csv"], "platform": "y"},
        }
    }
    summary, _, accounts = as_read(tmp_path, settings)
    assert accounts.select("account_id", "name", "label").rows() == [
        ("x:7", "Ada", "troll"),
        ("x:8", None, None),
        ("y:7", None, None),
    ]
    assert summary.notes == ["The account table names 1 of 2 accounts; 1 posts are by others and were kept."]


def test_a_file_in_two_sources(tmp_path):
    files(tmp_path, a=ONE)
    settings = {"sources": {"one": {"files": ["a.csv"]}, "two": {"files": ["*.csv"]}}}
    with pytest.raises(InputError, match=r"a\.csv' is named by two sources, 'one' and 'two'"):
        as_read(tmp_path, settings)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"files": ["a.csv"], "sources": {"x": {"files": ["b.csv"]}}}, "files must be named by the sources alone"),
        ({"sources": {"x": {}}}, "sources.x must name its files"),
    ],
)
def test_sources_that_cannot_be(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        InputSettings.model_validate(settings)


@pytest.mark.parametrize(
    ("lists", "left"),
    [
        (AccountLists(block=["generic:u"]), ["v"]),
        (AccountLists(block=["v", "twitter:u"]), ["u"]),
        (AccountLists(allow=["v"]), ["v"]),
    ],
)
def test_lists_of_accounts(tmp_path, lists, left):
    files(tmp_path, a=ONE)
    _, posts, accounts = as_read(tmp_path, {"files": ["a.csv"]}, accounts=lists)
    assert posts["account_id"].to_list() == accounts["account_id"].to_list() == [f"generic:{name}" for name in left]
    ledger = pl.read_parquet(tmp_path / "out" / "ledger.parquet")
    assert ledger.select("reason", "rows_in", "rows_out").row(0)[1:] == (2, 1)
    assert "list" in ledger["reason"][0]


def test_a_list_that_leaves_nobody(tmp_path):
    files(tmp_path, a=ONE)
    with pytest.raises(InputError, match="No post is left"):
        as_read(tmp_path, {"files": ["a.csv"]}, accounts=AccountLists(allow=["nobody"]))


def test_names_in_files(tmp_path):
    (tmp_path / "a.txt").write_bytes("\ufeffdomain\nexample.org\n\n  b.net , a note\nexample.org\n".encode())
    (tmp_path / "t.csv").write_text('"#vote",12\n#news\t3\n')
    lists = ListSettings(domains=("a.txt",), hashtags=("t.csv",))
    assert names_in(lists, tmp_path, "block") == {"domains": ["b.net", "example.org"], "hashtags": ["#news", "#vote"]}


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"", "holds no name"), (b"domain\n", "holds no name"), (b"\xff\xfe", "is not UTF-8")]
)
def test_lists_that_cannot_be_read(tmp_path, content, sentence):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(InputError, match=rf"allow\.domains: .*{sentence}"):
        names_in(ListSettings(domains=("a.txt",)), tmp_path, "allow")
    with pytest.raises(InputError, match="matches no file"):
        names_in(ListSettings(domains=("missing.txt",)), tmp_path, "allow")


def test_short_links_in_files(tmp_path):
    (tmp_path / "s.csv").write_text("note,short,resolved\n,b.ly/1,https://a.org\n,b.ly/1,https://b.org\n,b.ly/2,\n")
    assert short_links(InputSettings(short_links=("s.csv",)), tmp_path).rows() == [("b.ly/1", "https://a.org")]
    (tmp_path / "s.csv").write_text("from,to\na,b\n")
    with pytest.raises(InputError, match=r"needs the columns short and resolved\. It has: from, to"):
        short_links(InputSettings(short_links=("s.csv",)), tmp_path)
