"""The quick way through JSON gives what the standard library's parser gives, or leaves a line to it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cib.read.lines import _flat, _parsed, _with_prefixes
from cib.read.quick import quick_columns
from tests.read.made import read_text

WANTED = ["a", "b", "a.b", "a.b.c", "b.a", "c.d.e"]
KEYS = st.sampled_from(["a", "b", "c", "d", "e", "x"])
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=4)
)
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)


def slow(text):
    value, reason = _parsed(text)
    return None if reason else _flat(value, _with_prefixes(WANTED))


@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=4), max_size=5), st.booleans())
def test_both_ways_agree(rows, ascii_):
    texts = [json.dumps(row, ensure_ascii=ascii_).encode("utf-8", "replace") for row in rows]
    got = quick_columns(WANTED)(texts)
    assert got.taken == list(range(len(texts)))
    for at, text in enumerate(texts):
        assert {name: got.columns[name][at] for name in WANTED} == {name: slow(text).get(name) for name in WANTED}


@given(st.lists(st.binary(max_size=12) | st.text('{}[]":,0123ae\\u.-+ ', max_size=16).map(str.encode), max_size=6))
def test_what_is_no_json_is_never_taken(texts):
    got = quick_columns(WANTED)(texts)
    assert sorted(got.taken + got.left) == list(range(len(texts)))
    assert all(slow(texts[at]) is not None for at in got.taken)


def test_digits_stay():
    (text,) = [b'{"a": 123456789012345678901234567890, "b": 1.10, "c": {"d": {"e": 7.30E+17}}}']
    columns = quick_columns(WANTED)([text]).columns
    assert columns["a"].item() == "123456789012345678901234567890"
    assert columns["b"].item() == "1.10"
    assert columns["c.d.e"].item() == "7.30E+17"


@pytest.mark.parametrize("deep", ['{"x": ' * 70 + "1" + "}" * 70, "[" * 100_000 + "]" * 100_000])
def test_what_is_nested_too_deeply(tmp_path, deep):
    row = '{"id": "%d", "user": "u", "text": "[[[[{{{{", "time": 1577836800, "more": %s}'
    text = "\n".join([row % (1, "1"), row % (2, deep), row % (3, "[[1]]")])
    got = read_text(text, tmp_path, "posts.ndjson")
    assert got.column("post_id") == ["1", "3"]
    (refused,) = got.quarantine
    assert (refused["row"], refused["reason"]) == (2, "its JSON is nested deeper than input.max_depth")
