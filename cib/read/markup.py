"""HTML that platforms write into posts, as text and links, by rules for their own few tags; it is never rendered."""

from typing import Final

import polars as pl

__all__ = ["links_in_markup", "plain_text"]

_BREAKS: Final = r"(?i)<br\s*/?>"
_PARAGRAPHS: Final = r"(?i)</(?:p|blockquote|li|h[1-6]|pre)>\s*<(?:p|blockquote|ul|ol|li|h[1-6]|pre)(?:\s[^>]*)?>"
_TAGS: Final = r"</?[A-Za-z][^>]*>|<!--.*?-->"
_ANCHORS: Final = r"(?i)<a\s[^>]*>"
_OTHER_ANCHORS: Final = r"""(?i)\sclass=["'][^"']*\b(?:mention|hashtag)\b|\srel=["'][^"']*\btag\b"""
_HREF: Final = r"""(?i)\shref=["']?(https?://[^"'\s>]+)"""


def plain_text(markup: pl.Expr) -> pl.Expr:
    """Return HTML without its tags, paragraphs and breaks as line ends; entities are left for later."""
    lines = markup.str.replace_all(_PARAGRAPHS, "\n\n").str.replace_all(_BREAKS, "\n")
    return lines.str.replace_all(_TAGS, "").str.strip_chars()


def links_in_markup(markup: pl.Expr) -> pl.Expr:
    """Return the links of HTML, in order, without those to mentioned accounts and hashtags; null if there is none."""
    anchor = pl.element()
    href = anchor.str.extract(_HREF).str.replace_all("&amp;", "&", literal=True)
    links = markup.str.extract_all(_ANCHORS).list.eval(pl.when(~anchor.str.contains(_OTHER_ANCHORS)).then(href))
    links = links.list.drop_nulls().list.unique(maintain_order=True)
    return pl.when(links.list.len() > 0).then(links)
