"""Shared words: two posts carry the same text, on one of the rungs of sameness of :mod:`cib.texts`.

``text`` is the lowest rung, the same words; ``template`` sets hashtags, mentions and digits aside; ``near_copy`` takes
texts that differ in little; ``rewording`` and ``translation`` those that mean the same. A text that is empty after
normalisation, or has fewer words than ``min_words``, is no object, nor is a generic one (a greeting, a share
button's line).

With ``normalise = "toolkit"`` the texts of ``text`` are compared as ``co_tweet`` of the coordination-network-toolkit
(release 1.5.2) compares them: lower case, everything from an ``@`` to the next blank removed (in e-mail addresses too),
runs of blanks made one, none at the ends. All texts of which nothing is left are one object there, and so are they
here; generic ones stay.
"""

from typing import Final

import polars as pl

from cib.settings import LayerSettings, TextSettings
from cib.texts import RUNGS, as_toolkit, group_texts, long_enough
from cib.texts.normalise import own_words
from cib.traces.acts import Trace

__all__ = ["EMPTY", "not_generic", "rung", "text", "with_texts"]

EMPTY: Final = "@empty"
"""Key of a text of which the toolkit's normalisation leaves nothing; no text has it, as no '@' is left in any."""
_GENERIC: Final = "the text is generic: many accounts use it that have little else in common"
_MEMORY: Final = 2 * 10**9


def text(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the text of a post and its normalised form, if that is long enough."""
    if layer.normalise == "toolkit":
        words = as_toolkit(pl.col("example"))
        empty = (words == "") & pl.lit(layer.min_words == 0)
        key = pl.when(empty).then(pl.lit(EMPTY)).when(long_enough(words, layer.min_words)).then(words)
        return pl.col("text").fill_null(""), key
    return pl.col("text"), pl.when(long_enough(pl.col("words"), layer.min_words)).then("words")


def rung(name: str, title: str) -> Trace:
    """Return the trace of a rung above the same words: the object is named after the text that leads its group."""

    def acts(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
        return pl.col("text"), pl.when(long_enough(own_words(pl.col(name)), layer.min_words)).then(name)

    return Trace(title, "text", acts, checks=not_generic, texts=(name, "generic"))


def not_generic(layer: LayerSettings) -> dict[str, pl.Expr]:
    """Return what a text must be: somebody's; not asked under the toolkit's normalisation."""
    return {} if layer.normalise == "toolkit" else {_GENERIC: ~pl.col("generic")}


def with_texts(posts: pl.LazyFrame, layer: LayerSettings, wanted: set[str], texts: pl.LazyFrame | None) -> pl.LazyFrame:
    """Return the posts with the columns of TEXTS that are wanted; without `texts` groups are made of these posts."""
    if not wanted:
        return posts
    if texts is None:
        rungs = wanted & set(RUNGS)
        texts = group_texts(posts, TextSettings(), rungs=rungs, kinds=layer.kinds, memory=_MEMORY).texts.lazy()
    return posts.join(texts.select("post", *sorted(wanted)), on="post", how="left", maintain_order="left")
