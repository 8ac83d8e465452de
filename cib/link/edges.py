"""TRACES -> EDGES, PAIRS: who is linked in one layer, by how much, how likely by chance, and by which posts."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.link.acts import Acts, acts_of, counted
from cib.link.chance import Chance, Expectation
from cib.link.count import PACK
from cib.link.evidence import Fast, Sink, repetition, write_evidence
from cib.link.kernels import KERNELS, Beside, Work
from cib.link.parts import Parts, Swept, participating
from cib.link.prune import Shelves, prune
from cib.link.sweep import BYTES_PER_PAIR
from cib.settings import LayerSettings
from cib.tables import EDGES, LEDGER, OBJECTS, REPETITION

__all__ = ["Beside", "Linked", "acts_asked", "edges_of", "ledger_of", "link", "objects_asked", "told"]

Ints: TypeAlias = npt.NDArray[np.int64]
_LLR_CAP: Final = 30.0
_SYNC_CAP: Final = 10.0
_MICROSECOND: Final = timedelta(microseconds=1)
_TINY: Final = 1e-300
"""Stands in for a p-value that underflowed; far beyond the cap."""
_NOTHING: Final = Beside()
_SMALL: Final = 10
"""A scan is read whole if it takes less than this part of the memory."""


@dataclass(frozen=True)
class Linked:
    """What linking one layer gave.

    Attributes
    ----------
    edges : EDGES: all pairs of accounts that the layer's kernel links, significant or not.
    repetition : REPETITION: what accounts repeat themselves.
    n_pairs : pairs of acts inside the window after pruning, an account's own repetitions included.
    ledger : LEDGER.
    """

    edges: pl.DataFrame
    repetition: pl.DataFrame
    n_pairs: int
    ledger: pl.DataFrame


def link(  # noqa: PLR0913
    traces: pl.DataFrame | pl.LazyFrame,
    objects: pl.DataFrame | pl.LazyFrame,
    layer: LayerSettings,
    *,
    name: str,
    memory: int,
    sink: Sink,
    beside: Beside = _NOTHING,
) -> Linked:
    """Link the accounts of one layer.

    Parameters
    ----------
    traces, objects : TRACES and OBJECTS of the layer. Scans of files in the order in which tracing writes them (by
        object, time, account, post; by object) are never held whole, unless they are small beside `memory`.
    layer : its settings.
    name : its name.
    memory : bound on working memory, bytes; more is worked off in batches, and on disk.
    sink : is given the evidence, PAIRS of all edges, in frames sorted by (a, b), in order.
    beside : what else is known.

    Returns
    -------
    Linked : the same bytes for any `memory`, and for frames and scans.

    Raises
    ------
    TableError
        `traces` or `objects` break their contract.
    RunError
        The work does not fit into memory and disk (see :mod:`cib.link.forecast`).

    Notes
    -----
    n log n in traces, linear in pairs inside the window; the tests cost the summed degrees of the edges' ends.
    Beside `memory` stand some 40 bytes an object, 16 an account, 12 for each distinct act of an account on an object
    if the account has an edge, and the edges (docs/scale.md).
    """
    capped, things, ledger = _cap(acts_of(traces, memory // _SMALL), objects, layer, name)
    busy, rows = _busy(capped, layer), capped.rows()
    ledger.append(told(name, layer, "busy", (rows, busy.rows())))
    with Shelves(memory, beside.scratch) as shelves:
        kept = _pruned(busy, layer, shelves)
        ledger.append(told(name, layer, "kept", (busy.rows(), kept.rows())))
        found = KERNELS[layer.kernel](Work(kept, busy, things, layer, name, memory, beside))
        facts = write_evidence(
            found.swept, found.links, sink,
            memory=memory, scratch=beside.scratch, fast=_fast(found.swept, busy, layer, memory), order=beside.order,
        )  # fmt: skip
    keys = found.links["key"].to_numpy()
    shared = found.links["objects"].to_numpy().astype(np.int64)
    seen = Chance(capped, things, layer).test(keys // PACK, keys % PACK, shared)
    return Linked(
        edges_of(found.links, facts, seen, layer, name),
        REPETITION.empty() if layer.window is None else repetition(busy, layer.window, name),
        found.n_pairs,
        ledger_of(ledger),
    )


def told(
    name: str, layer: LayerSettings, step: Literal["capped", "busy", "kept"], rows: tuple[int, int], examples: Any = ()
) -> dict[str, Any]:
    """Return what the ledger says of a step: rows before and after it, and objects that went."""
    reason = {
        "capped": f"the object has more than {layer.max_accounts} accounts",
        "busy": f"the account has fewer than {layer.min_acts} acts",
        "kept": f"cannot be part of an edge with {layer.min_objects} objects",
    }[step]
    row = {"stage": "link", "where": name, "reason": reason, "rows_in": rows[0], "rows_out": rows[1]}
    return row | {"examples": list(examples)}


def ledger_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Return LEDGER of the steps that took anything away."""
    return LEDGER.check(pl.DataFrame([row for row in rows if row["rows_in"] != row["rows_out"]], schema=LEDGER.schema))


def _cap(
    acts: Acts, objects: pl.DataFrame | pl.LazyFrame, layer: LayerSettings, name: str
) -> tuple[Acts, pl.DataFrame, list[dict[str, Any]]]:
    """Leave out the acts on viral objects, if the layer caps them; the objects' table keeps its numbering."""
    things = _things(objects, layer)
    viral = things["accounts"] > layer.max_accounts
    if not layer.max_accounts or not viral.any():
        return acts, things, []
    kept = acts.on(~viral.to_numpy())
    kept = Acts(kept.source, kept.rows())
    named = objects.lazy().filter(pl.col("accounts") > layer.max_accounts).select("accounts", "key").collect()
    examples = named.sort("accounts", descending=True, maintain_order=True)["key"].head(3)
    none = {column: pl.when(viral).then(0).otherwise(pl.col(column)) for column in ("accounts", "acts")}
    return kept, things.with_columns(**none), [told(name, layer, "capped", (acts.rows(), kept.rows()), examples)]


def _things(objects: pl.DataFrame | pl.LazyFrame, layer: LayerSettings) -> pl.DataFrame:
    """Return what linking asks of objects: of a scan no more than numbers, unless texts are compared."""
    if isinstance(objects, pl.DataFrame):
        return OBJECTS.check(objects)
    OBJECTS.check_schema(objects.collect_schema())
    asked = list(OBJECTS.columns) if layer.kernel == "near" else ["object", "acts", "accounts", "band", "stratum"]
    return objects.select(asked).collect()


def _busy(acts: Acts, layer: LayerSettings) -> Acts:
    """Return the acts of accounts with enough of them (see :func:`acts_asked`)."""
    if acts_asked(layer) <= 1:
        return acts
    count = np.zeros(0, dtype=np.int64)
    for slab in acts:
        count = counted(count, slab["account"].to_numpy())
    enough = count >= layer.min_acts
    return Acts(acts.of(enough).source, int(count[enough].sum()))


def _pruned(acts: Acts, layer: LayerSettings, shelves: Shelves) -> Acts:
    """Return the acts that can be part of an edge; only where an edge needs two accounts on one object."""
    asked = objects_asked(layer)
    return acts if asked is None else prune(acts, asked, layer.window, shelves)


def acts_asked(layer: LayerSettings) -> int:
    """Return the acts that an account needs to be looked at; 1 if that was asked before rare objects were put aside.

    Published methods that put rare objects aside count an account's acts before.
    """
    return layer.min_acts if max(layer.min_acts_each, layer.min_account_objects, layer.min_accounts) <= 1 else 1


def objects_asked(layer: LayerSettings) -> int | None:
    """Return the objects on which an account must be answered, or its acts may go before pairs are; None: none may.

    Who takes part is asked of all pairs (``min_acts``), so that then only acts without a pair may go.
    """
    if layer.kernel == "near" or layer.loops == "keep":
        return None
    return layer.min_objects if layer.min_acts <= 1 else 1


def _fast(swept: Swept, busy: Acts, layer: LayerSettings, memory: int) -> Fast | None:
    """Return the fast window and who takes part inside it: `min_acts` is asked anew, as CooRTweet does."""
    if layer.fast_window is None:
        return None
    accounts = None
    if layer.min_acts > 1:
        acts = Acts(
            lambda: (
                part.acts if part.own is None else part.acts.filter(~pl.Series(part.own)) for part in swept.parts()
            )
        )
        quick = Parts(acts, layer.fast_window, loops=layer.loops)
        accounts = participating(quick, busy, layer.min_acts, size=max(memory // BYTES_PER_PAIR, 1))
    return Fast(layer.fast_window // _MICROSECOND, accounts)


def edges_of(
    links: pl.DataFrame, facts: pl.DataFrame, seen: Expectation, layer: LayerSettings, name: str
) -> pl.DataFrame:
    """Return EDGES of links (key, objects, pairs, perhaps similarity), what their pairs say, and what chance expects.

    All three have a row for each link, sorted by key.
    """
    keys = links["key"].to_numpy()
    timed = pl.lit(layer.window is not None and layer.timing_null != "none")
    measured = {} if "similarity" in links.columns else {"similarity": pl.Series(seen.similarity, dtype=pl.Float64)}
    edges = links.join(facts, on="key", maintain_order="left").with_columns(
        layer=pl.lit(name),
        a=pl.Series(keys // PACK, dtype=pl.UInt32),
        b=pl.Series(keys % PACK, dtype=pl.UInt32),
        overlap=pl.Series(seen.overlap, dtype=pl.UInt32),
        expected=pl.Series(seen.expected, dtype=pl.Float64),
        expected_sync=pl.when(timed).then(pl.Series(seen.expected_sync, dtype=pl.Float64)),
        llr=pl.Series(seen.llr, dtype=pl.Float64),
        p_overlap=pl.Series(seen.p_overlap, dtype=pl.Float64),
        p_sync=pl.when(timed).then(pl.Series(seen.p_sync, dtype=pl.Float64)),
        p=pl.Series(seen.p, dtype=pl.Float64),
        q=pl.Series(seen.q, dtype=pl.Float64),
        **measured,
    )
    return EDGES.check(edges.with_columns(weight=_WEIGHTS[layer.weight]).select(list(EDGES.columns)))


def _evidence() -> pl.Expr:
    """Return the nats of evidence: of the overlap, and from two objects on of the timing, each capped.

    The caps keep one freak pair from outweighing a network.
    """
    unlikely = -pl.col("p_sync").fill_null(1.0).clip(_TINY, 1.0).log10()
    sync = pl.when(pl.col("objects") > 1).then(unlikely.clip(0, _SYNC_CAP) * math.log(10)).otherwise(0.0)
    return pl.col("llr").clip(0, _LLR_CAP) + sync


def _agreement() -> pl.Expr:
    """Return the geometric mean of the evidence of overlap and timing, capped as above; of the overlap, if not timed.

    People of one interest share much, and at any time: either test alone lets them through.
    """
    unlikely = (-pl.col("p_sync").clip(_TINY, 1.0).log10()).clip(0, _SYNC_CAP) * math.log(10)
    overlap = pl.col("llr").clip(0, _LLR_CAP)
    return pl.when(pl.col("p_sync").is_null()).then(overlap).otherwise((overlap * unlikely).sqrt())


_WEIGHTS: Final[dict[str, pl.Expr]] = {
    "evidence": _evidence(),
    "agreement": _agreement(),
    "objects": pl.col("objects").cast(pl.Float64),
    "pairs": pl.col("pairs").cast(pl.Float64),
    "messages": pl.max_horizontal("messages_a", "messages_b").cast(pl.Float64),
    "similarity": pl.col("similarity"),
}
"""What an edge can weigh (see ``weight`` in :class:`cib.settings.LayerSettings`)."""
