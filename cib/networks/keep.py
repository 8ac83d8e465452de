"""The rules that edges must pass, one after the other, as the published methods state them.

=================== ================================================================== =========================
rule                an edge stays if                                                   source
=================== ================================================================== =========================
min_weight          its value is at least the bound                                    all
quantile            its value is at or above the type-7 quantile of all values         CooRnet, OSoMe; CooRTweet
                    (``strict``: above, so that nothing stays where all are equal)     has ``strict``
top_k               it is among the k heaviest of *either* end; of equally heavy ones  OSoMe [4]_
                    those with the smaller partner number
disparity           the smaller alpha of both ends is below the bound [1]_ [2]_        Nizzoli et al.
q                   its false-discovery rate is at most the bound
centrality,         the eigenvector centrality of both ends is at least the bound, or  Luceri et al. [3]_
centrality_quantile that quantile of all accounts' centralities
neighbours          it joins two of: the ends of the edges left, and their neighbours  CooRTweet, subgraph 3
                    in the table as it was before the first rule
=================== ================================================================== =========================

An edge without a value (no similarity, no fast pair) passes no rule that asks for it. An account's edge with itself
counts like any other, except in centrality, where it stays if its account does.

.. [1] Serrano, Boguñá and Vespignani (2009), Extracting the multiscale backbone. doi:10.1073/pnas.0808904106
.. [2] Nizzoli et al. (2021), Coordinated behavior on social media in 2019 UK General Election.
   doi:10.1609/icwsm.v15i1.18074. Their code takes the alpha of whichever end it visits last.
.. [3] Luceri et al. (2024), Unmasking the web of deceit. doi:10.1145/3589334.3645529. 1e-2 is their careful bound.
.. [4] Pacheco et al. (2021), Uncovering coordinated networks on social media. doi:10.1609/icwsm.v15i1.18075
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.errors import ConfigError
from cib.networks.centrality import eigenvector_centrality
from cib.settings import KeepRule

__all__ = ["keep", "keep_steps", "why_dropped"]

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]


def keep(edges: pl.DataFrame, rules: Sequence[KeepRule]) -> pl.DataFrame:
    """Return the edges that pass the rules, in the order in which they came.

    Parameters
    ----------
    edges : one row an edge, with a, b and weight: EDGES of one layer, or GRAPH. Each pair stands once.
    rules : applied in this order, each to what the one before left.

    Raises
    ------
    ConfigError
        A rule asks for a column that the table does not have.

    Notes
    -----
    n log n in edges; centrality costs some hundred products with the adjacency matrix.

    Examples
    --------
    >>> edges = pl.DataFrame({"a": [0, 0, 0, 1, 1], "b": [1, 2, 3, 2, 3], "weight": [1.0, 1.0, 2.0, 3.0, 10.0]})
    >>> keep(edges, [KeepRule(rule="quantile", value=0.5, strict=True)])["weight"].to_list()
    [3.0, 10.0]
    """
    left = edges
    for _, step in keep_steps(edges, rules):
        left = step
    return left


def keep_steps(edges: pl.DataFrame, rules: Sequence[KeepRule]) -> Iterator[tuple[KeepRule, pl.DataFrame]]:
    """Yield each rule with the edges that are left after it; see :func:`keep`."""
    left = edges
    for rule in rules:
        left = _with_neighbours(edges, left) if rule.rule == "neighbours" else _passing(left, rule)
        yield rule, left


def why_dropped(rule: KeepRule) -> str:
    """Return in words why edges that a rule takes went.

    Examples
    --------
    >>> why_dropped(KeepRule(rule="quantile", value=0.9, by="pairs"))
    'pairs below the quantile 0.9'
    """
    below = "not above" if rule.strict else "below"
    return {
        "min_weight": f"{rule.by} {below} {rule.value:g}",
        "quantile": f"{rule.by} {below} the quantile {rule.value:g}",
        "top_k": f"{rule.by} not among the {rule.value:g} heaviest of either account",
        "disparity": f"{rule.by} no exception to either account's other edges (disparity alpha {rule.value:g} or more)",
        "q": f"false-discovery rate above {rule.value:g}",
        "centrality": f"an account with an eigenvector centrality below {rule.value:g}",
        "centrality_quantile": f"an account with an eigenvector centrality below the quantile {rule.value:g}",
        "neighbours": "not among the neighbours",
    }[rule.rule]


def _passing(left: pl.DataFrame, rule: KeepRule) -> pl.DataFrame:
    """Return the edges that have what the rule asks for, enough of it."""
    value = _value(rule)
    missing = [name for name in value.meta.root_names() if name not in left.columns]
    if missing:
        msg = f"keep: rule '{rule.rule}' asks for '{missing[0]}', but these edges have none. Use by = 'weight'."
        raise ConfigError(msg)
    constant = value.meta.is_literal()  # polars filters a table of several pieces wrongly by a constant
    known = left if constant else left.filter(value.is_not_null())
    if known.is_empty():
        return known
    values = known.select(pl.repeat(1.0, pl.len()) if constant else value).to_series().to_numpy()
    a, b = (known[end].to_numpy().astype(np.int64) for end in ("a", "b"))
    return known.filter(pl.Series(_RULES[rule.rule](a, b, values, rule), dtype=pl.Boolean))


def _value(rule: KeepRule) -> pl.Expr:
    if rule.rule == "q":
        return pl.col("q")
    if not rule.weighted and rule.rule.startswith("centrality"):
        return pl.lit(1.0)
    if rule.by == "messages":
        return pl.max_horizontal("messages_a", "messages_b").cast(pl.Float64)
    if rule.by == "pairs_fast":
        fast = pl.col("pairs_fast").cast(pl.Float64)
        return pl.when(fast > 0).then(fast)  # as in CooRTweet, an edge without fast pairs has no fast weight, not 0
    return pl.col(rule.by).cast(pl.Float64)


def _with_neighbours(full: pl.DataFrame, left: pl.DataFrame) -> pl.DataFrame:
    """Return all edges of the full table among the ends of the edges left and their neighbours."""
    core = _ends(left)
    around = full.filter(pl.col("a").is_in(core.implode()) | pl.col("b").is_in(core.implode()))
    inside = _ends(around).implode()
    return full.filter(pl.col("a").is_in(inside) & pl.col("b").is_in(inside))


def _ends(edges: pl.DataFrame) -> pl.Series:
    return pl.concat([edges["a"], edges["b"].alias("a")]).unique()


def _min_weight(_a: Ints, _b: Ints, value: Floats, rule: KeepRule) -> Bools:
    return value > rule.value if rule.strict else value >= rule.value


def _quantile(_a: Ints, _b: Ints, value: Floats, rule: KeepRule) -> Bools:
    bound = np.quantile(value, rule.value, method="linear")
    return value > bound if rule.strict else value >= bound


def _fdr(_a: Ints, _b: Ints, value: Floats, rule: KeepRule) -> Bools:
    return value <= rule.value


def _top_k(a: Ints, b: Ints, value: Floats, rule: KeepRule) -> Bools:
    """Rank each account's edges; an account's edge with itself is ranked once."""
    row = np.arange(len(a))
    twice = np.flatnonzero(a != b)
    whose, other = np.concatenate([a, b[twice]]), np.concatenate([b, a[twice]])
    edge = np.concatenate([row, twice])
    order = np.lexsort((other, -value[edge], whose))
    sorted_whose = whose[order]
    place = np.arange(len(order)) - np.searchsorted(sorted_whose, sorted_whose)
    kept = np.zeros(len(a), dtype=np.bool_)
    kept[edge[order[place < int(rule.value)]]] = True
    return kept


def _disparity(a: Ints, b: Ints, value: Floats, rule: KeepRule) -> Bools:
    """Compare each edge with what its ends would spend on it if they spread their weight at random.

    alpha = (1 - w / s) ** (k - 1) of an end with k edges of summed weight s; an end with one edge says nothing (1).
    """
    accounts, at = np.unique(np.concatenate([a, b]), return_inverse=True)
    u, v = at[: len(a)], at[len(a) :]
    loop = u == v
    ends, edge = np.concatenate([u, v[~loop]]), np.concatenate([np.arange(len(a)), np.flatnonzero(~loop)])
    strength = np.bincount(ends, weights=value[edge], minlength=len(accounts)).astype(np.float64)
    degree = np.bincount(ends, minlength=len(accounts))
    alpha = [_alpha(value, strength[end], degree[end]) for end in (u, v)]
    kept: Bools = np.minimum(*alpha) < rule.value
    return kept


def _alpha(value: Floats, strength: Floats, degree: npt.NDArray[np.integer]) -> Floats:
    share = np.divide(value, strength, out=np.zeros(len(value)), where=strength > 0)
    alpha: Floats = np.clip(1 - share, 0, 1) ** (degree - 1)
    return alpha


def _centrality(a: Ints, b: Ints, value: Floats, rule: KeepRule) -> Bools:
    """Ask both ends; an edge of an account with itself makes nobody central."""
    linked = a != b
    accounts, centrality = eigenvector_centrality(a[linked], b[linked], value[linked])
    if not len(accounts):
        return np.zeros(len(a), dtype=np.bool_)
    by_share = rule.rule == "centrality_quantile"
    bound = np.quantile(centrality, rule.value, method="linear") if by_share else rule.value
    central = accounts[centrality >= bound]
    return np.isin(a, central) & np.isin(b, central)


_RULES: Final[dict[str, Callable[[Ints, Ints, Floats, KeepRule], Bools]]] = {
    "min_weight": _min_weight,
    "quantile": _quantile,
    "top_k": _top_k,
    "disparity": _disparity,
    "q": _fdr,
    "centrality": _centrality,
    "centrality_quantile": _centrality,
}
