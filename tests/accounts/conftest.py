"""The registry as it is, and the one with the example of docs/add-an-indicator.md in it."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from cib.accounts import INDICATORS

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = "cib.accounts.weekend"


@pytest.fixture(scope="session")
def page_code() -> list[str]:
    """The code blocks of the page, in order: the new file, the registry, the test."""
    page = (DOCS / "add-an-indicator.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)


@pytest.fixture(scope="module")
def with_example(page_code: list[str]) -> Iterator[None]:
    """Follow steps 1 and 2 of the page, and undo them afterwards."""
    before = dict(INDICATORS)
    module = ModuleType(EXAMPLE)
    exec(page_code[0], module.__dict__)  # noqa: S102
    sys.modules[EXAMPLE] = module
    exec(page_code[1], {"INDICATORS": INDICATORS})  # noqa: S102
    yield
    del sys.modules[EXAMPLE]
    INDICATORS.clear()
    INDICATORS.update(before)
