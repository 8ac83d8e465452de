"""One run over four platforms: accounts are linked across them by pages that each platform writes in its own way.

The posts are synthetic: no real account or post.
"""

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import polars as pl
import pytest

from cib import config as configs
from cib.errors import InputError
from cib.pipeline import Job, run
from cib.traces import TRACES

CONFIG = """
[input.sources.twitter]
files = ["twitter.jsonl"]

[input.sources.bluesky]
files = ["bluesky.jsonl"]

[input.sources.telegram]
files = ["result.json"]

[input.sources.reddit]
files = ["reddit.ndjson"]

[layers.url]
window = "10min"
"""
FILES = ("twitter.jsonl", "bluesky.jsonl", "result.json", "reddit.ndjson")
# How a page is written on each platform.
SPELLINGS = {
    "twitter": lambda page: f"https://www.example.org/{page}?utm_source=twitter&twclid=20#top",
    "bluesky": lambda page: f"https://amp.example.org/{page}/amp/",
    "telegram": lambda page: "https://l.facebook.com/l.php?u=" + quote(f"http://example.org/{page}?fbclid=x", safe=""),
    "reddit": lambda page: f"https://www.google.com/amp/s/m.example.org/{page}",
}


# What the platform's own id has before the name.
MARKS = {"twitter": "u", "bluesky": "did:plc:", "telegram": "user"}


def posts():
    """Platform, account, time, link: pages that two accounts a platform share at once, and what strangers share."""
    chance = random.Random(3)
    for platform, spelt in SPELLINGS.items():
        for story in range(5):
            for member in range(2):
                yield (
                    platform,
                    f"plant{member}",
                    1_600_000_000 + story * 90_000 + chance.randrange(120),
                    spelt(f"story{story}"),
                )
        for _ in range(400):
            at, page = 1_600_000_000 + chance.randrange(500_000), f"page{int(chance.paretovariate(0.6)) % 300}"
            yield platform, f"person{chance.randrange(60)}", at, spelt(page)


def twitter(posts):
    """Two pages of the API's answers (version 2), with the accounts in `includes`."""
    for page in (posts[::2], posts[1::2]):
        users = sorted({who for _, who, _, _ in page})
        data = [
            {
                "id": f"{1300000000000000000 + n}", "author_id": f"u{who}", "created_at": iso(at), "text": "see https://t.co/x",
                "entities": {"urls": [{"start": 4, "end": 18, "url": "https://t.co/x", "expanded_url": link}]},
            }
            for n, who, at, link in page
        ]  # fmt: skip
        yield {"data": data, "includes": {"users": [{"id": f"u{who}", "username": who, "name": who} for who in users]}}


def bluesky(posts):
    """Events of the Jetstream."""
    for n, who, at, link in posts:
        feature = {"$type": "app.bsky.richtext.facet#link", "uri": link}
        record = {
            "$type": "app.bsky.feed.post", "createdAt": iso(at), "text": "see this",
            "facets": [{"features": [feature], "index": {"byteStart": 0, "byteEnd": 3}}],
        }  # fmt: skip
        commit = {"operation": "create", "collection": "app.bsky.feed.post", "rkey": f"k{n}", "record": record}
        yield {"did": f"did:plc:{who}", "time_us": at * 1_000_000, "kind": "commit", "commit": commit}


def telegram(posts):
    """A group's export by Telegram Desktop."""
    messages = [
        {
            "id": n, "type": "message", "date": iso(at)[:19], "date_unixtime": f"{at}", "from": who,
            "from_id": f"user{who}", "text": ["see ", {"type": "link", "text": link}],
            "text_entities": [{"type": "plain", "text": "see "}, {"type": "link", "text": link}],
        }
        for n, who, at, link in posts
    ]  # fmt: skip
    return {"name": "A group", "type": "public_supergroup", "id": 1234567890, "messages": messages}


def reddit(posts):
    """Submissions as Pushshift's dumps have them."""
    for n, who, at, link in posts:
        name = f"a{n}"
        yield {
            "id": name, "name": f"t3_{name}", "author": who, "created_utc": at, "subreddit": "news",
            "title": "see this", "selftext": "", "url": link,
            "permalink": f"/r/news/comments/{name}/see_this/", "is_self": False,
        }  # fmt: skip


def iso(at):
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("platforms")
    rows = [(n, *post) for n, post in enumerate(posts(), 1)]
    of = {name: [(n, who, at, link) for n, platform, who, at, link in rows if platform == name] for name in SPELLINGS}
    for name, lines in {
        "twitter.jsonl": twitter(of["twitter"]),
        "bluesky.jsonl": bluesky(of["bluesky"]),
        "reddit.ndjson": reddit(of["reddit"]),
    }.items():
        (folder / name).write_text("\n".join(map(json.dumps, lines)))
    (folder / "result.json").write_text(json.dumps(telegram(of["telegram"]), indent=1))
    (folder / "c.toml").write_text(CONFIG)
    return folder, go(folder / "c.toml", folder / "out")


def go(path: Path, out: Path) -> Path:
    return run(Job(path.stem, configs.load(path, traces=TRACES), path.parent, out, str(path)))


def test_accounts_are_linked_across_platforms(made):
    edges = pl.read_parquet(made[1] / "tables" / "edges.parquet").filter("kept")
    pairs = set(edges.select("source", "target").rows())
    members = sorted(f"{platform}:{MARKS.get(platform, '')}plant{n}" for platform in SPELLINGS for n in range(2))
    assert pairs >= {(a, b) for a in members for b in members if a < b}
    assert len(pairs) <= 28 + 2  # what the false-discovery rate lets through of strangers makes no network
    networks = pl.read_parquet(made[1] / "tables" / "members.parquet")
    assert networks["network"].unique().to_list() == [1]
    assert sorted(networks["account_id"]) == members


def test_the_report_names_every_source_and_the_shared_page(made):
    page = (made[1] / "report.html").read_text("utf-8")
    for name in FILES:
        assert name in page
    assert "telegram:userplant0" in page
    evidence = pl.read_parquet(made[1] / "evidence" / "url.parquet")
    evidence = evidence.filter(pl.col("object").str.contains("story"))
    platforms = (evidence[side].str.extract("^([^:]*)") for side in ("source", "target"))
    assert (next(platforms) != next(platforms)).sum() == 5 * 24
    inputs = json.loads((made[1] / "manifest.json").read_text())["inputs"]
    assert [entry["format"] for entry in inputs] == ["twitter_v2", "bluesky", "telegram", "reddit"]
    assert [(entry["file"], entry["refused"], len(entry["blake2b"])) for entry in inputs] == [
        (name, 0, 64) for name in FILES
    ]


def test_the_ledger_accounts_for_every_row(made):
    manifest = json.loads((made[1] / "manifest.json").read_text())
    ledger = pl.read_parquet(made[1] / "tables" / "ledger.parquet")
    steps = [
        (key, part["rows_in"].to_list(), part["rows_out"].to_list()) for key, part in ledger.group_by("stage", "where")
    ]
    assert all(before[1:] == after[:-1] for _, before, after in steps)
    read = {where: (before[0], after[-1]) for (stage, where), before, after in steps if stage == "read"}
    assert sum(after for _, after in read.values()) == manifest["read"]["posts"]
    assert read["reddit.ndjson"] == (410, 410)
    ((before, after),) = [(before[0], after[-1]) for (stage, where), before, after in steps if stage == "trace"]
    assert (before, after) == (4 * 410, manifest["layers"]["url"]["traces"])


def test_a_list_of_domains_redoes_the_layer_and_not_the_reading(made):
    folder, out = made
    (folder / "blocked.txt").write_text("domain\nexample.org\n")
    (folder / "c.toml").write_text(CONFIG + '\n[block]\ndomains = ["blocked.txt"]\n')
    stages = []
    job = Job("c", configs.load(folder / "c.toml", traces=TRACES), folder, out, "c.toml")
    run(job, progress=stages.append)
    assert [stage.cached for stage in stages if stage.stage in {"read", "traces"}] == [True, False]
    ledger = pl.read_parquet(out / "tables" / "ledger.parquet").filter(reason="the domain is on the block list")
    assert ledger.select("stage", "where", "rows_out").rows() == [("trace", "url", 0)]


def test_a_file_that_changes_while_it_is_read(made, tmp_path, monkeypatch):
    from cib.engine import local

    true_read = local.read

    def read(settings, **rest):
        summary = true_read(settings, **rest)
        with (tmp_path / "posts.csv").open("a") as file:
            file.write("9,v,more,1600000100\n")
        return summary

    (tmp_path / "posts.csv").write_text("id,user,text,time\n1,u,a b c,1600000000\n")
    (tmp_path / "c.toml").write_text('[input]\nfiles = ["posts.csv"]\n[layers.text]\n')
    monkeypatch.setattr(local, "read", read)
    with pytest.raises(InputError, match=r"posts\.csv' changed while it was read"):
        go(tmp_path / "c.toml", tmp_path / "out")
    assert not (tmp_path / "out" / "manifest.json").exists()
