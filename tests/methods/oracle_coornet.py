"""CooRnet by definition: its estimate of the interval, its bins and its network.

Source: fabiogiglietto/CooRnet (R, MIT), R/estimate_coord_interval.R and R/get_coord_shares.R; R's cut() for dates.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations

from tests.methods.oracle import Share, quantile7

__all__ = ["coordinated_pairs", "estimate", "highly_connected", "marked", "project"]


def _by_object(rows: Iterable[Share]) -> dict[str, list[Share]]:
    """Rows of each object, repeats of post and object left out, in the order of time (ties as they came)."""
    kept: dict[tuple[str | None, str], Share] = {}
    for row in rows:
        kept.setdefault((row.object, row.post), row)
    found: dict[str, list[Share]] = defaultdict(list)
    for row in kept.values():
        if row.object is not None:
            found[row.object].append(row)
    return {name: sorted(mine, key=lambda row: row.time) for name, mine in found.items() if len(mine) > 1}


def estimate(rows: Iterable[Share], q: float = 0.1, p: float = 0.5, *, last: float = 0.5) -> float | None:
    """Return the coordination interval in seconds; None if p leaves no share.

    ``last`` is the quantile of the last step: the median. Versions before, and PyCooRnet, take p.
    """
    after = {name: [row.time - mine[0].time for row in mine] for name, mine in _by_object(rows).items()}
    soon = quantile7([seconds[1] for seconds in after.values()], q)
    reached = []
    for seconds in after.values():
        if seconds[1] <= soon:
            late = [s for rank, s in enumerate(seconds, 1) if rank / len(seconds) > p]
            reached += late[:1]
    if not reached:
        return None
    return quantile7(reached, last) or 1.0


def marked(rows: Iterable[Share], interval: float) -> set[tuple[str, str]]:
    """Return (account, object) where the account shared it in a bin with another share, by whomever.

    Bins of whole seconds start at each object's first share: [start + k T, start + (k + 1) T).
    """
    width = int(interval)
    found = set()
    for name, mine in _by_object(rows).items():
        if len({row.account for row in mine}) < 2:
            continue
        bins: dict[int, list[Share]] = defaultdict(list)
        for row in mine:
            bins[int((row.time - mine[0].time) // width)].append(row)
        found |= {(row.account, name) for together in bins.values() if len(together) > 1 for row in together}
    return found


def project(links: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the number of objects that two accounts are both marked for, whether in one bin or not."""
    accounts: dict[str, set[str]] = defaultdict(set)
    for account, name in links:
        accounts[name].add(account)
    weights: dict[tuple[str, str], int] = defaultdict(int)
    for together in accounts.values():
        for ends in combinations(sorted(together), 2):
            weights[ends] += 1
    return dict(weights)


def highly_connected(weights: dict[tuple[str, str], int], percentile: float = 0.9) -> dict[tuple[str, str], int]:
    """Return the edges at or above the percentile of the weights."""
    if not weights:
        return {}
    least = quantile7(weights.values(), percentile)
    return {ends: weight for ends, weight in weights.items() if weight >= least}


def coordinated_pairs(rows: Iterable[Share], interval: float, percentile: float = 0.9) -> dict[tuple[str, str], int]:
    """Return the edges of get_coord_shares()'s second result."""
    return highly_connected(project(marked(list(rows), interval)), percentile)
