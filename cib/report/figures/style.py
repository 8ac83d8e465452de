"""How every figure looks, and how it is written so that the same run gives the same bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

__all__ = [
    "INK",
    "SOFT",
    "Drawn",
    "Margins",
    "bars",
    "beside",
    "blank",
    "counted",
    "dates",
    "days",
    "keyed",
    "panels",
    "plain",
    "save",
    "style",
    "write",
]

_DPI: Final = {"png": 130, "svg": 100, "pdf": 200}
"""Of an SVG only crowded parts are pixels; more of them would make it larger than the PNG."""
_PACKED: Final = 3
"""Of nine. With letters that are not fitted to whole pixels, a quarter of the time of a small PNG, for a third more
bytes."""

Panels: TypeAlias = npt.NDArray[Any]

_SIZE: ContextVar[tuple[float, float] | None] = ContextVar("size", default=None)

INK: Final = "#1B1F24"
SOFT: Final = "#57606A"

_RC: Final[dict[str, Any]] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titley": 1.0,
    "axes.titlepad": 5,
    "axes.labelcolor": INK,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#E4E7EB",
    "grid.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "text.color": INK,
    "text.parse_math": False,
    "text.hinting": "none",
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "cib",
}


_STEPS: Final = (
    ("10m", "%H:%M", timedelta(hours=1.5)),
    ("1h", "%H:%M", timedelta(hours=9)),
    ("6h", "%d %b %H:%M", timedelta(days=2)),
    ("1d", "%d %b %Y", timedelta(days=7)),
    ("1w", "%d %b %Y", timedelta(days=56)),
    ("1mo", "%b %Y", timedelta(days=270)),
    ("1q", "%b %Y", timedelta(days=800)),
    ("1y", "%Y", timedelta(days=3300)),
    ("5y", "%Y", timedelta(days=15000)),
)


@dataclass(frozen=True)
class Drawn:
    """A finished figure: its name as a file, a title that says what is seen, and what is seen in words."""

    name: str
    title: str
    alt: str
    figure: "Figure"


@contextmanager
def style(size: tuple[float, float] | None = None) -> Iterator[None]:
    """Set the look of all figures, and put the former one back; `size`: inches of every figure, in place of its own."""
    import matplotlib as mpl

    before = _SIZE.set(size)
    try:
        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(_RC)  # type: ignore[arg-type] # keys are typed one by one
            yield
    finally:
        _SIZE.reset(before)


@dataclass(frozen=True)
class Margins:
    """The room around and between the panels of a figure, in inches."""

    left: float = 0.85
    right: float = 0.2
    top: float = 0.35
    bottom: float = 0.55
    between: float = 0.35
    beside: float = 0.7


def blank(width: float, height: float, room: Margins = Margins()) -> "Figure":
    """Return an empty figure of so many inches, or of those that :func:`style` was given; no display.

    The margins are given, because measuring every label (matplotlib's constrained layout) doubles the time of a figure.
    """
    from matplotlib.figure import Figure

    width, height = _SIZE.get() or (width, height)
    figure = Figure(figsize=(width, height), facecolor="white")
    figure.subplots_adjust(room.left / width, room.bottom / height, 1 - room.right / width, 1 - room.top / height)
    return figure


def panels(figure: "Figure", rows: int, columns: int, room: Margins = Margins(), **shape: Any) -> "Panels":
    """Return the figure's panels, `room.between` and `room.beside` inches apart; `shape` as for `subplots`."""
    width, height = figure.get_size_inches()
    tall = (height - room.top - room.bottom - room.between * (rows - 1)) / rows
    wide = (width - room.left - room.right - room.beside * (columns - 1)) / columns
    space = {"hspace": room.between / tall, "wspace": room.beside / wide}
    return np.asarray(figure.subplots(rows, columns, squeeze=False, gridspec_kw=space, **shape))


def save(drawn: Drawn, folder: Path, formats: tuple[str, ...]) -> list[Path]:
    """Write a figure in the given formats into a folder, under its name, and return the files."""
    paths = [folder / f"{drawn.name}.{kind}" for kind in formats]
    for path, kind in zip(paths, formats, strict=True):
        write(drawn, path, kind)
    return paths


def write(drawn: Drawn, path: Path, kind: str, *, dpi: float | None = None) -> None:
    """Write a figure as 'png', 'svg' or 'pdf', without dates or versions in the file; `dpi` of what is pixels in it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(drawn.figure)
    about: dict[str, dict[str, str | None]] = {
        "png": {"Title": drawn.title, "Software": None},
        "svg": {"Title": drawn.title, "Description": drawn.alt, "Date": None, "Creator": None},
        "pdf": {"Title": drawn.title, "Subject": drawn.alt, "CreationDate": None, "Creator": None, "Producer": None},
    }
    more: dict[str, Any] = {"pil_kwargs": {"compress_level": _PACKED}} if kind == "png" else {}
    drawn.figure.savefig(path, format=kind, dpi=dpi or _DPI[kind], metadata=about[kind], **more)


def bars(
    axes: "Axes", edges: Panels, heights: Panels, colour: str, base: Panels | None = None, label: str = ""
) -> None:
    """Add touching bars between the edges, and widen the axes to hold them; `heights` are tops, above `base` or 0.

    As one patch put in by hand: matplotlib's own way measures every corner as if it were a curve, which is slow.
    """
    from matplotlib.patches import StepPatch

    base = np.zeros(len(heights)) if base is None else base
    patch = StepPatch(heights, edges, baseline=base, fill=True, color=colour, linewidth=0)  # type: ignore[arg-type]
    patch.set_label(label)
    axes.add_artist(patch)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, max(axes.get_ylim()[1], float(heights.max()) * 1.05))


def counted(axis: "Axis", most: int | None = None) -> None:
    """Write the ticks of an axis as plain numbers, 10,000; at most so many: each costs as much time as a title."""
    if most is not None:
        from matplotlib.ticker import MaxNLocator

        axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(lambda value, _: f"{value:,.10g}")


def keyed(axes: "Axes", colours: dict[str, str]) -> None:
    """Name colours to the right of a panel, from its top down; a legend takes a fifth of the time of such a figure."""
    figure = axes.get_figure(root=True)
    if figure is None:
        return
    width, height = figure.get_size_inches()
    box = axes.get_position()
    for place, (name, colour) in enumerate(colours.items()):
        y = box.y1 - (0.1 + 0.18 * place) / height
        figure.text(box.x1 + 0.1 / width, y, "■", color=colour, fontsize=8, va="center")
        figure.text(box.x1 + 0.24 / width, y, name, fontsize=8, va="center")


def beside(axes: Panels, image: "AxesImage", text: str) -> None:
    """Put the key of an image's colours into the right margin, as high as the panels."""
    figure = image.get_figure(root=True)
    if figure is None:
        return
    boxes = [panel.get_position() for panel in axes.ravel()]
    low, high = min(box.y0 for box in boxes), max(box.y1 for box in boxes)
    place = figure.add_axes((max(box.x1 for box in boxes) + 0.015, low, 0.015, high - low))
    figure.colorbar(image, cax=place, label=text)


def dates(axes: "Axes", first: datetime, last: datetime) -> None:
    """Give the axis of time (days since 1970) four to nine dates, the shortest that tell them apart.

    Fixed ticks: matplotlib's own locator of dates takes longer than all the rest of a small figure.
    """
    step, form = next(((step, form) for step, form, long in _STEPS if (last - first) <= long), _STEPS[-1][:2])
    at = pl.datetime_range(first, last, step, eager=True).dt.truncate(step).unique().sort()
    at = at.filter(at >= first)
    axes.set_xticks(days(at), at.dt.strftime(form).to_list())


def days(times: pl.Series) -> npt.NDArray[np.float64]:
    """Return times as days since 1970, the unit of every axis of time."""
    return np.asarray(times.dt.epoch("us").to_numpy() / (timedelta(days=1) / timedelta(microseconds=1)))


def plain(name: str) -> str:
    r"""Return a layer's name with only characters that the font has, at most 24 of them.

    >>> plain("url"), plain("\u202e$x$")
    ('url', '?$x$')
    """
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in name[:24])
