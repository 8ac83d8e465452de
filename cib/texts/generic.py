"""Generic texts: greetings, share buttons' lines, page titles, horoscopes; told by who uses them, not by what they say.

A text of a campaign is shared by accounts that share other texts as well. A greeting is used by many accounts that
have little else in common. So of each text with ``generic_accounts`` accounts or more, up to 120 pairs of its accounts
are looked at; if at most the share ``generic_connected`` of them share another text, it is generic. Texts found
generic connect nobody, so that the question is asked again until nothing changes. From ``generic_titles`` accounts on
the same is asked of texts that always come with one link: they are its title, and the link counts.

What this cannot tell: an app that posts a long series for its users (a daily horoscope) looks like a campaign by its
texts alone, since its users share many of them; and texts that a campaign uses once, by accounts that share nothing
else, look generic.
"""

import itertools
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.settings import TextSettings
from cib.tables import GENERIC
from cib.texts.shingles import Ints, mixed, spread

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["generic_texts"]

_LOOKED_AT: Final = 16
"""Accounts of a text that are looked at, all pairs of them: chosen by a hash, the same ones each time."""
_ONE_LINK: Final = 0.9
"""Share of a text's posts that carry its commonest link if the text is that link's title."""
_ROUNDS: Final = 20
_BATCH: Final = 1 << 22
"""Texts of pairs of accounts at once, about 24 bytes each."""


def generic_texts(acts: pl.DataFrame, settings: TextSettings) -> pl.DataFrame:
    """Return the generic texts.

    Parameters
    ----------
    acts : account, text (the group's name) and link (the post's first, or null) of each post.
    settings : ``generic_accounts``, ``generic_connected`` and ``generic_titles`` are obeyed.

    Returns
    -------
    GENERIC, the one with the most accounts first.

    Notes
    -----
    Sorts the acts; at most 120 comparisons of two accounts' texts for each text with that many accounts, and the same
    two accounts once.
    """
    used = _used(acts, settings)
    asked = _asked(used, settings)
    if asked.is_empty():
        return GENERIC.empty()
    shared = acts.select("account", "text").unique().join(used, on="text", how="semi")
    number = shared.select("text").unique().sort("text").with_row_index("number")
    shared = shared.join(number, on="text").sort("account", "number")
    asked = asked.join(number, on="text").sort("number")
    connected = _connected(shared, asked["number"].to_numpy().astype(np.int64), settings.generic_connected)
    found = asked.with_columns(connected=pl.Series(connected)).filter(pl.col("connected") <= settings.generic_connected)
    return GENERIC.check(found.sort("accounts", "text", descending=[True, False]).select(list(GENERIC.columns)))


def _used(acts: pl.DataFrame, settings: TextSettings) -> pl.DataFrame:
    """Return for each text that two accounts use its accounts and posts; whose titles are asked, with `one_link`.

    That is the share of a text's posts that carry its commonest link.
    """
    used = acts.group_by("text").agg(accounts=pl.col("account").n_unique(), posts=pl.len().cast(pl.UInt32))
    used = used.filter(pl.col("accounts") > 1)
    # Few texts have so many accounts; of all others no link is looked at.
    many = used.filter(pl.col("accounts") >= (settings.generic_titles or settings.generic_accounts or 2))
    linked = acts.join(many.select("text"), on="text", how="semi").drop_nulls("link").group_by("text", "link").len()
    commonest = linked.group_by("text").agg(most=pl.col("len").max())
    return (
        used.join(commonest, on="text", how="left")
        .with_columns(one_link=pl.col("most").fill_null(0) / pl.col("posts"))
        .drop("most")
    )


def _asked(used: pl.DataFrame, settings: TextSettings) -> pl.DataFrame:
    """Return the texts that may be generic, and why."""
    many, title = pl.lit(value=False), pl.lit(value=False)
    if settings.generic_accounts:
        many = pl.col("accounts") >= settings.generic_accounts
    if settings.generic_titles:
        title = (pl.col("accounts") >= settings.generic_titles) & (pl.col("one_link") >= _ONE_LINK)
    why = pl.when(title).then(pl.lit("goes with one link")).otherwise(pl.lit("many accounts"))
    return used.filter(many | title).with_columns(why=why)


def _connected(shared: pl.DataFrame, asked: Ints, least: float) -> npt.NDArray[np.float64]:
    """Return the share of each text's pairs of accounts that share another text, none of those below `least`."""
    from scipy.sparse import csr_array

    account, text = (shared[name].to_numpy().astype(np.int64) for name in ("account", "number"))
    _, row = np.unique(account, return_inverse=True)
    of, one, two = _pairs(row, text, asked)
    matrix = csr_array((np.ones(len(row), dtype=np.int32), (row, text)))
    # Two accounts that share many texts are looked at once.
    people = matrix.shape[0]
    both, pair = np.unique(np.minimum(one, two) * people + np.maximum(one, two), return_inverse=True)
    common = _in_common(matrix, both // people, both % people)
    many = np.bincount(of, minlength=len(asked))
    share = np.ones(len(asked))
    kept = np.ones(len(asked), dtype=bool)
    for _ in range(_ROUNDS):
        others = common[pair] - kept[of] > 0
        share = np.bincount(of, others, minlength=len(asked)) / np.maximum(many, 1)
        fallen = (share <= least) & kept
        if not fallen.any():
            break
        kept &= ~fallen
        common -= _in_common(matrix[:, asked[fallen]], both // people, both % people)
    return share


def _in_common(matrix: "csr_array", one: Ints, two: Ints) -> Ints:
    """Return how many columns pairs of rows have in common; memory is that of a batch of entries."""
    size = np.diff(matrix.indptr).astype(np.int64)
    batch = np.cumsum(size[one] + size[two]) // _BATCH
    cuts = np.concatenate(([0], np.flatnonzero(np.diff(batch)) + 1, [len(one)]))
    out = np.zeros(len(one), dtype=np.int64)
    for start, stop in itertools.pairwise(cuts.tolist()):
        out[start:stop] = matrix[one[start:stop]].multiply(matrix[two[start:stop]]).sum(axis=1)
    return out


def _pairs(account: Ints, text: Ints, asked: Ints) -> tuple[Ints, Ints, Ints]:
    """Return pairs of accounts of each text that is asked about: which of `asked`, the one, the other."""
    place = np.searchsorted(asked, text)
    mine = asked[np.minimum(place, len(asked) - 1)] == text
    of, who = place[mine], account[mine]
    chance = mixed((of.astype(np.uint64) << np.uint64(32)) ^ mixed(who.astype(np.uint64)))
    order = np.lexsort((chance, of))
    of, who = of[order], who[order]
    begins = np.searchsorted(of, np.arange(len(asked)))
    size = np.minimum(np.diff(np.append(begins, len(of))), _LOOKED_AT)
    first = spread(begins, size)
    rank = first - begins[of[first]]
    partners = size[of[first]] - rank - 1
    one = np.repeat(first, partners)
    two = spread(first + 1, partners)
    return of[one], who[one], who[two]
