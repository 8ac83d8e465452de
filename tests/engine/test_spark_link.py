"""Linking on Spark gives the same tables as linking on one machine, row for row and bit for bit."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cib.engine import Local, Spark
from cib.link import Beside
from cib.settings import LayerSettings, RunSettings
from cib.tables import OBJECTS
from tests.link.made import traces

S = timedelta(seconds=1)
RUN = RunSettings()


def made(seed, step=1, n=260, accounts=14, things=30):
    """Acts with ties and repeats, and object 0, on which everybody acts, several times and all the time."""
    rng = np.random.default_rng(seed)
    popularity = 1 / np.arange(1, things + 1)
    who, what = rng.integers(0, accounts, n), rng.choice(things, n, p=popularity / popularity.sum())
    acts = [
        (int(a), int(o), i, int(t))
        for i, (a, o, t) in enumerate(zip(who, what, step * rng.integers(0, 1000, n), strict=True))
    ]
    together = [(a, 40 + o, n + 3 * o + a, 10 * step * o) for o in range(5) for a in range(3)]  # what a campaign does
    return [*acts, *together, *acts[:5]]


def tables(acts, n=45, strata=2):
    rows = []
    for number in range(n):
        mine = [a for a, o, _, _ in acts if o == number]
        people = len(set(mine))
        band = sum(people > most for most in (3, 6, 9))
        rows.append(
            (
                number,
                f"word{number % 7} same text {number // 7}",
                "x",
                max(len(mine), 1),
                max(people, 1),
                band,
                number % strata,
            )
        )
    return traces(acts).sort("object", "time", "account", "post"), pl.DataFrame(
        rows, schema=OBJECTS.schema, orient="row"
    )


def compare(folder, acts, layer, spark, beside=None, run=RUN):
    """Link on both engines, hold every table against the other's, and return the edges."""
    traced = folder / "traced"
    traced.mkdir(exist_ok=True)
    frame, things = tables(acts)
    frame.write_parquet(traced / "traces.parquet")
    things.write_parquet(traced / "objects.parquet")
    told, cut = [], spark.settings.model_copy(update={"shard_acts": 4})  # so that the smallest cases are cut
    for engine in (Local(), Spark(cut)):
        out = folder / engine.name
        out.mkdir(exist_ok=True)
        told.append(engine.link(traced, layer, run, name="url", beside=beside or Beside(scratch=out), out=out))
    for name in ("edges", "pairs", "repetition", "ledger"):
        one, other = (pl.read_parquet(folder / engine / f"{name}.parquet") for engine in ("local", "spark"))
        assert_frame_equal(other, one, check_exact=True)
    assert told[0] == told[1]
    return pl.read_parquet(folder / "spark" / "edges.parquet")


LAYERS = {
    "the defaults": {"weight": "evidence"},
    "a cap, and who takes part": {
        "min_objects": 1, "min_acts": 7, "participation": "either", "fast_window": 5 * S, "max_accounts": 13,
        "null": "chung_lu", "joint": "fisher", "weight": "agreement",
    },
    "one moment": {"window": 0 * S, "min_objects": 1, "null": "hypergeometric", "joint": "both", "weight": "messages"},
    "no window": {"window": None, "null": "none"},
    "loops kept": {"loops": "keep", "timing_null": "none", "weight": "pairs"},
    "a moved clock": {"timing_null": "shift", "window": 3600 * S, "min_objects": 1, "null": "none"},
    "cosine": {"kernel": "similarity", "window": None, "idf": "smooth", "tf": "sublinear", "weight": "similarity"},
    "neighbours": {"kernel": "similarity", "window": None, "measure": "jaccard", "neighbours": 4, "min_objects": 1},
    "near texts": {
        "kernel": "near", "min_similarity": 0.5, "min_objects": 1, "min_acts": 5, "fast_window": 5 * S,
        "null": "chung_lu",
    },
    "near texts at any time": {
        "kernel": "near", "min_similarity": 0.5, "min_objects": 1, "window": None, "loops": "keep",
        "null": "hypergeometric",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", list(LAYERS))
def test_links_are_the_same(tmp_path, spark, name):
    layer = LayerSettings.model_validate({"window": 20 * S} | LAYERS[name])
    near = layer.kernel == "near"
    acts = made(list(LAYERS).index(name), 600 if layer.timing_null == "shift" else 1, n=120 if near else 260)
    # little memory, so that accounts are dealt out over several groups
    run = RUN.model_copy(update={"memory": 30_000}) if layer.kernel == "similarity" else RUN
    assert len(compare(tmp_path, acts, layer, spark, run=run)) > 3


def test_what_comes_first_and_what_is_the_object_itself_are_the_same(tmp_path, spark):
    """CooRTweet's way: the earlier row comes first of two posts at one moment; a post is no pair with its reposts."""
    acts = made(50)
    rows = [acts[i][1:3] for i in range(0, 200, 3)]
    own = pl.DataFrame(rows, schema={"object": pl.UInt32, "post": pl.UInt32}, orient="row")
    layer = LayerSettings(window=20 * S, loops="drop_ids", min_objects=1, min_acts=8, fast_window=10 * S)
    order = np.random.default_rng(1).permutation(20)
    beside = Beside(order=order, own=own.unique().sort("object", "post"), scratch=tmp_path)
    assert compare(tmp_path, acts, layer, spark, beside)["pairs_fast"].sum() > 0


def test_a_layer_without_links_is_the_same(tmp_path, spark):
    assert compare(tmp_path, [(a, a, a, 0) for a in range(3)], LayerSettings(window=20 * S), spark).is_empty()
