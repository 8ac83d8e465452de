"""Texts without the names in them.

A name can stand anywhere: after an '@', behind 'RT', in the address of a profile or of a post, or alone. So every word
of a text is compared with the names of the accounts that are not to be named; every other name after an '@' goes too,
since nobody knows whose it is; addresses on social platforms are cut to the platform; and e-mail addresses go, with
long numbers, which can be ids or telephones. Display names and what else a text tells about a person are not found.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

__all__ = ["SOCIAL", "Mask", "words"]

SOCIAL: Final = (
    r"(?:[\w-]+\.)*(?:twitter|x|fxtwitter|vxtwitter|nitter|facebook|instagram|tiktok|youtube|telegram|vk|vkontakte|ok|"
    r"linkedin|reddit|threads|tumblr|pinterest|snapchat|truthsocial|gab|gettr|parler|weibo|medium|substack|patreon|"
    r"onlyfans|soundcloud|twitch|discord|whatsapp|periscope|livejournal|disqus|quora|flickr|github|bsky)"
    r"\.(?:com|net|org|ru|me|tv|app|social|gg)|t\.co|t\.me|fb\.com|fb\.me|fb\.watch|youtu\.be|redd\.it|wa\.me|pscp\.tv|"
    r"instagr\.am|bsky\.app|mastodon\.[a-z]+|lnkd\.in"
)
"""Hosts on which an address names an account, or leads to a post, as a regular expression of the whole host."""

_OPEN, _CLOSE = "\u0001", "\u0002"
"""Stand before and after each word while names are looked for, so that no name is found inside a longer word."""
_ALONE: Final = 5
"""A shorter name is found only after an '@' or in an address: too many ordinary words are as short."""
# Without Unicode's rules for capitals (hosts have none), which take five times as long.
_ADDRESS: Final = rf"(?i-u:\b(https?://)?(?:www\.)?({SOCIAL}))/[^\s\"'<>]*"
_PROFILE: Final = r"(?i)(https?://[^\s/\"'<>]+/)(?:@|u/|user/|users/|profile/|author/|channel/)[^\s\"'<>]*"
_MAIL: Final = r"[\w.+-]+@[\w-]+\.[\w.-]+"
_MENTION: Final = r"([@＠])[\w]+(?:[.\-@][\w]+)*"
_REPOSTED: Final = r"\b(RT|rt|via)(\s+)\w+:"
_NUMBER: Final = r"\d(?:[\d \-/().]{7,}\d)"


def words(text: pl.Expr) -> pl.Expr:
    """Return the words of a text, lower-case: runs of letters, digits and '_'."""
    return text.str.to_lowercase().str.extract_all(r"\w+")


@dataclass(frozen=True)
class Mask:
    """Names that texts must not hold, and what stands in their place.

    Attributes
    ----------
    names, shown : one a name; of equal length.
    """

    names: pl.Series
    shown: pl.Series

    def __call__(self, text: pl.Expr) -> pl.Expr:
        """Return the text with every name masked; linear in its length, however many names there are."""
        text = text.str.replace_all(_MAIL, "[e-mail]").str.replace_all(_ADDRESS, "$1$2/…")
        text = text.str.replace_all(_PROFILE, "$1…")
        # Known names are marked first: '@name' becomes their pseudonym, so that a reader can follow who addresses whom.
        marked = _marked(text.str.replace_all(f"[{_OPEN}{_CLOSE}]", ""))
        names, shown = self._patterns
        masked = marked.str.replace_many(names, shown, ascii_case_insensitive=True, leftmost=True) if names else marked
        plain = masked.str.replace_all(f"[{_OPEN}{_CLOSE}]", "")
        plain = plain.str.replace_all(_MENTION, "$1…").str.replace_all(_REPOSTED, "$1$2…:")
        return plain.str.replace_all(_NUMBER, "[number]")

    @cached_property
    def _patterns(self) -> tuple[list[str], list[str]]:
        """Return the marked names and their pseudonyms, the longest first, as the leftmost match takes the first."""
        table = pl.DataFrame({"name": self.names, "shown": self.shown}).drop_nulls()
        table = pl.concat([table, table.with_columns(pl.col("name").str.to_lowercase())]).unique("name")
        table = table.filter(pl.col("name").str.len_chars() >= _ALONE)
        table = table.with_columns(length=pl.col("name").str.len_chars(), marked=_marked(pl.col("name")))
        table = table.sort("length", "name", descending=[True, False])
        # An '@' before a pseudonym would look like a mention that nobody knows.
        after_at = table.select(pl.concat_str(pl.lit("@"), "marked").alias("marked"), "shown")
        both = pl.concat([after_at, table.select("marked", "shown")])
        return both["marked"].to_list(), both["shown"].to_list()


def _marked(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(r"(\w+)", f"{_OPEN}${{1}}{_CLOSE}")
