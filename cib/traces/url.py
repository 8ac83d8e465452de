"""Shared links: two posts point to the same page.

A link is canonical after these steps, in this order: scheme, user name, default port and ``www.``,
``m.``, ``mobile.`` or ``amp.`` before the host are dropped and the host is lower-cased; the fragment goes;
tracking parameters go; ``/amp`` and ``/`` at the end of the path go; ``youtu.be/ID`` becomes the watch
page. What has no scheme and does not look like a host is somebody's opaque id and stays as it is.
Nothing is fetched: a short link is its own object.
"""

from typing import Final

import polars as pl

from cib.settings import LayerSettings

__all__ = ["canonical_url", "url", "url_host"]

_TRACKING: Final = (
    "utm_[a-z_]+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|igshid|igsh|mc_cid|mc_eid|ref_src|ref_url|"
    "cmpid|ocid|ncid|sr_share|share_id|feature|spm|xtor|at_[a-z_]+|wt_mc|_ga|smid|smtyp|s_cid"
)
_SCHEME: Final = r"(?i)^https?://"
_OTHER_SCHEME: Final = r"(?i)^(?:[a-z][a-z0-9+]*:[^0-9]|//)"
_HOST_LIKE: Final = r"(?i)^(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?(?:[/?#]|$)"


def _authority(link: pl.Expr) -> pl.Expr:
    """Return the host of a link without its scheme: lower-cased, no user name, default port or mobile prefix."""
    return (
        link.str.extract(r"^([^/?#]*)")
        .str.replace(r"^.*@", "")
        .str.to_lowercase()
        .str.replace(r"\.?(?::80|:443)?$", "")
        .str.replace(r"^(?:www\d?|m|mobile|amp)\.(.+\..+)$", "$1")
    )


def _rest(link: pl.Expr) -> pl.Expr:
    """Return path and query of a link without its scheme: no fragment, tracking parameters or closing slash."""
    whole = link.str.replace(r"^[^/?#]*", "").str.replace(r"#.*$", "")
    path = whole.str.extract(r"^([^?]*)").str.replace(r"(?:/amp)?/*$", "")
    query = whole.str.extract(r"\?(.*)$").fill_null("")
    kept = (pl.lit("&") + query).str.replace_all(rf"(?i)&(?:{_TRACKING})=[^&]*", "").str.strip_chars("&")
    return path + pl.when(kept == "").then(pl.lit("")).otherwise(pl.lit("?") + kept)


def _is_web(link: pl.Expr) -> pl.Expr:
    return link.str.contains(_SCHEME) | (link.str.contains(_HOST_LIKE) & ~link.str.contains(_OTHER_SCHEME))


def canonical_url(link: pl.Expr) -> pl.Expr:
    """Return the canonical form of a link (String), null where it cannot be an object.

    Examples
    --------
    >>> web = ["https://www.Example.org/a/?utm_source=x&id=7#top", "http://youtu.be/dQw4w9WgXcQ"]
    >>> links = pl.Series([*web, "javascript:alert(1)", "9f3c"])
    >>> pl.select(canonical_url(pl.lit(links))).to_series().to_list()
    ['example.org/a?id=7', 'youtube.com/watch?v=dQw4w9WgXcQ', None, '9f3c']
    """
    link = link.str.strip_chars()
    bare = link.str.replace(_SCHEME, "")
    whole = (_authority(bare) + _rest(bare)).str.replace(r"^youtu\.be/([\w-]{6,})(?:\?.*)?$", "youtube.com/watch?v=$1")
    return (
        pl.when(_is_web(link))
        .then(whole)
        .when(link.str.contains(_OTHER_SCHEME))
        .then(pl.lit(None, dtype=pl.String))
        .otherwise(link)
    )


def url_host(link: pl.Expr) -> pl.Expr:
    """Return the host of a link (String), null where it has none."""
    link = link.str.strip_chars()
    bare = link.str.replace(_SCHEME, "")
    return (
        pl.when(_is_web(link)).then(_authority(bare).str.replace(r":\d+$", "")).otherwise(pl.lit(None, dtype=pl.String))
    )


def url(layer: LayerSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the links of a post and their canonical form."""
    del layer
    return pl.col("urls"), canonical_url(pl.col("example"))
