"""Figures are there, readable by machines, the same every time, and count what they say."""

import json
from datetime import UTC, datetime, timedelta

import matplotlib as mpl
import numpy as np
import polars as pl
import pytest

from cib.errors import RunError
from cib.report.figures import FIGURES, Sources, list_figures, write_figure, write_figures
from cib.report.figures.change import draw_change
from cib.report.figures.counts import bins, coactions, delays, posted
from cib.report.figures.members import draw_profiles
from cib.report.figures.style import style
from cib.report.run import RunFiles
from cib.tables import CHANGES
from tests.report import made
from tests.report.conftest import SETTINGS, parse_xml

OVERVIEW = ["graph", "networks", "timeline", "delays", "weights", "week", "stability", "profiles"]


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


@pytest.fixture(scope="module")
def nested(tmp_path_factory) -> RunFiles:
    """A run in which network 2 is a cell inside network 1, so that its accounts are in two networks."""
    run = made.run(tmp_path_factory.mktemp("nested") / "run")
    members = run.table("members")
    inner = members.filter(network=1).sort("account_id").head(4)
    both = pl.concat(
        [members.filter(pl.col("network") != 2), inner.with_columns(network=pl.lit(2, pl.UInt32), home=False)]
    )
    both.sort("network", "account_id").write_parquet(run.folder / "tables" / "members.parquet")
    return RunFiles(run.folder, run.posts)


def test_posts_are_counted_in_every_network_of_their_account(nested):
    posts = pl.read_parquet(nested.posts).select("account_id", "created_at")
    of: dict[str, list[tuple[int, bool]]] = {}
    for account, network, home in nested.table("members").select("account_id", "network", "home").iter_rows():
        of.setdefault(account, []).append((network, home))
    expected: dict[tuple[int | None, bool | None, datetime], int] = {}
    for account, at in posts.iter_rows():
        for network, home in of.get(account, [(None, None)]):
            key = (network, home, at.replace(minute=0, second=0, microsecond=0))
            expected[key] = expected.get(key, 0) + 1
    counted = posted(nested)
    assert {(network, home, at): n for network, home, at, n in counted.iter_rows()} == expected
    assert counted.filter(pl.col("home").fill_null(value=True))["posts"].sum() == len(posts)


def test_co_actions_are_counted_in_all_and_in_every_network_of_both(nested):
    of: dict[str, set[int]] = {}
    for account, network in nested.table("members").select("account_id", "network").iter_rows():
        of.setdefault(account, set()).add(network)
    expected: dict[tuple[str, int | None], int] = {}
    for layer, frame in nested.evidence().items():
        for source, target in frame.select("source", "target").collect().iter_rows():
            for key in [(layer, None), *((layer, n) for n in of.get(source, set()) & of.get(target, set()))]:
                expected[key] = expected.get(key, 0) + 1
    counted = coactions(nested).group_by("layer", "network").agg(pl.col("pairs").sum())
    assert {(layer, network): n for layer, network, n in counted.iter_rows()} == expected
    assert any(network == 2 for _, network in expected)


def test_a_network_inside_another_has_a_timeline_and_all_are_counted(nested, tmp_path):
    path = write_figure(nested, "network_02", tmp_path / "inner.svg")
    assert "Network 2: posts of its members" in path.read_text("utf-8")
    graph = write_figure(nested, "graph", tmp_path / "graph.svg").read_text("utf-8")
    assert f"in {len(nested.table('networks'))} candidate networks" in graph


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


# One alone ----------------------------------------------------------------------------------------


def test_one_figure_is_drawn_in_the_size_and_format_asked_for(written, tmp_path):
    png = write_figure(written.run, "week", tmp_path / "a" / "w.png", size=(5, 4), dpi=100)
    assert mpl.image.imread(png).shape[:2] == (400, 500)
    svg = parse_xml(write_figure(written.run, "week", tmp_path / "w.svg", size=(5, 4)).read_text("utf-8"))
    assert (svg.get("width"), svg.get("height")) == ("360pt", "288pt")
    pdf = write_figure(written.run, "network_03", tmp_path / "n.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf == write_figure(written.run, "network_03", tmp_path / "again.pdf").read_bytes()
    week = write_figure(written.run, "week", tmp_path / "week.png").read_bytes()
    assert week == (written.out / "figures" / "week.png").read_bytes()


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("nope", r"no figure 'nope'\. Known: graph, networks"),
        ("network_99", "no figure 'network_99'"),
        ("network_x\x1b[31m", r"no figure 'network_x\[U\+001B\]"),
        ("change", "has nothing to show"),
    ],
)
def test_a_figure_that_is_not_there_is_said(written, tmp_path, name, problem):
    with pytest.raises(RunError, match=problem):
        write_figure(written.run, name, tmp_path / "x.png")


def test_the_list_names_every_figure(written):
    names = [line.split()[0] for line in list_figures(written.run).splitlines()]
    assert names == [*FIGURES, "network_01", "network_02", "network_03"]


# Change -------------------------------------------------------------------------------------------


def changes() -> pl.DataFrame:
    """Four windows: track 1 stays and splits off track 3; track 2 sleeps in the second window and comes back."""
    rows = [
        (1, 1, 0, "born", None, 10, 0), (2, 9, 0, "born", None, 4, 0),
        (1, 1, 1, "shrunk", None, 6, 6), (2, 9, 1, "dormant", None, 0, 0), (3, None, 1, "split", 1, 4, 4),
        (1, 1, 2, "kept", None, 6, 5), (2, 9, 2, "returned", None, 3, 3),
    ]  # fmt: skip
    day, half = datetime(2020, 1, 1, tzinfo=UTC), timedelta(days=7)
    return CHANGES.check(
        pl.DataFrame(
            [
                (track, network, day + w * half, day + (w + 2) * half, fate, origin, n, s, 0, 0)
                for track, network, w, fate, origin, n, s in rows
            ],
            schema=CHANGES.schema, orient="row",
        ).sort("track", "from_at")
    )  # fmt: skip


def test_change_is_drawn_as_blocks_and_bands(tmp_path):
    with style():
        drawn = draw_change(changes(), 20)
        (axes,) = drawn.figure.axes
        blocks = sorted((round(bar.get_x() + bar.get_width() / 2), bar.get_height()) for bar in axes.patches)
        bands = [path.vertices for path in axes.collections[0].get_paths()]
    assert blocks == [(0, 4), (0, 10), (1, 4), (1, 6), (2, 3), (2, 6)]
    # Track 1 twice, 2 over its gap, 3 from the one it split from; each as high as the accounts that stay.
    spans = sorted((round(v[:, 0].min()), round(v[:, 0].max()), round(v[-2, 1] - v[0, 1], 6)) for v in bands)
    assert spans == [(0, 1, 4.0), (0, 1, 6.0), (0, 2, 3.0), (1, 2, 5.0)]
    assert "3 groups followed through 3 windows of 14 d" in drawn.title
    assert "dormant 1 times" in drawn.alt
    assert draw_change(CHANGES.empty(), 20) is None


def test_profiles_are_medians_of_percentiles_by_the_mean_rank(written):
    drawn = draw_profiles(written.run, 3)
    shown = np.asarray(drawn.figure.axes[0].images[0].get_array())
    names = [label.get_text().replace(" ", "_") for label in drawn.figure.axes[0].get_yticklabels()]
    known = written.run.table("indicators").drop_nulls("percentile")
    members = written.run.table("members")
    for row, name in enumerate(names):
        values = dict(known.filter(name=name).select("account_id", "percentile").iter_rows())
        everyone = sorted(values.values())
        for column in range(3):
            mine = [values[a] for a in members.filter(network=column + 1)["account_id"] if a in values]
            if len(mine) < 3:
                assert not np.isfinite(shown[row, column])
                continue
            ranks = [np.mean([i + 0.5 for i, v in enumerate(everyone) if v == own]) / len(everyone) for own in mine]
            assert shown[row, column] == pytest.approx(100 * np.median(ranks))


def test_numbers_on_the_graph_do_not_hide_each_other(written):
    drawn = FIGURES["graph"][1](Sources(written.run, 3))
    places = [text.get_position() for text in drawn.figure.axes[0].texts]
    assert len(places) == 3
    assert min(np.hypot(a[0] - b[0], a[1] - b[1]) for i, a in enumerate(places) for b in places[:i]) > 20
