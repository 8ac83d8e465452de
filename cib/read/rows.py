"""Rows of a file to posts: cells to values, the source's customs, then what every post must have."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

import polars as pl

from cib.errors import ConfigError
from cib.read.batch import REFUSE, ROW
from cib.read.cells import count_cells, damaged_id, flag_cells, id_cells, list_cells, text_cells
from cib.read.columns import Mapped
from cib.read.fields import ACCOUNT_FIELDS, FIELDS
from cib.read.ids import id_times, looks_rounded
from cib.read.reader import Reader
from cib.read.times import TimeRule, utc_times
from cib.read.wording import decoded, hashtags_in, mentions_in, urls_in
from cib.settings import SourceSettings
from cib.tables import ACCOUNTS, KIND, POSTS, STRINGS

__all__ = ["DAMAGE", "HAS_ID", "NO_ACCOUNT", "REASON", "TIMED", "as_platform", "field_values", "posts_of", "time_rule"]

REASON: Final = "cib:reason"
"""Column: why a row is refused, null if it is not."""
DAMAGE: Final = "cib:damage"
"""Column: which id of the row is damaged, null if none is."""
HAS_ID: Final = "cib:has_id"
"""Column: whether the source gave the post an id."""

TIMED: Final = "cib:timed"
"""Column: whether the post's time is the one that its id tells."""

NO_ACCOUNT: Final = "the row names no account"
# Reddit's word for an account that is gone: all of them share it.
_GONE_ACCOUNTS: Final = ["[deleted]", "[removed]"]
_ROUNDED: Final = "is damaged: a spreadsheet or a float rounded it (input.damaged_ids)"
_DAMAGED: Final = {
    "account_id": f"the account id {_ROUNDED}",
    "post_id": f"the post id {_ROUNDED}",
    "parent_post_id": f"the id of the post it refers to {_ROUNDED}",
    "parent_account_id": f"the id of the account it refers to {_ROUNDED}",
}
_NOUGHTS: Final = {
    "account_id": "the account id looks rounded, as many in its column do (input.damaged_ids)",
    "post_id": "the post id looks rounded, as many in its column do (input.damaged_ids)",
    "parent_post_id": "the id of the post it refers to looks rounded, as many in its column do (input.damaged_ids)",
}
_LONG: Final = "a field is longer than input.max_field_bytes"
_NUL: Final = "a field holds a NUL byte"
_NO_LANGUAGE: Final = ["und", "undefined", "unknown", "zxx"]
_ASCII_HANDLES: Final = {"twitter", "x"}
_TEXT_LISTS: Final = ("urls", "hashtags", "mentions")


def time_rule(reader: Reader, settings: SourceSettings) -> TimeRule:
    """Return how this source's times are read: the config's word first, then the source's convention.

    Raises
    ------
    ConfigError
        ``input.timezone`` is not the name of a time zone.
    """
    convention = reader.times or TimeRule()
    try:
        pl.Series([0]).cast(pl.Datetime("us")).dt.replace_time_zone(settings.timezone or "UTC")
    except pl.exceptions.PolarsError as error:
        msg = f"input.timezone '{settings.timezone}' is not a known time zone. Write it like 'UTC' or 'Europe/Berlin'."
        raise ConfigError(msg) from error
    formats = (settings.time_format,) if settings.time_format else convention.formats
    return TimeRule(settings.timezone or convention.zone, formats)


def as_platform(name: str) -> str:
    """Return a platform's name in the form that ids begin with.

    >>> as_platform(" VK.com Groups ")
    'vk.com-groups'
    """
    return str(pl.select(_platform(pl.lit(name))).item() or "")


def _platform(name: pl.Expr) -> pl.Expr:
    plain = name.str.strip_chars().str.to_lowercase().str.replace_all(r"[^a-z0-9_.\-]+", "-")
    return pl.when(plain.str.len_bytes() > 0).then(plain)


def field_values(frame: pl.DataFrame, mapped: Mapped, *, separator: str = "", opaque: bool = False) -> pl.DataFrame:
    """Return the mapped columns under their fields' names, each cell read by the field's kind; times stay raw.

    ``separator`` and ``opaque`` say how list cells are split, see :func:`~cib.read.cells.list_cells`.
    """
    values = []
    for target, names in mapped.columns.items():
        kind = FIELDS[target].kind
        if FIELDS[target].is_list:
            cells = _lists([frame[name] for name in names], separator, "whole" if opaque else kind)
        else:
            cells = _READ[kind](frame[names[0]])
        values.append((decoded(cells) if target in {"text", "description"} else cells).alias(target))
    return pl.DataFrame(values)


_READ: Final[dict[str, Callable[[pl.Series], pl.Series]]] = {
    "id": id_cells,
    "time": lambda column: column,
    "text": text_cells,
    "word": lambda column: text_cells(column).str.to_lowercase(),
    "count": count_cells,
    "flag": flag_cells,
}


def _lists(columns: list[pl.Series], separator: str, kind: str) -> pl.Series:
    """Return one list a row from all columns, in their order."""
    lists = [list_cells(column, separator=separator, kind=kind) for column in columns]
    if len(lists) == 1:
        return lists[0]
    frame = pl.DataFrame([values.alias(str(number)) for number, values in enumerate(lists)])
    whole = pl.concat_list(pl.all().fill_null([]))
    return frame.select(pl.when(whole.list.len() > 0).then(whole)).to_series()


def posts_of(frame: pl.DataFrame, mapped: Mapped, reader: Reader, settings: SourceSettings, label: str) -> pl.DataFrame:
    """Turn rows into posts, each either whole or with the reason why it is refused.

    Parameters
    ----------
    frame : rows with the mapped columns and :data:`~cib.read.batch.ROW`.
    label : the file's name.

    Returns
    -------
    Columns of POSTS but ``post`` and ``account``; the account fields found; :data:`REASON`, :data:`DAMAGE`,
    :data:`HAS_ID` and :data:`TIMED`.
    """
    fields = field_values(reader.opened(frame), mapped, separator=settings.list_separator, opaque=reader.opaque)
    fields = _with_nulls(reader.prepare(fields))
    rule = time_rule(reader, settings)
    times = utc_times(fields["created_at"], rule)
    default = pl.lit(as_platform(settings.platform or reader.platform))
    fields = fields.with_columns(
        created_at=times["at"],
        source_row=frame[ROW],
        source_file=pl.lit(label),
        platform=pl.coalesce(_platform(pl.col("platform")), default),
        language=pl.when(~pl.col("language").is_in(_NO_LANGUAGE)).then("language"),
    )
    fields = _with_account_times(_with_text_lists(fields, reader, settings), rule)
    fields, times = _with_id_times(fields, times, settings)
    fields = fields.with_columns(_damage(mapped).alias(DAMAGE), pl.col("post_id").is_not_null().alias(HAS_ID))
    damage = pl.col(DAMAGE) if settings.damaged_ids == "refuse" else pl.lit(None, dtype=pl.String)
    said = pl.lit(frame[REFUSE] if REFUSE in frame.columns else None, dtype=pl.String)
    unsound = pl.lit(_unsound(frame, mapped, settings))
    reason = pl.coalesce(said, unsound, _no_account(), damage, pl.lit(times["reason"]))
    return _shaped(fields.with_columns(reason.alias(REASON)))


def _with_nulls(fields: pl.DataFrame) -> pl.DataFrame:
    """Add what a post has and the source does not as null; lists that its text may give are left out."""
    others = {"post", "account", *_TEXT_LISTS, *fields.columns}
    absent = {name: column.dtype for name, column in POSTS.columns.items() if name not in others}
    return fields.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in absent.items())


def _with_text_lists(fields: pl.DataFrame, reader: Reader, settings: SourceSettings) -> pl.DataFrame:
    """Take links, hashtags and mentions from the text where the source has no column for them."""
    marks = {"hashtags": "#＃", "mentions": "@＠"}
    fields = fields.with_columns(
        pl.col(name).list.eval(pl.element().str.strip_chars_start(mark))
        for name, mark in marks.items()
        if name in fields.columns
    )
    absent = [name for name in _TEXT_LISTS if name not in fields.columns]
    if not reader.extracts:
        return fields.with_columns(pl.lit(None, dtype=STRINGS).alias(name) for name in absent)
    ascii_handles = as_platform(settings.platform or reader.platform) in _ASCII_HANDLES
    find: dict[str, Callable[[pl.Series], pl.Series]] = {
        "urls": urls_in,
        "hashtags": hashtags_in,
        "mentions": partial(mentions_in, ascii_handles=ascii_handles),
    }
    return fields.with_columns(find[name](fields["text"]).alias(name) for name in absent)


def _with_account_times(fields: pl.DataFrame, rule: TimeRule) -> pl.DataFrame:
    """Read when accounts were created, in the posts' format or any other; without a zone as UTC."""
    if "account_created_at" not in fields.columns:
        return fields
    zone = rule.zone or "UTC"
    raw = fields["account_created_at"]
    at = pl.coalesce(*(pl.lit(utc_times(raw, TimeRule(zone, formats))["at"]) for formats in (rule.formats, ())))
    return fields.with_columns(account_created_at=at)


def _with_id_times(
    fields: pl.DataFrame, times: pl.DataFrame, settings: SourceSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take the times that ids tell where the config says so; mark the posts that have one."""
    at = times["at"]
    none = at.clear(len(at))
    told = none if settings.id_times == "off" else id_times(fields["post_id"], fields["platform"])
    exact = id_times(fields["post_id"], fields["platform"], exact=True) if settings.id_times == "finer" else none
    pair = pl.DataFrame({"at": at, "told": told, "exact": exact})
    later = pl.col("exact") - pl.col("at")
    # A time to the minute is cut off, not rounded: the true one lies in the minute that it begins.
    finer = (later > timedelta(0)) & (later < timedelta(minutes=1))
    timed = pair.select(pl.col("told").is_not_null() & (pl.col("at").is_null() | finer)).to_series()
    timed = timed.fill_null(value=False)
    chosen = pair.select(pl.when(timed).then("told").otherwise("at")).to_series()
    reason = times.select(pl.when(~timed).then("reason")).to_series()
    return fields.with_columns(created_at=chosen, **{TIMED: timed}), times.with_columns(at=chosen, reason=reason)


def _damage(mapped: Mapped) -> pl.Expr:
    sentences = [pl.when(damaged_id(name)).then(pl.lit(sentence)) for name, sentence in _DAMAGED.items()]
    feeding = {name: "parent_post_id" if name.endswith("ed_post_id") else name for name in mapped.rounded}
    sentences += [pl.when(looks_rounded(name)).then(pl.lit(_NOUGHTS[name])) for name in dict.fromkeys(feeding.values())]
    return pl.coalesce(sentences)


def _no_account() -> pl.Expr:
    account = pl.col("account_id")
    return pl.when(account.is_null() | account.is_in(_GONE_ACCOUNTS)).then(pl.lit(NO_ACCOUNT))


def _unsound(frame: pl.DataFrame, mapped: Mapped, settings: SourceSettings) -> pl.Series:
    """Say which rows hold a field that is too long, or a NUL byte."""
    names = dict.fromkeys(name for columns in mapped.columns.values() for name in columns)
    texts = [pl.col(name) for name in names if frame.schema[name] == pl.String]
    none = pl.lit(value=False)
    long = pl.any_horizontal(none, *(text.str.len_bytes() > settings.max_field_bytes for text in texts))
    nul = pl.any_horizontal(none, *(text.str.contains("\0", literal=True) for text in texts))
    reason = pl.when(long).then(pl.lit(_LONG)).when(nul).then(pl.lit(_NUL))
    return frame.select(pl.col(ROW), reason=reason)["reason"]


def _shaped(fields: pl.DataFrame) -> pl.DataFrame:
    """Give ids their final form and leave only what the posts and accounts tables need."""
    fields = fields.with_columns(
        post_id=pl.coalesce("post_id", pl.format("row:{}:{}", "source_file", "source_row")),
        account_id=pl.format("{}:{}", "platform", "account_id"),
        parent_account_id=pl.format("{}:{}", "platform", "parent_account_id"),
        kind=pl.col("kind").fill_null("original").cast(KIND),
    )
    if "handle" in fields.columns:
        fields = fields.with_columns(pl.col("handle").str.strip_chars_start("@"))
    own = {name: column.dtype for name, column in POSTS.columns.items() if name not in {"post", "account"}}
    described = {
        name: ACCOUNTS.columns[name.removeprefix("account_")].dtype for name in ACCOUNT_FIELDS if name in fields.columns
    }
    columns = [pl.col(name).cast(dtype) for name, dtype in (own | described).items()]
    return fields.select(*columns, REASON, DAMAGE, HAS_ID, TIMED)
