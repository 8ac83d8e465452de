"""A synthetic run folder with a graph of any size, for bench/page.py."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests know how a run folder is written

from cib.report.run import RunFiles
from cib.tables import EVIDENCE, POSTS, RUN_TABLES
from tests.report import made

QUOTED = 30_000
"""Links with posts."""
INDICATORS = ("family_schedule", "family_repetition", "family_profile", "posting_rate", "night_share", "reply_share")


def synthetic(folder: Path, accounts: int, links: int, seed: int = 1) -> RunFiles:
    """Write a run with so many accounts and links; nine accounts in ten in networks of 20 to a 25th of all."""
    rng = np.random.default_rng(seed)
    size = np.exp(rng.uniform(np.log(20), np.log(accounts / 25), accounts)).astype(int)
    size = np.sort(size[: int(np.searchsorted(np.cumsum(size), 0.9 * accounts))])[::-1]
    network = np.concatenate([np.repeat(np.arange(1, len(size) + 1), size), np.zeros(accounts - size.sum(), dtype=int)])
    ids = pl.Series("account_id", [f"made:user_{i:06d}" for i in range(accounts)])
    ends = _ends(rng, network, size, links)
    graph = _graph(rng, ids, ends)
    posts = _posts(rng, ids, ends[rng.permutation(len(ends))[:QUOTED]])
    members = pl.DataFrame({"network": network, "account_id": ids}).filter(pl.col("network") > 0)
    tables = {name: table.empty() for name, table in RUN_TABLES.items()} | _tables(rng, ids, graph, members)
    evidence = {"url": _evidence(posts), "repost": EVIDENCE.empty()}
    return made.write(folder, tables, evidence, posts, made.manifest(tables, evidence, posts))


def _ends(rng: np.random.Generator, network: Any, size: Any, links: int) -> Any:
    """Return pairs of accounts, each once: nine in ten inside a network, towards its first accounts."""
    start = np.concatenate([[0], np.cumsum(size)])
    one = rng.integers(0, size.sum(), 2 * links)
    home = network[one] - 1
    inside = start[home] + (rng.random(2 * links) ** 2 * size[home]).astype(int)
    other = np.where(rng.random(2 * links) < 0.9, inside, rng.integers(0, len(network), 2 * links))
    pairs = np.unique(np.sort(np.stack([one, other], axis=1)[one != other], axis=1), axis=0)
    return pairs[np.sort(rng.permutation(len(pairs))[:links])]


def _shaped(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    schema = RUN_TABLES[name].schema
    return RUN_TABLES[name].shape(frame.with_columns(pl.col(column).cast(schema[column]) for column in frame.columns))


def _graph(rng: np.random.Generator, ids: pl.Series, ends: Any) -> pl.DataFrame:
    n = len(ends)
    first = pl.lit(made.START) + pl.duration(days=pl.Series(rng.integers(0, 200, n)))
    return pl.DataFrame({"source": ids[ends[:, 0]], "target": ids[ends[:, 1]]}).with_columns(
        weight=pl.Series(rng.exponential(8, n) + 2),
        layers=pl.Series(np.where(rng.random(n) < 0.3, "url|repost", "url")).str.split("|"),
        objects=pl.Series(rng.integers(2, 40, n)),
        acts=pl.Series(rng.integers(2, 40, n)),
        q=pl.Series(10.0 ** -rng.integers(2, 30, n).astype(float)),
        first_at=first,
        last_at=first + pl.duration(days=30),
    )


def _posts(rng: np.random.Generator, ids: pl.Series, ends: Any) -> pl.DataFrame:
    """Return two posts for each of the links, one after the other."""
    second = np.repeat(rng.integers(0, 200 * 86400, len(ends)), 2) + rng.integers(0, 60, 2 * len(ends))
    posts = pl.DataFrame({"account_id": ids[ends.ravel()], "account": ends.ravel(), "second": second})
    posts = posts.with_row_index("post").select(
        "post",
        "account",
        "account_id",
        post_id=pl.format("p{}", "post"),
        platform=pl.lit("made"),
        created_at=pl.lit(made.START) + pl.duration(seconds="second"),
        kind=pl.lit("original"),
        text=pl.format("A synthetic post about object {}, like any other of its kind", pl.col("post") // 2),
        source_file=pl.lit("made.csv"),
        source_row=pl.col("post") + 2,
    )
    return POSTS.shape(posts.with_columns(pl.col(column).cast(POSTS.schema[column]) for column in posts.columns))


def _evidence(posts: pl.DataFrame) -> pl.DataFrame:
    told = posts.select("account_id", "post_id", "created_at", "post", pair=pl.col("post") // 2)
    both = told.filter(pl.col("post") % 2 == 0).join(told.filter(pl.col("post") % 2 == 1), on="pair", suffix="_b")
    return both.select(
        source="account_id",
        target="account_id_b",
        object=pl.format("https://example.org/{}", "pair"),
        post_source="post_id",
        post_target="post_id_b",
        time_source="created_at",
        time_target="created_at_b",
        delta_s=(pl.col("created_at_b") - pl.col("created_at")).dt.total_seconds().cast(pl.Float64),
        row_source="post",
        row_target="post_b",
    ).sort("source", "target", "time_source")


def _tables(
    rng: np.random.Generator, ids: pl.Series, graph: pl.DataFrame, members: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    ends = pl.concat(graph.select(account_id=end, weight="weight") for end in ("source", "target"))
    summed = ends.group_by("account_id").agg(links=pl.len(), strength=pl.col("weight").sum()).sort("account_id")
    level = summed.with_columns(coordination=pl.Series(rng.random(len(summed))))
    known = members.join(level, on="account_id").with_columns(
        role=pl.lit("amplifier"), home=pl.lit(value=True), **_filled(0.9, "share_inside", "stability")
    )
    scores = level.join(members, on="account_id", how="left", maintain_order="left")
    accounts = pl.DataFrame({"account_id": ids}).with_columns(
        platform=pl.lit("made"), handle=pl.col("account_id").str.strip_prefix("made:")
    )
    indicators = accounts.select("account_id").join(pl.DataFrame({"name": INDICATORS}), how="cross")
    value = pl.Series(rng.random(len(indicators)))
    networks = _networks(graph, known)
    said, told = networks.select("network"), {"sentence": pl.lit("Synthetic.")}
    true = pl.lit(value=True)
    tables = {
        "accounts": accounts,
        "graph": graph.sort("source", "target"),
        "members": known.drop("links").sort("network", "account_id"),
        "scores": scores.with_columns(**_filled(1.0, "score", "coherence", "centrality")),
        "indicators": indicators.with_columns(value=value, percentile=value, applicable=true, **told),
        "edges": _edges(graph),
        "networks": networks,
        "explanations": said.with_columns(
            name=pl.lit("fans"), applicable=true, **told, **_filled(1.0, "factor", "value")
        ),
        "network_creation": said.with_columns(members=pl.lit(0), **told),
        "network_timing": said.with_columns(**_filled(0, "accounts", "tested", "pairs"), **told),
    }
    return {name: _shaped(name, frame) for name, frame in tables.items()}


def _filled(value: float, *names: str) -> dict[str, pl.Expr]:
    return {name: pl.lit(value) for name in names}


def _edges(graph: pl.DataFrame) -> pl.DataFrame:
    layers = graph.explode("layers").rename({"layers": "layer"}).drop("acts")
    return layers.with_columns(
        **_filled(1, "pairs", "messages_source", "messages_target", "posts_first", "posts_second"),
        **_filled(0.1, "similarity", "expected", "p_overlap", "p_sync", "lead", "delta_median_s", "delta_mean_s"),
        overlap="objects",
        llr="weight",
        p="q",
        kept=pl.lit(value=True),
    ).sort("layer", "source", "target")


def _networks(graph: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    of = members.select("account_id", "network")
    one = graph.join(of, left_on="source", right_on="account_id")
    inside = one.join(of, left_on=["target", "network"], right_on=["account_id", "network"])
    totals = inside.group_by("network").agg(
        pl.len().alias("edges"), pl.col("objects").sum(), pl.col("first_at").min(), pl.col("last_at").max()
    )
    found = members.group_by("network").agg(accounts=pl.len()).join(totals, on="network").sort("network")
    factors = ("support", "layers", "exclusivity", "synchrony", "stability", "organic")
    return found.with_columns(
        **_filled(1.0, "score", "evidence", *(f"factor_{name}" for name in factors)),
        **_filled(0.5, "density", "exclusivity", "synchrony", "stability", "p_family"),
        level=pl.lit("theme"),
        tier=pl.lit("C"),
        tier_reason=pl.lit("synthetic"),
        layers=pl.lit(["url"]),
        days=pl.lit(9),
    )
