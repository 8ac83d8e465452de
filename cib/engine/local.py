"""The engine of one machine: what does not fit into memory is worked off in batches, and on disk."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from cib.engine.base import Reading, pairs_writer
from cib.link import Beside, link
from cib.read import ReadSummary, read
from cib.settings import LayerSettings, RunSettings
from cib.traces import Given, Traced, build, combine

__all__ = ["Local"]


class Local:
    """The stages from files to edges, in this process."""

    name = "local"

    def read(self, reading: Reading, run: RunSettings, out: Path) -> ReadSummary:
        """Read all input files."""
        return read(reading.settings, root=reading.root, out=out, memory=run.memory, accounts=reading.accounts)

    def trace(
        self, posts: Path, layer: LayerSettings, *, name: str, given: Given, texts: Path | None, out: Path
    ) -> dict[str, Any]:
        """Make one layer's traces of the posts."""
        called = None if texts is None else pl.scan_parquet(texts, glob=False)
        return _written(build(pl.scan_parquet(posts), layer, name=name, given=given, texts=called), out)

    def combine(self, made: Mapping[str, Path], *, name: str, out: Path) -> dict[str, Any]:
        """Make the traces of the layer `combined` of those of other layers."""
        acts = {
            other: (pl.read_parquet(folder / "traces.parquet"), pl.read_parquet(folder / "objects.parquet"))
            for other, folder in made.items()
        }
        return _written(combine(acts, name=name), out)

    def link(
        self, traced: Path, layer: LayerSettings, run: RunSettings, *, name: str, beside: Beside, out: Path
    ) -> dict[str, Any]:
        """Link the accounts of one layer."""
        with pairs_writer(out / "pairs.parquet") as sink:
            linked = link(
                pl.scan_parquet(traced / "traces.parquet", glob=False),
                pl.scan_parquet(traced / "objects.parquet", glob=False),
                layer, name=name, memory=run.memory, sink=sink, beside=beside,
            )  # fmt: skip
        linked.edges.write_parquet(out / "edges.parquet")
        linked.repetition.write_parquet(out / "repetition.parquet")
        linked.ledger.write_parquet(out / "ledger.parquet")
        return {"pairs": linked.n_pairs, "edges": len(linked.edges)}


def _written(traced: Traced, out: Path) -> dict[str, Any]:
    """Write what comes of tracing a layer; return what the manifest says of it."""
    traced.traces.write_parquet(out / "traces.parquet")
    traced.objects.write_parquet(out / "objects.parquet")
    traced.ledger.write_parquet(out / "ledger.parquet")
    traced.own.write_parquet(out / "own.parquet")
    traced.order.write_parquet(out / "order.parquet")
    return {
        "traces": len(traced.traces),
        "objects": len(traced.objects),
        "accounts": traced.traces["account"].n_unique(),
        "interval_s": traced.interval_s,
    }
