"""Writes the tables of golden values: python -m tests.methods.make_golden.

Every figure comes from the oracles; the README says which were confirmed by the tools themselves.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import polars as pl

from tests.methods import oracle_coornet, oracle_toolkit
from tests.methods.data import german, russian
from tests.methods.oracle import Share, Timed
from tests.methods.oracle_coortweet import Pair, detect_groups, flag_speed_share, generate_network

__all__ = ["FOLDER", "coornet_table", "coortweet_table", "fast_table", "messages_of", "toolkit_table"]

FOLDER = Path(__file__).parent
QUANTILES = (0.25, 0.5, 0.9, 0.99)
GERMAN_COLUMNS = ("url_id", "hashtag_id", "domain_id", "phash_id")


def rows_of(data: str) -> tuple[Share, ...]:
    """Return the rows of 'russian' or of a column of the German set."""
    return russian() if data == "russian" else german(data)


def _settings() -> Iterator[tuple[str, int, int, bool]]:
    for window, m in product((0, 1, 5, 10, 30, 60, 300, 3600), (1, 2, 3, 5)):
        yield "russian", window, m, True
    for window, m in product((10, 60), (1, 2, 4)):
        yield "russian", window, m, False
    for column, window, m in product(GERMAN_COLUMNS, (10, 30, 60), (1, 2)):
        yield column, window, m, True
    for column, m in (("url_id", 2), ("hashtag_id", 2), ("phash_id", 2)):
        yield column, 3600, m, True


def _row(data: str, window: int, m: int, pairs: list[Pair], *, loops_removed: bool) -> dict[str, object]:
    net = generate_network(pairs)
    others = {ends: edge for ends, edge in net.edges.items() if ends[0] != ends[1]}
    row: dict[str, object] = {
        "data": data,
        "time_window": window,
        "min_participation": m,
        "remove_loops": loops_removed,
        "pairs": sum(edge.weight for edge in others.values()),
        "accounts": len({account for ends in others for account in ends}),
        "edges": len(others),
        "max_weight": max((edge.weight for edge in others.values()), default=0),
        "sum_time_delta": sum(pair.delta for pair in pairs if pair.account_older != pair.account_newer),
        "sum_n_content_id": sum(edge.n_content_id for edge in others.values()),
        "sum_n_content_id_y": sum(edge.n_content_id_y for edge in others.values()),
        "sum_symmetry": round(sum(edge.symmetry for edge in others.values()), 6),
        "self_edges": len(net.edges) - len(others),
        "self_pairs": len(pairs) - sum(edge.weight for edge in others.values()),
    }
    for p in QUANTILES:
        cut = generate_network(pairs, edge_weight=p, subgraph=1)
        kept = {ends for ends in cut.edges if ends[0] != ends[1]} if loops_removed else cut.edges
        row |= {f"accounts_{p}": len({a for ends in kept for a in ends}), f"edges_{p}": len(kept)}
    return row


def coortweet_table() -> pl.DataFrame:
    """detect_groups() and generate_coordinated_network(); with loops kept, the counts are of edges that are none."""
    made = []
    for data, window, m, removed in _settings():
        pairs = detect_groups(rows_of(data), window, m, remove_loops=removed)
        made.append(_row(data, window, m, pairs, loops_removed=removed))
    return pl.DataFrame(made)


def fast_table() -> pl.DataFrame:
    """flag_speed_share() and fast_net = TRUE."""
    made = []
    for data, window, fast, m, p in (
        ("russian", 60, 10, 1, 0.5),
        ("russian", 60, 10, 2, 0.5),
        ("russian", 600, 120, 2, 0.99),
        ("url_id", 60, 10, 2, 0.5),
        ("phash_id", 30, 5, 2, 0.5),
    ):
        pairs = detect_groups(rows_of(data), window, m)
        flag_speed_share(rows_of(data), pairs, m, fast)
        net = generate_network(pairs, fast_net=True, edge_weight=p)
        second = generate_network(pairs, fast_net=True, edge_weight=p, subgraph=2)
        third = generate_network(pairs, fast_net=True, edge_weight=p, subgraph=3)
        made.append({
            "data": data, "time_window": window, "fast_window": fast, "min_participation": m, "edge_weight": p,
            "pairs": len(pairs), "pairs_fast": sum(pair.fast for pair in pairs), "edges_fast": len(net.fast),
            "sum_n_content_id_fast": sum(edge.n_content_id for edge in net.fast.values()),
            "sum_n_content_id_y_fast": sum(edge.n_content_id_y for edge in net.fast.values()),
            "sum_time_delta_fast": sum(pair.delta for pair in pairs if pair.fast),
            "subgraph_2_accounts": len(second.accounts), "subgraph_2_edges": len(second.edges),
            "subgraph_3_accounts": len(third.accounts), "subgraph_3_edges": len(third.edges),
            "color_v": len(third.coloured),
        })  # fmt: skip
    return pl.DataFrame(made)


def messages_of(data: str) -> list[Timed]:
    """Return the rows as messages: the Russian set as reposts, the others as posts with links."""
    if data == "russian":
        return [Timed(row.post, row.account, row.time, repost_of=row.object) for row in russian()]
    return [Timed(row.post, row.account, row.time, urls=[f"http://x.org/{row.object}"]) for row in german(data)]


def toolkit_table() -> pl.DataFrame:
    """co_retweet of the Russian set, co_link of the German one: main, each direction by itself."""
    made = []
    for data, windows in (("russian", (0, 1, 10, 60, 300, 3600)), ("url_id", (10, 60, 3600)), ("phash_id", (60,))):
        network = "co_retweet" if data == "russian" else "co_link"
        for window, least in product(windows, (1, 2, 3)):
            found = oracle_toolkit.NETWORKS[network](messages_of(data), window, least)
            others = [w for ends, w in found.items() if ends[0] != ends[1]]
            own = [w for ends, w in found.items() if ends[0] == ends[1]]
            made.append({
                "data": data, "network": network, "time_window": window, "min_edge_weight": least,
                "edges": len(others), "sum_weight": sum(others), "max_weight": max(others, default=0),
                "self_rows": len(own), "sum_self": sum(own),
            })  # fmt: skip
    return pl.DataFrame(made)


def coornet_table() -> pl.DataFrame:
    """estimate_coord_interval() and get_coord_shares()."""
    made = []
    for data, q, p, percentile in product(("url_id", "phash_id"), (0.1, 0.5), (0.5, 0.25), (0.9,)):
        rows = german(data)
        interval = oracle_coornet.estimate(rows, q=q, p=p)
        full = oracle_coornet.project(oracle_coornet.marked(rows, max(interval or 1, 1)))
        kept = oracle_coornet.highly_connected(full, percentile)
        made.append({
            "data": data, "q": q, "p": p, "interval": interval, "percentile_edge_weight": percentile,
            "full_edges": len(full), "sum_weight": sum(full.values()),
            "edges": len(kept), "accounts": len({a for ends in kept for a in ends}),
        })  # fmt: skip
    return pl.DataFrame(made)


if __name__ == "__main__":
    for name, table in (
        ("coortweet", coortweet_table),
        ("coortweet_fast", fast_table),
        ("toolkit", toolkit_table),
        ("coornet", coornet_table),
    ):
        table().write_csv(FOLDER / f"golden_{name}.csv")
