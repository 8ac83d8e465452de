"""Synthetic worlds: the same bytes again, nothing before its time, campaigns and decoys that do what they say."""

import json
from collections import Counter
from datetime import timedelta
from itertools import combinations, pairwise

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cib.cli import main
from cib.config import dump, load_as
from cib.errors import ConfigError
from cib.evaluate.simulate import asked, build, simulate, world
from cib.evaluate.simulate.campaign import cover_counts, participation
from cib.evaluate.simulate.clock import DAY, delays, moments
from cib.evaluate.simulate.tables import account_ids, post_ids
from cib.evaluate.simulate.words import invented, variants
from cib.read import read
from cib.settings import InputSettings
from cib.settings.world import DECOYS, LADDER, CampaignSettings, WorldSettings

SMALL = {"crowd": {"accounts": 400, "posts": 12, "community": 100}}
PLAN = {"campaigns": {f"level-{level}": {"level": level, "accounts": 15, "objects": 30} for level in LADDER}}


def made(**more):
    return world(WorldSettings.model_validate(SMALL | more))


@pytest.fixture(scope="module")
def full():
    return made(**PLAN)


def posts_of(tables, name):
    posts, _, truth = tables
    members = truth.filter(name=name)["account_id"].str.strip_prefix("synthetic:")
    return posts.filter(pl.col("account_id").is_in(members.implode()))


# The same again -----------------------------------------------------------------------------------


def run(folder, *words):
    return CliRunner().invoke(main, ["simulate", *map(str, words), "--out", str(folder)], catch_exceptions=False)


@pytest.mark.parametrize("form", ["parquet", "csv", "ndjson"])
def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path, form):
    words = ("--accounts", 60, "--posts", 5, "--campaign", "5@2", "--format", form)
    for name, seed in (("a/w", 4), ("b/w", 4), ("c/w", 5)):
        assert run(tmp_path / name, *words, "--seed", seed).exit_code == 0
    files = sorted(path.name for path in (tmp_path / "a/w").iterdir())
    assert files == sorted([f"accounts.{form}", f"posts.{form}", "simulation.toml", "truth.csv", "w.toml"])
    same = [(tmp_path / "a/w" / name).read_bytes() == (tmp_path / "b/w" / name).read_bytes() for name in files]
    assert all(same)
    assert (tmp_path / "a/w" / f"posts.{form}").read_bytes() != (tmp_path / "c/w" / f"posts.{form}").read_bytes()


def test_one_campaign_more_changes_nothing_else(full):
    without = made(campaigns={"level-0": PLAN["campaigns"]["level-0"]})
    others = full[2].filter((pl.col("kind") != "campaign") | (pl.col("name") == "level-0"))
    kept = others["account_id"].str.strip_prefix("synthetic:").implode()
    assert without[0].filter(pl.col("account_id").is_in(kept)).equals(full[0].filter(pl.col("account_id").is_in(kept)))
    assert without[1].equals(full[1].filter(pl.col("account_id").is_in(kept)))


def test_what_the_settings_file_says_makes_the_same_world(tmp_path):
    settings = WorldSettings.model_validate(SMALL | PLAN)
    (tmp_path / "x.toml").write_text(dump(settings), encoding="utf-8")
    assert load_as(WorldSettings, tmp_path / "x.toml") == settings


def test_a_large_world_comes_in_batches_with_the_same_posts(full, monkeypatch):
    monkeypatch.setattr("cib.evaluate.simulate.assemble._ONE_BATCH", 1000)
    batches = list(build(WorldSettings.model_validate(SMALL | PLAN)).batches())
    assert len(batches) > 1
    assert all(batch["created_at"].is_sorted() for batch in batches)
    assert pl.concat(batches).sort("created_at", "post_id").equals(full[0])


# Files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["parquet", "csv", "ndjson"])
def test_the_generic_reader_takes_the_files_without_a_mapping(tmp_path, form):
    run(tmp_path / "w", "--accounts", 80, "--posts", 5, "--campaign", "5@1", "--format", form)
    (tmp_path / "out").mkdir()
    settings = InputSettings(files=(f"posts.{form}",), accounts=(f"accounts.{form}",))
    summary = read(settings, root=tmp_path / "w", out=tmp_path / "out", memory=10**9)
    assert [(entry["format"], entry["refused"]) for entry in summary.inputs] == [("generic", 0)]
    posts = pl.read_parquet(tmp_path / "out/posts.parquet")
    truth = pl.read_csv(tmp_path / "w/truth.csv")
    assert set(posts["account_id"]) <= set(truth["account_id"])
    accounts = pl.read_parquet(tmp_path / "out/accounts.parquet")
    assert accounts["handle"].null_count() == accounts["created_at"].null_count() == 0
    ours = build(asked(None, accounts=80, posts=5, campaigns=["5@1"]))
    again = pl.concat(list(ours.batches()))
    names = ["post_id", "created_at", "kind", "parent_post_id", "text", "urls", "hashtags", "mentions", "language"]
    assert posts.select(names).equals(again.select(names))


def test_a_written_world_runs(tmp_path):
    config = tmp_path / "w" / "w.toml"
    run(tmp_path / "w", "--accounts", 600, "--posts", 6, "--campaign", "12@0", "--decoy", "none")
    layers = "[layers.repost]\n[layers.url]\n[layers.text]\n"
    config.write_text(config.read_text() + layers + "[graph]\nq = 1.0\n[control]\nruns = 0\n")
    answer = CliRunner().invoke(main, ["run", str(config), "--out", str(tmp_path / "run")], catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    members = pl.read_parquet(tmp_path / "run/tables/members.parquet")
    truth = pl.read_csv(tmp_path / "w/truth.csv").filter(kind="campaign")
    assert set(truth["account_id"]) <= set(members.filter(network=1)["account_id"])


# The crowd ----------------------------------------------------------------------------------------


def test_ids_are_unique_and_give_no_order_away(full):
    posts, accounts, truth = full
    assert posts["post_id"].is_unique().all()
    assert accounts["account_id"].is_unique().all()
    assert truth["account_id"].to_list() == [f"synthetic:{name}" for name in accounts["account_id"]]
    assert set(posts["account_id"]) <= set(accounts["account_id"])
    campaign = (truth["kind"] == "campaign").to_numpy()
    assert 0.3 < np.flatnonzero(campaign).mean() / len(campaign) < 0.7


def test_nothing_is_reposted_or_answered_before_it_is_there(full):
    posts = full[0]
    later = posts.join(
        posts.select(parent_post_id="post_id", born="created_at", author="account_id"), on="parent_post_id"
    )
    assert len(later) > 1000
    assert (later["created_at"] >= later["born"]).all()
    assert (later["author"] == later["parent_account_id"]).all()
    organic = later.filter(pl.col("kind") == "repost")
    texts = dict(posts.select("post_id", "text").iter_rows())
    assert organic.select(pl.col("text") == pl.col("parent_post_id").replace_strict(texts)).to_series().all()


def test_posts_stay_inside_the_world(full):
    days = full[0]["created_at"].dt.date()
    assert str(days.min()) == "2024-01-01"
    assert (days.max() - days.min()).days < 30


def test_the_crowd_sleeps_and_a_few_post_nearly_everything():
    posts, _, _ = world(WorldSettings.model_validate({"crowd": {"accounts": 1000, "zones": [0]}, "decoys": {}}))
    hours = Counter(posts["created_at"].dt.hour())
    assert hours[20] > 5 * hours[4]
    counts = posts.group_by("account_id").len()["len"].sort(descending=True)
    assert counts.head(10).sum() > 0.1 * counts.sum()
    assert counts.median() < 0.7 * counts.mean()


def test_communities_share_among_themselves():
    settings = {"accounts": 600, "posts": 20, "community": 200, "home": 1.0, "languages": ["aa", "bb", "cc"]}
    posts, _, _ = world(WorldSettings.model_validate({"crowd": settings, "decoys": {}}))
    tongue = posts.explode("urls").drop_nulls("urls").group_by("urls").agg(pl.col("language").n_unique())
    assert (tongue["language"] == 1).all()


def test_activity_is_as_much_as_asked(full):
    organic = (
        full[2].filter(kind="organic").height
        + full[2].filter(pl.col("kind").is_in(["news_day", "share_button"])).height
    )
    assert organic == 400
    posts, _, _ = world(WorldSettings.model_validate(SMALL | {"decoys": {}}))
    assert abs(len(posts) / (400 * 12) - 1) < 0.03


# Campaigns ----------------------------------------------------------------------------------------


@given(
    st.integers(2, 30), st.integers(1, 30), st.floats(0, 1), st.floats(0.3, 1), st.integers(0, 3), st.integers(0, 99)
)
def test_no_pair_meets_more_often_than_allowed(accounts, objects, share, on_duty, most, seed):
    rng = np.random.default_rng(seed)
    who, what = participation(rng, accounts, objects, min(share, on_duty), on_duty=on_duty, max_repeats=most)
    acts = list(zip(who.tolist(), what.tolist(), strict=True))
    assert len(set(acts)) == len(acts)
    met = Counter()
    for item in range(objects):
        met.update(combinations(sorted(member for member, other in acts if other == item), 2))
    assert not most or max(met.values(), default=0) <= most


def test_members_take_part_as_often_as_asked_and_by_roster():
    who, what = participation(np.random.default_rng(1), 50, 2000, 0.3, on_duty=0.6)
    assert abs(len(who) / 100_000 - 0.3) < 0.01
    acts = np.zeros((2000, 50))
    acts[what, who] = 1
    met = acts.T @ acts / 2000
    # In a ring of which 0.6 are on duty, opposite members meet on duty in 0.2 of the cases, neighbours in 0.6.
    off = met[~np.eye(50, dtype=bool)]
    assert 0.03 < off.min() < 0.05
    assert 0.14 < off.max() < 0.18


@given(st.lists(st.integers(0, 200), min_size=1, max_size=20), st.floats(0, 0.95), st.integers(0, 9))
def test_cover_is_the_share_that_was_asked_for(acts, cover, seed):
    counts = cover_counts(np.random.default_rng(seed), np.array(acts), cover)
    exact = np.maximum(acts, 1) * cover / (1 - cover)
    assert (np.abs(counts - exact) <= 1).all()


@pytest.mark.parametrize("law", ["uniform", "exponential", "lognormal"])
def test_delays_keep_to_their_law(law):
    drawn = delays(np.random.default_rng(2), 20_000, 1_000_000, law) / 1_000_000
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    truncated = (1 / 3) * np.log(2 / (1 + np.exp(-3)))  # the median of an exponential of mean 1/3, cut at 1
    assert abs(np.median(drawn) - {"uniform": 0.5, "exponential": truncated, "lognormal": 0.1}[law]) < 0.01


@pytest.mark.parametrize("level", LADDER)
def test_a_level_is_what_the_ladder_says(full, level):
    step = CampaignSettings(level=level)
    posts = posts_of(full, f"level-{level}")
    campaign = made(campaigns={f"level-{level}": PLAN["campaigns"][f"level-{level}"] | {"cover": 0.0}})
    acts = posts_of(campaign, f"level-{level}")
    assert abs(1 - len(acts) / len(posts) - step.cover) < 0.05 + 0.1 * (level == 5)
    own = acts.filter(pl.col("urls").list.first().str.contains("-"))
    spread = (
        own.explode("urls")
        .group_by("urls")
        .agg(n=pl.len(), width=pl.col("created_at").max() - pl.col("created_at").min())
    )
    if step.own == 0:
        assert own.is_empty()
    else:
        assert spread["width"].max() <= step.delay
        assert abs(spread["n"].mean() / 15 - step.share) < 0.15
    created = full[1].filter(pl.col("account_id").is_in(posts["account_id"].unique().implode()))["account_created_at"]
    if step.created_within:
        assert created.max() - created.min() <= step.created_within
    else:
        assert created.max() - created.min() > timedelta(days=365)


def test_popular_objects_are_the_worlds_own_and_taken_up_in_time(full):
    acts = posts_of(made(campaigns={"level-4": PLAN["campaigns"]["level-4"] | {"cover": 0.0}}), "level-4")
    members = set(acts["account_id"])
    others = full[0].filter(~pl.col("account_id").is_in(list(members)))
    reposted = acts.filter(kind="repost")["parent_post_id"].unique()
    assert len(reposted) > 5
    assert set(reposted) <= set(others["post_id"])
    assert others.filter(pl.col("parent_post_id").is_in(reposted.implode())).height > 5 * len(reposted)


def words_shared(one, other):
    a, b = set(one.split()), set(other.split())
    return len(a & b) / len(a | b)


def test_wordings_lie_as_far_apart_as_they_should():
    rng, words = np.random.default_rng(3), invented()
    base = words.draw(rng, np.zeros(1, dtype=int), 14)
    likeness = {}
    for wording in ("verbatim", "template", "paraphrase", "independent"):
        texts = variants(rng, words, base, np.zeros(40, dtype=int), wording).to_list()
        likeness[wording] = np.mean([words_shared(a, b) for a, b in combinations(texts, 2)])
    assert likeness["verbatim"] == 1
    assert 0.6 < likeness["template"] < 0.95
    assert 0.15 < likeness["paraphrase"] < 0.5
    assert likeness["independent"] < 0.25
    assert all(a > b for a, b in pairwise(likeness.values()))


def test_a_wordings_gaps_are_at_the_same_places_in_all_its_texts():
    rng, words = np.random.default_rng(3), invented()
    base = words.draw(rng, np.arange(2), 14)
    texts = variants(rng, words, base, np.repeat([0, 1], 50), "template").str.split(" ").to_list()
    for half in (texts[:50], texts[50:]):
        changing = [place for place in range(14) if len({text[place] for text in half}) > 1]
        assert len(changing) == 3
        assert all(len({text[place] for text in half}) <= 6 for place in changing)


# Decoys -------------------------------------------------------------------------------------------


def test_every_kind_of_decoy_is_there_and_marked(full):
    kinds = dict(full[2].filter(pl.col("kind") != "organic").group_by("kind").len().iter_rows())
    assert kinds.keys() == {*DECOYS, "campaign"}
    assert kinds["fans"] == 60
    assert kinds["campaign"] == 15 * len(LADDER)
    assert full[2].filter(pl.col("level").is_not_null())["kind"].unique().to_list() == ["campaign"]


def test_fans_repost_one_star(full):
    reposts = posts_of(full, "fans").filter(kind="repost")
    star, share = reposts["parent_account_id"].value_counts(normalize=True).sort("proportion").row(-1)
    assert share > 0.5
    assert full[0].filter(pl.col("parent_account_id") == star)["account_id"].n_unique() > 100


def test_a_newsroom_posts_its_pages_within_a_minute_and_says_who_it_is(full):
    acts = posts_of(full, "newsroom").filter(client="Newsdesk").explode("urls")
    widths = acts.group_by("urls").agg(width=pl.col("created_at").max() - pl.col("created_at").min())["width"]
    assert len(widths) == 60
    assert widths.max() <= timedelta(minutes=1)
    about = full[1].filter(pl.col("account_id").is_in(acts["account_id"].unique().implode()))
    assert about["verified"].all()
    assert about["description"].unique().to_list() == ["Official account of newsroom"]


def test_feeds_keep_to_their_five_minutes(full):
    acts = posts_of(full, "feeds").filter(client="Feed Poster")
    phases = acts.select("account_id", phase=pl.col("created_at").dt.epoch("us") % 300_000_000).unique()
    assert phases["account_id"].is_unique().all()
    assert acts.select("text", "urls").unique().height == 120


def test_activists_meet_on_three_evenings_under_one_hashtag(full):
    tagged = posts_of(full, "activists").explode("hashtags")
    tag, _ = tagged["hashtags"].drop_nulls().value_counts().sort("count").row(-1)
    acts = tagged.filter(hashtags=tag)
    assert acts["created_at"].dt.date().n_unique() <= 4
    copies = acts["text"].value_counts().filter(pl.col("count") > 1)["count"].sum()
    assert 0.3 < copies / len(acts) < 0.5


def test_a_share_button_is_pressed_at_any_time(full):
    acts = full[0].filter(client="Share Button")
    assert acts["text"].n_unique() <= 15
    assert acts["created_at"].dt.date().n_unique() > 20


def test_a_day_of_news_is_one_day(full):
    members = full[2].filter(kind="news_day")["account_id"].str.strip_prefix("synthetic:")
    busy = full[0].filter(pl.col("account_id").is_in(members.implode())).group_by(pl.col("created_at").dt.date()).len()
    assert busy["len"].max() > 3 * busy["len"].median()


# Parts --------------------------------------------------------------------------------------------


def test_no_two_numbers_make_one_id():
    numbers = np.r_[np.arange(50_000), np.arange(50_000) + (1 << 41)]
    assert post_ids(numbers).is_unique().all()
    assert account_ids(numbers).is_unique().all()
    assert invented().words.is_unique().all()


def test_moments_of_an_account_come_in_sessions():
    owner = np.repeat(np.arange(50), 60)
    at = moments(np.random.default_rng(1), owner, np.zeros_like(owner), 30 * DAY, session=600_000_000, per_session=3.0)
    gaps = np.concatenate([np.diff(np.sort(at[owner == one])) for one in range(50)])
    assert np.mean(gaps < 1_800_000_000) > 0.5
    assert at.min() >= 0
    assert at.max() < 30 * DAY


# What is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--campaign", "twenty"), "--campaign takes SIZE@LEVEL, such as 20@2"),
        (("--campaign", "20@9"), "campaigns.campaign-1.level must be between 0 and 5. Got 9."),
        (("--decoy", "fan"), "--decoy takes KIND or SIZE@KIND"),
        (("--accounts", "3"), "crowd.accounts must be between 10 and 10000000. Got 3."),
        (("--into", "nowhere.csv"), "nowhere.csv"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    answer = run(tmp_path / "w", *words)
    assert answer.exit_code in {2, 3}
    assert said in answer.stderr
    assert "Traceback" not in answer.output


def test_a_wrong_key_of_a_world_is_named_with_its_line(tmp_path):
    (tmp_path / "w.toml").write_text("[crowd]\naccounts = 50\nrepost = 0.1\n[campaigns.x]\nshare = 0.9\nlevel = 4\n")
    with pytest.raises(ConfigError) as refused:
        load_as(WorldSettings, tmp_path / "w.toml")
    first, second = str(refused.value).splitlines()
    assert first.endswith("w.toml:3: crowd.repost is not a known key. Did you mean 'reposts'?")
    assert "w.toml:4: campaigns.x share must not exceed on_duty" in second


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "mine.txt").write_text("mine")
    answer = run(tmp_path / "w", "--accounts", 20, "--posts", 2, "--decoy", "none")
    assert answer.exit_code == 5
    assert [path.name for path in (tmp_path / "w").iterdir()] == ["mine.txt"]


def test_csv_lists_are_json(tmp_path):
    simulate(None, tmp_path / "w", form="csv", accounts=50, posts=4, decoys=["none"])
    posts = pl.read_csv(tmp_path / "w/posts.csv", infer_schema=False)
    for column in ("urls", "hashtags", "mentions"):
        assert all(isinstance(json.loads(cell), list) for cell in posts[column].drop_nulls())
