"""Trials: what counts as found and as false, which campaigns share a copy, planting against files, kept work."""

import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cib import config as configs
from cib.evaluate.simulate import simulate
from cib.evaluate.trials import Bounds, Trials, World, copies, false_networks, ladder, prepared
from cib.evaluate.trials.found import found, reported_members
from cib.evaluate.trials.worlds import planted_read
from cib.intervals import of_count, of_share
from cib.pipeline import Job
from cib.pipeline.control import find_by_chance
from cib.pipeline.networks import find_networks, judge_networks
from cib.pipeline.stages import in_order, link_layer, read_posts
from cib.pipeline.state import State
from cib.pipeline.store import Store
from cib.pipeline.texts import name_texts
from tests.pipeline.made import write

PLANS = {"5@0": {"accounts": 5, "level": 0}, "12@2": {"accounts": 12, "level": 2}}


# What counts --------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 14)), unique=True, max_size=30),
    st.dictionaries(st.integers(0, 14), st.sampled_from(["x", "y"]), min_size=1),
)
def test_found_is_a_majority_that_holds_half_by_brute_force(placed, planted):
    got = found(
        pl.DataFrame(placed, schema={"network": pl.Int64, "account": pl.Int64}, orient="row"),
        pl.DataFrame(list(planted.items()), schema={"account": pl.Int64, "name": pl.String}, orient="row"),
    )
    networks = {n: {account for network, account in placed if network == n} for n in range(1, 5)}
    for name, is_found, share in got.iter_rows():
        mine = {account for account, group in planted.items() if group == name}
        own = [members & mine for members in networks.values() if len(members & mine) * 2 > len(members)]
        assert is_found == any(len(held) * 2 >= len(mine) for held in own)
        assert share == pytest.approx(len(set().union(*own)) / len(mine))
    assert got["name"].to_list() == sorted(set(planted.values()))


def test_networks_on_which_the_tool_abstains_are_not_reported():
    networks = pl.DataFrame({"network": [1, 2], "tier": ["C", "abstain"]})
    members = pl.DataFrame({"network": [1, 1, 2], "account": [3, 1, 2]})
    assert reported_members(networks, members).rows() == [(1, 1), (1, 3)]


@given(
    st.lists(st.tuples(st.floats(0, 9), st.lists(st.floats(0, 9), max_size=3)), min_size=2, max_size=7),
    st.integers(0, 9),
)
def test_a_shuffle_is_held_against_the_next_ones_by_brute_force(drawn, runs):
    shuffles = [{"most": most, "believed": believed} for most, believed in drawn]
    counted = false_networks(shuffles, runs)
    for place, one in enumerate(shuffles):
        ring = [*shuffles[place + 1 :], *shuffles[:place]][:runs]
        bound = max((other["most"] for other in ring), default=0.0)
        assert counted[place] == sum(evidence >= bound - 1e-9 for evidence in one["believed"])


@pytest.mark.parametrize("n", [5, 20, 50])
def test_intervals_of_shares_cover_as_they_say(n):
    """Exactly, by the binomial law: on average over p what they say, and nowhere far below it."""
    from scipy.stats import binom

    p = np.linspace(0.03, 0.97, 95)
    covered = np.zeros(len(p))
    for k in range(n + 1):
        low, high = of_share(k, n)
        covered += np.where((low <= p) & (p <= high), binom.pmf(k, n, p), 0)
    assert covered.mean() == pytest.approx(0.95, abs=0.012)
    assert covered.min() > 0.85


def test_intervals_of_counts_cover_at_least_as_they_say():
    rng = np.random.default_rng(4)
    for mean in (0.05, 0.4, 2.0):
        counted = rng.poisson(mean * 20, 2000)
        bounds = {int(k): of_count(int(k), 20) for k in np.unique(counted)}
        assert np.mean([bounds[int(k)][0] <= mean <= bounds[int(k)][1] for k in counted]) >= 0.95


# What is planted ----------------------------------------------------------------------------------


@given(
    st.lists(st.integers(2, 60), min_size=1, max_size=4, unique=True), st.integers(1, 3), st.floats(0, 0.2),
    st.integers(20, 900), st.integers(0, 5),
)  # fmt: skip
def test_every_step_is_planted_as_often_as_asked_and_no_copy_is_crowded(sizes, repetitions, together, accounts, seed):
    plan = ladder(sizes, [0, 3], repetitions=repetitions, together=together, seed=seed)
    made = copies(plan, accounts)
    planted = [(copy.repetition, name) for copy in made for name in copy.campaigns]
    assert sorted(planted) == sorted((n, cell.name) for n in range(repetitions) for cell in plan.cells)
    for copy in made:
        sizes_here = [campaign["accounts"] for campaign in copy.campaigns.values()]
        assert len(sizes_here) == 1 or sum(sizes_here) <= together * accounts
    assert [copy.seed for copy in made] == [seed + n for n in range(len(made))]
    assert made == copies(plan, accounts)


def job_of(config: Path, out: Path) -> Job:
    return Job(config.stem, configs.load(config), config.parent, out, str(config))


def ranked(job: Job) -> State:
    """A run without its report."""
    state = State(job, Store(job.out / "cache"), lambda _: None, in_order(job.settings.active_layers))
    read_posts(state)
    name_texts(state)
    for name in state.layers:
        link_layer(state, name)
    find_networks(state)
    find_by_chance(state)
    judge_networks(state)
    return state


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    """A small corpus that has been read, and its config."""
    folder = tmp_path_factory.mktemp("ground")
    config = write(folder, config="[control]\nruns = 2\n")
    job = job_of(config, folder / "out")
    return prepared(job, [job.settings], Bounds().watch), job, config


def test_a_planted_copy_is_what_simulate_would_have_written(ground, tmp_path):
    """The slow way: write real and planted posts to files, read them, run the config on them."""
    data, job, config = ground
    world = World("planted", 0, seed=5, campaigns=PLANS)
    text = "\n".join(
        f"[campaigns.'{name}']\naccounts = {p['accounts']}\nlevel = {p['level']}" for name, p in PLANS.items()
    )
    (tmp_path / "world.toml").write_text(f"[place]\nseed = {job.settings.run.seed}\n{text}\n", encoding="utf-8")
    simulate(tmp_path / "world.toml", tmp_path / "slow", into=config, seed=5)
    store = Store(tmp_path / "scratch")
    quick = pl.read_parquet(planted_read(data, world, store).file("posts.parquet"))
    layers = "[layers.url]\n[layers.text]\n[layers.hashtag]\n[control]\nruns = 0\n"
    slow_config = tmp_path / "slow" / "slow.toml"
    slow_config.write_text(slow_config.read_text() + layers)
    state = ranked(job_of(slow_config, tmp_path / "run"))
    slow = pl.read_parquet(state.read.file("posts.parquet"))
    columns = [name for name in slow.columns if name not in {"source_file", "source_row"}]
    assert len(quick) == len(slow)
    # The sample of real posts that planted ones are made of is drawn by another seed; what the campaign does is not.
    truth = pl.read_csv(tmp_path / "slow" / "truth.csv")
    real = slow.filter(~pl.col("account_id").is_in(truth["account_id"].implode()))
    assert quick.head(len(real)).select(columns).equals(real.select(columns))
    acts = ["post_id", "account_id", "created_at", "kind", "urls", "hashtags", "account", "post"]
    assert quick.tail(len(slow) - len(real)).select(acts).equals(slow.tail(len(slow) - len(real)).select(acts))
    kept = tmp_path / "kept"
    kept.mkdir()
    answer = Trials(data, [job.settings], kept).done([world], "copies", Bounds(), [[]])[0, 0]
    tables = [pl.read_parquet(state.judged.file(f"{name}.parquet")) for name in ("networks", "members")]
    accounts = pl.read_parquet(state.read.file("accounts.parquet"))
    expected = found(reported_members(*tables), truth.join(accounts, on="account_id").select("account", "name"))
    assert answer["campaigns"] == {name: [is_found, share] for name, is_found, share in expected.iter_rows()}
    assert answer["campaigns"]["5@0"] == [True, 1.0]


def test_a_shuffle_is_the_runs_own(ground, tmp_path):
    data, job, _ = ground
    control = [made.meta for made in ranked(Job("made", job.settings, job.root, tmp_path / "run")).controls]
    worlds = [World("shuffled", n) for n in range(2)]
    given = Trials(data, [job.settings], tmp_path).done(worlds, "shuffles", Bounds())
    for n in range(2):
        assert given[n, 0]["most"] == pytest.approx(control[n]["evidence"])
        assert given[n, 0]["links"] == control[n]["links"]


# What is kept -------------------------------------------------------------------------------------


def test_what_is_done_is_not_done_again_and_half_a_line_is_nothing(ground, tmp_path, monkeypatch):
    data, job, _ = ground
    worlds = [World("shuffled", n) for n in range(3)]
    over = Bounds(time.monotonic())
    assert sorted(Trials(data, [job.settings], tmp_path).done(worlds, "shuffles", over)) == [(0, 0)]
    ledger = tmp_path / "trials.ndjson"
    ledger.write_text(ledger.read_text() + '{"trial": "half')
    done: list[int] = []
    from cib.evaluate.trials import work

    here = work.answers
    monkeypatch.setattr(work, "answers", lambda task, trials: done.extend(trials) or here(task, trials))
    whole = Trials(data, [job.settings], tmp_path).done(worlds, "shuffles", Bounds())
    assert done == [1, 2]
    assert Trials(data, [job.settings], tmp_path).done(worlds, "shuffles", Bounds()) == whole
    assert done == [1, 2]


def test_other_settings_are_other_trials_and_a_report_is_not(ground, tmp_path):
    data, job, _ = ground
    worlds = [World("shuffled", 0)]
    Trials(data, [job.settings], tmp_path).done(worlds, "shuffles", Bounds())
    for key, value, new in (("graph.q", 0.5, 1), ("report.posts", 2, 0), ("control.runs", 7, 0), ("run.seed", 9, 1)):
        before = len(Trials(data, [job.settings], tmp_path).known)
        other = configs.changed(job.settings, {key: value})
        trials = Trials(data, [other], tmp_path)
        trials.done(worlds, "shuffles", Bounds())
        assert len(trials.known) - before == new, key


def test_processes_give_what_is_done_here(ground, tmp_path, monkeypatch):
    from cib.evaluate.trials import work

    data, job, _ = ground
    worlds = [World("shuffled", 0), *copies(ladder([6], [0], repetitions=2), 120)]
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    here = Trials(data, [job.settings], tmp_path / "here").done(worlds, "worlds", Bounds())
    monkeypatch.setattr(work, "_WORTH_S", 0.0)
    monkeypatch.setattr(work, "cores", lambda: 2)
    there = Trials(data, [job.settings], tmp_path / "there").done(worlds, "worlds", Bounds())
    plain = [
        {key: {n: v for n, v in got.items() if n != "seconds"} for key, got in gave.items()} for gave in (here, there)
    ]
    assert plain[0] == plain[1]
    assert sorted(here) == [(0, 0), (1, 0), (2, 0)]
