"""Posts that come twice, and posts that come in several rows.

Rows are compared by a 64-bit key first (8 bytes a row, in passes when memory is short); only rows
whose key occurs again are looked at in full, so two posts are never taken for one by accident.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cib.read.reader import Repeats
from cib.read.rows import HAS_ID

__all__ = [
    "CONFLICT",
    "ELSEWHERE",
    "KEY",
    "LISTS",
    "MERGED",
    "NUMBER",
    "REPEATED",
    "SEEN",
    "Duplicates",
    "Fates",
    "Policies",
    "repeat_key",
    "settle_repeats",
    "settled",
]

Duplicates: TypeAlias = Literal["merge", "first", "last", "fullest"]

KEY: Final = "cib:key"
"""Column: equal for rows that may be the same post; null for rows that are never compared."""
NUMBER: Final = "cib:number"
"""Column: number of the row in reading order, over all files, refused rows left out."""
LISTS: Final = ("urls", "hashtags", "mentions", "media", "objects")

SEEN: Final = "the post id has been seen before: the first row is kept"
MERGED: Final = "the row names another object of a post: merged into the post's first row"
CONFLICT: Final = (
    "the post id has been seen before with another account or time "
    "(set input.columns.post_id to '' if the source's ids are not unique)"
)
ELSEWHERE: Final = {
    "first": "the post stands in an earlier file too: that one is kept (input.duplicates)",
    "last": "the post stands in a later file too: that one is kept (input.duplicates)",
    "fullest": "the post stands in another file that says as much of it or more: that one is kept (input.duplicates)",
}
REPEATED: Final = "the row repeats account, time and text of an earlier one, and the source has no post ids"

# A row needs its key, its number and the hash table over them.
_BYTES_A_KEY: Final = 24
_MAX_PASSES: Final = 100


_OPTIONAL: Final = ("parent_post_id", "parent_account_id", "text", "language", "client", *LISTS)
"""What a post may have or lack."""


@dataclass(frozen=True)
class Policies:
    """What rows with the same post id are.

    Attributes
    ----------
    within : source_file -> in one file, or in files that are as one.
    across : of a post in several files, which file's rows stay; 'merge': as if the files were one.
    """

    within: Mapping[str, Repeats]
    across: Duplicates = "merge"


@dataclass(frozen=True)
class Fates:
    """What becomes of the rows that come again.

    Attributes
    ----------
    keep : for each row number, whether it stays.
    gone : source_file, source_row, reason and the identifying columns of the rows that do not.
    merged : files with the lists of posts that were put together from several rows, by :data:`NUMBER`.
    """

    keep: NDArray[np.bool_]
    gone: pl.DataFrame
    merged: list[Path]


def repeat_key(posts: pl.DataFrame, *, exact_repeats: str) -> pl.Series:
    """Return each post's key: of its id; without one, of its account, time and text ('drop') or null ('keep')."""
    named = pl.col("platform").hash(1) ^ pl.col("post_id").hash(2)
    content = _content() if posts["text"].has_nulls() else pl.col("text")
    nameless = pl.col("account_id").hash(3) ^ pl.col("created_at").hash(4) ^ content.hash(5)
    other = nameless if exact_repeats == "drop" else pl.lit(None, dtype=pl.UInt64)
    return posts.select(pl.when(HAS_ID).then(named).otherwise(other).alias(KEY)).to_series()


def _content() -> pl.Expr:
    """Return the text; of a post without one, all that it shares."""
    return pl.coalesce("text", _shared())


def _shared() -> pl.Expr:
    """Return all lists of a row as one text, unlike for unlike lists."""
    return pl.concat_str([pl.col(name).list.join("\x1f").fill_null("") for name in LISTS], separator="\x1e")


def settle_repeats(parts: list[Path], policies: Policies, out: Path, *, rows: int, memory: int) -> Fates:
    """Decide for every row of the parts whether it stays, goes or is merged.

    Parameters
    ----------
    parts : Arrow files with the posts' columns, :data:`KEY`, :data:`NUMBER` and HAS_ID.
    policies : what rows with the same post id are.
    out : folder for the lists of merged posts.
    rows : rows in all parts.
    memory : bytes; keys are compared in as many passes as it takes to stay below.
    """
    keep = np.ones(rows, dtype=np.bool_)
    gone: list[pl.DataFrame] = []
    merged: list[Path] = []
    scan = pl.scan_ipc(parts)
    passes = _shares(rows * _BYTES_A_KEY, memory)
    for turn in range(passes):
        again = scan.select(KEY, NUMBER).filter(pl.col(KEY) % passes == turn).collect(engine="streaming")
        again = again.filter(pl.col(KEY).is_duplicated()).select(KEY, NUMBER)
        for numbers in _portions(again, parts, rows, memory):
            rows_of = scan.filter(pl.col(NUMBER).is_in(numbers.implode())).collect(engine="streaming")
            leaving, lists = settled(rows_of, policies)
            keep[leaving[NUMBER].to_numpy()] = False
            gone.append(leaving)
            if len(lists):
                merged.append(out / f"merged-{len(merged):05}.parquet")
                lists.write_parquet(merged[-1])
    none = _shown(scan.head(0).with_columns(reason=pl.lit("")).collect())
    return Fates(keep, pl.concat([none, *gone]).sort(NUMBER), merged)


def settled(rows: pl.DataFrame, policies: Policies) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows that go, each with the reason, and the lists of the posts that are merged, by :data:`NUMBER`.

    Parameters
    ----------
    rows : all rows that have some :data:`KEY` s, in any order.
    """
    fates = _settled(rows, policies)
    return _shown(fates.filter(pl.col("reason").is_not_null())), _merged_lists(fates)


def _shown(leaving: pl.DataFrame) -> pl.DataFrame:
    """Keep what is told of rows that go; the text only of those that are quarantined."""
    text = pl.when(pl.col("reason") == CONFLICT).then("text").alias("text")
    return leaving.select(NUMBER, "source_file", "source_row", "reason", "account_id", "post_id", text)


def _shares(size: int, memory: int) -> int:
    """Return into how many parts work of ``size`` bytes must be cut to fit."""
    return min(max(1, -(-size // memory)), _MAX_PASSES)


def _portions(again: pl.DataFrame, parts: list[Path], rows: int, memory: int) -> list[pl.Series]:
    """Cut the rows to look at into portions that fit, rows with one key together."""
    if again.is_empty():
        return []
    whole = sum(part.stat().st_size for part in parts) * 3  # with room to group
    count = _shares(whole * len(again) // rows, memory)
    return [
        part[NUMBER].sort() for turn in range(count) if len(part := again.filter(pl.col(KEY) // 2**32 % count == turn))
    ]


def _settled(rows: pl.DataFrame, policies: Policies) -> pl.DataFrame:
    """Give each row its post's first row and, unless it stays or is that row, the reason why it goes."""
    rows = rows.sort(NUMBER).with_columns(
        policy=pl.col("source_file").replace_strict(dict(policies.within), return_dtype=pl.String)
    )
    named, nameless = rows.filter(HAS_ID), rows.filter(~pl.col(HAS_ID))
    if policies.across == "merge":
        return pl.concat([_settled_named(named), _settled_nameless(nameless)])
    named = named.with_columns(chosen=_chosen_file(policies.across))
    here = pl.col("source_file") == pl.col("chosen")
    reason = pl.lit(ELSEWHERE[policies.across])
    others = named.filter(~here).drop("chosen").with_columns(head=pl.col(NUMBER), reason=reason)
    return pl.concat([_settled_named(named.filter(here).drop("chosen")), others, _settled_nameless(nameless)])


def _chosen_file(across: Duplicates) -> pl.Expr:
    """Return the file whose rows stay, for the rows of each post and account, in reading order."""
    post, file = ["platform", "post_id", "account_id"], pl.col("source_file")
    if across == "last":
        return file.last().over(post)
    if across == "first":
        return file.first().over(post)
    filled = pl.sum_horizontal(pl.col(name).is_not_null() for name in _OPTIONAL)
    return file.sort_by(filled, descending=True, maintain_order=True).first().over(post)


def _settled_named(rows: pl.DataFrame) -> pl.DataFrame:
    post = ["platform", "post_id"]
    same = (pl.col("account_id") == pl.col("account_id").first().over(post)) & (
        pl.col("created_at") == pl.col("created_at").first().over(post)
    )
    rows = rows.with_columns(head=pl.col(NUMBER).first().over(post), same=same, shared=_shared())
    differing = pl.col("shared").n_unique().over([*post, "same"]) > 1
    reason = (
        pl.when(pl.col(NUMBER) == pl.col("head"))
        .then(None)
        .when(pl.col("policy") == "first")
        .then(pl.lit(SEEN))
        .when(~pl.col("same"))
        .then(pl.lit(CONFLICT))
        .when((pl.col("policy") == "all") | differing)
        .then(pl.lit(MERGED))
        .otherwise(pl.lit(SEEN))
    )
    return rows.with_columns(reason=reason).drop("same", "shared")


def _settled_nameless(rows: pl.DataFrame) -> pl.DataFrame:
    rows = rows.with_columns(content=_content())
    head = pl.col(NUMBER).first().over(["account_id", "created_at", "content"])
    rows = rows.with_columns(head=head).drop("content")
    return rows.with_columns(reason=pl.when(pl.col(NUMBER) != pl.col("head")).then(pl.lit(REPEATED)))


def _merged_lists(settled: pl.DataFrame) -> pl.DataFrame:
    """Return the lists of each merged post, row after row, repeats kept: they are counted or not by the layer."""
    heads = settled.filter(pl.col("reason") == MERGED)["head"].unique()
    members = settled.filter(
        pl.col("head").is_in(heads.implode()) & (pl.col("reason").is_null() | (pl.col("reason") == MERGED))
    )
    lists = (
        members.sort(NUMBER)
        .group_by("head", maintain_order=True)
        .agg(pl.col(name).explode().drop_nulls() for name in LISTS)
    )
    return lists.select(
        pl.col("head").alias(NUMBER), *[pl.when(pl.col(name).list.len() > 0).then(name) for name in LISTS]
    ).sort(NUMBER)
