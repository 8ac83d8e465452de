from cib.read.ahead import ahead
from cib.read.files import InputFile
from cib.read.lines import ndjson_batches, ndjson_names


def batches(path, *, wanted=("id", "a.b"), size=1 << 20, limit=1000):
    return list(ndjson_batches(InputFile(path, "x", "ndjson", "", "utf-8"), wanted, size=size, limit=limit))


def test_a_line_that_is_too_long_is_one_row(tmp_path):
    path = tmp_path / "x.ndjson"
    path.write_text('{"id": "1"}\n{"id": "' + "x" * 5000 + '"}\n{"id": "3"}\n{"id": "' + "y" * 5000)
    found = batches(path)
    assert [row for batch in found for row in batch.frame.select("id", "cib:row").rows()] == [("1", 1), ("3", 3)]
    assert [(row, reason) for batch in found for row, reason, _ in batch.refused.rows()] == [
        (2, "the line is too long to be read"),
        (4, "the line is too long to be read"),
    ]


def test_values_keep_the_digits_they_are_written_with(tmp_path):
    path = tmp_path / "x.ndjson"
    path.write_text('{"id": 10765432109876543210, "a": {"b": 1.50, "c": [1, 2]}, "d.e": true, "f": null}\n')
    (batch,) = batches(path, wanted=("id", "a.b", "a.c", "d.e", "f", "gone"))
    assert batch.frame.row(0)[:6] == ("10765432109876543210", "1.50", '["1", "2"]', "true", None, None)
    assert ndjson_names(InputFile(path, "x", "ndjson", "", "utf-8"), limit=1000) == ["id", "a.b", "a.c", "d.e", "f"]


def test_lists_of_objects_become_lists_of_their_values(tmp_path):
    path = tmp_path / "x.ndjson"
    path.write_text('{"a": {"b": [{"u": "1", "v": {"w": "2"}}, {"u": "3"}, 4]}}\n')
    (batch,) = batches(path, wanted=("a.b.u", "a.b.v.w"))
    assert batch.frame.row(0)[:2] == ('["1", "3"]', '["2"]')


def test_ahead_keeps_order_and_raises_in_turn():
    def items():
        yield 0
        yield None
        msg = "third"
        raise KeyError(msg)

    got = []
    try:
        for item in ahead(items()):
            got.append(item)  # noqa: PERF402
    except KeyError as error:
        got.append(error.args[0])
    assert got == [0, None, "third"]
