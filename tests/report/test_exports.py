"""What other programs read back is what the run holds."""

import io
import json
import uuid
from datetime import datetime, timedelta
from itertools import pairwise

import igraph
import networkx as nx
import polars as pl
import pyarrow.parquet as pq
import pytest
import stix2

from cib.report.exports import write_exports
from cib.report.exports.activity import spells
from cib.report.exports.cytoscape import write_cytoscape
from cib.report.exports.sheets import told
from cib.report.exports.xml import write_gexf, write_graphml
from cib.report.run import RunFiles
from cib.report.safe import for_sheet
from cib.tables import EVIDENCE, NETWORKS, RUN_TABLES, TIME
from tests.report.conftest import parse_xml
from tests.report.made import HOSTILE

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


def as_networkx_knows(text: str) -> io.BytesIO:
    """Return a GEXF file as networkx reads it: it knows neither 1.3 nor its dates; what else it reads is as in 1.2."""
    text = text.replace(' timeformat="dateTime"', ' timeformat="string"').replace('version="1.3"', 'version="1.2"')
    return io.BytesIO(text.replace("http://gexf.net/1.3", "http://www.gexf.net/1.2draft").encode())


def test_networkx_reads_the_gexf(written, graph):
    read = nx.read_gexf(as_networkx_knows(written.read("exports/graph.gexf")))
    assert {frozenset(edge) for edge in read.edges} == ends(graph)
    nodes = {dropped(row["account_id"]): row for row in written.run.nodes.iter_rows(named=True)}
    assert set(read.nodes) == set(nodes)
    for name, data in read.nodes(data=True):
        assert data["label"] == dropped(nodes[name]["label"])
        assert data.get("network") == nodes[name]["network"]
        assert data["viz"]["position"] == pytest.approx({"x": nodes[name]["x"], "y": nodes[name]["y"], "z": 0.0})
        assert (data["start"], data["end"]) == tuple(seconds(nodes[name][end]) for end in ("first_at", "last_at"))
    rows = {frozenset(map(dropped, (row["source"], row["target"]))): row for row in graph.iter_rows(named=True)}
    for a, b, data in read.edges(data=True):
        row = rows[frozenset((a, b))]
        assert (data["weight"], data["q"], data["objects"]) == (row["weight"], row["q"], row["objects"])
        assert data["layers"] == "|".join(row["layers"])
        assert data["spells"][0][0] == seconds(row["first_at"])
        assert data["spells"][-1][1] == seconds(row["last_at"])


def seconds(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def test_spells_hold_every_co_action_and_nothing_long_between_them(written, graph):
    """Slow and simple: an edge's times, cut wherever a whole span of the run passed without any."""
    found = spells(written.run, graph)
    pairs = pl.concat(
        frame.select("source", "target", "time_source", "time_target") for frame in written.run.evidence().values()
    )
    pairs = pairs.collect()
    for (source, target), _ in found.sample(40, seed=1).unique(["source", "target"]).group_by("source", "target"):
        own = found.filter(source=source, target=target).select("start", "end").rows()
        acts = pairs.filter(source=source, target=target)
        times = sorted((min(row), max(row)) for row in acts.select("time_source", "time_target").iter_rows())
        assert own == sorted(own)
        assert all(end < start for (_, end), (start, _) in pairwise(own))
        assert all(any(start <= first and last <= end for start, end in own) for first, last in times)
        firsts = [first for first, _ in times]
        assert {start for start, _ in own} <= set(firsts)
        for start, end in own:  # nowhere in a spell are there two spans (of 7 days in 300) without any
            inside = [first for first in firsts if start <= first <= end]
            assert all(after - before <= timedelta(days=14) for before, after in pairwise(inside))
    assert len(found) > len(graph)


def test_cytoscape_reads_its_json(written, graph):
    data = json.loads(written.read("exports/graph.cyjs"))
    for element in data["elements"]["nodes"]:
        element["data"]["value"] = element["data"]["id"]  # networkx asks for it, Cytoscape does not
    read = nx.cytoscape_graph(data)
    assert {frozenset(edge) for edge in read.edges} == {
        frozenset(pair) for pair in graph.select("source", "target").iter_rows()
    }
    nodes = {row["account_id"]: row for row in written.run.nodes.iter_rows(named=True)}
    places = {element["data"]["id"]: element["position"] for element in data["elements"]["nodes"]}
    assert places == {name: {"x": row["x"], "y": -row["y"]} for name, row in nodes.items()}
    for name, about in read.nodes(data=True):
        assert (about["name"], about["network"], about["degree"]) == tuple(
            nodes[name][c] for c in ("label", "network", "degree")
        )
    rows = {frozenset((row["source"], row["target"])): row for row in graph.iter_rows(named=True)}
    for a, b, about in read.edges(data=True):
        row = rows[frozenset((a, b))]
        assert (about["weight"], about["layers"], about["last_at"]) == (
            row["weight"],
            row["layers"],
            seconds(row["last_at"]),
        )
    ids = [element["data"]["id"] for part in data["elements"].values() for element in part]
    assert len(set(ids)) == len(ids)  # Cytoscape has one space of names for nodes and edges


def test_pyarrow_reads_the_parquet(written, graph):
    edges = pl.from_arrow(pq.read_table(written.out / "exports" / "edges.parquet"))
    assert edges.equals(graph.sort("source", "target"))
    nodes = pl.from_arrow(pq.read_table(written.out / "exports" / "nodes.parquet"))
    assert nodes.select(written.run.nodes.columns).equals(written.run.nodes)


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
    times = pl.DataFrame(schema={"source": pl.String, "target": pl.String, "start": pl.Datetime, "end": pl.Datetime})
    write_gexf(nodes, edges, times, tmp_path / "g.gexf")
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


# STIX ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bundle(written) -> stix2.Bundle:
    return stix2.parse(written.read("exports/stix.json"), allow_custom=False)


def of_type(bundle: stix2.Bundle, kind: str) -> list:
    return [thing for thing in bundle.objects if thing.type == kind]


def test_stix2_reads_the_bundle_and_it_is_whole(bundle):
    ids = {thing.id for thing in bundle.objects}
    assert len(ids) == len(bundle.objects)
    for thing in bundle.objects:
        refs = [*thing.get("object_refs", []), *(thing[name] for name in ("source_ref", "target_ref") if name in thing)]
        assert set(refs) <= ids, thing.type
    (report,) = of_type(bundle, "report")
    assert set(report.object_refs) | {report.id, report.created_by_ref} == ids
    assert not {thing.type for thing in bundle.objects} & {"threat-actor", "campaign", "intrusion-set", "indicator"}


def test_the_bundle_holds_the_believed_networks(written, bundle):
    networks = written.run.table("networks").filter(pl.col("tier") != "abstain")
    accounts = {row["account_id"]: row for row in written.run.table("accounts").iter_rows(named=True)}
    groupings = {thing.name: thing for thing in of_type(bundle, "grouping")}
    things = {thing.id: thing for thing in bundle.objects}
    assert set(groupings) == {f"Candidate network {number}" for number in networks["network"]}
    for row in networks.iter_rows(named=True):
        grouping = groupings[f"Candidate network {row['network']}"]
        assert grouping.confidence == {"A": 85, "B": 50, "C": 15}[row["tier"]]
        inside = [things[name] for name in grouping.object_refs]
        members = written.run.table("members").filter(network=row["network"])["account_id"]
        users = [thing for thing in inside if thing.type == "user-account"]
        assert {(thing.account_type + ":" + thing.user_id, thing.account_login) for thing in users} == {
            (name, accounts[name]["handle"]) for name in members
        }
        (observed,) = [thing for thing in inside if thing.type == "observed-data"]
        assert (observed.first_observed, observed.last_observed) == (row["first_at"], row["last_at"])
        assert any(
            thing.type == "url" and thing.value.startswith(f"https://url://net{row['network']}/") for thing in inside
        )
        (note,) = [thing for thing in of_type(bundle, "note") if thing.object_refs == [grouping.id]]
        assert "Nothing here says who runs an account" in note.content
    known = {thing.external_references[0].external_id: thing.name for thing in of_type(bundle, "attack-pattern")}
    assert known == {"T0084.001": "Use Copypasta", "T0118": "Amplify Existing Narrative"}
    assert {thing.relationship_type for thing in of_type(bundle, "relationship")} == {"related-to"}


def test_ids_are_those_of_the_standard_and_the_same_again(written, bundle, tmp_path):
    for thing in bundle.objects:
        if thing.type in {"user-account", "url", "domain-name"}:
            content = {name: thing[name] for name in thing if name not in {"id", "type", "spec_version"}}
            assert type(thing)(**content).id == thing.id  # made by stix2 itself
        assert uuid.UUID(thing.id.split("--")[1]).version == 5
    write_exports(RunFiles(written.run.folder, written.run.posts), tmp_path)
    assert (tmp_path / "exports" / "stix.json").read_text("utf-8") == written.read("exports/stix.json")


def test_indicators_are_listed_and_harmless(written):
    sheet = pl.read_csv(written.out / "exports" / "indicators.csv", infer_schema=False)
    believed = written.run.table("networks").filter(pl.col("tier") != "abstain")["network"]
    members = written.run.table("members").filter(pl.col("network").is_in(believed.implode()))
    assert len(sheet.filter(kind="account")) == len(members)
    links = sheet.filter(kind="url")
    assert set(links["network"].cast(int)) == set(believed)
    assert links["indicator"].str.starts_with("hxxps://").all()
    assert not sheet["indicator"].str.contains("https?://").any()
    assert sheet["techniques"].str.contains("T0084.001 Use Copypasta").all()


# Hostile text -------------------------------------------------------------------------------------

NASTY = [
    *HOSTILE,
    "]]>",
    "\u202egnp.exe",
    "\x00\x0b\x1f\x7f\x85\ufffe",
    "\ud7ff\ue000\U0010ffff",
    "a" * 1_000_000,
    "=1+1\r\n@x\t",
]


def test_hostile_text_is_text_in_every_format(tmp_path):
    """As ids, labels and attributes; what a format cannot carry is dropped, the rest is read back as it was."""
    at = pl.lit(datetime(2020, 1, 1)).dt.replace_time_zone("UTC").cast(TIME)  # noqa: DTZ001
    ids = [f"x:{n}{text}" for n, text in enumerate(NASTY)]
    nodes = pl.DataFrame({"account_id": ids, "label": NASTY, "network": 1, "x": 0.5, "y": 1.0, "known": NASTY})
    edges = pl.DataFrame(
        {"source": ids[:1] * (len(ids) - 1), "target": ids[1:], "weight": 1.5, "layers": [[t] for t in NASTY[1:]]}
    )
    edges = edges.with_columns(first_at=at, last_at=at)
    drawn = nodes.rename({"account_id": "id"}).with_columns(
        pl.lit(3.0).alias("size"), *(pl.lit(9).alias(c) for c in "rgb"), first_at=at, last_at=at
    )
    write_gexf(drawn, edges, edges.select("source", "target", start="first_at", end="last_at"), tmp_path / "g.gexf")
    write_graphml(nodes.drop("x", "y").rename({"account_id": "id"}), edges, tmp_path / "g.graphml")
    write_cytoscape(nodes, edges, tmp_path / "g.cyjs", title=NASTY[0])
    kept = {xml_text(name): xml_text(text) for name, text in zip(ids, NASTY, strict=True)}
    gexf = nx.read_gexf(as_networkx_knows((tmp_path / "g.gexf").read_text("utf-8")))
    graphml = nx.read_graphml(tmp_path / "g.graphml")
    for read in (gexf, graphml):
        assert {name: data["label"] for name, data in read.nodes(data=True)} == kept
        assert {name: data["known"] for name, data in read.nodes(data=True)} == kept
        assert {b: data["layers"] for _, b, data in read.edges(data=True)} == dict(list(kept.items())[1:])
    elements = json.loads((tmp_path / "g.cyjs").read_text("utf-8"))["elements"]
    assert [(node["data"]["id"], node["data"]["name"]) for node in elements["nodes"]] == list(
        zip(ids, NASTY, strict=True)
    )
    sheet = for_sheet(nodes)
    assert not sheet["label"].str.contains(r"^[\s\p{Z}\u{202E}]*[=+\-@＝]").any()


def xml_text(text: str) -> str:
    """Return the text without what XML 1.0 forbids or discourages: most control characters, U+FFFE and U+FFFF."""
    kept = "\t\n\r"
    return "".join(c for c in text if c in kept or (c >= " " and not "\x7f" <= c <= "\x9f" and c not in "\ufffe\uffff"))


def test_small_numbers_of_accounts_are_not_told(written):
    frame = written.run.table("networks").with_columns(accounts=pl.Series([3, 5, 10], dtype=pl.UInt32))
    assert told(frame, NETWORKS, 5)["accounts"].to_list() == ["<5", "5", "10"]
    assert told(frame, NETWORKS, 0).equals(frame)
    assert told(frame, NETWORKS, 5).drop("accounts").equals(frame.drop("accounts"))


def test_nothing_to_export(written_empty):
    (author,) = stix2.parse(written_empty.read("exports/stix.json"), allow_custom=False).objects
    assert author.type == "identity"
    assert json.loads(written_empty.read("exports/graph.cyjs"))["elements"] == {"nodes": [], "edges": []}
    assert pl.read_csv(written_empty.out / "exports" / "nodes.csv").is_empty()
    assert nx.read_graphml(written_empty.out / "exports" / "graph.graphml").number_of_nodes() == 0
    assert parse_xml(written_empty.read("exports/graph.gexf")).tag == f"{GEXF}gexf"
