import polars as pl
import pytest

from cib.read.cells import count_cells, damaged_id, flag_cells, id_cells, list_cells, text_cells


def test_signs_for_nothing():
    column = pl.Series(["", "NA", "NaN", "null", "\\N", "nothing", "0", " "])
    assert text_cells(column).to_list() == [None] * 5 + ["nothing", "0", " "]
    assert id_cells(column).to_list() == [None] * 5 + ["nothing", "0", None]


def test_ids_are_text():
    assert id_cells(pl.Series([10765432109876543210], dtype=pl.UInt64)).to_list() == ["10765432109876543210"]
    assert id_cells(pl.Series([12.0, 2.0**53, float("nan"), None, 0.5])).to_list() == [
        "12",
        "9007199254740992.0",
        None,
        None,
        "0.5",
    ]
    assert id_cells(pl.Series([" 0012 ", "12.0"])).to_list() == ["0012", "12"]


@pytest.mark.parametrize(("value", "damaged"), [(2.0**53, True), (2.0**60, True), (2.0**52, False)])
def test_floats_are_damaged_where_neighbours_coincide(value, damaged):
    column = id_cells(pl.Series("id", [value]))
    assert column.to_frame("id").select(damaged_id("id")).item() is damaged


def test_counts():
    column = pl.Series(["1,234", "-1", "12.0", " 7 ", "1.5", "many", None])
    assert count_cells(column).to_list() == [1234, None, 12, 7, None, None, None]
    assert count_cells(pl.Series([3.0, -1.0, None])).to_list() == [3, None, None]


def test_flags():
    assert flag_cells(pl.Series(["TRUE", "f", "1.0", "0", "maybe", None])).to_list() == [
        True,
        False,
        True,
        False,
        None,
        None,
    ]
    assert flag_cells(pl.Series([True, None])).to_list() == [True, None]
    assert flag_cells(pl.Series([1, 0])).to_list() == [True, False]


def test_json_lists_with_escapes():
    cells = [r'["a\"b", "\u00e4\/x", "\ud83d"]', r'["broken \x"]', '["plain"]']
    assert list_cells(pl.Series(cells)).to_list() == [['a"b', "ä/x", "\ufffd"], [r"broken \x"], ["plain"]]
