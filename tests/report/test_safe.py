"""Hostile text is harmless in XML, spreadsheets, terminals and on the page."""

import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cib.report.safe import cut, defang, for_sheet, for_terminal, for_xml, visible
from tests.report.conftest import parse_xml

any_text = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


@given(any_text)
def test_xml_keeps_all_it_can_carry(text):
    escaped = pl.DataFrame({"t": [text]}).select(for_xml(pl.col("t"))).item()
    back = parse_xml(f'<a b="{escaped}"/>').get("b")
    assert back == "".join(
        c for c in text if c in "\t\n\r" or " " <= c <= "~" or "\xa0" <= c <= "\ufffd" or c > "\uffff"
    )


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1+2",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "  =1",
        "\u200b=1",
        "\ufeff=1",
        "\xa0@x",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "\x00=1",
        "−2",
    ],
)
def test_formulas_are_defused(cell):
    assert for_sheet(pl.DataFrame({"c": [cell]}))["c"].item().startswith("'")


@pytest.mark.parametrize("cell", ["a=b", "text - more", "", "a@b.example", "#tag", "5-6", "\u05e9\u05dc\u05d5\u05dd"])
def test_other_cells_stay_as_they_are(cell):
    assert for_sheet(pl.DataFrame({"c": [cell]}))["c"].item() == cell


def test_numbers_stay_numbers_and_lists_become_text():
    frame = pl.DataFrame({"n": [-1.5, None], "i": [-3, 4], "l": [["=a", "b"], None], "s": [None, "-x"]})
    safe = for_sheet(frame)
    assert safe.schema["n"] == pl.Float64
    assert safe.rows() == [(-1.5, -3, "'=a | b", None), (None, 4, None, "'-x")]


@given(any_text)
def test_no_cell_can_start_a_formula_after_a_csv_round_trip(text):
    written = for_sheet(pl.DataFrame({"c": [text], "d": ["x"]})).write_csv()
    back = pl.read_csv(io.StringIO(written), schema_overrides={"c": pl.String})["c"].item() or ""
    assert not back.lstrip(" \t\r\n\x0b\x0c\u200b\ufeff").startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


@given(st.text(max_size=60))
def test_a_terminal_is_told_nothing(text):
    shown = for_terminal(text)
    assert not any(
        c < " " or "\x7f" <= c <= "\x9f" or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" for c in shown
    )
    shown.encode()


def test_hidden_characters_are_shown():
    assert visible("a\u202eb\x1b[31m\u200bc") == "a[U+202E]b[U+001B][31m[U+200B]c"
    assert visible("\ud800") == "\ufffd"
    assert visible("👩\u200d🚀\n\t\u0645\u06cc\u200c\u062e") == "👩\u200d🚀\n\t\u0645\u06cc\u200c\u062e"


def test_links_lose_their_scheme():
    assert (
        defang("(HTTP://a.b) https://c ftp://d xhttp://e javascript:f")
        == "(hxxp://a.b) hxxps://c fxp://d xhttp://e javascript:f"
    )


def test_long_text_says_what_is_missing():
    assert cut("x" * 1500, 600) == "x" * 600 + "… [900 more characters]"
    assert cut("x" * 600, 600) == "x" * 600
