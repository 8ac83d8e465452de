"""Posts that come twice: held against a plain walk through the rows."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cib.read.repeats import CONFLICT, MERGED, REPEATED, SEEN
from tests.read.made import read_files, read_text

HEADER = "id,user,time,text,objects\n"
ROW = st.tuples(
    st.sampled_from(["", "1", "2", "3"]),
    st.sampled_from("uv"),
    st.integers(1, 2),
    st.sampled_from(["", "t", "s"]),
    st.sampled_from(["", "a", "b"]),
)


def by_hand(rows, *, drop):
    """Return the posts, each with its row and its objects, and how many rows went for each reason."""
    posts, heads, went = {}, {}, []
    same_post = {}
    for row in rows:
        if row[0]:
            same_post.setdefault(row[0], []).append(row)
    for number, (name, user, time, text, thing) in enumerate(rows):
        key = name or ((user, time, text or ("", thing)) if drop else number)
        things = [thing] * bool(thing)
        if key not in heads:
            heads[key] = (number, user, time)
            posts[number] = things
        elif not name:
            went.append(REPEATED)
        elif heads[key][1:] != (user, time):
            went.append(CONFLICT)
        elif len({row[4] for row in same_post[name] if row[1:3] == heads[key][1:]}) > 1:
            went.append(MERGED)
            posts[heads[key][0]] += things
        else:
            went.append(SEEN)
    return posts, {reason: went.count(reason) for reason in set(went)}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=12), memory=st.sampled_from([1, 100, 10**9]), drop=st.booleans())
def test_repeats_by_hand(tmp_path_factory, rows, memory, drop):
    folder = tmp_path_factory.mktemp("repeats")
    text = HEADER + "".join(f"{','.join(map(str, row))}\n" for row in rows)
    # Plain posts have several objects only where the rows differ; a text without hashtags adds none.
    got = read_text(text, folder, memory=memory, exact_repeats="drop" if drop else "keep")
    posts, went = by_hand(rows, drop=drop)
    assert {row - 2: things or [] for row, things in got.posts.select("source_row", "objects").rows()} == posts
    assert got.went() == went


def test_the_first_file_by_name_is_kept(tmp_path):
    for name, text in (("b.csv", "late"), ("a.csv", "early")):
        (tmp_path / name).write_text(f"id,user,time,text\n1,u,1,{text}\n{name},u,1,x\n")
    got = read_files(tmp_path / "b.csv", tmp_path / "a.csv", out=tmp_path / "out")
    assert got.posts.select("post_id", "text", "source_file").rows() == [
        ("1", "early", "a.csv"),
        ("a.csv", "x", "a.csv"),
        ("b.csv", "x", "b.csv"),
    ]
    assert got.ledger.filter(pl.col("where") == "b.csv").select("reason", "examples").rows() == [(SEEN, ["row 2"])]


def test_the_same_id_on_two_platforms_is_two_posts(tmp_path):
    got = read_text("id,user,time,text,platform\n1,u,1,x,A\n1,u,1,x,b\n", tmp_path)
    assert got.column("account_id") == ["a:u", "b:u"]


def test_files_of_one_name_in_two_folders(tmp_path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "p.csv").write_text(f"user,time,text\nu,1,{folder}\n")
    got = read_files(tmp_path, out=tmp_path / "out")
    assert got.column("post_id") == ["row:x/p.csv:2", "row:y/p.csv:2"]


def made(folder: Path, rows: int) -> Path:
    """Write posts of which each tenth comes again, far behind the first."""
    numbers = [number if number % 10 else number // 2 for number in range(rows)]
    frame = pl.DataFrame({"id": numbers, "user": ["u"] * rows, "time": [1] * rows, "text": [f"t{n}" for n in numbers]})
    frame.with_columns(user=pl.col("id") % 97).write_csv(folder / "made.csv")
    return folder / "made.csv"


@pytest.mark.parametrize("memory", [50_000, 10**9])
def test_many_batches_and_passes_give_the_same(tmp_path, memory):
    file = made(tmp_path, 30_000)
    got = read_files(file, out=tmp_path / "out", memory=memory)
    first = pl.read_csv(file, infer_schema=False).with_row_index("row", offset=2).unique("id", keep="first").sort("row")
    assert got.column("source_row") == first["row"].to_list()
    assert got.went() == {SEEN: 30_000 - len(first)}


def test_the_same_input_gives_the_same_bytes(tmp_path):
    file = made(tmp_path, 5_000)
    for out in ("one", "two"):
        read_files(file, out=tmp_path / out)
    for name in ("posts.parquet", "accounts.parquet", "ledger.parquet", "quarantine.ndjson"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
