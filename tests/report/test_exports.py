"""What other programs read back is what the run holds."""

import io

import igraph
import networkx as nx
import polars as pl
import pytest

from cib.report.gexf import write_gexf, write_graphml
from cib.tables import EVIDENCE, RUN_TABLES
from tests.report.conftest import parse_xml

GEXF = "{http://gexf.net/1.3}"
VIZ = "{http://gexf.net/1.3/viz}"


def dropped(text: str) -> str:
    """Return the text without the control characters that XML cannot carry."""
    return "".join(c for c in text if c >= " " and not "\x7f" <= c <= "\x9f")


def ends(graph: pl.DataFrame) -> set[frozenset[str]]:
    return {frozenset(map(dropped, pair)) for pair in graph.select("source", "target").iter_rows()}


@pytest.fixture(scope="module")
def graph(written) -> pl.DataFrame:
    return written.run.table("graph")


def test_networkx_reads_the_gexf(written, graph):
    # networkx knows neither GEXF 1.3 by its name nor its dates; what else it reads is the same in 1.2.
    text = written.read("exports/graph.gexf").replace(' timeformat="dateTime"', ' timeformat="string"')
    text = text.replace("http://gexf.net/1.3", "http://www.gexf.net/1.2draft").replace('version="1.3"', 'version="1.2"')
    read = nx.read_gexf(io.BytesIO(text.encode()))
    assert {frozenset(edge) for edge in read.edges} == ends(graph)
    nodes = {dropped(row["account_id"]): row for row in written.run.nodes.iter_rows(named=True)}
    assert set(read.nodes) == set(nodes)
    for name, data in read.nodes(data=True):
        assert data["label"] == dropped(nodes[name]["label"])
        assert data.get("network") == nodes[name]["network"]
        assert data["viz"]["position"] == pytest.approx({"x": nodes[name]["x"], "y": nodes[name]["y"], "z": 0.0})
    weights = {
        frozenset(map(dropped, row[:2])): row[2] for row in graph.select("source", "target", "weight").iter_rows()
    }
    assert all(data["weight"] == weights[frozenset((a, b))] for a, b, data in read.edges(data=True))


def test_igraph_and_networkx_read_the_graphml(written, graph):
    path = str(written.out / "exports" / "graph.graphml")
    with_igraph = igraph.Graph.Read_GraphML(path)
    with_networkx = nx.read_graphml(path)
    names = with_igraph.vs["name"]
    assert {frozenset((names[e.source], names[e.target])) for e in with_igraph.es} == ends(graph)
    assert {frozenset(edge) for edge in with_networkx.edges} == ends(graph)
    assert all(data["name"] == name for name, data in with_networkx.nodes(data=True))
    by_ends = {frozenset(map(dropped, (row["source"], row["target"]))): row for row in graph.iter_rows(named=True)}
    for a, b, data in with_networkx.edges(data=True):
        row = by_ends[frozenset((a, b))]
        assert (data["weight"], data["objects"], data["layers"]) == (
            row["weight"],
            row["objects"],
            "|".join(row["layers"]),
        )
        assert data["first_at"] == row["first_at"].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert sorted(with_igraph.es["weight"]) == sorted(graph["weight"])


def test_the_gexf_is_what_1_3_asks_for(written):
    root = parse_xml(written.read("exports/graph.gexf"))
    assert root.tag == f"{GEXF}gexf"
    assert root.get("version") == "1.3"
    assert root.find(f"{GEXF}graph").get("timeformat") == "dateTime"
    node = root.find(f".//{GEXF}node")
    assert [child.tag for child in node] == [f"{GEXF}attvalues", f"{VIZ}color", f"{VIZ}position", f"{VIZ}size"]
    assert node.get("start") <= node.get("end")
    declared = {a.get("id") for a in root.find(f".//{GEXF}attributes[@class='node']")}
    assert {value.get("for") for value in root.iterfind(f".//{GEXF}node//{GEXF}attvalue")} <= declared


def test_a_graph_without_attributes_or_times(tmp_path):
    nodes = pl.DataFrame({"id": ["a", "b"], "label": ["A", "B"], "x": [0.0, 1], "y": [0.0, 1], "size": [1.0, 1]})
    nodes = nodes.with_columns(
        *(pl.lit(9).alias(c) for c in "rgb"), *(pl.lit(None, pl.Datetime).alias(c) for c in ("first_at", "last_at"))
    )
    edges = pl.DataFrame({"source": ["a"], "target": ["b"], "weight": [0.5]}).with_columns(
        *(pl.lit(None, pl.Datetime).alias(c) for c in ("first_at", "last_at"))
    )
    write_gexf(nodes, edges, tmp_path / "g.gexf")
    root = parse_xml((tmp_path / "g.gexf").read_text("utf-8"))
    assert [edge.attrib for edge in root.iter(f"{GEXF}edge")] == [
        {"id": "0", "source": "a", "target": "b", "weight": "0.5"}
    ]
    write_graphml(nodes.select("id"), edges.select("source", "target"), tmp_path / "g.graphml")
    assert list(nx.read_graphml(tmp_path / "g.graphml").edges) == [("a", "b")]


def test_the_sheets_for_gephi(written, graph):
    nodes = pl.read_csv(written.out / "exports" / "nodes.csv")
    edges = pl.read_csv(written.out / "exports" / "edges.csv")
    assert nodes.columns[:2] == ["Id", "Label"]
    assert edges.columns[:5] == ["Source", "Target", "Type", "Weight", "Layers"]
    assert set(edges["Type"]) == {"Undirected"}
    assert set(edges["Source"]) | set(edges["Target"]) == set(nodes["Id"])
    assert edges["Weight"].to_list() == graph["weight"].to_list()


def test_no_sheet_holds_a_formula(written):
    for path in sorted((written.out / "exports").rglob("*.csv")):
        sheet = pl.read_csv(path, infer_schema=False)
        for name in sheet.columns:
            cells = sheet[name].drop_nulls()
            numbers = cells.filter(cells.str.contains(r"^-?[0-9.]+(e-?[0-9]+)?$"))
            assert not cells.filter(
                cells.str.contains(r"^[\s\p{Z}]*[=+\-@＝]") & ~cells.is_in(numbers.to_list())
            ).to_list(), (path, name)


def test_the_sheets_hold_the_tables(written):
    for name in RUN_TABLES:
        frame = written.run.table(name)
        sheet = pl.read_csv(written.out / "exports" / "tables" / f"{name}.csv", infer_schema=False)
        assert sheet.columns == frame.columns
        assert len(sheet) == len(frame)
    followers = pl.read_csv(written.out / "exports" / "tables" / "accounts.csv")["followers"]
    assert followers.to_list() == written.run.table("accounts")["followers"].to_list()


def test_accounts_stand_in_one_row_with_all_their_indicators(written):
    wide = pl.read_csv(written.out / "exports" / "accounts.csv")
    indicators = written.run.table("indicators")
    assert wide["account_id"].is_unique().all()
    assert len(wide) == indicators["account_id"].n_unique()
    for name in indicators["name"].unique():
        assert {f"value_{name}", f"percentile_{name}"} <= set(wide.columns)
    known = indicators.filter(name="night_share").drop_nulls("value")["value"].sum()
    assert wide["value_night_share"].sum() == pytest.approx(known)


def test_the_dictionary_explains_every_column(written):
    text = written.read("exports/dictionary.md")
    for table in [*RUN_TABLES.values(), EVIDENCE]:
        for name, column in table.columns.items():
            assert f"| `{name}` |" in text
            assert column.doc in text


def test_nothing_to_export(written_empty):
    assert pl.read_csv(written_empty.out / "exports" / "nodes.csv").is_empty()
    assert nx.read_graphml(written_empty.out / "exports" / "graph.graphml").number_of_nodes() == 0
    assert parse_xml(written_empty.read("exports/graph.gexf")).tag == f"{GEXF}gexf"
