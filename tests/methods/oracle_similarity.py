"""Similarity networks by definition: vectors as dictionaries, every two accounts compared.

Sources: osome-iu/coordination-detection, notebooks CS3, CS4 and CS5 (Pacheco et al. 2021);
ValeriaPante/coordinatedActivity (Luceri et al. 2024); srntrd/framework-to-identify-online-coordinated-behavior
(Nizzoli et al. 2021); Serrano, Boguna and Vespignani 2009 for the disparity filter.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations

from tests.methods.oracle import Share, quantile7

__all__ = [
    "alphas",
    "at_least_quantile",
    "backbone",
    "centralities",
    "coordination",
    "cosines",
    "day_sequences",
    "half_hours",
    "luceri",
    "nizzoli",
    "pacheco",
    "union",
]

Counts = dict[str, Counter[str]]
"""account -> object -> how often."""
Edges = dict[tuple[str, str], float]


def counted(rows: Iterable[Share]) -> Counts:
    """Count the posts of each account on each object."""
    counts: Counts = defaultdict(Counter)
    for row in rows:
        if row.object is not None:
            counts[row.account][row.object] += 1
    return counts


def cosines(counts: Counts, tf: Callable[[int], float], idf: Callable[[int, int], float], *, n: int) -> Edges:
    """Return the cosine of every two accounts that share an object of some weight; (a, b) with a < b."""
    df = Counter(name for mine in counts.values() for name in mine)
    vectors = {
        account: {name: tf(times) * idf(n, df[name]) for name, times in mine.items()}
        for account, mine in counts.items()
    }
    lengths = {account: math.sqrt(sum(x * x for x in vector.values())) for account, vector in vectors.items()}
    found = {}
    for a, b in combinations(sorted(vectors), 2):
        both = vectors[a].keys() & vectors[b].keys()
        dot = math.fsum(vectors[a][name] * vectors[b][name] for name in both)
        if dot > 0:
            found[a, b] = dot / (lengths[a] * lengths[b])
    return found


def smooth(n: int, df: int) -> float:
    """scikit-learn's smooth idf."""
    return math.log((1 + n) / (1 + df)) + 1


def plain(n: int, df: int) -> float:
    """gensim's idf, but for the base of the logarithm, which the length takes out again."""
    return math.log(n / df)


def sublinear(times: int) -> float:
    """1 + ln tf."""
    return 1 + math.log(times)


def at_least_quantile(edges: Edges, p: float) -> Edges:
    """Return the edges at or above the quantile of their weights."""
    if not edges:
        return {}
    least = quantile7(edges.values(), p)
    return {ends: weight for ends, weight in edges.items() if weight >= least}


def _nearest(edges: Edges, accounts: Iterable[str], most: int) -> Edges:
    """Keep (a, b), a < b, if b is among the `most` accounts most like a, a itself counted with similarity 1."""
    of: dict[str, list[tuple[float, str]]] = {account: [(1.0, account)] for account in accounts}
    for (a, b), weight in edges.items():
        of[a].append((weight, b))
        of[b].append((weight, a))
    lists = {a: {b for _, b in sorted(mine, key=lambda x: (-x[0], x[1]))[:most]} for a, mine in of.items()}
    return {(a, b): weight for (a, b), weight in edges.items() if b in lists[a]}


def pacheco(
    counts: Counts, support: int, *, min_df: int = 3, neighbours: int = 100, quantile: float = 0.995
) -> tuple[Edges, Edges]:
    """Case studies 4 and 5: the candidates, and those that are kept.

    Accounts with more than ``support`` acts on two objects at least; objects with ``min_df`` of them.
    """
    users = {a: mine for a, mine in counts.items() if sum(mine.values()) > support and len(mine) > 1}
    df = Counter(name for mine in users.values() for name in mine)
    least = min_df if any(number >= min_df for number in df.values()) else 1
    kept = {a: Counter({name: k for name, k in mine.items() if df[name] >= least}) for a, mine in users.items()}
    edges = _nearest(cosines(kept, sublinear, smooth, n=len(users)), users, neighbours)
    return edges, at_least_quantile(edges, quantile)


def half_hours(acts: Iterable[tuple[str, float]], *, start: float, width: float = 1800) -> Counts:
    """Count the posts of each account in each bin from ``start``."""
    return counted(Share(str(int((time - start) // width)), account, "", time) for account, time in acts)


def day_sequences(
    posts: Iterable[tuple[str, float, tuple[str, ...]]], *, min_posts: int = 5, min_tags: int = 5
) -> set[tuple[str, str]]:
    """Case study 3 on one day: accounts with the same ordered sequence of hashtags, as unordered pairs."""
    by_account: dict[str, list[tuple[float, tuple[str, ...]]]] = defaultdict(list)
    for account, time, tags in posts:
        by_account[account].append((time, tags))
    same: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for account, mine in by_account.items():
        mine.sort(key=lambda x: x[0])
        sequence = tuple(tag for _, tags in mine for tag in tags)
        with_tags = sum(bool(tags) for _, tags in mine)
        if len(mine) >= min_posts and with_tags >= min_posts and len(set(sequence)) >= min_tags:
            same[sequence].append(account)
    return {ends for together in same.values() for ends in combinations(sorted(together), 2)}


def luceri(counts: Counts, *, min_acts: int = 1, min_each: int = 1) -> Edges:
    """One trace of Luceri et al.: binary, objects of two accounts at least, smooth TF-IDF, cosine.

    n is the number of accounts that still have an object.
    """
    users = {a: mine for a, mine in counts.items() if sum(mine.values()) >= min_acts}
    users = {a: {name for name, times in mine.items() if times >= min_each} for a, mine in users.items()}
    df = Counter(name for mine in users.values() for name in mine)
    left = {a: Counter({name: 1 for name in mine if df[name] > 1}) for a, mine in users.items()}
    left = {a: mine for a, mine in left.items() if mine}
    return cosines(left, float, smooth, n=len(left))


def union(networks: Iterable[Edges]) -> Edges:
    """Return an edge of weight 1 wherever any network has one."""
    return {ends: 1.0 for edges in networks for ends in edges}


def centralities(edges: Mapping[tuple[str, str], float], *, rounds: int = 5000) -> dict[str, float]:
    """Return the eigenvector centrality of each account (vectors of length 1), by powers of A + I from equal values."""
    names = sorted({account for ends in edges for account in ends})
    value = dict.fromkeys(names, 1.0)
    for _ in range(rounds):
        following = dict(value)
        for (a, b), weight in edges.items():
            following[a] += weight * value[b]
            following[b] += weight * value[a]
        length = math.sqrt(sum(x * x for x in following.values()))
        following = {name: x / length for name, x in following.items()}
        if max(abs(following[name] - value[name]) for name in names) < 1e-13:
            return following
        value = following
    return value


def alphas(edges: Edges) -> Edges:
    """Return the smaller of both ends' alpha, (1 - w / s)^(k - 1), of each edge."""
    strength: Counter[str] = Counter()
    degree: Counter[str] = Counter()
    for ends, weight in edges.items():
        for account in ends:
            strength[account] += weight  # type: ignore[assignment]
            degree[account] += 1
    return {
        ends: min((1 - weight / strength[account]) ** (degree[account] - 1) for account in ends)
        for ends, weight in edges.items()
    }


def backbone(edges: Edges, alpha: float) -> Edges:
    """Return the edges whose alpha is below ``alpha``."""
    small = alphas(edges)
    return {ends: weight for ends, weight in edges.items() if small[ends] < alpha}


def nizzoli(counts: Counts, *, top: float = 0.01, alpha: float = 0.15) -> tuple[Edges, Edges]:
    """The similarities of the most active accounts, and their backbone."""
    ranked = sorted(counts, key=lambda account: (-sum(counts[account].values()), account))
    users = {account: counts[account] for account in ranked[: max(1, math.ceil(top * len(ranked)))]}
    edges = cosines(users, float, plain, n=len(users))
    return edges, backbone(edges, alpha)


def coordination(edges: Edges, steps: int = 100) -> dict[str, float]:
    """Return the highest quantile i / steps of the weights at which an account still has an edge.

    This is the degree of coordination with groups of two and more: any account with an edge is in one.
    """
    level: dict[str, float] = {}
    for i in range(steps + 1 if edges else 0):
        threshold = quantile7(edges.values(), i / steps)
        for ends, weight in edges.items():
            if weight >= threshold:
                level |= dict.fromkeys(ends, i / steps)
    return level
