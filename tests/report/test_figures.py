"""Figures are there, readable by machines, the same every time, and count what they say."""

import json
from datetime import UTC, datetime, timedelta

import matplotlib as mpl
import numpy as np
import polars as pl
import pytest

from cib.report.figures import write_figures
from cib.report.figures.counts import bins, coactions, delays, posted
from cib.report.run import RunFiles
from tests.report.conftest import SETTINGS, parse_xml

OVERVIEW = ["graph", "networks", "timeline", "delays", "weights", "week"]


@pytest.fixture(scope="module")
def captions(written) -> dict[str, dict[str, str]]:
    return json.loads(written.read("figures/captions.json"))


def test_every_figure_is_there_with_words(written, captions):
    assert list(captions) == [*OVERVIEW, "network_01", "network_02"]
    files = {path.name for path in (written.out / "figures").iterdir()}
    assert files == {"captions.json", *(f"{name}.{kind}" for name in captions for kind in ("png", "svg"))}
    assert all(len(caption["alt"]) > 40 and caption["title"] for caption in captions.values())


def test_they_are_not_blank_and_not_large(written, captions):
    for name in captions:
        pixels = mpl.image.imread(written.out / "figures" / f"{name}.png")
        assert pixels.std() > 0.02
        assert parse_xml(written.read(f"figures/{name}.svg")).tag.endswith("svg")
        assert (written.out / "figures" / f"{name}.svg").stat().st_size < 500_000


def test_the_same_run_gives_the_same_bytes(written, tmp_path):
    before = dict(mpl.rcParams)
    paths = write_figures(RunFiles(written.run.folder, written.run.posts), tmp_path, SETTINGS)
    assert paths
    for path in paths:
        assert path.read_bytes() == (written.out / "figures" / path.name).read_bytes(), path.name
    assert dict(mpl.rcParams) == before


def test_nothing_to_draw_draws_nothing(written_empty):
    assert [path.name for path in (written_empty.out / "figures").iterdir()] == ["captions.json"]


def test_posts_are_counted_by_network_and_hour(written):
    posts = pl.read_parquet(written.run.posts).select("account_id", "created_at")
    of = dict(written.run.table("members").select("account_id", "network").iter_rows())
    expected: dict[tuple[int | None, datetime], int] = {}
    for account, at in posts.iter_rows():
        key = (of.get(account), at.replace(minute=0, second=0, microsecond=0))
        expected[key] = expected.get(key, 0) + 1
    assert {(network, at): n for network, at, n in posted(written.run).iter_rows()} == expected


def test_co_actions_are_counted_inside_and_outside_networks(written):
    of = dict(written.run.table("members").select("account_id", "network").iter_rows())
    expected: dict[tuple[str, int | None], int] = {}
    for layer, frame in written.run.evidence().items():
        for source, target in frame.select("source", "target").collect().iter_rows():
            key = (layer, of.get(source) if of.get(source) == of.get(target) else None)
            expected[key] = expected.get(key, 0) + 1
    counted = coactions(written.run).group_by("layer", "network").agg(pl.col("pairs").sum())
    assert {(layer, network): n for layer, network, n in counted.iter_rows()} == expected


def test_delays_add_up_and_end_at_the_window(written):
    for delay in delays(written.run):
        frame = written.run.evidence()[delay.layer].select(pl.col("delta_s").abs()).collect()["delta_s"]
        assert sum(delay.pairs) == len(frame)
        assert sum(delay.even) == pytest.approx(len(frame))
        middle = np.arange(len(delay.pairs)) * delay.width
        nearest = [int((np.abs(frame.to_numpy() - at) < delay.width / 2).sum()) for at in middle]
        if delay.rounded:  # minute times: every delay is a multiple of the bin
            assert delay.pairs == nearest
        assert delay.edges[-1] >= delay.window


@pytest.mark.parametrize("days", [0.01, 1, 20, 300, 2000, 20000])
def test_timelines_have_a_readable_number_of_bins(days):
    first = datetime(2016, 1, 1, tzinfo=UTC)
    last = first + timedelta(days=days)
    width = bins(first, last)
    n = len(pl.datetime_range(first, last, width, eager=True))
    assert n <= 132
    assert n >= 10
