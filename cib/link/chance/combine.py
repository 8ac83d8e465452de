"""What a test says, and the arithmetic of tests: tails, evidence, two tests as one, many tests at once."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "Floats",
    "Ints",
    "Overlap",
    "Timing",
    "benjamini_hochberg",
    "fisher",
    "log_likelihood_ratio",
    "poisson_tail",
]

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Overlap:
    """What a null model of the overlap says, one value a pair.

    Attributes
    ----------
    expected : objects shared by chance.
    llr : log-likelihood ratio of what is seen against it, nats.
    p : chance of so much overlap or more.
    """

    expected: Floats
    llr: Floats
    p: Floats


@dataclass(frozen=True)
class Timing:
    """What a null model of the timing says, one value a pair.

    Attributes
    ----------
    expected : what is inside the window by chance, given what is shared: objects, or sittings.
    p : chance of so much or more.
    """

    expected: Floats
    p: Floats


def poisson_tail(seen: npt.NDArray[np.number], mean: Floats) -> Floats:
    """Return P(Poisson(mean) >= seen), exact far into the tail: the regularised incomplete gamma function.

    Examples
    --------
    >>> import numpy as np
    >>> [f"{p:.3g}" for p in poisson_tail(np.array([0, 1, 60]), np.array([2.0, 2.0, 1.0]))]
    ['1', '0.865', '4.49e-83']
    """
    from scipy.special import gammainc

    tail: Floats = np.where(seen > 0, gammainc(np.maximum(seen, 1), mean), 1.0)
    return tail


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
    # what is just above its expectation comes out a rounding error below 0
    return np.where(above, np.maximum(seen * np.log(ratio) - (seen - expected), 0.0), 0.0)


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

    Benjamini and Hochberg (1995). doi:10.1111/j.2517-6161.1995.tb02031.x

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
