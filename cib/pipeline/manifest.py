"""The manifest of a run: what ran, on what, with which settings and versions, and what it cost."""

import platform
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any, Final

from cib import SCHEMA_VERSION, __version__
from cib.settings import LayerSettings, Settings
from cib.traces import lookup

__all__ = ["CAVEATS", "Stage", "control_entry", "layer_entry", "manifest"]

_PACKAGES: Final = (
    "polars",
    "pyarrow",
    "numpy",
    "scipy",
    "scikit-learn",
    "igraph",
    "networkx",
    "matplotlib",
    "pydantic",
    "jinja2",
    "publicsuffixlist",
)

_NOT_DECEIT: Final = """\
Coordination is not deceit: fans, unions, parties, newsrooms and people who read the same feed act together too. \
Nothing here says who is behind an account, or why."""
_SHUFFLES: Final = """\
A network as a whole is held against the best that the same settings find in shuffled data, as often as [control] \
runs says. Tier B needs nineteen shuffles and tier A 99; with fewer, every network is a lead (tier C) at most."""
_NOT_STRANGERS: Final = """\
Chance is what strangers would share. People of one interest, language or week share more than that by nature, so \
organic communities can appear as networks."""
_NOT_BOTS: Final = """\
The indicators describe accounts. They are weak, they are not combined into a verdict, and they made no network."""
_NOT_ALL: Final = """\
What was not collected cannot be seen: a network here is a network among these accounts, in these posts."""

CAVEATS: Final = (_NOT_DECEIT, _SHUFFLES, _NOT_STRANGERS, _NOT_BOTS, _NOT_ALL)
"""What every report says about itself."""


@dataclass(frozen=True)
class Stage:
    """What a stage cost; `part` is its layer.

    Seconds, peak resident memory in MB (other processes at work for it counted), rows in and out.
    """

    stage: str
    part: str
    seconds: float
    peak_mb: float
    rows_in: int
    rows_out: int
    cached: bool


def layer_entry(layer: LayerSettings, traced: dict[str, Any], linked: dict[str, Any], kept: int) -> dict[str, Any]:
    """Return what the manifest says of one layer."""
    trace = lookup(layer.trace)
    ran = traced["traces"] > 0
    return {
        "trace": layer.trace,
        "title": trace.title,
        "status": "ran" if ran else "no data",
        "reason": ""
        if ran
        else f"No post has what this layer needs ('{trace.needs}', kinds {', '.join(layer.kinds)}).",
        "window": "none" if layer.window is None else f"{layer.window.total_seconds():g}s",
        "min_objects": layer.min_objects,
        "traces": traced["traces"],
        "objects": traced["objects"],
        "accounts": traced["accounts"],
        "pairs": linked["pairs"],
        "edges": linked["edges"],
        "edges_kept": kept,
    }


_COST: Final = {"rows", "beside_mb"}


def control_entry(replicas: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the manifest says of the negative control: how often it was done, and what each time gave."""
    return {
        "runs": len(replicas),
        "replicas": [{name: value for name, value in one.items() if name not in _COST} for one in replicas],
    }


def manifest(
    settings: Settings,
    config: dict[str, str],
    read: dict[str, Any],
    layers: dict[str, dict[str, Any]],
    stages: list[Stage],
) -> dict[str, Any]:
    """Return the manifest of a run (JSON)."""
    spent = [asdict(stage) for stage in stages]
    return {
        "schema_version": SCHEMA_VERSION,
        "cib_version": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": {name: metadata.version(name) for name in _PACKAGES},
        "config": config | {"settings": settings.model_dump(mode="json")},
        "seed": settings.run.seed,
        "inputs": read["inputs"],
        "read": {name: value for name, value in read.items() if name not in {"inputs", "rows"}},
        "layers": layers,
        "stages": spent,
        "caveats": list(CAVEATS),
        "peak_mb": max((stage["peak_mb"] for stage in spent if not stage["cached"]), default=0.0),
    }
