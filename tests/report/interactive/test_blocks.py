"""The page holds of the graph what it says: the right accounts, links, layers, and the posts closest in time."""

import numpy as np
import polars as pl
import pytest

from cib.report.interactive.bundle import script
from cib.report.interactive.chosen import choose
from cib.report.interactive.columns import packed, texts
from cib.report.interactive.evidence import evidence_block
from cib.report.interactive.graph import graph_block
from cib.report.safe import cut, defang, shown_text, visible
from cib.settings import ReportSettings
from tests.report import made
from tests.report.interactive.unpack import unpacked

SETTINGS = ReportSettings()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return made.run(tmp_path_factory.mktemp("blocks"))


@pytest.fixture(scope="module")
def graph(run):
    return unpacked(graph_block(run, choose(run, SETTINGS), SETTINGS))


@pytest.fixture(scope="module")
def evidence(run):
    return unpacked(evidence_block(run, choose(run, SETTINGS), SETTINGS))


def test_columns_come_back_as_they_were():
    columns = {
        "a": np.arange(5, dtype=np.uint8),
        "b": np.array([1.5, -2, np.nan, np.inf], dtype=np.float32),
        "c": ["x", "é\u2028", "</script>"],
        "d": np.array([-1, 2**31 - 1], dtype=np.int32),
        "e": np.array([], dtype=np.uint32),
    }
    back = unpacked(packed(columns))
    assert back.keys() == columns.keys()
    assert back["c"] == columns["c"]
    for name in "abde":
        np.testing.assert_array_equal(back[name], columns[name])
    assert packed(columns) == packed(columns)
    assert packed(columns).replace("=", "").replace("+", "").replace("/", "").isalnum()


def test_texts_are_shown_as_one_by_one():
    samples = [*made.HOSTILE, "HTTPS://a.example ftp://b", "\u200e\ufeff\U000e0001\x85", "x" * 120, None]
    one_by_one = [defang(visible(cut(text or "", 100))) for text in samples]
    assert texts(pl.Series(samples), length=100) == one_by_one
    assert shown_text(pl.DataFrame({"t": samples}), "t", length=100)["t"].to_list() == one_by_one


def test_accounts_and_links_are_those_of_the_run(run, graph):
    table = run.table("graph")
    known = dict(zip(texts(run.nodes["account_id"], length=101), run.nodes["account_id"], strict=True))
    ids = [known[shown] for shown in graph["id"]]
    assert sorted(ids) == run.nodes["account_id"].to_list()
    homes = dict(run.homes.iter_rows())
    assert graph["network"].tolist() == [homes.get(account, 0) for account in ids]
    layers = graph["about"]["layers"]
    seen = {
        (*sorted((ids[a], ids[b])), round(float(weight), 3)): {
            layer for n, layer in enumerate(layers) if mask & (1 << n)
        }
        for a, b, weight, mask in zip(graph["a"], graph["b"], graph["weight"], graph["layers"], strict=True)
    }
    told = {
        (row["source"], row["target"], round(row["weight"], 3)): set(row["layers"])
        for row in table.iter_rows(named=True)
    }
    assert seen == told
    assert np.all(np.diff(graph["weight"]) <= 0)


def test_days_and_chances_of_links(run, graph):
    strongest = (
        run.table("graph").sort("weight", "source", "target", descending=[True, False, False]).row(0, named=True)
    )
    assert graph["since"][0] == strongest["first_at"].timestamp() // 86400
    assert graph["until"][0] == strongest["last_at"].timestamp() // 86400
    assert graph["q"][0] == pytest.approx(np.log10(strongest["q"]), rel=1e-6)


def test_percentiles_say_where_data_are_insufficient(run, graph):
    known = {name: shown for shown, name in zip(graph["id"], _raw_ids(run, graph), strict=True)}
    assert len(known) == len(graph["id"])
    for name in graph["about"]["indicators"]:
        told = dict(run.table("indicators").filter(name=name).select("account_id", "percentile").iter_rows())
        for account, percent in zip(_raw_ids(run, graph), graph[f"percentile:{name}"], strict=True):
            expected = 255 if told[account] is None else round(told[account] * 100)
            assert abs(int(percent) - expected) <= (told[account] is not None)


def _raw_ids(run, graph):
    known = dict(zip(texts(run.nodes["account_id"], length=101), run.nodes["account_id"], strict=True))
    return [known[shown] for shown in graph["id"]]


def test_networks_and_links_between_them(run, graph):
    about = graph["about"]
    homes = dict(run.homes.iter_rows())
    between: dict[tuple[int, int], int] = {}
    for source, target in run.table("graph").select("source", "target").iter_rows():
        ends = sorted((homes.get(source, 0), homes.get(target, 0)))
        if ends[0] and ends[0] != ends[1]:
            between[ends[0], ends[1]] = between.get((ends[0], ends[1]), 0) + 1
    number = about["networks"]["number"]
    told = {
        (number[a], number[b]): links
        for a, b, links in zip(*(about["between"][name] for name in ("a", "b", "links")), strict=True)
    }
    assert told == between
    assert about["networks"]["accounts"] == run.table("networks").sort("network")["accounts"].to_list()


def test_too_many_links_leave_each_network_its_strongest(run):
    settings = ReportSettings(page_edges=40, page_accounts=15)
    few = choose(run, settings)
    assert len(few.edges) == 40
    assert len(few.nodes) == 15
    assert few.all_edges == len(run.table("graph"))
    assert few.nodes["network"].is_sorted()
    every = choose(run, SETTINGS).edges
    for network in (1, 2):
        mine, all_of_it = (_inside(run, edges, network) for edges in (few.edges, every))
        assert len(mine) >= 3
        here = all_of_it.filter(
            pl.col("source").is_in(few.nodes["account_id"].implode())
            & pl.col("target").is_in(few.nodes["account_id"].implode())
        )
        assert mine["weight"].to_list() == here["weight"].head(len(mine)).to_list()


def _inside(run, edges, network):
    members = run.homes.filter(network=network)["account_id"].implode()
    return edges.filter(pl.col("source").is_in(members) & pl.col("target").is_in(members))


def test_the_posts_are_those_closest_in_time(run, graph, evidence):
    ids = _raw_ids(run, graph)
    layers = graph["about"]["layers"]
    texts_of = dict(run.scan_posts().select("post_id", "text").collect().iter_rows())
    found = {
        (e, layer): n for n, (e, layer) in enumerate(zip(evidence["pairEdge"], evidence["pairLayer"], strict=True))
    }
    checked = 0
    for layer, frame in run.evidence().items():
        for (source, target), pairs in frame.collect().group_by("source", "target"):
            e = next(
                n
                for n, (a, b) in enumerate(zip(graph["a"], graph["b"], strict=True))
                if {ids[a], ids[b]} == {source, target}
            )
            n = found[e, layers.index(layer)]
            posts = [evidence["pairOne"][n], evidence["pairOther"][n]]
            assert [ids[evidence["postAccount"][post]] for post in posts] == [source, target]
            apart = abs(int(evidence["postAt"][posts[1]]) - int(evidence["postAt"][posts[0]]))
            assert apart == pairs["delta_s"].abs().min()
            for post in posts:
                shown = evidence["texts"][evidence["postText"][post]]
                assert shown[:50] == defang(visible(texts_of[evidence["postId"][post]]))[:50]
                assert len(shown) < 3000
            checked += 1
    assert checked == len(found) > 50


def test_layers_behind_a_link_are_those_of_the_edges(run, graph, evidence):
    ids = _raw_ids(run, graph)
    layers = graph["about"]["layers"]
    edges = {(row["layer"], row["source"], row["target"]): row for row in run.table("edges").iter_rows(named=True)}
    for n, e in enumerate(evidence["statEdge"]):
        row = edges[layers[evidence["statLayer"][n]], *sorted((ids[graph["a"][e]], ids[graph["b"][e]]))]
        assert evidence["statObjects"][n] == row["objects"]
        assert evidence["statExpected"][n] == pytest.approx(row["expected"], rel=3e-4)
        assert evidence["statP"][n] == pytest.approx(np.log10(row["p"]), rel=3e-4)
    assert len(evidence["statEdge"]) == sum(len(layers) for layers in run.table("graph")["layers"])


def test_posts_are_held_within_their_bound(run):
    settings = ReportSettings(page_posts=10)
    few = unpacked(evidence_block(run, choose(run, settings), settings))
    assert 2 <= len(few["postText"]) <= 10
    assert few["pairEdge"].max() < 10


def test_the_script_is_one_and_refuses_what_it_cannot_put_together(tmp_path, monkeypatch):
    one = script()
    assert one.count('modules["main.js"] = ') == 1
    assert one.index('modules["text.js"] =') < one.index('modules["tables.js"] =') < one.index('modules["main.js"] =')
    assert "\nimport " not in one
    assert "\nexport " not in one
    assert "</script" not in one
    monkeypatch.setattr("cib.report.interactive.bundle._FOLDER", tmp_path)
    (tmp_path / "odd.js").write_text("export default 3;\n")
    with pytest.raises(ValueError, match=r"odd\.js has a line"):
        script("odd.js")
    (tmp_path / "one.js").write_text('import { two } from "./two.js";\nexport const one = 1;\n')
    (tmp_path / "two.js").write_text('import { one } from "./one.js";\nexport const two = 2;\n')
    with pytest.raises(ValueError, match="import each other"):
        script("one.js")
