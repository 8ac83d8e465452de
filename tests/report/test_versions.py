"""Versions of one text, side by side."""

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cib.report.page import write_page
from cib.report.quotes import within
from cib.report.run import open_run
from cib.report.versions import differences, versions
from cib.settings import ReportSettings
from tests.report import made


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A run whose layer `text` holds near copies."""
    run = made.run(tmp_path_factory.mktemp("copied"))
    manifest = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["layers"]["text"]["trace"] = "near_copy"
    (run.folder / "manifest.json").write_text(json.dumps(manifest | {"posts": "posts.parquet"}), encoding="utf-8")
    return open_run(run.folder)


def test_the_oldest_comes_first_and_all_are_of_the_network(copied):
    members = copied.table("members")
    found = versions(copied, members)
    assert found
    posts = copied.scan_posts().collect()
    rows = within(copied.evidence()["text"], members).collect()
    for network, groups in found.items():
        mine = rows.filter(pl.col("network") == network)
        known = posts.filter(pl.col("post").is_in(pl.concat([mine["row_source"], mine["row_target"]]).implode()))
        for group in groups:
            assert group["layer"] == "text"
            times = [version["at"] for version in group["versions"]]
            assert times == sorted(times)
            assert len(times) > 1
            for version in group["versions"]:
                whole = "".join(part for part, _ in version["parts"])
                assert any(text.startswith(whole.removesuffix("…")) for text in known["text"])
            assert not any(new for _, new in group["versions"][0]["parts"])
            assert "came first" in group["summary"]
            assert "in en" in group["summary"]


def test_differences_are_marked_on_the_page_and_nothing_in_them_is_markup(copied, tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "captions.json").write_text("{}")  # none, which are not asked about
    page = write_page(copied, tmp_path, ReportSettings()).read_text(encoding="utf-8")
    assert "Versions of one text" in page
    assert "<mark>" in page
    assert "<script>alert" not in page
    assert "Generic texts" in page


def test_without_such_a_layer_there_are_none(copied, tmp_path):
    run = made.run(tmp_path)
    assert versions(run, run.table("members")) == {}


@given(st.text("ab ", max_size=20), st.text("ab 字", max_size=20))
def test_the_parts_are_the_text(one, two):
    parts = differences(one, two)
    assert "".join(part for part, _ in parts) == two
    assert not any(new for _, new in differences(two, two))


def test_scripts_without_blanks_differ_by_characters():
    one, two = "今天大家都去投票支持這位候選人吧", "明天大家都去投票支持這位候選人吧"
    assert differences(one, two) == [("明", True), ("天大家都去投票支持這位候選人吧", False)]
