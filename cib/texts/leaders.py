"""Groups that cannot drift: every member is near to its group's leader, whatever leads from one member to the next.

Things come in an order. Each joins the first leader before it that it is near to, and leads a group of its own if there
is none. Chains make no group: if b is near to a and c to b, c leads unless it is near to a itself. By the triangle
inequality no two members are further apart than twice the bound.

Only things that share a bucket are compared, and only with leaders, so that a bucket of n costs n times its leaders and
not n squared. All things that come first in each of their buckets are decided at once; this gives what one after
the other gives (Blelloch, Fineman and Shun 2012, doi:10.1145/2312005.2312058), in few rounds if the order is not
along a chain.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from cib.texts.shingles import Ints

__all__ = ["Buckets", "Near", "gather", "leaders"]

Near: TypeAlias = Callable[[Ints, Ints], npt.NDArray[np.bool_]]
"""Rows of things, and of other things -> whether each two are near."""
_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(2**32 - 1)
_ROUNDS: Final = 300
"""More are needed only where things are ordered along a chain; what is undecided then leads itself."""


@dataclass(frozen=True)
class Buckets:
    """Things that may be near: one entry for each thing in each bucket, by bucket, then by thing."""

    bucket: Ints
    thing: Ints

    def where(self, kept: npt.NDArray[np.bool_]) -> "Buckets":
        """Return some of the entries."""
        return Buckets(self.bucket[kept], self.thing[kept])

    def crowded(self) -> "Buckets":
        """Return the entries of buckets with two things or more."""
        same = np.diff(self.bucket, prepend=-1, append=-1) == 0
        return self.where(same[1:] | same[:-1])


def gather(keys: npt.NDArray[np.uint32]) -> Buckets:
    """Return the buckets of things that have equal keys in one of the rows.

    Sorts each row of keys; memory is that of two rows and of the entries that are not alone.
    """
    things = np.arange(keys.shape[1], dtype=np.uint64)

    def crowded(row: int) -> Buckets:
        # Key and thing in one number: sorting is several times as fast as finding the order.
        both = keys[row].astype(np.uint64) << _HALF | things
        both.sort()
        same = np.zeros(len(both) + 1, dtype=bool)
        same[1 : len(both)] = both[1:] >> _HALF == both[:-1] >> _HALF
        both = both[same[1:] | same[:-1]]
        key = both >> _HALF
        bucket = np.cumsum(np.diff(key, prepend=key[:1]) != 0) + row * len(things)
        return Buckets(bucket, (both & _LOW).astype(np.int64))

    with ThreadPoolExecutor(2) as pool:  # numpy lets go of the interpreter
        found = list(pool.map(crowded, range(len(keys))))
    return Buckets(
        *(np.concatenate([np.zeros(0, np.int64), *(getattr(b, part) for b in found)]) for part in ("bucket", "thing"))
    )


def leaders(n: int, buckets: Buckets, near: Near) -> Ints:
    """Return the leader of each of `n` things; a leader is its own.

    Parameters
    ----------
    n : number of things, numbered in their order.
    buckets : which may be near.
    near : tells whether they are; asked of each two at most once for each bucket they share.

    Notes
    -----
    Cost: entries times rounds, and the pairs of members and leaders that share a bucket.
    """
    nobody = n
    leader = np.full(n, nobody, dtype=np.int64)
    open_ = np.ones(n, dtype=bool)
    blocked = np.zeros(n, dtype=bool)
    left = buckets.crowded()
    for _ in range(_ROUNDS):
        head, first = _heads(left, open_, nobody)
        # What is taken already may still find an earlier leader; what comes before every open thing has none to find.
        left = left.where((head < nobody) & (open_[left.thing] | (leader[left.thing] > head)) & (left.thing >= head))
        head, first = _heads(left, open_, nobody)
        if not len(left.thing):
            break
        blocked[left.thing] = False
        blocked[left.thing[open_[left.thing] & ~first]] = True
        new = first & ~blocked[left.thing]
        chosen = np.zeros(n + 1, dtype=bool)
        chosen[left.thing[new]] = True
        beside = chosen[head] & (left.thing != head)
        pairs = np.unique(head[beside] * n + left.thing[beside])
        one, two = pairs // max(n, 1), pairs % max(n, 1)
        found = near(one, two)
        np.minimum.at(leader, two[found], one[found])
        open_[two[found]] = False
        open_[chosen[:n]] = False
        left = left.where(~chosen[left.thing]).crowded()
    return np.where(leader < nobody, leader, np.arange(n))


def _heads(left: Buckets, open_: npt.NDArray[np.bool_], nobody: int) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Return for each entry the first open thing of its bucket (`nobody`: none), and whether it is that itself."""
    if not len(left.thing):
        return left.thing, np.zeros(0, dtype=bool)
    begins = np.flatnonzero(np.diff(left.bucket, prepend=left.bucket[0] - 1))
    undecided = np.where(open_[left.thing], left.thing, nobody)
    smallest = np.minimum.reduceat(undecided, begins)
    head = np.repeat(smallest, np.diff(np.append(begins, len(left.thing))))
    return head, left.thing == head
