"""The acts of several layers as those of one: the same thing, of whatever kind.

A careful campaign shares few things of each kind: a repost here, a link there, too few for any one layer to tell them
from chance. Of all kinds together they are enough.

Each post acts in one layer alone: the most telling one in which somebody else acted on one of its objects. A link with
its headline and five hashtags would else be seven things that two accounts share, of which each test against chance
believes that they are independent. Of the layers of texts, whose objects hold one another, the widest stands for all.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cib.settings import COMBINED, LayerSettings
from cib.tables import LEDGER, OBJECTS, TRACES
from cib.texts import RUNGS
from cib.traces.traced import Traced, band_of

__all__ = ["alike", "combine", "combined_from", "combined_ledger", "key_in", "nothing", "telling"]

Ints: TypeAlias = NDArray[np.unsignedinteger[Any]]
Flags: TypeAlias = NDArray[np.bool_]
Counts: TypeAlias = NDArray[np.int64]

_EVERY_POST = frozenset({"timing", "anything"})


def nothing(_: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return no object: a post by itself is no act of this layer."""
    return pl.lit(None, dtype=pl.String), pl.lit(None, dtype=pl.String)


def combined_from(layers: Mapping[str, LayerSettings]) -> list[str]:
    """Return the layers whose acts are combined, in the order given: those that make links of what a post holds.

    Not those that merely support, nor `timing` and `anything`, in which every post acts; of texts the widest rung.
    """
    telling = {
        name: layer
        for name, layer in layers.items()
        if not layer.supporting and layer.trace != COMBINED and layer.trace not in _EVERY_POST
    }
    ladder = ["text", *RUNGS]
    widest = max((ladder.index(layer.trace) for layer in telling.values() if layer.trace in ladder), default=0)
    return [name for name, layer in telling.items() if layer.trace not in ladder or ladder.index(layer.trace) == widest]


def combine(traced: Mapping[str, tuple[pl.DataFrame, pl.DataFrame]], *, name: str) -> Traced:
    """Return the acts of several layers as one layer's.

    Parameters
    ----------
    traced : TRACES and OBJECTS of each layer, the most telling first; objects numbered from 0, in order.
    name : the layer's name, for the ledger.

    Returns
    -------
    Traced : objects are numbered layer by layer; the key of each is its layer, a colon, and its key there, and all are
        of one stratum. Empty unless acts of two layers are left: what one layer has alone, it tells alone.

    Raises
    ------
    TableError
        A table breaks its contract.

    Notes
    -----
    Linear in acts, one byte a post, and a sort of the acts that are left.
    """
    for acts, objects in traced.values():
        TRACES.check_schema(acts.schema)
        OBJECTS.check_schema(objects.schema)
    shared = [(objects["accounts"] > 1).to_numpy()[acts["object"].to_numpy()] for acts, objects in traced.values()]
    chosen, counts = telling([acts["post"].to_numpy() for acts, _ in traced.values()], shared)
    parts, things, start = [TRACES.empty()], [], 0
    for (layer, (acts, objects)), fresh in zip(traced.items(), chosen, strict=True):
        here = acts.filter(pl.Series(fresh))
        mine = objects.select("object", "example", key=key_in(pl.lit(layer)))
        mine = mine.join(here.select("object").unique(), on="object", how="semi", maintain_order="left")
        mine = mine.with_row_index("number", offset=start).with_columns(pl.col("number").cast(pl.UInt32))
        start += len(mine)
        here = here.join(mine.select("object", "number"), on="object", maintain_order="left")
        parts.append(here.with_columns(object="number").select(list(TRACES.columns)))
        things.append(mine)
    if sum(len(part) > 0 for part in parts) < 2:
        return Traced(TRACES.empty(), OBJECTS.empty(), combined_ledger(name, counts, alone=True))
    acts = pl.concat(parts).sort("object", "time", "account", "post")
    return Traced(TRACES.check(acts), _counted(acts, pl.concat(things)), combined_ledger(name, counts, alone=False))


def telling(posts: Sequence[Ints], shared: Sequence[Flags]) -> tuple[list[Flags], Counts]:
    """Return which acts of each layer count, and how many there were, were shared, and count.

    Parameters
    ----------
    posts : of each layer, the most telling first, the posts of its acts, all those of some posts.
    shared : whether somebody else acted on the object of each act.

    Notes
    -----
    One byte for each number up to that of the last post.
    """
    taken = np.zeros(max((int(post.max()) for post in posts if len(post)), default=0) + 1, dtype=np.bool_)
    counts = np.zeros(3, dtype=np.int64)
    chosen = []
    for post, there in zip(posts, shared, strict=True):
        fresh = there & ~taken[post]
        taken[post[fresh]] = True
        counts += [len(post), there.sum(), fresh.sum()]
        chosen.append(fresh)
    return chosen, counts


def key_in(layer: pl.Expr) -> pl.Expr:
    """Return the key that an object (key) has among those of all layers, by the name of its own."""
    return pl.concat_str(layer, pl.lit(":"), "key")


def _counted(acts: pl.DataFrame, things: pl.DataFrame) -> pl.DataFrame:
    """Return OBJECTS: degrees and bands are those among the acts that are left."""
    facts = acts.group_by("object").agg(
        acts=pl.len().cast(pl.UInt32), accounts=pl.col("account").n_unique().cast(pl.UInt32)
    )
    counted = things.drop("object").rename({"number": "object"}).join(facts, on="object", maintain_order="left")
    return alike(counted)


def alike(objects: pl.DataFrame) -> pl.DataFrame:
    """Return OBJECTS of what is known of them (all columns but two): all are of one stratum."""
    counted = objects.with_columns(band=band_of("accounts"), stratum=pl.lit(0, dtype=pl.UInt32))
    return OBJECTS.check(counted.select(list(OBJECTS.columns)))


def combined_ledger(name: str, counts: Counts, *, alone: bool) -> pl.DataFrame:
    """Return LEDGER of what :func:`telling` counted; `alone`: there are acts of one layer at most."""
    steps = [
        ("nobody else acted on the object", counts[0], counts[1]),
        ("the post acts in a more telling layer", counts[1], counts[2]),
        ("acts of one layer alone: there is nothing to combine", counts[2], 0 if alone else counts[2]),
    ]
    rows = [
        {"stage": "trace", "where": name, "reason": reason, "rows_in": before, "rows_out": after, "examples": []}
        for reason, before, after in steps
        if before != after
    ]
    return LEDGER.check(pl.DataFrame(rows, schema=LEDGER.schema))
