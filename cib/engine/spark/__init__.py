"""The engine of a cluster: posts are read, traced and linked by Apache Spark.

Spark moves rows, groups and adds; what a row, a pair or a p-value is, the very functions say that the engine of one
machine runs. docs/spark.md says what is done where, and what is equal.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cib.engine.base import Reading
from cib.engine.local import Local
from cib.engine.spark.session import session, working
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
        from cib.engine.spark.read import read

        with working("reading"):
            return read(session(self.settings), reading, run, out)

    def trace(
        self, posts: Path, layer: LayerSettings, *, name: str, given: Given, texts: Path | None, out: Path
    ) -> dict[str, Any]:
        """Make one layer's traces of the posts."""
        from cib.engine.spark.trace import Sources, runs_here, trace

        if not runs_here(layer):
            told = f"Layer {name} is traced on this machine: Spark does not know what its trace asks of other posts."
            logging.getLogger("cib").warning(told)
            return Local().trace(posts, layer, name=name, given=given, texts=texts, out=out)
        with working(f"tracing layer {name}"):
            return trace(session(self.settings), Sources(posts, texts, given), layer, name=name, out=out)

    def combine(self, made: Mapping[str, Path], *, name: str, out: Path) -> dict[str, Any]:
        """Make the traces of the layer `combined` of those of other layers."""
        from cib.engine.spark.trace_combined import combine

        with working(f"combining layers into {name}"):
            return combine(session(self.settings), made, name=name, out=out)

    def link(
        self, traced: Path, layer: LayerSettings, run: RunSettings, *, name: str, beside: Beside, out: Path
    ) -> dict[str, Any]:
        """Link the accounts of one layer."""
        from cib.engine.spark.link import link_layer
        from cib.engine.spark.link_shards import Cluster

        cluster = Cluster(session(self.settings), self.settings.partitions, self.settings.shard_acts, run.memory)
        with working(f"linking layer {name}"):
            return link_layer(traced, layer, cluster, name=name, beside=beside, out=out)
