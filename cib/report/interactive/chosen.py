"""Which accounts and links the page holds, where the graph has more than a browser can draw."""

from dataclasses import dataclass

import polars as pl

from cib.report.run import RunFiles
from cib.settings import ReportSettings

__all__ = ["Chosen", "choose"]


@dataclass(frozen=True)
class Chosen:
    """What the page holds of a graph.

    Attributes
    ----------
    nodes : as :attr:`cib.report.run.RunFiles.nodes`, with `i`, their number in the page: networks by rank, in each the
        strongest first; those in none come last.
    edges : a, b (numbers of the accounts), and the other columns of the graph; strongest first.
    all_edges : how many the whole graph has.
    all_nodes : how many accounts it has.
    """

    nodes: pl.DataFrame
    edges: pl.DataFrame
    all_nodes: int
    all_edges: int


def choose(run: RunFiles, settings: ReportSettings) -> Chosen:
    """Return the accounts and links that the page holds.

    Of too many accounts those of the highest-ranked networks are kept. Of too many links, each network keeps as many of
    its strongest an account as any other, and so do the links between networks; so none is shown bare.
    """
    nodes = run.nodes.sort("network", "strength", "account_id", descending=[False, True, False], nulls_last=True)
    kept = nodes.head(settings.page_accounts).with_columns(i=pl.int_range(pl.len(), dtype=pl.UInt32))
    graph = run.table("graph")
    ends = kept.select("account_id", "i", "network")
    inside = graph.join(ends.rename({"i": "a"}), left_on="source", right_on="account_id").join(
        ends.rename({"i": "b"}), left_on="target", right_on="account_id", suffix="_b"
    )
    of = pl.when(pl.col("network") == pl.col("network_b")).then("network")
    order = ["weight", "source", "target"]
    ranked = inside.with_columns(of=of).sort(order, descending=[True, False, False])
    if len(ranked) > settings.page_edges:
        ranked = _thinned(ranked, nodes, settings.page_edges)
    edges = ranked.drop("network", "network_b", "of")
    return Chosen(kept, edges, len(nodes), len(graph))


def _thinned(edges: pl.DataFrame, nodes: pl.DataFrame, most: int) -> pl.DataFrame:
    """Return the `most` links with the best rank in their network an account of it; their order stays."""
    size = nodes.group_by("network").agg(accounts=pl.len())
    known = edges.join(size, left_on="of", right_on="network", how="left", maintain_order="left")
    rank = pl.int_range(pl.len()).over("of") / pl.col("accounts").fill_null(len(nodes))
    place = known.with_columns(rank=rank).with_row_index("place")
    best = place.sort("rank", "place").head(most).sort("place")
    return best.drop("place", "rank", "accounts")
