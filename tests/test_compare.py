"""Two runs compared: what both have, what one has, what became of the networks, and which settings differ."""

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn import metrics

from cib.compare import Shared, compare, describe, write_lists
from cib.errors import RunError
from cib.report.run import RunFiles
from cib.settings import Settings
from cib.tables import RUN_TABLES

Links = dict[tuple[str, str], float]


def filled(table: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    """The rows as a table of a run, with something in the columns that are not asked about."""
    schema = RUN_TABLES[table].schema
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


def made(  # a run folder with what is compared, and nothing else
    folder: Path,
    members: dict[str, int],
    links: Links | None = None,
    layers: dict[str, Links] | None = None,
    settings: dict[str, object] | None = None,
    digest: str = "ab",
) -> RunFiles:
    (folder / "tables").mkdir(parents=True)
    links, layers = links or {}, layers or {}
    edges = [
        {"layer": layer, "source": a, "target": b, "weight": abs(w), "kept": w > 0}
        for layer, found in layers.items()
        for (a, b), w in found.items()
    ]
    tables = {
        "members": [{"account_id": name, "network": n, "home": True} for name, n in members.items()],
        "graph": [{"source": a, "target": b, "weight": w} for (a, b), w in links.items()],
        "edges": edges,
    }
    for name, rows in tables.items():
        filled(name, rows).write_parquet(folder / "tables" / f"{name}.parquet")
    manifest = {
        "cib_version": "1",
        "python": "3.11",
        "packages": {"polars": "2.1.0"},
        "config": {"settings": Settings.model_validate(settings or {}).model_dump(mode="json")},
        "inputs": [{"file": "posts.csv", "blake2b": digest}],
        "read": {"posts": 100, "accounts": 20},
        "layers": {name: {} for name in layers},
        "posts": "posts.parquet",
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return RunFiles(folder, folder / "posts.parquet")


def grouped(text: str) -> dict[str, int]:
    """'abc de' -> a, b, c in network 1, d, e in network 2; names get a prefix."""
    return {f"x:{name}": n for n, names in enumerate(text.split(), 1) for name in names}


@pytest.mark.parametrize(
    ("before", "after", "became"),
    [
        ("abcd", "abcd", ["kept"]),
        ("abcd", "abce", ["kept"]),
        ("abcd", "abcdef", ["grew"]),
        ("abcdef", "abc", ["shrank"]),
        ("abcdefgh", "abcd efgh", ["split"]),
        ("abcd efgh", "abcdefgh", ["merged", "merged"]),
        ("abcd", "", ["gone"]),
        ("", "abcd", ["new"]),
        ("abcdefgh", "axyz", ["gone", "new"]),
        ("abcd ef", "abcd gh", ["kept", "gone", "new"]),
        ("abcdef ghi", "abc defghi", ["split", "merged"]),
    ],
)
def test_what_became_of_a_network(tmp_path, before, after, became):
    found = compare(made(tmp_path / "1", grouped(before)), made(tmp_path / "2", grouped(after)))
    assert [fate.became for fate in found.fates] == became


@pytest.mark.parametrize("seed", range(20))
def test_networks_are_matched_as_defined(tmp_path, seed):
    """Every fate, straight from the definition, over random partitions with many ties."""
    rng = np.random.default_rng(seed)
    names = [f"x:{n:02d}" for n in range(24)]
    runs = [{name: int(n) for name, n in zip(names, rng.integers(0, 7, 24), strict=True) if n > 0} for _ in range(2)]
    if seed % 2:  # half of them nearly the same, as two runs of one data set are
        runs[1] = runs[0] | {name: runs[1].get(name, 1) for name in names[:5]}
    found = compare(made(tmp_path / "1", runs[0]), made(tmp_path / "2", runs[1]))
    one, two = (_sets(run) for run in runs)

    def together(n: int, m: int) -> bool:
        return 2 * len(one[n] & two[m]) >= min(len(one[n]), len(two[m]))

    old = {fate.network: fate for fate in found.fates if fate.network is not None}
    assert list(old) == sorted(one)
    for n, fate in old.items():
        parts = [m for m in sorted(two) if together(n, m)]
        assert fate.counterparts == tuple(parts)
        if len(parts) == 1:
            alone = sum(together(k, parts[0]) for k in one) == 1
            larger = len(two[parts[0]]) - len(one[n])
            word = "merged" if not alone else "kept" if not larger else "grew" if larger > 0 else "shrank"
        else:
            word = "split" if parts else "gone"
        assert fate.became == word
        like = {m: len(one[n] & two[m]) / len(one[n] | two[m]) for m in sorted(two)}
        best = max(like, key=lambda m: (like[m], -m))
        assert (fate.other, fate.jaccard) == ((best, pytest.approx(like[best])) if like[best] else (None, 0))
    new = [fate.other for fate in found.fates if fate.network is None]
    assert new == [m for m in sorted(two) if not any(together(n, m) for n in one)]


def _sets(members: dict[str, int]) -> dict[int, set[str]]:
    found = defaultdict(set)
    for name, network in members.items():
        found[network].add(name)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_links_and_accounts_are_counted_and_listed_as_sets(tmp_path, seed):
    rng = np.random.default_rng(seed)
    names = [f"x:{n}" for n in range(9)]
    ends = [(a, b) for a in names for b in names if a < b]

    def some(share: float) -> Links:
        return {pair: float(rng.integers(1, 9)) for pair in ends if rng.random() < share}

    graphs = [some(0.5), some(0.4)]
    url = [some(0.3), some(0.3)]
    dropped = [{pair: -w for pair, w in some(0.3).items() if pair not in kept} for kept in url]
    members = [{name: int(rng.integers(1, 4)) for name in names if rng.random() < 0.8} for _ in range(2)]
    runs = [
        made(tmp_path / str(n), members[n], graphs[n], {"url": url[n] | dropped[n]} | ({"text": url[0]} if n else {}))
        for n in range(2)
    ]
    found = compare(*runs)
    expected = {"all layers": graphs, "url": url, "text": [{}, url[0]]}
    assert found.links == {name: _counted(set(one), set(two)) for name, (one, two) in expected.items()}
    assert found.accounts == _counted(set(members[0]), set(members[1]))
    both = sorted(set(members[0]) & set(members[1]))
    labels = [[run[name] for name in both] for run in members]
    assert found.ami == pytest.approx(metrics.adjusted_mutual_info_score(*labels))
    assert found.ari == pytest.approx(metrics.adjusted_rand_score(*labels))

    n = write_lists(*runs, tmp_path / "lists.csv")
    with (tmp_path / "lists.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == n
    for name, (one, two) in expected.items():
        listed = [row for row in rows if (row["kind"], row["layer"]) == ("link", name)]
        told = {(row["account_id"], row["other_account_id"]): (row["first"], row["second"]) for row in listed}
        assert len(told) == len(listed)
        assert told == {pair: (_cell(one.get(pair)), _cell(two.get(pair))) for pair in set(one) | set(two)}
        for row in listed:
            pair = row["account_id"], row["other_account_id"]
            assert row["found_in"] == ("both" if pair in one and pair in two else "first" if pair in one else "second")
    told = {row["account_id"]: (row["first"], row["second"]) for row in rows if row["kind"] == "account"}
    assert told == {name: tuple(_cell(run.get(name)) for run in members) for name in set(members[0]) | set(members[1])}


def _counted(one: set[object], two: set[object]) -> Shared:
    return Shared(len(one & two), len(one - two), len(two - one))


def _cell(value: float | None) -> str:
    return "" if value is None else str(float(value))


def test_jaccard():
    assert Shared(3, 1, 2).jaccard == 0.5
    assert Shared(0, 0, 0).jaccard == 1.0
    assert Shared(0, 4, 0).jaccard == 0.0


def test_settings_and_data_that_differ_are_named(tmp_path):
    old = {"graph": {"q": 0.01}, "layers": {"url": {"window": "1h"}, "text": {}}}
    new = {"graph": {"q": 0.05}, "layers": {"url": {"window": "30min"}, "media": {}}, "input": {"files": ["b.csv"]}}
    runs = made(tmp_path / "1", {}, settings=old), made(tmp_path / "2", {}, settings=new, digest="cd")
    found = compare(*runs)
    told = {change.key: (change.first, change.second) for change in found.changes}
    assert set(told) == {"graph.q", "layers.url.window", "layers.text", "layers.media"}
    assert told["graph.q"] == ("0.01", "0.05")
    assert told["layers.url.window"] == ("3600s", "1800s")
    assert told["layers.text"][1] is None
    assert told["layers.media"][0] is None
    assert not found.same_data
    text = describe(found)
    assert "graph.q" in text
    assert "0.01 -> 0.05" in text
    assert "read different files" in text
    assert max(map(len, text.splitlines())) < 250


def test_the_same_run_twice(tmp_path):
    run = made(tmp_path / "1", {"x:a": 1, "x:b": 1, "x:c": 1}, {("x:a", "x:b"): 2.0}, {"url": {("x:a", "x:b"): 2.0}})
    found = compare(run, run)
    assert (found.same_data, found.changes, found.ami, found.ari) == (True, [], 1.0, 1.0)
    text = describe(found)
    assert "Settings and versions are the same." in text
    assert "different files" not in text
    assert "Networks: 1 kept" in text


def test_two_runs_that_found_nothing(tmp_path):
    found = compare(made(tmp_path / "1", {}), made(tmp_path / "2", {}))
    assert (found.ami, found.ari, found.fates) == (None, None, [])
    assert "Neither run found a network." in describe(found)


def test_many_small_networks_are_no_reason_to_warn(tmp_path):
    """scikit-learn takes many labels of few accounts for measurements, and warns; here a warning is an error."""
    members = {f"x:{n:02d}": n + 1 for n in range(30)}
    assert compare(made(tmp_path / "1", members), made(tmp_path / "2", members)).ari == 1.0


def test_the_list_is_harmless_in_a_spreadsheet(tmp_path):
    links = {("=cmd()", "@b"): 1.0}
    run = made(tmp_path / "1", {"=cmd()": 1, "+a": 1, "\tx": 1}, links, {"url": links})
    write_lists(run, run, tmp_path / "lists.csv")
    with (tmp_path / "lists.csv").open(newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'=cmd()" in cells
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "@", "\t"))]


def test_a_list_that_cannot_be_written(tmp_path):
    run = made(tmp_path / "1", {})
    with pytest.raises(RunError, match="Choose another file with --out"):
        write_lists(run, run, tmp_path / "no" / "lists.csv")


def test_folder_and_setting_names_are_harmless_on_a_terminal(tmp_path):
    run = made(tmp_path / "a\x1b[31m", {}, settings={"report": {"title": "\x1b]0;x\x07" * 90}})
    text = describe(compare(run, made(tmp_path / "b", {})))
    assert not [c for c in text if ord(c) < 32 and c != "\n"]
