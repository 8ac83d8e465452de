"""What the page draws and asks of each network, held against counting by hand."""

from collections import Counter

import polars as pl
import pytest

from cib.report.charts import HEIGHT, WIDTH, bar_chart
from cib.report.portrait import portraits
from cib.report.quotes import shared_objects
from cib.report.sensitivity import sensitivity
from tests.report import made


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return made.run(tmp_path_factory.mktemp("portrait"))


@pytest.fixture(scope="module")
def members(run):
    return run.table("members")


def of(members, network):
    return set(members.filter(network=network)["account_id"])


def test_bars_fill_their_box():
    drawn = bar_chart("t", [0, 2, 4], ["a", "b", "c"], usual=[1, 1, 8])
    assert [height for *_, height in drawn.bars] == [0, HEIGHT / 4, HEIGHT / 2]
    assert all(top + height == HEIGHT for _, top, _, height in drawn.bars)
    assert max(left + width for left, _, width, _ in drawn.bars) <= WIDTH
    assert drawn.steps.split()[-1] == f"{WIDTH:.1f},0.0"
    assert drawn.alt == "t. Most: c, 4."
    assert bar_chart("t", [], []).bars == []


def test_hours_are_shares_of_the_members_posts(run, members):
    posts = run.scan_posts().select("account_id", hour=pl.col("created_at").dt.hour()).collect()
    for network, shown in portraits(run, members).items():
        mine = posts.filter(pl.col("account_id").is_in(list(of(members, network))))
        counted = Counter(mine["hour"])
        heights = [height for *_, height in shown["charts"][0].bars]
        most = max(range(24), key=lambda hour: counted[hour])
        for hour in range(24):
            expected = counted[hour] / counted[most] * heights[most]
            assert heights[hour] == pytest.approx(expected, abs=0.02)
        assert shown["languages"] == [("en", 1.0, "100 %", "100 %")]


def test_creation_dates_are_drawn_of_all_members_that_have_one(run, members):
    for network, shown in portraits(run, members).items():
        cohort = next(drawn for drawn in shown["charts"] if drawn.title.startswith("When"))
        assert cohort.note == f"{len(of(members, network))} members with a known date."


def test_the_same_minute_is_that_with_most_members(run, members):
    evidence = run.evidence()
    for network, shown in portraits(run, members).items():
        inside = of(members, network)
        seen: dict[tuple[str, str, object], set[str]] = {}
        for layer, frame in evidence.items():
            for row in frame.collect().iter_rows(named=True):
                if {row["source"], row["target"]} <= inside and abs(row["delta_s"]) <= 60:
                    minute = min(row["time_source"], row["time_target"]).replace(second=0, microsecond=0)
                    seen.setdefault((layer, row["object"], minute), set()).update((row["source"], row["target"]))
        best = max(map(len, seen.values()))
        first = shown["moments"][0]
        assert first["chart"].note.startswith(f"{best} members in the minute from ")
        assert len(shown["moments"]) <= 4
        assert sum(height > 0 for *_, height in first["chart"].bars) >= 1


def test_objects_are_told_with_all_accounts_that_they_link(run, members):
    for row in shared_objects(run, members, per_layer=2).iter_rows(named=True):
        pairs = run.evidence()[row["layer"]].filter(pl.col("object") == row["object"]).collect()
        assert row["linked"] == pl.concat([pairs["source"], pairs["target"]]).n_unique()
        assert row["members"] <= row["linked"]


def test_what_is_left_under_other_settings(run, members):
    graph = run.table("graph")
    evidence = run.evidence()
    found = sensitivity(run, members)
    assert sorted(found) == sorted(set(members["network"]))
    for network, grid in found.items():
        inside = of(members, network)
        links = [row for row in graph.iter_rows(named=True) if {row["source"], row["target"]} <= inside]
        told = {row[0].text: row for row in grid.rows}
        least = run.manifest["config"]["settings"]["graph"]["min_weight"]
        for times in (2, 4):
            kept = [row for row in links if row["weight"] >= times * least]
            check(told[f"links had to weigh {times * least:g} nats"], kept, links, inside)
        for layer in ("repost", "url", "text"):
            kept = [row for row in links if row["layers"] != [layer]]
            check(told[f"the layer {layer} did not count"], kept, links, inside)
        half = evidence["url"].collect().filter(pl.col("delta_s").abs() <= 1800)
        count = half.group_by("source", "target").agg(pl.col("object").n_unique())
        near = {(source, target) for source, target, n in count.iter_rows() if n >= 3}
        kept = [row for row in links if "url" in row["layers"] and (row["source"], row["target"]) in near]
        check(told["the window of url were 30 min instead of 1 h (its links alone)"], kept, links, inside)
        assert not any("window of repost" in name for name in told), "30 s is below the resolution"


def check(cells, kept, links, inside):
    accounts = {row[end] for row in kept for end in ("source", "target")}
    assert [cell.sort for cell in cells[1:]] == [
        len(kept),
        pytest.approx(len(kept) / len(links)),
        len(accounts),
        pytest.approx(len(accounts) / len(inside)),
    ]


def test_steady_members_are_counted(run, members):
    for network, grid in sensitivity(run, members).items():
        stability = members.filter(network=network)["stability"]
        steady, loose = grid.rows[-2:]
        assert steady[3].sort == sum(value >= 0.9 for value in stability)
        assert loose[3].sort == sum(value < 0.5 for value in stability)


def test_times_of_a_strip_begin_at_its_minute(run, members):
    for shown in portraits(run, members).values():
        for strip in shown["moments"]:
            assert strip["chart"].ticks[0][1] == "0"
            assert strip["chart"].ticks[1][1] == "+2 min"
