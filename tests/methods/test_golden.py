"""The engine against golden values on public data sets, to the last pair; README.md says how they were made."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from cib.networks.keep import keep
from cib.settings import LayerSettings
from cib.traces import build
from tests.methods.data import GERMAN, RUSSIAN, random_shares
from tests.methods.engine import edges_of, linked, method, read_file, write_messages, write_shares
from tests.methods.make_golden import FOLDER, messages_of
from tests.methods.oracle_coortweet import detect_groups, generate_network

TRACE = {"russian": "object", "url_id": "url", "hashtag_id": "hashtag", "domain_id": "object", "phash_id": "media"}
EVERY = ("original", "repost", "reply", "quote")


def golden(name):
    return list(pl.read_csv(FOLDER / f"golden_{name}.csv").iter_rows(named=True))


@pytest.fixture(scope="module")
def posts():
    russian, german = read_file(RUSSIAN), read_file(GERMAN)
    return dict.fromkeys(TRACE, german) | {"russian": russian}


def coortweet(data, window, m, **more):
    settings = {"repeats": "keep" if data == "russian" else "once", "loops": "drop_ids", "weight": "pairs"} | more
    return LayerSettings(
        trace=TRACE[data], kinds=EVERY, window=timedelta(seconds=window), min_acts=m, participation="either",
        min_objects=1, **settings,
    )  # fmt: skip


def seconds(edges, pairs="pairs", mean="delta_mean_s"):
    return round((edges[pairs] * edges[mean].fill_null(0)).sum())


@pytest.mark.parametrize("row", golden("coortweet"), ids=lambda row: "-".join(map(str, list(row.values())[:4])))
def test_coortweet(posts, row):
    loops = "drop_ids" if row["remove_loops"] else "keep"
    layer = coortweet(row["data"], row["time_window"], row["min_participation"], loops=loops)
    edges = edges_of(posts[row["data"]], layer)
    first, second = edges["posts_first"], edges["posts_second"]
    least, most = pl.min_horizontal("posts_first", "posts_second"), pl.max_horizontal("posts_first", "posts_second")
    assert {
        "pairs": edges["pairs"].sum(),
        "accounts": pl.concat([edges["source"], edges["target"]]).n_unique(),
        "edges": len(edges),
        "max_weight": edges["weight"].max() or 0,
        "sum_time_delta": seconds(edges),
        "sum_n_content_id": first.sum(),
        "sum_n_content_id_y": second.sum(),
    }.items() <= row.items()
    assert edges.select((least / most).sum()).item() == pytest.approx(row["sum_symmetry"], abs=1e-5)


@pytest.mark.parametrize("row", golden("coortweet_fast"), ids=lambda row: "-".join(map(str, list(row.values())[:4])))
def test_coortweet_fast(posts, row):
    fast = timedelta(seconds=row["fast_window"])
    layer = coortweet(row["data"], row["time_window"], row["min_participation"], fast_window=fast)
    edges = edges_of(posts[row["data"]], layer)
    quick = edges.filter(pl.col("pairs_fast") > 0)
    assert {
        "pairs": edges["pairs"].sum(),
        "pairs_fast": quick["pairs_fast"].sum(),
        "edges_fast": len(quick),
        "sum_n_content_id_fast": quick["posts_first_fast"].sum(),
        "sum_n_content_id_y_fast": quick["posts_second_fast"].sum(),
        "sum_time_delta_fast": seconds(quick, "pairs_fast", "delta_mean_fast_s"),
    }.items() <= row.items()
    above = quick.filter(pl.col("pairs_fast") > np.quantile(quick["pairs_fast"].to_numpy(), row["edge_weight"]))
    assert len(above) == row["subgraph_2_edges"]


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    """The same sets in the toolkit's own format, 40 rows with a message id seen before among them."""
    folder = tmp_path_factory.mktemp("messages")
    return {
        data: read_file(write_messages(folder / f"{data}.csv", _whole(messages_of(data))))
        for data in ("russian", "url_id", "phash_id")
    }


def _whole(messages):
    """Put the links of one message into one row."""
    if messages[0].repost_of:
        return messages
    links = {}
    for m in messages:
        links.setdefault(m.message, m._replace(urls=[])).urls.extend(m.urls)
    return list(links.values())


@pytest.mark.parametrize("row", golden("toolkit"), ids=lambda row: "-".join(map(str, list(row.values())[:4])))
def test_toolkit(messages, row):
    name = f"toolkit_{row['network']}"
    (layer,) = method(name, {"input.files": ["-"]}).active_layers.values()
    layer = layer.model_copy(update={"window": timedelta(seconds=row["time_window"])})
    found = linked(messages[row["data"]], layer)
    ways = pl.concat([found.edges["messages_a"], found.edges["messages_b"].alias("messages_a")])
    ways = ways.filter(ways >= row["min_edge_weight"])
    own = found.repetition["messages"].filter(found.repetition["messages"] >= row["min_edge_weight"])
    assert (len(ways), ways.sum(), ways.max() or 0) == (row["edges"], row["sum_weight"], row["max_weight"])
    assert (len(own), own.sum()) == (row["self_rows"], row["sum_self"])


@pytest.mark.parametrize("row", golden("coornet"), ids=lambda row: "-".join(map(str, list(row.values())[:3])))
def test_coornet(posts, row):
    (layer,) = method("coornet", {"input.files": ["-"]}).active_layers.values()
    layer = layer.model_copy(update={"trace": TRACE[row["data"]], "estimate_q": row["q"], "estimate_p": row["p"]})
    traced = build(pl.scan_parquet(posts[row["data"]] / "posts.parquet"), layer, name="links")
    assert traced.interval_s == row["interval"]
    edges = edges_of(posts[row["data"]], layer)
    kept = keep(edges, layer.keep)
    accounts = pl.concat([kept["source"], kept["target"]]).n_unique()
    assert (len(edges), edges["weight"].sum()) == (row["full_edges"], row["sum_weight"])
    assert (len(kept), accounts) == (row["edges"], row["accounts"])


@pytest.mark.parametrize("seed", range(30))
def test_coortweet_edge_for_edge(tmp_path, seed):
    """Ties, repeated rows, posts on several objects, posts that are objects: rare in real data."""
    rng = np.random.default_rng(seed)
    rows = random_shares(rng)
    window, m, removed = int(rng.integers(0, 9)), int(rng.integers(1, 6)), bool(seed % 3)
    layer = coortweet("russian", window, m, loops="drop_ids" if removed else "keep")
    edges = edges_of(read_file(write_shares(tmp_path / "shares.csv", rows)), layer)
    net = generate_network(detect_groups(rows, window, m, remove_loops=removed))
    expected = {
        ends: (e.weight, pytest.approx(e.avg_time_delta), e.n_content_id, e.n_content_id_y)
        for ends, e in net.edges.items()
        if ends[0] != ends[1]
    }
    columns = ("pairs", "delta_mean_s", "posts_first", "posts_second")
    assert {(a, b): row for a, b, *row in edges.select("source", "target", *columns).iter_rows()} == {
        ends: list(values) for ends, values in expected.items()
    }
