"""JSON of any shape is cut into the same documents as a JSON library finds in it, whatever the blocks."""

import base64
import gzip
import json
import random
from unittest.mock import patch

import pytest

from cib.read.cassettes import MAX_ANSWER, answers
from cib.read.documents import AROUND, STRAY, TOO_LONG, UNCLOSED, documents, json_shape
from cib.read.files import InputFile

ODD = ["", "\\", '\\"', "{", "]}[\\\\", 'x"y\\', '"messages": [', "é😀\n", "a\tb"]


def cut(folder, text, *, lists=(), size=7, limit=10**6):
    """Return the parsed documents with their numbers, and number and reason of what is refused."""
    raw = text if isinstance(text, bytes) else text.encode()
    blocks = [raw[at : at + size] for at in range(0, len(raw), size)]
    # Files are read by the megabyte; here a block may end anywhere.
    with patch("cib.read.documents.byte_blocks", lambda *_: iter(blocks)):
        file = InputFile(folder / "x.json", "x", "ndjson", "", "utf-8")
        found = list(documents(file, lists, size=size, limit=limit))
    parsed = [(n, json.loads(t)) for part in found for n, t in zip(part.numbers, part.texts, strict=True)]
    return parsed, [(number, reason) for part in found for number, reason, _ in part.refused]


def value(made, depth=0):
    chance = made.random()
    if depth > 3 or chance < 0.3:
        return made.choice([*ODD, 1, None, True, 1.5])
    if chance < 0.6:
        return [value(made, depth + 1) for _ in range(made.randrange(4))]
    return {made.choice(["a", 'b"', "messages", "\\"]): value(made, depth + 1) for _ in range(made.randrange(4))}


@pytest.mark.parametrize("seed", range(60))
def test_every_shape_against_json(tmp_path, seed):
    made = random.Random(seed)
    values = [{"k": value(made), "n": n} for n in range(made.randrange(1, 7))]
    indent, ascii_only = made.choice([None, 1]), made.choice([True, False])
    shapes = {
        "list": json.dumps(values, indent=indent, ensure_ascii=ascii_only),
        "one after the other": "\n".join(json.dumps(v, indent=1, ensure_ascii=ascii_only) for v in values),
        "lines": "\n".join(json.dumps(v, ensure_ascii=ascii_only) for v in values) + "\n",
    }
    for text in shapes.values():
        got, refused = cut(tmp_path, text, size=made.randrange(1, 60))
        assert [found for _, found in got] == values
        assert [number for number, _ in got] == list(range(1, len(values) + 1))
        assert refused == []


def chat(number, messages):
    return {
        "name": f"c{number}",
        "id": number,
        "about": 'x"[{',
        "messages": [{"id": n, "text": ["a", {"type": "b", "text": "]}"}]} for n in range(messages)],
    }


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("size", [3, 1000])
def test_a_document_too_large_is_cut_at_its_records(tmp_path, indent, size):
    whole = chat(7, 40)
    got, refused = cut(tmp_path, json.dumps(whole, indent=indent), lists=("messages",), size=size, limit=200)
    around = {AROUND: whole | {"messages": []}}
    assert [found for _, found in got] == [message | around for message in whole["messages"]]
    assert refused == []


def test_records_of_several_lists_keep_what_stands_around_each(tmp_path):
    chats = [chat(1, 20), chat(2, 30)]
    text = json.dumps(
        {"about": "q", "contacts": {"list": [{"a": 1}]}, "chats": {"about": "z", "list": chats}}, indent=1
    )
    got, refused = cut(tmp_path, text, lists=("messages",), size=50, limit=300)
    assert [found for _, found in got] == [
        message | {AROUND: one | {"messages": []}} for one in chats for message in one["messages"]
    ]
    assert refused == []


def test_of_a_very_large_object_around_a_list_only_the_key_is_kept(tmp_path):
    text = json.dumps({"long": "x" * 70_000, "messages": [{"id": 1}, {}]})
    got, _ = cut(tmp_path, text, lists=("messages",), size=1000, limit=1000)
    assert got == [] or [found for _, found in got] == [{"id": 1, AROUND: {"messages": []}}, {}]


def test_what_is_cut_off_gives_its_whole_records(tmp_path):
    text = json.dumps(chat(1, 5), indent=1)
    got, refused = cut(tmp_path, text[: text.index('"id": 3')], lists=("messages",))
    assert [found["id"] for _, found in got] == [0, 1, 2]
    assert refused == [(4, UNCLOSED)]


def test_what_is_no_document_is_refused_and_costs_no_other(tmp_path):
    long = '[{"a": 1}, {"b": "' + "x" * 500 + '"}, {"c": 2}]'
    assert cut(tmp_path, long, limit=100) == ([(1, {"a": 1}), (3, {"c": 2})], [(2, TOO_LONG)])
    assert cut(tmp_path, '[{"a": 1}, 5, "x", {"c": 2}, {"d": 3}]') == (
        [(1, {"a": 1}), (3, {"d": 3})],
        [(2, STRAY)],
    )
    assert cut(tmp_path, '[{"a": 1},\n{"b":') == ([(1, {"a": 1})], [(2, UNCLOSED)])
    # A run of backslashes of any length does not have to be kept to know what it means.
    for count in (4000, 4001):
        got, refused = cut(tmp_path, b'[{"a": "' + b"\\" * count + b'"}, {"b": 1}]', limit=100)
        assert (got, refused) == (([(2, {"b": 1})], [(1, TOO_LONG)]) if count % 2 == 0 else ([], [(1, UNCLOSED)]))


def test_lines_with_a_broken_first_line_are_still_lines():
    assert json_shape(b'created_at": 1}\n{"a": 1}\n{"a": 2}\n') == "lines"
    assert json_shape(b'{\n "a": [\n  {"b": 1}\n ]\n}') == "values"
    assert json_shape(b"\n\n[\n{},\n{}\n]") == "values"


RECORDED = ['{"a": "it\'s \\"so\\" \\\\ \\n"}', "no json", '[{"b": "é"}]', "{}"]


def test_recordings_in_json(tmp_path):
    exchanges = [{"request": {}, "response": {"body": {"string": body}}} for body in RECORDED]
    text = json.dumps({"http_interactions": [*exchanges, {"response": None}], "recorded_with": "VCR"})
    assert list(answers(text)) == [RECORDED[0], *RECORDED[2:]]
    got, _ = cut(tmp_path, text)
    assert got == [(1, {"a": 'it\'s "so" \\ \n'}), (2, {"b": "é"}), (3, {})]
    assert cut(tmp_path, text[:-20])[1] == [
        (1, "the recording cannot be made out: save the answers in it as files of their own")
    ]


def test_recordings_of_packed_answers(tmp_path):
    packed = base64.encodebytes(gzip.compress(b'{"a": 1}')).decode()
    bomb = base64.b64encode(gzip.compress(b"{" + b" " * (MAX_ANSWER + 1))).decode()
    bodies = [packed, "no base64!", base64.b64encode(b"[]").decode(), bomb]
    exchanges = [{"response": {"body": {"encoding": None, "base64_string": body}}} for body in bodies]
    assert list(answers(json.dumps({"interactions": exchanges}))) == ['{"a": 1}', "[]"]
    body = f"string: !!binary |\n        {packed.strip()}\n    headers: {{}}\n"
    assert list(answers(f"interactions:\n- response:\n    body:\n      {body}")) == ['{"a": 1}']


def test_recordings_in_yaml(tmp_path):
    # The same text in the three ways in which YAML writes it; a line end inside quotes is a blank.
    text = (
        "interactions:\n- response:\n    body:\n      string: '{\"a\": \"it''s\n        folded\"}'\n    headers: {}\n"
        '- response:\n    body:\n      string: "{\\"b\\": \\"\\u263A\\\n        \\ x\\"}"\n'
        '- response:\n    body:\n      string: {"c": 1}\n- response:\n    body:\n      string: plain\n'
    )
    assert [json.loads(body) for body in answers(text)] == [{"a": "it's folded"}, {"b": "☺ x"}, {"c": 1}]
    assert cut(tmp_path, text)[0] == [(1, {"a": "it's folded"}), (2, {"b": "☺ x"}), (3, {"c": 1})]
    assert cut(tmp_path, text, limit=100)[1][0][1].startswith("the recording is too large")


def test_packed_documents(tmp_path):
    path = tmp_path / "x.json.gz"
    path.write_bytes(gzip.compress(b'[{"a": 1}]'))
    (found,) = documents(InputFile(path, "x", "ndjson", "gzip", "utf-8"), (), size=100, limit=100)
    assert found.texts == [b'{"a": 1}']
