r"""The overlap by the degree-corrected closed form of Chung and Lu: the configuration model without its solver.

Account u acts on object o with probability proportional to u's number of objects and o's number of accounts, within
strata of alike objects. With :math:`k_{us}` the objects of u in stratum s, :math:`d_o` the accounts of o and
:math:`M_s` the incidences (distinct account and object) in s, two accounts share by chance

.. math:: \lambda_{uvb} = \sum_s k_{us} k_{vs} S_{sb} / M_s^2, \qquad S_{sb} = \sum_{o \in s, b} d_o (d_o - 1)

objects in the popularity band b, Poisson distributed [1]_.

*Keeps* both degrees, about. *Wrong* where an account's objects times an object's accounts exceed all incidences, as
where everybody uses the same few hashtags: "probabilities" pass 1, what two accounts share of the popular is overrated
and the rare underrated, and nothing is more than expected (docs/nulls.md has such a crowd). It knows no interests:
organic communities overlap more. *Cost*: a few operations a pair and stratum; no solver.

.. [1] Chung and Lu (2002), Connected components in random graphs with given expected degree sequences.
    doi:10.1007/PL00012580
"""

import numpy as np

from cib.link.chance.bands import judge_bands
from cib.link.chance.combine import Floats, Overlap
from cib.link.chance.incidence import Shared
from cib.link.chance.margins import Margins

__all__ = ["ChungLu"]


class ChungLu:
    """The closed form (see the module)."""

    def __init__(self, margins: Margins) -> None:
        self._rate = _rates(margins)

    def judge(self, shared: Shared) -> Overlap:
        """Return expectation, evidence and p-value of each pair."""
        met = shared.sums.meetings(shared)
        expected = (met.k_a * met.k_b).astype(np.float64)[:, None] * self._rate[met.stratum]
        return judge_bands(shared, met, expected)


def _rates(margins: Margins) -> Floats:
    """Return S_sb / M_s^2, strata x bands; 0 for a stratum without incidences."""
    columns = margins.columns
    total = np.bincount(columns.stratum, weights=columns.degree * columns.number, minlength=margins.n_strata)[:, None]
    return np.divide(margins.pairs, total**2, out=np.zeros(margins.pairs.shape), where=total > 0)
