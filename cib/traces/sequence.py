"""Shared sequences of hashtags: two posts carry the same hashtags in the same order.

With ``bin``, the sequence is that of all hashtags an account used inside the bin, in the order of its posts; the act
is in the first of these posts. Hashtags are canonical as in the trace 'hashtag'. A hashtag that is repeated stays
in its places, and counts once towards ``min_items`` (the code of Luceri et al. counts it each time).

Luceri et al. 2024 (doi.org/10.1145/3589334.3645529) ask for three hashtags a post, before them five were usual: AUC
0.68 and 0.59. Pacheco et al. 2021 (doi.org/10.1609/icwsm.v15i1.18075) take an account's day, with five different
hashtags and five posts. As in their code a post counts if it has a hashtag; they tell capitals apart, which we do
not, and write hashtags without a blank between, which lets different ones look alike.
"""

from typing import Final

import polars as pl

from cib.settings import LayerSettings
from cib.traces.bins import begin, shown
from cib.traces.plain import folded

__all__ = ["gathered", "hashtag_sequence", "sequence_checks", "sequences", "tagged"]

_BETWEEN: Final = " #"


def hashtag_sequence(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return a post's hashtags in their order, '#one #two', and their canonical form, with the bin if there is one."""
    tags, canonical = pl.col("hashtags").list, _canonical().list
    key = pl.when(canonical.len() > 0).then("#" + canonical.join(_BETWEEN)).otherwise(None)
    if layer.bin is not None and layer.bin_use == "object":
        key = key + " @ " + shown(pl.col("bin"), layer, layer.bin)
    return pl.when(tags.len() > 0).then("#" + tags.join(_BETWEEN)), key


def _canonical() -> pl.Expr:
    """Return the canonical hashtags of an example, in order."""
    tag = folded(pl.element(), "#")
    return pl.col("example").str.strip_prefix("#").str.split(_BETWEEN).list.eval(tag.filter(tag != ""))


def sequence_checks(layer: LayerSettings) -> dict[str, pl.Expr]:
    """Return what a sequence must have: enough different hashtags and, with a bin, enough posts."""
    checks = {f"fewer than {layer.min_items} different hashtags": _canonical().list.n_unique() >= layer.min_items}
    if layer.bin is not None:
        posts = pl.col("tagged") >= layer.min_acts_each
        checks[f"fewer than {layer.min_acts_each} posts with hashtags in the bin"] = posts
    return checks


def sequences(posts: pl.LazyFrame, layer: LayerSettings) -> pl.LazyFrame:
    """Return one post an account and bin, the first with hashtags: its `hashtags` are those of the whole bin.

    Adds `bin`, when the bin began, and `tagged`, how many posts with hashtags it holds. Without ``bin``, the posts as
    they are. Bins that begin at the first act begin at the layer's: an account's sequence is not known before.
    """
    if layer.bin is None:
        return posts
    first = pl.col("created_at").min() if layer.bin_start == "first" else None
    return gathered(tagged(posts, layer), layer, first).sort("post", maintain_order=True)


def tagged(posts: pl.LazyFrame, layer: LayerSettings) -> pl.LazyFrame:
    """Return the posts of the layer's kinds that have a hashtag."""
    return posts.filter(pl.col("kind").is_in(list(layer.kinds)) & (pl.col("hashtags").list.len() > 0))


def gathered(tagged: pl.LazyFrame, layer: LayerSettings, first: pl.Expr | None) -> pl.LazyFrame:
    """Return one post an account and bin, see :func:`sequences`, of all tagged posts of some accounts.

    Parameters
    ----------
    first : when the first bin begins; None: on 1 January 1970 UTC.

    Raises
    ------
    ValueError
        The layer has no bins.
    """
    if layer.bin is None:
        msg = "hashtags are gathered in bins, and the layer has none"
        raise ValueError(msg)
    return (
        tagged.with_columns(bin=begin(pl.col("created_at"), layer.bin, first))
        .sort("account", "bin", "created_at", "post", maintain_order=True)
        .group_by("account", "bin", maintain_order=True)
        .agg(
            pl.exclude("account", "bin", "hashtags").first(),
            hashtags=pl.col("hashtags").list.explode(),
            tagged=pl.len(),
        )
    )
