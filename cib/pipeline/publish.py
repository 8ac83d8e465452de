"""Tables of the inside -> tables of a run folder: the user's own ids in place of numbers.

Account numbers follow the order of account_id, so a < b inside is source < target outside, and nothing has to
be turned round.
"""

from pathlib import Path
from typing import Final

import polars as pl

from cib.tables import (
    EVIDENCE,
    RUN_ACCOUNTS,
    RUN_CO_TIMING,
    RUN_EDGES,
    RUN_GRAPH,
    RUN_INDICATORS,
    RUN_MEMBERS,
    RUN_REPETITION,
    RUN_SCORES,
    Table,
)

__all__ = [
    "write_accounts",
    "write_co_timing",
    "write_edges",
    "write_evidence",
    "write_graph",
    "write_indicators",
    "write_members",
    "write_repetition",
    "write_scores",
    "write_table",
]


_ROW_GROUP: Final = 100_000
"""Stated, because otherwise the number of cores decides where a file is cut, and so its bytes."""


def write_table(frame: pl.DataFrame, table: Table, path: Path) -> None:
    """Write a table as Parquet; its rows were checked when it was made, so that only names and types are asked here."""
    table.check_schema(frame.schema)
    frame.write_parquet(path, compression="zstd")


def write_accounts(accounts: pl.DataFrame, path: Path) -> None:
    """Write ACCOUNTS by account_id."""
    write_table(accounts.select(list(RUN_ACCOUNTS.columns)), RUN_ACCOUNTS, path)


def write_edges(edges: pl.DataFrame, kept: pl.DataFrame, accounts: pl.DataFrame, path: Path) -> None:
    """Write EDGES with source and target, and whether they are among the kept (layer, a, b)."""
    marked = edges.join(kept.with_columns(kept=True), on=["layer", "a", "b"], how="left", maintain_order="left")
    named = _ends(marked.with_columns(pl.col("kept").fill_null(value=False)), accounts)
    named = named.rename({"messages_a": "messages_source", "messages_b": "messages_target"})
    write_table(named.select(list(RUN_EDGES.columns)), RUN_EDGES, path)


def write_repetition(repetition: pl.DataFrame, accounts: pl.DataFrame, path: Path) -> None:
    """Write REPETITION by account_id."""
    write_table(_owner(repetition, accounts).select(list(RUN_REPETITION.columns)), RUN_REPETITION, path)


def write_graph(graph: pl.DataFrame, accounts: pl.DataFrame, path: Path) -> None:
    """Write GRAPH with source and target."""
    write_table(_ends(graph, accounts).select(list(RUN_GRAPH.columns)), RUN_GRAPH, path)


def write_members(members: pl.DataFrame, accounts: pl.DataFrame, path: Path) -> None:
    """Write MEMBERS by account_id."""
    write_table(_owner(members, accounts).select(list(RUN_MEMBERS.columns)), RUN_MEMBERS, path)


def write_scores(scores: pl.DataFrame, accounts: pl.DataFrame, path: Path) -> None:
    """Write SCORES by account_id."""
    write_table(_owner(scores, accounts).select(list(RUN_SCORES.columns)), RUN_SCORES, path)


def write_indicators(indicators: pl.DataFrame, accounts: pl.DataFrame, path: Path) -> None:
    """Write INDICATORS by account_id."""
    write_table(_owner(indicators, accounts).select(list(RUN_INDICATORS.columns)), RUN_INDICATORS, path)


def write_co_timing(pairs: pl.DataFrame, accounts: pl.DataFrame, path: Path) -> None:
    """Write CO_TIMING with source and target."""
    write_table(_ends(pairs, accounts).select(list(RUN_CO_TIMING.columns)), RUN_CO_TIMING, path)


def write_evidence(pairs: Path, objects: Path, posts: Path, accounts: Path, out: Path) -> int:
    """Write one layer's PAIRS as EVIDENCE, in the same order, and return its rows.

    The pairs stream through; what is held is the ids of the posts that occur in them.
    """
    found = pl.scan_parquet(pairs)
    rows = pl.concat([found.select(post=end) for end in ("post_a", "post_b")]).unique()
    ids = pl.scan_parquet(posts).select("post", "post_id").join(rows, on="post", how="semi").collect(engine="streaming")
    names = pl.read_parquet(accounts, columns=["account", "account_id"])
    keys = pl.scan_parquet(objects).select("object", "key")
    earlier = pl.duration(microseconds=(pl.col("delta_s") * 1e6).round().cast(pl.Int64))
    named = (
        found.join(names.lazy().rename({"account": "a", "account_id": "source"}), on="a", maintain_order="left")
        .join(names.lazy().rename({"account": "b", "account_id": "target"}), on="b", maintain_order="left")
        .join(keys, on="object", maintain_order="left")
        .join(ids.lazy().rename({"post": "post_a", "post_id": "post_source"}), on="post_a", maintain_order="left")
        .join(ids.lazy().rename({"post": "post_b", "post_id": "post_target"}), on="post_b", maintain_order="left")
        .with_columns(
            time_source=pl.when(pl.col("delta_s") < 0).then(pl.col("time") - earlier).otherwise("time"),
            time_target=pl.when(pl.col("delta_s") < 0).then("time").otherwise(pl.col("time") + earlier),
        )
        .select(
            "source",
            "target",
            pl.col("key").alias("object"),
            "post_source",
            "post_target",
            "time_source",
            "time_target",
            "delta_s",
            row_source="post_a",
            row_target="post_b",
        )
    )
    EVIDENCE.check_schema(named.collect_schema())
    named.sink_parquet(out, compression="zstd", maintain_order=True, row_group_size=_ROW_GROUP)
    return int(found.select(pl.len()).collect().item())


def _ends(frame: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    names = accounts.select("account", "account_id")
    return frame.join(names.rename({"account": "a", "account_id": "source"}), on="a", maintain_order="left").join(
        names.rename({"account": "b", "account_id": "target"}), on="b", maintain_order="left"
    )


def _owner(frame: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    return frame.join(accounts.select("account", "account_id"), on="account", maintain_order="left")
