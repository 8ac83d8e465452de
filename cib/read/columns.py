"""Which column of a file is which field: what the config says, then what names and contents suggest.

A guess is a plain walk through a list of names, so the same header always gives the same guess. It is
shown by ``cib inspect`` before anything is run, and any part of it can be overruled in the config.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from cib.errors import ConfigError, InputError
from cib.read.cells import text_cells
from cib.read.fields import FIELDS, REQUIRED
from cib.read.times import TimeRule, utc_times

__all__ = ["Mapped", "guess", "laid_out", "mapped_columns", "overrule", "plain_name"]

_FEW_KINDS: Final = 30
_OWN_ADDRESS: Final = r"/(?:status|statuses|posts|p|video|videos|comments|permalink|web)/"
_ANY_URL: Final = r"(?i)^\s*(?:\[\s*[\"']?)?(?:https?://|www\.)"
_LINK_LIKE: Final = {"url", "link", "links", "urls", "final_link"}


@dataclass(frozen=True)
class Mapped:
    """A mapping from fields to columns.

    Attributes
    ----------
    columns : field -> its columns, one for all but lists.
    why : field -> where that comes from, in a few words.
    aside : column -> why it was not used although its name suggests it.
    rounded : field of ids -> why its column looks rounded.
    """

    columns: dict[str, tuple[str, ...]]
    why: dict[str, str] = field(default_factory=dict)
    aside: dict[str, str] = field(default_factory=dict)
    rounded: dict[str, str] = field(default_factory=dict)

    def unused(self, names: Sequence[str]) -> list[str]:
        """Return the columns that feed no field."""
        used = {name for columns in self.columns.values() for name in columns}
        return [name for name in names if name not in used]


def plain_name(name: str) -> str:
    """Return a column name for comparison: 'author.userName' and 'Author User-Name' are 'author_user_name'.

    >>> plain_name("author.userName"), plain_name("Post Created"), plain_name("URL")
    ('author_user_name', 'post_created', 'url')
    """
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.casefold()).strip("_")


def guess(head: pl.DataFrame, fields: Sequence[str]) -> Mapped:
    """Guess which columns are which fields from their names, checked against the first rows.

    Parameters
    ----------
    head : the first rows, as read.
    fields : the fields to look for, in the order in which they may choose; a column serves one field,
        except that an account known by its handle alone is also its own handle.
    """
    by_name: dict[str, str] = {}
    for name in head.columns:
        by_name.setdefault(plain_name(name), name)
    columns: dict[str, tuple[str, ...]] = {}
    aside: dict[str, str] = {}
    for target in fields:
        candidates = [by_name[alias] for alias in FIELDS[target].names if alias in by_name]
        free = [name for name in candidates if _is_free(name, target, columns)]
        objections = {name: _objection(target, head[name], head, columns) for name in free}
        chosen = next((name for name in free if not objections[name]), None)
        if chosen is None and target in REQUIRED and free:
            chosen = free[0]
        aside |= {name: objection for name, objection in objections.items() if objection}
        if chosen is not None:
            columns[target] = (chosen,)
    used = {name for names in columns.values() for name in names}
    aside = {name: objection for name, objection in aside.items() if name not in used}
    return Mapped(columns, dict.fromkeys(columns, "guessed from its name"), aside)


def laid_out(names: Sequence[str], layout: Mapping[str, Sequence[str]]) -> Mapped:
    """Return the mapping of a known layout: for each field the first of its columns that the file has.

    >>> laid_out(["id", "Page Name"], {"account_id": ["Facebook Id", "Page Name"], "text": ["Message"]}).columns
    {'account_id': ('Page Name',)}
    """
    known = {target: next((name for name in choices if name in names), "") for target, choices in layout.items()}
    columns: dict[str, tuple[str, ...]] = {target: (name,) for target, name in known.items() if name}
    return Mapped(columns, dict.fromkeys(columns, "the source's layout"))


def _is_free(name: str, target: str, columns: Mapping[str, tuple[str, ...]]) -> bool:
    return (name,) not in columns.values() or (target == "handle" and columns.get("account_id") == (name,))


def _objection(target: str, values: pl.Series, head: pl.DataFrame, columns: Mapping[str, tuple[str, ...]]) -> str:
    """Say why a column cannot be the field its name suggests; '' if it can."""
    if values.dtype.is_nested():
        return "" if isinstance(values.dtype, pl.List) and FIELDS[target].is_list else "it is nested"
    known = text_cells(values).drop_nulls().alias(values.name)
    if known.is_empty():
        return ""
    if target == "created_at":
        return _time_objection(values)
    if target == "urls":
        return _address_objection(known, head, columns)
    if target == "kind" and known.n_unique() > _FEW_KINDS:
        return "it has too many different values"
    return _profile_objection(values, head, columns) if target in {"name", "description"} else ""


def _time_objection(values: pl.Series) -> str:
    given = values.drop_nulls()
    unread = utc_times(given, TimeRule("UTC"))["at"].null_count()
    return "most of it does not look like times" if unread * 2 > len(given) else ""


def _profile_objection(values: pl.Series, head: pl.DataFrame, columns: Mapping[str, tuple[str, ...]]) -> str:
    """Say whether what should describe an account describes its posts."""
    accounts = head[columns["account_id"][0]].n_unique() if "account_id" in columns else len(head)
    return "it changes from post to post" if values.n_unique() > 2 * accounts else ""


def _address_objection(links: pl.Series, head: pl.DataFrame, columns: Mapping[str, tuple[str, ...]]) -> str:
    """Say whether a column of links holds no links, or each post's own address, which nobody else can share."""
    if not links.str.contains(_ANY_URL).any():
        return "it holds no links"
    if plain_name(links.name) not in _LINK_LIKE or links.n_unique() < len(links):
        return ""
    ids = columns.get("post_id")
    if ids is not None:
        pair = head.select(link=pl.col(links.name).cast(pl.String), id=pl.col(ids[0]).cast(pl.String)).drop_nulls()
        if pair.select(pl.col("link").str.contains(pl.col("id"), literal=True).all()).item():
            return "it is each post's own address"
    return "it looks like each post's own address" if links.str.contains(_OWN_ADDRESS).all() else ""


def overrule(
    guessed: Mapped,
    columns: Mapping[str, str | tuple[str, ...]],
    names: Sequence[str],
    where: str,
    key: str = "input.columns",
) -> Mapped:
    """Return the mapping with the config's columns in place of the guessed ones.

    Parameters
    ----------
    columns : field -> column, or several for a list; '' leaves the field out.
    names : the file's columns.
    where, key : the file's name and the config's key, for messages.

    Raises
    ------
    ConfigError
        A field is not known.
    InputError
        A column is not in the file.
    """
    result, why = dict(guessed.columns), dict(guessed.why)
    for target, given in columns.items():
        if target not in FIELDS:
            msg = f"{key}: '{target}' is not a field of cib.{_meant(target) or _nearest(target, FIELDS)}"
            raise ConfigError(msg)
        chosen = (given,) if isinstance(given, str) else tuple(given)
        chosen = tuple(name for name in chosen if name)
        for name in chosen:
            if name not in names:
                msg = f"'{where}' has no column '{name}', which {key} maps to {target}.{_nearest(name, names)}"
                raise InputError(msg)
        if len(chosen) > 1 and not FIELDS[target].is_list:
            msg = f"{key}: {target} takes one column. Got {len(chosen)}: {', '.join(chosen)}."
            raise ConfigError(msg)
        result.pop(target, None)
        if chosen:
            result[target], why[target] = chosen, "set in the config"
    named = {name for target in columns for name in result.get(target, ())}
    free = {
        target: cols
        for target, cols in result.items()
        if target in columns
        or not named.intersection(cols)
        or (target == "handle" and cols == result.get("account_id"))
    }
    return Mapped(free, {target: why[target] for target in free if target in why}, guessed.aside)


def mapped_columns(mapped: Mapped) -> list[str]:
    """Return every column that feeds a field, once."""
    return list(dict.fromkeys(name for columns in mapped.columns.values() for name in columns))


def _meant(name: str) -> str:
    """Say which field a column of that name would be taken for, '' if for none."""
    found = next((target for target, known in FIELDS.items() if plain_name(name) in known.names), "")
    return f" It is called {found} here." if found else ""


def _nearest(name: str, known: Iterable[str]) -> str:
    plain = {plain_name(other): other for other in known}
    close = [plain[match] for match in difflib.get_close_matches(plain_name(name), plain, n=3, cutoff=0.4)]
    if close:
        return f" Nearest: {', '.join(close)}."
    return f" It has: {', '.join(known)}."
