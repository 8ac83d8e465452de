"""The oracles against worked examples, published numbers, and other people's code for the same formula.

Published numbers: CooRTweet run in R on its own data; coordination-network-toolkit run on the same data and on its
own example. What the package index has of the toolkit (1.5.2) gave the same rows as the oracle with ``pypi=True``
on 6 random sets, five networks, windows 0, 3 and 10 and weights 1 and 2.
"""

import networkx as nx
import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from tests.methods import oracle_coornet, oracle_similarity, oracle_toolkit
from tests.methods.data import german, random_shares, russian, sample_messages
from tests.methods.oracle import Share, Timed, quantile7
from tests.methods.oracle_coortweet import detect_groups, flag_speed_share, generate_network, naive_pairs


def shares(*acts, objects="x"):
    return [Share(objects if isinstance(objects, str) else objects[i], a, p, t) for i, (a, p, t) in enumerate(acts)]


@pytest.mark.parametrize(("p", "threshold", "kept"), [(0.5, 2, 2), (0.9, 7.2, 1)])
def test_quantile_of_the_published_example(p, threshold, kept):
    weights = [1, 1, 2, 3, 10]
    assert quantile7(weights, p) == pytest.approx(threshold)
    assert sum(w > threshold for w in weights) == kept
    assert quantile7(weights, p) == pytest.approx(np.quantile(weights, p))


def test_coortweet_worked_example():
    rows = [Share("u1", "A", "a0", 0), Share("u1", "B", "b10", 10), Share("u1", "C", "c11", 11)]
    rows += [Share("u2", "A", "a100", 100), Share("u2", "B", "b105", 105)]

    def found(rows, m):
        return sorted((p.account_older, p.account_newer, p.delta) for p in detect_groups(rows, 10, m))

    assert found(rows, 1) == [("A", "B", 5), ("A", "B", 10), ("B", "C", 1)]
    assert found(rows, 2) == [("A", "B", 5), ("A", "B", 10)]
    assert found([*rows, Share("u9", "C", "c500", 500)], 2) == [("A", "B", 5), ("A", "B", 10), ("B", "C", 1)]


@pytest.mark.parametrize(
    ("window", "m", "pairs", "accounts", "edges", "heaviest", "seconds", "symmetry", "subgraphs"),
    [
        (10, 2, 447, 525, 442, 3, 2_335, 441, [(8, 4), (8, 4), (8, 4)]),
        (60, 1, 6_281, 3_954, 6_206, 4, 191_046, 6_192 + 1 / 6, [(97, 63), (97, 63), (97, 63)]),
        (60, 2, 3_791, 2_110, 3_721, 4, 115_243, 3_708 + 1 / 3, [(94, 60), (94, 60), (14, 9)]),
    ],
)
def test_coortweet_on_its_own_data(  # noqa: PLR0917
    window, m, pairs, accounts, edges, heaviest, seconds, symmetry, subgraphs
):
    found = detect_groups(russian(), window, m)
    net = generate_network(found)
    assert (len(found), len(net.accounts), len(net.edges)) == (pairs, accounts, edges)
    assert max(edge.weight for edge in net.edges.values()) == heaviest
    assert sum(pair.delta for pair in found) == seconds
    assert sum(edge.symmetry for edge in net.edges.values()) == pytest.approx(symmetry)
    cut = [generate_network(found, edge_weight=p, subgraph=1) for p in (0.5, 0.9, 0.99)]
    assert [(len(net.accounts), len(net.edges)) for net in cut] == subgraphs


def test_coortweet_vignette():
    """w = 600, m = 2: "the threshold value corresponds to a minimum edge weight of 3" at the 99th percentile."""
    net = generate_network(detect_groups(russian(), 600, 2), edge_weight=0.99)
    assert min(net.edges[ends].weight for ends in net.above) == 3


@pytest.mark.parametrize(("column", "rows"), [("url_id", 41_100), ("domain_id", 63_529), ("phash_id", 16_934)])
def test_german_rows_are_those_of_the_published_measurements(column, rows):
    assert len(german(column)) == rows


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("loops", [True, False])
def test_coortweet_pairs_are_all_pairs_of_rows(seed, loops):
    rng = np.random.default_rng(seed)
    rows, window = random_shares(rng), int(rng.integers(0, 9))
    found = detect_groups(rows, window, 0, remove_loops=loops)
    tried = [{rows[i], rows[j]} for i, j in naive_pairs(rows, window, remove_loops=loops)]
    assert len(found) == len(tried)
    one = sorted((p.object, *sorted((p.older, p.newer))) for p in found)
    two = sorted((next(iter(r)).object, *sorted(x.post for x in (r if len(r) == 2 else [*r, *r]))) for r in tried)
    assert one == two


def test_coortweet_puts_the_older_first_and_ties_in_the_order_of_accounts():
    """Rows are regrouped by account as it first appears, and a tie stays in that order."""
    rows = [Share("y", "B", "b1", 0), Share("x", "A", "a1", 50), Share("x", "B", "b2", 50), Share("x", "C", "c1", 49)]
    pairs = {(p.older, p.newer) for p in detect_groups(rows, 10, 1)}
    assert pairs == {("b2", "a1"), ("c1", "b2"), ("c1", "a1")}


def test_coortweet_rows_without_object_count_and_vanish():
    rows = [Share(None, "A", "a1", 0), Share(None, "B", "b1", 0), Share("x", "A", "a2", 0), Share("x", "B", "b2", 1)]
    assert len(detect_groups(rows, 5, 1)) == 1
    assert len(detect_groups(rows, 5, 1, remove_loops=False)) == 2


def test_flag_speed_share_looks_at_posts_not_objects():
    """A post at two times, which is two rows: the slow pair of the same two posts is flagged too."""
    rows = [Share("x", "A", "a", 0), Share("x", "B", "b", 5), Share("y", "A", "a", 0), Share("y", "B", "b", 50)]
    pairs = detect_groups(rows, 60, 1)
    flag_speed_share(rows, pairs, 1, 10)
    assert [(p.object, p.fast) for p in pairs] == [("x", True), ("y", True)]


def test_fast_network_and_its_subgraphs():
    # A-B three fast pairs, B-C one fast and one slow pair, C-D one slow pair, D-E one slow pair.
    rows, clock = [], 0
    for a, b, delta, times in (
        ("A", "B", 1, 3),
        ("B", "C", 1, 1),
        ("B", "C", 30, 1),
        ("C", "D", 30, 1),
        ("D", "E", 30, 1),
    ):
        for _ in range(times):
            clock += 1000
            rows += [Share(f"o{clock}", a, f"{a}{clock}", clock), Share(f"o{clock}", b, f"{b}{clock}", clock + delta)]
    pairs = detect_groups(rows, 60, 1)
    flag_speed_share(rows, pairs, 1, 10)
    net = generate_network(pairs, fast_net=True)
    assert {ends: edge.weight for ends, edge in net.fast.items()} == {("A", "B"): 3, ("B", "C"): 1}
    assert net.above_fast == {("A", "B")}
    assert net.above == {("A", "B"), ("B", "C")}
    assert set(generate_network(pairs, fast_net=True, subgraph=2).edges) == {("A", "B")}
    third = generate_network(pairs, fast_net=True, subgraph=3)
    assert set(third.edges) == {("A", "B"), ("B", "C")}
    assert third.coloured == {"A", "B"}
    assert not generate_network(pairs, subgraph=2).edges
    with pytest.raises(ValueError, match="exclude"):
        generate_network(pairs, fast_net=True, subgraph=1)


def test_toolkit_worked_example():
    acts = [("a0", "A", 0), ("a30", "A", 30), ("b60", "B", 60), ("c61", "C", 61)]
    messages = [Timed(m, a, t, repost_of="x") for m, a, t in acts]
    main = oracle_toolkit.co_retweet(messages, 60)
    assert main == {
        ("A", "A"): 2, ("A", "B"): 2, ("A", "C"): 1, ("B", "A"): 1, ("B", "C"): 1, ("C", "A"): 1, ("C", "B"): 1,
    }  # fmt: skip
    assert oracle_toolkit.co_retweet(messages, 60, pypi=True) == main | {("B", "B"): 1, ("C", "C"): 1}
    assert oracle_toolkit.co_retweet(messages, 60, 2) == {("A", "A"): 2, ("A", "B"): 2}
    rows = [Share("x", m.account, m.message, m.time) for m in messages]
    pairs = sorted((p.account_older, p.account_newer, p.delta) for p in detect_groups(rows, 60, 1))
    assert pairs == [("A", "B", 30), ("A", "B", 60), ("A", "C", 31), ("B", "C", 1)]


@pytest.mark.parametrize(
    ("window", "least", "edges", "weight", "own", "own_weight"),
    [(10, 1, 2_184, 2_193, 16, 92), (60, 1, 12_412, 12_523, 58, 242), (60, 2, 95, 206, None, None)],
)
def test_toolkit_on_the_russian_set(window, least, edges, weight, own, own_weight):
    messages = [Timed(r.post, r.account, r.time, repost_of=r.object) for r in russian()]
    found = oracle_toolkit.co_retweet(messages, window, least)
    others = {ends: w for ends, w in found.items() if ends[0] != ends[1]}
    selves = [w for ends, w in found.items() if ends[0] == ends[1]]
    assert (len(others), sum(others.values())) == (edges, weight)
    assert own is None or (len(selves), sum(selves)) == (own, own_weight)


@pytest.mark.parametrize(
    ("network", "edges", "weight", "heaviest"),
    [
        ("co_retweet", 16, 17, 2),
        ("co_tweet", 8, 8, 1),
        ("co_reply", 10, 10, 1),
        ("co_link", 82, 335, 10),
        ("co_post", 90, 900, 19),
    ],
)
def test_toolkit_on_its_own_example(network, edges, weight, heaviest):
    found = oracle_toolkit.NETWORKS[network](sample_messages(), 60)
    others = [w for ends, w in found.items() if ends[0] != ends[1]]
    assert (len(others), sum(others), max(others)) == (edges, weight, heaviest)


@pytest.mark.parametrize("seed", range(20))
def test_toolkit_weights_are_all_ordered_pairs(seed):
    rng = np.random.default_rng(seed)
    acts = [(r.object, r.account, r.post, r.time) for r in random_shares(rng)]
    messages = [Timed(str(i), a, t, repost_of=o) for i, (o, a, _, t) in enumerate(acts)]
    naive = oracle_toolkit.naive_weights([(o, a, str(i), t) for i, (o, a, _, t) in enumerate(acts)], 5)
    assert oracle_toolkit.co_retweet(messages, 5) == naive


@pytest.mark.parametrize(
    ("text", "normal"),
    [("@Bob  Hello\tWORLD", "hello world"), ("@a @b", ""), ("mail me@x.org now", "mail me now"), ("a @b\nc", "a c")],
)
def test_toolkit_texts(text, normal):
    assert oracle_toolkit.normalised(text) == normal


U = {"u1": (0, 2, 10, 40), "u2": (0, 30, 60, 90), "u3": (0, 500), "u4": (0, 4, 5)}
COORNET = [Share(u, f"p{i}", f"{u}-{i}", t) for u, times in U.items() for i, t in enumerate(times)]


@pytest.mark.parametrize(("q", "seconds"), [(0.1, 10), (0.5, 7)])
def test_coornet_estimate(q, seconds):
    assert oracle_coornet.estimate(COORNET, q=q) == seconds
    shifted = [row._replace(time=row.time + 1000 * int(row.object[1])) for row in COORNET]
    assert oracle_coornet.estimate(shifted, q=q) == seconds


def test_coornet_estimate_at_its_ends():
    assert oracle_coornet.estimate(COORNET, q=0.1, p=1) is None
    same = [Share("u", "a", "1", 5), Share("u", "b", "2", 5)]
    assert oracle_coornet.estimate(same) == 1


def test_coornet_bins():
    split = [Share("u", "A", "1", 0), Share("u", "B", "2", 8), Share("u", "C", "3", 16)]
    assert oracle_coornet.marked(split, 10) == {("A", "u"), ("B", "u")}
    apart = [Share(u, a, f"{u}{a}", t) for u in ("u", "v") for a, t in (("A", 0), ("B", 5), ("C", 1000), ("D", 1003))]
    assert oracle_coornet.project(oracle_coornet.marked(apart, 10))["A", "C"] == 2
    assert oracle_coornet.highly_connected({("a", "b"): 1, ("a", "c"): 1}, 0.9) == {("a", "b"): 1, ("a", "c"): 1}
    twice = [Share("u", "A", "1", 0), Share("u", "A", "2", 1), Share("u", "B", "3", 50)]
    assert oracle_coornet.marked(twice, 10) == {("A", "u")}


@pytest.mark.parametrize("seed", range(5))
def test_pacheco_vectors_are_those_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    rows = [Share(f"o{rng.integers(0, 9)}", f"u{rng.integers(0, 8)}", str(i), 0.0) for i in range(90)]
    counts = oracle_similarity.counted(rows)
    edges, kept = oracle_similarity.pacheco(counts, 5, quantile=0.8)
    users = sorted(a for a, mine in counts.items() if sum(mine.values()) > 5 and len(mine) > 1)
    documents = [list(counts[a].elements()) for a in users]
    whole = {"tokenizer": list, "preprocessor": list, "token_pattern": None, "lowercase": False}
    matrix = TfidfVectorizer(sublinear_tf=True, min_df=3, **whole).fit_transform(documents)
    similar = (matrix @ matrix.T).toarray()
    ends = [(i, j) for i in range(len(users)) for j in range(i + 1, len(users)) if similar[i, j]]
    theirs = {(users[i], users[j]): similar[i, j] for i, j in ends}
    assert edges == pytest.approx(theirs)
    assert set(kept) == {ends for ends, x in theirs.items() if x >= np.quantile(list(theirs.values()), 0.8)}


def test_pacheco_pair_listed_from_the_far_side_alone_vanishes():
    """One neighbour beside oneself: a lists b, c lists a. The pair of a and c is in the later one's list alone."""
    edges = {("a", "b"): 0.9, ("a", "c"): 0.5}
    assert oracle_similarity._nearest(edges, "abc", 2) == {("a", "b"): 0.9}
    edges = {("a", "c"): 0.5, ("b", "c"): 0.9}
    assert oracle_similarity._nearest(edges, "abc", 2) == edges


def test_centralities_are_those_of_networkx():
    edges = dict.fromkeys([("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")], 1.0)
    theirs = nx.eigenvector_centrality(nx.Graph(list(edges)), max_iter=5000, tol=1e-12)
    assert oracle_similarity.centralities(edges) == pytest.approx(theirs, abs=1e-9)


def test_disparity_of_a_star_and_of_a_heavy_edge():
    star = {("a", "b"): 1.0, ("a", "c"): 1.0, ("a", "d"): 8.0}
    assert oracle_similarity.alphas(star) == pytest.approx({("a", "b"): 0.81, ("a", "c"): 0.81, ("a", "d"): 0.04})
    assert set(oracle_similarity.backbone(star, 0.05)) == {("a", "d")}


def test_coordination_is_the_last_quantile_survived():
    edges = {("a", "b"): 1.0, ("b", "c"): 2.0, ("c", "d"): 3.0}
    assert oracle_similarity.coordination(edges, 4) == {"a": 0.0, "b": 0.5, "c": 1.0, "d": 1.0}


def test_hashtags_of_a_day_are_one_sequence():
    tags = [("x",), ("y",), ("z",), ("v", "w"), ("x",)]
    posts = [(a, 10 * i + s, t) for a, s in (("A", 0), ("B", 3)) for i, t in enumerate(tags)]
    posts += [("C", 10 * i, t) for i, t in enumerate(reversed(tags))]
    assert oracle_similarity.day_sequences(posts) == {("A", "B")}
    assert not oracle_similarity.day_sequences(posts, min_tags=6)
