"""POSTS -> TEXTS: of each post the name of its text on every rung of the ladder of sameness.

========== ==================================================================== =========================
rung       two posts are on it together if                                      the group's name
========== ==================================================================== =========================
words      their texts are equal after the normaliser                           the normalised text
template   these are equal with mentions, hashtags and digits as placeholders   the template
near_copy  their templates are near to that of one group's leader               the leader's template
rewording  ... in meaning too, in one language                                  that of the leader of leaders
translation ... or in another language                                          that of the leader of leaders
========== ==================================================================== =========================

Each rung groups the groups of the one before it, so that whoever is together on one is together on all that follow.
A group is named after the text that most accounts use, which leads it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import polars as pl

from cib.settings import TextSettings
from cib.tables import GENERIC, KINDS, TEXTS
from cib.texts.copies import comparable, near_copies
from cib.texts.encode import Vectors
from cib.texts.generic import generic_texts
from cib.texts.meaning import Meaning, by_meaning
from cib.texts.normalise import normalise, template

__all__ = ["RUNGS", "Grouped", "group_texts"]

Encode: TypeAlias = Callable[[pl.Series], Vectors]
RUNGS: Final = ("words", "template", "near_copy", "rewording", "translation")
"""The ladder, from the same to what means the same."""


@dataclass(frozen=True)
class Grouped:
    """The texts of all posts, and what was left out.

    Attributes
    ----------
    texts : TEXTS.
    generic : GENERIC.
    meaning : what looking at the meaning cost and flagged; None if it was not asked.
    """

    texts: pl.DataFrame
    generic: pl.DataFrame
    meaning: Meaning | None


def group_texts(
    posts: pl.LazyFrame,
    settings: TextSettings,
    *,
    rungs: Collection[str] = RUNGS[:3],
    kinds: Collection[str] = KINDS,
    memory: int,
    vectors: Encode | None = None,
) -> Grouped:
    """Return each post's groups.

    Parameters
    ----------
    posts : POSTS.
    settings : the normaliser, and what is near.
    rungs : those that are wanted; rungs above `words` cost the more the higher they are.
    kinds : kinds of post that make and use groups; of the others only the words are told.
    memory : bound on working memory, bytes.
    vectors : texts -> vectors of length 1; needed for rewordings and translations.

    Notes
    -----
    Linear in characters up to near copies (see :mod:`cib.texts.copies`); meaning compares all pairs of near copies'
    leaders (see :mod:`cib.texts.meaning`).
    """
    link = pl.col("urls").list.get(0, null_on_oob=True)
    raw = ["text"] if vectors is not None else []
    known = posts.select(
        "post", "account", "language", *raw, link=link, words=normalise(pl.col("text"), settings),
        counts=pl.col("kind").is_in(list(kinds)),
    ).collect(engine="streaming")  # fmt: skip
    named = known.select("post", "words")
    meaning, generic = None, GENERIC.empty()
    if set(rungs) - {"words"}:
        used = known.filter("counts").drop_nulls("words")
        distinct, meaning = _climb(used, settings, rungs, memory, vectors)
        named = named.with_columns(counts=known["counts"]).join(distinct, on="words", how="left", maintain_order="left")
        highest = next(rung for rung in ("near_copy", "template") if rung in distinct.columns)
        acts = used.select("account", "words", "link").join(distinct.select("words", text=highest), on="words")
        generic = generic_texts(acts.drop_nulls("text"), settings)
        named = named.with_columns(generic=pl.col(highest).is_in(generic["text"].implode()))
        above = [rung for rung in RUNGS[1:] if rung in distinct.columns]
        named = named.with_columns(pl.when("counts").then(pl.col(rung)).alias(rung) for rung in above)
    elif settings.generic_accounts or settings.generic_titles:
        acts = known.filter("counts").select("account", "link", text="words").drop_nulls("text")
        generic = generic_texts(acts, settings)
        named = named.with_columns(generic=pl.col("words").is_in(generic["text"].implode()))
    return Grouped(TEXTS.shape(named), generic, meaning)


def _climb(
    used: pl.DataFrame, settings: TextSettings, rungs: Collection[str], memory: int, vectors: Encode | None
) -> tuple[pl.DataFrame, Meaning | None]:
    """Return words and their names on the rungs that are wanted, and on those below them."""
    meant = bool(set(rungs) & set(RUNGS[3:])) and vectors is not None
    # Only what compares meanings asks for a language, and the commonest of a group takes its time.
    tongue = {"language": pl.col("language").drop_nulls().mode().sort().first()} if meant else {}
    words = used.lazy().group_by("words").agg(accounts=pl.col("account").n_unique(), posts=pl.len(), **tongue)
    distinct = words.with_columns(template=template(pl.col("words"))).collect(engine="streaming")
    if not set(rungs) & set(RUNGS[2:]):
        return distinct.select("words", "template"), None
    grouped = distinct.lazy().drop_nulls("template").group_by("template")
    # As a column, not as a filter: then what the parts of the rule have in common is worked out once.
    long = grouped.agg(pl.col("accounts").max(), pl.col("posts").sum(), **tongue).with_columns(
        long=comparable(pl.col("template"), settings)
    )
    texts = _most_used_first(long.filter("long").drop("long").collect(engine="streaming"))
    leader = near_copies(texts["template"], settings, memory=memory)
    names = texts.select("template", near_copy=texts["template"].gather(leader))
    meaning = None
    if meant and vectors is not None:
        led = texts.filter(pl.Series(leader == np.arange(len(leader)))).select("template", "language")
        led = led.join(_raw(used, distinct), on="template", how="left", maintain_order="left")
        meaning = by_meaning(led, vectors(led["raw"]), settings, memory=memory)
        names = names.join(meaning.names, left_on="near_copy", right_on="template", how="left", maintain_order="left")
    above = [rung for rung in RUNGS[2:] if rung in names.columns]
    return distinct.join(names, on="template", how="left").select("words", "template", *above), meaning


def _most_used_first(texts: pl.DataFrame) -> pl.DataFrame:
    """Sort by accounts, then posts, both falling, then template; several times as fast as by all three at once."""
    texts = texts.sort("template")
    used = texts["accounts"].to_numpy().astype(np.int64) << 32 | texts["posts"].to_numpy().astype(np.int64)
    return texts[np.argsort(-used, kind="stable")]


def _raw(used: pl.DataFrame, distinct: pl.DataFrame) -> pl.DataFrame:
    """Return of each template the text of the first post with it: what an encoder is given, capitals and all."""
    named = used.select("post", "text", "words").join(distinct.select("words", "template"), on="words")
    return named.group_by("template").agg(raw=pl.col("text").sort_by("post").first())
