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
from cib.link.chance.incidence import Shared
from cib.link.chance.margins import Margins

__all__ = ["Conditional", "by_share"]


class Conditional:
    """Conditional synchrony (see the module), by the share of each object's pairs inside the window."""

    speaks = True
    expands = False

    def __init__(self, margins: Margins, window: timedelta) -> None:
        """Take nothing of either: what other models are fitted to, here each object tells for itself."""

    def judge(self, shared: Shared) -> Timing:
        """Return expectation and p-value of each pair."""
        return by_share(shared, shared.sums.share[shared.object])


def by_share(shared: Shared, share: Floats) -> Timing:
    """Return expectation and p-value if two acts on what is shared are inside the window with probability `share`."""
    count = shared.ends.objects.count
    chances = count[shared.at_a].astype(np.float64) * count[shared.at_b]
    hit = -np.expm1(chances * np.log1p(-np.minimum(share, 1 - 1e-12)))
    expected = np.bincount(shared.row, weights=hit, minlength=len(shared.a)).astype(np.float64)
    return Timing(expected, poisson_tail(shared.inside, expected))
