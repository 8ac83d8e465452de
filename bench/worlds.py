"""Planted campaigns and decoys: what is found of them, by the default and by published methods; `--help` for options.

Synthetic worlds (docs/simulate.md) with campaigns of several sizes and levels each, and decoys of every kind or none.
One campaign is asked for at a time: the members of the others are left out of its average precision, and their networks
out of the ranking. Accounts are ranked by each column of the table scores, of the method's own graph; accounts outside
it come last. Tiers need shuffles, which `--shuffles` asks for. Prints Markdown.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from cib import config as configs
from cib.evaluate.simulate import world
from cib.pipeline.control import find_by_chance
from cib.pipeline.networks import find_networks, judge_networks
from cib.pipeline.stages import check_windows, in_order, link_layer, read_posts
from cib.pipeline.state import Job, State
from cib.pipeline.store import Store
from cib.settings.world import LADDER, WorldSettings

ROOT = Path(__file__).parents[1]


def planted(options: argparse.Namespace, seed: int, folder: Path) -> pl.DataFrame:
    """Write a world's posts and accounts into a folder; return the truth."""
    campaigns = {
        f"{size}@{level}": {"accounts": size, **LADDER[level], "level": level}
        for size in options.sizes
        for level in options.levels
    }
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


def precision(truth: pl.DataFrame, scores: pl.DataFrame, name: str, by: str) -> float:
    """Return the average precision of one campaign's members among all accounts but other campaigns' members."""
    from sklearn.metrics import average_precision_score

    asked = truth.filter((pl.col("name") == name) | (pl.col("kind") != "campaign"))
    joined = asked.join(scores.select("account_id", by), on="account_id", how="left")
    return float(average_precision_score((joined["name"] == name).fill_null(value=False), joined[by].fill_null(0)))


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


def one(config: str, options: argparse.Namespace, seed: int) -> list[dict[str, Any]]:
    """Return a row a campaign, and one of the decoys' tiers, of one config on one world."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth = planted(options, seed, folder)
        rows = []
        for which in config.split(","):
            tables, ids, seconds = found(which, folder, options.shuffles)
            scores = tables["scores"].join(ids, on="account")
            networks = networks_of(tables, ids, truth)
            wrong = networks.filter(pl.col("kind") != "campaign")
            by_kind = wrong.group_by("tier").len().sort("tier").rows()
            worst = wrong.head(3).select("network", "kind", "tier", "accounts", "score", "evidence").rows()
            print(f"# {Path(which).stem} {seed}: {dict(by_kind)} {worst} {sum(seconds.values()):.0f} s", flush=True)
            if options.show:
                named = ["network", "level", "tier", "score", "evidence", "p_family", "accounts", "name", "share"]
                print(networks.select(named).write_csv())
            for campaign in truth.filter(pl.col("kind") == "campaign")["name"].unique().sort():
                aps = {
                    by: precision(truth, scores, campaign, by)
                    for by in ("score", "coherence", "centrality", "strength")
                }
                rows.append(
                    {
                        "config": Path(which).stem,
                        "seed": seed,
                        "campaign": campaign,
                        "rank": rank_of(networks, campaign),
                        **aps,
                    }
                )
        return rows


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default=str(ROOT / "bench" / "world.toml"), help="configs or methods, by commas")
    parser.add_argument("--accounts", type=int, default=3000)
    parser.add_argument("--sizes", type=int, nargs="*", default=[20, 50])
    parser.add_argument("--levels", type=int, nargs="*", default=[0, 1, 2, 3])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1])
    parser.add_argument("--shuffles", type=int, default=0)
    parser.add_argument("--decoys", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = [row for seed in options.seeds for row in one(options.config, options, seed)]
    if options.json:
        options.json.write_text(json.dumps(rows))
    print("| config | campaign | worlds | AP of score, median | least | first | coherence | centrality | strength |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    frame = pl.DataFrame(rows, schema_overrides={"rank": pl.Int64})
    for (config, campaign), part in frame.group_by("config", "campaign", maintain_order=True):
        first = np.mean((part["rank"] == 1).fill_null(value=False).to_numpy())
        middle = [f"{part[by].median():.3f}" for by in ("score", "coherence", "centrality", "strength")]
        row = [config, campaign, len(part), middle[0], f"{part['score'].min():.3f}", f"{first:.0%}", *middle[1:]]
        print(f"| {' | '.join(map(str, row))} |", flush=True)


if __name__ == "__main__":
    main()
