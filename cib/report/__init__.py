"""Figures, exports and one page from the artefacts of a run; knows no algorithm.

Each module is imported by itself (``from cib.report.page import write_page``), so that looking up one thing in a run
does not load what draws its figures.
"""

__all__ = ()
