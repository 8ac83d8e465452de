"""What holds for every reader: a common suite over the registry."""

import csv
import gzip
import io
import json
import random

import pytest

from cib.errors import InputError
from cib.read import READERS
from cib.read.fields import FIELDS, REQUIRED
from cib.read.files import look_at
from cib.read.plan import plan_file
from cib.read.source import open_source
from cib.settings import InputSettings
from tests.read.made import DATA, read_text

EXPORTS, MADE = DATA / "exports", DATA / "made"

TABLES = {
    "ira": [DATA / "ira_by_author.csv", DATA / "ira_2018.csv"],
    "coortweet": [DATA / "coortweet_shares.csv", DATA / "coortweet_wide.csv"],
    "twitter_io": [MADE / "twitter_io.csv"],
    "crowdtangle": [EXPORTS / "crowdtangle/db2_rows.csv.gz"],
    "meta_library": [MADE / "meta_library.csv"],
    "toolkit": [EXPORTS / "coordination_network_toolkit/sample_data.csv"],
    "fourcat": [MADE / "fourcat.csv"],
    "twarc_csv": [MADE / "twarc_csv.csv"],
}
DOCUMENTS = {
    "zeeschuimer": [MADE / "zeeschuimer.ndjson"],
    "twitter_v1": [EXPORTS / "twitter_v1_1/streaming_extended_tweet.json"],
    "twitter_v2": [EXPORTS / "twitter_v2/quoted_edit.jsonl"],
    "bluesky": [EXPORTS / "bluesky/thread_view_post.json"],
    "mastodon": [EXPORTS / "mastodon/post_edited.json"],
    "reddit": [EXPORTS / "reddit/api_cassette_top_submissions.json.gz"],
    "youtube": [EXPORTS / "youtube/comment_threads_by_video_paged_1.json"],
    "tiktok": [EXPORTS / "tiktok_research_api/api_videos_response_page_1_of_2.json"],
    "telegram": [EXPORTS / "telegram_desktop/personal_chat.json"],
    "junkipedia": [MADE / "junkipedia.json"],
}
GENERIC = {"generic": [DATA / "ira_2018.csv"]}
SAMPLES = TABLES | DOCUMENTS | GENERIC
EVERY = [(name, path) for name, paths in SAMPLES.items() for path in paths]
OF_TABLES = [path for paths in TABLES.values() for path in paths]
LISTS = ("urls", "hashtags", "media", "objects")


def unpacked(path) -> bytes:
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def documents(path) -> list:
    """Return the documents of a sample: its lines, or the file itself; of a recording its answers."""
    text = unpacked(path).decode("utf-8")
    if path.suffix in {".jsonl", ".ndjson"}:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    whole = json.loads(text)
    if "interactions" not in whole:
        return [whole]
    return [json.loads(one["response"]["body"]["string"]) for one in whole["interactions"]][1:]


def test_every_reader_has_a_sample():
    assert SAMPLES.keys() == READERS.keys()
    assert all(reader.name == name and reader.doc for name, reader in READERS.items())
    assert list(READERS)[-1] == "generic"
    assert {name for name, reader in READERS.items() if reader.layout is not None} == DOCUMENTS.keys()


@pytest.mark.parametrize(("name", "path"), EVERY)
def test_samples(name, path):
    format_ = "generic" if name == "generic" else "auto"
    columns = {"created_at": "harvested_date"} if name == "generic" else {}
    plan = plan_file(path, path.name, InputSettings(format=format_, columns=columns))
    assert plan.reader is READERS[name]
    assert set(plan.mapped.columns) <= set(FIELDS)
    assert set(plan.mapped.columns) >= set(REQUIRED)
    assert plan.mapped.why.keys() == plan.mapped.columns.keys()
    assert set(plan.wanted) <= set(plan.source.names)
    assert plan.reader.layout is None or set(plan.reader.layout.origins) <= set(plan.mapped.columns)


@pytest.mark.parametrize(("name", "path"), EVERY)
def test_no_other_reader_takes_the_sample(name, path):
    settings = InputSettings()
    source = open_source(look_at(path, path.name, settings), settings)
    might = [reader for reader in READERS.values() if reader.layout is None or source.file.form == "ndjson"]
    takers = [reader.name for reader in might if reader.name != "generic" and reader.recognise(source.names)]
    assert takers == [name] if name != "generic" else ["ira"]


@pytest.mark.parametrize("path", OF_TABLES, ids=lambda path: path.name)
def test_cut_and_doubled_tables(tmp_path, path):
    lines = unpacked(path).decode("utf-8").splitlines(keepends=True)
    with pytest.raises(InputError, match="has a header and no rows"):
        read_text(lines[0], tmp_path, "header.csv")
    (tmp_path / "whole").mkdir()
    whole = read_text("".join(lines), tmp_path / "whole", path.stem)
    # A last line that breaks off is no row; the others do not change.
    (tmp_path / "half").mkdir()
    got = read_text("".join(lines)[:-1].rpartition("\n")[0] + "\n" + lines[-1][:7], tmp_path / "half", path.stem)
    assert len(got.quarantine) == 1
    assert got.summary.posts in {whole.summary.posts, whole.summary.posts - 1}
    # The list columns of a source that counts rows hold each item twice; nothing else is different.
    (tmp_path / "twice").mkdir()
    twice = read_text("".join(lines + lines[1:]), tmp_path / "twice", path.stem)
    assert twice.posts.drop(LISTS).equals(whole.posts.drop(LISTS))


@pytest.mark.parametrize("path", OF_TABLES, ids=lambda path: path.name)
def test_order_of_rows_and_columns_changes_nothing_but_numbers(tmp_path, path):
    header, *rows = csv.reader(io.StringIO(unpacked(path).decode("utf-8-sig")))
    order = list(range(len(header)))
    random.Random(1).shuffle(order)

    def told(rows, order, folder):
        text = io.StringIO()
        csv.writer(text).writerows([[row[n] for n in order] for row in [header, *rows]])
        (tmp_path / folder).mkdir()
        return read_text("\ufeff" + text.getvalue(), tmp_path / folder, path.stem)

    one, other = told(rows, range(len(header)), "one"), told(rows[::-1], order, "other")
    named = ["account_id", "created_at", "kind", "parent_post_id", "text"]
    assert one.posts.select(named).sort(named).equals(other.posts.select(named).sort(named))
    assert one.accounts["account_id"].equals(other.accounts["account_id"])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_in_every_shape_tell_the_same(tmp_path, name):
    values = documents(DOCUMENTS[name][0])
    shapes = {
        "lines": "\n".join(map(json.dumps, values)),
        "list": json.dumps(values, indent=2, ensure_ascii=False),
        "one after the other": "\n".join(json.dumps(value, indent=1) for value in values),
        "with a mark": "\ufeff" + "\r\n".join(map(json.dumps, values)),
    }
    told = {}
    for shape, text in shapes.items():
        (tmp_path / shape).mkdir()
        got = read_text(text, tmp_path / shape, "x.txt")
        assert got.summary.inputs[0]["format"] == name
        told[shape] = got.posts
    assert all(posts.equals(told["lines"]) for posts in told.values())
    assert len(told["lines"])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_broken_documents_are_told_and_cost_no_other(tmp_path, name):
    good = [json.dumps(value) for value in documents(DOCUMENTS[name][0])]
    whole = read_text("\n".join(good), tmp_path, "whole.json")
    lines = [*good, "", good[0][:-3], "[1, 2]", "null", '{"unheard": "of"}', "{}", "\x00", good[0].replace(":", "")]
    (tmp_path / "broken").mkdir()
    got = read_text(
        "\n".join(lines).encode() + b'\n{"a": "\xff"}\n' + good[0][:50].encode(), tmp_path / "broken", "whole.json"
    )
    assert got.posts.equals(whole.posts)
    rows = {row["row"] for row in got.quarantine}
    assert rows >= {len(good) + extra for extra in (2, 3, 4, 7, 8, 9, 10)}


def spoiled(value, made, share):
    """Replace a share of all values by something that does not belong there."""
    odd = [
        None,
        "",
        5,
        -1,
        1.5e17,
        True,
        [],
        {},
        [None],
        [{}],
        ["x"],
        {"a": 1},
        "\x00",
        "\ud83d",
        [[1]],
        10**30,
        "2020-13-45",
    ]
    if made.random() < share:
        return made.choice(odd)
    if isinstance(value, dict):
        return {key: spoiled(item, made, share) for key, item in value.items() if made.random() > share / 2}
    return [spoiled(item, made, share) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", DOCUMENTS)
def test_values_that_do_not_belong_end_in_a_sentence(tmp_path, name):
    made, values = random.Random(name), documents(DOCUMENTS[name][0])[:2]
    lines = [json.dumps(values[0])] + [json.dumps(spoiled(made.choice(values), made, 0.1)) for _ in range(40)]
    got = read_text("\n".join(lines), tmp_path, "x.json", id_times="missing")
    assert got.summary.posts >= 1
    assert all(row["reason"] for row in got.quarantine)
