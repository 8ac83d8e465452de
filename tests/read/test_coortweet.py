from collections import Counter

import polars as pl

from cib.read.repeats import CONFLICT
from tests.read.made import DATA, read_files, read_text


def test_four_columns(tmp_path):
    got = read_files(DATA / "coortweet_shares.csv", out=tmp_path / "out")
    source = pl.read_csv(DATA / "coortweet_shares.csv", infer_schema=False)
    assert len(got.posts) == source["content_id"].n_unique() == 45
    assert got.column("created_at")[0].timestamp() == int(source["timestamp_share"][0])
    # Every row of the source is one item in a list, repeats included.
    shares = got.posts.select("post_id", "objects").explode("objects", empty_as_null=True, keep_nulls=True)
    assert Counter(shares.rows()) == Counter(source.select("content_id", "object_id").rows())
    twice = got.posts.filter(pl.col("post_id") == "013f748ac236e2a80c5ca6c175e058e6")["objects"].to_list()
    assert twice == [["9a68591a1fb25f545f02cde94e5325a9"] * 2]
    assert set(got.column("kind")) == {"original"}


def test_a_column_for_each_sort_of_object(tmp_path):
    got = read_files(DATA / "coortweet_wide.csv", out=tmp_path / "out")
    posts = {row["post_id"]: row for row in got.posts.to_dicts()}
    assert posts["37775"]["hashtags"] == ["7465"] * 4
    assert posts["37775"]["media"] == ["26215", "26215"]
    assert posts["44962"]["media"] == ["4579", "21223"]
    assert posts["84443"] | {"urls": ["29871"], "objects": ["5534"], "hashtags": None} == posts["84443"]
    assert posts["84443"]["account_id"] == "facebook:fb_5966"
    assert posts["37775"]["platform"] == "twitter"
    nameless = sorted(row["account_id"] for name, row in posts.items() if name.startswith("row:"))
    assert nameless == ["facebook:fb_20176", "facebook:fb_42", "facebook:fb_45"]
    source = pl.read_csv(DATA / "coortweet_wide.csv", infer_schema=False)["post_id"]
    assert len(posts) == source.drop_nulls().n_unique() + source.null_count()
    assert list(got.went().values()) == [len(source) - len(posts)]


def test_rows_of_one_post_must_agree(tmp_path):
    rows = ["a,p1,o1,100", "a,p1,o2,100", "b,p1,o3,100", "a,p1,o4,101", "b,p2,o1,100"]
    got = read_text("account_id,content_id,object_id,timestamp_share\n" + "\n".join(rows), tmp_path)
    assert got.column("objects") == [["o1", "o2"], ["o1"]]
    assert [(row["row"], row["reason"]) for row in got.quarantine] == [
        (4, CONFLICT),
        (5, CONFLICT),
    ]


def test_ids_are_opaque(tmp_path):
    got = read_text('account_id,content_id,object_id,timestamp_share\n007,0012,"a b, c",100\n', tmp_path)
    assert got.posts.select("account_id", "post_id", "objects").row(0) == ("generic:007", "0012", ["a b, c"])
