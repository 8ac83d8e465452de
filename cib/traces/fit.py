"""Which layers have anything to work on, asked before they are made."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from cib.settings import LayerSettings
from cib.tables import POSTS
from cib.traces.acts import Trace

__all__ = ["unfit"]

_WORDS: Final = {
    "kind": "the kind asked for",
    "urls": "a link",
    "text": "a text",
    "media": "a picture or video with an id",
    "objects": "another object",
    "hashtags": "a hashtag",
    "mentions": "a mention",
    "parent_post_id": "the post it refers to",
    "created_at": "a time",
}


def unfit(posts: pl.LazyFrame, layers: Mapping[str, LayerSettings], parts: Mapping[str, list[Trace]]) -> dict[str, str]:
    """Return the layers that cannot run on these posts, each with the reason in a sentence.

    Parameters
    ----------
    posts : POSTS.
    layers : settings by layer.
    parts : the traces that each layer joins.

    Notes
    -----
    One pass over the columns that the layers need; nothing is normalised, so a layer of which all objects turn out to
    be too short or too rare is not found here.
    """
    POSTS.check_schema(posts.collect_schema())
    usable = {name: _usable(layer, parts[name]).sum() for name, layer in layers.items()}
    kinds = {f"kind {name}": pl.col("kind").is_in(list(layer.kinds)).sum() for name, layer in layers.items()}
    if not layers:
        return {}
    counts = (
        posts.with_columns(time="created_at").select(**usable, **kinds).collect(engine="streaming").row(0, named=True)
    )
    return {
        name: _reason(layer, parts[name], counts[f"kind {name}"]) for name, layer in layers.items() if not counts[name]
    }


def _usable(layer: LayerSettings, parts: list[Trace]) -> pl.Expr:
    """Whether a post has something for each of a layer's traces."""
    of_kind = pl.col("kind").is_in(list(layer.kinds))
    needed = [(part.acts(layer)[0] if part.prepare is None else pl.col(part.needs)).is_not_null() for part in parts]
    return pl.all_horizontal(of_kind, *needed)


def _reason(layer: LayerSettings, parts: list[Trace], of_kind: int) -> str:
    kinds = ", ".join(layer.kinds)
    if not of_kind:
        return f"no post is of kind {kinds}"
    needs = " and ".join(dict.fromkeys(_WORDS.get(part.needs, part.needs) for part in parts))
    return f"no post of kind {kinds} has {needs}"
