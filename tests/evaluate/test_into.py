"""Campaigns planted in posts that are there: the posts stay, the newcomers look like them, the objects are theirs."""

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from cib.cli import main
from cib.errors import InputError
from cib.evaluate.simulate import corpus, plant
from cib.read import read
from cib.settings import InputSettings
from cib.settings.world import CampaignSettings
from tests.report import made

DATA = Path(__file__).parents[2] / "data"


def scanned(folder, files, **settings):
    folder.mkdir(exist_ok=True)
    read(InputSettings(files=(str(files),), **settings), root=folder, out=folder, memory=10**9)
    return pl.scan_parquet(folder / "posts.parquet")


@pytest.fixture(scope="module")
def ira(tmp_path_factory):
    posts = scanned(tmp_path_factory.mktemp("ira"), DATA / "ira_sample.parquet")
    few = posts.select(pl.col("account_id").unique().sort()).collect()["account_id"].gather_every(5)
    return posts.filter(pl.col("account_id").is_in(few.implode())).with_columns(
        post=pl.int_range(pl.len(), dtype=pl.UInt32)
    )


@pytest.fixture(scope="module")
def planted(ira):
    real = corpus(ira, seed=1)
    plans = {"early": CampaignSettings(level=1, accounts=12), "late": CampaignSettings(level=4, accounts=10)}
    return real, *plant(real, plans, seed=1)


def test_planting_is_the_same_again_and_each_campaign_stands_for_itself(ira, planted):
    real, posts, accounts, truth = planted
    again = plant(corpus(ira, seed=1), {"early": CampaignSettings(level=1, accounts=12)}, seed=1)
    early = truth.filter(name="early")["account_id"].str.strip_prefix("twitter:").implode()
    assert again[0].equals(posts.filter(pl.col("account_id").is_in(early)))
    assert not plant(real, {"early": CampaignSettings(level=1, accounts=12)}, seed=2)[0].equals(again[0])
    assert set(posts["account_id"]) <= set(accounts["account_id"])


def test_cover_is_made_of_real_posts_and_copies_nobody(ira, planted):
    _, posts, _, truth = planted
    every = ira.select("text", "urls", "created_at", "kind", "language").collect()
    late = truth.filter(name="late")["account_id"].str.strip_prefix("twitter:").implode()
    cover = posts.filter(pl.col("account_id").is_in(late))
    links = cover.explode("urls").drop_nulls("urls")["urls"]
    assert links.is_in(every["urls"].explode().implode()).mean() > 0.95
    reposts = cover.filter(kind="repost")
    assert len(reposts) > 50
    assert reposts["text"].is_in(every["text"].implode()).mean() > 0.95
    spoken = cover.filter((pl.col("kind") == "original") & (pl.col("text").str.count_matches(" ") > 5))
    assert spoken["text"].is_in(every["text"].implode()).mean() < 0.02
    assert set(cover["language"].drop_nulls()) <= set(every["language"].drop_nulls())
    within = (every["created_at"].min(), every["created_at"].max())
    assert cover["created_at"].is_between(*within).all()


def test_times_are_as_coarse_as_the_real_ones(planted):
    real, posts, _, _ = planted
    assert real.step == 60_000_000
    assert (posts["created_at"].dt.second() == 0).all()


def test_a_member_keeps_to_the_hours_of_one_account(tmp_path):
    rows = [
        f"{who},2024-03-{1 + n % 28:02}T{hour:02}:{n % 60:02}:00Z,word{n} and word{n % 90} say {n} of a kind {who}{n}"
        for who, hour in (("early", 6), ("late", 22))
        for n in range(200)
    ]
    names = [f"{chr(97 + a)}{chr(97 + b)}x" for a in range(26) for b in range(10)]
    rows = [f"{row} {names[n % 260]}" for n, row in enumerate(rows)]
    (tmp_path / "p.csv").write_text("account_id,created_at,text\n" + "\n".join(rows) + "\n", encoding="utf-8")
    real = corpus(scanned(tmp_path / "read", tmp_path / "p.csv"), seed=3)
    plans = {"x": CampaignSettings(level=4, accounts=20, objects=3, share=0.01)}
    posts, _, _ = plant(real, plans, seed=3)
    hour = pl.col("created_at").dt.hour()
    mostly = posts.group_by("account_id").agg(early=hour.is_between(5, 7).mean(), late=hour.is_between(21, 23).mean())
    assert (mostly.select(pl.max_horizontal("early", "late")).to_series() > 0.7).all()
    assert len(mostly.filter(pl.col("early") > 0.5)) not in {0, 20}


def test_popular_objects_are_those_of_most_accounts(ira, planted):
    real = planted[0]
    counted = (
        ira.filter(pl.col("kind") != "repost")
        .explode("urls")
        .drop_nulls("urls")
        .group_by("urls")
        .agg(pl.col("account_id").n_unique().alias("n"))
        .collect()
    )
    best = counted.filter(pl.col("n") > 1).sort(["n", "urls"], descending=[True, False])
    kept = max(50, round(0.02 * len(best)))
    assert real.targets.links["url"].to_list() == best["urls"].head(kept).to_list()


def test_posts_that_hold_nothing_but_objects_get_nothing_else(tmp_path):
    posts = scanned(tmp_path / "read", DATA / "coortweet" / "russian_coord_tweets.parquet")
    real = corpus(posts, seed=1)
    assert real.able == {"object"}
    made, _, truth = plant(real, {"x": CampaignSettings(level=2, accounts=8)}, seed=1)
    assert made["objects"].null_count() == 0
    assert all(made[name].null_count() == len(made) for name in ("text", "urls", "hashtags", "parent_post_id"))
    assert truth["account_id"].str.starts_with("generic:").all()
    known = posts.select(pl.col("objects").explode()).collect()["objects"]
    assert 0.5 < made["objects"].list.first().is_in(known.implode()).mean() < 1


def plant_by_command(source, out, *words):
    words = ["simulate", "--into", source, "--out", out, "--campaign", "6@1", *words]
    return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)


def test_the_files_hold_the_real_posts_unchanged_and_the_planted_ones(tmp_path):
    source = DATA / "coortweet" / "russian_coord_tweets.parquet"
    answer = plant_by_command(source, tmp_path / "w")
    assert answer.exit_code == 0, answer.output
    before = scanned(tmp_path / "before", source).collect()
    (tmp_path / "after").mkdir()
    config = InputSettings(files=("posts.parquet",), accounts=("accounts.parquet",), format="generic")
    read(config, root=tmp_path / "w", out=tmp_path / "after", memory=10**9)
    after = pl.read_parquet(tmp_path / "after/posts.parquet")
    truth = pl.read_csv(tmp_path / "w/truth.csv")
    planted = after["account_id"].is_in(truth["account_id"].implode())
    columns = ["post_id", "account_id", "created_at", "kind", "objects"]
    assert after.filter(~planted).select(columns).equals(before.select(columns))
    assert after.filter(planted)["account_id"].n_unique() == 6
    again = plant_by_command(tmp_path / "w" / "posts.parquet", tmp_path / "v")
    assert again.exit_code == 3
    assert "Choose another by --seed." in again.stderr
    assert plant_by_command(tmp_path / "w" / "posts.parquet", tmp_path / "v", "--seed", 2).exit_code == 0


def test_a_run_and_a_config_name_posts_as_well(tmp_path):
    run = made.run(tmp_path / "run")
    manifest = run.folder / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"posts": "posts.parquet"}))
    (tmp_path / "p.csv").write_text("member,created_at,objects\na,1700000000,x\nb,1700000060,x\n", encoding="utf-8")
    (tmp_path / "c.toml").write_text(
        '[input]\nfiles = ["p.csv"]\nplatform = "agora"\n[input.columns]\naccount_id = "member"\n', encoding="utf-8"
    )
    few = pl.read_parquet(run.posts).with_columns(pl.col("text").str.slice(0, 200))
    few.write_parquet(run.posts)
    rows = len(few)
    for source, real in ((tmp_path / "run", rows), (tmp_path / "c.toml", 2)):
        answer = plant_by_command(source, tmp_path / f"of-{source.stem}")
        assert answer.exit_code == 0, answer.output
        posts = pl.read_parquet(tmp_path / f"of-{source.stem}" / "posts.parquet")
        truth = pl.read_csv(tmp_path / f"of-{source.stem}" / "truth.csv")["account_id"]
        planted = (posts["platform"] + ":" + posts["account_id"]).is_in(truth.implode())
        assert (~planted).sum() == real
        assert planted.any()
    assert truth.str.starts_with("agora:").all()


def test_too_little_to_plant_in_is_said(tmp_path):
    (tmp_path / "p.csv").write_text("account_id,created_at,text\na,2024-01-01T00:00:00Z,hello\n", encoding="utf-8")
    with pytest.raises(InputError, match="two accounts or more"):
        corpus(scanned(tmp_path / "read", tmp_path / "p.csv"), seed=1)
