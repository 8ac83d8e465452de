"""The tables that flow through the house, and the contract of each.

A stage takes and returns these tables and nothing else. Inside the system accounts, posts and
objects are dense integers (``account``, ``post``, ``object``); the user's own ids are strings and
appear in :data:`POSTS`, :data:`ACCOUNTS` and in everything a run writes (:data:`RUN_TABLES`).

Naming law: ``*_s`` seconds, ``*_at`` UTC times, ``p_*`` probabilities, ``q`` a false-discovery rate,
``*_id`` the user's string, shares in [0, 1].
"""

from cib.contract import Column, Table
from cib.tables.groups import CO_TIMING, NETWORK_CREATION, NETWORK_INDICATORS, NETWORK_TIMING
from cib.tables.inside import (
    ACCOUNTS,
    EDGES,
    INDICATORS,
    KIND,
    KINDS,
    LEDGER,
    OBJECTS,
    PAIRS,
    POSTS,
    REPETITION,
    TRACES,
)
from cib.tables.networks import CHANGES, EXPLANATIONS, GRAPH, MEMBERS, NETWORKS, SCORES, VERDICTS
from cib.tables.rules import STRINGS, TIME
from cib.tables.run import (
    EVIDENCE,
    RUN_ACCOUNTS,
    RUN_CO_TIMING,
    RUN_EDGES,
    RUN_GRAPH,
    RUN_INDICATORS,
    RUN_MEMBERS,
    RUN_REPETITION,
    RUN_SCORES,
    RUN_TABLES,
)
from cib.tables.texts import GENERIC, TEXTS

__all__ = [
    "ACCOUNTS",
    "CHANGES",
    "CO_TIMING",
    "EDGES",
    "EVIDENCE",
    "EXPLANATIONS",
    "GENERIC",
    "GRAPH",
    "INDICATORS",
    "KIND",
    "KINDS",
    "LEDGER",
    "MEMBERS",
    "NETWORKS",
    "NETWORK_CREATION",
    "NETWORK_INDICATORS",
    "NETWORK_TIMING",
    "OBJECTS",
    "PAIRS",
    "POSTS",
    "REPETITION",
    "RUN_ACCOUNTS",
    "RUN_CO_TIMING",
    "RUN_EDGES",
    "RUN_GRAPH",
    "RUN_INDICATORS",
    "RUN_MEMBERS",
    "RUN_REPETITION",
    "RUN_SCORES",
    "RUN_TABLES",
    "SCORES",
    "STRINGS",
    "TEXTS",
    "TIME",
    "TRACES",
    "VERDICTS",
    "Column",
    "Table",
]
