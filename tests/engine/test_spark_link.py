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


SWEEPS = {
    "default": {},
    "one object": {"min_objects": 1},
    "no window": {"window": None},
    "no window, loops kept": {"window": None, "min_objects": 1, "loops": "keep"},
    "same second": {"window": 0 * S, "min_objects": 1},
    "loops kept": {"loops": "keep"},
    "participation": {"min_acts": 12, "min_objects": 1, "fast_window": 5 * S},
    "either": {"min_acts": 14, "participation": "either", "min_objects": 1},
    "capped": {"max_accounts": 8},
    "shift": {"timing_null": "shift", "window": 3600 * S, "min_objects": 1, "weight": "agreement"},
    "chung_lu": {"null": "chung_lu", "joint": "fisher", "weight": "agreement"},
    "hypergeometric": {"null": "hypergeometric", "joint": "both"},
    "nothing asked": {"null": "none", "timing_null": "none", "weight": "pairs"},
    "only timing": {"null": "none", "weight": "messages", "min_objects": 1},
}


@pytest.mark.parametrize("case", list(SWEEPS))
def test_the_sweep_is_the_same(tmp_path, spark, case):
    layer = LayerSettings.model_validate({"window": 20 * S, "weight": "evidence"} | SWEEPS[case])
    edges = compare(tmp_path, made(list(SWEEPS).index(case), 600 if case == "shift" else 1), layer, spark)
    assert len(edges) > 3


ALIKE = {
    "cosine": {"idf": "smooth", "tf": "sublinear"},
    "neighbours": {"idf": "plain", "neighbours": 4, "min_objects": 1},
    "jaccard": {"measure": "jaccard", "min_similarity": 0.3, "weight": "similarity"},
}


@pytest.mark.parametrize("case", list(ALIKE))
def test_similarity_is_the_same(tmp_path, spark, case):
    layer = LayerSettings.model_validate({"kernel": "similarity", "window": None} | ALIKE[case])
    run = RUN.model_copy(update={"memory": 30_000})  # so that accounts are dealt out over several groups
    edges = compare(tmp_path, made(list(ALIKE).index(case)), layer, spark, run=run)
    assert len(edges) > 3


NEAR = {
    "windowed": {"window": 20 * S, "min_acts": 5, "fast_window": 5 * S},
    "ever": {"window": None, "loops": "keep"},
}


@pytest.mark.parametrize("case", list(NEAR))
def test_near_texts_are_the_same(tmp_path, spark, case):
    layer = LayerSettings.model_validate({"kernel": "near", "min_similarity": 0.5, "min_objects": 1} | NEAR[case])
    assert len(compare(tmp_path, made(list(NEAR).index(case), n=120), layer, spark)) > 3


def test_what_comes_first_and_what_is_the_object_itself_is_the_same(tmp_path, spark):
    """CooRTweet's way: the earlier row comes first of two posts at one moment; a post is no pair with its reposts."""
    acts = made(50)
    own = pl.DataFrame(
        [acts[i][1:3] for i in range(0, 200, 3)], schema={"object": pl.UInt32, "post": pl.UInt32}, orient="row"
    )
    order = np.random.default_rng(1).permutation(20)
    layer = LayerSettings(
        window=20 * S, loops="drop_ids", min_objects=1, min_acts=8, fast_window=10 * S, participation="either"
    )
    beside = Beside(order=order, own=own.unique().sort("object", "post"), scratch=tmp_path)
    edges = compare(tmp_path, acts, layer, spark, beside)
    assert edges["pairs_fast"].sum() > 0


def test_a_layer_without_links_is_the_same(tmp_path, spark):
    assert compare(tmp_path, [(a, a, a, 0) for a in range(3)], LayerSettings(window=20 * S), spark).is_empty()
