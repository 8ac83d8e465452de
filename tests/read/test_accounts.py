from datetime import UTC, datetime

import polars as pl
import pytest

from cib.errors import ConfigError, InputError
from tests.read.made import read_files, read_text

POSTS = """id,user_id,screen_name,time,text,followers,bio
1,7,ann,20,a,10,
2,7,anna,30,b,,hello
3,7,old,10,c,99,first
4,8,bob,30,d,-1,
5,8,bert,30,e,x,
"""


def write(folder, text, name="accounts.csv"):
    (folder / name).write_text(text)
    return name


def test_the_latest_known_value_of_each_field(tmp_path):
    got = read_text(POSTS, tmp_path)
    assert got.accounts.select("account_id", "handle", "followers", "description").rows() == [
        ("generic:7", "anna", 10, "hello"),
        # Of two posts at the same time the later row counts; -1 and 'x' are no counts.
        ("generic:8", "bert", None, None),
    ]


def test_batches_do_not_change_what_is_latest(tmp_path):
    rows = [f"{n},{n % 5},h{n},{(n * 7919) % 1000},t{n},{n},\n" for n in range(20_000)]
    (tmp_path / "posts.csv").write_text(POSTS.splitlines()[0] + "\n" + "".join(rows))
    small = read_files(tmp_path / "posts.csv", out=tmp_path / "small", memory=1)
    large = read_files(tmp_path / "posts.csv", out=tmp_path / "large")
    assert small.accounts.equals(large.accounts)
    assert small.accounts["handle"].to_list() == [
        f"h{max((n for n in range(20_000) if n % 5 == account), key=lambda n: ((n * 7919) % 1000, n))}"
        for account in range(5)
    ]


def test_accounts_are_numbered_like_their_ids_sort(tmp_path):
    users = ["b", "a", "10", "9", "é", "Z", "~"]
    got = read_text("user,time,text\n" + "".join(f"{user},{n},t\n" for n, user in enumerate(users)), tmp_path)
    assert got.accounts["account_id"].to_list() == [f"generic:{user}" for user in sorted(users)]


def test_an_account_table_overrules_the_posts(tmp_path):
    table = write(tmp_path, "id,followers_count,created_at,label\n7,5,2015-01-01,bot\n9,1,2015-01-01,bot\n")
    got = read_text(POSTS, tmp_path, accounts=(table,))
    assert got.accounts.select("account_id", "handle", "followers", "created_at", "label").rows() == [
        ("generic:7", "anna", 5, datetime(2015, 1, 1, tzinfo=UTC), "bot"),
        ("generic:8", "bert", None, None, None),
    ]
    lines = got.ledger.filter(pl.col("where") == table).select("reason", "rows_in", "rows_out", "examples").rows()
    assert lines == [
        ("posts by accounts that are not in the account table: kept", 2, 2, ["generic:8"]),
        ("accounts of the account table without posts: left out", 2, 1, ["generic:9"]),
    ]
    assert got.summary.notes == ["The account table names 1 of 2 accounts; 2 posts are by others and were kept."]


def test_the_key_is_the_column_that_names_most_accounts(tmp_path):
    table = write(tmp_path, "id,id_str,screen_name\n1e5,7.30E+17,7\n2,8.30E+17,8\n")
    got = read_text(POSTS, tmp_path, accounts=(table,))
    assert got.accounts["handle"].to_list() == ["7", "8"]


def test_columns_of_the_account_table_are_named_in_the_config(tmp_path):
    table = write(tmp_path, "wer;seit;klasse\n7;2015-01-01T00:00:00Z;bot\n")
    columns = {"account_id": "wer", "created_at": "seit", "label": "klasse"}
    got = read_text(POSTS, tmp_path, accounts=(table,), account_columns=columns)
    assert got.accounts.select("created_at", "label").row(0) == (datetime(2015, 1, 1, tzinfo=UTC), "bot")


def test_an_account_table_of_strangers(tmp_path):
    with pytest.raises(InputError, match=r"no column names an account of the posts, such as '7'"):
        read_text(POSTS, tmp_path, accounts=(write(tmp_path, "id,label\n70,bot\n"),))


def test_rows_of_the_account_table_that_cannot_be_used_are_counted(tmp_path):
    table = write(tmp_path, "id,label\n7,bot\n,none\n8\n")
    got = read_text(POSTS, tmp_path, accounts=(table,))
    lines = got.ledger.filter(pl.col("where") == "accounts.csv (account table)").select("reason", "rows_in", "rows_out")
    assert lines.rows() == [
        ("the row has another number of fields than the header", 3, 2),
        ("the row names no account", 2, 1),
    ]
    assert got.quarantine[0]["row"] == 4


def test_ids_on_several_platforms(tmp_path):
    posts = "user,platform,time,text\n1,a,1,x\n1,b,2,x\n2,b,3,x\n"
    plain = write(tmp_path, "id,label\n1,p\n2,q\n", "plain.csv")
    got = read_text(posts, tmp_path, accounts=(plain,))
    # The id 1 is two accounts here, and the table does not say which of them it means.
    assert got.accounts.select("account_id", "label").rows() == [("a:1", None), ("b:1", None), ("b:2", "q")]
    told = write(tmp_path, "id,platform,label\n1,B,p\n2,b,q\n", "told.csv")
    got = read_files(tmp_path / "posts.csv", out=tmp_path / "told", accounts=(told,))
    assert got.accounts["label"].to_list() == [None, "p", "q"]


def test_a_field_that_accounts_do_not_have(tmp_path):
    with pytest.raises(ConfigError, match=r"input\.account_columns: 'text' is not a field of the account table"):
        read_text(POSTS, tmp_path, accounts=(write(tmp_path, "id,x\n7,y\n"),), account_columns={"text": "x"})


def test_accounts_whose_rows_all_went_are_not_there(tmp_path):
    got = read_text("id,user,time,text\n1,u,1,a\n1,v,1,b\n", tmp_path)
    assert got.accounts["account_id"].to_list() == ["generic:u"]
