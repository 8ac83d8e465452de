"""Documents become columns of text: digits kept, other types null, and one broken document costs itself alone."""

import json

import polars as pl
import pytest

from cib.read.decoding import BROKEN, NO_OBJECT, NOT_UTF8, TOO_DEEP, decoded_documents, json_list, record
from cib.read.nested import at, decoded_values, first_of, joined_lists, records, referring, values_in

SCHEMA = record(_="id text", user=record(_="name"), tags=json_list(), links=json_list(record(_="url")))


def one(value):
    frame, refused = decoded_documents([json.dumps(value).encode()], SCHEMA)
    assert refused == []
    return frame.drop("cib:document").row(0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345678901234567890, "12345678901234567890"),
        ("0012", "0012"),
        (True, "true"),
        (None, None),
        (1.25, "1.25"),
        # Floats that stand for ids stay as written, so that they are recognised as damaged.
        (1.23456789012345e17, "1.23456789012345e+17"),
    ],
)
def test_leaves_are_text(value, text):
    assert one({"id": value, "other": 1}) == (text, None, None, None, None)


def test_floats_of_ids_keep_their_mark():
    frame, _ = decoded_documents([b'{"id": 730000000000000000.0, "text": "\\":1.5e+17,"}'], SCHEMA)
    assert frame.select("id", "text").row(0) == ("730000000000000000.0", '":1.5e+17,')


def test_another_type_than_declared_is_none():
    assert one({"user": [], "tags": "x", "links": {"url": "u"}}) == (None, None, None, None, None)
    assert one({"user": "x", "tags": ["a", None, 1], "links": [{"url": "u"}, None, 5, {}]})[2:] == (
        None,
        ["a", None, "1"],
        [{"url": "u"}, None, None, {"url": None}],
    )


def test_lone_surrogates_become_replacement_characters():
    frame, _ = decoded_documents([b'{"text": "a\\ud83db\\ud83d\\ude00\\udc00"}'], SCHEMA)
    assert frame["text"].to_list() == ["a\ufffdb😀\ufffd"]


@pytest.mark.parametrize("count", [1, 5])
def test_broken_documents_cost_themselves_alone(count):
    good = [b'{"id": 1}', b'{"id":\n2}', b'{"id": 3}\r']
    bad = [b'{"id":', b"[1]", b'{"id": NaN}', b'{"id": "\xff"}', b'{"id": ' + b"[" * 2000 + b"]" * 2000 + b"}"]
    texts = [text for pair in zip([*good, *good], [*bad, b"x"], strict=True) for text in pair] * count
    frame, refused = decoded_documents(texts, SCHEMA)
    assert frame["id"].to_list() == ["1", "2", "3"] * 2 * count
    assert frame["cib:document"].to_list() == list(range(0, 12 * count, 2))
    assert [reason for _, reason in sorted(refused)] == [BROKEN, NO_OBJECT, BROKEN, NOT_UTF8, TOO_DEEP, BROKEN] * count
    assert [at for at, _ in sorted(refused)] == list(range(1, 12 * count, 2))


def test_no_documents():
    assert decoded_documents([], SCHEMA)[0].columns == ["id", "text", "user", "tags", "links", "cib:document"]


def test_records_in_lists_and_alone():
    page = record(_="id", inner=record(items=json_list(record(_="id"))))
    texts = [b'{"inner": {"items": [{"id": 1}, null, {"id": 2}]}}', b'{"id": 3}', b'{"inner": {"items": []}}']
    frame, _ = decoded_documents(texts, page)
    assert records(frame, record(_="id more"), ["inner.items"]).rows() == [
        (0, "1", None),
        (0, "2", None),
        (1, "3", None),
    ]


def test_values_lists_and_references():
    texts = [
        b'{"id": "", "text": "t", "user": {"name": "n"}, "tags": ["a", "", "b"], "links": [{"url": "u"}, {"url": ""}]}',
        b'{"id": "i", "tags": []}',
    ]
    frame, _ = decoded_documents(texts, SCHEMA)
    got = frame.select(
        at("user.name"),
        a=first_of("id", "text"),
        b=values_in("tags"),
        c=values_in("links", "url"),
        d=joined_lists(values_in("links", "url"), values_in("tags"), values_in("tags")),
    )
    assert got.rows() == [("n", "t", ["a", "b"], ["u"], ["u", "a", "b"]), (None, "i", None, None, None)]
    kinds = frame.select(
        *referring(
            ("repost", at("user.name").is_not_null(), pl.lit("p"), pl.lit("q")),
            ("reply", pl.col("id").is_not_null(), pl.col("id"), pl.col("text")),
        )
    )
    assert kinds.rows() == [("repost", "p", "q"), ("reply", "i", None)]


def test_json_in_a_text():
    texts = pl.Series(['{"name": "a\\nb"}', None, "no json", '{"name": 5}', "[]"])
    assert [row and row["name"] for row in decoded_values(texts, record(_="name"))] == ["a\nb", None, None, "5", None]
