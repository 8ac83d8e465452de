"""One made run for all tests of the report, and what was written from it; hostile text stands wherever text can."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cib.report.exports import write_exports
from cib.report.figures import write_figures
from cib.report.page import write_page
from cib.report.run import RunFiles
from cib.settings import ReportSettings
from tests.report import made

SETTINGS = ReportSettings(networks=2, posts=12)


def parse_xml(text: str) -> ET.Element:
    """Parse XML that the report has just written."""
    return ET.fromstring(text)  # noqa: S314 - our own


@dataclass(frozen=True)
class Written:
    """A run and the folder that its report was written into."""

    run: RunFiles
    out: Path

    def read(self, name: str) -> str:
        return (self.out / name).read_text(encoding="utf-8")


def _write(run: RunFiles, out: Path) -> Written:
    out.mkdir()
    write_figures(run, out, SETTINGS)
    write_exports(run, out)
    write_page(run, out, SETTINGS)
    return Written(run, out)


@pytest.fixture(scope="session")
def written(tmp_path_factory) -> Written:
    folder = tmp_path_factory.mktemp("report")
    return _write(made.run(folder / "run"), folder / "out")


@pytest.fixture(scope="session")
def written_empty(tmp_path_factory) -> Written:
    folder = tmp_path_factory.mktemp("empty")
    return _write(made.empty(folder / "run"), folder / "out")
