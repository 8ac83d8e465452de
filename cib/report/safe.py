"""Other people's text, made harmless for the place where it is shown.

Posts, names and file names are hostile. A spreadsheet runs cells that look like formulas, XML parsers
refuse control characters, terminals obey escape sequences, and bidirectional controls make text read
differently from what it says. Each place has one function here; the page has Jinja's autoescape as well.
"""

import re
from functools import cache
from typing import Final

import polars as pl

__all__ = ["cut", "defang", "for_markdown", "for_sheet", "for_terminal", "for_xml", "shown_text", "visible"]

# One range over the surrogates, which no string holds: a class that ends before them and goes on after them, negated,
# would take U+D7FF and U+E000 too.
_NOT_XML: Final = r"[^\t\n\r\x{20}-\x{7E}\x{A0}-\x{FFFD}\x{10000}-\x{10FFFF}]"
_NOT_SHEET: Final = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]"
_INVISIBLE: Final = r"\s\p{Z}\u{AD}\u{61C}\u{180E}\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2060}-\u{2069}\u{FEFF}"
# The second half of the class: full-width and small forms, which some spreadsheets fold to ASCII, and the minus sign.
_FORMULA: Final = rf"^(?:[\t\r]|[{_INVISIBLE}]*[=+\-@＝＋－＠﹢﹣﹦﹫−])"

_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0001]"
)
_MARKUP: Final = re.compile(r"[\\`*_\[\]|~$]|^[#+=-]|(?<=^\d)[.)](?=\s|$)|(?<=^\d\d)[.)](?=\s|$)")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SCHEME: Final = re.compile(r"\b(ht|f)tp(s?)://", re.IGNORECASE)


def for_xml(text: pl.Expr) -> pl.Expr:
    """Return the text as the inside of an XML 1.0 attribute or element: illegal characters dropped, the rest escaped.

    Line ends and tabs become character references, because a parser turns them into blanks in an attribute.
    """
    kept = text.str.replace_all(_NOT_XML, "")
    return kept.str.replace_many(
        ["&", "<", ">", '"', "\t", "\n", "\r"],
        ["&amp;", "&lt;", "&gt;", "&quot;", "&#9;", "&#10;", "&#13;"],
    )


def for_sheet(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame ready for a CSV that people open in a spreadsheet.

    Lists are joined by ' | ', control characters other than tab and line ends go, and text that a spreadsheet would
    take for a formula gets a leading apostrophe. Numbers stay numbers, negative ones too.
    """
    lists = [name for name, dtype in frame.schema.items() if dtype == pl.List(pl.String)]
    frame = frame.with_columns(pl.col(lists).list.join(" | ")) if lists else frame
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    return frame.with_columns(_defused(pl.col(name).str.replace_all(_NOT_SHEET, "")).alias(name) for name in texts)


def _defused(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(_FORMULA)).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)


def visible(text: str) -> str:
    """Return the text with controls that hide or reorder characters shown as '[U+202E]'; lone surrogates as U+FFFD.

    Joiners (U+200C, U+200D) stay: Persian and emoji need them.
    """
    return _SURROGATE.sub("\ufffd", _HIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text))


def shown_text(frame: pl.DataFrame, column: str, *, length: int) -> pl.DataFrame:
    """Return the frame with one column of texts cut, made visible and defanged, as the three functions here do it."""
    text = pl.col(column).fill_null("")
    more = text.str.len_chars().cast(pl.Int64) - length
    said = pl.concat_str(text.str.slice(0, length), pl.format("… [{} more characters]", more))
    kept = pl.when(more > 0).then(said).otherwise(text)
    seen = kept.str.replace_many(list(_seen()), list(_seen().values()))
    for scheme in ("https", "http", "ftps", "ftp"):
        seen = seen.str.replace_all(rf"(?i)\b{scheme}://", f"{defang(scheme + '://')}")
    return frame.with_columns(seen.alias(column))


@cache
def _seen() -> dict[str, str]:
    """Return each hidden character with what is shown in its place."""
    every = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x10000), 0xE0001]))
    return {hidden: visible(hidden) for hidden in _HIDDEN.findall(every)}


def for_terminal(text: str) -> str:
    """Return the text on one line, with nothing in it that a terminal would obey."""
    return " ".join(visible(text.replace("\n", " ").replace("\t", " ")).split())


def for_markdown(text: str) -> str:
    r"""Return the text on one line, with nothing in it that Markdown or HTML would take for markup.

    >>> for_markdown("a *b* <i> [x](y) | 1_2")
    'a \\*b\\* &lt;i&gt; \\[x\\](y) \\| 1\\_2'
    """
    plain = " ".join(defang(visible(text.replace("\n", " ").replace("\t", " "))).split())
    marked = _MARKUP.sub(r"\\\g<0>", plain)
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def defang(text: str) -> str:
    """Return the text with web addresses that no program makes clickable: 'hxxps://'.

    >>> defang("see HTTPS://example.org")
    'see hxxps://example.org'
    """
    return _SCHEME.sub(lambda found: ("hxxp" if found[1].lower() == "ht" else "fxp") + found[2].lower() + "://", text)


def cut(text: str, length: int) -> str:
    """Return the text, or its first `length` characters and how many more there were.

    >>> cut("abcdef", 4)
    'abcd… [2 more characters]'
    """
    more = len(text) - length
    return text if more <= 0 else f"{text[:length]}… [{more:,} more characters]"
