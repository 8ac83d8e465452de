"""The posts behind a finding: what a network shares most, and pairs of posts to read side by side.

Evidence files can hold hundreds of millions of pairs, so they are scanned lazily, reduced to the few
rows that are shown, and only those posts are looked up.
"""

from typing import Any, Final

import polars as pl

from cib.report.run import RunFiles
from cib.tables import TIME

__all__ = ["pairs_to_quote", "posts", "shared_objects", "spread", "within"]

_EDGES: Final = 60
"""Strongest edges of a network whose posts are looked at for quoting."""

_OBJECTS: Final[dict[str, Any]] = {
    "network": pl.UInt32,
    "layer": pl.String,
    "object": pl.String,
    "members": pl.UInt32,
    "linked": pl.UInt32,
    "pairs": pl.UInt32,
    "first_at": TIME,
    "last_at": TIME,
}
_PAIRS: Final[dict[str, Any]] = {
    "network": pl.UInt32,
    "layer": pl.String,
    "object": pl.String,
    "source": pl.String,
    "target": pl.String,
    "row_source": pl.UInt32,
    "row_target": pl.UInt32,
    "delta_s": pl.Float64,
}


def within(frame: pl.LazyFrame, members: pl.DataFrame) -> pl.LazyFrame:
    """Return the rows of evidence or edges whose two accounts are in one network, with its number in `network`."""
    of = members.lazy().select("account_id", "network")
    first = frame.join(of, left_on="source", right_on="account_id")
    return first.join(of, left_on=["target", "network"], right_on=["account_id", "network"], how="semi")


def shared_objects(run: RunFiles, members: pl.DataFrame, *, per_layer: int) -> pl.DataFrame:
    """Return what each network's members shared most; layers that only support others are left out.

    Parameters
    ----------
    members : account_id, network of the networks to look at.
    per_layer : objects returned for each network and layer.

    Returns
    -------
    DataFrame
        network, layer, object, members (distinct members that a pair links), linked (accounts that a pair links,
        members or not), pairs, first_at, last_at; the most widely shared first.

    Notes
    -----
    Two passes over the evidence.
    """
    telling = run.telling()
    evidence = {layer: frame for layer, frame in run.evidence().items() if layer in telling}
    parts = [_layer_objects(layer, frame, members, per_layer) for layer, frame in evidence.items()]
    tops = pl.collect_all(parts, engine="streaming")
    linked = pl.collect_all(
        [_linked(frame, top) for frame, top in zip(evidence.values(), tops, strict=True)], engine="streaming"
    )
    known = [top.join(of, on="object", how="left").select(list(_OBJECTS)) for top, of in zip(tops, linked, strict=True)]
    found = [pl.DataFrame(schema=_OBJECTS), *known]
    order = ["network", "members", "pairs", "layer", "object"]
    return pl.concat(found).sort(order, descending=[False, True, True, False, False])


def _layer_objects(layer: str, frame: pl.LazyFrame, members: pl.DataFrame, per_layer: int) -> pl.LazyFrame:
    inside = within(frame.select("source", "target", "object", "time_source", "time_target"), members)
    counted = inside.group_by("network", "object").agg(
        members=pl.col("source").append(pl.col("target")).n_unique(),
        pairs=pl.len(),
        first_at=pl.min_horizontal("time_source", "time_target").min(),
        last_at=pl.max_horizontal("time_source", "time_target").max(),
    )
    ranked = counted.sort("network", "members", "pairs", "object", descending=[False, True, True, False])
    first = ranked.group_by("network", maintain_order=True).head(per_layer).with_columns(layer=pl.lit(layer))
    return first.select(pl.col(name).cast(dtype) for name, dtype in _OBJECTS.items() if name != "linked")


def _linked(frame: pl.LazyFrame, top: pl.DataFrame) -> pl.LazyFrame:
    """Count the accounts that each object links, in whatever network."""
    pairs = frame.join(top.lazy().select("object").unique(), on="object", how="semi")
    ends = pl.concat(pairs.select("object", account=end) for end in ("source", "target"))
    return ends.group_by("object").agg(linked=pl.col("account").n_unique().cast(pl.UInt32))


def pairs_to_quote(run: RunFiles, members: pl.DataFrame, *, count: int) -> pl.DataFrame:
    """Choose the pairs of posts that each network is shown by.

    They come from the network's strongest edges, from each layer in turn (but those that only support others), no
    object twice, and from as many different edges as there are; of an edge and object the two posts closest in time.

    Returns
    -------
    DataFrame
        network, layer, object, source, target, row_source, row_target, delta_s; at most `count` a network.
    """
    inside = within(run.table("graph").lazy(), members).collect()
    best = inside.sort("network", "weight", "source", "target", descending=[False, True, False, False])
    strongest = best.group_by("network", maintain_order=True).head(_EDGES)
    edges = strongest.select("network", "source", "target", strength=pl.int_range(pl.len())).lazy()
    parts = [
        frame.join(edges, on=["source", "target"]).with_columns(layer=pl.lit(layer)).select(*_PAIRS, "strength")
        for layer, frame in run.evidence().items()
        if layer in run.telling()
    ]
    found = pl.concat(
        [pl.DataFrame(schema=_PAIRS | {"strength": pl.Int64}), *pl.collect_all(parts, engine="streaming")]
    )
    return spread(found, over="network", count=count).select(list(_PAIRS))


def spread(pairs: pl.DataFrame, *, over: str, count: int) -> pl.DataFrame:
    """Return at most `count` pairs of each `over`: no object and no two posts twice, edges and layers taking turns.

    Parameters
    ----------
    pairs : the columns of evidence with layer and strength (0 is the strongest edge).
    """
    near = pairs.with_columns(distance=pl.col("delta_s").abs()).sort(
        over, "strength", "distance", "layer", "object", "row_source", "row_target"
    )
    once = near.unique([over, "layer", "object"], keep="first", maintain_order=True)
    once = once.unique([over, "row_source", "row_target"], keep="first", maintain_order=True)
    edge_turn = once.with_columns(turn=pl.int_range(pl.len()).over(over, "layer", "strength"))
    layer_turn = edge_turn.sort(over, "turn", "strength", maintain_order=True).with_columns(
        turn=pl.int_range(pl.len()).over(over, "layer"),
    )
    chosen = pl.int_range(pl.len()).over(over) < count
    return layer_turn.sort(over, "turn", "strength", "layer").filter(chosen)


def posts(run: RunFiles, rows: pl.Series, *, length: int) -> pl.DataFrame:
    """Look up posts by their number.

    Returns
    -------
    DataFrame
        post, post_id, account_id, created_at, kind, language, text (its first `length` characters; '' for none), more
        (characters that were cut), source_file, source_row.
    """
    near = pl.col("post").is_between(rows.min(), rows.max())  # so that pieces of the file without any are not read
    wanted = run.scan_posts().filter(near, pl.col("post").is_in(rows.unique().sort().implode()))
    text = pl.col("text").fill_null("")
    return wanted.select(
        "post",
        "post_id",
        "account_id",
        "created_at",
        pl.col("kind").cast(pl.String),
        "language",
        text.str.slice(0, length),
        "source_file",
        "source_row",
        more=(text.str.len_chars().cast(pl.Int64) - length).clip(lower_bound=0),
    ).collect(engine="streaming")
