"""When people post: by the hour of their day, in sessions.

Times are microseconds from the beginning of the world, int64.
"""

from typing import Final

import numpy as np

from cib.evaluate.simulate.words import Ints, Random, weighted
from cib.settings.world import DelayLaw

__all__ = ["DAY", "HOUR", "delays", "moments", "of_day"]

HOUR: Final = 3_600_000_000
DAY: Final = 24 * HOUR

# Local hours 0 to 23: a trough at 4, a rise from 7, a peak in the evening. The shape is the usual one of public
# posting; the figures are chosen, not fitted.
_HOURS: Final = np.array([22, 13, 8, 5, 4, 5, 10, 20, 32, 40, 43, 44, 47, 46, 43, 43, 45, 48, 52, 57, 60, 58, 50, 36])
_WEEKEND: Final = 0.85


def of_day(rng: Random, n: int) -> Ints:
    """Return `n` times of a local day."""
    cumulative = np.cumsum(_HOURS) / _HOURS.sum()
    return weighted(rng, cumulative, n) * HOUR + rng.integers(0, HOUR, n)


def moments(rng: Random, owner: Ints, zone: Ints, span: int, *, session: int, per_session: float) -> Ints:
    """Return a time for each post of its owner, in [0, span).

    Parameters
    ----------
    owner : account of each post, in ascending order.
    zone : of each post's owner, microseconds ahead of UTC.
    session : mean distance of a post from its session's beginning, microseconds.
    per_session : mean posts of a session.
    """
    if not len(owner):
        return np.empty(0, dtype=np.int64)
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    counts = np.diff(np.r_[starts, len(owner)])
    sessions = np.ceil(counts / per_session).astype(np.int64)
    first = np.cumsum(sessions) - sessions
    own = np.repeat(np.arange(len(counts)), counts)
    chosen = first[own] + (rng.random(len(owner)) * sessions[own]).astype(np.int64)
    zones = np.repeat(zone[starts], sessions)
    begins = _days(rng, len(zones), span) * DAY + of_day(rng, len(zones)) - zones
    return np.asarray((begins[chosen] + rng.exponential(session, len(owner)).astype(np.int64)) % span)


def _days(rng: Random, n: int, span: int) -> Ints:
    """Return days from 0, weekends (by the world's own count, days 5 and 6) a little rarer."""
    weight = np.where(np.arange(max(1, span // DAY)) % 7 >= 5, _WEEKEND, 1.0)
    return weighted(rng, np.cumsum(weight) / weight.sum(), n)


def delays(rng: Random, n: int, longest: int, law: DelayLaw) -> Ints:
    """Return `n` delays in [0, longest], microseconds (see :class:`cib.settings.world.CampaignSettings`)."""
    if law == "exponential":  # by inversion, so that the cut keeps its shape
        drawn = -np.log1p(-rng.random(n) * -np.expm1(-3.0)) / 3.0
    elif law == "lognormal":
        drawn = np.minimum(0.1 * np.exp(rng.standard_normal(n)), 1.0)
    else:
        drawn = rng.random(n)
    return np.asarray((drawn * longest).astype(np.int64))
