r"""The default null of the overlap: the bipartite configuration model.

The random bipartite graph of largest entropy in which every account keeps its number of objects, and every object its
number of accounts, on average. Account u acts on object o of stratum s with probability

.. math:: p_{uo} = x_{us} y_o / (1 + x_{us} y_o), \qquad \sum_o p_{uo} = k_{us}, \quad \sum_u p_{uo} = d_o,

and two accounts share :math:`\sum_o p_{uo} p_{vo}` objects by chance [1]_. That is a sum of independent events, whose
upper tail the Poisson tail bounds from above beyond the mean [2]_. Strata and bands are those of the closed form, so
that the two can be compared.

*Keeps* both degrees exactly, on average; unlike the closed form no probability exceeds 1. *Wrong* like the closed
form where interests differ. *Cost*: x and y depend on the degrees alone, so equations are solved for the distinct
degrees of each stratum, of which there are at most about the square root of twice the incidences: time and memory of
a step are linear in the incidences, whatever the number of accounts. Each step solves one side given the other by
Newton's method on the logarithm. Then a pair costs the distinct degrees of the objects, once for all pairs of the
same degrees. Where degrees are at the border of what can be (an account that acts on everything) x is infinite and is
approached for ever: what 2,000 steps reach is taken if every degree is met within 1 %.

.. [1] Saracco et al. (2017), Inferring monopartite projections of bipartite networks: an entropy-based approach.
    doi:10.1088/1367-2630/aa6b38
.. [2] Hoeffding (1956), On the distribution of the number of successes in independent trials.
    doi:10.1214/aoms/1177728178
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from cib.errors import RunError
from cib.link.chance.bands import judge_bands
from cib.link.chance.combine import Floats, Ints, Overlap
from cib.link.chance.incidence import Meetings, Shared
from cib.link.chance.margins import N_BANDS, Classes, Margins

__all__ = ["Bicm"]

_TOLERANCE: Final = 1e-6
"""Largest relative error of a degree: expectations are as exact, which is finer than any p-value needs."""
_STEPS: Final = 2_000
_ENOUGH: Final = 1e-2
"""Largest relative error of a degree that is taken when the steps are used up."""
_LONGEST_STEP: Final = 2.0
"""Of the logarithm: an account that acts on everything has x infinite, and is approached no faster."""
_ENTRIES: Final = 2**18
"""Terms summed together, some 60 bytes each: they fit into caches."""


@dataclass(frozen=True)
class _Classes:
    """Distinct degrees of one side: key (stratum, degree, band), degree, how many there are."""

    key: Ints
    stratum: Ints
    degree: Floats
    number: Floats


class Bicm:
    """The bipartite configuration model (see the module).

    Raises
    ------
    RunError
        A degree is off by more than 1 % after 2,000 steps.
    """

    def __init__(self, margins: Margins) -> None:
        self._step = int(margins.rows.degree.max(initial=0)) + 1
        step = (int(margins.columns.degree.max(initial=0)) + 1) * N_BANDS
        self._rows = _keyed(margins.rows, margins.rows.degree, self._step)
        self._columns = _keyed(margins.columns, margins.columns.degree * N_BANDS + margins.columns.band, step)
        self._ends = np.searchsorted(self._columns.stratum, np.arange(margins.n_strata + 1))
        self._x, self._y = _solve(self._rows, self._columns, self._ends)
        self._band = margins.columns.band

    def judge(self, shared: Shared) -> Overlap:
        """Return expectation, evidence and p-value of each pair."""
        met = shared.sums.meetings(shared)
        return judge_bands(shared, met, self._expected(met))

    def _expected(self, met: Meetings) -> Floats:
        """Return the sum of p_uo p_vo, meetings x bands, once for each pair of degrees."""
        ends = np.stack([np.searchsorted(self._rows.key, met.stratum * self._step + k) for k in (met.k_a, met.k_b)])
        n = len(self._rows.key)
        both, back = np.unique(ends.min(axis=0) * n + ends.max(axis=0), return_inverse=True)
        left, right = both // n, both % n
        size = np.diff(self._ends)[self._rows.stratum[left]]
        before = np.concatenate(([0], np.cumsum(size)))
        cuts = np.unique(np.searchsorted(before[1:], np.arange(_ENTRIES, before[-1] + 1, _ENTRIES), side="right"))
        parts = np.split(np.arange(len(both)), cuts)
        table = np.concatenate([np.zeros((0, N_BANDS)), *(self._terms(left[part], right[part]) for part in parts)])
        return np.asarray(table[back], dtype=np.float64)

    def _terms(self, left: Ints, right: Ints) -> Floats:
        at, column = _cross(self._rows.stratum[left], self._ends)
        y = self._y[column]
        shared = self._columns.number[column] * _logistic(self._x[left[at]] + y) * _logistic(self._x[right[at]] + y)
        cell = np.bincount(at * N_BANDS + self._band[column], weights=shared, minlength=len(left) * N_BANDS)
        return cell.reshape(-1, N_BANDS).astype(np.float64)


def _keyed(classes: Classes, wide: Ints, step: int) -> _Classes:
    """Return the classes with one key each, of stratum and `wide`, which is below `step`."""
    degree, number = classes.degree.astype(np.float64), classes.number.astype(np.float64)
    return _Classes(classes.stratum * step + wide, classes.stratum, degree, number)


def _cross(stratum: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Return all pairs (row, column) of one stratum; the columns of s are ends[s] to ends[s + 1]."""
    size = np.diff(ends)[stratum]
    row = np.repeat(np.arange(len(stratum)), size)
    column = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size) + np.repeat(ends[stratum], size)
    return row, column


def _logistic(value: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-value)), dtype=np.float64)


def _solve(rows: _Classes, columns: _Classes, ends: Ints) -> tuple[Floats, Floats]:
    """Return the logarithms of x and y that give every class its degree."""
    row, column = _cross(rows.stratum, ends)
    total = np.bincount(rows.stratum, weights=rows.degree * rows.number, minlength=len(ends) - 1)
    x = np.log(rows.degree) - np.log(total[rows.stratum]) / 2
    y = np.log(columns.degree) - np.log(total[columns.stratum]) / 2
    error = 0.0
    for _ in range(_STEPS):
        p = _logistic(x[row] + y[column])
        step, error = _newton(row, p * columns.number[column], p, rows.degree)
        if error < _TOLERANCE:
            return x, y
        x = x + step
        p = _logistic(x[row] + y[column])
        y = y + _newton(column, p * rows.number[row], p, columns.degree)[0]
    if error < _ENOUGH:
        return x, y
    msg = (
        f"The bipartite configuration model is not solved after {_STEPS:,} steps: a degree is still off by "
        f'{error:.1e} of itself. Use null = "chung_lu", its closed form.'
    )
    raise RunError(msg)


def _newton(at: Ints, expected: Floats, p: Floats, degree: Floats) -> tuple[Floats, float]:
    """Return the step of the logarithms towards the degrees, and the largest relative error of these."""
    now = np.bincount(at, weights=expected, minlength=len(degree))
    slope = np.bincount(at, weights=expected * (1 - p), minlength=len(degree))
    off = np.log(degree / now)
    step = np.divide(off * now, slope, out=np.sign(off) * _LONGEST_STEP, where=slope > 0)
    return np.clip(step, -_LONGEST_STEP, _LONGEST_STEP), float(np.abs(off).max(initial=0.0))
