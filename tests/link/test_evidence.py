"""What the pairs of posts say of an edge: who came first, how fast, and what an account repeats itself."""

from collections import Counter
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from cib.link import link
from cib.link.acts import acts_of
from cib.link.evidence import repetition
from cib.link.kernels import Beside
from cib.settings import LayerSettings
from tests.link.made import acts_at_random, objects, traces


def edges(acts, order=None, **settings):
    layer = LayerSettings(min_objects=1, **settings)
    beside = Beside(order=None if order is None else np.array(order))
    return link(traces(acts), objects(acts), layer, name="x", memory=10**9, sink=lambda _: None, beside=beside).edges


def test_messages_are_counted_in_each_direction():
    """coordination-network-toolkit's worked example: x by A@0, A@30, B@60, C@61, w = 60."""
    acts = [(0, 0, 0, 0), (0, 0, 1, 30), (1, 0, 2, 60), (2, 0, 3, 61)]
    found = edges(acts, window=timedelta(seconds=60), weight="messages")
    assert found.select("a", "b", "messages_a", "messages_b", "pairs").rows() == [
        (0, 1, 2, 1, 2),
        (0, 2, 1, 1, 1),
        (1, 2, 1, 1, 1),
    ]
    assert found["weight"].to_list() == [2, 1, 1]
    assert repetition(acts_of(traces(acts)), timedelta(seconds=60), "x").rows() == [("x", 0, 1, 2)]


def test_of_two_posts_at_one_moment_the_one_of_the_earlier_account_is_first():
    """a posts twice at the moment of b's one post; who came first decides how many first and second posts there are."""
    acts = [(0, 0, 0, 5), (0, 1, 1, 5), (1, 0, 2, 5), (1, 1, 2, 5)]
    for order, expected in (((0, 1), (2, 1)), ((1, 0), (1, 2))):
        found = edges(acts, order, window=timedelta(seconds=0))
        assert found.select("posts_first", "posts_second").row(0) == expected


def test_fast_pairs_are_those_inside_the_fast_window():
    acts = [(0, 0, 0, 0), (1, 0, 1, 5), (0, 1, 2, 100), (1, 1, 3, 140), (2, 1, 4, 141)]
    found = edges(acts, window=timedelta(seconds=60), fast_window=timedelta(seconds=10))
    columns = ("a", "b", "pairs", "pairs_fast", "posts_first_fast", "posts_second_fast", "delta_mean_fast_s")
    assert found.select(columns).rows() == [
        (0, 1, 2, 1, 1, 1, 5.0),
        (0, 2, 1, 0, 0, 0, None),
        (1, 2, 1, 1, 1, 1, 1.0),
    ]
    assert edges(acts, window=timedelta(seconds=60))["pairs_fast"].null_count() == 3


def test_participation_is_asked_again_inside_the_fast_window():
    """With two acts asked for, the one fast pair of 0 and 1 leaves each with a single fast post: it does not count."""
    acts = [(0, 0, 0, 0), (1, 0, 1, 5), (0, 1, 2, 100), (1, 1, 3, 140)]
    fast = {"window": timedelta(seconds=60), "fast_window": timedelta(seconds=10), "participation": "either"}
    assert edges(acts, min_acts=2, **fast)["pairs_fast"].to_list() == [0]
    assert edges(acts, min_acts=1, **fast)["pairs_fast"].to_list() == [1]


@pytest.mark.parametrize("window", [0, 1, 3, 20])
def test_repetition_equals_brute_force(window):
    rng = np.random.default_rng(window)
    seen = 0
    for _ in range(150):
        acts = acts_at_random(rng)
        pairs, messages = Counter(), {}
        own = sorted(set(acts))
        for i, one in enumerate(own):
            for two in own[i + 1 :]:
                if one[:2] == two[:2] and one[2] != two[2] and abs(one[3] - two[3]) <= window:
                    pairs[one[0]] += 1
                    messages.setdefault(one[0], set()).update((one[2], two[2]))
        found = repetition(acts_of(traces(acts)), timedelta(seconds=window), "x")
        assert found.rows() == [("x", who, pairs[who], len(messages[who])) for who in sorted(pairs)]
        seen += len(found)
    assert seen > 40


def test_weights():
    acts = [(0, 0, 0, 0), (1, 0, 1, 5), (0, 0, 2, 7), (0, 1, 3, 100), (1, 1, 4, 100)]
    window = {"window": timedelta(seconds=60)}
    found = {name: edges(acts, weight=name, **window)["weight"].item() for name in ("objects", "pairs", "messages")}
    assert found == {"objects": 2, "pairs": 3, "messages": 3}
    assert edges(acts, weight="similarity", **window)["weight"].item() == 1.0
    row = edges(acts, **window).row(0, named=True)
    unlikely = -np.log10(row["p_sync"])
    assert row["weight"] == pytest.approx(min(row["llr"], 30) + min(unlikely, 10) * np.log(10))
    both = edges(acts, weight="agreement", **window)["weight"].item()
    assert both == pytest.approx(np.sqrt(min(row["llr"], 30) * min(unlikely, 10) * np.log(10)))
    without = edges(acts, weight="agreement", window=None).row(0, named=True)
    assert without["weight"] == pytest.approx(without["llr"])


def test_an_edge_of_one_object_has_no_weight_from_timing():
    acts = [(0, 0, 0, 0), (1, 0, 1, 5), (2, 0, 2, 900), (2, 1, 3, 0), (1, 1, 4, 900)]
    found = edges(acts, window=timedelta(seconds=60)).row(0, named=True)
    assert found["objects"] == 1
    assert found["p_sync"] < 1
    assert found["weight"] == pytest.approx(found["llr"])


def test_frames_of_evidence_do_not_depend_on_the_order_of_the_traces():
    acts = [(0, 0, 0, 0), (1, 0, 1, 5), (2, 0, 2, 7), (0, 1, 3, 100), (1, 1, 4, 100)]
    layer = LayerSettings(min_objects=1)
    frames = []
    for some in (acts, acts[::-1]):
        kept: list[pl.DataFrame] = []
        link(traces(some), objects(acts), layer, name="x", memory=10**9, sink=kept.append)
        frames.append(pl.concat(kept))
    assert frames[0].equals(frames[1])
