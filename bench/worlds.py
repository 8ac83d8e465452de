"""Planted campaigns and decoys: what is found of them, by the default and by published methods; `--help` for options.

Synthetic worlds (docs/simulate.md), one for each seed and level, with a campaign of each size and decoys of every kind
or none. One campaign is asked for at a time: the members of the others are left out of its figures, and their networks
out of the ranking. Accounts are ranked by each column of the table scores, of the method's own graph; accounts outside
it come last. `posts` and `random` are no methods but what any method has to beat: the number of posts, and chance.
Tiers need shuffles, which `--shuffles` asks for. Prints Markdown; `--json` keeps every row, `--figure` draws the rows
of such files.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from cib import config as configs
from cib.evaluate.curve import curve_of, order_of
from cib.evaluate.simulate import world
from cib.pipeline.control import find_by_chance
from cib.pipeline.networks import find_networks, judge_networks
from cib.pipeline.stages import check_windows, in_order, link_layer, read_posts
from cib.pipeline.state import Job, State
from cib.pipeline.store import Store
from cib.pipeline.texts import name_texts
from cib.settings.world import LADDER, WorldSettings

ROOT = Path(__file__).parents[1]
COLUMNS = ("score", "coherence", "centrality", "strength")
RATES = (0.001, 0.01, 0.05)
TIERS = ("A", "B", "C", "abstain")


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


def one(options: argparse.Namespace, seed: int, level: int) -> Iterator[dict[str, Any]]:
    """Yield a row a config and campaign of one world."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth = planted(options, seed, level, folder)
        campaigns = truth.filter(pl.col("kind") == "campaign")["name"].unique().sort()
        for which in options.config.split(","):
            base = {"config": Path(which).stem, "seed": seed, "level": level, "decoys": options.decoys}
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
            print(f"# {base}", flush=True)
            if options.show:
                named = ["network", "level", "tier", "score", "evidence", "p_family", "accounts", "name", "share"]
                print(networks.select(named).write_csv())
            for campaign in campaigns:
                row = base | {"campaign": campaign, "rank": rank_of(networks, campaign)}
                for by in COLUMNS:
                    row |= measures(truth, scores, campaign, by)
                yield row


def of_campaigns(frame: pl.DataFrame) -> None:
    """Print a row a config and campaign."""
    print(
        "| config | campaign | worlds | AP of score: median | mean | least | first | coherence | centrality |strength|"
    )
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for (config, campaign), part in frame.group_by("config", "campaign", maintain_order=True):
        first = np.mean((part["rank"] == 1).fill_null(value=False).to_numpy())
        of = [part["score"].median(), part["score"].mean(), part["score"].min()]
        others = [part[by].median() for by in COLUMNS[1:]]
        said = ["" if value is None else f"{value:.3f}" for value in (*of, *others)]
        print(f"| {' | '.join(map(str, [config, campaign, len(part), *said[:3], f'{first:.0%}', *said[3:]]))} |")


def of_methods(frame: pl.DataFrame) -> None:
    """Print average precision and recalls, medians over worlds: of each method by the best of its columns."""
    print("\n| campaign | config | column | AP | " + " | ".join(f"recall at {rate:.1%}" for rate in RATES) + " |")
    print("|---|---|---|---:|---:|---:|---:|")
    for (campaign, config), part in frame.group_by("campaign", "config", maintain_order=True):
        columns = [by for by in COLUMNS if part[by].null_count() < len(part)]
        default = config == "world" or len(columns) == 1
        by = "score" if default else max(columns, key=lambda column: part[column].median() or 0.0)  # type: ignore[arg-type]
        values = [part[column].median() for column in (by, *(f"{by} recall {rate}" for rate in RATES))]
        print(f"| {campaign} | {config} | {by} | {' | '.join(f'{value:.3f}' for value in values)} |")


def of_tiers(rows: list[dict[str, Any]]) -> None:
    """Print how often each name's best network reached each tier, of the worlds that hold the name."""
    worlds = {(row["config"], row["seed"], row["level"]): row.get("tiers", {}) for row in rows if "tiers" in row}
    names = sorted({name for tiers in worlds.values() for name in tiers})
    print(
        "\n| config, most of a network is | " + " | ".join(TIERS) + " | in no network |\n|---|---:|---:|---:|---:|---:|"
    )
    for config in dict.fromkeys(config for config, _, _ in worlds):
        mine = {key: tiers for key, tiers in worlds.items() if key[0] == config}
        for name in names:
            held = [tiers for (_, _, level), tiers in mine.items() if "@" not in name or name.endswith(f"@{level}")]
            counts = [sum(tiers.get(name) == tier for tiers in held) for tier in TIERS]
            print(f"| {config}, {name} | {' | '.join(map(str, counts))} | {len(held) - sum(counts)} |")


def draw(files: list[Path], out: Path) -> None:
    """Draw the median average precision of each size over the levels, with and without decoys."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "cib"
    rows = [row for file in files for row in json.loads(file.read_text()) if row["config"] == "world"]
    frame = pl.DataFrame(rows, infer_schema_length=None).select("campaign", "level", "decoys", "score")
    frame = frame.with_columns(size=pl.col("campaign").str.extract(r"^(\d+)").cast(pl.Int64))
    figure, both = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True, layout="constrained")
    for axes, decoys in zip(both, (False, True), strict=True):
        for (size,), part in frame.filter(decoys=decoys).sort("size", "level").group_by("size", maintain_order=True):
            by_level = part.group_by("level", maintain_order=True).agg(
                low=pl.col("score").quantile(0.25), middle=pl.col("score").median(), high=pl.col("score").quantile(0.75)
            )
            axes.plot(by_level["level"], by_level["middle"], marker="o", label=f"{size} accounts")
            axes.fill_between(by_level["level"], by_level["low"], by_level["high"], alpha=0.2)
        axes.set(title="with decoys" if decoys else "without decoys", xlabel="level of the ladder", ylim=(-0.02, 1.02))
    both[0].set_ylabel("average precision of score")
    both[0].legend(frameon=False, fontsize="small")
    figure.savefig(out, metadata={"Date": None})


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default=str(ROOT / "bench" / "world.toml"), help="configs or methods, by commas")
    parser.add_argument("--accounts", type=int, default=3000)
    parser.add_argument("--sizes", type=int, nargs="*", default=[5, 20, 50, 200])
    parser.add_argument("--levels", type=int, nargs="*", default=[0, 1, 2, 3])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1])
    parser.add_argument("--shuffles", type=int, default=0)
    parser.add_argument("--decoys", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--json", type=Path, nargs="*", default=[], help="where rows are kept; what --figure draws")
    parser.add_argument("--figure", type=Path, help="draw the rows of the JSON files, and nothing else")
    options = parser.parse_args()
    if options.figure:
        draw(options.json, options.figure)
        return
    rows = []
    for seed in options.seeds:
        for level in options.levels:
            rows += one(options, seed, level)
            for file in options.json:
                file.write_text(json.dumps(rows))
    columns = dict.fromkeys(COLUMNS, pl.Float64) | {"rank": pl.Int64}
    frame = pl.DataFrame(
        [{name: value for name, value in row.items() if name != "tiers"} for row in rows],
        schema_overrides=columns, infer_schema_length=None,
    )  # fmt: skip
    for column in columns:
        frame = frame if column in frame.columns else frame.with_columns(pl.lit(None, pl.Float64).alias(column))
    of_campaigns(frame)
    of_methods(frame)
    of_tiers(rows)


if __name__ == "__main__":
    main()
