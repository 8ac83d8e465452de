"""What the objects of a layer are, where layers are combined: things of the layers that they come from."""

from collections.abc import Mapping

import polars as pl

from cib.settings import COMBINED, LayerSettings

__all__ = ["several_kinds", "with_objects"]


def with_objects(
    found: pl.LazyFrame, name: str, objects: Mapping[str, pl.LazyFrame], layers: Mapping[str, LayerSettings]
) -> pl.LazyFrame:
    """Return the rows with the layer, key and accounts of their objects.

    Parameters
    ----------
    found : object, and whatever else.
    name : the layer that they are numbered in. Where it combines others, the object counts as that of the layer that it
        comes from, and its accounts are all who acted on it there.
    objects : OBJECTS by layer.
    layers : settings of all layers.
    """
    named = found.join(objects[name].select("object", "key", "accounts"), on="object")
    if layers[name].trace != COMBINED:
        return named.with_columns(layer=pl.lit(name))
    parts = pl.col("key").str.splitn(":", 2)
    named = named.with_columns(layer=parts.struct[0], key=parts.struct[1])
    whole = [
        things.select("key", layer=pl.lit(other), there="accounts")
        for other, things in objects.items()
        if layers[other].trace != COMBINED
    ]
    if not whole:
        return named
    there = named.join(pl.concat(whole), on=["layer", "key"], how="left")
    return there.with_columns(accounts=pl.coalesce("there", "accounts")).drop("there")


def several_kinds(
    carried: pl.DataFrame, pairs: Mapping[str, pl.LazyFrame], objects: Mapping[str, pl.LazyFrame],
    layers: Mapping[str, LayerSettings],
) -> pl.DataFrame:  # fmt: skip
    """Return which layers carry edges of groups, a layer that combines others only where it holds several kinds of act.

    What rests on one kind of act alone counts as that kind's: many reposts are one layer, not two.

    Parameters
    ----------
    carried : group, a, b, layer.
    pairs : PAIRS of those edges with `group`, by layer.
    objects : OBJECTS by layer.
    layers : settings.
    """
    combined = [name for name in pairs if layers[name].trace == COMBINED]
    told = [carried.filter(~pl.col("layer").is_in(combined)).select("group", "a", "b", "layer")]
    for name in combined:
        met = pairs[name].select("group", "a", "b", "object").unique()
        kinds = (
            with_objects(met, name, objects, layers)
            .group_by("group", "a", "b")
            .agg(kinds=pl.col("layer").n_unique(), layer=pl.col("layer").min())
        )  # fmt: skip
        kinds = kinds.with_columns(layer=pl.when(pl.col("kinds") > 1).then(pl.lit(name)).otherwise("layer"))
        told.append(kinds.select("group", "a", "b", "layer").collect(engine="streaming"))
    return pl.concat(told).unique()
