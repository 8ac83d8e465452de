"""What holds for every reader: a common suite over the registry."""

import pytest

from cib.errors import InputError
from cib.read import READERS
from cib.read.fields import FIELDS, REQUIRED
from cib.read.plan import plan_file
from cib.settings import InputSettings
from tests.read.made import DATA, read_files, read_text

SAMPLES = {
    "ira": [DATA / "ira_by_author.csv", DATA / "ira_2018.csv"],
    "coortweet": [DATA / "coortweet_shares.csv", DATA / "coortweet_wide.csv"],
    "generic": [DATA.parents[0] / "read" / "ira_2018.csv"],
}
EVERY = [(name, path) for name, paths in SAMPLES.items() for path in paths]


def test_every_reader_has_a_sample():
    assert SAMPLES.keys() == READERS.keys()
    assert all(reader.name == name and reader.doc for name, reader in READERS.items())
    assert list(READERS)[-1] == "generic"


@pytest.mark.parametrize(("name", "path"), EVERY)
def test_samples(tmp_path, name, path):
    format_ = "generic" if name == "generic" else "auto"
    columns = {"created_at": "harvested_date"} if name == "generic" else {}
    plan = plan_file(path, path.name, InputSettings(format=format_, columns=columns))
    assert plan.reader is READERS[name]
    assert set(plan.mapped.columns) <= set(FIELDS)
    assert set(plan.mapped.columns) >= set(REQUIRED)
    assert plan.mapped.why.keys() == plan.mapped.columns.keys()
    assert set(plan.wanted) <= set(plan.source.names)


@pytest.mark.parametrize(("name", "path"), EVERY[:4])
@pytest.mark.parametrize("cut", ["header", "half", "twice"])
def test_cut_and_doubled_samples(tmp_path, name, path, cut):
    lines = path.read_text("utf-8").splitlines(keepends=True)
    if cut == "header":
        with pytest.raises(InputError, match="has a header and no rows"):
            read_text(lines[0], tmp_path, path.name)
        return
    whole = read_files(path, out=tmp_path / "whole")
    if cut == "half":
        # A last line that breaks off is no row; the others do not change.
        got = read_text("".join(lines)[:-1].rpartition("\n")[0] + "\n" + lines[-1][:7], tmp_path, path.name)
        assert [row["row"] for row in got.quarantine] == [len(lines)]
        assert got.summary.posts in {whole.summary.posts, whole.summary.posts - 1}
        return
    got = read_text("".join(lines + lines[1:]), tmp_path, path.name)
    # The list columns of a source that counts rows hold each item twice; nothing else is different.
    assert got.posts.drop("urls", "hashtags", "media", "objects").equals(
        whole.posts.drop("urls", "hashtags", "media", "objects")
    )


@pytest.mark.parametrize(("name", "path"), EVERY[:4])
def test_order_of_rows_changes_nothing_but_numbers(tmp_path, name, path):
    header, *rows = path.read_text("utf-8").splitlines(keepends=True)
    one = read_text(header + "".join(rows), tmp_path, path.name)
    (tmp_path / "other").mkdir()
    other = read_text(header + "".join(reversed(rows)), tmp_path / "other", path.name)
    named = ["account_id", "created_at", "kind", "text"]
    assert one.posts.select(named).sort(named).equals(other.posts.select(named).sort(named))
    assert one.accounts["account_id"].equals(other.accounts["account_id"])
