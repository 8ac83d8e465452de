"""Who acted on what, how often and when: what every null model starts from.

Of the whole layer the null models ask sums alone: of each object, of each account, of each account and stratum. What
two accounts share is asked of the accounts with a link, whose acts alone are held.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.link.acts import Acts, counted
from cib.link.chance.combine import Floats, Ints
from cib.link.chance.margins import N_BANDS, Margins, classes_of
from cib.link.sweep import inside

__all__ = [
    "Ends",
    "Incidence",
    "Meetings",
    "Rows",
    "Shared",
    "incidence_of",
    "share_of",
]

Counts: TypeAlias = npt.NDArray[np.unsignedinteger[Any]]
_PER_BATCH: Final = 2**18
"""Objects, or acts, of the ends of pairs looked at together, some 100 bytes each: they fit into caches, which takes a
fifth off the time of the tests (measured with 2 * 10^6 and 2^16 beside it)."""
_UNMERGED: Final = 2**22
"""Accounts and strata that are gathered before those that are the same are added up."""


@dataclass(frozen=True)
class Shared:
    """What the ends of some pairs of accounts both acted on at any time, one entry a pair and object.

    Attributes
    ----------
    sums : what is known of each account and object.
    ends : the accounts' acts.
    a, b : the accounts of each pair.
    inside : objects of each pair that it shares inside the window.
    row : of each entry, its pair (0 to len(a) - 1), rising.
    object : of each entry, the object, rising in a pair.
    at_a, at_b : of each entry, the incidences of the two accounts with the object.
    """

    sums: "Incidence"
    ends: "Ends"
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
    count : how often each entry was given.
    start : of each account, its first entry; and the end.
    """

    width: int
    key: Ints
    count: npt.NDArray[np.signedinteger[Any]]
    start: Ints

    @classmethod
    def of(cls, width: int, key: Ints, repeats: Ints, degree: Ints) -> "Rows":
        """Return rows of their entries.

        Parameters
        ----------
        width : bound of the columns.
        key : of each entry, once each, in any order; is sorted in place.
        repeats : keys of entries, one for each time beyond the first that they were given; is sorted in place.
        degree : entries of each account.
        """
        key.sort()
        repeats.sort()
        count = np.ones(len(key), dtype=np.int32)
        first = np.flatnonzero(np.diff(repeats, prepend=-1))
        count[np.searchsorted(key, repeats[first])] += np.diff(first, append=len(repeats)).astype(np.int32)
        return cls(width, key, count, np.concatenate(([0], np.cumsum(degree))))

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
        wanted = self.key[mine] + ((large - small) * self.width)[row]
        others = np.minimum(np.searchsorted(self.key, wanted), max(len(self.key) - 1, 0)).astype(np.int64)
        hit = np.flatnonzero(self.key[others] == wanted)
        row, mine, others = row[hit], mine[hit], others[hit]
        column = self.key[mine] - (small * self.width)[row]
        return row, column, np.where(turned[row], others, mine), np.where(turned[row], mine, others)


@dataclass(frozen=True)
class Ends:
    """The acts of the accounts at the ends of links.

    Attributes
    ----------
    objects : their objects, and how often they acted on each.
    acts : TRACES of these accounts, slab by slab, for who asks for their times.
    """

    objects: Rows
    acts: Acts

    @cached_property
    def start(self) -> Ints:
        """Of each incidence, its first row in `time`."""
        return np.cumsum(self.objects.count, dtype=np.int64) - self.objects.count

    @cached_property
    def time(self) -> Ints:
        """Microseconds of all acts, sorted by account, object, time."""
        frame = self.acts.frame()
        order = np.argsort(
            frame["account"].to_numpy(), kind="stable"
        )  # inside an account by object and time, as before
        return frame["time"].dt.epoch("us").to_numpy()[order]

    def own_acts(self) -> Ints:
        """Acts of each account."""
        after = np.concatenate(([0], np.cumsum(self.objects.count, dtype=np.int64)))
        return np.diff(after[self.objects.start])


@dataclass(frozen=True)
class Incidence:
    """The bipartite graph of accounts and objects, in sums.

    Attributes
    ----------
    source : acts of the layer.
    degree : distinct objects of each account.
    by_stratum : the strata of each account's objects, and how many it has there.
    held : of each object, the accounts that acted on it: its incidences.
    share : of each object, the share of its pairs of acts by two accounts that lies inside the window; 0 without one.
    accounts, stratum, band : of each object, as OBJECTS has them.
    tick, span : the step that all times keep to, and the time from the first to the last, microseconds.
    """

    source: Acts
    degree: Ints
    by_stratum: Rows
    held: Counts
    share: Floats
    accounts: Counts
    stratum: Counts
    band: Counts
    tick: int
    span: int

    @property
    def n_objects(self) -> int:
        """Length of the table of objects."""
        return len(self.accounts)

    @cached_property
    def n_strata(self) -> int:
        """Strata, numbered from 0; at least one."""
        return int(self.stratum.max(initial=0)) + 1

    def margins(self) -> Margins:
        """Return how many accounts and objects have which degree."""
        alive = self.held > 0
        stratum, held = self.stratum[alive].astype(np.int64), self.held[alive].astype(np.int64)
        degree, cell = self.accounts.astype(np.float64), self.stratum.astype(np.int64) * N_BANDS + self.band
        pairs = np.bincount(cell, weights=degree * (degree - 1), minlength=self.n_strata * N_BANDS)
        nothing = np.zeros(len(self.by_stratum.key), dtype=np.int64)
        return Margins(
            n_accounts=int((self.degree > 0).sum()),
            n_strata=self.n_strata,
            rows=classes_of(self.by_stratum.key % self.by_stratum.width, self.by_stratum.count, nothing),
            columns=classes_of(stratum, held, self.band[alive]),
            pairs=pairs.reshape(self.n_strata, N_BANDS).astype(np.float64),
            tick=self.tick,
            span=self.span,
        )

    def ends(self, a: Ints, b: Ints) -> Ends:
        """Return the acts of the accounts of these pairs; 12 bytes for each account and object."""
        wanted = np.zeros(len(self.degree), dtype=np.bool_)
        wanted[a] = True
        wanted[b] = True
        degree = np.where(wanted, self.degree, 0)
        width, acts = max(self.n_objects, 1), self.source.of(wanted)
        key, filled, repeats = np.empty(int(degree.sum()), dtype=np.int64), 0, [np.zeros(0, dtype=np.int64)]
        for slab in acts:
            fresh, again = _incidences(slab, width)
            key[filled : filled + len(fresh)] = fresh
            filled += len(fresh)
            repeats.append(again)
        return Ends(Rows.of(width, key, np.concatenate(repeats), degree), acts)

    def batches(self, ends: Ends, a: Ints, b: Ints, inside: Ints, *, acts: bool = False) -> Iterator[Shared]:
        """Yield what the pairs (a[i], b[i]) share, in batches of about 262,000 objects of their smaller ends.

        `acts` asks for batches of so many acts of both ends, for who looks at each act.
        """
        if acts:
            own_acts = ends.own_acts()
            weight = own_acts[a] + own_acts[b]
        else:
            weight = np.minimum(self.degree[a], self.degree[b])
        sizes = np.cumsum(weight)
        last = int(sizes[-1]) if len(sizes) else 0
        cuts = np.unique(np.searchsorted(sizes, np.arange(_PER_BATCH, last + 1, _PER_BATCH)))
        for part in np.split(np.arange(len(a)), cuts):
            if len(part):
                both = a[part], b[part]
                row, thing, *at = ends.objects.common(*both)
                yield Shared(self, ends, *both, inside[part], row, thing, *at)

    def meetings(self, shared: Shared) -> Meetings:
        """Return the strata in which the pairs meet."""
        row, stratum, at_a, at_b = self.by_stratum.common(shared.a, shared.b)
        keys = row * self.n_strata + stratum
        cell = np.searchsorted(keys, shared.row * self.n_strata + self.stratum[shared.object])
        count = self.by_stratum.count.astype(np.int64, copy=False)
        return Meetings(row, stratum, count[at_a], count[at_b], cell.astype(np.int64))


def incidence_of(acts: Acts, objects: pl.DataFrame, window: timedelta | None) -> Incidence:
    """Return the sums of a layer's acts.

    Parameters
    ----------
    acts : of the layer.
    objects : object, acts, accounts, band and stratum of OBJECTS.
    window : of the timing; None: it is not asked.

    Notes
    -----
    One pass, which sorts each slab once. Memory: 25 bytes an object and 24 an account, if there is one stratum.
    """
    total, stratum = (objects[name].to_numpy() for name in ("acts", "stratum"))
    held, share = np.zeros(len(objects), dtype=np.uint32), np.zeros(len(objects))
    degree, cells, clock = np.zeros(0, dtype=np.int64), _Cells(int(stratum.max(initial=0)) + 1), _Clock()
    for slab in acts:
        account, thing, count = _cells(slab)
        degree = counted(degree, account)
        cells.add(account, stratum[thing])
        clock.add(slab["time"].dt.epoch("us").to_numpy())
        number, place = np.unique(thing, return_inverse=True)
        held[number] = np.bincount(place)
        if window is not None:
            own = np.bincount(place, weights=count * (count - 1) // 2)
            share[number] = share_of(inside(slab, window), own, total[number])
    rows = cells.rows(degree)
    accounts, band = (objects[name].to_numpy() for name in ("accounts", "band"))
    return Incidence(acts, degree, rows, held, share, accounts, stratum, band, clock.tick, clock.span)


def share_of(near: Ints, own: Ints | Floats, acts: Counts | Ints) -> Floats:
    """Return for each object the share of its pairs of acts by two accounts that lies inside the window.

    Parameters
    ----------
    near : such pairs.
    own : pairs of acts of one account, at any time.
    acts : acts.
    """
    possible = acts * (acts - 1.0) / 2 - own
    return np.clip(np.divide(near, possible, out=np.zeros(len(near)), where=possible > 0), 0, 1)


def _cells(slab: pl.DataFrame) -> tuple[Counts, Counts, Ints]:
    """Return account, object and number of acts of each account on each object, sorted."""
    codes = (slab["account"].to_numpy().astype(np.uint64) << np.uint64(32)) | slab["object"].to_numpy()
    codes.sort()
    first = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
    count = np.diff(first, append=len(codes))
    codes = codes[first]
    return (codes >> np.uint64(32)).astype(np.uint32), codes.astype(np.uint32), count


def _incidences(slab: pl.DataFrame, width: int) -> tuple[Ints, Ints]:
    """Return account times `width` plus object, once each, and again for each further act."""
    account, thing, count = _cells(slab)
    key = account.astype(np.int64) * width + thing
    more = np.flatnonzero(count > 1)
    return key, np.repeat(key[more], count[more] - 1)


class _Clock:
    """The step that all times keep to, and their span, as times are added."""

    def __init__(self) -> None:
        self._origin: int | None = None
        self._first = self._last = self._step = 0

    def add(self, time: Ints) -> None:
        """Take in some times, at least one."""
        if self._origin is None:
            self._origin = self._first = self._last = int(time[0])
        self._first, self._last = min(self._first, int(time.min())), max(self._last, int(time.max()))
        if self._step != 1:
            self._step = int(np.gcd(self._step, np.gcd.reduce(time - self._origin)))

    @property
    def tick(self) -> int:
        return max(self._step, 1)

    @property
    def span(self) -> int:
        return self._last - self._first


class _Cells:
    """How many objects each account has in each stratum, as they are added."""

    def __init__(self, strata: int) -> None:
        self._strata = strata
        self._keys: list[Ints] = []
        self._counts: list[Ints] = []

    def add(self, account: Counts, stratum: Counts) -> None:
        """Take in distinct pairs of account and object."""
        if self._strata > 1:  # else it is the account's degree
            self._keys.append(account.astype(np.int64) * self._strata + stratum)
            self._counts.append(np.ones(len(account), dtype=np.int64))
            if sum(map(len, self._keys[1:])) > max(_UNMERGED, len(self._keys[0])):
                self._merge()

    def _merge(self) -> None:
        key, count = np.concatenate(self._keys), np.concatenate(self._counts)
        order = np.argsort(key, kind="stable")
        key, count = key[order], count[order]
        first = np.flatnonzero(np.diff(key, prepend=-1))
        self._keys, self._counts = [key[first]], [np.add.reduceat(count, first)]

    def rows(self, degree: Ints) -> Rows:
        """Return all of it."""
        if self._strata == 1:
            account = np.flatnonzero(degree)
            return Rows(1, account, degree[account], np.concatenate(([0], np.cumsum(degree > 0))))
        if self._keys:
            self._merge()
        key, count = (np.concatenate([np.zeros(0, dtype=np.int64), *part]) for part in (self._keys, self._counts))
        strata = np.bincount(key // self._strata, minlength=len(degree))
        return Rows(self._strata, key, count, np.concatenate(([0], np.cumsum(strata))))
