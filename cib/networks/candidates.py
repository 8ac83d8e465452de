"""GRAPH -> candidate networks on two levels, none of them twice.

- *Themes* are the communities of the graph's stronger links (modularity by default): departments, causes.
- *Cells* are groups whose accounts are linked by more than so much evidence a pair (the constant Potts model, whose
  resolution is in the unit of the weights and which does not merge small groups). They are looked for in the whole
  graph, and once more among the most coherent accounts, where no crowd can swallow them.

All are pooled. Of two that are nearly the same (a theme and a cell with a Jaccard index of 0.8 or more; two cells of
which one has half of the smaller one's accounts) the one with more evidence stays; a group that was found on both
levels says so.
"""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.networks.centrality import adjacency
from cib.networks.coherence import coherence
from cib.networks.group import group
from cib.networks.partition import Network
from cib.networks.sums import exact_sum
from cib.settings import NetworkSettings
from cib.tables import GRAPH

__all__ = ["candidates", "evidence_of", "inside_of", "largest_evidence"]

Ints: TypeAlias = npt.NDArray[np.int64]
_CELL_SEEDS: Final = 2
"""Cells hang on the seed far less than themes do; what they hang on, the resampled graphs tell."""
_SAME: Final = 0.8
_HALF: Final = 0.5
_SCHEMA: Final = {
    "group": pl.UInt32,
    "level": pl.String,
    "account": pl.UInt32,
    "stability": pl.Float64,
    "coordination": pl.Float64,
}


def candidates(graph: pl.DataFrame, settings: NetworkSettings, *, seed: int) -> pl.DataFrame:
    """Return one row an account of a candidate: group, level, account, stability, coordination.

    Levels are 'theme', 'cell' and 'both'. Groups are numbered from 0, themes first, each level by falling size. An
    account can be in one theme and in several cells. The coordination is null unless ``steps`` asks for it.

    Parameters
    ----------
    graph : GRAPH.
    settings : of [networks]; only the method 'leiden' has cells.
    seed : of everything random.

    Notes
    -----
    Each resolution costs what one level does (see :func:`cib.networks.group`), and the coherence the two-step walks of
    the graph.
    """
    parts: list[pl.DataFrame] = []
    for level, part in _found(graph, settings, seed):
        parts.append(part.with_columns(part=pl.lit(len(parts)), level=pl.lit(level)))
    pooled = pl.concat(parts)
    number = pl.struct("part", "group").rank("dense").cast(pl.UInt32) - 1
    pooled = pooled.with_columns(group=number).drop("part")
    if len(parts) > 1 and not pooled.is_empty():
        pooled = _once(pooled, graph)
    return pooled.select(list(_SCHEMA)).cast(_SCHEMA).sort("group", "account")  # type: ignore[arg-type]


def _found(graph: pl.DataFrame, settings: NetworkSettings, seed: int) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield each generator's level and groups."""
    two_levels = settings.method == "leiden"
    strong = graph.filter(pl.col("weight") >= settings.theme_weight) if two_levels else graph
    yield "theme", group(strong, settings, seed=seed)
    if not two_levels or graph.is_empty():
        return
    cells = settings.model_copy(update={"method": "cpm", "steps": 0, "seeds": min(settings.seeds, _CELL_SEEDS)})
    for resolution in settings.cell_resolutions:
        yield "cell", group(graph, cells.model_copy(update={"resolution": resolution}), seed=seed)
    if settings.core_resolutions:
        core = _core(graph, settings)
        for resolution in settings.core_resolutions:
            yield "cell", group(core, cells.model_copy(update={"resolution": resolution}), seed=seed)


def _core(graph: pl.DataFrame, settings: NetworkSettings) -> pl.DataFrame:
    """Return the links among the most coherent accounts."""
    network = Network.of(graph)
    n = len(network.accounts)
    deep = coherence(adjacency(network.ends[:, 0], network.ends[:, 1], network.weights, n))
    take = min(n, max(settings.min_accounts, int(np.ceil(settings.core_share * n))))
    chosen = network.accounts[np.lexsort((network.accounts, -deep))[:take]]
    most = pl.Series(chosen, dtype=pl.UInt32).implode()
    return graph.filter(pl.col("a").is_in(most) & pl.col("b").is_in(most))


def inside_of(graph: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Return the graph's edges with both ends in a group, once for each such group, by a, b and group."""
    both = graph.join(groups.select("group", a="account"), on="a")
    return both.join(groups.select("group", b="account"), on=["group", "b"]).sort("a", "b", "group")


def evidence_of(graph: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Return group, accounts, edges, weight and evidence: mean weight over all pairs times the root of the accounts."""
    size = groups.group_by("group").agg(accounts=pl.len())
    weight = inside_of(graph, groups).group_by("group").agg(edges=pl.len(), weight=exact_sum(pl.col("weight")))
    n = pl.col("accounts")
    return (
        size.join(weight, on="group", how="left")
        .with_columns(pl.col("edges", "weight").fill_null(0))
        .with_columns(evidence=pl.col("weight") / (n * (n - 1) / 2) * n.sqrt())
        .sort("group")
    )


def largest_evidence(graph: pl.DataFrame, settings: NetworkSettings, *, seed: int) -> tuple[pl.DataFrame, float]:
    """Return the candidates of a graph, and the largest evidence of any: what a replica contributes.

    One seed and no bootstrap: how stable they are, nobody asks of what is found by chance.
    """
    once = settings.model_copy(update={"seeds": 1, "bootstraps": 0, "steps": 0})
    found = candidates(GRAPH.check(graph), once, seed=seed)
    most = evidence_of(graph, found)["evidence"].max() if len(found) else 0.0
    return found, float(most)  # type: ignore[arg-type]


def _once(pooled: pl.DataFrame, graph: pl.DataFrame) -> pl.DataFrame:
    """Leave out groups that are nearly another one with more evidence, and mark those found on both levels."""
    facts = evidence_of(graph, pooled).join(pooled.group_by("group").agg(pl.col("level").first()), on="group")
    facts = facts.sort("group")
    theme = (facts["level"] == "theme").to_numpy()
    order = np.lexsort((facts["group"].to_numpy(), -facts["evidence"].to_numpy().round(9)))
    cells, levels = _alike(pooled, facts["accounts"].to_numpy().astype(np.int64), theme)
    # First cells among cells, then what is left of them against themes: a cell that is a theme stands for those in it.
    taken = _greedy(cells, order, np.ones(len(theme), dtype=np.bool_))
    left = taken.copy()
    taken = _greedy(levels, order, left)
    both = taken & (levels @ left.astype(np.int64) > 0)
    named = facts.with_columns(
        level=pl.when(pl.Series(both)).then(pl.lit("both")).otherwise("level"), taken=pl.Series(taken)
    )
    kept = pooled.drop("level").join(named.filter("taken").select("group", "level"), on="group")
    level = pl.col("level").replace_strict({"theme": 0, "both": 0, "cell": 1}, return_dtype=pl.UInt8)
    order_of = kept.group_by("group").agg(level=level.first(), size=pl.len(), first=pl.col("account").min())
    order_of = order_of.sort(["level", "size", "first", "group"], descending=[False, True, False, False])
    numbered = order_of.with_row_index("number").select("group", "number")
    return kept.join(numbered, on="group").drop("group").rename({"number": "group"})


def _greedy(alike: Any, order: Ints, asked: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return which of the candidates asked for are taken: in this order, each that is like none taken before."""
    taken = np.zeros(len(order), dtype=np.bool_)
    for one in order[asked[order]]:  # over candidates, not accounts
        taken[one] = not taken[alike.indices[alike.indptr[one] : alike.indptr[one + 1]]].any()
    return taken


def _alike(pooled: pl.DataFrame, size: Ints, theme: npt.NDArray[np.bool_]) -> tuple[Any, Any]:
    """Return which cells are nearly another cell, and which cells and themes are nearly the same, as sparse arrays."""
    from scipy.sparse import csr_array

    rows, columns = pooled["group"].to_numpy(), pooled["account"].to_numpy()
    member = csr_array((np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=(len(size), int(columns.max()) + 1))
    shared = (member @ member.T).tocoo()
    one, other, both = shared.row, shared.col, shared.data
    jaccard = both / (size[one] + size[other] - both)
    cells = (one != other) & ~theme[one] & ~theme[other] & (both >= _HALF * np.minimum(size[one], size[other]))
    levels = (theme[one] != theme[other]) & (jaccard >= _SAME)
    shape = (len(size), len(size))
    first, second = (
        csr_array((np.ones(near.sum(), dtype=np.int64), (one[near], other[near])), shape=shape)
        for near in (cells, levels)
    )
    return first, second
