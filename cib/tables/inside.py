"""The tables inside the house: accounts, posts and objects are dense integers."""

from typing import Final

import polars as pl

from cib.contract import Column, Table
from cib.tables.rules import NOT_EMPTY, NOT_NEGATIVE, POSITIVE, SHARE, STRINGS, TIME

__all__ = [
    "ACCOUNTS",
    "EDGES",
    "INDICATORS",
    "KIND",
    "KINDS",
    "LEDGER",
    "OBJECTS",
    "PAIRS",
    "POSTS",
    "REPETITION",
    "TRACES",
]

KINDS: Final = ("original", "repost", "reply", "quote")
KIND: Final = pl.Enum(KINDS)

_PLATFORM_ID: Final = ("must read 'platform:id'", lambda c: c.str.contains(r"^[a-z0-9_.-]+:."))


def _text(doc: str) -> Column:
    return Column(pl.String, doc, nullable=True)


def _list(doc: str) -> Column:
    return Column(STRINGS, doc, nullable=True)


POSTS: Final = Table(
    "posts",
    "one row is one post; `post` numbers the rows in reading order",
    {
        "post": Column(pl.UInt32, "row number in reading order, from 0; the id used inside the system"),
        "account": Column(pl.UInt32, "number of the account that posted, see accounts"),
        "post_id": Column(pl.String, "the source's id as text; 'row:FILE:N' where the source has none", rule=NOT_EMPTY),
        "account_id": Column(pl.String, "'platform:id' of the account", rule=_PLATFORM_ID),
        "platform": Column(pl.String, "lower-case name of the platform", rule=NOT_EMPTY),
        "created_at": Column(TIME, "when it was posted"),
        "kind": Column(KIND, "original, repost, reply or quote"),
        "parent_post_id": _text("the post reposted, replied to or quoted"),
        "parent_account_id": _text("'platform:id' of that post's author"),
        "text": _text("the text as published, entities decoded"),
        "language": _text("language code or name as the source has it, lower-case"),
        "urls": _list("links as the source has them"),
        "hashtags": _list("hashtags without '#', as written"),
        "mentions": _list("accounts mentioned: handles without '@' or ids, as the source has them"),
        "media": _list("media ids or hashes"),
        "objects": _list("any other shared thing that the source names (layer 'object')"),
        "client": _text("the program the post was sent with"),
        "source_file": Column(pl.String, "name of the file the row came from"),
        "source_row": Column(pl.UInt32, "line or record in that file; a header is 1, so the first record is 2"),
    },
    key=("post",),
)

ACCOUNTS: Final = Table(
    "accounts",
    "one row is one account that posted; the latest known value of each field",
    {
        "account": Column(pl.UInt32, "number in the order of account_id, from 0; the id used inside the system"),
        "account_id": Column(pl.String, "'platform:id'", rule=_PLATFORM_ID),
        "platform": Column(pl.String, "lower-case name of the platform", rule=NOT_EMPTY),
        "handle": _text("user name without '@'"),
        "name": _text("display name"),
        "created_at": Column(TIME, "when the account was created", nullable=True),
        "followers": Column(pl.Int64, "followers", nullable=True, rule=NOT_NEGATIVE),
        "following": Column(pl.Int64, "accounts followed", nullable=True, rule=NOT_NEGATIVE),
        "post_count": Column(
            pl.Int64, "posts over the account's life, as the platform says", nullable=True, rule=NOT_NEGATIVE
        ),
        "description": _text("profile text"),
        "verified": Column(pl.Boolean, "verified by the platform", nullable=True),
        "default_profile": Column(pl.Boolean, "profile or profile image never changed from the default", nullable=True),
        "label": _text("known truth, if any; never seen by detection, only by evaluation and report"),
    },
    key=("account",),
)

TRACES: Final = Table(
    "traces",
    "one row is one act of an account on an object, in one layer",
    {
        "account": Column(pl.UInt32, "who"),
        "object": Column(pl.UInt32, "on what, see objects"),
        "post": Column(pl.UInt32, "in which post"),
        "time": Column(TIME, "when"),
    },
)

OBJECTS: Final = Table(
    "objects",
    "one row is one object of one layer",
    {
        "object": Column(pl.UInt32, "number within the layer, from 0"),
        "key": Column(
            pl.String,
            "canonical form: what 'the same thing' means; where layers are combined, after the layer's name",
            rule=NOT_EMPTY,
        ),
        "example": Column(pl.String, "the form in which it first appeared"),
        "acts": Column(pl.UInt32, "acts on it", rule=POSITIVE),
        "accounts": Column(pl.UInt32, "distinct accounts that acted on it", rule=POSITIVE),
        "band": Column(
            pl.UInt8,
            "popularity: 0 to 3 for up to 5, 20, 80 and more accounts",
            rule=("must be 0 to 3", lambda c: c < 4),
        ),
        "stratum": Column(pl.UInt32, "number of its stratum (language, time), within which chance is judged"),
    },
    key=("object",),
)

PAIRS: Final = Table(
    "pairs",
    "two posts of two accounts on one object inside the window: the evidence, in one layer",
    {
        "a": Column(pl.UInt32, "account, a < b"),
        "b": Column(pl.UInt32, "account"),
        "object": Column(pl.UInt32, "on what"),
        "post_a": Column(pl.UInt32, "post of a"),
        "post_b": Column(pl.UInt32, "post of b"),
        "time": Column(TIME, "when the earlier of the two was posted"),
        "delta_s": Column(pl.Float64, "time of b's post minus time of a's, seconds; negative: b came first"),
    },
)

EDGES: Final = Table(
    "edges",
    "two accounts linked in one layer",
    {
        "layer": Column(pl.String, "which layer"),
        "a": Column(pl.UInt32, "account, a < b"),
        "b": Column(pl.UInt32, "account"),
        "objects": Column(pl.UInt32, "distinct objects both acted on inside the window", rule=POSITIVE),
        "pairs": Column(pl.UInt64, "pairs of posts inside the window", rule=POSITIVE),
        "messages_a": Column(pl.UInt32, "distinct posts of the one with a match by the other", rule=POSITIVE),
        "messages_b": Column(pl.UInt32, "distinct posts of the other with a match by the one", rule=POSITIVE),
        "posts_first": Column(pl.UInt32, "distinct posts that came first in a pair, whoever posted", rule=POSITIVE),
        "posts_second": Column(pl.UInt32, "distinct posts that came second in a pair, whoever posted", rule=POSITIVE),
        "overlap": Column(
            pl.UInt32, "distinct objects both acted on at any time; 0 is possible where objects need only be near"
        ),
        "similarity": Column(
            pl.Float64,
            "similarity of the two accounts' objects: the layer's measure, or the Jaccard index",
            rule=NOT_NEGATIVE,
        ),
        "expected": Column(pl.Float64, "overlap expected by chance, by the layer's null model", rule=NOT_NEGATIVE),
        "expected_sync": Column(
            pl.Float64, "objects inside the window expected, given the overlap", nullable=True, rule=NOT_NEGATIVE
        ),
        "llr": Column(
            pl.Float64,
            "log-likelihood ratio of the overlap, nats, summed over strata and bands of popularity",
            rule=NOT_NEGATIVE,
        ),
        "p_overlap": Column(
            pl.Float64,
            "chance of so much overlap or more, in the most surprising band of popularity, corrected for their number",
            rule=SHARE,
        ),
        "p_sync": Column(
            pl.Float64,
            "chance of so much synchrony or more, given the overlap; null without a window",
            nullable=True,
            rule=SHARE,
        ),
        "p": Column(pl.Float64, "both together (Fisher)", rule=SHARE),
        "q": Column(pl.Float64, "false-discovery rate over all pairs of accounts that could have been", rule=SHARE),
        "first_at": Column(TIME, "first co-action"),
        "last_at": Column(TIME, "last co-action"),
        "delta_median_s": Column(pl.Float64, "median of |delta| over the pairs, seconds", rule=NOT_NEGATIVE),
        "delta_mean_s": Column(pl.Float64, "mean of |delta| over the pairs, seconds", rule=NOT_NEGATIVE),
        "lead": Column(pl.Float64, "share of pairs in which a came first; ties count one half", rule=SHARE),
        "pairs_fast": Column(pl.UInt64, "pairs inside the fast window; null without one", nullable=True),
        "posts_first_fast": Column(pl.UInt32, "as posts_first, of these pairs", nullable=True),
        "posts_second_fast": Column(pl.UInt32, "as posts_second, of these pairs", nullable=True),
        "delta_mean_fast_s": Column(
            pl.Float64, "as delta_mean_s, of these pairs; null if there are none", nullable=True
        ),
        "weight": Column(
            pl.Float64,
            "what the edge weighs in its layer: nats of evidence, or the count that the layer asks for",
            rule=NOT_NEGATIVE,
        ),
    },
    key=("layer", "a", "b"),
)

REPETITION: Final = Table(
    "repetition",
    "an account's own acts on one object inside the window of a layer: no edge, counted apart",
    {
        "layer": Column(pl.String, "which layer"),
        "account": Column(pl.UInt32, "account"),
        "pairs": Column(pl.UInt64, "pairs of its own posts inside the window", rule=POSITIVE),
        "messages": Column(pl.UInt32, "distinct posts with a match by another of its own", rule=POSITIVE),
    },
    key=("layer", "account"),
)

INDICATORS: Final = Table(
    "indicators",
    "a heuristic of an account: weak, local, explainable; describes, never decides",
    {
        "account": Column(pl.UInt32, "account"),
        "name": Column(pl.String, "name of the indicator"),
        "value": Column(pl.Float64, "its value, in the indicator's unit; null where it does not apply", nullable=True),
        "percentile": Column(
            pl.Float64, "share of the accounts it applies to with a value as low or lower", nullable=True, rule=SHARE
        ),
        "applicable": Column(pl.Boolean, "whether the data can tell"),
        "sentence": Column(pl.String, "the value in words, or why it does not apply", rule=NOT_EMPTY),
    },
    key=("account", "name"),
)

LEDGER: Final = Table(
    "ledger",
    "what each step took in, what it put out, and why rows went",
    {
        "stage": Column(pl.String, "read, trace, link, ..."),
        "where": Column(pl.String, "file or layer"),
        "reason": Column(pl.String, "why the rows went, in words"),
        "rows_in": Column(pl.UInt64, "rows before this step"),
        "rows_out": Column(pl.UInt64, "rows after it"),
        "examples": Column(STRINGS, "up to three of the rows that went: file and row, or object"),
    },
)
