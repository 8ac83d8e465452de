r"""The default null of the timing: each object's own spread in time.

Of all pairs of acts on object o by different accounts a share :math:`q_o` lies inside the window. Two accounts with
:math:`m_{uo}` and :math:`m_{vo}` acts on each shared object would by chance be inside the window on

.. math:: \Lambda_{uv} = \sum_o 1 - (1 - q_o)^{m_{uo} m_{vo}}

of them: what comes out if the times of each object's acts are dealt out again among its acts. Virality and topic
cancel: the question is only whether these two are closer in time than two other sharers of the same things. The
number is a sum of independent events, whose upper tail the Poisson tail bounds from above where it matters.

*Keeps* who shared what, and when each object was shared. *Wrong* where accounts differ in how fast they are: two that
are always early look synchronous (docs/nulls.md says how much). *Silent* on objects that only a campaign shares: its
members are then one another's measure (q_o near 1), and the overlap must speak. *Cost*: linear in acts, and a few
operations a pair and shared object.
"""

from datetime import timedelta

import numpy as np

from cib.link.chance.combine import Floats, Timing, poisson_tail
from cib.link.chance.incidence import Incidence, Shared
from cib.link.sweep import inside

__all__ = ["Conditional", "by_share"]


class Conditional:
    """Conditional synchrony (see the module).

    Parameters
    ----------
    incidence : the layer's acts.
    window : the layer's.
    """

    speaks = True
    expands = False

    def __init__(self, incidence: Incidence, window: timedelta) -> None:
        self._incidence = incidence
        self.share = _synchrony(incidence, window)

    def judge(self, shared: Shared) -> Timing:
        """Return expectation and p-value of each pair."""
        return by_share(self._incidence, shared, self.share[shared.object])


def by_share(incidence: Incidence, shared: Shared, share: Floats) -> Timing:
    """Return expectation and p-value if two acts on what is shared are inside the window with probability `share`."""
    chances = (incidence.count[shared.at_a] * incidence.count[shared.at_b]).astype(np.float64)
    hit = -np.expm1(chances * np.log1p(-np.minimum(share, 1 - 1e-12)))
    expected = np.bincount(shared.row, weights=hit, minlength=len(shared.a)).astype(np.float64)
    return Timing(expected, poisson_tail(shared.inside, expected))


def _synchrony(incidence: Incidence, window: timedelta) -> Floats:
    """Return q_o: of the pairs of acts by different accounts on each object, the share inside the window."""
    n = incidence.n_objects
    own = np.bincount(incidence.object, weights=incidence.count * (incidence.count - 1) // 2, minlength=n)
    total = incidence.acts.astype(np.float64)
    near = inside(incidence.traces, window, n)
    possible = total * (total - 1) / 2 - own
    return np.clip(np.divide(near, possible, out=np.zeros(n), where=possible > 0), 0, 1)
