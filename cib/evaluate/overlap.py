"""How networks and planted campaigns fit together: of the networks, and of the partition they make."""

import warnings
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["PURE", "best_matches", "network_measures", "partition_measures"]

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

PURE: Final = 0.9
"""A network is pure if so large a share of its accounts belongs to one campaign."""
_COVERED: Final = (0.5, 0.8)


def _crossed(network: Ints, campaign: Ints, weight: Floats) -> Floats:
    """Return accounts by network (rows, rank 1 first) and campaign (columns; the last: none)."""
    networks, campaigns = int(network.max(initial=0)), int(campaign.max(initial=-1)) + 1
    inside = network > 0
    column = np.where(campaign < 0, campaigns, campaign)[inside]
    place = (network[inside] - 1) * (campaigns + 1) + column
    size = networks * (campaigns + 1)
    counts = np.bincount(place, weights=weight[inside], minlength=size).astype(np.float64)
    return counts.reshape(networks, campaigns + 1)


def network_measures(network: Ints, campaign: Ints, weight: Floats) -> dict[str, float]:
    """Return the measures of the networks; a measure that has no value is NaN.

    Parameters
    ----------
    network : rank of each account's network, from 1; 0: in none.
    campaign : number of each account's campaign, from 0; -1: in none.
    weight : accounts that each row stands for.

    Notes
    -----
    With n_k accounts and a share p_k of planted ones in network k, the weighted precision is the sum of n_k p_k^2 over
    the sum of n_k p_k: the precision that a planted account meets in its own network.
    """
    crossed = _crossed(network, campaign, weight)
    size, planted = crossed.sum(axis=1), crossed[:, :-1].sum(axis=1)
    total = float(weight[campaign >= 0].sum())
    share = np.divide(planted, size, out=np.zeros_like(size), where=size > 0)
    largest = crossed[:, :-1].max(axis=1, initial=0.0)
    pure = np.flatnonzero((size > 0) & (largest >= PURE * size))
    some = planted > 0
    held = float(size[some].sum())
    measures = {
        "weighted precision": float((size * share**2).sum() / planted.sum()) if some.any() else 0.0,
        "purity": float(crossed[some].max(axis=1).sum()) / held if held else np.nan,
        "best-match F1": float(np.mean(best_matches(network, campaign, weight))),
        "rank of the first pure network": float(pure[0] + 1) if len(pure) else np.nan,
    }
    covered = np.cumsum(-np.sort(-planted))
    for part in _COVERED:
        enough = np.flatnonzero(covered >= part * total * (1 - 1e-12))
        measures[f"networks that cover {100 * part:.0f} % of the planted"] = (
            float(enough[0] + 1) if len(enough) else np.nan
        )
    return measures


def best_matches(network: Ints, campaign: Ints, weight: Floats) -> Floats:
    """Return for each campaign the F1 of the network that fits it best; 0 where none holds any of it."""
    crossed = _crossed(network, campaign, weight)
    campaigns = crossed.shape[1] - 1
    known = campaign >= 0
    total = np.bincount(campaign[known], weights=weight[known], minlength=campaigns)
    if not len(crossed):
        return np.zeros(campaigns)
    both = crossed.sum(axis=1)[:, None] + total[None, :]
    f1 = np.divide(2 * crossed[:, :-1], both, out=np.zeros_like(both), where=both > 0)
    return np.asarray(f1.max(axis=0)[total > 0])


def partition_measures(network: Ints, campaign: Ints, weight: Floats) -> dict[str, float]:
    """Return how the networks part the campaigns' accounts (parameters as for :func:`network_measures`).

    Twice: of the accounts in networks alone, which a method can win by dropping accounts, and with every other account
    as a group of its own. An account that a resample holds twice is two accounts. AMI and ARI need two campaigns.
    """
    times = np.where(campaign >= 0, weight, 0).astype(np.int64)
    found, truth = np.repeat(network, times), np.repeat(campaign, times)
    alone = found == 0
    single = np.where(alone, found.max(initial=0) + 1 + np.arange(len(found)), found)
    measures = {"coverage": float(np.mean(~alone)) if len(found) else np.nan}
    for about, one, other in (
        ("assigned only", truth[~alone], found[~alone]),
        ("unassigned as singletons", truth, single),
    ):
        measures |= {f"{name}, {about}": value for name, value in _agreement(one, other).items()}
    return measures


def _agreement(truth: Ints, found: Ints) -> dict[str, float]:
    from sklearn import metrics

    if not len(truth):
        return {"AMI": np.nan, "ARI": np.nan, "homogeneity": np.nan}
    several = len(np.unique(truth)) > 1
    with warnings.catch_warnings():
        # scikit-learn takes many small groups for a regression by mistake, and says so.
        warnings.simplefilter("ignore", UserWarning)
        return {
            "AMI": float(metrics.adjusted_mutual_info_score(truth, found)) if several else np.nan,
            "ARI": float(metrics.adjusted_rand_score(truth, found)) if several else np.nan,
            "homogeneity": float(metrics.homogeneity_score(truth, found)),
        }
