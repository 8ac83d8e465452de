"""The tables that a run writes: the user's own ids in place of numbers."""

from typing import Final

import polars as pl

from cib.contract import Column, Table
from cib.tables.groups import CO_TIMING, NETWORK_CREATION, NETWORK_INDICATORS, NETWORK_TIMING
from cib.tables.inside import ACCOUNTS, EDGES, INDICATORS, LEDGER, REPETITION
from cib.tables.networks import CHANGES, EXPLANATIONS, GRAPH, MEMBERS, NETWORKS, SCORES, VERDICTS
from cib.tables.rules import TIME
from cib.tables.texts import GENERIC

__all__ = [
    "EVIDENCE",
    "RUN_ACCOUNTS",
    "RUN_CO_TIMING",
    "RUN_EDGES",
    "RUN_GRAPH",
    "RUN_INDICATORS",
    "RUN_MEMBERS",
    "RUN_REPETITION",
    "RUN_SCORES",
    "RUN_TABLES",
]


def _named(table: Table, doc: str, columns: dict[str, Column], key: tuple[str, ...]) -> Table:
    """Return a run-folder version of a table: the user's ids in place of numbers."""
    ends = {"messages_a": "messages_source", "messages_b": "messages_target"}
    kept = {ends.get(name, name): column for name, column in table.columns.items() if name not in {"a", "b", "account"}}
    return Table(table.name, doc, columns | kept, key)


_ENDS: Final = {
    "source": Column(pl.String, "account_id, source < target"),
    "target": Column(pl.String, "account_id"),
}
_ACCOUNT_ID: Final = {"account_id": Column(pl.String, "'platform:id'")}

_KEPT: Final = {"kept": Column(pl.Boolean, "whether the layer's rules keep it, those of [graph] included")}

RUN_EDGES: Final = _named(
    EDGES, EDGES.doc, {"layer": EDGES.columns["layer"]} | _ENDS | _KEPT, ("layer", "source", "target")
)
RUN_GRAPH: Final = _named(GRAPH, GRAPH.doc, _ENDS, ("source", "target"))
RUN_MEMBERS: Final = _named(
    MEMBERS, MEMBERS.doc, {"network": MEMBERS.columns["network"]} | _ACCOUNT_ID, ("network", "account_id")
)
RUN_SCORES: Final = _named(SCORES, SCORES.doc, _ACCOUNT_ID, ("account_id",))
RUN_REPETITION: Final = _named(
    REPETITION, REPETITION.doc, {"layer": REPETITION.columns["layer"]} | _ACCOUNT_ID, ("layer", "account_id")
)
RUN_INDICATORS: Final = _named(INDICATORS, INDICATORS.doc, _ACCOUNT_ID, ("account_id", "name"))
RUN_CO_TIMING: Final = _named(
    CO_TIMING, CO_TIMING.doc, {"network": CO_TIMING.columns["network"]} | _ENDS, ("network", "source", "target")
)
RUN_ACCOUNTS: Final = _named(ACCOUNTS, ACCOUNTS.doc, _ACCOUNT_ID, ("account_id",))

EVIDENCE: Final = Table(
    "evidence",
    "two posts of two accounts on one object inside the window, in the user's own ids; one file a layer",
    {
        "source": _ENDS["source"],
        "target": _ENDS["target"],
        "object": Column(pl.String, "canonical form of the shared thing"),
        "post_source": Column(pl.String, "post_id of the source's post"),
        "post_target": Column(pl.String, "post_id of the target's post"),
        "time_source": Column(TIME, "when the source posted"),
        "time_target": Column(TIME, "when the target posted"),
        "delta_s": Column(pl.Float64, "time_target minus time_source, seconds"),
        "row_source": Column(pl.UInt32, "`post` of the source's post in the posts table of the run"),
        "row_target": Column(pl.UInt32, "`post` of the target's post"),
    },
)

RUN_TABLES: Final = {
    "accounts": RUN_ACCOUNTS,
    "edges": RUN_EDGES,
    "repetition": RUN_REPETITION,
    "graph": RUN_GRAPH,
    "networks": NETWORKS,
    "members": RUN_MEMBERS,
    "explanations": EXPLANATIONS,
    "scores": RUN_SCORES,
    "changes": CHANGES,
    "verdicts": VERDICTS,
    "indicators": RUN_INDICATORS,
    "network_indicators": NETWORK_INDICATORS,
    "network_creation": NETWORK_CREATION,
    "network_timing": NETWORK_TIMING,
    "co_timing": RUN_CO_TIMING,
    "generic": GENERIC,
    "ledger": LEDGER,
}
"""What a run writes into ``tables/``, and the contract of each file."""
