"""Links that only lead on: click counters of platforms, and copies in caches for telephones, to what they wrap.

Only wrappers that carry the whole address are here; a short link does not, and stays what it is.
"""

from typing import Final

import polars as pl

from cib.traces.address.parts import decoded_ascii

__all__ = ["leads_on", "unwrapped"]

# (host, path, parameter that holds the address), each a regular expression of the whole.
_BY_PARAMETER: Final = (
    (r"lm?\.(?:facebook|instagram|messenger|threads)\.com", r"/(?:l\.php)?", "u"),
    (r"(?:www\.)?google\.(?:com?\.)?[a-z]{2,3}", r"/url", "q|url"),
    (r"(?:www\.|m\.)?youtube\.com", r"/redirect", "q"),
    (r"(?:www\.|m\.)?youtube\.com", r"/attribution_link", "u"),
    (r"out\.reddit\.com", r".*", "url"),
    (r"t\.umblr\.com", r"/redirect", "z"),
    (r"(?:www\.)?steamcommunity\.com", r"/linkfilter/?", "url|u"),
    (r"(?:www\.|m\.)?vk\.(?:com|ru)", r"/away(?:\.php)?", "to"),
    (r"(?:www\.|m\.)?ok\.ru", r"/dk", r"st\.link"),
    (r"(?:www\.)?linkedin\.com", r"/(?:redir/redirect|safety/go|redir/general-malware-page)", "url"),
    (r"(?:www\.|[a-z]{2}\.)?pinterest\.com", r"/offsite/?", "url"),
    (r"slack-redir\.net", r"/link", "url"),
    (r"exit\.sc", r"/", "url"),
    (r"disq\.us", r"/url", "url"),
    (r"(?:www\.)?duckduckgo\.com", r"/l/?", "uddg"),
    (r"getpocket\.com", r"/redirect", "url"),
    (r"t(?:elegram)?\.me", r"/iv", "url"),
    (r"[a-z0-9]+\.safelinks\.protection\.outlook\.com", r"/", "url"),
    (r"redirect\.viglink\.com", r"/", "u"),
    (r"click\.linksynergy\.com", r"/.*", "murl"),
)
_HOSTS: Final = "^(?:" + "|".join(dict.fromkeys(host for host, _, _ in _BY_PARAMETER)) + r"|href\.li|anonym\.to)$"
_CACHES: Final = r"^(?:(?:www\.)?google\.(?:com?\.)?[a-z]{2,3}|amp\.[a-z]+\.com|[a-z0-9-]+\.cdn\.ampproject\.org)$"
# google.com/amp/s/HOST/PATH and HOST.cdn.ampproject.org/c/s/HOST/PATH; without the s it is http.
_CACHED: Final = r"^/(?:amp|[cvi])/(?:s/)?((?:[\w-]+\.)+[a-z]{2,}(?:[/?#:].*)?)$"


def leads_on(parts: pl.DataFrame) -> pl.Series:
    """Whether the host of each link is one that wraps others; see :func:`~cib.traces.address.parts.parts_of`."""
    host = pl.col("host")
    return parts.select(host.str.contains(_HOSTS) | host.str.contains(_CACHES)).to_series()


def unwrapped(parts: pl.DataFrame) -> pl.Series:
    """Return what each link leads on to, without its scheme; null where it wraps nothing.

    Parameters
    ----------
    parts : host, path, query of links, as :func:`~cib.traces.address.parts.parts_of` gives them.
    """
    host, path, query = pl.col("host"), pl.col("path"), pl.col("query")
    carried = [
        pl.when(host.str.contains(f"^(?:{on_host})$") & path.str.contains(f"^(?:{on_path})$")).then(
            (pl.lit("&") + query).str.extract(rf"&(?:{name})=([^&]*)")
        )
        for on_host, on_path, name in _BY_PARAMETER
    ]
    behind = pl.when(host.is_in(["href.li", "anonym.to"])).then(query)
    frame = parts.select(
        pl.coalesce(*carried, behind).alias("target"),
        pl.when(host.str.contains(_CACHES))
        .then((path + pl.when(query != "").then("?" + query).otherwise(pl.lit(""))).str.extract(_CACHED))
        .alias("cached"),
    )
    found = decoded_ascii(frame["target"]).to_frame("target").with_columns(frame["cached"])
    relative = pl.col("target").str.contains("^/[^/]")
    target = pl.when(relative).then("youtube.com" + pl.col("target")).otherwise("target")
    bare = target.str.extract(r"(?i)^(?:https?:)?(?://)?((?:[^\s/?#@]+@)?(?:[^\s/?#.]+\.)+[^\s/?#.]{2,}(?:[/?#].*)?)$")
    return found.select(pl.coalesce(bare, "cached")).to_series()
