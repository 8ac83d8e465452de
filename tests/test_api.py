"""`import cib`: stages alone give what a run gives, runs show what they hold, and the notebook does what it says."""

import ast
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import cib
from cib.errors import ConfigError, InputError, RunError

ROOT = Path(__file__).parents[1]
GERMAN = ROOT / "data" / "coortweet" / "german_elections.parquet"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    settings = cib.configure(input__files=[str(GERMAN)], control__runs=0)
    said = []
    return cib.run(settings, tmp_path_factory.mktemp("api") / "german", say=said.append)


@pytest.fixture(scope="module")
def by_hand():
    corpus = cib.read_posts(GERMAN)
    layers = cib.link_layers(corpus.posts)
    graph = cib.fuse_layers(layers)
    return corpus, layers, graph, cib.find_networks(corpus, layers, graph)


def test_stages_alone_give_what_a_run_gives(finished, by_hand):
    corpus, layers, graph, found = by_hand
    assert len(corpus.posts) == finished.posts.select(pl.len()).collect().item()
    assert sum(len(layer.edges) for layer in layers.values()) == len(finished.edges)
    assert len(graph) == len(finished.graph) > 0
    same = ["network", "level", "accounts", "score", "evidence"]
    assert_frame_equal(found.networks.select(same), finished.networks.select(same))
    members = found.members.sort("network", "account_id").select("network", "account_id", "role")
    assert_frame_equal(members, finished.members.sort("network", "account_id").select("network", "account_id", "role"))


def test_one_layer_alone_is_the_same_layer(by_hand):
    corpus, layers, *_ = by_hand
    assert_frame_equal(cib.link_layers(corpus.posts, layers=["url"])["url"].edges, layers["url"].edges)
    assert_frame_equal(cib.trace_acts(corpus.posts, "url").traces, layers["url"].traced.traces)
    with pytest.raises(KeyError):
        cib.link_layers(corpus.posts, layers=["ulr"])


def test_texts_are_traced_with_and_without_their_groups(tmp_path):
    rows = [(n, account, "we all meet at the old bridge", 1_600_000_000 + n) for n, account in enumerate("abc")]
    path = tmp_path / "posts.csv"
    pl.DataFrame(rows, schema=["id", "user", "text", "time"], orient="row").write_csv(path)
    posts = cib.read_posts(path).posts
    traced = cib.trace_acts(posts, "near_copy")
    assert traced.objects["accounts"].to_list() == [3]
    assert len(traced.traces) == 3


def test_indicators_are_of_every_account_and_see_no_label(by_hand):
    corpus, *_ = by_hand
    few = corpus.accounts.head(50)
    some = corpus.posts.join(few.select("account"), on="account", how="semi")
    part = cib.Corpus(some, few, corpus.ledger, corpus.quarantine, corpus.resolution_s)
    told = cib.Corpus(
        some, few.with_columns(label=pl.lit("troll")), corpus.ledger, corpus.quarantine, corpus.resolution_s
    )
    described = cib.describe_accounts(part)
    assert described["account"].n_unique() == 50
    assert_frame_equal(cib.describe_accounts(told), described)


def test_a_run_shows_its_tables_evidence_and_figures(finished):
    a, b = finished.graph.select("source", "target").row(0)
    assert finished.evidence(a, b)
    assert finished.page.is_file()
    figures = sorted(path.stem for path in (finished.folder / "figures").glob("*.svg"))
    assert finished.figure(figures[0]).suffix == ".svg"
    assert "networks" in dir(finished)
    with pytest.raises(RunError, match=rf"has no figure 'sky'. It has: {figures[0]}"):
        finished.figure("sky")
    with pytest.raises(AttributeError, match=r"A run has no table 'netwroks'. It has: .*networks"):
        finished.netwroks  # noqa: B018
    with pytest.raises(RunError, match="No finished run"):
        cib.open_run(finished.folder / "figures").networks  # noqa: B018


def test_results_show_themselves(finished, by_hand):
    corpus, layers, _, found = by_hand
    assert "194,326 posts by 58,317 accounts" in corpus._repr_html_()
    assert "leads, not verdicts" in found._repr_html_()
    assert "leads, not verdicts" in finished._repr_html_()
    assert f"{len(layers['url'].edges):,} edges" in layers["url"]._repr_html_()


def test_settings_are_checked_as_in_a_config():
    assert cib.configure(layers__url__window="10s").active_layers["url"].window == timedelta(seconds=10)
    assert cib.configure(ROOT / "configs" / "default.toml", run__seed=9).run.seed == 9
    with pytest.raises(ConfigError, match="windw"):
        cib.configure(layers__url__windw="10s")
    with pytest.raises(InputError, match=r"no\.csv"):
        cib.read_posts("no.csv")
    with pytest.raises(ConfigError, match="timezon"):
        cib.read_posts(GERMAN, timezon="UTC")


def test_importing_the_package_imports_no_stage():
    code = "import sys, cib; print(cib.__version__, 'polars' in sys.modules, sorted(dir(cib)) == sorted(cib.__all__))"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.split() == [cib.__version__, "False", "True"]
    assert all(getattr(cib, name) is not None for name in cib.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'read_post'"):
        cib.read_post  # noqa: B018


def test_the_notebook_runs(monkeypatch):
    monkeypatch.chdir(ROOT)
    cells = json.loads((ROOT / "docs" / "tutorial.ipynb").read_text(encoding="utf-8"))["cells"]
    names = {}
    shown = []
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "notebook", "exec"), names)  # noqa: S102  (our own pages)
        if last is not None:
            shown.append(eval(compile(ast.Expression(last.value), "notebook", "eval"), names))  # noqa: S307
    assert all(value is not None for value in shown)
    assert (6281, 6206) in [value for value in shown if isinstance(value, tuple)]  # CooRTweet's own numbers
    assert len(names["found"].networks) > 0
