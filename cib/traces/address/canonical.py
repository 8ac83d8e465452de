"""A link to the one way in which it is written here.

The steps, in this order, each on the distinct links that it concerns:

1. What a click counter or a telephone cache wraps is taken out (:mod:`cib.traces.address.wrapped`).
2. Scheme, user name, default port and 'www.', 'm.', 'mobile.', 'amp.' before the host go; the host is in lower case
   and in ASCII.
3. Percent-encoding, dot segments and the slash at the end are evened; '/amp' and '.amp' at the end of the path go.
4. Tracking parameters go (:mod:`cib.traces.address.tracking`), the others stand in order of name.
5. The fragment goes, unless it is a route: '#!...' and '#/...' choose the page in sites that run in the browser.
6. Links of platforms become the id that they name (:mod:`cib.traces.address.platforms`).

What has no scheme and does not look like a host is somebody's opaque id and stays as it is.
"""

from typing import Final

import polars as pl

from cib.traces.address.parts import changed, even_encoding, even_path, even_query, parts_of
from cib.traces.address.platforms import identified, is_platform
from cib.traces.address.suffixes import shared_suffixes
from cib.traces.address.tracking import EVERYWHERE, ON_SITE
from cib.traces.address.wrapped import leads_on, unwrapped

__all__ = ["canonical", "host_of"]

_SCHEME: Final = r"(?i)^https?://+"
_OTHER_SCHEME: Final = r"(?i)^(?:[a-z][a-z0-9+.-]*:[^0-9]|//)"
_HOST_LIKE: Final = r"(?i)^(?:[\w-]+\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)(?::\d+)?(?:[/?#]|$)"
_NO_HOST: Final = r"^$|^[^\[].*[^a-z0-9._:-]|^[^\[]*:[^0-9]"
_MOBILE: Final = r"^(?:www\d?|m|mobile|amp)\.(.+\..+)$"
_AMP_END: Final = r"(?:/amp|\.amp)/*$|\.amp(\.html?)$"
_ROUTE: Final = "^(?:!|/)."
_MAX_WRAPS: Final = 4
_TRACKED: Final = rf"(?i)(?:^|[?&])(?:{EVERYWHERE}|amp|outputType)(?:=|&|$)"


def canonical(links: pl.Series) -> pl.Series:
    """Return the canonical form of each link, null where it cannot be an object (a script, a mail address).

    Parameters
    ----------
    links : links as their sources have them.

    Notes
    -----
    Linear; each distinct link is worked on once, about 1,500 bytes each. A form is itself canonical.

    Examples
    --------
    >>> web = ["https://www.Example.org/a/?utm_source=x&id=7#top", "http://youtu.be/dQw4w9WgXcQ"]
    >>> wrapped = "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fa%3Fid%3D7&h=AT0"
    >>> canonical(pl.Series([*web, wrapped, "javascript:alert(1)", "9f3c"])).to_list()
    ['example.org/a?id=7', 'youtube.com/watch?v=dQw4w9WgXcQ', 'example.org/a?id=7', None, '9f3c']
    """
    distinct = links.drop_nulls().unique()
    if distinct.is_empty():
        return pl.Series(links.name, [None], dtype=pl.String).new_from_index(0, len(links))
    forms = _forms(distinct.str.strip_chars())
    return links.replace_strict(distinct, forms, default=None, return_dtype=pl.String)


def host_of(forms: pl.Series) -> pl.Series:
    """Return the host of canonical links, without its port; null where they are no web addresses."""
    host = forms.str.extract(r"^([^/?#]*)").str.replace(r":\d+$", "")
    return host.to_frame("h").select(pl.when(pl.col("h").str.contains(r"^\[|^[^.]+\..*[^.]$")).then("h")).to_series()


def _forms(links: pl.Series) -> pl.Series:
    web = links.str.contains(_SCHEME) | (links.str.contains(_HOST_LIKE) & ~links.str.contains(_OTHER_SCHEME))
    known = changed(links, web, _web)
    other = ~web & links.str.contains(_OTHER_SCHEME)
    return pl.DataFrame({"k": known, "o": other}).select(pl.when(~pl.col("o")).then("k")).to_series()


def _web(links: pl.Series) -> pl.Series:
    parts = _led_on(parts_of(links.str.replace(_SCHEME, "")))
    host = _plain_host(parts["host"])
    path = _even_amp(even_encoding(even_path(parts["path"])))
    query = _plain_query(host, even_encoding(parts["query"]))
    route = pl.when(pl.col("f").str.contains(_ROUTE)).then("#" + pl.col("f")).otherwise(pl.lit(""))
    frame = pl.DataFrame({"h": host, "p": path, "q": query, "f": even_encoding(parts["fragment"])})
    legacy = pl.col("h").is_in(["twitter.com"]) & pl.col("f").str.starts_with("!/") & (pl.col("p") == "")
    frame = frame.with_columns(
        pl.when(legacy).then(pl.col("f").str.slice(1)).otherwise("p").alias("p"),
        pl.when(legacy).then(pl.lit("")).otherwise("f").alias("f"),
    )
    asked = pl.when(pl.col("q") != "").then("?" + pl.col("q")).otherwise(pl.lit(""))
    sound = ~pl.col("h").str.contains(_NO_HOST)
    whole = frame.select(pl.when(sound).then(pl.col("h") + pl.col("p") + asked + route)).to_series()
    return changed(whole, is_platform(host), identified)


def _led_on(parts: pl.DataFrame) -> pl.DataFrame:
    """Replace links that wrap another by it, and again if that one wraps a third."""
    for _ in range(_MAX_WRAPS):
        wraps = leads_on(parts)
        if not wraps.any():
            break
        where = wraps.arg_true()
        inner = unwrapped(parts[where])
        found = inner.is_not_null().arg_true()
        if found.is_empty():
            break
        within, rows = parts_of(inner.gather(found)), where.gather(found)
        parts = parts.select(column.scatter(rows, within[column.name]) for column in parts.iter_columns())
    return parts


def _plain_host(host: pl.Series) -> pl.Series:
    """Take off what only says how a page is shown; never so much that a public suffix is all that is left."""
    prefixed = host.str.contains(_MOBILE)
    return changed(host, prefixed, lambda hit: _without_prefix(_without_prefix(hit)))


def _without_prefix(host: pl.Series) -> pl.Series:
    frame = host.to_frame("h").with_columns(plain=pl.col("h").str.replace(_MOBILE, "$1"))
    suffix = pl.col("plain").is_in(shared_suffixes()) & ~pl.col("h").str.starts_with("www")
    return frame.select(pl.when(suffix).then("h").otherwise("plain")).to_series()


def _even_amp(path: pl.Series) -> pl.Series:
    return changed(
        path, path.str.contains(_AMP_END), lambda hit: hit.str.replace(_AMP_END, "$1").str.strip_chars_end("/")
    )


def _plain_query(host: pl.Series, query: pl.Series) -> pl.Series:
    """Leave out what tracks, and order the rest; only queries that need it are taken apart."""
    frame = pl.DataFrame({"h": host, "q": query})
    site = pl.col("h").str.extract(f"({'|'.join(name.replace('.', chr(92) + '.') for name in _SITES)})$")
    needs = (
        pl.col("q").str.contains(_TRACKED)
        | pl.col("q").str.contains("&", literal=True)
        | ((pl.col("q") != "") & site.is_not_null())
    )
    where = frame.select(needs).to_series().arg_true()
    if where.is_empty():
        return query
    hit = frame[where].with_columns(site=site)
    names = {name: f"{EVERYWHERE}|{more}" for name, more in _SITES.items()}
    dropped = hit["site"].replace_strict(names, default=EVERYWHERE, return_dtype=pl.String)
    return query.clone().scatter(where, even_query(_without_amp(hit["q"]), dropped))


_SITES: Final = ON_SITE | {
    "youtu.be": ON_SITE["youtube.com"],
    "x.com": ON_SITE["twitter.com"],
    "fb.com": ON_SITE["facebook.com"],
}


def _without_amp(query: pl.Series) -> pl.Series:
    """Leave out the parameters that ask for the page as it looks on a telephone."""
    return (
        ("&" + query).str.replace_all(r"&(?:amp(?:=(?:1|true)?)?|outputType=amp)(&|$)", "$1").str.strip_chars_start("&")
    )
