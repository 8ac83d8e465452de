"""What analysts said of a network before (see `cib verdict`), as the page shows it beside its claim."""

from typing import Any

import polars as pl

from cib.report.grid import by_network
from cib.report.run import RunFiles
from cib.report.words import share

__all__ = ["verdicts"]


def verdicts(run: RunFiles, found: pl.DataFrame) -> dict[int, list[str]]:
    """Return for each network what was said of it, or of one with much the same accounts in another run."""
    said = run.table("verdicts").filter(kind="network").join(found.select("network"), on="network", how="semi")
    return {
        network: [_sentence(row) for row in part.iter_rows(named=True)]
        for network, part in by_network(said.sort("network", "similarity", descending=[False, True])).items()
    }


def _sentence(row: dict[str, Any]) -> str:
    reason = f": {row['explanation']}" if row["explanation"] else ""
    note = f" “{row['note']}”" if row["note"] else ""
    of = "" if row["similarity"] == 1 else f" Said of a network that shares {share(row['similarity'])} of its accounts."
    return f"{row['verdict'].capitalize()} by an analyst{reason}.{note}{of}"
