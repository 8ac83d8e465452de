"""Similarity of accounts over all time: a sparse product of the account x object matrix with itself, in blocks.

No pair of accounts without a common object is looked at, and no block of the result is larger than the given memory:
what a block can hold at most is known from the objects' degrees before it is multiplied.

The published methods with this kernel: Pacheco et al. (ICWSM 2021), Nizzoli et al. (ICWSM 2021), Luceri et al.
(WWW 2024), the OSoMe coordination detector, each a choice of weights and measure.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.settings import LayerSettings

__all__ = ["BYTES_PER_ENTRY", "chosen", "listed", "nearest", "predicted", "product"]

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
BYTES_PER_ENTRY: Final = 120
"""Peak working memory for one entry of a block: two sparse products, its coordinates, and their copies while they are
sorted and thresholded (measured)."""
_DIGITS: Final = 12
"""Similarities are rounded to so many decimals, so that what is equal on paper is equal here: a sum of floats is off by
about 1e-16, which would else decide ties and thresholds that are met exactly."""
_NO_WEIGHT: Final = 1e-150
"""Stands for a weight of 0: its square is lost beside any other, but it keeps its place in the sparse product."""
_LEVELS: Final = 2**39
"""Steps into which similarities are put to sort them fast; where the list ends, they are then compared exactly."""
_COLUMNS: Final = {"a": pl.UInt32, "b": pl.UInt32, "overlap": pl.UInt32, "similarity": pl.Float64}
_LISTED: Final = {"account": pl.UInt32, "other": pl.UInt32, "overlap": pl.UInt32, "similarity": pl.Float64}

_IDF: Final[dict[str, Callable[[Floats, int], Floats]]] = {
    "none": lambda d, _: np.ones(len(d)),
    "plain": lambda d, n: np.log(n / d),
    "smooth": lambda d, n: np.log((1 + n) / (1 + d)) + 1,
    "smoothlog": lambda d, n: np.log(n / d + 1),
}
"""Inverse document frequency of objects with `d` of `n` accounts; 'smooth' as scikit-learn has it."""

_TF: Final[dict[str, Callable[[Floats], Floats]]] = {
    "count": lambda n: n,
    "binary": np.ones_like,
    "sublinear": lambda n: 1 + np.log(n),
}

_ON_SETS: Final[dict[str, Callable[[Ints, Ints, Ints], Floats]]] = {
    "jaccard": lambda both, one, two: both / (one + two - both),
    "overlap": lambda both, one, two: both / np.minimum(one, two),
    "count": lambda both, _one, _two: both.astype(np.float64),
}
"""Measures of two sets from the sizes of their intersection and of each."""


@dataclass(frozen=True)
class _Matrix:
    """Accounts x objects as sparse rows with sorted columns.

    Attributes
    ----------
    account : the number of each row's account, ascending.
    incidence : 1 where the account acted on the object.
    weights : tf x idf, rows of length 1, 0 as _NO_WEIGHT; None if the measure looks at sets.
    degree : distinct objects of each row.
    reach : for each row the summed degrees of its objects, at most the number of rows: the most it can be similar to.
    """

    account: Ints
    incidence: Any
    weights: Any
    degree: Ints
    reach: Ints


@dataclass(frozen=True)
class _Entries:
    """Some entries of the product: rows, columns, shared objects, similarity."""

    row: Ints
    column: Ints
    overlap: Ints
    similarity: Floats

    def at(self, kept: npt.NDArray[Any]) -> "_Entries":
        return _Entries(self.row[kept], self.column[kept], self.overlap[kept], self.similarity[kept])


def product(traces: pl.DataFrame, layer: LayerSettings, *, memory: int) -> pl.DataFrame:
    """Return the pairs of accounts whose objects are alike.

    Parameters
    ----------
    traces : TRACES; rows of one account and object are counted (tf 'count' and 'sublinear').
    layer : ``measure``, ``tf``, ``idf``, ``neighbours``, ``min_objects`` and ``min_similarity`` are obeyed.
        tf and idf matter to the cosine alone: the other measures are of sets.
    memory : bound on the working memory of a block, bytes; a block has at least one row.

    Returns
    -------
    polars.DataFrame
        a < b, overlap (distinct objects both acted on, at least ``min_objects``), similarity (above 0 and at
        least ``min_similarity``; to 12 decimals), sorted by a, b. The same bytes for any `memory`.

    Notes
    -----
    With ``neighbours`` = k, an account lists itself and the k - 1 others most similar to it, of equally similar ones
    those with the smaller numbers, and a pair is kept if either of the two lists the other. The OSoMe detector also
    looks at each account's 100 most similar, itself included, but then drops the entries below the diagonal, and with
    them the pairs that only the later account lists. The lists are made before ``min_objects`` is asked, as there.

    An account with weights of 0 alone (idf 'plain', all its objects everybody's) is similar to nobody.

    Cost: the multiply-adds of :func:`predicted`, about half of them without ``neighbours``, twice for the cosine (which
    counts the overlap too). Memory: the traces, one block, and the pairs that are returned.

    Examples
    --------
    >>> acts = pl.DataFrame({"account": [3, 3, 5, 5, 9], "object": [0, 1, 0, 1, 1]})
    >>> layer = LayerSettings(kernel="similarity", window=None, measure="jaccard", min_objects=1)
    >>> product(acts, layer, memory=10**6).rows()
    [(3, 5, 2, 1.0), (3, 9, 1, 0.5), (5, 9, 1, 0.5)]
    """
    if traces.is_empty():
        return pl.DataFrame(schema=_COLUMNS)
    cells = traces.group_by("account", "object").len().with_columns(popularity=pl.len().over("object"))
    return chosen(listed(cells, cells["account"].n_unique(), layer, memory=memory), layer)


def listed(
    cells: pl.DataFrame,
    n_accounts: int,
    layer: LayerSettings,
    *,
    memory: int,
    between: tuple[int, int, int] | None = None,
) -> pl.DataFrame:
    """Return the accounts that each account lists: all that are similar, or its neighbours.

    Parameters
    ----------
    cells : account, object, len and popularity: acts of the account on the object, accounts of the object; whole
        accounts, in any order.
    n_accounts : accounts that there are in all.
    layer : as of :func:`product`.
    memory : as there.
    between : (g, i, j): accounts are dealt out over g groups by their numbers, and only lists of those of group i are
        asked, as far as they hold those of group j; without ``neighbours`` a pair is listed but once, so i <= j.

    Returns
    -------
    polars.DataFrame
        account, other, overlap, similarity.
    """
    matrix = _matrix(cells, n_accounts, layer)
    found = [pl.DataFrame(schema=_LISTED)]
    for start, stop in _blocks(matrix.reach, memory):
        block = _block(matrix, layer, start, stop)
        if between is not None:
            block = block.at(_between(matrix.account, block, between, turned=not layer.neighbours))
        block = _nearest(block, layer.neighbours)
        columns = (matrix.account[block.row], matrix.account[block.column], block.overlap, block.similarity)
        found.append(pl.DataFrame(dict(zip(_LISTED, columns, strict=True)), schema=_LISTED))
    return pl.concat(found)


def nearest(rows: pl.DataFrame, neighbours: int) -> pl.DataFrame:
    """Return of each account's entries (see :func:`listed`) those that it would list if all were asked at once."""
    account, row = np.unique(rows["account"].to_numpy(), return_inverse=True)
    order = np.argsort(row, kind="stable")
    other, overlap = (rows[name].to_numpy().astype(np.int64)[order] for name in ("other", "overlap"))
    entries = _Entries(row[order].astype(np.int64), other, overlap, rows["similarity"].to_numpy()[order])
    block = _nearest(entries, neighbours)
    found = (account[block.row], block.column, block.overlap, block.similarity)
    return pl.DataFrame(dict(zip(_LISTED, found, strict=True)), schema=_LISTED)


def chosen(rows: pl.DataFrame, layer: LayerSettings) -> pl.DataFrame:
    """Return what :func:`product` does, of everything that is listed."""
    good = rows.filter(pl.col("overlap") >= layer.min_objects, pl.col("similarity") >= layer.min_similarity)
    a, b = pl.min_horizontal("account", "other"), pl.max_horizontal("account", "other")
    return good.select(a=a, b=b, overlap="overlap", similarity="similarity").unique(["a", "b"]).sort("a", "b")


def predicted(traces: pl.DataFrame) -> int:
    """Return the multiply-adds of the whole product: the squared numbers of accounts of all objects, summed."""
    degree = traces.select("account", "object").unique().group_by("object").len()["len"]
    return int((degree.cast(pl.UInt64) ** 2).sum())


def _between(account: Ints, block: _Entries, between: tuple[int, int, int], *, turned: bool) -> npt.NDArray[np.bool_]:
    """Return which entries have their row in one group and their column in the other, or if `turned` the other way."""
    groups, one, other = between
    row, column = account[block.row] % groups, account[block.column] % groups
    kept: npt.NDArray[np.bool_] = (row == one) & (column == other)
    return kept | ((row == other) & (column == one)) if turned else kept


def _matrix(cells: pl.DataFrame, n_accounts: int, layer: LayerSettings) -> _Matrix:
    from scipy.sparse import csr_array

    cells = cells.sort("account", "object")
    account, row = np.unique(cells["account"].to_numpy().astype(np.int64), return_inverse=True)
    objects, column = np.unique(cells["object"].to_numpy(), return_inverse=True)
    popularity, degree = cells["popularity"].to_numpy(), np.bincount(row)
    start = np.concatenate(([0], np.cumsum(degree)))

    def filled(values: npt.NDArray[Any]) -> Any:
        return csr_array((values, column, start), shape=(len(account), len(objects)))

    weights = None
    if layer.measure == "cosine":
        values = _TF[layer.tf](cells["len"].to_numpy().astype(np.float64))
        values = values * _IDF[layer.idf](popularity.astype(np.float64), n_accounts)
        norm = np.sqrt(np.bincount(row, weights=values**2))[row]
        weights = filled(np.divide(values, norm, out=np.zeros_like(values), where=norm > 0).clip(_NO_WEIGHT))
    reach = np.minimum(np.bincount(row, weights=popularity).astype(np.int64), len(account))
    return _Matrix(account, filled(np.ones(len(row), dtype=np.int32)), weights, degree, reach)


def _blocks(reach: Ints, memory: int) -> Iterator[tuple[int, int]]:
    """Yield rows from, to (exclusive), whose product cannot hold more entries than fit into memory."""
    before = np.concatenate(([0], np.cumsum(reach)))
    room = memory // BYTES_PER_ENTRY
    start = 0
    while start < len(reach):
        stop = max(int(np.searchsorted(before, before[start] + room, side="right")) - 1, start + 1)
        yield start, stop
        start = stop


def _block(matrix: _Matrix, layer: LayerSettings, start: int, stop: int) -> _Entries:
    """Return the entries of these rows that are similar at all: all others' columns, or those after the row.

    A row's sum runs over its objects in ascending order whatever the block, so that a pair has the same bits in every
    block, and from either side. The two products have their entries in the same order, since no weight is 0.
    """
    first = 0 if layer.neighbours else start  # who lists whom depends on all the others
    shared = (matrix.incidence[start:stop] @ matrix.incidence[first:].T).tocoo()
    row, column = shared.row.astype(np.int64) + start, shared.col.astype(np.int64) + first
    kept = row != column if layer.neighbours else (row < column) & (shared.data >= layer.min_objects)
    row, column, overlap = row[kept], column[kept], shared.data[kept].astype(np.int64)
    if matrix.weights is None:
        similarity = _ON_SETS[layer.measure](overlap, matrix.degree[row], matrix.degree[column])
    else:
        similarity = (matrix.weights[start:stop] @ matrix.weights[first:].T).data[kept]
    entries = _Entries(row, column, overlap, similarity.round(_DIGITS))
    return entries.at(entries.similarity > 0)


def _nearest(entries: _Entries, neighbours: int) -> _Entries:
    """Return the entries that are among the most similar of their row, which itself takes one of the places."""
    if not neighbours or not len(entries.row):
        return entries
    steps = (1 - entries.similarity / entries.similarity.max()) * _LEVELS
    row = entries.row - entries.row[0]
    key = row * (2 * _LEVELS) + steps.astype(np.int64)
    stop = np.cumsum(np.bincount(row))
    last = np.minimum(np.concatenate(([0], stop[:-1])) + max(neighbours - 2, 0), np.maximum(stop - 1, 0))
    entries = entries.at(key <= np.sort(key)[last][row])
    entries = entries.at(np.lexsort((entries.column, -entries.similarity, entries.row)))
    place = np.arange(len(entries.row)) - np.searchsorted(entries.row, entries.row)
    return entries.at(place < neighbours - 1)
