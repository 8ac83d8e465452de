"""The engine of a cluster: posts are read, traced and linked by Apache Spark.

Spark moves rows, groups and adds; what a row, a pair or a p-value is, the very functions say that the engine of one
machine runs. docs/spark.md says what is done where, and what is equal.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cib.engine.base import Reading
from cib.engine.local import Local
from cib.link import Beside
from cib.read import ReadSummary
from cib.settings import LayerSettings, RunSettings, SparkSettings
from cib.traces import Given

__all__ = ["Spark"]


class Spark:
    """The stages from files to edges, on Spark.

    Parameters
    ----------
    settings : where Spark runs, and how its work is cut.
    """

    name = "spark"

    def __init__(self, settings: SparkSettings) -> None:
        self.settings = settings

    def read(self, reading: Reading, run: RunSettings, out: Path) -> ReadSummary:
        """Read all input files."""
        return Local().read(reading, run, out)

    def trace(
        self, posts: Path, layer: LayerSettings, *, name: str, given: Given, texts: Path | None, out: Path
    ) -> dict[str, Any]:
        """Make one layer's traces of the posts."""
        return Local().trace(posts, layer, name=name, given=given, texts=texts, out=out)

    def combine(self, made: Mapping[str, Path], *, name: str, out: Path) -> dict[str, Any]:
        """Make the traces of the layer `combined` of those of other layers."""
        return Local().combine(made, name=name, out=out)

    def link(
        self, traced: Path, layer: LayerSettings, run: RunSettings, *, name: str, beside: Beside, out: Path
    ) -> dict[str, Any]:
        """Link the accounts of one layer."""
        return Local().link(traced, layer, run, name=name, beside=beside, out=out)
