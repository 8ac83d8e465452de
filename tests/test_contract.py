"""A stage that is given a wrong table fails with a sentence that names the table, the column and the rule."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from cib.accounts import describe
from cib.errors import TableError
from cib.link import link
from cib.networks import fuse, group
from cib.settings import AccountSettings, GraphSettings, LayerSettings, NetworkSettings
from cib.tables import EDGES, OBJECTS, POSTS, RUN_TABLES, TRACES
from cib.traces import build
from tests.link.made import objects, traces
from tests.networks.test_networks import edge, edges

GOOD = edges(edge("text", 0, 1), edge("text", 0, 2))

WRONG = {
    "a column is missing": (GOOD.drop("q"), ["'q'", "is missing"]),
    "a column too many": (GOOD.with_columns(extra=1), ["'extra'", "does not belong"]),
    "another type": (GOOD.with_columns(pl.col("a").cast(pl.Int64)), ["'a'", "must be UInt32", "Int64"]),
    "times without a zone": (
        GOOD.with_columns(pl.col("first_at").dt.replace_time_zone(None)),
        ["'first_at'", "time_zone='UTC'"],
    ),
    "a null": (GOOD.with_columns(q=pl.lit(None, dtype=pl.Float64)), ["'q'", "must not be null", "2 of 2 rows"]),
    "out of range": (GOOD.with_columns(p=pl.Series([0.5, 1.5])), ["'p'", "between 0 and 1", "1 of 2 rows", "1.5"]),
    "nought where it must be more": (
        GOOD.with_columns(objects=pl.lit(0, dtype=pl.UInt32)),
        ["'objects'", "must be more than 0"],
    ),
    "the key repeats": (pl.concat([GOOD, GOOD.head(1)]), ["layer, a, b", "must be unique", "('text', 0, 1)"]),
}


def test_a_good_table_comes_back_as_it_is():
    assert EDGES.check(GOOD) is GOOD


@pytest.mark.parametrize("wrong", list(WRONG))
def test_a_wrong_table_is_named_with_its_rule(wrong):
    frame, words = WRONG[wrong]
    with pytest.raises(TableError) as raised:
        EDGES.check(frame)
    for word in ["Table 'edges'", *words]:
        assert word in str(raised.value)


def test_what_may_be_null_may_be():
    assert len(EDGES.check(GOOD.with_columns(p_sync=pl.lit(None, dtype=pl.Float64)))) == 2


def test_shape_adds_what_may_be_absent_and_orders_the_columns():
    shaped = EDGES.shape(GOOD.drop("p_sync", "expected_sync").select(pl.all().reverse()))
    assert shaped.columns == list(EDGES.columns)
    assert shaped["p_sync"].null_count() == 2


@pytest.mark.parametrize("name", list(RUN_TABLES))
def test_an_empty_table_keeps_its_contract(name):
    assert RUN_TABLES[name].check(RUN_TABLES[name].empty()).is_empty()


def test_a_stage_refuses_a_wrong_table():
    acts = [(0, 0, 0, 0), (1, 0, 1, 5)]
    layer = LayerSettings(window=timedelta(seconds=60), min_objects=1)
    for wrong_traces, wrong_objects, table in (
        (traces(acts).with_columns(time=datetime(2020, 1, 1, tzinfo=UTC).timestamp()), objects(acts), TRACES),
        (traces(acts), objects(acts).drop("band"), OBJECTS),
    ):
        with pytest.raises(TableError, match=f"Table '{table.name}'"):
            link(wrong_traces, wrong_objects, layer, name="x", memory=10**9, sink=lambda _: None)


def test_every_stage_asks_for_its_tables():
    wrong = pl.DataFrame({"unknown": [1]})
    layers = {"text": LayerSettings()}
    calls = {
        "posts": lambda: build(wrong.lazy(), LayerSettings(trace="text"), name="x"),
        "edges": lambda: fuse(wrong, {}, layers, GraphSettings()),
        "pairs": lambda: fuse(EDGES.empty(), {"text": wrong.lazy()}, layers, GraphSettings()),
        "graph": lambda: group(wrong, NetworkSettings(), seed=1),
        "accounts": lambda: describe(POSTS.empty().lazy(), wrong, AccountSettings(), resolution_s=1.0, seed=1),
    }
    for name, call in calls.items():
        with pytest.raises(TableError, match=f"Table '{name}': column '[a-z_]+' is missing"):
            call()
