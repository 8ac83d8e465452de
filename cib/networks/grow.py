"""FSA_V: in each community, the group that grows from its heaviest edge.

Weber and Neumann [1]_ take, of Sen et al.'s focal structures [2]_, a variant: a group starts as the heaviest edge of a
community of Louvain's, and the heaviest edge that touches it is added, again and again, until that would take the
group's mean weight below *theta* times what it was, or below the mean weight of the whole network. The group is kept
if its mean weight is that of the network or more. Of equally heavy edges the one that stands first is taken.

That the network's mean bounds the growth too, and not only the choice of groups, is a reading: theta alone cannot be
meant, since an added edge of weight 0 leaves n / (n + 1) of the mean of n edges, at least one half, so that the
published 0.3 would stop nothing. The authors' code (find_hccs, HEAD of 2022-05-09) has such a bound, but differs: it
looks for the next edge at the ends of the last one alone, stops at an edge that itself is lighter than the network's
mean or lowers the group's by more than theta standard deviations, and loses communities of one edge.

.. [1] Weber and Neumann (2021), Amplifying influence through coordinated behaviour in social networks.
   doi:10.1007/s13278-021-00815-2
.. [2] Sen et al. (2016), Focal structures analysis. doi:10.1007/s13278-016-0319-z
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["grow"]

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
_EQUAL: Final = 1 - 1e-9
"""Means of equal weights are equal, whatever their sums were rounded to."""


@dataclass(frozen=True)
class _Inside:
    """The edges inside communities, the heaviest first: an edge's number is its rank.

    Attributes
    ----------
    ends, weights : of each edge.
    touching : the edges at each account.
    """

    ends: Sequence[Sequence[int]]
    weights: Sequence[float]
    touching: Sequence[Sequence[int]]


def grow(ends: Ints, weights: Floats, community: Ints, theta: float) -> Ints:
    """Return the group of each account, from 0: the community's number, or one of its own if it is in no group.

    Parameters
    ----------
    ends : both ends of each edge, accounts from 0, shape (edges, 2).
    weights : shape (edges,).
    community : of each account, from 0.
    theta : share of its mean weight that a group must keep when an edge is added.

    Notes
    -----
    n log n in edges. Each step depends on the one before, so it is a loop over edges, in whole numbers and a heap.

    Examples
    --------
    A triangle of heavy edges, with a light one to a fourth account:

    >>> ends = np.array([[0, 1], [0, 2], [1, 2], [2, 3]])
    >>> grow(ends, np.array([5.0, 5.0, 4.0, 1.0]), np.zeros(4, dtype=np.int64), theta=0.9).tolist()
    [0, 0, 0, 4]
    """
    same = community[ends[:, 0]] == community[ends[:, 1]]
    order = np.flatnonzero(same)[np.argsort(-weights[same], kind="stable")]
    inside = _Inside(ends[order].tolist(), weights[order].tolist(), _touching(ends[order], len(community)))
    numbers, heaviest = np.unique(community[ends[order, 0]], return_index=True)
    group: Ints = np.arange(len(community), dtype=np.int64) + int(community.max()) + 1
    floor = float(weights.mean()) * _EQUAL
    for number, start in zip(numbers.tolist(), heaviest.tolist(), strict=True):
        group[_grown(inside, start, floor, theta * _EQUAL)] = number
    return group


def _touching(ends: Ints, accounts: int) -> list[list[int]]:
    """Return the edges at each account, ascending."""
    edge = np.tile(np.arange(len(ends)), 2)
    whose = ends.T.ravel()
    order = np.lexsort((edge, whose))
    borders = np.cumsum(np.bincount(whose, minlength=accounts))[:-1]
    return [some.tolist() for some in np.split(edge[order], borders)]


def _grown(inside: _Inside, start: int, floor: float, theta: float) -> list[int]:
    """Return the accounts of the group that grows from an edge; none if it weighs less than the floor."""
    members: set[int] = set()
    taken: set[int] = set()
    near = [start]
    total = 0.0
    while near:
        edge = heappop(near)
        if edge in taken:  # it touches the group at both ends
            continue
        n = len(taken)
        mean = (total + inside.weights[edge]) / (n + 1)
        if mean < floor or (n and mean < theta * total / n):
            break  # every other edge that touches the group is as light or lighter
        taken.add(edge)
        total += inside.weights[edge]
        for account in inside.ends[edge]:
            if account not in members:
                members.add(account)
                for touching in inside.touching[account]:
                    if touching not in taken:
                        heappush(near, touching)
    return sorted(members)
