"""Verdicts of analysts on networks and accounts, carried to later runs by what they were said of, not by its number.

A network is known by its accounts. In another run its verdict belongs to the network whose accounts have the highest
Jaccard index with those that were judged, if that is high enough; a network takes the verdict of the most similar of
those that were judged. An account is known by its id.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

import polars as pl

from cib.tables import VERDICTS

__all__ = ["VERDICT_COLUMNS", "VERDICT_WORDS", "carried", "rejected", "similar", "subject_of"]

VERDICT_WORDS: Final = ("confirmed", "rejected", "unsure")
VERDICT_COLUMNS: Final = ("kind", "subject", "verdict", "explanation", "note", "run", "recorded_at")
"""Columns of a file of verdicts, all text."""


def subject_of(accounts: Iterable[str]) -> str:
    """Return the name of a network by its content: the same for the same accounts in any order.

    >>> subject_of(["x:b", "x:a"]) == subject_of(["x:a", "x:b"]), len(subject_of(["x:a"]))
    (True, 16)
    """
    return hashlib.blake2b("\n".join(sorted(accounts)).encode(), digest_size=8).hexdigest()


def similar(members: pl.DataFrame, judged: pl.DataFrame, least: float) -> pl.DataFrame:
    """Return the judged network that each network is most like: network, subject, similarity.

    Parameters
    ----------
    members : network, account_id, of this run.
    judged : subject, account_id: the accounts of the networks that were judged.
    least : Jaccard index from which a network counts as the one that was judged.

    Returns
    -------
    By network; of equally similar ones the first by subject. A subject goes to the network that is most like it alone
    (of equals to the first), so that one verdict is not counted twice.

    Examples
    --------
    >>> members = pl.DataFrame({"network": [1, 1, 1, 2], "account_id": ["a", "b", "c", "d"]})
    >>> judged = pl.DataFrame({"subject": ["s", "s", "t"], "account_id": ["a", "b", "d"]})
    >>> similar(members, judged, 0.5).rows()
    [(1, 's', 0.6666666666666666), (2, 't', 1.0)]
    """
    mine, theirs = members.group_by("network").agg(n=pl.len()), judged.group_by("subject").agg(m=pl.len())
    both = members.join(judged, on="account_id").group_by("network", "subject").agg(both=pl.len())
    pairs = (
        both.join(mine, on="network")
        .join(theirs, on="subject")
        .select("network", "subject", similarity=pl.col("both") / (pl.col("n") + pl.col("m") - pl.col("both")))
        .filter(pl.col("similarity") >= least)
    )
    ordered = pairs.sort(["similarity", "subject", "network"], descending=[True, False, False])
    own = ordered.unique("subject", keep="first", maintain_order=True)
    return own.unique("network", keep="first", maintain_order=True).sort("network")


def carried(
    verdicts: pl.DataFrame, judged: pl.DataFrame, members: pl.DataFrame, accounts: pl.DataFrame, least: float
) -> pl.DataFrame:
    """Return VERDICTS: what was said of this run's networks and accounts.

    Parameters
    ----------
    verdicts : :data:`VERDICT_COLUMNS`; of an account the subject is its id.
    judged, members, least : as for :func:`similar`.
    accounts : account_id of this run's accounts.
    """
    said = ["subject", "verdict", "explanation", "note"]
    of_networks = verdicts.filter(pl.col("kind") == "network")
    networks = (
        similar(members, judged.join(of_networks.select("subject"), on="subject", how="semi"), least)
        .join(of_networks.select(said), on="subject")
        .with_columns(kind=pl.lit("network"), account_id=pl.lit(None, dtype=pl.String))
    )
    known = (
        verdicts.filter(pl.col("kind") == "account")
        .join(accounts.select("account_id"), left_on="subject", right_on="account_id", how="semi")
        .with_columns(account_id="subject", network=pl.lit(None, dtype=pl.UInt32), similarity=pl.lit(1.0))
    )
    columns = list(VERDICTS.columns)
    parts = [VERDICTS.empty(), *(part.select(columns).cast(VERDICTS.schema) for part in (networks, known))]
    return VERDICTS.check(pl.concat(parts).sort("kind", "network", "account_id", descending=[True, False, False]))


def rejected(found: pl.DataFrame, factor: float) -> pl.DataFrame:
    """Return what was rejected as explanations of networks: group, name, value, applicable, factor, sentence.

    Parameters
    ----------
    found : VERDICTS in which `network` is the number of a candidate group.
    factor : what a rejected network's score is multiplied by.
    """
    why = pl.concat_str(pl.col("explanation"), pl.col("note"), separator=". ", ignore_nulls=True)
    words = pl.when(why == "").then(pl.lit("")).otherwise(pl.lit(": ") + why)
    share = (pl.col("similarity") * 100).round(0).cast(pl.Int64).cast(pl.String)
    return found.filter((pl.col("kind") == "network") & (pl.col("verdict") == "rejected")).select(
        group="network",
        name=pl.lit("rejected_before"),
        value="similarity",
        applicable=pl.lit(value=True),
        factor=pl.lit(factor),
        sentence=pl.format("An analyst rejected a network with these accounts (Jaccard index {} %){}", share, words),
    )
