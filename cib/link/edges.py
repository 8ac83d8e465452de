"""TRACES -> EDGES, PAIRS: who is linked in one layer, by how much, how likely by chance, and by which posts."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.link.chance import Chance
from cib.link.count import PACK
from cib.link.evidence import Fast, Sink, repetition, write_evidence
from cib.link.kernels import KERNELS, Beside, Work, participating
from cib.link.prune import prune
from cib.link.sweep import Sweep, sweep
from cib.settings import LayerSettings
from cib.tables import EDGES, LEDGER, OBJECTS, REPETITION, TRACES

__all__ = ["Beside", "Linked", "link"]

Ints: TypeAlias = npt.NDArray[np.int64]
_LLR_CAP: Final = 30.0
_SYNC_CAP: Final = 10.0
_MICROSECOND: Final = timedelta(microseconds=1)
_TINY: Final = 1e-300
"""Stands in for a p-value that underflowed; far beyond the cap."""
_NOTHING: Final = Beside()


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
    traces: pl.DataFrame,
    objects: pl.DataFrame,
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
    traces, objects : TRACES and OBJECTS of the layer.
    layer : its settings.
    name : its name.
    memory : bound on working memory, bytes; more is worked off in batches, and on disk.
    sink : is given the evidence, PAIRS of all edges, in frames sorted by (a, b), in order.
    beside : what else is known.

    Returns
    -------
    Linked

    Raises
    ------
    TableError
        `traces` or `objects` break their contract.
    RunError
        The work does not fit into memory and disk (see :mod:`cib.link.forecast`).

    Notes
    -----
    n log n in traces, linear in pairs inside the window; the tests cost the summed degrees of the edges' ends.
    """
    TRACES.check(traces)
    OBJECTS.check(objects)
    capped, objects, ledger = _cap(traces, objects, layer, name)
    busy = _busy(capped, layer)
    ledger.append(_row(name, f"the account has fewer than {layer.min_acts} acts", len(capped), len(busy)))
    kept = _pruned(busy, layer)
    ledger.append(_row(name, f"cannot be part of an edge with {layer.min_objects} objects", len(busy), len(kept)))
    swept, links = KERNELS[layer.kernel](Work(kept, busy, objects, layer, name, memory, beside))
    facts = write_evidence(
        swept, links, sink, memory=memory, fast=_fast(swept, busy, layer, memory), order=beside.order
    )
    edges = _tested(links, facts, capped, objects, layer)
    edges = edges.with_columns(layer=pl.lit(name)).select(list(EDGES.columns))
    left_out = [row for row in ledger if row["rows_in"] != row["rows_out"]]
    return Linked(
        EDGES.check(edges),
        REPETITION.empty() if layer.window is None else repetition(busy, layer.window, name),
        swept.n_pairs,
        LEDGER.check(pl.DataFrame(left_out, schema=LEDGER.schema)),
    )


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


def _busy(acts: pl.DataFrame, layer: LayerSettings) -> pl.DataFrame:
    """Return the acts of accounts with enough of them, unless that was asked before rare objects were put aside.

    Published methods that put rare objects aside count an account's acts before.
    """
    asked = max(layer.min_acts_each, layer.min_account_objects, layer.min_accounts) > 1
    return acts if asked or layer.min_acts <= 1 else acts.filter(pl.len().over("account") >= layer.min_acts)


def _pruned(acts: pl.DataFrame, layer: LayerSettings) -> pl.DataFrame:
    """Return the acts that can be part of an edge; only where an edge needs two accounts on one object."""
    if layer.kernel == "near" or layer.loops == "keep":
        return acts
    # who takes part is asked of all pairs (min_acts), so that then only acts without a pair may go beforehand
    return prune(acts, layer.min_objects if layer.min_acts <= 1 else 1, layer.window)


def _fast(swept: Sweep, busy: pl.DataFrame, layer: LayerSettings, memory: int) -> Fast | None:
    """Return the fast window and who takes part inside it: `min_acts` is asked anew, as CooRTweet does."""
    if layer.fast_window is None:
        return None
    acts = swept.acts if swept.own is None else swept.acts.filter(~pl.Series(swept.own))
    quick = participating(sweep(acts, layer.fast_window, loops=layer.loops), busy, layer, memory)
    accounts = None if quick.active is None else np.unique(quick.account[quick.active])
    return Fast(layer.fast_window // _MICROSECOND, accounts)


def _tested(
    links: pl.DataFrame, facts: pl.DataFrame, traces: pl.DataFrame, objects: pl.DataFrame, layer: LayerSettings
) -> pl.DataFrame:
    """Return the links as EDGES without the layer's name."""
    keys = links["key"].to_numpy()
    a, b = keys // PACK, keys % PACK
    shared = links["objects"].to_numpy().astype(np.int64)
    seen = Chance(traces, objects, layer).test(a, b, shared)
    timed = pl.lit(layer.window is not None and layer.timing_null != "none")
    measured = {} if "similarity" in links.columns else {"similarity": pl.Series(seen.similarity, dtype=pl.Float64)}
    edges = links.join(facts, on="key", maintain_order="left").with_columns(
        a=pl.Series(a, dtype=pl.UInt32),
        b=pl.Series(b, dtype=pl.UInt32),
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
    return edges.with_columns(weight=_WEIGHTS[layer.weight])


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
