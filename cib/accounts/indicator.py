"""What an indicator is, and the three helpers that every indicator's function is written with.

An indicator is one fact about an account with a value, said in a sentence. It describes; it never
decides, and no network, rank or tier depends on it. The data cannot always tell, and then the
indicator says why not instead of guessing: such an account gets a reason in place of a value.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from cib.accounts.history import History

__all__ = ["Indicator", "answer", "blurred", "few", "plain_duration"]

Family = Literal["schedule", "repetition", "content", "profile", "client", "cohort", "all"]
Unusual = Literal["high", "low", "both"]

_DURATIONS: Final = {1: "second", 60: "minute", 3600: "hour", 86_400: "day"}


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One heuristic: how it is computed, when it applies, and how it is said.

    Attributes
    ----------
    name : key in the registry and in the indicators table.
    family : schedule, repetition, profile, client and cohort are sides of automation, or of being made in numbers, and
        are summed up (:mod:`cib.accounts.family`); content is style, not automation; all looks at the others.
    title : two to five words for the head of a column.
    unit : unit of the value; "share" is said in percent, "yes or no" compares equals.
    doc : exact definition, with the formula.
    needs : fields without which it cannot be computed, as "posts.urls" or "accounts.handle"; "|" between
        alternatives. Where a source never gives one, the indicator does not apply and says so.
    unless : when it does not apply although the fields are there.
    function : `History` to one row an account: account, value, applicable, reason; optionally detail.
    sentence : what is said, with the places {value}, {detail} and {comparison}.
    zero : what is said in its place where the value is 0; empty: the same.
    unusual : the side on which a value is worth a second look.
    innocent : ordinary behaviour that looks the same.
    reference : source of the definition.
    """

    name: str
    family: Family
    title: str
    unit: str
    doc: str
    needs: tuple[str, ...]
    unless: str
    function: Callable[[History], pl.DataFrame]
    sentence: str
    zero: str = ""
    unusual: Unusual
    innocent: str
    reference: str


def answer(history: History, found: pl.DataFrame, value: pl.Expr, *refusals: pl.Expr) -> pl.DataFrame:
    """Return an indicator's result for every account of the corpus.

    Parameters
    ----------
    history : what the accounts did.
    found : at most one row an account: `account` and whatever `value` and `refusals` read. Accounts
        without a row count as having nothing.
    value : the value, where no refusal holds.
    refusals : each a sentence where the indicator does not apply and null where it does; the first one is said.

    Returns
    -------
    One row an account, in the order of `history.accounts`: account, value (Float64), applicable, reason.
    """
    reason = pl.coalesce(*refusals, pl.lit(None, dtype=pl.String))
    return (
        history.accounts.select("account")
        .join(found, on="account", how="left", maintain_order="left")
        .with_columns(reason=reason)
        .select(
            "account",
            value=pl.when(pl.col("reason").is_null()).then(value.cast(pl.Float64)),
            applicable=pl.col("reason").is_null(),
            reason="reason",
        )
    )


def few(count: str | pl.Expr, needed: int, one: str, many: str = "") -> pl.Expr:
    """Return the refusal "Insufficient data: 12 posts, 36 needed.", null where there is enough.

    Parameters
    ----------
    count : column or expression with what there is; null counts as 0.
    needed : the least that will do.
    one, many : what is counted, such as "post with a client" and "posts with a client"; "" adds an s.
    """
    have = (pl.col(count) if isinstance(count, str) else count).fill_null(0)
    words = pl.when(have == 1).then(pl.lit(one)).otherwise(pl.lit(many or f"{one}s"))
    return pl.when(have < needed).then(pl.format("Insufficient data: {} {}, {} needed.", have, words, pl.lit(needed)))


def blurred(history: History, what: str, when: pl.Expr) -> pl.Expr:
    """Return the refusal "Times have minute resolution, so `what` cannot be told." where `when` holds."""
    duration = plain_duration(history.resolution_s)
    return pl.when(when).then(pl.lit(f"Times have {duration} resolution, so {what} cannot be told."))


def plain_duration(seconds: float) -> str:
    """Return a duration as an adjective.

    Examples
    --------
    >>> plain_duration(60), plain_duration(300), plain_duration(0.001)
    ('minute', '5-minute', '0.001-second')
    """
    unit = max((s for s in _DURATIONS if s <= seconds and seconds % s == 0), default=1)
    return _DURATIONS[unit] if seconds == unit else f"{seconds / unit:g}-{_DURATIONS[unit]}"
