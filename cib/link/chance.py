r"""How likely is so much agreement by chance? Two tests of an edge, and their joint false-discovery rate.

*Overlap.* A degree-corrected null: account u acts on object o with probability proportional to u's number of
objects and o's number of accounts, within strata of alike objects. With :math:`k_{us}` the objects of u in
stratum s, :math:`d_o` the accounts of o and :math:`M_s` the acts (distinct account and object) in s, two
accounts share by chance

.. math:: \lambda_{uvb} = \sum_s k_{us} k_{vs} S_{sb} / M_s^2, \qquad S_{sb} = \sum_{o \in s, b} d_o (d_o - 1)

objects in the popularity band b, Poisson distributed: the closed form of the Chung-Lu model [1]_, which agrees
with the bipartite configuration model [2]_. The bands are independent; the most surprising one gives the
p-value, times their number (Bonferroni). A single sum over all objects would let the few most popular ones,
which everybody shares, hide what two accounts share of the rare. The closed form overrates what two accounts
share of the popular, and underrates the rare, when they act on a large part of all objects; so a pair that
shares no more than expected over all bands together gets p = 1.

*Synchrony, given the overlap.* Of all pairs of acts on object o by different accounts a share :math:`q_o` lies
inside the window. Two accounts with :math:`m_{uo}` and :math:`m_{vo}` acts on each shared object would by
chance be inside the window on

.. math:: \Lambda_{uv} = \sum_o 1 - (1 - q_o)^{m_{uo} m_{vo}}

of them. Virality and topic cancel: the question is only whether these two are closer in time than two other
sharers of the same things. The number is a sum of independent indicators, whose upper tail the Poisson tail
bounds from above where it matters.

The two are independent, so Fisher's product joins them; Benjamini-Hochberg runs over all pairs of accounts
that could have been.

.. [1] Chung and Lu (2002), Connected components in random graphs with given expected degree sequences.
    doi:10.1007/PL00012580
.. [2] Saracco et al. (2017), Inferring monopartite projections of bipartite networks. doi:10.1088/1367-2630/aa6b38
"""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.link.sweep import Sweep

__all__ = ["Chance", "Expectation", "benjamini_hochberg", "fisher", "log_likelihood_ratio"]

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
N_BANDS: Final = 4
"""Bands of popularity (see :data:`cib.tables.OBJECTS`)."""
_ENTRIES_PER_BATCH: Final = 4_000_000
"""Shared objects looked at together when edges are tested; some 50 bytes each."""


@dataclass(frozen=True)
class Expectation:
    """What was seen and what chance expects, one value an edge."""

    overlap: Ints
    similarity: Floats
    expected: Floats
    expected_sync: Floats
    llr: Floats
    p_overlap: Floats


class Chance:
    """The two null models of a layer, from all its traces (before pruning).

    Parameters
    ----------
    traces : TRACES of the layer, all of them.
    objects : OBJECTS of the layer.
    whole : the sweep of all traces with the layer's window; it tells how synchronous each object is. None
        without a window.
    """

    def __init__(self, traces: pl.DataFrame, objects: pl.DataFrame, whole: Sweep | None) -> None:
        import scipy.sparse as sp

        acts = traces.group_by("account", "object").agg(m=pl.len()).sort("account", "object")
        self._account = acts["account"].to_numpy().astype(np.int64)
        self._object = acts["object"].to_numpy().astype(np.int64)
        shape = (int(self._account.max(initial=-1)) + 1, len(objects))
        self.acts: Any = sp.csr_array(
            (acts["m"].to_numpy().astype(np.float64), (self._account, self._object)), shape=shape
        )
        self.degree = np.diff(self.acts.indptr).astype(np.int64)
        self._stratum = objects["stratum"].to_numpy().astype(np.int64)
        self._band = objects["band"].to_numpy().astype(np.int64)
        self._rate = _rates(self._stratum[self._object], objects)
        self._strata = _stratum_degrees(self._account, self._stratum[self._object], (shape[0], len(self._rate)))
        owner = np.repeat(np.arange(shape[0]), np.diff(self._strata.indptr))
        self._strata_keys = owner * len(self._rate) + self._strata.indices
        self.sync = np.zeros(len(objects)) if whole is None else _synchrony(acts, objects, whole)

    @property
    def n_pairs(self) -> int:
        """Pairs of accounts that could have been linked: all accounts with a trace."""
        n = int((self.degree > 0).sum())
        return n * (n - 1) // 2

    def expect(self, a: Ints, b: Ints) -> Expectation:
        """Return overlap and expectation for each pair (a[i], b[i]).

        Cost: the summed degrees of the pairs' ends; memory bounded by batches of about 4 million entries.
        """
        sizes = np.cumsum(self.degree[a] + self.degree[b]) if len(a) else np.zeros(0, dtype=np.int64)
        cuts = np.searchsorted(
            sizes, np.arange(_ENTRIES_PER_BATCH, (sizes[-1] if len(sizes) else 0) + 1, _ENTRIES_PER_BATCH)
        )
        parts = [self._expect(x, y) for x, y in zip(np.split(a, cuts), np.split(b, cuts), strict=True) if len(x)]
        if not parts:
            none = np.zeros(0)
            return Expectation(np.zeros(0, dtype=np.int64), none, none, none, none, none)
        return Expectation(
            *(np.concatenate(column) for column in zip(*(vars(part).values() for part in parts), strict=True))
        )

    def _expect(self, a: Ints, b: Ints) -> Expectation:
        shared = self.acts[a].multiply(self.acts[b]).tocsr()
        row = np.repeat(np.arange(len(a)), np.diff(shared.indptr))
        in_window = -np.expm1(shared.data * np.log1p(-np.minimum(self.sync[shared.indices], 1 - 1e-12)))
        overlap = np.diff(shared.indptr).astype(np.int64)
        expected = np.asarray(self._strata[a].multiply(self._strata[b]) @ self._rate, dtype=np.float64)
        return Expectation(
            overlap=overlap,
            similarity=overlap / (self.degree[a] + self.degree[b] - overlap),
            expected=expected.sum(axis=1),
            expected_sync=np.bincount(row, weights=in_window, minlength=len(a)).astype(np.float64),
            llr=self._llr(a, b, row, shared.indices),
            p_overlap=_p_overlap(row, self._band[shared.indices], expected),
        )

    def _llr(self, a: Ints, b: Ints, row: Ints, shared: Ints) -> Floats:
        """Return the summed log-likelihood ratios of the strata and bands in which a pair shares more than expected."""
        n_cells = self._rate.size
        cell, seen = np.unique(row * n_cells + self._stratum[shared] * N_BANDS + self._band[shared], return_counts=True)
        edge, s, band = cell // n_cells, cell % n_cells // N_BANDS, cell % N_BANDS
        expected = self._objects_in(a[edge], s) * self._objects_in(b[edge], s) * self._rate[s, band]
        ratio = log_likelihood_ratio(seen.astype(np.float64), expected)
        return np.bincount(edge, weights=ratio, minlength=len(a)).astype(np.float64)

    def _objects_in(self, account: Ints, stratum: Ints) -> Floats:
        """Return k_us for accounts and strata that do occur together."""
        at = np.searchsorted(self._strata_keys, account * len(self._rate) + stratum)
        return np.asarray(self._strata.data[at], dtype=np.float64)


def log_likelihood_ratio(seen: Floats, expected: Floats) -> Floats:
    r"""Return :math:`v \ln(v/\lambda) - (v - \lambda)` where v is above λ, else 0: nats of evidence of a Poisson count.

    Examples
    --------
    >>> import numpy as np
    >>> log_likelihood_ratio(np.array([3.0, 1.0]), np.array([1.0, 2.0])).round(4)
    array([1.2958, 0.    ])
    """
    above = (seen > expected) & (expected > 0)
    ratio = np.divide(seen, expected, out=np.ones_like(seen), where=above)
    return np.where(above, seen * np.log(ratio) - (seen - expected), 0.0)


def fisher(p: Floats, other: Floats) -> Floats:
    """Return the p-value of two independent tests together: their product P, judged by P (1 - ln P) [Fisher 1932].

    Examples
    --------
    >>> import numpy as np
    >>> fisher(np.array([0.1, 1.0, 0.0]), np.array([0.1, 1.0, 0.5])).round(4)
    array([0.0561, 1.    , 0.    ])
    """
    product = p * other
    log = np.log(product, out=np.zeros_like(product), where=product > 0)
    joint: Floats = np.minimum(product * (1 - log), 1.0)
    return joint


def benjamini_hochberg(p: Floats, n_tests: int) -> Floats:
    """Return false-discovery rates (q-values) of the smallest p-values of `n_tests`, the others being 1.

    Examples
    --------
    >>> import numpy as np
    >>> benjamini_hochberg(np.array([0.01, 0.02, 0.5]), 4).tolist()
    [0.04, 0.04, 0.6666666666666666]
    """
    order = np.argsort(p, kind="stable")
    raised = p[order] * n_tests / np.arange(1, len(p) + 1)
    q = np.empty_like(p)
    q[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return q


def _p_overlap(row: Ints, band: Ints, expected: Floats) -> Floats:
    """Return the smallest Poisson tail over the bands, times their number; 1 where no more is shared than expected.

    `row`, `band` have one entry a shared object.
    """
    from scipy.stats import poisson

    seen = np.bincount(row * N_BANDS + band, minlength=expected.size).reshape(expected.shape)
    tails = poisson.sf(seen - 1, expected)
    more = seen.sum(axis=1) > expected.sum(axis=1)
    p: Floats = np.where(more, np.minimum(N_BANDS * tails.min(axis=1), 1.0), 1.0)
    return p


def _rates(stratum_of_incidence: Ints, objects: pl.DataFrame) -> Floats:
    """Return S_sb / M_s^2, strata x bands; 0 for a stratum without incidences."""
    degree = objects["accounts"].to_numpy().astype(np.float64)
    stratum = objects["stratum"].to_numpy().astype(np.int64)
    cell = stratum * N_BANDS + objects["band"].to_numpy().astype(np.int64)
    n = int(stratum.max(initial=-1)) + 1
    pairs = np.bincount(cell, weights=degree * (degree - 1), minlength=n * N_BANDS).reshape(n, N_BANDS)
    total = np.bincount(stratum_of_incidence, minlength=n).astype(np.float64)[:, None]
    return np.divide(pairs, total**2, out=np.zeros((n, N_BANDS)), where=total > 0)


def _stratum_degrees(account: Ints, stratum: Ints, shape: tuple[int, int]) -> Any:
    """Return the sparse matrix accounts x strata of distinct objects."""
    import scipy.sparse as sp

    degrees = sp.csr_array(sp.coo_array((np.ones(len(account)), (account, stratum)), shape=shape))
    degrees.sort_indices()
    return degrees


def _synchrony(acts: pl.DataFrame, objects: pl.DataFrame, whole: Sweep) -> Floats:
    """Return q_o: of the pairs of acts by different accounts on each object, the share inside the window."""
    n = len(objects)
    own_acts = acts.with_columns(own=pl.col("m").cast(pl.Int64) * (pl.col("m").cast(pl.Int64) - 1) // 2)
    total = objects["acts"].to_numpy().astype(np.float64)
    own = np.bincount(own_acts["object"].to_numpy(), weights=own_acts["own"].to_numpy(), minlength=n)
    inside = np.bincount(whole.object, weights=whole.reach, minlength=n) - whole.self_pairs(n)
    possible = total * (total - 1) / 2 - own
    share: Floats = np.clip(np.divide(inside, possible, out=np.zeros(n), where=possible > 0), 0, 1)
    return share
