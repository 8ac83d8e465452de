"""Times in any common form to UTC microseconds.

A time is only taken if its moment is certain: it carries a zone, counts seconds since 1970, or the
config (or the format's own convention) says which zone the source means.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from cib.tables import TIME

__all__ = ["BAD_TIME", "GAP_TIME", "NO_TIME", "NO_ZONE", "ODD_TIME", "TimeRule", "time_reason", "utc_times"]

NO_TIME: Final = "the row has no time"
BAD_TIME: Final = (
    "the time cannot be read (set input.time_format if it follows a pattern of its own; `cib inspect` may know which)"
)
NO_ZONE: Final = "the time carries no zone (set input.timezone to the zone the source means, such as 'UTC')"
GAP_TIME: Final = "the time does not exist in that zone: the clock skips it in spring"
ODD_TIME: Final = "the time lies before 1970 or after 2100"

# Seconds since 1970 have 10 digits until 2286; a number is in the finest unit that keeps it after 1973.
_UNIX: Final = r"^\d{1,19}(?:\.\d+)?$"
_ZONED: Final = (
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%dT%H:%M%#z",
    "%a %b %d %H:%M:%S %z %Y",
    "%a, %d %b %Y %H:%M:%S %z",
)
_PLAIN_UTC: Final = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%.fZ")
"""The commonest form of all, in two sorts: read without being looked at for others."""
_ZONELESS: Final = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d")
# The only zone names with a fixed meaning (RFC 2822, section 4.3); others, such as IST or CST in China, have several.
_NAMED: Final = {
    "UTC": "+0000",
    "GMT": "+0000",
    "EST": "-0500",
    "EDT": "-0400",
    "CST": "-0600",
    "CDT": "-0500",
    "MST": "-0700",
    "MDT": "-0600",
    "PST": "-0800",
    "PDT": "-0700",
}


@dataclass(frozen=True)
class TimeRule:
    """How a column of times is read.

    Attributes
    ----------
    zone : zone of times that carry none; '' refuses them.
    formats : strptime patterns that replace the built-in ones; empty: all common forms.
    """

    zone: str = ""
    formats: tuple[str, ...] = ()


def utc_times(column: pl.Series, rule: TimeRule) -> pl.DataFrame:
    """Read a column of times.

    Returns
    -------
    A frame with ``at`` (UTC microseconds, null where refused) and ``reason`` (null where ``at`` is not).
    """
    if column.dtype.is_temporal():
        zoned, plain, given = *_typed(column), column.is_not_null()
    elif column.dtype.is_numeric():
        zoned, plain, given = _unix(column), _no_times(column), column.is_not_null()
    else:
        text = column.cast(pl.String).str.strip_chars()
        given = text.is_not_null() & (text != "")
        zoned, plain = _read(text, rule)
    placed = _placed(plain, rule.zone)
    parts = pl.DataFrame({"zoned": zoned, "plain": plain, "placed": placed, "given": given})
    return parts.select(at=_sane(pl.coalesce("zoned", "placed")), reason=time_reason(zone=rule.zone))


def time_reason(*, zone: str) -> pl.Expr:
    """Return why a time is refused, from the columns zoned, plain, placed and given; null if it is not."""
    at = pl.coalesce("zoned", "placed")
    return (
        pl.when(~pl.col("given").fill_null(value=False))
        .then(pl.lit(NO_TIME))
        .when(at.is_not_null() & _sane(at).is_null())
        .then(pl.lit(ODD_TIME))
        .when(at.is_not_null())
        .then(None)
        .when(pl.col("plain").is_null())
        .then(pl.lit(BAD_TIME))
        .otherwise(pl.lit(GAP_TIME if zone else NO_ZONE))
    )


def _sane(at: pl.Expr) -> pl.Expr:
    return pl.when(at.dt.year().is_between(1970, 2100)).then(at)


def _typed(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is not None:
        return column.dt.convert_time_zone("UTC").cast(TIME), _no_times(column)
    if isinstance(column.dtype, (pl.Date, pl.Datetime)):
        return _no_times(column).cast(TIME), column.cast(pl.Datetime("us"))
    return _no_times(column).cast(TIME), _no_times(column)


def _no_times(column: pl.Series) -> pl.Series:
    return pl.Series([None], dtype=pl.Datetime("us")).new_from_index(0, len(column))


def _unix(number: pl.Series) -> pl.Series:
    """Read a numeric column of seconds, milliseconds, microseconds or nanoseconds since 1970, by their size."""
    value = pl.col("n")
    whole = value if number.dtype.is_integer() else value.floor()
    micros = pl.lit(0) if number.dtype.is_integer() else ((value - whole) * 1_000_000).round()
    return number.to_frame("n").select(_scaled(whole.cast(pl.Int64, strict=False), micros.cast(pl.Int64))).to_series()


def _unix_text(number: pl.Series) -> pl.Series:
    """Read decimal text likewise, digit by digit: a float would lose the last ones."""
    whole = pl.col("n").str.extract(r"^(\d+)").cast(pl.Int64, strict=False)
    micros = pl.col("n").str.extract(r"\.(\d{1,6})").str.pad_end(6, "0").cast(pl.Int64).fill_null(0)
    return number.to_frame("n").select(_scaled(whole, micros)).to_series()


def _scaled(whole: pl.Expr, micros: pl.Expr) -> pl.Expr:
    """Return UTC times from a whole number in some unit and the millionths of that unit."""
    at = (
        pl.when(whole < 10**11)
        .then(whole * 1_000_000 + micros)
        .when(whole < 10**14)
        .then(whole * 1000 + micros // 1000)
        .when(whole < 10**17)
        .then(whole)
        .otherwise(whole // 1000)
    )
    return at.cast(TIME)


def _read(text: pl.Series, rule: TimeRule) -> tuple[pl.Series, pl.Series]:
    """Return the times that say their moment, and the times that lack only the zone."""
    if rule.formats:
        return _by_format(text, rule.formats)
    if (plain := _plain_utc(text)) is not None:
        return plain, _no_times(text)
    frame = text.to_frame("text").with_columns(number=pl.when(pl.col("text").str.contains(_UNIX)).then("text"))
    unix = _unix_text(frame["number"])
    rest = frame.select(pl.when(pl.col("number").is_null()).then("text")).to_series()
    if rest.null_count() == len(rest):
        return unix, _no_times(text)
    rest = _tidy(rest)
    zoned, plain = _by_format(rest, _likely_first(rest, _ZONED + _ZONELESS))
    return pl.select(pl.coalesce(unix, zoned)).to_series(), plain


def _plain_utc(text: pl.Series) -> pl.Series | None:
    """Return the times if all of them are UTC in one plain form, as the first one is."""
    first = text.drop_nulls().head(1)
    for pattern in _PLAIN_UTC:
        if _in_format(first, pattern).count():
            read = _in_format(text, pattern)
            return read.dt.replace_time_zone("UTC") if read.null_count() == text.null_count() else None
    return None


def _tidy(text: pl.Series) -> pl.Series:
    """Bring ISO 8601 into one form: a T in the middle, and a zone as an offset."""
    text = _where(text, r"\s[A-Z]{3}$", _numeric_zone)
    text = _where(text, r"\d\s*Z$", lambda hit: hit.str.replace(r"\s*Z$", "+0000"))
    text = _where(text, r"\d\s+[+-]\d", lambda hit: hit.str.replace(r"(\d)\s+([+-]\d)", "${1}${2}"))
    return _where(text, r"\d\s", lambda hit: hit.str.replace(r"^(\d{4}-\d{2}-\d{2})\s+(\d)", "${1}T${2}"))


def _where(text: pl.Series, pattern: str, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Change what has a pattern; mostly that is all of a column or nothing."""
    hits = text.str.contains(pattern).fill_null(value=False)
    if not hits.any():
        return text
    return change(text) if hits.all() else text.clone().scatter(hits.arg_true(), change(text.filter(hits)))


def _numeric_zone(text: pl.Series) -> pl.Series:
    offset = text.str.extract(r"\s([A-Z]{3})$").replace_strict(_NAMED, default=None, return_dtype=pl.String)
    return pl.select(pl.coalesce(text.str.replace(r"\s+[A-Z]{3}$", "") + offset, text)).to_series()


def _likely_first(text: pl.Series, formats: tuple[str, ...]) -> tuple[str, ...]:
    """Return the formats with the first time's in front: a source has one way to write times, and no text fits two."""
    first = text.drop_nulls().head(1)
    return tuple(sorted(formats, key=lambda pattern: _in_format(first, pattern).null_count()))


def _in_format(text: pl.Series, pattern: str) -> pl.Series:
    """Read times of one format; UTC if it has a zone, without one if not."""
    if "%z" in pattern or "%#z" in pattern:
        return text.str.to_datetime(pattern, time_unit="us", time_zone="UTC", strict=False).cast(TIME)
    return text.str.to_datetime(pattern, time_unit="us", strict=False)


def _by_format(text: pl.Series, formats: tuple[str, ...]) -> tuple[pl.Series, pl.Series]:
    zoned, plain = _no_times(text).cast(TIME), _no_times(text)
    left = text
    for pattern in formats:
        if left.null_count() == len(left):
            break
        read = _in_format(left, pattern)
        if read.dtype == TIME:
            zoned = pl.select(pl.coalesce(zoned, read)).to_series()
        else:
            plain = pl.select(pl.coalesce(plain, read)).to_series()
        left = pl.select(pl.when(read.is_null()).then(left)).to_series()
    return zoned, plain


def _placed(plain: pl.Series, zone: str) -> pl.Series:
    """Give zone-less times their zone; of two moments in autumn's doubled hour the earlier, none in spring's gap."""
    if not zone:
        return _no_times(plain).cast(TIME)
    local = plain.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC").cast(TIME)
