"""What the page says of a network's accounts together: timing, creation, and what sets them off from random groups."""

from typing import Any, Final

import polars as pl

from cib.report.grid import Grid, by_network, figure_cell, text_cell
from cib.report.run import RunFiles, label
from cib.report.words import chance, count

__all__ = ["groups"]

_SHOWN: Final = 10
_TELLING: Final = 0.05


def groups(run: RunFiles, found: pl.DataFrame) -> dict[int, dict[str, Any]]:
    """Return for each network `sentences` (creation and timing), and the grids `alike`, `close` and `apart`."""
    known = found.select("network")
    said = [run.table(name).join(known, on="network", how="semi") for name in ("network_timing", "network_creation")]
    lines = pl.concat([frame.select("network", "sentence") for frame in said])
    sentences = {network: part["sentence"].to_list() for network, part in by_network(lines).items()}
    alike, pairs = _alike(run, known), _pairs(run, known)
    nothing: dict[str, Any] = {"close": None, "apart": None}
    return {
        network: nothing | {"sentences": sentences[network], "alike": alike.get(network)} | pairs.get(network, {})
        for network in known["network"]
    }


def _alike(run: RunFiles, known: pl.DataFrame) -> dict[int, Grid]:
    table = run.table("network_indicators").join(known, on="network", how="semi")
    telling = table.filter(pl.col("q") <= _TELLING).sort("network", "p", "name")
    heads = ["Indicator", "Members it applies to", "Median", "Middle half", "Median of all", "p", "q", "In words"]
    return {
        network: Grid(
            "What sets the accounts off from random groups of as many accounts here",
            heads,
            [_alike_cells(row) for row in part.head(_SHOWN).iter_rows(named=True)],
            f"{min(_SHOWN, len(part))} of {count(len(part), 'indicator')} with q of {_TELLING:g} or less; "
            "tables/network_indicators has all. It describes; accounts found by their timing are alike in timing.",
        )
        for network, part in by_network(telling).items()
    }


def _alike_cells(row: dict[str, Any]) -> list[Any]:
    return [
        text_cell(row["name"].replace("_", " ")),
        figure_cell(row["members"]),
        figure_cell(row["median"]),
        text_cell(f"{row['lower']:.3g} to {row['upper']:.3g}"),
        figure_cell(row["usual"]),
        figure_cell(row["p"], chance),
        figure_cell(row["q"], chance),
        text_cell(row["sentence"]),
    ]


def _pairs(run: RunFiles, known: pl.DataFrame) -> dict[int, dict[str, Grid]]:
    """Return the pairs that act together, the strongest first, and those that keep apart."""
    names = run.table("accounts").select("account_id", name=label())
    table = (
        run.scan("co_timing")
        .join(known.lazy(), on="network", how="semi")
        .filter((pl.col("p_together_network") <= _TELLING) | pl.col("alternates"))
        .collect()
        .join(names.rename({"account_id": "source", "name": "one"}), on="source", how="left")
        .join(names.rename({"account_id": "target", "name": "other"}), on="target", how="left")
    )
    excess = pl.col("together") / (pl.col("expected") + 1)
    close = table.filter(pl.col("p_together_network") <= _TELLING, ~pl.col("alternates"))
    close = close.sort(pl.col("network"), -excess, "source", "target")
    apart = table.filter("alternates").sort(
        "network", "met_expected", "source", "target", descending=[False, True] + [False] * 2
    )
    grids: dict[int, dict[str, Grid]] = {}
    for kind, frame, caption, columns in (
        (
            "close",
            close,
            "Pairs active at the same moments beyond their rhythms",
            ("together", "expected", "p_together_network"),
        ),
        ("apart", apart, "Pairs that keep apart: possibly one operator", ("met", "met_expected", "p_apart_network")),
    ):
        for network, part in by_network(frame).items():
            grids.setdefault(network, {})[kind] = _pair_grid(part, caption, columns)
    return grids


def _pair_grid(part: pl.DataFrame, caption: str, columns: tuple[str, str, str]) -> Grid:
    rows = [
        [
            text_cell(row["one"] or row["source"], quiet=row["source"]),
            text_cell(row["other"] or row["target"], quiet=row["target"]),
            figure_cell(row[columns[0]]),
            figure_cell(row[columns[1]]),
            figure_cell(row[columns[2]], chance),
        ]
        for row in part.head(_SHOWN).iter_rows(named=True)
    ]
    note = f"{len(rows)} of {count(len(part), 'pair')}; p over all pairs of the network. tables/co_timing has all."
    return Grid(caption, ["Account", "Account", "Moments in common", "Expected", "p"], rows, note)
