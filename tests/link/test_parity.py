"""CooRTweet's published numbers on its Russian data set, to the last pair and edge.

Golden values: CooRTweet (R), its data set `russian_coord_tweets`, detect_groups() and
generate_coordinated_network(), loops removed.
"""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from cib.link import link
from cib.read import read
from cib.settings import InputSettings, LayerSettings
from cib.tables import PAIRS
from cib.traces import build

DATA = Path(__file__).parents[2] / "data" / "coortweet"


@pytest.fixture(scope="module")
def posts(tmp_path_factory):
    out = tmp_path_factory.mktemp("read")
    settings = InputSettings(files=("russian_coord_tweets.parquet",))
    read(settings, root=DATA, out=out, memory=10**9)
    return pl.scan_parquet(out / "posts.parquet")


def detect(posts, window, min_participation):
    layer = LayerSettings(
        trace="object", kinds=("original", "repost", "reply", "quote"), repeats="keep", min_objects=1,
        window=timedelta(seconds=window), min_acts=min_participation, participation="either",
    )  # fmt: skip
    made = build(posts, layer, name="object")
    evidence = [PAIRS.empty()]
    edges = link(made.traces, made.objects, layer, name="object", memory=10**9, sink=evidence.append).edges
    return edges, pl.concat(evidence)


@pytest.mark.parametrize(
    ("window", "min_participation", "pairs", "accounts", "edges", "heaviest", "seconds"),
    [
        (10, 2, 447, 525, 442, None, 2_335),
        (60, 1, 6_281, 3_954, 6_206, 4, 191_046),
        (60, 2, 3_791, 2_110, 3_721, 4, 115_243),
    ],
)
def test_russian_set(  # noqa: PLR0917
    posts, window, min_participation, pairs, accounts, edges, heaviest, seconds
):
    found, evidence = detect(posts, window, min_participation)
    assert len(evidence) == found["pairs"].sum() == pairs
    assert len(found) == edges
    assert pl.concat([found["a"], found["b"]]).n_unique() == accounts
    assert heaviest is None or found["pairs"].max() == heaviest
    assert evidence["delta_s"].abs().sum() == seconds


def test_worked_example():
    """u1: A@0, B@10, C@11; u2: A@100, B@105; w = 10. C falls with two acts asked for; it stays if it posted
    once more elsewhere."""
    from tests.link.made import objects, traces

    acts = [(0, 0, 0, 0), (1, 0, 1, 10), (2, 0, 2, 11), (0, 1, 3, 100), (1, 1, 4, 105)]

    def pairs(acts, m):
        layer = LayerSettings(window=timedelta(seconds=10), min_objects=1, min_acts=m, participation="either")
        got = [PAIRS.empty()]
        link(traces(acts), objects(acts), layer, name="x", memory=10**9, sink=got.append)
        return sorted(pl.concat(got).select("a", "b", pl.col("delta_s").abs()).rows())

    assert pairs(acts, 1) == [(0, 1, 5), (0, 1, 10), (1, 2, 1)]
    assert pairs(acts, 2) == [(0, 1, 5), (0, 1, 10)]
    elsewhere = [*acts, (2, 2, 5, 500)]
    assert pairs(elsewhere, 2) == [(0, 1, 5), (0, 1, 10), (1, 2, 1)]
