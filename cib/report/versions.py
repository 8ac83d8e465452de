"""Versions of one text, side by side: what the members of a network wrote in its place, and who came first.

A group of near copies, rewordings or translations is shown by its different texts, oldest first, each with the words
in which it differs from the oldest marked.
"""

import difflib
import re
from typing import Any, Final

import polars as pl

from cib.report.quotes import posts, within
from cib.report.run import RunFiles, label
from cib.report.safe import cut
from cib.report.words import count, duration, listed, moment

__all__ = ["differences", "versions"]

_RUNGS: Final = ("translation", "rewording", "near_copy", "template")
"""Traces whose objects hold different texts, the widest first: it holds what the others hold."""
_ASKED: Final = 8
"""Groups of a network whose posts are looked up; those whose texts are all the same are not shown."""
_GROUPS: Final = 2
_VERSIONS: Final = 4
_POSTS: Final = 200
"""Posts of a group that are looked up, the oldest."""
_LENGTH: Final = 600
_LANGUAGES: Final = 5
_LONG_WORD: Final = 15
"""A text with longer words than this on average is in a script without blanks."""


def versions(run: RunFiles, members: pl.DataFrame) -> dict[int, list[dict[str, Any]]]:
    """Return for each network its most widely shared texts of which there are several versions.

    Parameters
    ----------
    members : account_id, network of the networks to look at.

    Notes
    -----
    One pass over the evidence of one layer; the posts of at most 8 groups a network are looked up, 200 of each.
    """
    layer = _widest(run)
    if layer is None:
        return {}
    rows = _rows(run.evidence()[layer], members)
    if rows.is_empty():
        return {}
    texts = posts(run, rows["row"], length=_LENGTH)
    names = run.table("accounts").select("account_id", name=label())
    told = texts.join(names, on="account_id", how="left").with_columns(pl.col("name").fill_null(pl.col("account_id")))
    full = rows.join(told, left_on="row", right_on="post").sort("network", "place", "created_at", "row")
    found: dict[int, list[dict[str, Any]]] = {}
    for (network, _), group in full.group_by("network", "place", maintain_order=True):
        shown = found.setdefault(int(str(network)), [])
        if group["text"].n_unique() > 1 and len(shown) < _GROUPS:
            shown.append(_group(layer, group))
    return found


def _widest(run: RunFiles) -> str | None:
    """Return the layer on the highest rung that left evidence."""
    traces = {about["trace"]: name for name, about in run.manifest["layers"].items()}
    there = run.evidence()
    return next((traces[rung] for rung in _RUNGS if traces.get(rung) in there), None)


def _rows(evidence: pl.LazyFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Return network, place (0: the most widely shared), row: the oldest posts of the groups that are asked about."""
    inside = within(evidence.select("source", "target", "object", "row_source", "row_target"), members)
    ends = pl.concat(
        inside.select("network", "object", account=end, row=f"row_{end}") for end in ("source", "target")
    ).unique()
    wide = ends.group_by("network", "object").agg(accounts=pl.col("account").n_unique(), posts=pl.len())
    order = ["network", "accounts", "posts", "object"]
    wide = wide.sort(order, descending=[False, True, True, False]).group_by("network", maintain_order=True).head(_ASKED)
    places = wide.with_columns(place=pl.int_range(pl.len()).over("network")).select("network", "object", "place")
    rows = ends.join(places, on=["network", "object"]).sort("network", "place", "row")
    first = rows.group_by("network", "place", maintain_order=True).head(_POSTS)
    return first.select("network", "place", "row").collect(engine="streaming")


def _group(layer: str, group: pl.DataFrame) -> dict[str, Any]:
    """Return what is told of a group: who came first, its spread, and its versions."""
    first, last = group.row(0, named=True), group.row(-1, named=True)
    span = (last["created_at"] - first["created_at"]).total_seconds()
    languages = sorted(group["language"].drop_nulls().unique())
    spoken = f" in {listed(languages[:_LANGUAGES])}" if languages else ""
    told = group.group_by("text", maintain_order=True).agg(
        pl.col("name").first(),
        pl.col("created_at").first(),
        posts=pl.len(),
        accounts=pl.col("account_id").n_unique(),
        languages=pl.col("language").drop_nulls().unique().sort(),
    )
    return {
        "layer": layer,
        "summary": (
            f"{count(len(told), 'version')} in {count(len(group), 'post')} by "
            f"{count(group['account_id'].n_unique(), 'account')}{spoken}, within {duration(span)}. "
            f"{first['name']} came first, {moment(first['created_at'])}."
        ),
        "versions": [_version(row, first["text"]) for row in told.head(_VERSIONS).iter_rows(named=True)],
        "more": max(len(told) - _VERSIONS, 0),
    }


def _version(row: dict[str, Any], oldest: str) -> dict[str, Any]:
    spoken = f", {listed(row['languages'][:_LANGUAGES])}" if row["languages"] else ""
    return {
        "name": row["name"],
        "at": moment(row["created_at"]),
        "used": f"{count(row['posts'], 'post')} by {count(row['accounts'], 'account')}{spoken}",
        "parts": differences(oldest, cut(row["text"], _LENGTH)),
    }


def differences(oldest: str, text: str) -> list[tuple[str, bool]]:
    """Return a text in parts, each with whether it is not in the oldest version; together they are the text.

    Quadratic in words at worst, of texts that are cut to 600 characters.

    Examples
    --------
    >>> differences("Vote for him today", "Vote for her today!")
    [('Vote for ', False), ('her today!', True)]
    """
    one, two = (_split(words) for words in (oldest, text))
    parts = difflib.SequenceMatcher(a=[w.strip() for w in one], b=[w.strip() for w in two], autojunk=False)
    made = [("".join(two[low:high]), tag != "equal") for tag, _, _, low, high in parts.get_opcodes()]
    return [(part, new) for part, new in made if part]


def _split(text: str) -> list[str]:
    """Return the words of a text, each with the blanks after it; where there are hardly any blanks, its characters."""
    words = re.findall(r"\s*\S+\s*|\s+", text)
    return list(text) if len(text) > _LONG_WORD * max(len(words), 1) else words
