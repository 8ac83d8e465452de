"""The methods by which a graph is divided into groups, and the graph they work on.

=========== ===================================================================================================
leiden      Leiden's communities of modularity at the given resolution [1]_ [2]_
cpm         Leiden's communities of the constant Potts model [5]_: the mean weight over all pairs of a group's accounts
            is above the resolution, which has the unit of the weights
louvain     Louvain's [3]_; unlike Leiden's they can be badly connected, and even disconnected
components  whatever hangs together
fsa_v       Louvain's communities, and in each what grows from its heaviest edge [4]_ (see :mod:`cib.networks.grow`)
=========== ===================================================================================================

All but components are random: they run with several seeds, and the partition of highest quality comes first.

.. [1] Traag, Waltman and van Eck (2019), From Louvain to Leiden. doi:10.1038/s41598-019-41695-z
.. [2] Reichardt and Bornholdt (2006), Statistical mechanics of community detection. doi:10.1103/PhysRevE.74.016110
.. [3] Blondel et al. (2008), Fast unfolding of communities in large networks. doi:10.1088/1742-5468/2008/10/P10008
.. [4] Weber and Neumann (2021), Amplifying influence through coordinated behaviour in social networks.
   doi:10.1007/s13278-021-00815-2
.. [5] Traag, Van Dooren and Nesterov (2011), Narrow scope for resolution-limit-free community detection.
   doi:10.1103/PhysRevE.84.016114
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.networks.grow import grow
from cib.settings import NetworkSettings

__all__ = ["METHODS", "Network", "partitions", "perturbed"]

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
_ITERATIONS: Final = 10
"""Of Leiden; the first few do nearly all (Traag 2019), and what is left differs by seed."""
Found: TypeAlias = tuple[float, Ints]
"""The quality of a partition, and the group of each account."""


@dataclass(frozen=True)
class Network:
    """A graph whose accounts are numbered without gaps.

    Attributes
    ----------
    accounts : the account of each number, ascending, shape (accounts,).
    ends : both ends of each edge, by number, shape (edges, 2).
    weights : shape (edges,).
    """

    accounts: Ints
    ends: Ints
    weights: Floats

    @classmethod
    def of(cls, graph: pl.DataFrame) -> "Network":
        """Return the network of a GRAPH."""
        accounts, at = np.unique(np.stack([graph["a"].to_numpy(), graph["b"].to_numpy()]), return_inverse=True)
        return cls(accounts.astype(np.int64), at.reshape(2, -1).T.astype(np.int64), graph["weight"].to_numpy())

    def part(self, chosen: Bools) -> tuple["Network", Ints]:
        """Return the network of some edges, and the numbers that its accounts have here."""
        ends = self.ends[chosen]
        present = np.zeros(len(self.accounts), dtype=np.bool_)
        present[ends] = True
        numbers = np.flatnonzero(present)
        return Network(self.accounts[numbers], (np.cumsum(present) - 1)[ends], self.weights[chosen]), numbers


def partitions(network: Network, settings: NetworkSettings, seed: int) -> list[Ints]:
    """Return the partitions that the method finds, the best first: for each the group of each account, from 0.

    Parameters
    ----------
    network : the graph, with at least one edge.
    settings : method, resolution, seeds, theta.
    seed : of everything random.

    Notes
    -----
    igraph's own generator is global; it is left as it was. Each seed costs about linear time in edges.
    """
    import igraph

    if not len(network.accounts):
        return []
    # igraph takes pairs of numbers four times as fast as an array of them.
    graph = igraph.Graph(n=len(network.accounts), edges=zip(*network.ends.T.tolist(), strict=True))
    run = METHODS[settings.method]
    seeds = 1 if settings.method == "components" else settings.seeds
    found = []
    try:
        for turn in range(seeds):
            igraph.set_random_number_generator(random.Random(f"{seed}/{turn}"))  # noqa: S311  (a reproducible partition, not a secret)
            found.append(run(graph, network, settings))
    finally:
        igraph.set_random_number_generator(random)
    found.sort(key=lambda one: -one[0])  # of equals the earliest
    return [membership for _, membership in found]


def perturbed(network: Network, settings: NetworkSettings, seed: int) -> list[Ints]:
    """Return the partitions of ``bootstraps`` resampled graphs: for each the group of each account, from 0.

    Each edge is drawn as often as a Poisson number of mean 1 says, a bootstrap of edges [6]_: about a third of
    them are not there. An account that loses all its edges is a group of its own.

    Notes
    -----
    Each costs one seed of :func:`partitions`.

    .. [6] Rosvall and Bergstrom (2010), Mapping change in large networks. doi:10.1371/journal.pone.0008694
    """
    once = settings.model_copy(update={"seeds": 1})
    found = []
    for turn in range(settings.bootstraps):
        drawn = np.random.default_rng([seed, turn]).poisson(1.0, len(network.weights))
        part, numbers = network.part(drawn > 0)
        part = Network(part.accounts, part.ends, part.weights * drawn[drawn > 0])
        membership = np.arange(len(network.accounts)) + len(numbers)
        for best in partitions(part, once, seed)[:1]:
            membership[numbers] = best
        found.append(np.unique(membership, return_inverse=True)[1].astype(np.int64))
    return found


def _leiden(graph: Any, network: Network, settings: NetworkSettings) -> Found:
    leiden = graph.community_leiden(
        objective_function="modularity",
        weights=network.weights,
        resolution=settings.resolution,
        n_iterations=_ITERATIONS,
    )
    return leiden.quality, np.asarray(leiden.membership, dtype=np.int64)


def _cpm(graph: Any, network: Network, settings: NetworkSettings) -> Found:
    leiden = graph.community_leiden(
        objective_function="CPM", weights=network.weights, resolution=settings.resolution, n_iterations=_ITERATIONS
    )
    return leiden.quality, np.asarray(leiden.membership, dtype=np.int64)


def _louvain(graph: Any, network: Network, settings: NetworkSettings) -> Found:
    louvain = graph.community_multilevel(weights=network.weights, resolution=settings.resolution)
    quality = graph.modularity(louvain.membership, weights=network.weights, resolution=settings.resolution)
    return quality, np.asarray(louvain.membership, dtype=np.int64)


def _components(graph: Any, _network: Network, _settings: NetworkSettings) -> Found:
    return 0.0, np.asarray(graph.connected_components().membership, dtype=np.int64)


def _fsa_v(graph: Any, network: Network, settings: NetworkSettings) -> Found:
    """Grow a group in each of Louvain's communities; the quality is that of these."""
    quality, community = _louvain(graph, network, settings)
    return quality, grow(network.ends, network.weights, community, settings.theta)


METHODS: Final[dict[str, Callable[[Any, Network, NetworkSettings], Found]]] = {
    "leiden": _leiden,
    "cpm": _cpm,
    "louvain": _louvain,
    "components": _components,
    "fsa_v": _fsa_v,
}
"""The function behind each ``method`` of :class:`cib.settings.NetworkSettings`."""
