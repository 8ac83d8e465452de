"""Records of delimited text, held against Python's csv module where the text is well formed."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cib.errors import InputError
from cib.read import packed
from cib.read.delimited import Table, csv_batches, csv_header, guess_delimiter
from cib.read.files import InputFile
from cib.read.records import OPEN, find_records
from tests.read.made import read_text

CELLS = st.lists(st.sampled_from(["a", "é", '"', ",", "\n", "\r\n", " ", "0", "😀"]), max_size=6).map("".join)


def rows_of(path, *, piece=1 << 20, size=1 << 20, limit=1 << 20):
    file = InputFile(path, path.name, "csv", "", "utf-8")
    names = csv_header(file, ",")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed, "_PIECE", piece)
        batches = list(csv_batches(file, Table(names, names, ","), size=size, limit=limit))
    rows = [row for batch in batches for row in batch.frame.select(names).rows()]
    numbers = [number for batch in batches for number in batch.frame["cib:row"]]
    refused = [row[:2] for batch in batches for row in batch.refused.rows()]
    return rows, numbers, refused


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6),
    # With CR as its line end Python's writer leaves LF unquoted, unless all is quoted.
    style=st.sampled_from(
        [("\n", csv.QUOTE_MINIMAL), ("\r\n", csv.QUOTE_MINIMAL), ("\n", csv.QUOTE_ALL), ("\r", csv.QUOTE_ALL)]
    ),
    piece=st.integers(1, 40),
)
def test_well_formed_text_reads_as_the_csv_module_reads_it(tmp_path_factory, rows, style, piece):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=style[0], quoting=style[1]).writerows([("x", "y", "z"), *rows])
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(text.getvalue().encode("utf-8"))
    expected = [tuple(row) for row in csv.reader(io.StringIO(text.getvalue(), newline=""))][1:]
    got, numbers, refused = rows_of(path, piece=piece, size=piece)
    assert got == expected
    assert refused == []
    assert numbers == list(range(2, len(rows) + 2))


@pytest.mark.parametrize("limit", [40, 1 << 20])
def test_an_open_quote_costs_one_row(tmp_path, limit):
    path = tmp_path / "x.csv"
    path.write_text('a,b\n1,ok\n2,"open\n3,fine\n4,"also, fine"\n' + "5,more\n" * 20)
    rows, numbers, refused = rows_of(path, limit=limit)
    assert rows[:3] == [("1", "ok"), ("3", "fine"), ("4", "also, fine")]
    assert len(rows) == 23
    assert refused == [(3, "a quote is opened and not closed before the next row")]
    assert numbers == [2, *range(4, 26)]


def test_a_quote_open_to_the_end(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('a,b\n1,ok\n2,"open\n3,fine\n4,fine')
    rows, _, refused = rows_of(path)
    assert rows == [("1", "ok"), ("3", "fine"), ("4", "fine")]
    assert [row for row, _ in refused] == [3]


def test_quotes_inside_plain_fields_are_text(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('a,b\n5" pipe,6" pipe\nx,y\n')
    assert rows_of(path)[0] == [('5" pipe', '6" pipe'), ("x", "y")]


def test_text_after_a_closing_quote(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('a,b\n"one" two,x\n"fine",y\n')
    rows, _, refused = rows_of(path)
    assert rows == [("fine", "y")]
    assert refused == [(2, "text follows a closing quote: a quote inside the field is not doubled")]


def test_ragged_rows_and_blank_lines_keep_the_numbering(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('a,b\n\n1,2,3\n4,5\n6\n"7\n7","8\n"\n9,10\n')
    rows, numbers, refused = rows_of(path)
    assert rows == [("4", "5"), ("7\n7", "8\n"), ("9", "10")]
    assert numbers == [4, 6, 7]
    assert refused == [(row, "the row has another number of fields than the header") for row in (3, 5)]


def test_too_many_open_quotes_are_an_error(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n" + '1,"open\n' * 300)
    with pytest.raises(InputError, match="quotes do not balance in more than 100 rows"):
        rows_of(path)


def test_an_endless_line_is_cut(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1," + "x" * 5000 + "\n2,ok\n")
    rows, numbers, _ = rows_of(path, piece=64, size=64, limit=500)
    assert [row[0] for row in rows] == ["1", "2"]
    assert len(rows[0][1]) < 700
    assert numbers == [2, 3]


def test_open_records_are_named():
    records, used = find_records(b'1,"a\n2,b\n', ord(","), last=True, limit=100)
    assert records.wrong.tolist() == [OPEN, 0]
    assert used == 9
    records, used = find_records(b'1,"a\n2,b\n', ord(","), last=False, limit=100)
    assert (len(records), used) == (0, 0)


@pytest.mark.parametrize(("header", "expected"), [("a\tb\tc", "\t"), ("a;b;c", ";"), ('"a,x"|b|c', "|"), ("a", ",")])
def test_the_delimiter_is_guessed_from_the_header(tmp_path, header, expected):
    path = tmp_path / "x.csv"
    path.write_text(header + "\n1\n")
    assert guess_delimiter(InputFile(path, "x", "csv", "", "utf-8"), "") == expected


def test_repeated_and_missing_column_names(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,a,,a\n1,2,3,4\n")
    assert csv_header(InputFile(path, "x", "csv", "", "utf-8"), ",") == ["a", "a_2", "column_3", "a_3"]


def test_a_whole_reading_of_a_tab_separated_file(tmp_path):
    text = 'id\tuser\ttext\ttime\n1\tu\tsay "hi", you\t2020-01-01T00:00:00Z\n'
    got = read_text(text, tmp_path, "posts.tsv")
    assert got.column("text") == ['say "hi", you']


@pytest.mark.parametrize(
    ("line", "between"), [("sep=;", ";"), ('"sep=;"', ";"), ("sep=\t", "\t"), ("\n\nsep=|\r", "|")]
)
def test_a_line_that_names_the_separator_is_no_header(tmp_path, line, between):
    path = tmp_path / "x.csv"
    path.write_text(f"{line}\nx{between}y,z\n1{between}2,3\n", newline="")
    file = InputFile(path, path.name, "csv", "", "utf-8")
    assert guess_delimiter(file, "") == between
    assert csv_header(file, between) == ["x", "y,z"]
    (batch,) = csv_batches(file, Table(["x", "y,z"], ["x", "y,z"], between), size=1 << 20, limit=1 << 20)
    assert batch.frame.rows() == [("1", "2,3", 3 + line.count("\n"))]


def test_a_byte_order_mark_too_many_is_no_part_of_a_name(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xef\xbb\xbf\xef\xbb\xbfx,y\n1,2\n")
    assert csv_header(InputFile(path, path.name, "csv", "", "utf-8"), ",") == ["x", "y"]
