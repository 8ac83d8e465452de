"""The tables of the fused graph, the networks found in it, and their accounts."""

from typing import Final

import polars as pl

from cib.contract import Column, Table
from cib.tables.rules import NOT_EMPTY, NOT_NEGATIVE, POSITIVE, SHARE, STRINGS, TIME

__all__ = ["CHANGES", "EXPLANATIONS", "GRAPH", "MEMBERS", "NETWORKS", "SCORES", "VERDICTS"]

GRAPH: Final = Table(
    "graph",
    "two accounts, all layers fused",
    {
        "a": Column(pl.UInt32, "account, a < b"),
        "b": Column(pl.UInt32, "account"),
        "weight": Column(
            pl.Float64,
            "evidence of its layers in nats, times reliability and independence, summed",
            rule=POSITIVE,
        ),
        "layers": Column(STRINGS, "layers that carry the edge, strongest first"),
        "objects": Column(pl.UInt32, "objects, summed over these layers"),
        "acts": Column(
            pl.UInt32,
            "independent acts: objects, but each post counts once and in its most telling layer",
            rule=POSITIVE,
        ),
        "q": Column(pl.Float64, "smallest q of these layers", rule=SHARE),
        "first_at": Column(TIME, "first co-action"),
        "last_at": Column(TIME, "last co-action"),
    },
    key=("a", "b"),
)

MEMBERS: Final = Table(
    "members",
    "an account in a network",
    {
        "network": Column(pl.UInt32, "number of the network; 1 is ranked first"),
        "account": Column(pl.UInt32, "account"),
        "strength": Column(pl.Float64, "summed weight of its edges inside the network, nats", rule=NOT_NEGATIVE),
        "share_inside": Column(pl.Float64, "share of its edge weight that stays inside the network", rule=SHARE),
        "stability": Column(
            pl.Float64,
            "mean share of other members it is grouped with again, over seeds and resampled graphs",
            rule=SHARE,
        ),
        "role": Column(pl.String, "leader, amplifier or peripheral"),
        "coordination": Column(
            pl.Float64,
            "share of the rising thresholds at which it is still in a group; null if not asked",
            nullable=True,
            rule=SHARE,
        ),
        "home": Column(pl.Boolean, "whether no network of the account is ranked higher; true once an account"),
    },
    key=("network", "account"),
)

SCORES: Final = Table(
    "scores",
    "an account of the graph, in a network or not, ranked by how deep it sits among linked accounts",
    {
        "account": Column(pl.UInt32, "account"),
        "score": Column(
            pl.Float64,
            "what accounts are ranked by: coherence times 0.1 plus the factors of its best network",
            rule=NOT_NEGATIVE,
        ),
        "network": Column(pl.UInt32, "its highest-ranked network; null: in none", nullable=True),
        "links": Column(pl.UInt32, "accounts it is linked with", rule=POSITIVE),
        "strength": Column(pl.Float64, "summed weight of its edges, nats", rule=NOT_NEGATIVE),
        "coherence": Column(
            pl.Float64,
            "weight of the triangles it is in, over its strength to the power 1.5: small tight cells",
            rule=NOT_NEGATIVE,
        ),
        "centrality": Column(
            pl.Float64,
            "its part of its component's leading eigenvector, times the eigenvalue: large blocs",
            rule=NOT_NEGATIVE,
        ),
        "coordination": Column(
            pl.Float64,
            "highest quantile of the edges' weights at which it is still in a group; null if not asked, or in none",
            nullable=True,
            rule=SHARE,
        ),
    },
    key=("account",),
)

VERDICTS: Final = Table(
    "verdicts",
    "what an analyst said of a network or an account of this run, or of one with much the same accounts in another run",
    {
        "kind": Column(pl.String, "network or account", rule=NOT_EMPTY),
        "network": Column(pl.UInt32, "number of the network in this run; null of an account", nullable=True),
        "account_id": Column(pl.String, "'platform:id' of the account; null of a network", nullable=True),
        "verdict": Column(pl.String, "confirmed, rejected or unsure", rule=NOT_EMPTY),
        "explanation": Column(pl.String, "what it is instead, in a word or two, if it was rejected", nullable=True),
        "note": Column(pl.String, "in the analyst's words", nullable=True),
        "similarity": Column(
            pl.Float64, "Jaccard index of its accounts with those of the network that was judged", rule=SHARE
        ),
        "subject": Column(
            pl.String, "what was judged, by its content: names it in the file of verdicts", rule=NOT_EMPTY
        ),
    },
    key=("kind", "network", "account_id"),
)

EXPLANATIONS: Final = Table(
    "explanations",
    "what else a network could be: one organic explanation of one network",
    {
        "network": Column(pl.UInt32, "number of the network"),
        "name": Column(pl.String, "name of the explanation", rule=NOT_EMPTY),
        "value": Column(
            pl.Float64, "how far it fits, 0 to 1; null where the data cannot tell", nullable=True, rule=SHARE
        ),
        "applicable": Column(pl.Boolean, "whether the data can tell"),
        "factor": Column(pl.Float64, "what the network's score is multiplied by", rule=SHARE),
        "sentence": Column(pl.String, "the value in words, or why it does not apply", rule=NOT_EMPTY),
    },
    key=("network", "name"),
)

NETWORKS: Final = Table(
    "networks",
    "a candidate network, ranked",
    {
        "network": Column(pl.UInt32, "rank, from 1"),
        "level": Column(
            pl.String, "theme (modularity), cell (CPM), or both, where the two levels find nearly the same accounts"
        ),
        "parent": Column(
            pl.UInt32, "the theme that holds most of a cell's accounts; null: none holds half of them", nullable=True
        ),
        "tier": Column(pl.String, "A strong, B moderate, C lead, abstain"),
        "tier_reason": Column(pl.String, "why not a higher one"),
        "score": Column(pl.Float64, "the number it is ranked by: evidence times every factor below", rule=NOT_NEGATIVE),
        "evidence": Column(
            pl.Float64, "mean weight over all member pairs times the root of the size, nats", rule=NOT_NEGATIVE
        ),
        "factor_support": Column(pl.Float64, "1 with at least 3 objects and 2 days, else 0.3", rule=SHARE),
        "factor_layers": Column(pl.Float64, "0.6, 0.85 or 1 for 1, 2, or 3 and more layers that agree", rule=SHARE),
        "factor_exclusivity": Column(pl.Float64, "logistic of the exclusivity, one half at 0.1", rule=SHARE),
        "factor_synchrony": Column(
            pl.Float64, "0.7 plus 0.3 times the synchrony; 0.7 where no layer has a window", rule=SHARE
        ),
        "factor_stability": Column(pl.Float64, "the stability", rule=SHARE),
        "factor_organic": Column(
            pl.Float64, "product of what the organic explanations leave, see the table explanations", rule=SHARE
        ),
        "p_family": Column(
            pl.Float64,
            "share of shuffles, this run counted as one, whose best network has as much evidence; null without any",
            nullable=True,
            rule=SHARE,
        ),
        "ratio": Column(
            pl.Float64,
            "evidence over the most that any shuffle gave; null where no shuffle gave a network",
            nullable=True,
            rule=NOT_NEGATIVE,
        ),
        "accounts": Column(pl.UInt32, "members", rule=POSITIVE, people=True),
        "edges": Column(pl.UInt32, "edges between members", rule=POSITIVE),
        "density": Column(pl.Float64, "share of member pairs that are linked", rule=SHARE),
        "layers": Column(STRINGS, "layers that carry at least a tenth of the edges, strongest first"),
        "objects": Column(pl.UInt32, "distinct objects shared inside the network"),
        "days": Column(pl.UInt32, "distinct days with a co-action"),
        "exclusivity": Column(
            pl.Float64, "median over its objects of the members' share of all who acted on them", rule=SHARE
        ),
        "synchrony": Column(
            pl.Float64, "share of its windowed edges with p_sync of 0.01 or less", nullable=True, rule=SHARE
        ),
        "stability": Column(pl.Float64, "mean co-membership over seeds and resampled graphs", rule=SHARE),
        "first_at": Column(TIME, "first co-action"),
        "last_at": Column(TIME, "last co-action"),
    },
    key=("network",),
)

CHANGES: Final = Table(
    "changes",
    "a group of accounts in one window of time, and what became of it since the window before; empty unless asked for",
    {
        "track": Column(pl.UInt32, "number of the group that is followed, from 1"),
        "network": Column(pl.UInt32, "the network of the whole run that it is most like; null: none", nullable=True),
        "from_at": Column(TIME, "start of the window"),
        "to_at": Column(TIME, "its end; windows begin every half width"),
        "fate": Column(pl.String, "born, kept, grown, shrunk, merged, split, dormant or returned"),
        "origin": Column(pl.UInt32, "the track that it split from, if it is not its own", nullable=True),
        "accounts": Column(pl.UInt32, "accounts in this window; 0: dormant", people=True),
        "stayed": Column(pl.UInt32, "of these, accounts that were in it when it was last there", people=True),
        "leaders": Column(
            pl.UInt32, "accounts that come first in 60 % of their pairs or more, of at least 3", people=True
        ),
        "leaders_stayed": Column(pl.UInt32, "of these, accounts that led it when it was last there", people=True),
    },
    key=("track", "from_at"),
)
