"""Single cells to values: ids, counts, yes and no, lists. Expressions that any reader may use."""

import json
import re
from typing import Final

import polars as pl

__all__ = [
    "count_cells",
    "damaged_id",
    "flag_cells",
    "id_cells",
    "list_cells",
    "text_cells",
]

# A spreadsheet shows a long number as 7.30E+17, and a data frame with gaps makes it a float. A float
# below 2**53 is still exact, so 129235.0 is 129235; above it neighbours have become one number.
# The sign or the decimal mark is asked for because Reddit's ids may well read 4e12345.
_ROUNDED: Final = r"^\d[.,]\d+[eE]\+?\d+$|^\d[eE]\+\d+$"
_EXACT_FLOAT: Final = r"^(\d{1,15})\.0+$"
_LARGE_FLOAT: Final = r"^\d{16,}\.0+$"
_MAX_EXACT: Final = 2**53

# What R, pandas and databases write for a missing value.
_NOTHING: Final = ["", "NA", "NaN", "nan", "<NA>", "None", "null", "NULL", "\\N"]
_FLAGS: Final = dict.fromkeys(["true", "t", "yes", "y", "1", "1.0"], True) | dict.fromkeys(
    ["false", "f", "no", "n", "0", "0.0"], False
)

_QUOTED: Final = r""""[^"]*"|'[^']*'"""
_WORDS: Final = r"[^\s,;|]+"


def text_cells(column: pl.Series) -> pl.Series:
    """Return a column as text, numbers with all digits; empty cells and signs for none ('NA', 'null') are null."""
    if column.dtype.is_nested():
        column = (
            column.to_frame("c").select(pl.struct("c").struct.json_encode().str.extract(r'^\{"c":(.*)\}$')).to_series()
        )
    return _known(column.cast(pl.String))


def _known(text: pl.Series) -> pl.Series:
    cell = pl.col("c")
    return text.to_frame("c").select(pl.when(~cell.is_in(_NOTHING)).then(cell)).to_series()


def id_cells(column: pl.Series) -> pl.Series:
    """Return a column of ids as text, stripped; a float that is still exact loses its '.0'.

    Floats too large to be exact come out as they would be written, with an exponent, so that
    :func:`damaged_id` finds them.
    """
    if column.dtype.is_float():
        value = pl.col("c")
        exact = (value == value.round()) & (value.abs() < _MAX_EXACT)
        shown = pl.when(exact).then(value.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(value.cast(pl.String))
        return column.fill_nan(None).to_frame("c").select(shown).to_series()
    text = text_cells(column) if column.dtype.is_nested() else column.cast(pl.String)
    text = text.str.strip_chars()
    return _known(text.str.replace(_EXACT_FLOAT, "$1") if text.str.contains(".", literal=True).any() else text)


def damaged_id(name: str) -> pl.Expr:
    """Whether an id has lost digits: '7.30E+17', '1.23e+17', '730000000000000000.0'."""
    return pl.col(name).str.contains(f"{_ROUNDED}|{_LARGE_FLOAT}").fill_null(value=False)


def count_cells(column: pl.Series) -> pl.Series:
    """Return whole numbers of 0 or more; '1,234' is 1234, and -1 ('not known') or anything else null."""
    if column.dtype.is_numeric():
        number = column.cast(pl.Float64).round().cast(pl.Int64, strict=False)
    else:
        digits = column.cast(pl.String).str.strip_chars().str.replace_all(",", "", literal=True)
        number = digits.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
    return number.set(number < 0, None)


def flag_cells(column: pl.Series) -> pl.Series:
    """Return true for 'true', 'yes', '1' and the like, false for their opposites, null for the rest."""
    word = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    return word.replace_strict(_FLAGS, default=None, return_dtype=pl.Boolean)


def list_cells(column: pl.Series, *, separator: str = "", kind: str = "words") -> pl.Series:
    """Return a column of lists of text, null for an empty one.

    Parameters
    ----------
    column : lists; or text such as '["a", "b"]', "['a']", '[a, b]', 'a b' or 'a;b'.
    separator : what stands between the items; '' recognises the forms above.
    kind : 'words' splits at blanks, commas, semicolons and bars; 'urls' at blanks, and at the others only
        where a new link begins; 'whole' takes a cell without brackets as one item.
    """
    if isinstance(column.dtype, pl.List):
        lists = column.cast(pl.List(pl.String), strict=False)
    else:
        lists = _split(text_cells(column), separator, kind)
    items = pl.element().str.strip_chars()
    kept = pl.col("c").list.eval(pl.when(items != "").then(items)).list.drop_nulls()
    return lists.to_frame("c").select(pl.when(kept.list.len() > 0).then(kept)).to_series()


def _split(text: pl.Series, separator: str, kind: str) -> pl.Series:
    cell = pl.col("c")
    frame = text.str.strip_chars().to_frame("c")
    if separator:
        return frame.select(cell.str.strip_chars("[]").str.split(separator)).to_series()
    bracketed = cell.str.starts_with("[") & cell.str.ends_with("]")
    inner = cell.str.slice(1, cell.str.len_chars() - 2)
    quoted = inner.str.extract_all(_QUOTED).list.eval(pl.element().str.slice(1, pl.element().str.len_chars() - 2))
    plain = {
        "words": cell.str.extract_all(_WORDS),
        "urls": cell.str.replace_all(r"[,;|]\s*(https?://)", " $1").str.extract_all(r"\S+"),
        "whole": pl.concat_list(cell),
    }[kind]
    parts = (
        pl.when(~bracketed)
        .then(plain)
        .when(inner.str.contains(r"""^\s*["']"""))
        .then(quoted)
        .otherwise(inner.str.split(","))
    )
    lists = frame.select(c=cell, lists=parts)
    escaped = bracketed & cell.str.contains("\\", literal=True)
    if not lists.select(escaped.any()).item():
        return lists["lists"]
    return _unescaped(lists, escaped)


def _unescaped(lists: pl.DataFrame, escaped: pl.Expr) -> pl.Series:
    """Read the few cells that hold backslashes as JSON, each distinct one once."""
    cells = lists.filter(escaped)["c"].unique().sort()
    read = pl.DataFrame(
        {"c": cells, "exact": pl.Series([_json_list(cell) for cell in cells], dtype=pl.List(pl.String))}
    )
    joined = lists.join(read, on="c", how="left", maintain_order="left")
    return joined.select(pl.coalesce("exact", "lists")).to_series()


def _json_list(cell: str) -> list[str] | None:
    try:
        values = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return [re.sub("[\ud800-\udfff]", "\ufffd", value) for value in values if isinstance(value, str)]
