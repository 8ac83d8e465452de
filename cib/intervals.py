"""Intervals of 95 % for shares and for counts a run, which are right for few cases too.

.. [1] Wilson (1927), Probable inference, the law of succession, and statistical inference. doi:10.2307/2276774
.. [2] Garwood (1936), Fiducial limits for the Poisson distribution. doi:10.1093/biomet/28.3-4.437
"""

from math import sqrt
from typing import Final

__all__ = ["of_count", "of_share"]

_Z: Final = 1.959963984540054


def of_share(found: int, asked: int) -> tuple[float, float]:
    """Return Wilson's score interval of a probability [1]_, of `found` cases among `asked`; 0 to 1 for none asked.

    Examples
    --------
    >>> [round(bound, 3) for bound in of_share(10, 10)], [round(bound, 3) for bound in of_share(1, 4)]
    ([0.722, 1.0], [0.046, 0.699])
    """
    if not asked:
        return 0.0, 1.0
    share, extra = found / asked, _Z * _Z / asked
    middle = (share + extra / 2) / (1 + extra)
    half = _Z * sqrt(share * (1 - share) / asked + extra / (4 * asked)) / (1 + extra)
    return max(0.0, middle - half), min(1.0, middle + half)


def of_count(counted: int, runs: int) -> tuple[float, float]:
    """Return the exact interval of a Poisson mean a run [2]_, of so many events in all runs together.

    Examples
    --------
    >>> [round(bound, 3) for bound in of_count(0, 20)], [round(bound, 2) for bound in of_count(4, 20)]
    ([0.0, 0.184], [0.05, 0.51])
    """
    from scipy.stats import chi2

    if not runs:
        return 0.0, float("inf")
    low = float(chi2.ppf(0.025, 2 * counted)) / 2 if counted else 0.0
    return low / runs, float(chi2.ppf(0.975, 2 * counted + 2)) / 2 / runs
