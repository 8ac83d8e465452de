"""The summary as a PDF, by fpdf2 (the extra `pdf`) and the letters that come with matplotlib.

A route without programs of the system; whoever wants the whole page as a PDF prints it from a browser.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cib.errors import RunError
from cib.report.safe import cut, defang, visible
from cib.report.summary import Section, Summary

if TYPE_CHECKING:
    from fpdf import FPDF

__all__ = ["write_pdf"]

_FONT: Final = "DejaVu"
_INK: Final = (27, 31, 36)
_SOFT: Final = (87, 96, 106)
_LINE: Final = 5.2
_LONGEST: Final = 2000
_TALLEST: Final = 150.0
"""Of a figure, millimetres."""


def write_pdf(summary: Summary, path: Path, *, at: datetime | None) -> Path:
    """Write the summary on A4 and return the file.

    Parameters
    ----------
    at : noted as the time of making, in place of the clock's, so that the same run gives the same bytes.

    Raises
    ------
    RunError
        fpdf2 is not there.
    """
    pdf = _blank(summary.title, at)
    pdf.add_page()
    _write(pdf, "Coordination report", size=9, colour=_SOFT)
    _write(pdf, summary.title, size=18, bold=True)
    pdf.ln(2)
    for text in summary.lead:
        _write(pdf, text)
        pdf.ln(1.5)
    for section in summary.sections:
        _section(pdf, section)
    for figure in summary.figures:
        pdf.ln(4)
        pdf.image(figure.path, w=pdf.epw, h=_TALLEST, keep_aspect_ratio=True, alt_text=_safe(figure.alt))
        _write(pdf, figure.title, size=8, colour=_SOFT)
    path.parent.mkdir(parents=True, exist_ok=True)
    pdf.output(str(path))
    return path


def _blank(title: str, at: datetime | None) -> "FPDF":
    import matplotlib as mpl

    try:
        from fpdf import FPDF
    except ImportError as error:
        msg = "A PDF needs fpdf2: pip install 'cib-graph[pdf]'. Markdown (--out summary.md) needs nothing."
        raise RunError(msg) from error
    pdf = FPDF(format="A4")
    letters = Path(mpl.get_data_path()) / "fonts" / "ttf"
    pdf.add_font(_FONT, "", letters / "DejaVuSans.ttf")
    pdf.add_font(_FONT, "B", letters / "DejaVuSans-Bold.ttf")
    pdf.set_margins(20, 18)
    pdf.set_auto_page_break(auto=True, margin=18)
    pdf.set_title(_safe(title))
    pdf.set_lang("en")
    pdf.set_creation_date(at or datetime.fromisoformat("1970-01-01T00:00:00+00:00"))
    return pdf


def _section(pdf: "FPDF", section: Section) -> None:
    pdf.ln(3)
    _write(pdf, section.heading, size=13, bold=True)
    pdf.ln(1)
    for text in section.paragraphs:
        _write(pdf, text)
    for number, (strong, text) in enumerate(section.items, 1):
        _font(pdf, 10, _INK)
        pdf.set_x(pdf.l_margin)
        pdf.write(_LINE, f"{number}. " if section.numbered else "• ")
        if strong:
            _font(pdf, 10, _INK, bold=True)
            pdf.write(_LINE, _safe(strong) + " ")
        _font(pdf, 10, _INK)
        pdf.write(_LINE, _safe(text))
        pdf.ln(_LINE + 1)
    if section.table:
        _font(pdf, 8, _INK)
        pdf.set_draw_color(*_SOFT)
        pdf.set_line_width(0.1)
        with pdf.table(line_height=4.4, text_align="LEFT", borders_layout="HORIZONTAL_LINES") as table:
            for row in section.table:
                table.row([_safe(cell) for cell in row])


def _write(pdf: "FPDF", text: str, *, size: float = 10, bold: bool = False, colour: Any = _INK) -> None:
    """Write a paragraph over the whole width."""
    _font(pdf, size, colour, bold=bold)
    pdf.multi_cell(0, size * 0.52, _safe(text), align="L", new_x="LMARGIN", new_y="NEXT")


def _font(pdf: "FPDF", size: float, colour: Any, *, bold: bool = False) -> None:
    pdf.set_font(_FONT, "B" if bold else "", size)
    pdf.set_text_color(*colour)


def _safe(text: str) -> str:
    return defang(visible(cut(text, _LONGEST))).replace("\n", " ")
