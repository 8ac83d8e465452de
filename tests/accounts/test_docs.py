"""The page says what the registry says."""

import re

import pytest

from cib.accounts import INDICATORS
from tests.accounts.conftest import DOCS


def row(indicator):
    """An indicator's row in the table of docs/indicators.md."""
    needs = ", ".join(f"`{need}`" for need in indicator.needs).replace("|", "` or `")
    cells = [
        f"`{indicator.name}`",
        indicator.title,
        indicator.doc.replace("|", "\\|"),
        indicator.unit,
        needs,
        indicator.unless or "-",
        indicator.innocent,
        indicator.reference,
    ]
    return f"| {' | '.join(cells)} |"


@pytest.fixture(scope="module")
def page():
    return (DOCS / "indicators.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(INDICATORS))
def test_the_page_has_the_row_of_each_indicator(page, name):
    expected = row(INDICATORS[name])
    assert expected in page, f"docs/indicators.md lacks this row: {expected}"


def test_the_page_has_no_row_of_what_is_gone(page):
    assert re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE) == list(INDICATORS)


@pytest.mark.parametrize("name", list(INDICATORS))
def test_an_entry_is_complete(name):
    indicator = INDICATORS[name]
    assert indicator.name == name
    assert all(
        [indicator.title, indicator.unit, indicator.doc, indicator.needs, indicator.innocent, indicator.reference]
    )
    places = re.findall(r"\{(\w+)\}", indicator.sentence + indicator.zero)
    assert "comparison" in places
    assert set(places) <= {"value", "comparison", "detail"}
    assert not indicator.zero or "{value}" not in indicator.zero


def test_titles_tell_indicators_apart():
    assert len({indicator.title for indicator in INDICATORS.values()}) == len(INDICATORS)
