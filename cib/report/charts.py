"""Small drawings of the page, as bars in a box: what they show is computed elsewhere, where the bars stand here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["HEIGHT", "WIDTH", "Chart", "bar_chart"]

WIDTH: Final = 320
HEIGHT: Final = 72
_TICKS: Final = 6


@dataclass(frozen=True)
class Chart:
    """Bars in a box of WIDTH by HEIGHT, with room below for the ticks.

    Attributes
    ----------
    title : what is drawn. `alt` says in words what is to be seen.
    bars : left, top, width and height of each.
    steps : the same outline for comparison, as points of one line; none if empty.
    ticks : where along the box a text stands, and the text.
    note : a line below.
    """

    title: str
    alt: str
    bars: Sequence[tuple[float, float, float, float]]
    steps: str
    ticks: Sequence[tuple[float, str]]
    note: str = ""


def bar_chart(
    title: str,
    values: Sequence[float],
    names: Sequence[str],
    *,
    usual: Sequence[float] | None = None,
    note: str = "",
    every: int = 0,
) -> Chart:
    """Return a bar for each value, and a line for what is usual.

    Parameters
    ----------
    names : of each bar; every so many of them stand below, or as many as there is room for.
    usual : to compare with, in the unit of the values.

    Examples
    --------
    >>> bar_chart("two", [1, 2], ["a", "b"]).bars
    [(0.0, 36.0, 159.0, 36.0), (160.0, 0.0, 159.0, 72.0)]
    """
    top = max([*values, *(usual or [])], default=0) or 1
    width = WIDTH / max(len(values), 1)
    bars = [
        (round(n * width, 2), round(HEIGHT * (1 - value / top), 2), round(width - 1, 2), round(HEIGHT * value / top, 2))
        for n, value in enumerate(values)
    ]
    every = every or max(1, -(-len(names) // _TICKS))
    ticks = [(round((n + 0.5) * width, 2), name) for n, name in enumerate(names) if n % every == 0]
    most = max(range(len(values)), key=lambda n: values[n], default=None)
    alt = "Nothing to draw." if most is None else f"Most: {names[most]}, {values[most]:.3g}."
    return Chart(title, f"{title}. {alt}", bars, _steps(usual or [], top, width), ticks, note)


def _steps(values: Sequence[float], top: float, width: float) -> str:
    """Return the outline of bars as the points of an SVG line."""
    corners = [(n + side, HEIGHT * (1 - value / top)) for n, value in enumerate(values) for side in (0, 1)]
    return " ".join(f"{x * width:.1f},{y:.1f}" for x, y in corners)
