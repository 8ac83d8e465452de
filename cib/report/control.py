"""What the same settings found on shuffled data, beside what they found on the real: the negative control in words."""

from collections.abc import Sequence
from typing import Any, Final

from cib.report.grid import Cell, Grid, figure_cell, text_cell
from cib.report.run import RunFiles
from cib.report.words import count

__all__ = ["beside", "outcome"]

_NOT_DONE: Final = "Not repeated on shuffled data ([control] runs = 0), so what chance alone finds is not known."


def outcome(manifest: dict[str, Any]) -> str:
    """Return in one sentence what the control found.

    >>> one = {"layers": {}, "links": 3, "networks": 0, "accounts": 0, "largest": 0}
    >>> outcome({"control": {"runs": 1, "replicas": [one]}})
    'On shuffled data the same settings keep 3 links and find 0 networks.'
    >>> outcome({"control": {"runs": 2, "replicas": [one, one | {"links": 5}]}})
    'On shuffled data (2 times) the same settings keep 3 to 5 links and find 0 networks.'
    """
    replicas = _replicas(manifest)
    if not replicas:
        return _NOT_DONE
    times = f" ({len(replicas)} times)" if len(replicas) > 1 else ""
    links, networks = (_counted([one[name] for one in replicas], name[:-1]) for name in ("links", "networks"))
    return f"On shuffled data{times} the same settings keep {links} and find {networks}."


def beside(run: RunFiles) -> list[Grid]:
    """Return what the run found beside what it found on shuffled data: all together, then by layer; [] if not done."""
    replicas = _replicas(run.manifest)
    if not replicas:
        return []
    return [_together(run, replicas), _by_layer(run, replicas)]


def _replicas(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the numbers of each repetition; runs of earlier versions have none."""
    replicas: list[dict[str, Any]] = manifest.get("control", {}).get("replicas", [])
    return replicas


def _together(run: RunFiles, replicas: list[dict[str, Any]]) -> Grid:
    networks = run.table("networks", ["accounts", "evidence"])
    found = networks["accounts"]
    real: dict[str, tuple[str, float]] = {
        "links": ("Links kept, all layers", len(run.table("graph", ["weight"]))),
        "networks": ("Networks", len(found)),
        "accounts": ("Accounts in networks", len(run.homes)),
        "largest": ("Accounts in the largest network", int(found.max() or 0)),  # type: ignore[arg-type]
        "evidence": ("Evidence of the network with most", float(networks["evidence"].max() or 0)),  # type: ignore[arg-type]
    }
    rows = [
        [text_cell(title), figure_cell(value, _whole), _range([one.get(name, 0) for one in replicas])]
        for name, (title, value) in real.items()
    ]
    return Grid("Found in the data, and in shuffled data", ["What", "Real", "Shuffled"], rows, sorts=False)


def _by_layer(run: RunFiles, replicas: list[dict[str, Any]]) -> Grid:
    rows = []
    for name, layer in run.manifest["layers"].items():
        there = [one["layers"].get(name, {"edges": 0, "edges_kept": 0}) for one in replicas]
        weight = run.manifest["config"]["settings"]["layers"].get(name, {}).get("weight")
        cells = [text_cell(name, quiet=_shuffle(layer["window"], weight))]
        for column in ("edges", "edges_kept"):
            cells += [figure_cell(layer[column], _whole), _range([one[column] for one in there])]
        rows.append(cells)
    heads = ["Layer", "Edges", "Edges, shuffled", "Edges kept", "Edges kept, shuffled"]
    return Grid("Layer by layer, in the data and in shuffled data", heads, rows)


def _shuffle(window: str, weight: str | None) -> str:
    return "authors exchanged" if window == "none" or weight == "agreement" else "times shifted"


def _range(values: Sequence[float]) -> Cell:
    """Return a cell with the values, as one number if they are all the same; it sorts by the largest."""
    return Cell(_spread(values), float(max(values)))


def _counted(values: Sequence[int], noun: str) -> str:
    return count(values[0], noun) if len(set(values)) == 1 else f"{_spread(values)} {noun}s"


def _spread(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"


def _whole(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"
