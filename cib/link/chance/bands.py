"""What is expected in each stratum and band of popularity, held against what is seen.

Both degree-corrected null models judge by it.

A pair's expected overlaps add up over strata; the bands are independent, so the most surprising one gives the p-value,
times their number (Bonferroni). A single sum over all objects would let the few most popular ones, which everybody
shares, hide what two accounts share of the rare. A pair that shares no more than expected over all bands together
gets p = 1.
"""

import numpy as np

from cib.link.chance.combine import Floats, Overlap, log_likelihood_ratio, poisson_tail
from cib.link.chance.incidence import Meetings, Shared
from cib.link.chance.margins import N_BANDS

__all__ = ["judge_bands"]


def judge_bands(shared: Shared, met: Meetings, expected: Floats) -> Overlap:
    """Hold what is seen against what is expected.

    Parameters
    ----------
    shared, met : the pairs, and where they meet.
    expected : meetings x bands, objects shared by chance.
    """
    cell = met.cell * N_BANDS + shared.sums.band[shared.object]
    seen = np.bincount(cell, minlength=expected.size).reshape(expected.shape).astype(np.float64)
    ratio = log_likelihood_ratio(seen, expected).sum(axis=1)
    n = len(shared.a)
    seen_by_band, by_band = _by_pair(met, seen, n), _by_pair(met, expected, n)
    tails = poisson_tail(seen_by_band, by_band)
    more = seen_by_band.sum(axis=1) > by_band.sum(axis=1)
    return Overlap(
        expected=by_band.sum(axis=1),
        llr=np.bincount(met.row, weights=ratio, minlength=n).astype(np.float64),
        p=np.where(more, np.minimum(N_BANDS * tails.min(axis=1), 1.0), 1.0),
    )


def _by_pair(met: Meetings, cells: Floats, n: int) -> Floats:
    """Return the sums of the strata of each pair, pairs x bands."""
    sums = [np.bincount(met.row, weights=cells[:, band], minlength=n) for band in range(N_BANDS)]
    return np.stack(sums, axis=1).astype(np.float64)
