"""The figures of a run: seven of the whole, and one timeline for each network shown.

Drawn with matplotlib's object interface (no display, no global state), in colours that people with any
colour vision can tell apart. ``captions.json`` beside them has a title and an alternative text for each.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from cib.report.figures.counts import coactions, delays, posted
from cib.report.figures.drawing import draw_graph
from cib.report.figures.spreads import draw_delays, draw_networks, draw_weights
from cib.report.figures.style import Drawn, save, style
from cib.report.figures.times import draw_network_times, draw_times, draw_week
from cib.report.run import RunFiles
from cib.settings import ReportSettings

__all__ = ["write_figures"]


def write_figures(run: RunFiles, out: Path, settings: ReportSettings) -> list[Path]:
    """Write ``figures/*`` in the formats asked for, and return the files.

    A figure without anything to show is left out. The same run gives the same bytes.

    Notes
    -----
    Posts and evidence are scanned once each and reduced to counts.
    """
    folder = out / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    captions, paths = {}, []
    with style():
        for drawn in _figures(run, settings):
            captions[drawn.name] = {"title": drawn.title, "alt": drawn.alt}
            paths += save(drawn, folder, settings.figure_formats)
    index = folder / "captions.json"
    index.write_text(json.dumps(captions, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return [*paths, index]


def _figures(run: RunFiles, settings: ReportSettings) -> Iterator[Drawn]:
    """Draw one figure after the other, so that only one is in memory."""
    layers = list(run.manifest["layers"])
    posts, acts = posted(run), coactions(run)
    overview = (
        draw_graph(run, settings.networks),
        draw_networks(run, layers, settings.networks),
        draw_times(posts, acts, layers),
        draw_delays(delays(run), layers),
        draw_weights(run),
        draw_week(posts),
    )
    yield from (drawn for drawn in overview if drawn is not None)
    shown = run.table("networks")["network"].sort().head(settings.networks)
    yield from draw_network_times(shown, posts, acts.filter(pl.col("layer").is_in(run.telling(timed=True))), layers)
