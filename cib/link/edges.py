"""TRACES -> EDGES, PAIRS: who is linked in one layer, by how much, how likely by chance, and by which posts."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.link.chance import Chance, benjamini_hochberg, fisher
from cib.link.prune import prune
from cib.link.sweep import BYTES_PER_PAIR, Pairs, Sweep, sweep
from cib.settings import LayerSettings
from cib.tables import EDGES, LEDGER, OBJECTS, PAIRS, TRACES

__all__ = ["Linked", "link"]

Ints: TypeAlias = npt.NDArray[np.int64]
Sink: TypeAlias = Callable[[pl.DataFrame], None]
_PACK: Final = 2**32
"""Two account numbers are packed into one integer, a * 2^32 + b, so that pairs of accounts sort and group fast."""
_BYTES_PER_LINK: Final = 64
"""Working memory for one pair of accounts while their objects are counted."""


@dataclass(frozen=True)
class Linked:
    """What linking one layer gave.

    Attributes
    ----------
    edges : EDGES: all pairs of accounts with at least ``min_objects`` objects inside the window, significant or not.
    n_pairs : pairs of acts inside the window after pruning, an account's own repetitions included.
    ledger : LEDGER.
    """

    edges: pl.DataFrame
    n_pairs: int
    ledger: pl.DataFrame


def link(
    traces: pl.DataFrame, objects: pl.DataFrame, layer: LayerSettings, *, name: str, memory: int, sink: Sink
) -> Linked:
    """Link the accounts of one layer.

    Parameters
    ----------
    traces, objects : TRACES and OBJECTS of the layer.
    layer : its settings.
    name : its name.
    memory : bound on working memory, bytes; more pairs than fit are worked off in batches and passes.
    sink : is given the evidence, PAIRS of all edges, in frames sorted by (a, b), in order.

    Returns
    -------
    Linked

    Raises
    ------
    TableError
        `traces` or `objects` break their contract.
    RunError
        The window is too long for so many acts (see :func:`cib.link.sweep.sweep`).

    Notes
    -----
    n log n in traces, linear in pairs inside the window; the tests cost the summed degrees of the edges' ends.
    """
    TRACES.check(traces)
    OBJECTS.check(objects)
    capped, objects, ledger = _cap(traces, objects, layer, name)
    busy = capped.filter(pl.len().over("account") >= layer.min_acts)
    ledger.append(_row(name, f"the account has fewer than {layer.min_acts} acts", len(capped), len(busy)))
    kept = prune(busy, layer.min_objects)
    ledger.append(_row(name, f"cannot be part of an edge with {layer.min_objects} objects", len(busy), len(kept)))
    swept = sweep(kept, layer.window)
    if layer.min_acts > 1:
        size, both = max(memory // BYTES_PER_PAIR, 1), layer.participation == "both"
        swept = swept.participating(busy, layer.min_acts, size=size, both=both)
    links = _links(swept, layer.min_objects, memory)
    facts = _evidence(swept, links, memory, sink)
    edges = _tested(links, facts, capped, objects, layer)
    edges = edges.with_columns(layer=pl.lit(name)).select(list(EDGES.columns))
    left_out = [row for row in ledger if row["rows_in"] != row["rows_out"]]
    return Linked(EDGES.check(edges), swept.n_pairs, LEDGER.check(pl.DataFrame(left_out, schema=LEDGER.schema)))


def _row(name: str, reason: str, rows_in: int, rows_out: int) -> dict[str, object]:
    return {"stage": "link", "where": name, "reason": reason, "rows_in": rows_in, "rows_out": rows_out, "examples": []}


def _cap(
    traces: pl.DataFrame, objects: pl.DataFrame, layer: LayerSettings, name: str
) -> tuple[pl.DataFrame, pl.DataFrame, list[dict[str, object]]]:
    """Leave out the acts on viral objects, if the layer caps them; the objects' table keeps its numbering."""
    viral = objects.filter(pl.col("accounts") > layer.max_accounts)
    if not layer.max_accounts or viral.is_empty():
        return traces, objects, []
    kept = traces.join(viral, on="object", how="anti", maintain_order="left")
    row = _row(name, f"the object has more than {layer.max_accounts} accounts", len(traces), len(kept))
    row["examples"] = viral.sort("accounts", descending=True)["key"].head(3).to_list()
    gone = pl.col("object").is_in(viral["object"].implode())
    emptied = objects.with_columns(
        accounts=pl.when(gone).then(0).otherwise("accounts"), acts=pl.when(gone).then(0).otherwise("acts")
    )
    return kept, emptied, [row]


def _keys(swept: Sweep, pairs: Pairs) -> Ints:
    """Return one integer for each unordered pair of accounts: the smaller times 2^32 plus the larger."""
    left, right = swept.account[pairs.left], swept.account[pairs.right]
    return np.minimum(left, right) * _PACK + np.maximum(left, right)


def _links(swept: Sweep, min_objects: int, memory: int) -> pl.DataFrame:
    """Return key, objects, pairs of all pairs of accounts with enough objects, sorted by key."""
    passes = max(1, math.ceil(swept.n_pairs * _BYTES_PER_LINK / memory))
    found = [_count(swept, memory, passes, turn).filter(pl.col("objects") >= min_objects) for turn in range(passes)]
    return pl.concat(found).sort("key")


def _count(swept: Sweep, memory: int, passes: int, turn: int) -> pl.DataFrame:
    """Return key, objects and pairs over the pairs of accounts whose turn it is."""
    total = pl.DataFrame(schema={"key": pl.Int64, "objects": pl.UInt32, "pairs": pl.UInt64})
    done: list[pl.DataFrame] = [total]
    open_object: list[pl.DataFrame] = []
    limit = max(memory // _BYTES_PER_LINK, 1)
    for batch in swept.batches(max(memory // BYTES_PER_PAIR, 1)):
        keys = _keys(swept, batch)
        rows = pl.DataFrame({"key": keys, "object": swept.object[batch.left]})
        if passes > 1:
            rows = rows.filter(pl.col("key") // _PACK % passes == turn)
        if swept.once:
            done.append(rows.group_by("key").agg(objects=pl.len(), pairs=pl.len().cast(pl.UInt64)))
        else:
            open_object.append(rows.group_by("key", "object").agg(pairs=pl.len().cast(pl.UInt64)))
            if batch.closed:
                done.append(_objects(open_object))
                open_object = []
        if sum(map(len, done)) > limit:
            done = [_sum(done)]
    return _sum(done)


def _objects(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Return key, objects and pairs from key, object and pairs, of which the parts may hold pieces of one object."""
    one = pl.concat(parts)
    if len(parts) > 1:
        one = one.group_by("key", "object").agg(pl.col("pairs").sum())
    return one.group_by("key").agg(objects=pl.len(), pairs=pl.col("pairs").sum())


def _sum(parts: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(parts).group_by("key").agg(pl.col("objects").sum(), pl.col("pairs").sum())


def _evidence(swept: Sweep, links: pl.DataFrame, memory: int, sink: Sink) -> pl.DataFrame:
    """Write the pairs behind the links to the sink, links in order, and return what they say: one row a link."""
    share = max(memory // BYTES_PER_PAIR, 1)
    group = (links["pairs"].cum_sum() - 1) // share
    facts = [_facts(_matches(swept, links.head(0), share))]
    for _, some in links.with_columns(group=group).group_by("group", maintain_order=True):
        pairs = _matches(swept, some, share)
        sink(PAIRS.check(pairs.select(list(PAIRS.columns))))
        facts.append(_facts(pairs))
    return pl.concat(facts)


def _matches(swept: Sweep, links: pl.DataFrame, size: int) -> pl.DataFrame:
    """Return PAIRS (and key and the two times, in microseconds) of these links, sorted by a, b, time, object, posts."""
    wanted = links["key"].to_numpy()
    post = swept.acts["post"].to_numpy()
    columns = {
        "key": pl.Int64,
        "object": pl.UInt32,
        "time_a": pl.Int64,
        "time_b": pl.Int64,
        "post_a": pl.UInt32,
        "post_b": pl.UInt32,
    }
    found = [pl.DataFrame(schema=columns)]
    for batch in swept.batches(size) if len(wanted) else ():
        keys = _keys(swept, batch)
        at = np.minimum(np.searchsorted(wanted, keys), len(wanted) - 1)
        hit = wanted[at] == keys
        left, right, keys = batch.left[hit], batch.right[hit], keys[hit]
        swap = swept.account[left] > swept.account[right]
        a, b = np.where(swap, right, left), np.where(swap, left, right)
        values = (keys, swept.object[a], swept.time[a], swept.time[b], post[a], post[b])
        found.append(pl.DataFrame(dict(zip(columns, values, strict=True)), schema=columns))
    return (
        pl.concat(found)
        .with_columns(
            a=(pl.col("key") // _PACK).cast(pl.UInt32),
            b=(pl.col("key") % _PACK).cast(pl.UInt32),
            delta_s=(pl.col("time_b") - pl.col("time_a")) / 1e6,
            time=pl.from_epoch(pl.min_horizontal("time_a", "time_b"), "us").dt.replace_time_zone("UTC"),
        )
        .sort("key", "time", maintain_order=True)  # ties stay in the order of the sweep: object, then posts
    )


def _facts(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return first and last co-action, median delta and lead of each link, sorted by key."""
    delta = pl.col("delta_s")
    return pairs.group_by("key", maintain_order=True).agg(
        first_at=pl.col("time").min(),
        last_at=(pl.col("time") + pl.duration(microseconds=(pl.col("time_b") - pl.col("time_a")).abs())).max(),
        delta_median_s=delta.abs().median(),
        lead=((delta > 0).cast(pl.Float64) + 0.5 * (delta == 0).cast(pl.Float64)).mean(),
    )


def _tested(
    links: pl.DataFrame, facts: pl.DataFrame, traces: pl.DataFrame, objects: pl.DataFrame, layer: LayerSettings
) -> pl.DataFrame:
    """Return the links as EDGES without the layer's name."""
    from scipy.stats import poisson

    keys = links["key"].to_numpy()
    a, b = keys // _PACK, keys % _PACK
    chance = Chance(traces, objects, sweep(traces, layer.window) if layer.window is not None else None)
    seen = chance.expect(a, b)
    shared = links["objects"].to_numpy().astype(np.int64)
    p_sync = np.ones(len(keys)) if layer.window is None else poisson.sf(shared - 1, seen.expected_sync)
    p = seen.p_overlap if layer.window is None else fisher(seen.p_overlap, p_sync)
    windowed = pl.lit(layer.window is not None)
    return links.join(facts, on="key", maintain_order="left").with_columns(
        a=pl.Series(a, dtype=pl.UInt32),
        b=pl.Series(b, dtype=pl.UInt32),
        overlap=pl.Series(seen.overlap, dtype=pl.UInt32),
        similarity=pl.Series(seen.similarity, dtype=pl.Float64),
        expected=pl.Series(seen.expected, dtype=pl.Float64),
        expected_sync=pl.when(windowed).then(pl.Series(seen.expected_sync, dtype=pl.Float64)),
        llr=pl.Series(seen.llr, dtype=pl.Float64),
        p_overlap=pl.Series(seen.p_overlap, dtype=pl.Float64),
        p_sync=pl.when(windowed).then(pl.Series(p_sync, dtype=pl.Float64)),
        p=pl.Series(p, dtype=pl.Float64),
        q=pl.Series(benjamini_hochberg(p, chance.n_pairs), dtype=pl.Float64),
    )
