"""coordination-network-toolkit by definition: every two messages, written out.

Source: QUT-Digital-Observatory/coordination-network-toolkit (Python, MIT), compute_networks.py,
similarity.py and preprocess.py; version 1.5.2 of July 2022 from the package index, and the later
correction that a message is no match for itself ('main').
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any

from tests.methods.oracle import Timed

__all__ = ["NETWORKS", "Keyed", "co_link", "co_post", "co_reply", "co_retweet", "co_similar", "co_tweet", "normalised"]

Weights = dict[tuple[str, str], int]
Keyed = tuple[Any, str, str, float]
"""key, account, message, time."""

_MENTION = re.compile(r"@.*?(?=\s|$)", re.DOTALL)


def normalised(text: str) -> str:
    """Lower case, without '@' and what follows it up to the next blank, blanks collapsed."""
    return " ".join(_MENTION.sub("", text.lower()).split())


def _weights(
    acts: Iterable[Keyed], window: float, least: int, matches: Callable[[Keyed, Keyed], bool], *, pypi: bool
) -> Weights:
    """Count, for each ordered two accounts, messages of the first with a match by the second."""
    matched: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one, two in _close(list(acts), window):
        if (pypi or one[2] != two[2]) and matches(one, two):
            matched[one[1], two[1]].add(one[2])
    return {ends: len(messages) for ends, messages in matched.items() if len(messages) >= least}


def _close(acts: list[Keyed], window: float) -> Iterator[tuple[Keyed, Keyed]]:
    """Yield ordered pairs with the same key inside the window, inclusive; each act is also close to itself."""
    by_key: dict[Any, list[Keyed]] = defaultdict(list)
    for act in acts:
        by_key[act[0]].append(act)
    for mine in by_key.values():
        mine.sort(key=lambda act: act[3])
        start = 0
        for one in mine:
            while mine[start][3] < one[3] - window:
                start += 1
            for two in mine[start:]:
                if two[3] > one[3] + window:
                    break
                yield one, two


def _keyed(acts: Iterable[Keyed], window: float, least: int, *, pypi: bool) -> Weights:
    return _weights(acts, window, least, lambda _one, _two: True, pypi=pypi)


def _first(messages: Iterable[Timed]) -> list[Timed]:
    """Of several rows with one message id the first is kept."""
    kept: dict[str, Timed] = {}
    for message in messages:
        kept.setdefault(message.message, message)
    return list(kept.values())


def co_retweet(messages: Iterable[Timed], window: float, least: int = 1, *, pypi: bool = False) -> Weights:
    """Reposts of one post."""
    acts = [(m.repost_of, m.account, m.message, m.time) for m in _first(messages) if m.repost_of]
    return _keyed(acts, window, least, pypi=pypi)


def co_tweet(messages: Iterable[Timed], window: float, least: int = 1, *, pypi: bool = False) -> Weights:
    """Texts that are equal once normalised; empty ones are equal too. Reposts do not count."""
    acts = [(normalised(m.text), m.account, m.message, m.time) for m in _first(messages) if not m.repost_of]
    return _keyed(acts, window, least, pypi=pypi)


def co_reply(messages: Iterable[Timed], window: float, least: int = 1, *, pypi: bool = False) -> Weights:
    """Replies to one post; reposts do not count."""
    rows = [m for m in _first(messages) if m.reply_to and not m.repost_of]
    return _keyed([(m.reply_to, m.account, m.message, m.time) for m in rows], window, least, pypi=pypi)


def co_link(messages: Iterable[Timed], window: float, least: int = 1, *, pypi: bool = False) -> Weights:
    """Links, each once a message; those of reposts do not count. A row's links count even if its id came before."""
    acts: dict[tuple[str, str], Keyed] = {}
    for m in messages:
        if not m.repost_of:
            for url in m.urls:
                acts.setdefault((m.message, url), (url, m.account, m.message, m.time))
    return _keyed(acts.values(), window, least, pypi=pypi)


def co_post(messages: Iterable[Timed], window: float, least: int = 1, *, pypi: bool = False) -> Weights:
    """Any two messages, reposts included."""
    return _keyed([("", m.account, m.message, m.time) for m in _first(messages)], window, least, pypi=pypi)


def co_similar(
    messages: Iterable[Timed],
    window: float,
    least: int = 1,
    *,
    similarity: float = 0.9,
    tokens: Callable[[str], frozenset[str]],
    pypi: bool = False,
) -> Weights:
    """Texts whose sets of tokens have a Jaccard index of at least ``similarity``; reposts do not count.

    Two empty sets stop the toolkit with a division by zero; here they are no match.
    """
    rows = [m for m in _first(messages) if not m.repost_of]
    sets = {m.message: tokens(m.text) for m in rows}

    def alike(one: Keyed, two: Keyed) -> bool:
        a, b = sets[one[2]], sets[two[2]]
        return bool(a | b) and len(a & b) / len(a | b) >= similarity

    return _weights([("", m.account, m.message, m.time) for m in rows], window, least, alike, pypi=pypi)


NETWORKS: dict[str, Callable[..., Weights]] = {
    "co_retweet": co_retweet,
    "co_tweet": co_tweet,
    "co_reply": co_reply,
    "co_link": co_link,
    "co_post": co_post,
}


def naive_weights(acts: list[Keyed], window: float) -> Weights:
    """The same count by trying every two acts, for main: what the definition says, and no more."""
    matched: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one, two in product(acts, repeat=2):
        if one[0] == two[0] and one[2] != two[2] and one[3] - window <= two[3] <= one[3] + window:
            matched[one[1], two[1]].add(one[2])
    return dict(Counter({ends: len(messages) for ends, messages in matched.items()}))
