"""Traces on Spark are those of the local engine, row for row, whatever a layer asks for."""

import random
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cib.engine import Local, Spark
from cib.errors import RunError
from cib.settings import LayerSettings, SparkSettings, TextSettings
from cib.tables import KINDS, POSTS
from cib.texts import group_texts
from cib.traces import TRACES, Given, Trace, texts_of
from cib.traces.plain import hashtag

AT = datetime(2016, 9, 1, 12, 0, 30, tzinfo=UTC)
TABLES = ("traces", "objects", "own", "order", "ledger")
WORDS = [
    "vote now for us",
    "Vote now for us!",
    "good morning",
    "they said that the wall will be built before the summer ends",
    "they said that the wall will be built before the summer is over",
]
LINKS = [
    "https://example.org/a?utm_source=x",
    "http://www.example.org/a",
    "https://t.co/Ab",
    "ftp://x",
    "https://youtu.be/Q1",
]
TAGS = ["#One", "one", "TWO", "", "three"]


def made_up(seed, rows=400):
    """POSTS of few accounts, links, hashtags and texts, many of them alike."""
    rng = random.Random(seed)
    some = lambda values: rng.sample(values, rng.randint(1, 3)) if rng.random() < 0.7 else None  # noqa: E731
    full = []
    for n in range(rows):
        account, parent = rng.randrange(12), rng.choice([None, rng.randrange(60)])
        full.append({
            "post": n, "account": account, "account_id": f"x:{account}", "platform": "x",
            "post_id": f"p{rng.randrange(rows) if rng.random() < 0.1 else n}",
            "created_at": AT + timedelta(seconds=rng.randrange(40_000) * rng.choice([1, 60])),
            "kind": rng.choice(KINDS), "parent_post_id": None if parent is None else f"p{parent}",
            "parent_account_id": None if parent is None or rng.random() < 0.3 else f"x:{parent % 12}",
            "text": rng.choice([*WORDS, None]), "language": rng.choice(["en", "de", "ru", None]),
            "urls": some(LINKS), "hashtags": some(TAGS), "mentions": some(["@a", "B", "b"]),
            "media": some(["m1", "m2", "m3"]),
            "objects": None, "source_file": "f", "source_row": n + 2,
        })  # fmt: skip
    return pl.DataFrame({name: [row.get(name) for row in full] for name in POSTS.columns}, schema=POSTS.schema)


LAYERS = {
    "links": {"trace": "url", "strata": ("language", "week")},
    "sites": {"trace": "domain", "repeats": "keep", "strata": ("hour",), "min_accounts": 3},
    "reposts of posts, which act on themselves": {"trace": "repost", "min_words": 3, "loops": "drop_ids"},
    "ids that occur again": {"trace": "hashtag", "loops": "keep"},
    "texts": {"trace": "text", "min_words": 3, "top_accounts": 0.5},
    "near copies": {"trace": "near_copy"},
    "quick reposts": {"trace": "fast_repost", "max_delay": timedelta(hours=3)},
    "sequences of hours": {"trace": "hashtag_sequence", "bin": timedelta(hours=6), "bin_start": "first"},
    "bins from the first act": {"trace": "timing", "bin": timedelta(minutes=30), "bin_start": "first"},
    "two things at once": {"trace": "url+anything"},
    "bins": {"trace": "mention", "bin": timedelta(hours=1), "bin_start": "first", "min_posts": 30, "min_acts_each": 2},
    "estimated bins": {"trace": "media", "bin_estimate": True, "bin_use": "filter", "min_account_objects": 2},
    "replies": {"trace": "reply", "kinds": ("reply",), "min_acts": 2, "min_accounts": 2},
    "nothing": {"trace": "object"},
}
GIVEN = Given(
    pl.DataFrame({"short": ["https://t.co/Ab"], "resolved": ["https://example.org/b"]}),
    {"domains": ["youtube.com"], "hashtags": ["#three"]},
)


@pytest.fixture(scope="module")
def posts(tmp_path_factory):
    """POSTS as files in a folder, as Spark writes them; its name has whatever a name may have."""
    folder = tmp_path_factory.mktemp("posts") / "my [old] posts, 50 %20" / "posts.parquet"
    folder.mkdir(parents=True)
    table = POSTS.check(made_up(7))
    for n, piece in enumerate(table.iter_slices(150)):
        piece.write_parquet(folder / f"part-{n:06}.parquet")
    return folder


@pytest.mark.parametrize("asked", LAYERS)
def test_traces(spark, posts, tmp_path, asked):
    layer = LayerSettings(**({"kinds": KINDS} | LAYERS[asked]))
    texts = None
    if texts_of(layer):
        texts = tmp_path / "texts.parquet"
        rungs = [name for name in texts_of(layer) if name == "near_copy"]
        named = group_texts(pl.scan_parquet(posts), TextSettings(), rungs=rungs, kinds=layer.kinds, memory=10**9).texts
        named.write_parquet(texts)
    told = {}
    for engine in (Local(), spark):
        out = tmp_path / engine.name
        out.mkdir()
        told[engine.name] = engine.trace(posts, layer, name="layer", given=GIVEN, texts=texts, out=out)
    same(told, tmp_path)
    assert (asked == "nothing") == (told["local"]["traces"] == 0)


@pytest.mark.parametrize("names", [("reply", "url", "hashtag"), ("url", "object"), ()])
def test_combined(spark, posts, tmp_path, names):
    made = {name: tmp_path / name for name in names}
    for name, folder in made.items():
        folder.mkdir()
        Local().trace(posts, LayerSettings(trace=name, kinds=KINDS), name=name, given=Given(), texts=None, out=folder)
    told = {}
    for engine in (Local(), spark):
        out = tmp_path / engine.name
        out.mkdir()
        told[engine.name] = engine.combine(made, name="combined", out=out)
    same(told, tmp_path)
    assert (len(names) < 3) == (told["local"]["traces"] == 0)


def test_what_spark_cannot_do_is_said_in_a_sentence(spark, tmp_path):
    with pytest.raises(RunError, match=r"^Spark gave up combining layers into combined: .*traces.parquet"):
        spark.combine({"url": tmp_path, "hashtag": tmp_path}, name="combined", out=tmp_path)


def test_a_trace_that_spark_does_not_know_is_made_here_and_that_is_said(posts, tmp_path, monkeypatch, caplog):
    asking = Trace("the same hashtag, among all", "hashtags", hashtag, lambda posts, _: posts)
    monkeypatch.setitem(TRACES, "of_all", asking)
    (tmp_path / "out").mkdir()
    layer = LayerSettings(trace="of_all", kinds=KINDS)
    made = Spark(SparkSettings()).trace(posts, layer, name="mine", given=GIVEN, texts=None, out=tmp_path / "out")
    assert made["traces"] == pl.read_parquet(tmp_path / "out" / "traces.parquet").height > 0
    assert [record.message for record in caplog.records] == [
        "Layer mine is traced on this machine: Spark does not know what its trace asks of other posts."
    ]


def same(told, folder):
    """Hold what two engines say and wrote against each other."""
    assert told["spark"] == told["local"]
    for name in TABLES:
        local, spread = (pl.read_parquet(folder / engine / f"{name}.parquet", glob=False) for engine in told)
        assert_frame_equal(spread, local)
