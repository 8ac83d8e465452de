"""What every engine does: the stages whose cost grows with posts."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from cib.link import Beside
from cib.read import AccountLists, ReadSummary
from cib.settings import InputSettings, LayerSettings, RunSettings
from cib.tables import PAIRS
from cib.traces import Given

__all__ = ["Engine", "Reading", "pairs_writer"]


@dataclass(frozen=True)
class Reading:
    """What is to be read: the input section, the folder its paths start from, and whose posts are left out or kept."""

    settings: InputSettings
    root: Path
    accounts: AccountLists


class Engine(Protocol):
    """The stages from files to edges. `out` is an empty folder; what is returned is for the manifest (JSON).

    Attributes
    ----------
    name : as in ``[run] engine``.
    run : the run's bounds.
    """

    name: str

    def read(self, reading: Reading, run: RunSettings, out: Path) -> ReadSummary:
        """Read all input files: posts.parquet, accounts.parquet, ledger.parquet, quarantine.ndjson.

        Raises
        ------
        InputError
            The files cannot be used (see :func:`cib.read.read`).
        """

    def trace(
        self, posts: Path, layer: LayerSettings, *, name: str, given: Given, texts: Path | None, out: Path
    ) -> dict[str, Any]:
        """Make one layer's traces of the posts: traces, objects, own, order and ledger as Parquet.

        Parameters
        ----------
        posts : POSTS.
        layer, name : the layer's settings and name.
        given : what the user's files say of links and names.
        texts : TEXTS of the posts, if the layer uses any.

        Returns
        -------
        traces, objects, accounts : how many. interval_s : the layer's coordination interval, if it was estimated.
        """

    def combine(self, made: Mapping[str, Path], *, name: str, out: Path) -> dict[str, Any]:
        """Make the traces of the layer `combined` of those of other layers, whose folders are given; as `trace`."""

    def link(
        self, traced: Path, layer: LayerSettings, run: RunSettings, *, name: str, beside: Beside, out: Path
    ) -> dict[str, Any]:
        """Link the accounts of one layer: edges, pairs, repetition and ledger as Parquet.

        Parameters
        ----------
        traced : folder of its traces.parquet and objects.parquet.
        layer, name : its settings and name.
        run : bounds of memory and disk.
        beside : what else is known (see :class:`cib.link.Beside`).

        Returns
        -------
        pairs, edges : how many.

        Raises
        ------
        RunError
            The work is beyond the bounds.
        """


@contextmanager
def pairs_writer(path: Path) -> Iterator[Callable[[pl.DataFrame], None]]:
    """Yield a sink that appends PAIRS to a Parquet file."""
    import pyarrow.parquet as pq

    schema = PAIRS.empty().to_arrow().schema
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        yield lambda frame: writer.write_table(frame.to_arrow().cast(schema))
