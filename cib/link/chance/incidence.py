"""Who acted on what, how often and when: what every null model starts from."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from cib.link.chance.combine import Ints

__all__ = ["N_BANDS", "Incidence", "Meetings", "Shared", "incidence_of"]

N_BANDS: Final = 4
"""Bands of popularity (see :data:`cib.tables.OBJECTS`)."""
_ACTS_PER_BATCH: Final = 2_000_000
"""Acts of the ends of pairs looked at together; some 100 bytes each."""


@dataclass(frozen=True)
class Shared:
    """What the ends of some pairs of accounts both acted on at any time, one entry a pair and object.

    Attributes
    ----------
    a, b : the accounts of each pair.
    inside : objects of each pair that it shares inside the window.
    row : of each entry, its pair (0 to len(a) - 1), rising.
    object : of each entry, the object, rising in a pair.
    at_a, at_b : of each entry, the incidences of the two accounts with the object.
    """

    a: Ints
    b: Ints
    inside: Ints
    row: Ints
    object: Ints
    at_a: Ints
    at_b: Ints

    @cached_property
    def overlap(self) -> Ints:
        """Shared objects of each pair."""
        return np.bincount(self.row, minlength=len(self.a)).astype(np.int64)


@dataclass(frozen=True)
class Meetings:
    """The strata in which both accounts of a pair act, one entry a pair and stratum, in this order.

    Attributes
    ----------
    row, stratum : pair and stratum of each entry.
    k_a, k_b : distinct objects of the two accounts in the stratum.
    cell : of each entry of the :class:`Shared`, its place among these.
    """

    row: Ints
    stratum: Ints
    k_a: Ints
    k_b: Ints
    cell: Ints


@dataclass(frozen=True)
class Incidence:
    """The bipartite graph of accounts and objects with its times.

    Attributes
    ----------
    traces : TRACES of the layer.
    account, object, count : of each incidence (account and object), sorted: the two, and the number of acts.
    start : of each incidence, its first row in `time`.
    time : microseconds of all acts, sorted by account, object, time.
    accounts, acts : of each object, its distinct accounts and its acts.
    stratum, band : of each object.
    """

    traces: pl.DataFrame
    account: Ints
    object: Ints
    count: Ints
    start: Ints
    time: Ints
    accounts: Ints
    acts: Ints
    stratum: Ints
    band: Ints

    @property
    def n_objects(self) -> int:
        """Length of the table of objects."""
        return len(self.accounts)

    @property
    def n_strata(self) -> int:
        """Strata, numbered from 0."""
        return int(self.stratum.max(initial=-1)) + 1

    @cached_property
    def degree(self) -> Ints:
        """Distinct objects of each account."""
        return np.bincount(self.account).astype(np.int64)

    @cached_property
    def own_acts(self) -> Ints:
        """Acts of each account."""
        return np.bincount(self.account, weights=self.count).astype(np.int64)

    @property
    def n_pairs(self) -> int:
        """Pairs of accounts that could have been linked: all accounts with a trace."""
        n = int((self.degree > 0).sum())
        return n * (n - 1) // 2

    def batches(self, a: Ints, b: Ints, inside: Ints) -> Iterator[Shared]:
        """Yield what the pairs (a[i], b[i]) share, in batches of about 2 million acts of their ends."""
        sizes = np.cumsum(self.own_acts[a] + self.own_acts[b]) if len(a) else np.zeros(0, dtype=np.int64)
        last = int(sizes[-1]) if len(sizes) else 0
        cuts = np.unique(np.searchsorted(sizes, np.arange(_ACTS_PER_BATCH, last + 1, _ACTS_PER_BATCH)))
        for part in np.split(np.arange(len(a)), cuts):
            if len(part):
                yield self._shared(a[part], b[part], inside[part])

    def _shared(self, a: Ints, b: Ints, inside: Ints) -> Shared:
        both = self._graph[a].multiply(self._graph[b]).tocsr()
        both.sort_indices()
        row = np.repeat(np.arange(len(a)), np.diff(both.indptr))
        thing = both.indices.astype(np.int64)
        at = [np.searchsorted(self._keys, end[row] * self.n_objects + thing).astype(np.int64) for end in (a, b)]
        return Shared(a, b, inside, row, thing, *at)

    def meetings(self, shared: Shared) -> Meetings:
        """Return the strata in which the pairs meet."""
        both = self.by_stratum[shared.a].multiply(self.by_stratum[shared.b]).tocsr()
        both.sort_indices()
        row = np.repeat(np.arange(len(shared.a)), np.diff(both.indptr))
        stratum = both.indices.astype(np.int64)
        k_a, k_b = (self._objects_in(end[row], stratum) for end in (shared.a, shared.b))
        keys = row * self.n_strata + stratum
        cell = np.searchsorted(keys, shared.row * self.n_strata + self.stratum[shared.object])
        return Meetings(row, stratum, k_a, k_b, cell.astype(np.int64))

    def _objects_in(self, account: Ints, stratum: Ints) -> Ints:
        """Return the objects of accounts in strata that they do act in."""
        at = np.searchsorted(self._stratum_keys, account * self.n_strata + stratum)
        return np.asarray(self.by_stratum.data[at], dtype=np.int64)

    @cached_property
    def by_stratum(self) -> Any:
        """Sparse matrix accounts x strata of distinct objects."""
        return self._matrix(self.stratum[self.object], self.n_strata)

    @cached_property
    def _graph(self) -> Any:
        return self._matrix(self.object, self.n_objects)

    @cached_property
    def _keys(self) -> Ints:
        return self.account * self.n_objects + self.object

    @cached_property
    def _stratum_keys(self) -> Ints:
        owner = np.repeat(np.arange(self.by_stratum.shape[0]), np.diff(self.by_stratum.indptr))
        keys: Ints = owner * self.n_strata + self.by_stratum.indices
        return keys

    def _matrix(self, column: Ints, width: int) -> Any:
        import scipy.sparse as sp

        ones = np.ones(len(column))
        matrix = sp.csr_array(sp.coo_array((ones, (self.account, column)), shape=(len(self.degree), width)))
        matrix.sort_indices()
        return matrix


def incidence_of(traces: pl.DataFrame, objects: pl.DataFrame) -> Incidence:
    """Return the incidence of TRACES and their OBJECTS; sorts the traces once."""
    acts = traces.select("account", "object", pl.col("time").dt.epoch("us")).sort("account", "object", "time")
    counts = acts.group_by("account", "object", maintain_order=True).agg(count=pl.len())
    count = _ints(counts["count"])
    return Incidence(
        traces=traces,
        account=_ints(counts["account"]),
        object=_ints(counts["object"]),
        count=count,
        start=np.cumsum(count) - count,
        time=_ints(acts["time"]),
        accounts=_ints(objects["accounts"]),
        acts=_ints(objects["acts"]),
        stratum=_ints(objects["stratum"]),
        band=_ints(objects["band"]),
    )


def _ints(column: pl.Series) -> Ints:
    return column.to_numpy().astype(np.int64)
