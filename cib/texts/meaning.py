"""Texts that mean the same: rewordings in one language, translations into another.

Vectors of the leaders of near copies are compared, all pairs, in blocks. As in D3lta (VIGINUM 2023), a pair is typed by
language first: of two languages, a translation from a cosine of ``min_translated`` on; of one language (or of none
that is known), a rewording from ``min_reworded`` on. Copies, which D3lta tells by a Levenshtein ratio of more than
0.693, are on a lower rung already, so that a pair with such a ratio that is no near copy is a rewording here.

Embeddings hardly see a "not". Two texts in one language that are alike by their letters (``min_ratio``), one of which
denies more often than the other, are flagged and not put together.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.errors import ConfigError
from cib.settings import TextSettings
from cib.texts.copies import similar_letters
from cib.texts.encode import Vectors
from cib.texts.leaders import Buckets, leaders
from cib.texts.shingles import Ints

__all__ = ["Alike", "Meaning", "alike_in_meaning", "by_meaning", "denials"]

_BLOCK: Final = 2048
"""Rows of the product at once, at most."""
_BYTES_PER_CELL: Final = 10
_NOT: Final = (
    r"\b(?:no|not|none|never|nobody|nothing|neither|nor|cannot|without|\w+n['’]t|(?:ca|wo|do|does|did|is|are|was|were)nt"
    r"|n['’]\w+|ne|pas|jamais|rien|aucune?|sans"
    r"|non|nunca|jamás|nada|nadie|sin|não|nem|sem|ninguém|mai|niente|nessuno|senza|nicht|kein\w*|nie|niemals|ohne"
    r"|не|ни|нет|никогда|без|değil|yok|hiç|asla)\b|不|没|沒|ない|ません|なく|ず。|안 |않|없|لا |لم |لن |ليس"
)
"""Words that deny, in the languages of the encoder that comes with the extra."""
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Alike:
    """Pairs of texts that mean the same: rows left < right, cosine, whether their languages differ, whether flagged."""

    left: Ints
    right: Ints
    cosine: Vectors
    translated: Flags
    denied: Flags


@dataclass(frozen=True)
class Meaning:
    """Groups of texts that mean the same, and what was flagged.

    Attributes
    ----------
    names : template (a leader of near copies), rewording, translation: what leads it on these rungs.
    texts : how many were compared.
    denied : template, other, cosine: pairs that were not put together because only one of them denies.
    """

    names: pl.DataFrame
    texts: int
    denied: pl.DataFrame


def by_meaning(texts: pl.DataFrame, vectors: Vectors, settings: TextSettings, *, memory: int) -> Meaning:
    """Group texts by what they mean.

    Parameters
    ----------
    texts : template, raw, language; the most used first.
    vectors : one row a text, of length 1.
    settings : ``min_reworded``, ``min_translated`` and ``max_texts`` are obeyed.
    memory : bound on working memory, bytes; the pairs that are found come on top of it.

    Raises
    ------
    ConfigError
        There are more than ``max_texts`` texts.

    Notes
    -----
    A member has at least the bound's cosine c with its leader, so that two members have at least 2 c^2 - 1.
    Exact: n^2 d / 2 multiplications, d the length of a vector; docs/text.md has the time.
    """
    n = len(texts)
    if n > settings.max_texts:
        msg = (
            f"{n:,} different texts would be compared by meaning, more than [text] max_texts = {settings.max_texts:,}. "
            f"Raise it (every pair is looked at: {n * n / 2:,.0f} of them), or take fewer posts."
        )
        raise ConfigError(msg)
    found = alike_in_meaning(vectors, texts["raw"], texts["language"], settings, memory=memory)
    reworded = _led(n, found, ~found.translated & ~found.denied)
    own = reworded == np.arange(n)
    between = found.translated & own[found.left] & own[found.right]
    translated = _led(n, found, between)[reworded]
    name = texts["template"]
    names = pl.DataFrame({"template": name, "rewording": name.gather(reworded), "translation": name.gather(translated)})
    left, right = found.left[found.denied], found.right[found.denied]
    denied = {"template": name.gather(left), "other": name.gather(right), "cosine": found.cosine[found.denied]}
    return Meaning(names, n, pl.DataFrame(denied))


def alike_in_meaning(
    vectors: Vectors, raw: pl.Series, language: pl.Series, settings: TextSettings, *, memory: int
) -> Alike:
    """Return all pairs of texts that are rewordings or translations.

    Parameters
    ----------
    vectors : one row a text, of length 1.
    raw, language : the texts, and their languages or null.
    settings : ``min_reworded`` and ``min_translated``.
    memory : bound on the memory of a block.
    """
    codes = language.fill_null("").rank("dense").to_numpy().astype(np.int64)
    known = language.is_not_null().to_numpy()
    least = min(settings.min_reworded, settings.min_translated)
    rows = int(np.clip(memory // (_BYTES_PER_CELL * max(len(vectors), 1)), 1, _BLOCK))
    parts = [np.zeros((3, 0))]
    for start in range(0, len(vectors), rows):
        cosine = vectors[start : start + rows] @ vectors[start:].T
        one, two = np.nonzero(np.triu(cosine >= least, 1))
        parts.append(np.stack((one + start, two + start, cosine[one, two])))
    found = np.concatenate(parts, axis=1)
    left, right, cosine = found[0].astype(np.int64), found[1].astype(np.int64), found[2].astype(np.float32)
    translated = (codes[left] != codes[right]) & known[left] & known[right]
    near = cosine >= np.where(translated, settings.min_translated, settings.min_reworded)
    left, right, cosine, translated = left[near], right[near], cosine[near], translated[near]
    denied = np.zeros(len(left), dtype=bool)
    asked = np.flatnonzero((denials(raw)[left] != denials(raw)[right]) & ~translated)
    denied[asked] = similar_letters(raw.gather(left[asked]), raw.gather(right[asked]), settings.min_ratio)
    return Alike(left, right, cosine, translated, denied)


def denials(texts: pl.Series) -> Ints:
    """Return how many words of each text deny.

    Examples
    --------
    >>> denials(pl.Series(["Vaccines are safe", "Vaccines aren't safe", "Les vaccins ne sont pas sûrs"])).tolist()
    [0, 1, 2]
    """
    return texts.str.to_lowercase().str.count_matches(_NOT).fill_null(0).to_numpy().astype(np.int64)


def _led(n: int, found: Alike, kept: Flags) -> Ints:
    """Return the leader of each text over some of the pairs, each of which is a bucket of two."""
    left, right = found.left[kept], found.right[kept]
    bucket = np.repeat(np.arange(len(left)), 2)
    return leaders(n, Buckets(bucket, np.stack((left, right), axis=1).ravel()), lambda one, _: np.ones(len(one), bool))
