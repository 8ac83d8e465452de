"""Made-up run folders that keep the contracts: consistent posts, evidence, edges, graph and networks of any size."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from cib.report.run import RunFiles
from cib.settings import Settings
from cib.tables import EVIDENCE, KIND, POSTS, RUN_TABLES, STRINGS, TIME

START = datetime(2016, 3, 1, tzinfo=UTC)
WINDOWS = {"repost": 60, "url": 3600, "text": 86400}
HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://x.example","y")',
    "  +1+cmd|' /C calc'!A0",
    "javascript:alert(1)//",
    '"><img src=x onerror=alert(1)>',
    "safe\u202egnp.exe",
    "nul\x00 bell\x07 escape\x1b[31m",
    "{{ 7*7 }}{% raw %}",
    "<!--",
    "</style><svg onload=alert(1)>",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \U0001f469\u200d\U0001f680 $x^2$",
    "\uff1dcmd",
    "@SUM(A1)",
    "]]>&amp;&#x3c;",
)


@dataclass(frozen=True)
class Size:
    """How large a made run is."""

    accounts: int = 40
    posts: int = 600
    networks: int = 3
    events: int = 60
    largest: int = 10


def run(folder: Path, size: Size = Size(), *, seed: int = 1, resolution: int = 60) -> RunFiles:
    """Write a run in which each network's members repost, link and copy the same things, and return its files."""
    rng = np.random.default_rng(seed)
    accounts = _accounts(size, rng)
    groups = _groups(size, rng)
    acts = _acts(groups, size, rng, resolution)
    posts = _posts(acts, accounts, size, rng)
    evidence = _evidence(acts, accounts)
    edges = _edges(evidence)
    graph = _graph(edges)
    members = _members(groups, accounts, graph, rng)
    tables = {
        "accounts": accounts.drop("account"),
        "edges": edges,
        "repetition": RUN_TABLES["repetition"].empty(),
        "graph": graph,
        "networks": _networks(members, edges, rng),
        "members": members,
        "explanations": _explanations(members),
        "scores": _scores(members, graph, rng),
        "changes": RUN_TABLES["changes"].empty(),
        "verdicts": RUN_TABLES["verdicts"].empty(),
        "indicators": _indicators(accounts, rng),
        **_together(members),
        "generic": pl.DataFrame(
            {"text": HOSTILE, "accounts": 30, "posts": 40, "connected": 0.01, "why": "many accounts"},
            schema=RUN_TABLES["generic"].schema,
        ),
        "ledger": _ledger(posts),
    }
    return write(folder, tables, evidence, posts, manifest(tables, evidence, posts))


def empty(folder: Path) -> RunFiles:
    """Write a run that read nothing and found nothing."""
    tables = {name: table.empty() for name, table in RUN_TABLES.items()}
    posts = POSTS.empty()
    return write(folder, tables, {}, posts, manifest(tables, {}, posts))


def write(
    folder: Path,
    tables: dict[str, pl.DataFrame],
    evidence: dict[str, pl.DataFrame],
    posts: pl.DataFrame,
    about: dict[str, Any],
) -> RunFiles:
    """Write the files of a run, every table checked against its contract."""
    for name in ("tables", "evidence"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        RUN_TABLES[name].check(frame).write_parquet(folder / "tables" / f"{name}.parquet")
    for layer, frame in evidence.items():
        EVIDENCE.check(frame).write_parquet(folder / "evidence" / f"{layer}.parquet")
    POSTS.check(posts).write_parquet(folder / "posts.parquet")
    refused = [{"file": "x.csv", "row": 7, "reason": "the time cannot be read", "start": "a,b"}] * 2 + [
        {"file": "<b>", "row": 9, "reason": HOSTILE[0], "start": HOSTILE[1]}
    ]
    (folder / "quarantine.ndjson").write_text("".join(json.dumps(row) + "\n" for row in refused))
    (folder / "manifest.json").write_text(json.dumps(about))
    return RunFiles(folder, folder / "posts.parquet")


def _accounts(size: Size, rng: np.random.Generator) -> pl.DataFrame:
    n = size.accounts
    hostile = [HOSTILE[i] if i < len(HOSTILE) else f"user_{i:05d}" for i in range(n)]
    frame = pl.DataFrame(
        {
            "account_id": [f"made:{i:06d}{h if i < len(HOSTILE) else ''}" for i, h in enumerate(hostile)],
            "handle": hostile,
        }
    )
    created = pl.Series(np.datetime64("2014-01-01T00:00:00", "us") + rng.integers(0, 700, n).astype("timedelta64[D]"))
    frame = frame.with_columns(
        platform=pl.lit("made"),
        name=pl.col("handle"),
        created_at=created.dt.replace_time_zone("UTC").cast(TIME),
        followers=pl.Series(rng.integers(0, 5000, n)),
        following=pl.Series(rng.integers(0, 5000, n)),
        post_count=pl.Series(rng.integers(1, 9000, n)),
        description=pl.col("handle"),
        verified=pl.lit(value=False),
        default_profile=pl.lit(None, dtype=pl.Boolean),
        label=pl.when(pl.int_range(pl.len()) % 5 == 0).then(pl.lit("troll")),
    ).sort("account_id")
    return frame.with_columns(account=pl.int_range(pl.len(), dtype=pl.UInt32))


def _groups(size: Size, rng: np.random.Generator) -> pl.DataFrame:
    """Return network and account (number) of each member; networks get smaller with rank."""
    sizes = [max(3, size.largest // (k + 1)) for k in range(size.networks)]
    who = rng.permutation(size.accounts)[: sum(sizes)]
    return pl.DataFrame(
        {"network": np.repeat(np.arange(1, size.networks + 1), sizes)[: len(who)], "account": who}
    ).cast(pl.UInt32)


def _acts(groups: pl.DataFrame, size: Size, rng: np.random.Generator, resolution: int) -> pl.DataFrame:
    """Return the acts of the members: each event is one object that some members touch within the layer's window."""
    parts = []
    for (network,), members in groups.group_by("network", maintain_order=True):
        for layer, window in WINDOWS.items():
            count = max(3, min(len(members), 12))
            who = np.stack(
                [rng.choice(members["account"].to_numpy(), count, replace=False) for _ in range(size.events)]
            )
            when = rng.integers(0, 300 * 86400, size.events)[:, None] + rng.exponential(window / 6, who.shape).clip(
                0, window / 2
            )
            part = pl.DataFrame({"account": who.ravel(), "second": when.ravel() // resolution * resolution})
            event = pl.Series(np.repeat(np.arange(size.events), count))
            parts.append(
                part.with_columns(
                    layer=pl.lit(layer), object=pl.format("{}://net{}/{}", pl.lit(layer), pl.lit(network), event)
                )
            )
    time = (pl.lit(START).cast(TIME) + pl.duration(seconds=pl.col("second"))).cast(TIME)
    return pl.concat(parts).with_columns(created_at=time, row=pl.int_range(pl.len(), dtype=pl.UInt32)).drop("second")


def _posts(acts: pl.DataFrame, accounts: pl.DataFrame, size: Size, rng: np.random.Generator) -> pl.DataFrame:
    noise = pl.DataFrame({"account": rng.integers(0, size.accounts, size.posts)}).with_columns(
        created_at=(
            pl.lit(START).cast(TIME) + pl.duration(seconds=pl.Series(rng.integers(0, 300 * 86400, size.posts)))
        ).cast(TIME),
        object=pl.lit("nothing shared"),
    )
    both = pl.concat([acts.select("account", "created_at", "object"), noise.cast({"account": pl.UInt32})])
    n = len(both)
    hostile = pl.Series([*HOSTILE, "long " * 200_000])[
        np.arange(n) % (len(HOSTILE) + 1) if n < 5000 else np.arange(n) % len(HOSTILE)
    ]
    empty = pl.lit(None, dtype=STRINGS)
    text = pl.lit(None, dtype=pl.String)
    return both.join(accounts.select("account", "account_id"), on="account", how="left", maintain_order="left").select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("post"),
        "account",
        pl.format("p{}", pl.int_range(pl.len())).alias("post_id"),
        "account_id",
        pl.lit("made").alias("platform"),
        "created_at",
        pl.lit("original").cast(KIND).alias("kind"),
        text.alias("parent_post_id"),
        text.alias("parent_account_id"),
        pl.format("{} {} https://news.example/{}", hostile, "object", pl.int_range(pl.len())).alias("text"),
        pl.lit("en").alias("language"),
        *(empty.alias(name) for name in ("urls", "hashtags", "mentions", "media", "objects")),
        text.alias("client"),
        pl.lit("made.csv").alias("source_file"),
        pl.int_range(2, pl.len() + 2, dtype=pl.UInt32).alias("source_row"),
    )


def _evidence(acts: pl.DataFrame, accounts: pl.DataFrame) -> dict[str, pl.DataFrame]:
    named = acts.join(accounts.select("account", "account_id"), on="account")
    pairs = named.join(named, on=["layer", "object"], suffix="_target").filter(
        pl.col("account_id") < pl.col("account_id_target")
    )
    frame = pairs.select(
        "layer",
        pl.col("account_id").alias("source"),
        pl.col("account_id_target").alias("target"),
        "object",
        pl.format("p{}", "row").alias("post_source"),
        pl.format("p{}", "row_target").alias("post_target"),
        pl.col("created_at").alias("time_source"),
        pl.col("created_at_target").alias("time_target"),
        ((pl.col("created_at_target") - pl.col("created_at")).dt.total_microseconds() / 1e6).alias("delta_s"),
        pl.col("row").alias("row_source"),
        "row_target",
    )
    return {
        layer: frame.filter(layer=layer)
        .drop("layer")
        .sort("source", "target", "time_source", "row_source", "row_target")
        for layer in WINDOWS
    }


def _edges(evidence: dict[str, pl.DataFrame]) -> pl.DataFrame:
    pairs = pl.concat(frame.with_columns(layer=pl.lit(layer)) for layer, frame in evidence.items())
    distance = pl.col("delta_s").abs()
    return (
        pairs.group_by("layer", "source", "target")
        .agg(
            objects=pl.col("object").n_unique().cast(pl.UInt32),
            pairs=pl.len().cast(pl.UInt64),
            first_at=pl.min_horizontal("time_source", "time_target").min(),
            last_at=pl.max_horizontal("time_source", "time_target").max(),
            delta_median_s=distance.median(),
            lead=(pl.col("delta_s") > 0).mean(),
            messages_source=pl.col("row_source").n_unique().cast(pl.UInt32),
            messages_target=pl.col("row_target").n_unique().cast(pl.UInt32),
            posts_first=pl.col("row_source").n_unique().cast(pl.UInt32),
            posts_second=pl.col("row_target").n_unique().cast(pl.UInt32),
            delta_mean_s=distance.mean(),
        )
        .with_columns(
            overlap=pl.col("objects"),
            similarity=pl.lit(0.2),
            expected=pl.col("objects") * 0.05,
            expected_sync=pl.col("objects") * 0.1,
        )
        .with_columns(
            llr=pl.col("objects") * 1.5, p_overlap=(-pl.col("objects").cast(pl.Float64)).exp(), p_sync=pl.lit(0.001)
        )
        .with_columns(p=pl.col("p_overlap"), q=pl.col("p_overlap"), weight=pl.col("llr"), kept=pl.lit(value=True))
        .with_columns(
            pl.lit(None, dtype).alias(name) for name, dtype in RUN_TABLES["edges"].schema.items() if "fast" in name
        )
        .select(list(RUN_TABLES["edges"].columns))
        .sort("layer", "source", "target")
    )


def _graph(edges: pl.DataFrame) -> pl.DataFrame:
    return (
        edges.sort("llr", descending=True)
        .group_by("source", "target", maintain_order=True)
        .agg(
            weight=pl.col("llr").sum(),
            layers=pl.col("layer"),
            objects=pl.col("objects").sum().cast(pl.UInt32),
            acts=pl.col("objects").sum().cast(pl.UInt32),
            q=pl.col("q").min(),
            first_at=pl.col("first_at").min(),
            last_at=pl.col("last_at").max(),
        )
        .select(list(RUN_TABLES["graph"].columns))
        .sort("source", "target")
    )


def _members(
    groups: pl.DataFrame, accounts: pl.DataFrame, graph: pl.DataFrame, rng: np.random.Generator
) -> pl.DataFrame:
    ends = pl.concat(graph.select(pl.col(end).alias("account_id"), "weight") for end in ("source", "target"))
    strength = ends.group_by("account_id").agg(strength=pl.col("weight").sum())
    named = (
        groups.join(accounts.select("account", "account_id"), on="account")
        .join(strength, on="account_id")
        .sort("network", "account_id")
    )
    n = len(named)
    return named.with_columns(
        share_inside=pl.Series(rng.uniform(0.7, 1, n)),
        stability=pl.Series(rng.uniform(0.6, 1, n)),
        role=pl.Series(rng.choice(["leader", "amplifier", "peripheral"], n)),
        coordination=pl.lit(None, pl.Float64),
        home=pl.lit(value=True),
    ).select(list(RUN_TABLES["members"].columns))


def _networks(members: pl.DataFrame, edges: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    of = members.select("account_id", "network")
    inside = edges.join(of, left_on="source", right_on="account_id").join(
        of, left_on="target", right_on="account_id", suffix="_b"
    )
    inside = inside.filter(pl.col("network") == pl.col("network_b"))
    totals = inside.group_by("network").agg(
        edges=pl.struct("source", "target").n_unique().cast(pl.UInt32),
        layers=pl.col("layer").unique().sort(),
        objects=pl.col("objects").sum().cast(pl.UInt32),
        first_at=pl.col("first_at").min(),
        last_at=pl.col("last_at").max(),
    )
    frame = (
        members.group_by("network").agg(accounts=pl.len().cast(pl.UInt32)).join(totals, on="network").sort("network")
    )
    size = pl.col("accounts").cast(pl.Float64)
    tier = pl.col("network").replace_strict([1, 2], ["B", "C"], default="abstain")
    return (
        frame.with_columns(
            level=pl.lit("theme"),
            tier=tier,
            tier_reason=pl.lit("Only two layers agree; A needs three."),
            evidence=pl.Series(np.sort(rng.uniform(5, 60, len(frame)))[::-1]),
            factor_support=pl.lit(1.0),
            factor_layers=pl.lit(0.85),
            factor_exclusivity=pl.lit(0.9),
            factor_synchrony=pl.lit(1.0),
            factor_stability=pl.lit(0.8),
            factor_organic=pl.lit(0.5),
            p_family=pl.lit(0.05),
            ratio=pl.lit(1.3),
            parent=pl.lit(None, dtype=pl.UInt32),
            density=(2 * pl.col("edges") / (size * (size - 1))).clip(0, 1),
            days=pl.lit(40, dtype=pl.UInt32),
            exclusivity=pl.lit(0.62),
            synchrony=pl.lit(0.7),
            stability=pl.lit(0.8),
        )
        .with_columns(score=pl.col("evidence") * 0.306)
        .select(list(RUN_TABLES["networks"].columns))
    )


def _explanations(members: pl.DataFrame) -> pl.DataFrame:
    told = pl.DataFrame(
        [
            ("fans", 0.95, True, 0.5, f"95 % of the posts that link them repost one account: {HOSTILE[0]}."),
            ("one_day", 0.1, True, 1.0, "10 % of what links them lies within 24 hours from 2016-03-02."),
            ("feeds", None, False, 1.0, "The data cannot tell: it needs 20 posts of half of the members."),
        ],
        schema=["name", "value", "applicable", "factor", "sentence"],
        orient="row",
    )
    return members.select("network").unique().sort("network").join(told, how="cross")


def _scores(members: pl.DataFrame, graph: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    ends = pl.concat(graph.select(pl.col(end).alias("account_id"), "weight") for end in ("source", "target"))
    summed = ends.group_by("account_id").agg(links=pl.len().cast(pl.UInt32), strength=pl.col("weight").sum())
    return (
        summed.join(members.select("account_id", "network"), on="account_id", how="left")
        .sort("account_id")
        .with_columns(
            score=pl.Series(rng.uniform(0, 9, len(summed))),
            coherence=pl.lit(2.0),
            centrality=pl.lit(1.0),
            coordination=pl.lit(None, pl.Float64),
        )
        .select(list(RUN_TABLES["scores"].columns))
    )


def _indicators(accounts: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    names = pl.DataFrame({"name": ["posts_per_day", "night_share", "interval_entropy", "follower_ratio"]})
    frame = accounts.select("account_id").join(names, how="cross").sort("account_id", "name")
    n = len(frame)
    known = pl.Series(rng.uniform(size=n) > 0.2)
    value = pl.Series(np.round(rng.uniform(-3, 90, n), 3))
    return frame.with_columns(
        value=pl.when(known).then(value),
        percentile=pl.when(known).then(pl.Series(rng.uniform(size=n))),
        applicable=known,
        sentence=pl.when(known)
        .then(pl.format("Its value is {}.", value))
        .otherwise(pl.lit("Insufficient data: fewer than 36 posts.")),
    ).select(list(RUN_TABLES["indicators"].columns))


def _together(members: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return what is said of each network's accounts together; of the first also pairs that meet or keep apart."""
    networks = members.select("network").unique().sort("network")
    number, missing = pl.col("network"), pl.lit(None, dtype=pl.Float64)
    names = pl.DataFrame({"name": ["night_share", "posts_per_day"], "p": [1e-7, 0.4], "q": [2e-6, 0.6]})
    alike = networks.join(names, how="cross").with_columns(
        members=number + 2, lower=number * 1.0, median=number * 2.0, upper=number * 3.0, usual=pl.lit(0.5),
        sentence=pl.format("The network of number {} is unlike the others.", "network"),
    )  # fmt: skip
    created = networks.with_columns(
        members=number, expected=missing, p=missing, sentence=pl.format("Of network {} no dates are known.", "network")
    )
    timed = networks.with_columns(
        accounts=number, tested=number, pairs=number, together=number, expected=missing, bin_s=pl.lit(60.0),
        p=pl.lit(0.005), close=number, judged=number, alternating=number,
        sentence=pl.format("Those of network {} were active together, p = 0.005.", "network"),
    )  # fmt: skip
    ids = members.filter(network=1)["account_id"].sort()[:3].to_list()
    pairs = pl.DataFrame({"source": [ids[0], ids[0]], "target": [ids[1], ids[2]]}).with_columns(
        network=pl.lit(1), together=pl.lit(77), expected=pl.lit(3.25), p_together=pl.lit(0.005),
        p_together_network=pl.Series([0.005, 0.9]), met=pl.Series([80, 0]), met_expected=pl.Series([9.0, 31.5]),
        p_apart=pl.Series([None, 0.005]), p_apart_network=pl.Series([None, 0.01]), alternates=pl.Series([False, True]),
    )  # fmt: skip
    tables = {"network_indicators": alike, "network_creation": created, "network_timing": timed, "co_timing": pairs}
    return {
        name: RUN_TABLES[name].shape(
            frame.with_columns(pl.col(column).cast(RUN_TABLES[name].schema[column]) for column in frame.columns)
        )
        for name, frame in tables.items()
    }


def _ledger(posts: pl.DataFrame) -> pl.DataFrame:
    n = len(posts)
    return pl.DataFrame(
        {
            "stage": ["read", "trace", "link"],
            "where": ["made.csv", "url", HOSTILE[0]],
            "reason": ["the time cannot be read", "no link in the post", HOSTILE[4]],
            "rows_in": [n + 3, n, n],
            "rows_out": [n, n // 2, n // 3],
            "examples": [["made.csv:7"], [], [HOSTILE[1]]],
        },
        schema=RUN_TABLES["ledger"].schema,
    )


def manifest(tables: dict[str, pl.DataFrame], evidence: dict[str, pl.DataFrame], posts: pl.DataFrame) -> dict[str, Any]:
    """Return what a run writes about itself, hostile where users' strings go."""
    zeros = {
        "window": "none",
        "min_objects": 2,
        "traces": 0,
        "objects": 0,
        "accounts": 0,
        "pairs": 0,
        "edges": 0,
        "edges_kept": 0,
    }
    ran = {
        layer: zeros
        | {"trace": layer, "status": "ran", "reason": "", "window": f"{WINDOWS[layer]}s", "min_objects": 3}
        | {"traces": len(posts), "objects": 99, "accounts": 40, "pairs": len(frame), "edges": 50, "edges_kept": 40}
        for layer, frame in evidence.items()
    }
    settings = Settings().model_dump(mode="json") | {
        "input": Settings().input.model_dump(mode="json") | {"files": [HOSTILE[4]]}
    }
    times = posts["created_at"]
    return {
        "schema_version": 1,
        "cib_version": "0.1.0",
        "python": "3.11.7",
        "packages": {"polars": "2.1.0", "numpy": "2.4.6"},
        "config": {"name": f"made {HOSTILE[0]}", "path": "configs/made.toml", "settings": settings},
        "seed": 1,
        "inputs": [
            {
                "file": f"data/{HOSTILE[4]}",
                "bytes": 12345,
                "blake2b": "ab" * 32,
                "format": "generic",
                "rows": len(posts),
                "refused": 3,
            }
        ],
        "read": {
            "posts": len(posts),
            "accounts": len(tables["accounts"]),
            "refused": 3,
            "resolution_s": 60.0,
            "first_at": None if posts.is_empty() else times.min().isoformat(),
            "last_at": None if posts.is_empty() else times.max().isoformat(),
            "notes": [f"A note with {HOSTILE[0]} and a lone surrogate \ud800."],
        },
        "layers": ran | {"media": zeros | {"trace": "media", "status": "no data", "reason": "No post has a media id."}},
        "stages": [
            {
                "stage": "read",
                "part": "made.csv",
                "seconds": 1.234,
                "peak_mb": 800.0,
                "rows_in": len(posts) + 3,
                "rows_out": len(posts),
                "cached": False,
            },
            {
                "stage": "link",
                "part": "url",
                "seconds": 0.2,
                "peak_mb": 810.0,
                "rows_in": 9,
                "rows_out": 4,
                "cached": True,
            },
        ],
        "control": {
            "runs": 2,
            "replicas": [
                {
                    "layers": {layer: {"edges": 7 + n, "edges_kept": n} for layer in evidence},
                    "links": n,
                    "networks": 0,
                    "accounts": 0,
                    "largest": 0,
                    "evidence": 1.5 * n,
                }
                for n in range(2)
            ],
        },
        "caveats": ["Times have minute resolution, so windows below a minute say nothing.", HOSTILE[5]],
        "seconds": 80.1,
        "peak_mb": 2100.0,
    }
