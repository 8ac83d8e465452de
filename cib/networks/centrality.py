"""Eigenvector centrality, of a whole graph and of each of its components, the same on every machine.

The centralities are the eigenvector of the adjacency matrix's largest eigenvalue, of Euclidean norm one [1]_. In a
graph of several components that is one vector too: accounts outside the component with the largest eigenvalue have 0,
which is what networkx' power iteration approaches, and what published node pruning [2]_ is fed with. Components whose
eigenvalues are equal share it as that iteration would, started from ones.

.. [1] Bonacich (1972), Factoring and weighting approaches to status scores. doi:10.1080/0022250X.1972.9989806
.. [2] Luceri et al. (2024), Unmasking the web of deceit. doi:10.1145/3589334.3645529
"""

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["adjacency", "component_centrality", "eigenvector_centrality"]

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

_SMALL: Final = 32
"""Components of up to so many accounts are solved densely, all of one size at once."""
_DECIMALS: Final = 12
"""Centralities are rounded, so that accounts in the same position get the same number."""
_EQUAL: Final = 1e-9
"""Eigenvalues that differ by less than this share count as equal."""
_RESTARTS: Final = 100
_STEPS: Final = 1000


def eigenvector_centrality(a: Ints, b: Ints, weight: Floats) -> tuple[Ints, Floats]:
    """Return the accounts, sorted, and the eigenvector centrality of each.

    Parameters
    ----------
    a, b : ends of the edges, shape (n,); each pair stands once, no account with itself.
    weight : weights, 0 or more, shape (n,); an edge of weight 0 is none, its ends may have centrality 0.

    Returns
    -------
    accounts, centralities : shape (accounts,); centralities are rounded to 12 decimals.

    Notes
    -----
    Only components whose bounds allow the largest eigenvalue are solved. A large one costs some hundred products with
    its adjacency matrix. Where its two largest eigenvalues are too close for a thousand, a
    thousand steps of the power iteration are what it gets.
    """
    accounts, at = np.unique(np.concatenate([a, b]), return_inverse=True)
    centrality: Floats = np.zeros(len(accounts))
    real = weight > 0
    if not real.any():
        return accounts, centrality
    matrix = adjacency(at[: len(a)][real], at[len(a) :][real], weight[real], len(accounts))
    label = _candidates(matrix)
    value, vector = _solved(matrix, label)
    top = (label >= 0) & (value >= value.max() * (1 - _EQUAL))
    share = np.bincount(label[top], weights=vector[top])
    centrality[top] = vector[top] * share[label[top]]
    centrality /= np.linalg.norm(centrality)
    return accounts, centrality.round(_DECIMALS)


def component_centrality(matrix: Any) -> Floats:
    """Return each account's part of the leading eigenvector of its component (norm one), times the eigenvalue.

    Parameters
    ----------
    matrix : symmetric weights, 0 or more, scipy sparse array of shape (accounts, accounts).

    Returns
    -------
    shape (accounts,); in the unit of the weights, rounded to 12 decimals.

    Notes
    -----
    Each component costs some hundred products with its part of the matrix; small ones of one size are solved at once.
    """
    from scipy.sparse.csgraph import connected_components

    label = connected_components(matrix, directed=False)[1].astype(np.int64)
    value, vector = _solved(matrix.tocsr(), label)
    centrality: Floats = (value * vector).round(_DECIMALS)
    return centrality


def adjacency(u: Ints, v: Ints, weight: Floats, n: int) -> Any:
    """Return the symmetric matrix of weights between n accounts, as a scipy sparse array."""
    from scipy.sparse import csr_array

    both = (np.concatenate([u, v]), np.concatenate([v, u]))
    return csr_array((np.concatenate([weight, weight]), both), shape=(n, n))


def _candidates(matrix: Any) -> Ints:
    """Return each account's component, numbered from 0, or -1 where its largest eigenvalue cannot be the graph's.

    It lies between the root of the mean squared strength and, over edges, the largest root of the ends' product.
    """
    from scipy.sparse.csgraph import connected_components

    n, label = connected_components(matrix, directed=False)
    strength = matrix.sum(axis=1)
    least = np.sqrt(np.bincount(label, weights=strength**2, minlength=n) / np.bincount(label, minlength=n))
    entries = matrix.tocoo()
    most = np.zeros(n)
    np.maximum.at(most, label[entries.row], np.sqrt(strength[entries.row] * strength[entries.col]))
    possible = most >= least.max() * (1 - _EQUAL)
    number: Ints = np.where(possible, np.cumsum(possible) - 1, -1)[label]
    return number


def _solved(matrix: Any, label: Ints) -> tuple[Floats, Floats]:
    """Return the largest eigenvalue of each account's component, and the account's part of its eigenvector."""
    value, vector = np.zeros(len(label)), np.zeros(len(label))
    order = np.argsort(label, kind="stable")
    order = order[label[order] >= 0]
    size = np.bincount(label[order])
    start = np.cumsum(size) - size
    for n in np.unique(size):
        starts = start[size == n]
        nodes = order[starts[:, None] + np.arange(n)]  # one row a component
        if n <= _SMALL:
            value[nodes], vector[nodes] = _dense(matrix, nodes)
            continue
        for component in nodes:
            value[component], vector[component] = _sparse(matrix[component][:, component])
    return value, vector


def _dense(matrix: Any, nodes: Ints) -> tuple[Floats, Floats]:
    """Return eigenvalues, shape (components, 1), and eigenvectors, shape (components, size)."""
    count, n = nodes.shape
    place = np.full(matrix.shape[0], -1)
    place[nodes.ravel()] = np.arange(nodes.size)
    entries = matrix[nodes.ravel()].tocoo()
    blocks = np.zeros((count, n, n))
    blocks[entries.row // n, entries.row % n, place[entries.col] % n] = entries.data
    values, vectors = np.linalg.eigh(blocks)
    return values[:, -1:], np.abs(vectors[:, :, -1])


def _sparse(matrix: Any) -> tuple[float, Floats]:
    from scipy.sparse.linalg import ArpackNoConvergence, eigsh

    vector = np.ones(matrix.shape[0])
    try:
        values, vectors = eigsh(matrix, k=1, which="LA", v0=vector, maxiter=_RESTARTS)
    except ArpackNoConvergence:
        for _ in range(_STEPS):
            vector = vector + matrix @ vector  # the added identity keeps bipartite graphs from swinging
            vector /= np.linalg.norm(vector)
        return float(vector @ (matrix @ vector)), vector
    return float(values[0]), np.abs(vectors[:, 0])
