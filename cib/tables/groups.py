"""The tables about the members of a network together: what they look like, when they were made, when they act."""

from typing import Final

import polars as pl

from cib.contract import Column, Table
from cib.tables.rules import NOT_EMPTY, NOT_NEGATIVE, POSITIVE, SHARE, TIME

__all__ = ["CO_TIMING", "NETWORK_CREATION", "NETWORK_INDICATORS", "NETWORK_TIMING"]

_NETWORK: Final = Column(pl.UInt32, "number of the network", rule=POSITIVE)
_SENTENCE: Final = Column(pl.String, "the finding in words, or why there is none", rule=NOT_EMPTY)

NETWORK_INDICATORS: Final = Table(
    "network_indicators",
    "an indicator over the members of a network, against random groups of as many accounts; describes, never decides",
    {
        "network": _NETWORK,
        "name": Column(pl.String, "name of the indicator"),
        "members": Column(pl.UInt32, "members it applies to", rule=POSITIVE, people=True),
        "lower": Column(pl.Float64, "lower quartile of the members' values, in the indicator's unit; one of them"),
        "median": Column(pl.Float64, "their median: the smallest value that at least half of them do not exceed"),
        "upper": Column(pl.Float64, "their upper quartile"),
        "usual": Column(pl.Float64, "median of all accounts it applies to"),
        "p": Column(
            pl.Float64,
            "share of all groups of as many accounts whose median (of yes or no: whose count) is as unusual or more; "
            "null for fewer than three",
            nullable=True,
            rule=SHARE,
        ),
        "q": Column(pl.Float64, "false-discovery rate over this table (Benjamini-Hochberg)", nullable=True, rule=SHARE),
        "sentence": _SENTENCE,
    },
    key=("network", "name"),
)

NETWORK_CREATION: Final = Table(
    "network_creation",
    "the densest stretch of days in which accounts of a network were created, against random groups of as many",
    {
        "network": _NETWORK,
        "members": Column(pl.UInt32, "members with a creation date", people=True),
        "first_at": Column(TIME, "first day of the stretch; null where nothing was tested", nullable=True),
        "days": Column(pl.UInt32, "its length, days", nullable=True, rule=POSITIVE),
        "inside": Column(pl.UInt32, "members created in it", nullable=True, rule=POSITIVE, people=True),
        "expected": Column(
            pl.Float64, "of as many accounts of the whole data, how many would be", nullable=True, rule=NOT_NEGATIVE
        ),
        "p": Column(
            pl.Float64, "share of random groups with a stretch as surprising, any length", nullable=True, rule=SHARE
        ),
        "sentence": _SENTENCE,
    },
    key=("network",),
)

NETWORK_TIMING: Final = Table(
    "network_timing",
    "whether the accounts of a network are active together, or keep apart, beyond their rhythms",
    {
        "network": _NETWORK,
        "accounts": Column(pl.UInt32, "members", people=True),
        "tested": Column(pl.UInt32, "of these, active enough to be tested (the busiest, up to a setting)", people=True),
        "pairs": Column(pl.UInt32, "pairs of these with enough days in common; each has a row in co_timing"),
        "bin_s": Column(pl.Float64, "width of a moment, seconds", nullable=True, rule=POSITIVE),
        "together": Column(pl.UInt64, "moments in common, summed over the pairs", nullable=True),
        "expected": Column(
            pl.Float64, "mean of that when each account's days are turned", nullable=True, rule=NOT_NEGATIVE
        ),
        "p": Column(pl.Float64, "chance of so many or more", nullable=True, rule=SHARE),
        "close": Column(pl.UInt32, "pairs with p_together_network of 0.05 or less", nullable=True),
        "judged": Column(pl.UInt32, "pairs that would meet often enough for keeping apart to be seen", nullable=True),
        "alternating": Column(pl.UInt32, "pairs that keep apart", nullable=True),
        "sentence": _SENTENCE,
    },
    key=("network",),
)

CO_TIMING: Final = Table(
    "co_timing",
    "two accounts of a network: how often they were active at the same moment, and how often by chance",
    {
        "network": _NETWORK,
        "a": Column(pl.UInt32, "account, a < b"),
        "b": Column(pl.UInt32, "account"),
        "together": Column(pl.UInt32, "moments (bins of time) in which both posted"),
        "expected": Column(pl.Float64, "mean of that when each account's days are turned", rule=NOT_NEGATIVE),
        "p_together": Column(pl.Float64, "chance of so many or more, of this pair alone", rule=SHARE),
        "p_together_network": Column(pl.Float64, "chance that any pair of the network lies as far out", rule=SHARE),
        "met": Column(pl.UInt32, "as together, in the wider bins for keeping apart"),
        "met_expected": Column(pl.Float64, "as expected, in these", rule=NOT_NEGATIVE),
        "p_apart": Column(
            pl.Float64,
            "chance of so few or fewer, of this pair alone; null where too few are expected",
            nullable=True,
            rule=SHARE,
        ),
        "p_apart_network": Column(
            pl.Float64, "chance that any judged pair of the network lies as far out", nullable=True, rule=SHARE
        ),
        "alternates": Column(
            pl.Boolean, "keeps apart: p_apart_network of 0.05 or less, and met at most a tenth of met_expected"
        ),
    },
    key=("network", "a", "b"),
)
