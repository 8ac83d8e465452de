"""What accounts share, without the names and texts in it: each object of evidence under the profile."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from cib.report.privacy.key import pseudonyms
from cib.report.privacy.masks import SOCIAL, words
from cib.report.privacy.veil import Veil
from cib.settings import COMBINED

__all__ = ["veiled_objects"]

_NOBODY: Final = "anything"
"""The trace whose object says nothing."""
_PEOPLE: Final = frozenset({"mention", "fast_repost"})
_PLAIN: Final = frozenset({"domain", "media", "timing"})
"""Traces whose objects name nobody; moments find posts in an archive, so that they are told to colleagues alone."""
_WORDS: Final = frozenset(
    {"text", "template", "near_copy", "rewording", "translation", "hashtag", "hashtag_sequence", "url", "repost"}
)
_TOPICS: Final = frozenset({"domain", "hashtag", "url"})
"""Traces whose objects can be told in public, where enough accounts share them."""
_ID: Final = "id:"
_MOST_WORDS: Final = 8
"""A link with more words in it quotes a headline, and with it posts."""


def veiled_objects(objects: pl.DataFrame, trace: str, veil: Veil, traces: Mapping[str, str]) -> pl.DataFrame:
    """Return what stands for each object of a layer: object, shown; different objects stay different.

    Parameters
    ----------
    objects : object (distinct), accounts (those that evidence links by it; asked for in public only).
    trace : the layer's kind of act; of one that is not known here, or of several at once, nothing is told.
    traces : the trace of every layer, for objects of a layer that combines others, which read 'LAYER:OBJECT'.
    """
    if trace == COMBINED:
        return _combined(objects, veil, traces)
    mark = pseudonyms(objects["object"], veil.key, kind=f"object {trace}").alias("mark")
    frame = objects.with_columns(mark)
    if trace == _NOBODY:
        return frame.select("object", shown="object")
    if trace in _PEOPLE:
        return frame.select("object", veil.stands_for(frame["object"]))
    if veil.public:
        return _in_public(frame, trace, veil) if trace in _TOPICS else frame.select("object", shown="mark")
    if trace in _PLAIN:
        return frame.select("object", shown="object")
    return _masked(frame, veil) if trace in _WORDS else frame.select("object", shown="mark")


def _combined(objects: pl.DataFrame, veil: Veil, traces: Mapping[str, str]) -> pl.DataFrame:
    """Return what stands for objects of several layers, each by the rules of its own."""
    split = objects.with_columns(whole="object", layer=pl.col("object").str.extract("^([^:]*):")).with_columns(
        object=pl.col("object").str.extract("(?s)^[^:]*:(.*)$")
    )
    parts = [pl.DataFrame(schema={"object": pl.String, "shown": pl.String})]
    for (layer,), part in split.group_by("layer", maintain_order=True):
        trace = traces.get(str(layer), "")
        shown = veiled_objects(part, "" if trace == COMBINED else trace, veil, traces)["shown"]
        parts.append(part.select(object="whole", shown=pl.concat_str(pl.lit(f"{layer}:"), shown)))
    return pl.concat(parts)


def _masked(frame: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    """Return the objects as masked and shortened texts; ids of posts are marks, for their authors are not known."""
    masked = veil.mask(pl.col("object")).str.slice(0, veil.settings.quote)
    marked = pl.concat_str(masked, pl.lit(" "), "mark")
    shown = pl.when(pl.col("object").str.starts_with(_ID)).then("mark").when(masked == pl.col("object")).then("object")
    return frame.select("object", shown=shown.otherwise(marked))


def _in_public(frame: pl.DataFrame, trace: str, veil: Veil) -> pl.DataFrame:
    """Return the objects that enough accounts share and that name nobody, marks in place of the others."""
    small = veil.aliases.filter("small").select(word="alias")
    said = frame.select("object", word=words(pl.col("object"))).explode("word")
    naming = said.join(small, on="word", how="semi")["object"].unique()
    told = pl.col("accounts") >= veil.settings.k
    told &= ~pl.col("object").is_in(naming.implode()) & (veil.mask(pl.col("object")) == pl.col("object"))
    if trace != "hashtag":
        told &= words(pl.col("object")).list.len() <= _MOST_WORDS
        told &= ~pl.col("object").str.contains(rf"^(?i)(?:{SOCIAL})(?:/|$)")
    return frame.select("object", shown=pl.when(told).then("object").otherwise("mark"))
