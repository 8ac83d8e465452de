"""Planted campaigns and decoys: what is found of them, by the default and by published methods; `--help` for options.

Synthetic worlds (docs/simulate.md), one for each seed and level, with a campaign of each size and decoys of every kind
or none, on all cores. One campaign is asked for at a time: the members of the others are left out of its figures, and
their networks out of the ranking. Accounts are ranked by each column of the table scores, of the method's own graph;
accounts outside it come last. `posts` and `random` are no methods but what any method has to beat: the number of posts,
and chance. Tiers need shuffles, which `--shuffles` asks for. Prints Markdown; `--json` keeps every row, `--show` prints
the tables and `--figure` draws the ladder of rows that were kept.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from world_tables import COLUMNS, RATES, TIERS, decoys, draw, ladder, methods, rows_of, tiers, worst

from cib import config as configs
from cib.evaluate.curve import curve_of, order_of
from cib.evaluate.simulate import world
from cib.pipeline.control import find_by_chance
from cib.pipeline.networks import find_networks, judge_networks
from cib.pipeline.processes import cores
from cib.pipeline.stages import check_windows, in_order, link_layer, read_posts
from cib.pipeline.state import Job, State
from cib.pipeline.store import Store
from cib.pipeline.texts import name_texts
from cib.settings.world import LADDER, WorldSettings

ROOT = Path(__file__).parents[1]


def planted(options: argparse.Namespace, seed: int, level: int, folder: Path) -> pl.DataFrame:
    """Write a world's posts and accounts into a folder; return the truth."""
    campaigns = {f"{size}@{level}": {"accounts": size, **LADDER[level], "level": level} for size in options.sizes}
    plan: dict[str, Any] = {
        "crowd": {"accounts": options.accounts, "community": options.accounts // 20},
        "campaigns": campaigns,
    }
    if not options.decoys:
        plan["decoys"] = {}
    posts, accounts, truth = world(WorldSettings.model_validate(plan), seed=seed)
    posts.write_parquet(folder / "posts.parquet")
    accounts.write_parquet(folder / "accounts.parquet")
    return truth


def found(config: str, folder: Path, shuffles: int) -> tuple[dict[str, pl.DataFrame], pl.DataFrame, dict[str, float]]:
    """Run a config up to the ranking; return networks, members, scores, explanations, account ids and seconds."""
    path = Path(config) if Path(config).is_file() else ROOT / "configs" / "methods" / f"{config}.toml"
    given = {
        "input.files": [str(folder / "posts.parquet")],
        "input.accounts": [str(folder / "accounts.parquet")],
        "control.runs": shuffles,
    }
    settings = configs.load(path, overrides=given)
    out = folder / "out" / path.stem
    out.mkdir(parents=True)
    state = State(
        Job(path.stem, settings, folder, out), Store(out / "cache"), lambda _: None, in_order(settings.active_layers)
    )
    read_posts(state)
    check_windows(state)
    name_texts(state)
    for name in state.layers:
        link_layer(state, name)
    find_networks(state)
    find_by_chance(state)
    judge_networks(state)
    tables = {
        name: pl.read_parquet(state.judged.file(f"{name}.parquet"))
        for name in ("networks", "members", "scores", "explanations")
    }
    tables["graph"] = pl.read_parquet(state.found.file("graph.parquet"))
    ids = pl.read_parquet(state.read.file("accounts.parquet"), columns=["account", "account_id"])
    return tables, ids, {f"{s.stage} {s.part}".strip(): s.seconds for s in state.stages}


def measures(truth: pl.DataFrame, scores: pl.DataFrame, name: str, by: str) -> dict[str, float]:
    """Return average precision and recalls of one campaign's members among all accounts but other campaigns'."""
    asked = truth.filter((pl.col("name") == name) | (pl.col("kind") != "campaign"))
    joined = asked.join(scores.select("account_id", by), on="account_id", how="left")
    mine = (joined["name"] == name).fill_null(value=False).to_numpy()
    curve = curve_of(order_of(joined[by].fill_null(0).cast(pl.Float64).to_numpy()), mine, np.ones(len(mine)))
    recalls = {f"{by} recall {rate}": curve.recall_at(rate) for rate in RATES}
    return {by: curve.average_precision()} | recalls


def networks_of(tables: dict[str, pl.DataFrame], ids: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Return each network with the name that most of its members have, that name's share and kind."""
    placed = tables["members"].join(ids, on="account").join(truth, on="account_id")
    named = placed.with_columns(pl.col("name").fill_null("public"))
    counted = (
        named.group_by("network", "name", "kind")
        .len()
        .sort(["network", "len", "name"], descending=[False, True, False])
    )
    top = counted.unique("network", keep="first", maintain_order=True)
    return (
        tables["networks"]
        .join(top, on="network")
        .with_columns(share=pl.col("len") / pl.col("accounts"))
        .sort("network")
    )


def rank_of(networks: pl.DataFrame, name: str) -> int | None:
    """Return the rank of the first network with a majority of a campaign, other campaigns' networks left out."""
    asked = networks.filter((pl.col("kind") != "campaign") | (pl.col("name") == name)).with_row_index("place", offset=1)
    mine = asked.filter((pl.col("name") == name) & (pl.col("share") > 0.5))
    return None if mine.is_empty() else int(mine["place"][0])


def tiers_of(networks: pl.DataFrame) -> dict[str, str]:
    """Return the highest tier of a network of which most is of one name, campaign, decoy or public, by name."""
    best = networks.filter(pl.col("share") > 0.5).group_by("name").agg(pl.col("tier"))
    return {name: min(tiers, key=TIERS.index) for name, tiers in best.rows()}


def trivial(which: str, folder: Path, seed: int) -> pl.DataFrame:
    """Return accounts with a score that asks nothing: how much they posted, or nothing at all."""
    named = pl.concat_str("platform", pl.lit(":"), "account_id").alias("account_id")
    posts = pl.read_parquet(folder / "posts.parquet", columns=["platform", "account_id"]).select(named)
    counted = posts.group_by("account_id").agg(score=pl.len().cast(pl.Float64)).sort("account_id")
    if which == "random":
        counted = counted.with_columns(score=pl.Series(np.random.default_rng(seed).random(len(counted))))
    return counted


def one(options: argparse.Namespace, seed_level: tuple[int, int]) -> list[dict[str, Any]]:
    """Return a row a config and campaign of one world."""
    return list(_rows(options, *seed_level))


def _rows(options: argparse.Namespace, seed: int, level: int) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth = planted(options, seed, level, folder)
        campaigns = truth.filter(pl.col("kind") == "campaign")["name"].unique().sort()
        for which in options.config.split(","):
            own = Path(which).is_file()
            base = {"config": Path(which).stem, "own": own, "seed": seed, "level": level, "decoys": options.decoys}
            if which in ("posts", "random"):
                scores = trivial(which, folder, seed)
                for campaign in campaigns:
                    yield base | {"campaign": campaign, "rank": None} | measures(truth, scores, campaign, "score")
                continue
            tables, ids, seconds = found(which, folder, options.shuffles)
            scores = tables["scores"].join(ids, on="account")
            networks = networks_of(tables, ids, truth)
            tiers = tiers_of(networks)
            wrong = networks.filter(pl.col("kind") != "campaign")
            base |= {"tiers": tiers, "wrong": len(wrong), "worst": wrong["score"].max(), "s": sum(seconds.values())}
            for campaign in campaigns:
                row = base | {"campaign": campaign, "rank": rank_of(networks, campaign)}
                for by in COLUMNS:
                    row |= measures(truth, scores, campaign, by)
                yield row


def told(rows: list[dict[str, Any]], *, shuffles: bool) -> str:
    """Return the tables of rows as Markdown."""
    several = len({row["config"] for row in rows}) > 1
    if several:
        return "\n\n".join(methods(rows, measure) for measure in ("", *map(str, RATES)))
    found = [ladder(rows), f"Highest score of a network of others: {worst(rows)}.", decoys(rows)]
    return "\n\n".join([*found, tiers(rows)] if shuffles else found)


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default=str(ROOT / "bench" / "default.toml"), help="configs or methods, by commas")
    parser.add_argument("--accounts", type=int, default=3000)
    parser.add_argument("--sizes", type=int, nargs="*", default=[5, 20, 50, 200])
    parser.add_argument("--levels", type=int, nargs="*", default=[0, 1, 2, 3])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1])
    parser.add_argument("--shuffles", type=int, default=0)
    parser.add_argument("--decoys", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--jobs", type=int, default=cores(), help="worlds at a time")
    parser.add_argument("--show", action="store_true", help="print the tables of the JSON files, and run nothing")
    parser.add_argument(
        "--json", type=Path, nargs="*", default=[], help="where rows are kept, or what is shown or drawn"
    )
    parser.add_argument("--figure", type=Path, help="draw the rows of the JSON files, and run nothing")
    options = parser.parse_args()
    if options.figure:
        draw(rows_of(*options.json), options.figure)
        return
    rows = rows_of(*options.json) if options.show else []
    os.environ.setdefault("POLARS_MAX_THREADS", str(max(1, cores() // options.jobs)))
    worlds = [] if options.show else [(seed, level) for seed in options.seeds for level in options.levels]
    with ProcessPoolExecutor(options.jobs, multiprocessing.get_context("spawn")) as pool:
        for found in pool.map(partial(one, options), worlds):
            rows += found
            for file in options.json:
                file.write_text(json.dumps(rows), encoding="utf-8")
    print(told(rows, shuffles=bool(options.shuffles)))


if __name__ == "__main__":
    main()
