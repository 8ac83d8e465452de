"""Reading on Spark gives the posts, accounts, ledger and quarantine of the local engine, row for row."""

import json
from dataclasses import asdict
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cib.config import load
from cib.engine import Local, Reading
from cib.errors import CibError
from cib.read import AccountLists
from cib.settings import InputSettings, RunSettings
from cib.tables import ACCOUNTS, POSTS
from cib.traces import TRACES

ROOT = Path(__file__).parents[2]
# A small memory cuts files into many batches.
RUN = RunSettings(memory=24 << 20)
LABELLED = "id,user_id,screen_name,time,text,objects,followers\n"


def comma(first, last, *, file):
    """Rows of one account table and of posts that come again: in the file, in the other one, and with another time."""
    for n in range(first, last):
        user, other = n % 7, n % 5
        yield f"{n},{user},h{file}{user},{1_600_000_000 + n},text {n},o{other},{n}\n"
        if n % 10 == 0:
            yield f"{n},{user},h{file}{user},{1_600_000_000 + n},text {n},again,{n}\n"
        if n % 25 == 0:
            yield f"{n},{user},,{1_600_000_000 + n + 1},another time,,\n"
        if n % 40 == 0:
            yield f"{n},{user}\n"
            yield f"x{n},,,{1_600_000_000 + n},nobody's,,\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files of several forms: with rows that are refused, that come again, and that contradict each other."""
    folder = tmp_path_factory.mktemp("input")
    (folder / "b.csv").write_text(LABELLED + "".join(comma(100, 400, file="b")))
    (folder / "a.csv").write_text(LABELLED + "".join(comma(0, 200, file="a")))
    (folder / "lines.ndjson").write_text(
        "".join(
            json.dumps({"user": f"u{n % 4}", "time": f"2020-01-01T00:{n % 60:02}:00Z", "text": f"t{n % 50}"}) + "\n"
            if n % 30
            else '{"user": "broken\n'
            for n in range(400)
        )
    )
    table = {"user": [f"u{n % 6}" for n in range(300)], "text": ["same"] * 300, "time": [1_600_000_000] * 300}
    pl.DataFrame(table).write_parquet(folder / "table.parquet")
    (folder / "accounts.csv").write_text("id,followers_count,label\n1,5,known\n99,1,idle\n")
    (folder / "bad.csv").write_text(LABELLED + "1,2\n")
    (folder / "long.csv").write_text(
        LABELLED + "".join(f"p{n},{n % 97},h,{n},{'words ' * 40},,{n}\n" for n in range(9000))
    )
    return folder


SOURCES = {
    "comma": {"files": ("[ab].csv",), "platform": "x", "accounts": ("accounts.csv",)},
    "others": {"files": ("lines.ndjson", "table.parquet"), "platform": "y"},
    "long": {"files": ("long.csv",), "platform": "x"},
}
CASES = {
    "several sources": ({"sources": SOURCES}, AccountLists()),
    "the fullest file, and a block list": (
        {"sources": {"comma": SOURCES["comma"]}, "duplicates": "fullest"},
        AccountLists(block=("3", "x:4")),
    ),
    "no repeats": ({"files": ("table.parquet",), "exact_repeats": "keep"}, AccountLists(allow=("u1", "u2"))),
}
REFUSED = {
    "a file of which every row is refused": {"files": ("a.csv", "bad.csv", "none.csv")},
    "a column that is not there": {"files": ("a.csv",), "columns": {"text": "words"}},
}


def read(engine, reading, out, run=RUN):
    out.mkdir()
    summary = asdict(engine.read(reading, run, out))
    tables = [pl.read_parquet(out / f"{name}.parquet", glob=False) for name in ("posts", "accounts", "ledger")]
    return summary, tables, (out / "quarantine.ndjson").read_bytes()


@pytest.mark.parametrize("case", CASES)
def test_tables(spark, folder, tmp_path, case):
    settings, lists = CASES[case]
    reading = Reading(InputSettings(**settings), folder, lists)
    local, spread = (read(engine, reading, tmp_path / engine.name) for engine in (Local(), spark))
    assert spread[0] == local[0]
    assert spread[2] == local[2]
    for one, other in zip(spread[1], local[1], strict=True):
        assert_frame_equal(one, other)
    POSTS.check(spread[1][0])
    ACCOUNTS.check(spread[1][1])
    assert sorted(path.name for path in (tmp_path / "spark").iterdir()) == [
        "accounts.parquet",
        "ledger.parquet",
        "posts.parquet",
        "quarantine.ndjson",
    ]


def test_the_sample(spark, tmp_path):
    config = ROOT / "configs" / "default.toml"
    reading = Reading(load(config, traces=TRACES).input, config.parent, AccountLists())
    local, spread = (read(engine, reading, tmp_path / engine.name, RunSettings()) for engine in (Local(), spark))
    assert spread[0] == local[0]
    assert spread[2] == local[2]
    for one, other in zip(spread[1], local[1], strict=True):
        assert one.equals(other)


def test_nobody_is_left(spark, folder, tmp_path):
    reading = Reading(InputSettings(files=("a.csv",)), folder, AccountLists(allow=("nobody",)))
    assert said(spark, reading, tmp_path / "spark") == said(Local(), reading, tmp_path / "local")


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(spark, folder, tmp_path, case):
    (folder / "none.csv").write_text("id,user_id,time,text\n")
    reading = Reading(InputSettings(**REFUSED[case]), folder, AccountLists())
    assert said(spark, reading, tmp_path / "spark") == said(Local(), reading, tmp_path / "local")


def said(engine, reading, out):
    """Return the kind and the sentence of what an engine refuses."""
    out.mkdir()
    with pytest.raises(CibError) as refused:
        engine.read(reading, RUN, out)
    return refused.type, str(refused.value)
