"""Published methods of similarity and synchrony, from a file to a run folder, against their oracles: edge for edge."""

from collections import Counter
from itertools import combinations

import numpy as np
import polars as pl
import pytest

from tests.methods import oracle_similarity, oracle_toolkit
from tests.methods.data import random_messages
from tests.methods.engine import run_method, write_messages
from tests.methods.oracle import Share, Timed


@pytest.fixture(scope="module")
def messages():
    return random_messages(np.random.default_rng(7), 160)


def reposts(rng, *, accounts=14, posts=12, n=300):
    whom, what = rng.integers(0, accounts, n), rng.integers(0, posts, n) ** 2 // posts
    return [Timed(f"m{i}", f"u{whom[i]:02}", float(i), repost_of=f"a{what[i]}") for i in range(n)]


def repost_counts(messages):
    return oracle_similarity.counted(Share(m.repost_of, m.account, m.message, m.time) for m in messages)


@pytest.mark.parametrize("seed", range(3))
def test_pacheco_coretweet(tmp_path, seed):
    """Accounts with just enough reposts lose some of them to rare posts, and stay: support is asked first."""
    messages = reposts(np.random.default_rng(seed), n=220)
    messages += [Timed(f"r{i}", f"u{i % 14:02}", 1000.0 + i, repost_of=f"rare{i}") for i in range(14)]
    found = run_method("pacheco_2021_coretweet", write_messages(tmp_path / "posts.csv", messages), tmp_path / "out")
    edges, kept = oracle_similarity.pacheco(repost_counts(messages), 10)
    assert found.weights("similarity") == pytest.approx(edges)
    assert found.graph_weights() == pytest.approx(kept)


def test_pacheco_synchrony(tmp_path):
    rng = np.random.default_rng(1)
    times = 900 + np.sort(rng.integers(0, 12 * 1800, 200))
    messages = [Timed(f"m{i}", f"u{rng.integers(0, 12):02}", float(t), "x") for i, t in enumerate(times)]
    found = run_method("pacheco_2021_synchrony", write_messages(tmp_path / "posts.csv", messages), tmp_path / "out")
    counts = oracle_similarity.half_hours(((m.account, m.time) for m in messages), start=float(times[0]))
    edges, kept = oracle_similarity.pacheco(counts, 8)
    assert found.weights("similarity") == pytest.approx(edges)
    assert found.graph_weights() == pytest.approx(kept)


def test_pacheco_hashtags(tmp_path):
    """A and B on two days; C on another day, D in another order, E and F with too few posts."""
    tags = ["#x", "#y", "#z", "#v #w", "#X"]
    posts, cells = [], []
    plan = [("A", 0, tags), ("B", 7, tags), ("A", 86_400, tags), ("B", 86_405, tags), ("C", 86_400 * 2, tags)]
    plan += [("D", 3, tags[::-1]), ("E", 5, tags[:4]), ("F", 9, tags[:4])]
    for account, start, own in plan:
        for i, cell in enumerate(own):
            posts.append(Timed(f"{account}{start}-{i}", account, float(start + 60 * i), "x"))
            cells.append(cell)
    file = write_messages(tmp_path / "posts.csv", posts, hashtags=cells)
    found = run_method("pacheco_2021_hashtags", file, tmp_path / "out")
    days = {day: [] for day in range(3)}
    for post, cell in zip(posts, cells, strict=True):
        days[int(post.time // 86_400)].append((post.account, post.time, tuple(cell.lower().split())))
    expected = Counter(ends for day in days.values() for ends in oracle_similarity.day_sequences(day))
    assert found.graph_weights() == expected == {("A", "B"): 2}


@pytest.mark.parametrize("seed", range(3))
def test_nizzoli(tmp_path, seed):
    messages = reposts(np.random.default_rng(seed), accounts=20)
    file = write_messages(tmp_path / "posts.csv", messages)
    found = run_method("nizzoli_2021", file, tmp_path / "out", layers__repost__top_accounts=0.6)
    edges, kept = oracle_similarity.nizzoli(repost_counts(messages), top=0.6)
    assert found.weights("similarity") == pytest.approx(edges)
    assert found.graph_weights() == pytest.approx(kept)
    levels = dict(found.members.select("account_id", "coordination").iter_rows())
    expected = oracle_similarity.coordination(kept)
    assert levels == pytest.approx({account: expected[account] for account in levels})


def luceri_posts(rng):
    """Originals of two authors, their reposts at once and late, links, sequences of five hashtags."""
    posts, cells = [], []
    for i in range(40):
        posts.append(Timed(f"o{i}", f"author{i % 3}", 100.0 * i, f"original number {i} of this author here"))
        cells.append("")
    for i in range(500):
        of, late = int(rng.integers(0, 40)), float(rng.choice([2, 10, 11, 400]))
        posts.append(Timed(f"r{i}", f"u{rng.integers(0, 18):02}", 100.0 * of + late, repost_of=f"o{of}"))
        cells.append("")
    for i in range(60):
        urls = [f"http://x.org/{k}" for k in rng.choice(6, size=2, replace=False)]
        posts.append(Timed(f"l{i}", f"u{rng.integers(0, 18):02}", 9000.0 + i, urls=urls))
        tags = "abcdef" if rng.integers(0, 2) else "fedcba"
        cells.append(" ".join(f"#{tag}" for tag in tags[: int(rng.integers(3, 7))]))
    return posts, cells


def test_luceri(tmp_path):
    posts, cells = luceri_posts(np.random.default_rng(5))
    found = run_method("luceri_2024", write_messages(tmp_path / "posts.csv", posts, hashtags=cells), tmp_path / "out")
    originals = {m.message: m for m in posts if m.message.startswith("o")}
    quick = [
        Share(originals[m.repost_of].account, m.account, m.message, m.time)
        for m in posts
        if m.repost_of and m.time - originals[m.repost_of].time <= 10
    ]
    sequences = [
        Share(cell, m.account, m.message, m.time)
        for m, cell in zip(posts, cells, strict=True)
        if len(set(cell.split())) >= 5
    ]
    links = [Share(u, m.account, m.message, m.time) for m in posts if not m.repost_of for u in m.urls]
    expected = {
        "fast_repost": oracle_similarity.luceri(oracle_similarity.counted(quick), min_each=2),
        "repost": oracle_similarity.luceri(repost_counts(m for m in posts if m.repost_of), min_acts=20),
        "url": oracle_similarity.luceri(oracle_similarity.counted(links)),
        "hashtag_sequence": oracle_similarity.luceri(oracle_similarity.counted(sequences)),
    }
    layers = {name: found.edges.filter(pl.col("layer") == name) for name in expected}
    for name, edges in expected.items():
        rows = layers[name].select("source", "target", "similarity").iter_rows()
        assert {(a, b): x for a, b, x in rows} == pytest.approx(edges), name
    assert all(expected.values())
    text = found.edges.filter(pl.col("layer") == "text").select("source", "target").rows()
    whole = oracle_similarity.union([*expected.values(), dict.fromkeys(text, 1.0)])
    central = {account for account, value in oracle_similarity.centralities(whole).items() if value >= 0.01}
    assert found.graph_weights() == {ends: 1.0 for ends in whole if set(ends) <= central}


def same(messages, key, window):
    """Objects that two accounts share inside the window, and messages of either with a match, by definition."""
    objects, matched = {}, {}
    for one, two in combinations(messages, 2):
        if one.account != two.account and abs(one.time - two.time) <= window and key(one) and key(one) == key(two):
            first, second = sorted((one, two), key=lambda m: m.account)
            ends = first.account, second.account
            objects.setdefault(ends, set()).add(key(one))
            matched.setdefault(ends, (set(), set()))
            matched[ends][0].add(first.message)
            matched[ends][1].add(second.message)
    return {e: len(x) for e, x in objects.items()}, {e: max(map(len, x)) for e, x in matched.items()}


def wording(m):
    words = "".join(c if c.isalnum() or c in "@#" else " " for c in m.text.lower()).split()
    return "" if m.repost_of else " ".join(words)


def reposted(m):
    return m.repost_of


def test_keller(tmp_path, messages):
    found = run_method("keller_2020", write_messages(tmp_path / "posts.csv", messages), tmp_path / "out")
    both = [same(messages, key, 60)[1] for key in (wording, reposted)]
    assert found.graph_weights() == dict(Counter(both[0]) + Counter(both[1]))


def test_schoch(tmp_path):
    rng = np.random.default_rng(11)
    messages = [
        Timed(f"m{i}", f"u{rng.integers(0, 6)}", 100.0 * i / 3 + 30 * float(rng.random()), repost_of=f"a{i // 3}")
        for i in range(360)
    ]
    messages += [Timed("x1", "u0", 0.0, "the same words"), Timed("x2", "new", 5.0, "The same words!")]
    found = run_method("schoch_2022", write_messages(tmp_path / "posts.csv", messages), tmp_path / "out")
    posts = Counter(m.account for m in messages)
    busy = [m for m in messages if posts[m.account] > 10]
    ten = {ends: n for ends, n in same(busy, reposted, 60)[0].items() if n >= 10}
    one = same(busy, wording, 60)[0]
    assert ten
    assert found.graph_weights() == dict(Counter(ten) + Counter(one))


def test_weber_neumann(tmp_path):
    rng = np.random.default_rng(2)
    messages = [m._replace(time=m.time * 60) for m in random_messages(rng, 120)]
    found = run_method("weber_neumann_2021", write_messages(tmp_path / "posts.csv", messages), tmp_path / "out")
    weights = Counter()
    for one, two in combinations(messages, 2):
        if one.account == two.account or one.time // 900 != two.time // 900:
            continue
        ends = min(one.account, two.account), max(one.account, two.account)
        weights[ends] += bool(one.repost_of) and one.repost_of == two.repost_of
        weights[ends] += bool(one.reply_to) and one.reply_to == two.reply_to
        if not one.repost_of and not two.repost_of:
            weights[ends] += len(set(one.urls) & set(two.urls))
    assert found.graph_weights() == {ends: n for ends, n in weights.items() if n}


def views(rng, n=150):
    messages = [m._replace(time=m.time * 40, repost_of=None, reply_to=None) for m in random_messages(rng, n)]
    cells = [
        [" ".join(f"{sign}n{k}" for k in rng.choice(3, size=int(rng.integers(0, 3)), replace=False)) for _ in messages]
        for sign in ("#", "@")
    ]
    return messages, *cells


def matched_by_view(messages, tags, named, window):
    """The messages with a match, in the larger direction, in each view; an act for each thing that a post names."""
    columns = {
        "url": [list(m.urls) for m in messages],
        "hashtag": [cell.split() for cell in tags],
        "mention": [cell.split() for cell in named],
    }
    columns["url_hashtag"] = [
        [(u, t) for u in one for t in two] for one, two in zip(columns["url"], columns["hashtag"], strict=True)
    ]
    found = {}
    for view, things in columns.items():
        acts = [(x, m.account, m.message, m.time) for m, own in zip(messages, things, strict=True) for x in own]
        weights = oracle_toolkit.naive_weights(acts, window)
        found[view] = {(a, b): max(w, weights[b, a]) for (a, b), w in weights.items() if a < b}
    return found


def test_casos(tmp_path):
    messages, tags, named = views(np.random.default_rng(4))
    file = write_messages(tmp_path / "posts.csv", messages, hashtags=tags, mentions=named)
    found = run_method("casos_2021", file, tmp_path / "out")
    expected = matched_by_view(messages, tags, named, 300)
    for view, weights in expected.items():
        rows = found.edges.filter(pl.col("layer") == view).select("source", "target", "weight").iter_rows()
        assert {(a, b): w for a, b, w in rows} == weights, view
    assert found.graph_weights() == dict(sum((Counter(w) for w in expected.values()), Counter()))


def test_ng_carley(tmp_path):
    messages, tags, named = views(np.random.default_rng(6), 80)
    file = write_messages(tmp_path / "posts.csv", messages, hashtags=tags, mentions=named)
    found = run_method("ng_carley_2022", file, tmp_path / "out")
    widest = {}
    for minutes in (5, 10, 15, 20):
        expected = matched_by_view(messages, tags, named, 60 * minutes)
        for view in ("url", "hashtag", "mention"):
            mine = found.edges.filter(pl.col("layer") == f"{view}_{minutes}min")
            assert {(a, b): w for a, b, w in mine.select("source", "target", "weight").iter_rows()} == expected[view]
            widest |= {e: max(w, widest.get(e, 0)) for e, w in expected[view].items()}
    assert found.graph_weights() == widest


def test_vishnuprasad(tmp_path):
    messages = reposts(np.random.default_rng(8), n=160)
    found = run_method("vishnuprasad_2024", write_messages(tmp_path / "posts.csv", messages), tmp_path / "out")
    twice = {ends for ends, n in same(messages, reposted, 10)[0].items() if n > 1}
    assert found.graph_weights() == dict.fromkeys(twice, 1.0)
