"""CooRTweet by definition: every pair of rows of every object, written out.

Source: nicolarighetti/CooRTweet (R, MIT), R/detect_groups.R, R/calc_group_combinations.R,
R/flag_speed_share.R and R/generate_coordinated_network.R as of June 2025 (2.1.3). Nothing here is fast.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from tests.methods.oracle import Share, quantile7

__all__ = ["CrtEdge", "Network", "Pair", "detect_groups", "flag_speed_share", "generate_network"]


@dataclass
class Pair:
    """Two posts on one object: the older one first, as detect_groups() returns them."""

    object: str | None
    older: str
    newer: str
    account_older: str
    account_newer: str
    delta: float
    fast: bool = False


@dataclass
class CrtEdge:
    """What generate_coordinated_network() says of two accounts."""

    weight: int
    avg_time_delta: float
    n_content_id: int
    n_content_id_y: int
    objects: list[str | None]

    @property
    def symmetry(self) -> float:
        least, most = sorted((self.n_content_id, self.n_content_id_y))
        return least / most


@dataclass
class Network:
    """A graph of accounts; an edge's key is the unordered pair, in the order of strings."""

    edges: dict[tuple[str, str], CrtEdge]
    fast: dict[tuple[str, str], CrtEdge] = field(default_factory=dict)
    above: set[tuple[str, str]] = field(default_factory=set)
    """weight_threshold (weight_threshold_full) = 1"""
    above_fast: set[tuple[str, str]] = field(default_factory=set)
    coloured: set[str] = field(default_factory=set)

    @property
    def accounts(self) -> set[str]:
        return {account for ends in self.edges for account in ends}


def _regrouped(rows: Iterable[Share], least: int) -> list[Share]:
    """Step 1: rows of accounts with enough rows, account after account as they first appear."""
    by_account: dict[str, list[Share]] = {}
    for row in rows:
        by_account.setdefault(row.account, []).append(row)
    return [row for mine in by_account.values() if len(mine) >= least for row in mine]


def _within(rows: list[Share], window: float) -> Iterator[tuple[Share, Share]]:
    """Step 2: all pairs i < j of one object's rows with |t_i - t_j| <= window, inclusive."""
    order = sorted(range(len(rows)), key=lambda i: rows[i].time)
    for place, i in enumerate(order):
        for j in order[place + 1 :]:
            if rows[j].time - rows[i].time > window:
                break
            yield (rows[i], rows[j]) if i < j else (rows[j], rows[i])


def _is_loop(one: Share, two: Share) -> bool:
    """Step 3; a comparison with NA drops the pair too."""
    return (
        one.object is None or one.object in {one.post, two.post} or one.post == two.post or one.account == two.account
    )


def _taking_part(rows: Iterable[Share], pairs: list[Pair], least: int) -> list[Pair]:
    """Step 4: pairs of which one post at least is by an account with enough rows in posts that pair up."""
    paired = {pair.older for pair in pairs} | {pair.newer for pair in pairs}
    counts: Counter[str] = Counter()
    posts: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.post in paired:
            counts[row.account] += 1
            posts[row.account].add(row.post)
    enough = {post for account, number in counts.items() if number >= least for post in posts[account]}
    return [pair for pair in pairs if pair.older in enough or pair.newer in enough]


def detect_groups(
    rows: Iterable[Share], window: float = 10, min_participation: int = 2, *, remove_loops: bool = True
) -> list[Pair]:
    """Return the pairs of posts that detect_groups() returns."""
    rows = _regrouped(rows, min_participation)
    by_object: dict[str | None, list[Share]] = {}
    for row in rows:
        by_object.setdefault(row.object, []).append(row)
    pairs = []
    for mine in by_object.values():
        for one, two in _within(mine, window):
            if remove_loops and _is_loop(one, two):
                continue
            first, second = (two, one) if one.time - two.time > 0 else (one, two)
            delta = abs(one.time - two.time)
            pairs.append(Pair(one.object, first.post, second.post, first.account, second.account, delta))
    return _taking_part(rows, pairs, min_participation) if min_participation >= 1 else pairs


def flag_speed_share(rows: Iterable[Share], pairs: list[Pair], min_participation: int, window: float) -> None:
    """Mark the pairs that flag_speed_share() marks; the rows are the original ones, unfiltered."""
    near = [pair for pair in pairs if pair.delta <= window]
    posts = {(pair.older, pair.newer) for pair in _taking_part(rows, near, min_participation)}
    for pair in pairs:
        pair.fast = (pair.older, pair.newer) in posts


def _aggregate(pairs: Iterable[Pair]) -> dict[tuple[str, str], CrtEdge]:
    by_ends: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        ends = min(pair.account_older, pair.account_newer), max(pair.account_older, pair.account_newer)
        by_ends.setdefault(ends, []).append(pair)
    return {
        ends: CrtEdge(
            weight=len(mine),
            avg_time_delta=sum(pair.delta for pair in mine) / len(mine),
            n_content_id=len({pair.older for pair in mine}),
            n_content_id_y=len({pair.newer for pair in mine}),
            objects=list(dict.fromkeys(pair.object for pair in mine)),
        )
        for ends, mine in by_ends.items()
    }


def _exceeding(edges: dict[tuple[str, str], CrtEdge], quantile: float) -> set[tuple[str, str]]:
    """Strictly above the quantile: of equal weights none is."""
    if not edges:
        return set()
    threshold = quantile7([edge.weight for edge in edges.values()], quantile)
    return {ends for ends, edge in edges.items() if edge.weight > threshold}


def generate_network(
    pairs: list[Pair], *, fast_net: bool = False, edge_weight: float = 0.5, subgraph: int = 0
) -> Network:
    """Return the graph that generate_coordinated_network() returns."""
    net = Network(_aggregate(pairs))
    net.above = _exceeding(net.edges, edge_weight)
    if fast_net:
        net.fast = _aggregate(pair for pair in pairs if pair.fast)
        net.above_fast = _exceeding(net.fast, edge_weight)
    if subgraph == 1:
        if fast_net:
            msg = "subgraph = 1 and fast_net exclude each other"
            raise ValueError(msg)
        net.edges = {ends: net.edges[ends] for ends in net.edges if ends in net.above}
    if subgraph == 2:
        net.edges = {ends: net.edges[ends] for ends in net.edges if ends in net.above_fast}
    if subgraph == 3:
        net.coloured = {account for ends in net.above_fast for account in ends}
        near = {b for a, b in _both_ways(net.edges) if a in net.coloured}
        net.edges = {ends: net.edges[ends] for ends in net.edges if set(ends) <= near}
    return net


def _both_ways(edges: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for a, b in edges:
        yield a, b
        yield b, a


def naive_pairs(rows: Iterable[Share], window: float, *, remove_loops: bool = True) -> set[tuple[int, int]]:
    """Return the places of the rows that pair up, by trying every two rows: what steps 2 and 3 mean, and no more."""
    numbered = list(enumerate(rows))
    return {
        (i, j)
        for (i, one), (j, two) in combinations(numbered, 2)
        if one.object == two.object and abs(one.time - two.time) <= window and not (remove_loops and _is_loop(one, two))
    }
