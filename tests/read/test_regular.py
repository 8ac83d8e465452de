"""The quick way through delimited text: it takes what has no fault, and gives what the slow way gives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cib.read import delimited, packed
from cib.read.delimited import Table, csv_batches
from cib.read.files import InputFile
from cib.read.regular import regular_rows

PIECES = ["a", "é", '"', ",", "\n", "\r\n", "\r", " ", "\0", 'a,"b"\n', '"a\nb",c\n', 'a,"b ""c"" d"\n', "a,b\n"]
HOSTILE = st.lists(st.sampled_from([piece.encode() for piece in PIECES] + [b"\xff"]), max_size=25).map(b"".join)


def outcome(path, names, *, quick, size, limit):
    """Return all that reading gives: rows, their numbers and text, and the refused rows; or the error."""
    file = InputFile(path, path.name, "csv", "", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed, "_PIECE", size)
        if not quick:
            patch.setattr(delimited, "regular_rows", lambda *_, **__: None)
        found = list(csv_batches(file, Table(names, names[:2], ","), size=size, limit=limit))
    rows = [row for batch in found for row in batch.frame.rows()]
    raw = [text for batch in found for text in batch.raw(range(len(batch.frame)))]
    return rows, raw, [row for batch in found for row in batch.refused.rows()]


@settings(max_examples=100, deadline=None)
@given(body=HOSTILE, width=st.integers(1, 3), size=st.integers(1, 40), limit=st.sampled_from([12, 1000]))
def test_the_quick_way_gives_what_the_slow_way_gives(tmp_path_factory, body, width, size, limit):
    names = ["x", "y", "z"][:width]
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(",".join(names).encode() + b"\n" + body)
    slow, quick = (outcome(path, names, quick=quick, size=size, limit=limit) for quick in (False, True))
    assert quick == slow


@pytest.mark.parametrize(
    ("text", "used"),
    [
        (b"a,b\nc,d\ne", 8),
        (b"a,b\r\nc,d\r\n", 10),
        (b'"a\nb",c\nd,"e\nf', 8),
        (b'5" pipe,"6"" pipe"\n', 19),
        (b"a\0,b\n", 5),
    ],
)
def test_what_is_regular(text, used):
    table, end = regular_rows(text, ["x", "y"], ["y"], ",", last=False, limit=100)
    assert (end, table.column_names) == (used, ["y"])


@pytest.mark.parametrize(
    "text",
    [b"a,b\n\nc,d\n", b"a,b,c\n", b"a\n", b"a,b\rc,d\n", b'"a" b,c\n', b"a,\xff\n", b"a", b'"a,b\n' * 5, b""],
)
def test_what_is_not(text):
    assert regular_rows(text, ["x", "y"], ["y"], ",", last=False, limit=100) is None
