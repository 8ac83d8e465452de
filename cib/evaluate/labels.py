"""Held against known truth: how far the networks found agree with labels that detection never saw."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cib.errors import InputError
from cib.report.run import open_run

__all__ = ["Agreement", "against_labels", "agreement", "describe"]


@dataclass(frozen=True)
class Agreement:
    """Agreement of the networks with the labels, over the accounts that have both.

    Attributes
    ----------
    accounts : accounts with a label that counts.
    covered : of these, the ones in a network.
    networks, labels : how many there are among the covered.
    ami, ari : adjusted mutual information (arithmetic mean) and adjusted Rand index; 0 is chance, 1 is identity.
    homogeneity : 1 if each network holds one label only.
    completeness : 1 if each label is in one network only.
    """

    accounts: int
    covered: int
    networks: int
    labels: int
    ami: float
    ari: float
    homogeneity: float
    completeness: float

    @property
    def coverage(self) -> float:
        """Share of the labelled accounts that are in a network."""
        return self.covered / self.accounts


def agreement(members: pl.DataFrame, accounts: pl.DataFrame, *, leave_out: Collection[str] = ("Unknown",)) -> Agreement:
    """Compare networks with labels.

    Parameters
    ----------
    members : account_id, network (one network an account).
    accounts : account_id, label.
    leave_out : labels that say nothing.

    Raises
    ------
    InputError
        No account has a label that counts.

    Examples
    --------
    >>> members = pl.DataFrame({"account_id": ["a", "b", "c"], "network": [1, 1, 2]})
    >>> accounts = pl.DataFrame({"account_id": ["a", "b", "c", "d"], "label": ["x", "x", "y", "y"]})
    >>> found = agreement(members, accounts)
    >>> found.ami, found.coverage
    (1.0, 0.75)
    """
    from sklearn import metrics

    labelled = (
        accounts.select("account_id", "label").drop_nulls("label").filter(~pl.col("label").is_in(list(leave_out)))
    )
    if labelled.is_empty():
        msg = (
            "No account has a known label to compare with. Name an account table that has a column label in "
            "input.accounts, or give a table of the truth by --truth FILE."
        )
        raise InputError(msg)
    both = labelled.join(members.select("account_id", "network"), on="account_id").sort("account_id")
    truth, found = both["label"].to_numpy(), both["network"].to_numpy()
    nothing = both.is_empty()
    return Agreement(
        accounts=len(labelled),
        covered=len(both),
        networks=both["network"].n_unique(),
        labels=both["label"].n_unique(),
        ami=0.0 if nothing else float(metrics.adjusted_mutual_info_score(truth, found)),
        ari=0.0 if nothing else float(metrics.adjusted_rand_score(truth, found)),
        homogeneity=0.0 if nothing else float(metrics.homogeneity_score(truth, found)),
        completeness=0.0 if nothing else float(metrics.completeness_score(truth, found)),
    )


def describe(found: Agreement) -> str:
    """Return the agreement in words and figures."""
    return (
        f"{found.accounts} accounts have a known label; {found.covered} of them ({found.coverage:.1%}) are in one of "
        f"{found.networks} networks, under {found.labels} labels.\n"
        f"adjusted mutual information {found.ami:.3f}, adjusted Rand index {found.ari:.3f}, "
        f"homogeneity {found.homogeneity:.3f}, completeness {found.completeness:.3f}"
    )


def against_labels(runs: Sequence[Path], leave_out: Collection[str]) -> str:
    """Return, in words, how the networks of a run, and each level alone, agree with the labels of its accounts table.

    Raises
    ------
    InputError
        More than one run is given, or its accounts have no labels.
    RunError
        The folder holds no finished run.
    """
    if len(runs) > 1:
        msg = "Several runs are compared with a table of the truth. Give it by --truth FILE."
        raise InputError(msg)
    files = open_run(runs[0])
    partitions = {"Networks, each account's highest-ranked": files.homes} | {
        f"{level.capitalize()}s alone": files.at_level(level) for level in ("theme", "cell")
    }
    accounts = files.table("accounts")
    return "\n".join(
        f"{title}: {describe(agreement(members, accounts, leave_out=leave_out))}"
        for title, members in partitions.items()
    )
