"""A link's parts, each brought into one form: host, percent-encoding, path, query.

After RFC 3986, section 6.2: what is equivalent by the standard becomes equal, and nothing else does here.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

import polars as pl

__all__ = ["changed", "decoded_ascii", "even_encoding", "even_host", "even_path", "even_query", "parts_of"]

_PARTS: Final = r"^(?<authority>[^/?#]*)(?<path>[^?#]*)(?:\?(?<query>[^#]*))?(?:#(?<fragment>.*))?$"
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_MAX_DOTS: Final = 50


def parts_of(bare: pl.Series) -> pl.DataFrame:
    """Return host, path, query and fragment of links without their scheme; absent ones are ''.

    The host is without user name, in lower case, without its default port; see :func:`even_host`.
    """
    parts = bare.str.extract_groups(_PARTS).struct.unnest()
    parts = parts.with_columns(pl.all().fill_null(""))
    return parts.select(
        even_host(parts["authority"]).alias("host"),
        pl.col("path"),
        pl.col("query").str.replace_all("&amp;", "&", literal=True),
        pl.col("fragment"),
    )


def changed(text: pl.Series, hits: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Return the texts with those that hit changed; the many others are not even copied."""
    where = hits.fill_null(value=False).arg_true()
    return text.clone().scatter(where, change(text.gather(where))) if len(where) else text


def even_host(authority: pl.Series) -> pl.Series:
    """Return host and port: lower case, no user name, no default port, no closing dot, no character beyond ASCII.

    Other alphabets are written in Punycode (RFC 3492) after NFKC, one label at a time. German sharp s stays itself, as
    in IDNA 2008, so that two domains never become one.
    """
    hosts = authority.str.replace(r"^.*@", "").str.to_lowercase().str.replace(r"\.?(?::80|:443|:)?$", "")
    return changed(hosts, hosts.str.contains(r"[^\x00-\x7f]"), _ascii_hosts)


def _ascii_hosts(hosts: pl.Series) -> pl.Series:
    """Write each distinct label of other alphabets in Punycode."""
    plain = hosts.str.normalize("NFKC").str.to_lowercase().str.replace_all("。", ".", literal=True)
    labels = plain.str.extract_all(r"[^.:\[\]]*[^\x00-\x7f][^.:\[\]]*").explode().drop_nulls().unique().sort()
    coded = {label: "xn--" + label.encode("punycode").decode("ascii") for label in labels}
    pieces = plain.to_frame("h").with_row_index().with_columns(pl.col("h").str.split(".")).explode("h")
    pieces = pieces.with_columns(name=pl.col("h").str.extract(r"^([^:]*)"), port=pl.col("h").str.extract(r"(:.*)$"))
    pieces = pieces.with_columns(h=pl.col("name").replace(coded) + pl.col("port").fill_null(""))
    return pieces.group_by("index", maintain_order=True).agg(pl.col("h").str.join("."))["h"]


@cache
def _evened() -> tuple[list[str], list[str]]:
    """Return every way to write a byte in percent-encoding that is not the canonical one, and the canonical one."""
    ways: dict[str, str] = {}
    for byte in range(256):
        plain = chr(byte) if chr(byte) in _UNRESERVED else f"%{byte:02X}"
        for code in {f"{byte:02X}", f"{byte:02x}", f"{byte:02X}".swapcase(), _mixed(byte), _mixed(byte).swapcase()}:
            if f"%{code}" != plain:
                ways[f"%{code}"] = plain
    return list(ways), list(ways.values())


def _mixed(byte: int) -> str:
    code = f"{byte:02x}"
    return code[0].upper() + code[1]


def even_encoding(text: pl.Series) -> pl.Series:
    """Return text in which a byte is percent-encoded in one way only: '%7e' is '~', '%c3' is '%C3', 'é' is '%C3%A9'.

    Reserved characters stay as they are written, encoded or not: they mean different things.
    """
    text = changed(text, text.str.contains("%", literal=True), lambda hit: hit.str.replace_many(*_evened()))
    return changed(text, text.str.contains(r"[^\x21-\x7e]"), _encoded)


def _encoded(text: pl.Series) -> pl.Series:
    characters = text.str.extract_all(r"[^\x21-\x7e]").explode().drop_nulls().unique().sort().to_list()
    codes = ["".join(f"%{byte:02X}" for byte in character.encode()) for character in characters]
    return text.str.replace_many(characters, codes)


@cache
def _ascii_codes() -> tuple[list[str], list[str]]:
    codes = {f"%{way(f'{byte:02x}')}": chr(byte) for byte in range(0x20, 0x7F) for way in (str.upper, str.lower)}
    return list(codes), list(codes.values())


def decoded_ascii(text: pl.Series) -> pl.Series:
    """Decode percent-encoding once, of visible ASCII characters alone: an address inside an address."""
    return changed(text, text.str.contains("%", literal=True), lambda hit: hit.str.replace_many(*_ascii_codes()))


def even_path(path: pl.Series) -> pl.Series:
    """Return paths without './' and '../' and without slashes at the end."""
    path = changed(path, path.str.contains(r"/\.\.?(?:/|$)"), _without_dots)
    return path.str.strip_chars_end("/")


def _without_dots(path: pl.Series) -> pl.Series:
    """Remove dot segments (RFC 3986, section 5.2.4); beyond a depth that no real path has they stay."""
    path = (path + "/").str.replace_all(r"/(?:\./)+", "/")
    for _ in range(_MAX_DOTS):
        again = path.str.replace(r"^(?:/\.\.)+/", "/").str.replace(r"/[^/]*[^/.][^/]*/\.\./|/\.{3,}/\.\./", "/")
        if again.equals(path):
            break
        path = again
    return path


def even_query(query: pl.Series, dropped: pl.Series) -> pl.Series:
    """Return queries with their parameters in order of name, values of one name in their own order.

    Parameters
    ----------
    dropped : for each query, the regular expression of the names to leave out.
    """
    frame = query.to_frame("q").with_columns(dropped.alias("d")).with_row_index()
    pieces = frame.with_columns(pl.col("q").str.split("&")).explode("q").filter(pl.col("q") != "")
    pieces = pieces.with_columns(name=pl.col("q").str.extract(r"^([^=]*)"))
    kept = [
        part.filter(~pl.col("name").str.contains(rf"^(?i:{pattern})$"))
        for (pattern,), part in pieces.partition_by("d", as_dict=True, maintain_order=True).items()
    ]
    whole = pl.concat([pieces.head(0), *kept]).sort("index", "name", maintain_order=True)
    joined = whole.group_by("index", maintain_order=True).agg(pl.col("q").str.join("&"))
    return frame.select("index").join(joined, on="index", how="left", maintain_order="left")["q"].fill_null("")
