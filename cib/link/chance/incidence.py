"""Who acted on what, how often and when: what every null model starts from."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl

from cib.link.chance.combine import Ints
from cib.link.sweep import in_order

__all__ = ["N_BANDS", "Incidence", "Meetings", "Rows", "Shared", "incidence_of"]

N_BANDS: Final = 4
"""Bands of popularity (see :data:`cib.tables.OBJECTS`)."""
_PER_BATCH: Final = 2_000_000
"""Objects, or acts, of the ends of pairs looked at together; some 100 bytes each."""


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
class Rows:
    """What each account has, as sorted sets side by side.

    Attributes
    ----------
    width : bound of the columns.
    key : account times `width` plus column, once each, sorted.
    column : of each entry.
    count : how often each entry was given.
    start : of each account, its first entry; and the end.
    """

    width: int
    key: Ints
    column: Ints
    count: Ints
    start: Ints

    @classmethod
    def of(cls, account: Ints, column: Ints, width: int) -> "Rows":
        """Return the rows of accounts and columns, in any order, with repeats."""
        width = max(width, 1)
        key = account * width + column
        if (key[1:] <= key[:-1]).any():
            key.sort()
        first = np.flatnonzero(np.concatenate((np.ones(min(len(key), 1), np.bool_), key[1:] != key[:-1])))
        count, key = np.diff(first, append=len(key)), key[first]
        n = int(account.max(initial=-1)) + 1
        return cls(width, key, key % width, count, np.searchsorted(key, np.arange(n + 1) * width).astype(np.int64))

    def common(self, a: Ints, b: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """Return pair, column, and the entries of both accounts, for each column that both a[i] and b[i] have.

        Costs the smaller of the two rows, looked up in the larger: pairs with the busiest account would else cost all
        that it ever did, each time.
        """
        size = np.diff(self.start)
        turned = size[a] > size[b]
        small, large = np.where(turned, b, a), np.where(turned, a, b)
        n = size[small]
        row = np.repeat(np.arange(len(a)), n)
        mine = np.arange(len(row)) + np.repeat(self.start[small] - np.cumsum(n) + n, n)
        wanted = large[row] * self.width + self.column[mine]
        others = np.minimum(np.searchsorted(self.key, wanted), max(len(self.key) - 1, 0)).astype(np.int64)
        hit = np.flatnonzero(self.key[others] == wanted)
        row, mine, others, turned = row[hit], mine[hit], others[hit], turned[row[hit]]
        return row, self.column[mine], np.where(turned, others, mine), np.where(turned, mine, others)


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

    @cached_property
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

    def batches(self, a: Ints, b: Ints, inside: Ints, *, acts: bool = False) -> Iterator[Shared]:
        """Yield what the pairs (a[i], b[i]) share, in batches of about 2 million objects of their smaller ends.

        `acts` asks for batches of so many acts of both ends, for who looks at each act.
        """
        weight = self.own_acts[a] + self.own_acts[b] if acts else np.minimum(self.degree[a], self.degree[b])
        sizes = np.cumsum(weight)
        last = int(sizes[-1]) if len(sizes) else 0
        cuts = np.unique(np.searchsorted(sizes, np.arange(_PER_BATCH, last + 1, _PER_BATCH)))
        for part in np.split(np.arange(len(a)), cuts):
            if len(part):
                ends = a[part], b[part]
                row, thing, *at = self._by_object.common(*ends)
                yield Shared(*ends, inside[part], row, thing, *at)

    def meetings(self, shared: Shared) -> Meetings:
        """Return the strata in which the pairs meet."""
        row, stratum, at_a, at_b = self.by_stratum.common(shared.a, shared.b)
        keys = row * self.n_strata + stratum
        cell = np.searchsorted(keys, shared.row * self.n_strata + self.stratum[shared.object])
        count = self.by_stratum.count
        return Meetings(row, stratum, count[at_a], count[at_b], cell.astype(np.int64))

    @cached_property
    def by_stratum(self) -> Rows:
        """The strata of each account's objects, and how many it has there."""
        return Rows.of(self.account, self.stratum[self.object], self.n_strata)

    @cached_property
    def _by_object(self) -> Rows:
        return Rows.of(self.account, self.object, self.n_objects)


def incidence_of(traces: pl.DataFrame, objects: pl.DataFrame) -> Incidence:
    """Return the incidence of TRACES and their OBJECTS; sorts the traces once, about 50 bytes an act."""
    acts = in_order(traces)
    by_account = np.argsort(
        acts["account"].to_numpy(), kind="stable"
    )  # inside an account by object and time, as before
    account, thing = (_ints(acts[name])[by_account] for name in ("account", "object"))
    changes = (account[1:] != account[:-1]) | (thing[1:] != thing[:-1])
    start = np.flatnonzero(np.concatenate((np.ones(min(len(account), 1), np.bool_), changes)))
    return Incidence(
        traces=traces,
        account=account[start],
        object=thing[start],
        count=np.diff(start, append=len(account)),
        start=start,
        time=acts["time"].dt.epoch("us").to_numpy()[by_account],
        accounts=_ints(objects["accounts"]),
        acts=_ints(objects["acts"]),
        stratum=_ints(objects["stratum"]),
        band=_ints(objects["band"]),
    )


def _ints(column: pl.Series) -> Ints:
    return column.to_numpy().astype(np.int64)
