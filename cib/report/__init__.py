"""Figures, exports and one page from the artefacts of a run; knows no algorithm."""

from cib.report.exports import write_exports
from cib.report.figures import write_figures
from cib.report.page import compose, write_page
from cib.report.run import RunFiles

__all__ = ["RunFiles", "compose", "write_exports", "write_figures", "write_page"]
