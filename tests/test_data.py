"""The data that comes with cib is what data/README.md says it is, and nothing else of data/ can be committed."""

import hashlib
import re
import subprocess
from pathlib import Path

import polars as pl
import pytest

from tests.docs.made import channels, forum, world

DATA = Path(__file__).parents[1] / "data"
ROW = re.compile(r"^\| `([\w/.]+)` \| ([\d,]+) \| ([\d,]+) \| [^|]+ \| `([0-9a-f]{64})` \|$", re.MULTILINE)
LISTED = ROW.findall((DATA / "README.md").read_text(encoding="utf-8"))


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_every_file_is_listed():
    assert {name for name, *_ in LISTED} == {
        "ira_sample.parquet",
        "coortweet/russian_coord_tweets.parquet",
        "coortweet/german_elections.parquet",
        "synthetic/forum.csv",
        "synthetic/channels.ndjson",
    }


@pytest.mark.parametrize(("name", "rows", "size", "sha256"), LISTED)
def test_file_is_as_listed(name, rows, size, sha256):
    content = (DATA / name).read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (number(size), sha256)
    if name.endswith(".parquet"):
        assert pl.scan_parquet(DATA / name).select(pl.len()).collect().item() == number(rows)
    else:
        assert len(content.splitlines()) - name.endswith(".csv") == number(rows)


def test_the_synthetic_world_is_made_again():
    posts = world()
    assert forum(posts) == (DATA / "synthetic" / "forum.csv").read_bytes()
    assert channels(posts) == (DATA / "synthetic" / "channels.ndjson").read_bytes()
    assert posts["account_id"].n_unique() == 262  # two never post


def test_the_sample_is_as_described():
    sample = pl.read_parquet(DATA / "ira_sample.parquet")
    facts = sample.group_by("account_category").agg(pl.len(), pl.col("author_id").n_unique(), pl.col("retweet").mean())
    described = re.findall(
        r"^\| (\w+) \| ([\d,]+) \| (\d+) \| ([\d.]+) % \|$",
        (DATA / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert {(name, number(rows), int(authors), share) for name, rows, authors, share in described} == {
        (name, rows, authors, f"{share:.1%}".removesuffix("%")) for name, rows, authors, share in facts.iter_rows()
    }
    dates = sample["publish_date"]
    assert (dates.min(), dates.max(), sample["author_id"].n_unique()) == (
        "2016-09-01 00:00:00",
        "2016-11-15 23:58:00",
        360,
    )


@pytest.mark.parametrize(
    ("name", "ignored"),
    [
        ("data/mine.csv", True),
        ("data/exports/mine.parquet", True),
        ("data/coortweet/mine.parquet", True),
        ("data/README.md", False),
        ("data/ira_sample.parquet", False),
        ("data/coortweet/german_elections.parquet", False),
        ("reports/default/report.html", True),
        ("reports/example/report.html", False),
        ("tests/data/read/sample.csv", False),
    ],
)
def test_users_own_files_are_ignored_by_git(name, ignored, tmp_path):
    # In a repository of its own, so that the answer does not depend on where the tests run.
    (tmp_path / ".gitignore").write_bytes((DATA.parent / ".gitignore").read_bytes())
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)  # noqa: S607  (git is where it is)
    answer = subprocess.run(["git", "-C", str(tmp_path), "check-ignore", "--quiet", name], check=False)  # noqa: S607
    assert (answer.returncode == 0) is ignored
