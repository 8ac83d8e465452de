"""The posts that link two accounts, side by side: for `cib evidence RUN A B`."""

import difflib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from cib.errors import RunError
from cib.report.quotes import posts, spread
from cib.report.run import RunFiles
from cib.report.safe import cut, defang, for_terminal
from cib.report.words import count, delay, moment

__all__ = ["Match", "Quoted", "between", "describe"]

_LENGTH: Final = 600
_NEAREST: Final = 5


@dataclass(frozen=True)
class Quoted:
    """One post as it is quoted: its text cut to 600 characters, not yet escaped."""

    account: str
    post_id: str
    created_at: datetime
    kind: str
    text: str
    origin: str


@dataclass(frozen=True)
class Match:
    """Two posts of two accounts on one object inside a layer's window.

    Attributes
    ----------
    delta_s : time of the second post minus time of the first, seconds.
    of : pairs of posts that link the two accounts in this layer, quoted or not.
    """

    layer: str
    object: str
    first: Quoted
    second: Quoted
    delta_s: float
    of: int


def between(run: RunFiles, a: str, b: str, *, limit: int) -> list[Match]:
    """Return pairs of posts that link two accounts: as many layers and objects as there are, then in order of time.

    Parameters
    ----------
    a, b : account_id or handle, in any case, with or without '@'.
    limit : most matches returned.

    Raises
    ------
    RunError
        An account is not in the run (the sentence names the nearest handles), a handle belongs to several accounts,
        or both are the same account.
    """
    accounts = run.table("accounts", ["account_id", "handle"])
    ends = sorted([_account_id(accounts, a), _account_id(accounts, b)])
    if ends[0] == ends[1]:
        msg = f"'{for_terminal(a)}' and '{for_terminal(b)}' are the same account, {for_terminal(ends[0])}. Name two."
        raise RunError(msg)
    found = pl.collect_all(
        frame.filter(pl.col("source") == ends[0], pl.col("target") == ends[1]).with_columns(layer=pl.lit(layer))
        for layer, frame in run.evidence().items()
    )
    if not found:
        return []
    pairs = pl.concat(found).with_columns(of=pl.len().over("layer"), strength=pl.lit(0), edge=pl.lit(0))
    order = pl.col("layer").cast(pl.Enum(list(run.evidence())))
    chosen = spread(pairs, over="edge", count=limit).sort(order, "time_source", "object")
    texts = posts(run, pl.concat([chosen["row_source"], chosen["row_target"]]), length=_LENGTH)
    return _matches(chosen, texts)


def describe(matches: list[Match]) -> str:
    """Return the matches as text for a terminal; nothing in it obeys an escape sequence of a post."""
    if not matches:
        return "The evidence that this run kept has no pair of posts that links these two accounts."
    lines = []
    for layer in dict.fromkeys(match.layer for match in matches):
        here = [match for match in matches if match.layer == layer]
        lines += ["", f"{for_terminal(layer)}: {len(here)} of {count(here[0].of, 'pair')} of posts"]
        for match in here:
            lines += _side_by_side(match)
    return "\n".join(lines[1:])


def _side_by_side(match: Match) -> list[str]:
    lines = ["", f"  {for_terminal(defang(cut(match.object, 200)))}  ({delay(match.delta_s)})"]
    for post in (match.first, match.second):
        who = [moment(post.created_at), post.account, post.post_id]
        if post.post_id != f"row:{post.origin}":
            who.append(f"({post.origin})")
        lines.append(f"    {'  '.join(map(for_terminal, who))}")
        lines.append(f"      {for_terminal(defang(post.text)) or '(no text)'}")
    return lines


def _matches(chosen: pl.DataFrame, texts: pl.DataFrame) -> list[Match]:
    quoted = {
        row["post"]: Quoted(
            row["account_id"],
            row["post_id"],
            row["created_at"],
            row["kind"],
            row["text"] + (f"… [{row['more']:,} more characters]" if row["more"] else ""),
            f"{row['source_file']}:{row['source_row']}",
        )
        for row in texts.iter_rows(named=True)
    }
    return [
        Match(
            row["layer"], row["object"], quoted[row["row_source"]], quoted[row["row_target"]], row["delta_s"], row["of"]
        )
        for row in chosen.iter_rows(named=True)
    ]


def _account_id(accounts: pl.DataFrame, name: str) -> str:
    """Return the one account that goes by this id or handle."""
    wanted = name.strip().lower()
    exact = accounts.filter(pl.col("account_id") == name.strip())
    by_id = accounts.filter(pl.col("account_id").str.to_lowercase() == wanted)
    by_handle = accounts.filter(pl.col("handle").str.to_lowercase().str.strip_prefix("@") == wanted.removeprefix("@"))
    found = next((rows["account_id"].to_list() for rows in (exact, by_id, by_handle) if len(rows)), [])
    if len(found) == 1:
        return str(found[0])
    if found:
        ids = ", ".join(map(for_terminal, sorted(found)[:_NEAREST]))
        msg = f"'{for_terminal(name)}' is the name of {len(found)} accounts. Give one of their ids: {ids}."
        raise RunError(msg)
    near = _nearest(accounts, wanted)
    hint = f" Near it: {', '.join(map(for_terminal, near))}." if near else ""
    msg = f"No account '{for_terminal(name)}' is in this run.{hint} Give a handle or an account_id (exports/nodes.csv)."
    raise RunError(msg)


def _nearest(accounts: pl.DataFrame, wanted: str) -> list[str]:
    """Return the handles most like a name; of many accounts only those of like length are compared."""
    names = pl.concat([accounts["handle"], accounts["account_id"]]).drop_nulls().unique().sort()
    like = names.filter((names.str.len_chars().cast(pl.Int64) - len(wanted)).abs() <= 3).head(20_000)
    folded = dict(zip(like.str.to_lowercase().str.strip_prefix("@"), like, strict=True))
    return [
        folded[name] for name in difflib.get_close_matches(wanted.removeprefix("@"), folded, n=_NEAREST, cutoff=0.6)
    ]
