r"""The statistically validated network of Tumminello et al.: which overlap is expected if all objects are alike.

Of the :math:`N_s` objects of a stratum, account u draws its :math:`k_{us}` without regard to their popularity; with
v's :math:`k_{vs}` the number they share is hypergeometric [1]_:

.. math:: P(V \ge v) = \sum_{j \ge v} \binom{k_u}{j} \binom{N - k_u}{k_v - j} \Big/ \binom{N}{k_v}

With several strata the most surprising one in which both act counts, times their number (Bonferroni).

*Keeps* the accounts' degrees alone. *Wrong* wherever objects differ in popularity, which on social media they always
do: on a made-up graph without any coordination it validates a million edges (docs/methods.md). It is here because
published methods use it; not for one's own. *Cost*: one sum for each distinct (N, k_u, k_v, v), in steps over j that
stop when the rest is nothing.

.. [1] Tumminello et al. (2011), Statistically validated networks in bipartite complex systems.
    doi:10.1371/journal.pone.0017994
"""

from typing import Final

import numpy as np

from cib.link.chance.combine import Floats, Ints, Overlap, log_likelihood_ratio
from cib.link.chance.incidence import Shared
from cib.link.chance.margins import Margins

__all__ = ["Hypergeometric", "hypergeometric_tail"]

_NOTHING: Final = 1e-17
"""Share of the sum below which a term no longer changes it."""


class Hypergeometric:
    """Objects that are all alike (see the module)."""

    def __init__(self, margins: Margins) -> None:
        columns = margins.columns
        objects = np.bincount(columns.stratum, weights=columns.number, minlength=margins.n_strata)
        self._objects = objects.astype(np.int64)

    def judge(self, shared: Shared) -> Overlap:
        """Return expectation, evidence and p-value of each pair."""
        met = shared.sums.meetings(shared)
        n, there = len(shared.a), self._objects[met.stratum]
        seen = np.bincount(met.cell, minlength=len(met.row)).astype(np.int64)
        expected = met.k_a * met.k_b / np.maximum(there, 1)
        tail = hypergeometric_tail(seen, there, met.k_a, met.k_b)
        smallest = np.ones(n)
        np.minimum.at(smallest, met.row, tail)
        strata = np.bincount(met.row, minlength=n)
        ratio = log_likelihood_ratio(seen.astype(np.float64), expected)
        return Overlap(
            expected=np.bincount(met.row, weights=expected, minlength=n).astype(np.float64),
            llr=np.bincount(met.row, weights=ratio, minlength=n).astype(np.float64),
            p=np.minimum(smallest * np.maximum(strata, 1), 1.0),
        )


def hypergeometric_tail(seen: Ints, total: Ints, k_a: Ints, k_b: Ints) -> Floats:
    """Return P(V >= seen) for V shared of `total` when k_a and k_b are drawn; 1 where no more than the mean is seen.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([1])
    >>> hypergeometric_tail(2 * one, 10 * one, 3 * one, 4 * one).round(6)  # (C(4,2) 6 + C(4,3)) / C(10,3)
    array([0.333333])
    """
    quads = np.stack([seen, total, np.minimum(k_a, k_b), np.maximum(k_a, k_b)])
    (v, n, k, m), back = np.unique(quads, axis=1, return_inverse=True)
    tail = np.ones(len(v))
    above = v * n > k * m
    tail[above] = _sum(v[above], n[above], k[above], m[above])
    return np.asarray(tail[back.reshape(-1)], dtype=np.float64)


def _sum(v: Ints, n: Ints, k: Ints, m: Ints) -> Floats:
    """Return the tails above the mean, where terms fall from the first on: the first, times one plus the ratios."""
    from scipy.special import gammaln

    def choose(top: Ints, bottom: Ints) -> Floats:
        return np.asarray(gammaln(top + 1.0) - gammaln(bottom + 1.0) - gammaln(top - bottom + 1.0), dtype=np.float64)

    first = choose(k, v) + choose(n - k, m - v) - choose(n, m)
    total, term, j = np.ones(len(v)), np.ones(len(v)), v.astype(np.float64)
    live = np.arange(len(v))
    while len(live):
        i = j[live]
        term[live] *= (k[live] - i) * (m[live] - i) / ((i + 1) * (n[live] - k[live] - m[live] + i + 1))
        total[live] += term[live]
        j[live] += 1
        live = live[term[live] > _NOTHING * total[live]]
    return np.asarray(np.minimum(np.exp(first) * total, 1.0), dtype=np.float64)
