"""The established tools, from a file to a run folder, against their oracles: edge for edge."""

import re

import numpy as np
import pytest

from cib.methods import methods
from tests.methods import oracle_coornet, oracle_toolkit
from tests.methods.data import GERMAN, german, random_messages, random_shares
from tests.methods.engine import Found, method, run_method, write_messages, write_shares
from tests.methods.oracle import Share, Timed, quantile7
from tests.methods.oracle_coortweet import detect_groups, flag_speed_share, generate_network


@pytest.fixture(scope="module")
def messages():
    return random_messages(np.random.default_rng(7), 160)


def directions(found: Found) -> dict[tuple[str, str], int]:
    """Both directions of every edge: messages of the first account with a match by the second."""
    rows = found.edges.select("source", "target", "messages_source", "messages_target").iter_rows()
    return {ends: weight for a, b, one, two in rows for ends, weight in (((a, b), one), ((b, a), two))}


@pytest.mark.parametrize("name", sorted(methods()))
def test_a_method_says_what_it_is_and_asks_for_no_significance(name):
    settings = method(name, {"input.files": ["x.csv"]})
    about = settings.method
    assert all([about.title, about.reference, about.doi, about.needs, about.note])
    assert (settings.graph.q, settings.graph.min_weight, settings.graph.min_acts) == (1.0, 0.0, 1)
    assert settings.control.runs > 0
    assert all(layer.reliability == 1 and not layer.supporting for layer in settings.active_layers.values())
    assert "evidence" not in {layer.weight for layer in settings.active_layers.values()}


@pytest.mark.parametrize("name", sorted(methods()))
def test_a_method_names_no_files_and_no_workplace(name):
    text = methods()[name].read_text(encoding="utf-8")
    assert "[input]" not in text
    assert f"cib run {name} --input" in text
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("network", sorted(oracle_toolkit.NETWORKS))
def test_toolkit(tmp_path, messages, network):
    found = run_method(f"toolkit_{network}", write_messages(tmp_path / "posts.csv", messages), tmp_path / "out")
    expected = oracle_toolkit.NETWORKS[network](messages, 60)
    assert directions(found) == {ends: w for ends, w in expected.items() if ends[0] != ends[1]}
    own = dict(found.repetition.select("account_id", "messages").iter_rows())
    assert own == {ends[0]: w for ends, w in expected.items() if ends[0] == ends[1]}
    assert found.graph_weights() == found.weights() == {
        (a, b): max(w, expected[b, a]) for (a, b), w in expected.items() if a < b
    }  # fmt: skip


SIMILAR = ("vote", "now", "@you", "it's", "the", "DAY", "good", ",", "!", "5.5", "don't", "#tag")


def plain_tokens(text):
    """The toolkit's tokens of texts made of these words: it gives the same for them."""
    return frozenset(re.findall(r"\d+\.\d+|[\w']+|[^\w\s]", oracle_toolkit.normalised(text)))


@pytest.mark.parametrize("similarity", [0.9, 0.6])
def test_toolkit_co_similar(tmp_path, similarity):
    rng = np.random.default_rng(9)
    texts = [" ".join(rng.choice(SIMILAR, size=int(rng.integers(1, 6)))) for _ in range(150)]
    texts += ["@you", "@you @me", "", "@you"] * 3
    messages = [
        Timed(f"m{i}", f"u{rng.integers(0, 7)}", float(rng.integers(0, 400)), text, "x" if i % 11 == 0 else None)
        for i, text in enumerate(texts)
    ]
    file = write_messages(tmp_path / "posts.csv", messages)
    found = run_method("toolkit_co_similar", file, tmp_path / "out", layers__text__min_similarity=similarity)
    expected = oracle_toolkit.co_similar(messages, 60, similarity=similarity, tokens=plain_tokens)
    assert directions(found) == {ends: w for ends, w in expected.items() if ends[0] != ends[1]}
    same = oracle_toolkit.co_tweet([m for m in messages if oracle_toolkit.normalised(m.text)], 60)
    own = dict(found.repetition.select("account_id", "messages").iter_rows())
    assert own == {ends[0]: w for ends, w in same.items() if ends[0] == ends[1]}, "own repeats are of equal texts alone"


def test_toolkit_keeps_each_direction_by_itself(tmp_path):
    """x reposted by A@0, A@30, B@60, C@61: with min_edge_weight = 2 the toolkit keeps A to B alone."""
    acts = [("a0", "A", 0.0), ("a30", "A", 30.0), ("b60", "B", 60.0), ("c61", "C", 61.0)]
    file = write_messages(tmp_path / "posts.csv", [Timed(m, a, t, repost_of="x") for m, a, t in acts])
    rule = [{"rule": "min_weight", "value": 2, "by": "messages"}]
    found = run_method("toolkit_co_retweet", file, tmp_path / "out", layers__repost__keep=rule)
    assert {ends: w for ends, w in directions(found).items() if w >= 2} == {("A", "B"): 2}
    assert found.weights(kept=True) == {("A", "B"): 2}
    assert found.graph_weights() == {("A", "B"): 2}


@pytest.mark.parametrize("seed", range(3))
def test_coortweet(tmp_path, seed):
    rows = random_shares(np.random.default_rng(seed), 120)
    found = run_method("coortweet", write_shares(tmp_path / "shares.csv", rows), tmp_path / "out")
    net = generate_network(detect_groups(rows))
    assert found.weights("pairs") == {ends: edge.weight for ends, edge in net.edges.items()}
    assert found.weights("delta_mean_s") == pytest.approx({e: edge.avg_time_delta for e, edge in net.edges.items()})
    assert found.weights("posts_first") == {ends: edge.n_content_id for ends, edge in net.edges.items()}
    assert found.weights("posts_second") == {ends: edge.n_content_id_y for ends, edge in net.edges.items()}
    assert set(found.weights(kept=True)) == net.above
    assert found.graph_weights() == {ends: net.edges[ends].weight for ends in net.above}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("subgraph", [2, 3])
def test_coortweet_fast(tmp_path, seed, subgraph):
    rows = random_shares(np.random.default_rng(seed), 120)
    rows = [row._replace(time=row.time * 4) for row in rows]
    rules = [{"rule": "quantile", "value": 0.5, "strict": True, "by": "pairs_fast"}, {"rule": "neighbours"}]
    found = run_method(
        "coortweet_fast", write_shares(tmp_path / "shares.csv", rows), tmp_path / "out",
        layers__object__keep=rules[: subgraph - 1],
    )  # fmt: skip
    pairs = detect_groups(rows, 60, 2)
    flag_speed_share(rows, pairs, 2, 10)
    net = generate_network(pairs, fast_net=True)
    fast = {ends: weight for ends, weight in found.weights("pairs_fast").items() if weight}
    assert fast == {ends: edge.weight for ends, edge in net.fast.items()}
    assert {ends: found.weights("posts_first_fast")[ends] for ends in fast} == {
        ends: edge.n_content_id for ends, edge in net.fast.items()
    }
    cut = generate_network(pairs, fast_net=True, subgraph=subgraph)
    assert found.graph_weights() == {ends: edge.weight for ends, edge in cut.edges.items()}


def test_coortweet_multimodal(tmp_path):
    """Pairs of several kinds of object, put together: weights add up, and the quantile is of the sums."""
    rng = np.random.default_rng(3)
    messages = [m._replace(repost_of=None) for m in random_messages(rng, 120)]
    tags = [" ".join(f"#t{k}" for k in rng.choice(3, size=int(rng.integers(0, 3)), replace=False)) for _ in messages]
    found = run_method(
        "coortweet_multimodal", write_messages(tmp_path / "posts.csv", messages, hashtags=tags), tmp_path / "out"
    )
    rows = [[Share(u, m.account, m.message, m.time) for m in messages for u in m.urls]]
    rows += [
        [Share(t, m.account, m.message, m.time) for m, cell in zip(messages, tags, strict=True) for t in cell.split()]
    ]
    net = generate_network([pair for one in rows for pair in detect_groups(one, 30, 2)])
    assert found.graph_weights() == {ends: net.edges[ends].weight for ends in net.above}


def test_coortweet_multimodal_on_its_own_data(tmp_path):
    """The example of CooRTweet's paper: four kinds of object, Facebook and Twitter, 30 s."""
    found = run_method("coortweet_multimodal", GERMAN, tmp_path / "out")
    columns = ("url_id", "domain_id", "hashtag_id", "phash_id")
    pairs = [pair for column in columns for pair in detect_groups(german(column), 30, 2)]
    net = generate_network(pairs)
    assert (len(pairs), len(net.edges), len(net.above)) == (17_460, 2_251, 1_078)
    assert found.edges["pairs"].sum() == len(pairs)
    assert found.graph_weights() == {ends: net.edges[ends].weight for ends in net.above}


def shared_links(rng, *, accounts=9, links=12, n=150):
    """Links that are shared in bursts, some within seconds, some over hours."""
    starts, speed = rng.integers(0, 86_400, links), rng.choice([1, 20, 600], links)
    rows = []
    for i in range(n):
        link = int(rng.integers(0, links))
        time = float(starts[link] + int(rng.exponential(5) * speed[link]))
        rows.append(Share(f"http://x.org/{link}", f"u{rng.integers(0, accounts)}", f"p{i}", time))
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_coornet(tmp_path, seed):
    rows = shared_links(np.random.default_rng(seed))
    messages = [Timed(row.post, row.account, row.time, urls=[row.object]) for row in rows]
    found = run_method("coornet", write_messages(tmp_path / "posts.csv", messages), tmp_path / "out")
    interval = oracle_coornet.estimate(rows)
    full = oracle_coornet.project(oracle_coornet.marked(rows, interval))
    assert found.weights() == full
    kept = oracle_coornet.highly_connected(full)
    assert found.weights(kept=True) == found.graph_weights() == kept


def test_fraction_of_a_second_counts(tmp_path):
    """Times between whole seconds: both ends of the window count, to the microsecond."""
    messages = [Timed(f"m{i}", f"u{i}", t, repost_of="x") for i, t in enumerate((0.0, 60.0, 60.25, 120.25))]
    found = run_method("toolkit_co_retweet", write_messages(tmp_path / "posts.csv", messages), tmp_path / "out")
    assert set(found.weights()) == {("u0", "u1"), ("u1", "u2"), ("u2", "u3")}


def test_a_quantile_of_equal_weights_keeps_no_edge_strictly_and_all_otherwise(tmp_path):
    rows = [
        Share(f"o{i}", a, f"{a}{i}", 100.0 * i) for i, ends in enumerate(("AB", "BC", "CD", "AB")[:3]) for a in ends
    ]
    file = write_shares(tmp_path / "shares.csv", rows)
    assert quantile7([1, 1, 1], 0.5) == 1
    strict = run_method("coortweet", file, tmp_path / "out", layers__object__min_acts=1)
    assert (len(strict.edges), len(strict.graph)) == (3, 0)
    loose = [{"rule": "quantile", "value": 0.5}]
    kept = run_method("coortweet", file, tmp_path / "out", layers__object__min_acts=1, layers__object__keep=loose)
    assert len(kept.graph) == 3
