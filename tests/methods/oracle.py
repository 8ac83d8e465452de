"""What the oracles share: rows of a table of shares, and R's quantile."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["Share", "Timed", "quantile7"]


class Share(NamedTuple):
    """One row of a table of shares: who shared which object in which post, and when (seconds)."""

    object: str | None
    account: str
    post: str
    time: float


class Timed(NamedTuple):
    """A message of the toolkit's table; None stands for an empty cell."""

    message: str
    account: str
    time: float
    text: str = ""
    repost_of: str | None = None
    reply_to: str | None = None
    urls: Sequence[str] = ()


def quantile7(values: Iterable[float], p: float) -> float:
    """R's default quantile (Hyndman and Fan 1996, type 7): linear between the two nearest of the sorted values."""
    ranked = sorted(values)
    h = (len(ranked) - 1) * p
    below = int(h)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (h - below) * (ranked[above] - ranked[below])
