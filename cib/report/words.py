"""How the report says things: careful words for findings, and numbers and times that read well."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

__all__ = [
    "NOT_SAID",
    "aligned",
    "bytes_text",
    "chance",
    "count",
    "day",
    "delay",
    "duration",
    "listed",
    "moment",
    "number",
    "people",
    "sentenced",
    "share",
    "tier_words",
]

_NOT_WHY: Final = """\
Fans, activists, parties, newsrooms and users of one share button also act alike. That an act is shared does not make \
it deceptive."""
_NOT_ALL: Final = """\
Accounts and posts that are not in the input cannot be found, and a group that hides its timing can be missed."""
_NOT_PROOF: Final = """\
Each network is a candidate with its evidence. Read the posts behind it before drawing a conclusion about anyone."""

NOT_SAID: Final = (
    ("Not who.", "Nothing here says who runs an account, or who pays or directs anyone."),
    ("Not why.", _NOT_WHY),
    ("Not bots.", "Accounts that act alike can all be people, and an automated account can be harmless."),
    ("Not everyone.", _NOT_ALL),
    ("Not proof.", _NOT_PROOF),
)
"""What no report says, each with its reason; the same on the page and in the summary."""

_TIERS: Final = {
    "A": ("strong", "Several independent kinds of evidence agree, and none of the tests made here speaks against it."),
    "B": ("moderate", "The evidence is well beyond chance, but at least one kind of support is missing."),
    "C": ("lead", "Worth a look by hand. Not enough to publish by itself."),
    "abstain": ("no judgement", "The tool found a group but does not stand behind it."),
}


def tier_words(tier: str) -> tuple[str, str]:
    """Return a tier's word and what it means.

    >>> tier_words("C")[0]
    'lead'
    """
    return _TIERS.get(tier, _TIERS["abstain"])


def sentenced(clause: str) -> str:
    """Return a clause as a sentence.

    >>> sentenced("it is new"), sentenced("Done.")
    ('It is new.', 'Done.')
    """
    return clause[:1].upper() + clause[1:] + ("" if clause.endswith((".", "!", "?")) else ".")


def listed(parts: Sequence[str]) -> str:
    """Return the parts as a list in a sentence.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def aligned(rows: Sequence[Sequence[str]], *, left: Collection[int] = ()) -> list[str]:
    """Return the rows of a table as lines for a terminal: columns two blanks apart, those in `left` to the left.

    >>> aligned([["a", "b"], ["long", "10"]], left={0})
    ['a      b', 'long  10']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if n in left else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def count(n: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> count(1, "post"), count(1200, "post")
    ('1 post', '1,200 posts')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def people(n: int, least: int) -> str:
    """Return a number of accounts, '<5' below the least that may be told (:attr:`cib.report.run.RunFiles.least`).

    >>> people(1200, 0), people(3, 5)
    ('1,200', '<5')
    """
    return f"<{least}" if n < least else f"{n:,}"


def number(value: float | None, digits: int = 3) -> str:
    """Return a number to so many significant digits, with separators; '–' for none.

    >>> number(1234.5), number(0.01234), number(None), number(2.0)
    ('1,234', '0.0123', '–', '2')
    """
    if value is None:
        return "–"
    if abs(value) >= 10**digits:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def chance(p: float | None) -> str:
    """Return a probability: as it is, or as a power of ten when tiny.

    >>> chance(0.0312), chance(3.2e-9), chance(0.0), chance(None)
    ('0.031', '3.2 × 10⁻⁹', '< 10⁻³⁰⁰', '–')
    """
    if p is None:
        return "–"
    if p == 0:
        return "< 10⁻³⁰⁰"
    if p >= 0.001:
        return f"{p:.2g}"
    mantissa, exponent = f"{p:.1e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def share(value: float | None) -> str:
    """Return a share in per cent; never 0 % or 100 % unless exact.

    >>> share(0.5), share(0.9999), share(0.0001), share(1.0)
    ('50 %', '> 99 %', '< 1 %', '100 %')
    """
    if value is None:
        return "–"
    if 0 < value < 0.01:
        return "< 1 %"
    return "> 99 %" if 0.99 < value < 1 else f"{value:.0%}".replace("%", " %")


def duration(seconds: float) -> str:
    """Return a length of time in its natural unit.

    >>> duration(0.25), duration(90), duration(3600), duration(200000)
    ('0.25 s', '1.5 min', '1 h', '2.3 d')
    """
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if abs(seconds) >= size:
            return f"{seconds / size:.2g} {unit}" if seconds / size < 10 else f"{seconds / size:.0f} {unit}"
    return f"{seconds:.2g} s" if abs(seconds) < 10 else f"{seconds:.0f} s"


def delay(delta_s: float) -> str:
    """Return how long after the first post the second came.

    >>> delay(0), delay(-61)
    ('at the same time', '1 min apart')
    """
    return "at the same time" if delta_s == 0 else f"{duration(abs(delta_s))} apart"


def moment(at: datetime | None) -> str:
    """Return a time to the second, UTC; '–' for none."""
    return "–" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def day(at: datetime | None) -> str:
    """Return a date in words: 3 January 2016; '–' for none."""
    return "–" if at is None else f"{at.day} {at:%B %Y}"


def bytes_text(size: int) -> str:
    """Return a file's size.

    >>> bytes_text(999), bytes_text(70_100_000)
    ('999 B', '70.1 MB')
    """
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} B"
