"""What files say beside the posts: where short links lead, and names of objects to leave out or to keep to.

A list of domains also covers what lies below them: 'example.org' blocks 'news.example.org', not 'anexample.org'.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import polars as pl

from cib.traces.address import canonical, host_of
from cib.traces.plain import folded

__all__ = ["NOTHING", "Given", "resolved"]

_NO_LINKS: Final = pl.DataFrame(schema={"short": pl.String, "resolved": pl.String})
_MAX_HOPS: Final = 8
_KINDS: Final = {
    "url": ("domains", "objects"),
    "domain": ("domains",),
    "hashtag": ("hashtags",),
    "media": ("objects",),
    "object": ("objects",),
}
"""Trace -> the lists that it is held against."""


@dataclass(frozen=True)
class Given:
    """What the user's files say.

    Attributes
    ----------
    short_links : short, resolved: links as written, each short one once.
    block, allow : 'domains', 'hashtags', 'objects' -> names. What an allow list does not name is left out.
    """

    short_links: pl.DataFrame = field(default_factory=_NO_LINKS.clone)
    block: Mapping[str, Sequence[str]] = field(default_factory=dict)
    allow: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def concerning(self, trace: str) -> dict[str, Any]:
        """Return what of this changes the acts of a trace, such as 'url+hashtag', as JSON."""
        parts = trace.split("+")
        kinds = sorted({kind for part in parts for kind in _KINDS.get(part, ())})
        said: dict[str, Any] = {
            name: {kind: list(names[kind]) for kind in kinds if kind in names}
            for name, names in (("block", self.block), ("allow", self.allow))
        }
        if {"url", "domain"}.intersection(parts):
            said["short_links"] = self.short_links.rows()
        return {name: value for name, value in said.items() if value}

    def checks(self, trace: str) -> dict[str, pl.Expr]:
        """Return what an act of one trace must fulfil, by the reason that the ledger gives if it does not."""
        found: dict[str, pl.Expr] = {}
        for kind in _KINDS.get(trace, ()):
            what = kind.removesuffix("s")
            if kind in self.block:
                found[f"the {what} is on the block list"] = ~_listed(trace, kind, self.block[kind])
            if kind in self.allow:
                found[f"the {what} is not on the allow list"] = _listed(trace, kind, self.allow[kind])
        return found


NOTHING: Final = Given()


def _listed(trace: str, kind: str, names: Sequence[str]) -> pl.Expr:
    """Whether an act's key (or its link, which a domain has lost) is on a list."""
    wanted = pl.Series(names, dtype=pl.String)
    if kind == "domains":
        hosts = _hosts(wanted)
        return pl.col("example").map_batches(partial(_below, hosts=hosts), return_dtype=pl.Boolean)
    form: dict[str, Callable[[pl.Series], pl.Series]] = {"url": canonical, "hashtag": _tags}
    keys = form.get(trace, pl.Series.unique)(wanted).drop_nulls().unique()
    return pl.col("key").is_in(keys.implode())


def _tags(names: pl.Series) -> pl.Series:
    return names.to_frame("n").select(folded(pl.col("n"), "#")).to_series()


def _hosts(names: pl.Series) -> pl.Series:
    addresses = names.str.replace(r"(?i)^https?://", "").str.replace(r"^\*?\.", "")
    return host_of(canonical("http://" + addresses)).drop_nulls().unique()


def _below(links: pl.Series, hosts: pl.Series) -> pl.Series:
    """Whether each link's host is one of these or lies below one; null where a link has no host."""
    distinct = links.drop_nulls().unique()
    own = host_of(canonical(distinct))
    within, rest = pl.Series([False]).new_from_index(0, len(own)), own
    while rest.null_count() < len(rest):
        within = within | rest.is_in(hosts.implode()).fill_null(value=False)
        rest = rest.str.extract(r"^[^.]+\.(.+)$")
    known = pl.DataFrame({"w": within, "h": own}).select(pl.when(pl.col("h").is_not_null()).then("w")).to_series()
    return links.replace_strict(distinct, known, default=None, return_dtype=pl.Boolean)


def resolved(posts: pl.LazyFrame, given: Given) -> pl.LazyFrame:
    """Return the posts with short links replaced by where they lead, as far as that is known."""
    if given.short_links.is_empty():
        return posts
    ends = _ends(given.short_links)
    if ends.is_empty():
        return posts
    longer = pl.element().map_batches(partial(_followed, ends=ends), return_dtype=pl.String)
    return posts.with_columns(pl.col("urls").list.eval(longer))


def _ends(table: pl.DataFrame) -> pl.DataFrame:
    """Return key, end: the canonical form of each short link, and the link at the end of its chain."""
    named = table.select(key=canonical(table["short"]), end=pl.col("resolved")).drop_nulls()
    named = named.unique("key", keep="first", maintain_order=True)
    for _ in range(_MAX_HOPS):
        after = _followed(named["end"], ends=named)
        if after.equals(named["end"]):
            break
        named = named.with_columns(end=after)
    return named


def _followed(links: pl.Series, ends: pl.DataFrame) -> pl.Series:
    keys = canonical(links)
    return (
        links.to_frame("l")
        .select(pl.coalesce(pl.lit(keys.replace_strict(ends["key"], ends["end"], default=None)), "l"))
        .to_series()
    )
