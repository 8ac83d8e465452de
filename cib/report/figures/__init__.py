"""The figures of a run: nine of the whole, and one timeline for each network shown.

Drawn with matplotlib's object interface (no display, no global state), in colours that people with any
colour vision can tell apart. ``captions.json`` beside them has a title and an alternative text for each.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from cib.errors import RunError
from cib.report.figures.change import draw_change
from cib.report.figures.counts import coactions, delays, posted
from cib.report.figures.drawing import draw_graph
from cib.report.figures.members import draw_profiles, draw_stability
from cib.report.figures.spreads import draw_delays, draw_networks, draw_weights
from cib.report.figures.style import Drawn, save, style, write
from cib.report.figures.times import draw_network_times, draw_times, draw_week
from cib.report.run import RunFiles
from cib.report.safe import for_terminal
from cib.report.words import aligned, listed
from cib.settings import ReportSettings

__all__ = ["FIGURES", "Sources", "list_figures", "write_figure", "write_figures"]

_NETWORK: Final = "network_"


@dataclass(frozen=True)
class Sources:
    """What the figures are drawn from: a run, the networks shown, and the counts, each made when it is first asked."""

    run: RunFiles
    shown: int

    @property
    def layers(self) -> list[str]:
        """The layers in the run's order."""
        return list(self.run.manifest["layers"])

    @cached_property
    def posts(self) -> pl.DataFrame:
        """Posts over time, see :func:`cib.report.figures.counts.posted`."""
        return posted(self.run)

    @cached_property
    def acts(self) -> pl.DataFrame:
        """Co-actions over time, see :func:`cib.report.figures.counts.coactions`."""
        return coactions(self.run)

    @property
    def numbers(self) -> pl.Series:
        """The networks shown, by rank."""
        return self.run.table("networks", ["network"])["network"].sort().head(self.shown)


FIGURES: Final[dict[str, tuple[str, Callable[[Sources], Drawn | None]]]] = {
    "graph": ("accounts, edges and networks as a drawing", lambda s: draw_graph(s.run, s.shown)),
    "networks": (
        "score of each network, and the layers that carry it",
        lambda s: draw_networks(s.run, s.layers, s.shown),
    ),
    "timeline": ("posts, and co-actions of each layer, over time", lambda s: draw_times(s.posts, s.acts, s.layers)),
    "delays": (
        "time between the two posts of a pair, beside an even spread",
        lambda s: draw_delays(delays(s.run), s.layers),
    ),
    "weights": ("edges by weight, accounts by links, with the thresholds", lambda s: draw_weights(s.run)),
    "week": ("hours of the week in which members and others post", lambda s: draw_week(s.posts)),
    "stability": ("how surely each account belongs to its network", lambda s: draw_stability(s.run, s.shown)),
    "profiles": ("indicators of the accounts of each network", lambda s: draw_profiles(s.run, s.shown)),
    "change": ("networks followed through time", lambda s: draw_change(s.run.table("changes"), s.shown)),
}
"""Every figure of the whole run: what it shows, and how it is drawn; None where there is nothing to show."""


def write_figures(run: RunFiles, out: Path, settings: ReportSettings) -> list[Path]:
    """Write ``figures/*`` in the formats asked for, and return the files.

    A figure without anything to show is left out. The same run gives the same bytes.

    Notes
    -----
    Posts and evidence are scanned once each and reduced to counts.
    """
    run.manifest  # noqa: B018  (whoever has no finished run is told so first)
    folder = out / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    captions, paths = {}, []
    with style():
        for drawn in _all(Sources(run, settings.networks)):
            captions[drawn.name] = {"title": drawn.title, "alt": drawn.alt}
            paths += save(drawn, folder, settings.figure_formats)
    index = folder / "captions.json"
    index.write_text(json.dumps(captions, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return [*paths, index]


def _all(sources: Sources) -> Iterator[Drawn]:
    """Draw one figure after the other, so that only one is in memory."""
    for _, draw in FIGURES.values():
        drawn = draw(sources)
        if drawn is not None:
            yield drawn
    yield from _network_times(sources, sources.numbers)


def _network_times(sources: Sources, numbers: pl.Series) -> Iterator[Drawn]:
    timed = sources.acts.filter(pl.col("layer").is_in(sources.run.telling(timed=True)))
    return draw_network_times(numbers, sources.posts, timed, sources.layers)


def write_figure(
    run: RunFiles, name: str, path: Path, *, size: tuple[float, float] | None = None, dpi: float | None = None
) -> Path:
    """Draw one figure into a file and return it.

    Parameters
    ----------
    name : of :data:`FIGURES`, or 'network_03' for the timeline of a network.
    path : its suffix is the format: .png, .svg or .pdf.
    size : width and height in inches; None: as in the report.
    dpi : pixels an inch of a PNG, and of crowded parts in the others.

    Raises
    ------
    RunError
        There is no such figure, or nothing to show in it.
    """
    sources = Sources(run, int(run.manifest["config"]["settings"]["report"]["networks"]))
    with style(size):
        drawn = _one(sources, name)
        if drawn is None:
            msg = f"Figure '{name}' has nothing to show in this run. `cib figure --list` lists those that have."
            raise RunError(msg)
        path.parent.mkdir(parents=True, exist_ok=True)
        write(drawn, path, path.suffix.removeprefix("."), dpi=dpi)
    return path


def _one(sources: Sources, name: str) -> Drawn | None:
    if name in FIGURES:
        return FIGURES[name][1](sources)
    number = name.removeprefix(_NETWORK)
    known = sources.run.table("networks", ["network"])["network"]
    if not name.startswith(_NETWORK) or not number.isdecimal() or int(number) not in known:
        msg = f"There is no figure '{for_terminal(name)}'. Known: {listed([*FIGURES, _NETWORK + 'NUMBER'])}."
        raise RunError(msg)
    return next(_network_times(sources, known.filter(known == int(number))), None)


def list_figures(run: RunFiles) -> str:
    """Return the names of the figures of a run with what each shows, one a line."""
    rows = [[name, what] for name, (what, _) in FIGURES.items()]
    numbers = Sources(run, int(run.manifest["config"]["settings"]["report"]["networks"])).numbers
    rows += [[f"{_NETWORK}{number:02d}", f"timeline of network {number}"] for number in numbers]
    return "\n".join(aligned(rows, left={0, 1}))
