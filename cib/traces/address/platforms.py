r"""What a link to a platform names: a video, a post, a picture has one id and many addresses.

Each rule is a pattern of path and query and what stands for all addresses it matches. Sources: the platforms' own
documentation of their addresses (YouTube IFrame API, X "Tweet" buttons and embeds, Meta oEmbed, Telegram deep
links, TikTok embed, Reddit API), and addresses as they occur in posts. A rule is listed only where the id alone
names the thing: a name that stands beside an id is left out because people change it, and never the reverse.
"""

from functools import partial
from typing import Final

import polars as pl

from cib.traces.address.parts import changed

__all__ = ["HOSTS", "identified", "is_platform"]

HOSTS: Final = {
    "youtube": r"(?:music\.|gaming\.)?youtube(?:-nocookie)?\.com|youtu\.be",
    "twitter": r"(?:web\.)?(?:twitter|x)\.com|(?:fx|vx)twitter\.com|fixupx\.com|fixvx\.com|nitter\.net",
    "facebook": r"(?:[a-z]{2}-[a-z]{2}\.|web\.|mbasic\.|touch\.|free\.|business\.)?facebook\.com|fb\.com",
    "instagram": r"(?:dd)?instagram\.com|instagr\.am",
    "telegram": r"t\.me|telegram\.(?:me|dog)",
    "tiktok": r"(?:www\.)?tiktok\.com",
    "reddit": r"(?:(?:old|new|ssl|[a-z]{1,2})\.)?reddit\.com|redd\.it",
    "vimeo": r"(?:player\.)?vimeo\.com",
    "dailymotion": r"dailymotion\.com|dai\.ly",
    "vk": r"vk\.(?:com|ru)|vkontakte\.ru",
    "wikipedia": r"[a-z-]+(?:\.m)\.wikipedia\.org",
    "linkedin": r"(?:[a-z]{2}\.)?linkedin\.com",
}
"""Platform -> its hosts, as a regular expression of the whole, without 'www.', 'm.' and 'mobile.' before them."""

_NUMBER: Final = r"(\d{5,20})"
_END: Final = r"(?:[/?#&].*)?$"
_TELEGRAM_WORDS: Final = (
    "joinchat|addstickers|addemoji|addtheme|addlist|share|iv|proxy|socks|login|invoice|contact|boost|bg|setlanguage"
)
_VIDEO: Final = r"([\w-]{11})"
_NAME: Final = r"[^/?#]+"

_RULES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "youtube": (
        # The two names beside the ids that have their length.
        (r"^[^/]*/embed/((?:live_stream|videoseries)(?:[/?].*)?)$", "youtube.com/embed/$1"),
        (rf"^youtu\.be/{_VIDEO}(?:[?/&].*)?$", "youtube.com/watch?v=$1"),
        (rf"^[^/]*/watch\?(?:.*&)?v={_VIDEO}(?:&.*)?$", "youtube.com/watch?v=$1"),
        (rf"^[^/]*/(?:shorts|embed|v|e|live|watch)/{_VIDEO}{_END}", "youtube.com/watch?v=$1"),
    ),
    "twitter": (
        (rf"^[^/]*/(?:{_NAME}|i/web|i)/status(?:es)?/{_NUMBER}{_END}", "twitter.com/i/status/$1"),
        (rf"^[^/]*/statuses/{_NUMBER}{_END}", "twitter.com/i/status/$1"),
    ),
    "facebook": (
        (
            r"^[^/]*/(?:story|permalink)\.php\?(?:.*&)?id=(\d+)&(?:.*&)?story_fbid=(\w+)(?:&.*)?$",
            "facebook.com/$1/posts/$2",
        ),
        (rf"^[^/]*/groups/({_NAME})/(?:posts|permalink)/{_NUMBER}{_END}", "facebook.com/groups/$1/posts/$2"),
        (rf"^[^/]*/({_NAME})/posts/(?:[^/?#]*/)?(\d{{5,20}}|pfbid\w+){_END}", "facebook.com/$1/posts/$2"),
        (rf"^[^/]*/(?:photo(?:\.php)?|photos)/?\?(?:.*&)?fbid={_NUMBER}(?:&.*)?$", "facebook.com/photo?fbid=$1"),
        (rf"^[^/]*/{_NAME}/photos/(?:[^/?#]+/)*{_NUMBER}/?(?:\?.*)?$", "facebook.com/photo?fbid=$1"),
        (rf"^[^/]*/(?:watch/?(?:live/?)?|video\.php)\?(?:.*&)?v={_NUMBER}(?:&.*)?$", "facebook.com/watch?v=$1"),
        (rf"^[^/]*/{_NAME}/videos/(?:[^/?#]+/)*{_NUMBER}{_END}", "facebook.com/watch?v=$1"),
        (rf"^[^/]*/reels?/{_NUMBER}{_END}", "facebook.com/watch?v=$1"),
        (rf"^[^/]*/events/(?:[^/?#]+/)*{_NUMBER}{_END}", "facebook.com/events/$1"),
    ),
    "instagram": ((rf"^[^/]*/(?:{_NAME}/)?(?:p|reels?|tv)/([\w-]{{6,}}){_END}", "instagram.com/p/$1"),),
    "telegram": (
        (rf"^[^/]*/((?:{_TELEGRAM_WORDS})/.*)$", "t.me/$1"),
        (r"^[^/]*/c/(\d+)/(?:\d+/)?(\d+)(?:\?.*)?$", "t.me/c/$1/$2"),
        (r"^[^/]*/(?:s/)?(\w{4,32})/(\d+)\?(?:.*&)?comment=(\d+)(?:&.*)?$", "t.me/$1/$2?comment=$3"),
        (r"^[^/]*/(?:s/)?(\w{4,32})/(?:\d+/)?(\d+)(?:\?.*)?$", "t.me/$1/$2"),
        (r"^[^/]*/s/(\w{4,32})/?(?:\?.*)?$", "t.me/$1"),
    ),
    "tiktok": (
        (rf"^[^/]*/@[^/?#]*/(?:video|photo)/{_NUMBER}{_END}", "tiktok.com/video/$1"),
        (rf"^[^/]*/(?:embed/v2|embed|player/v1|share/video|video)/{_NUMBER}{_END}", "tiktok.com/video/$1"),
        (rf"^[^/]*/v/{_NUMBER}(?:\.html)?(?:\?.*)?$", "tiktok.com/video/$1"),
    ),
    "reddit": (
        (
            rf"^[^/]*/(?:(?:r|user|u)/{_NAME}/)?comments/(\w{{3,10}})/[^/?#]*/(\w{{3,10}}){_END}",
            "reddit.com/comments/$1/_/$2",
        ),
        (rf"^[^/]*/(?:(?:r|user|u)/{_NAME}/)?comments/(\w{{3,10}}){_END}", "reddit.com/comments/$1"),
        (rf"^[^/]*/gallery/(\w{{3,10}}){_END}", "reddit.com/comments/$1"),
        (r"^redd\.it/(\w{3,10})/?(?:\?.*)?$", "reddit.com/comments/$1"),
    ),
    "vimeo": ((r"^[^/]*/(?:video/)?(\d{5,12})/?(?:\?.*)?$", "vimeo.com/$1"),),
    "dailymotion": (
        (r"^dai\.ly/(\w{5,10})(?:\?.*)?$", "dailymotion.com/video/$1"),
        (r"^[^/]*/(?:embed/)?video/([a-z0-9]{5,10})(?:[_?/].*)?$", "dailymotion.com/video/$1"),
    ),
    "vk": (
        (r"^[^/]*/[^?]*\?(?:.*&)?[wz]=((?:wall|video|photo)-?\d+_\d+)(?:[%&].*)?$", "vk.com/$1"),
        (r"^[^/]*/((?:wall|video|photo)-?\d+_\d+)(?:\?.*)?$", "vk.com/$1"),
    ),
    "wikipedia": ((r"^([a-z-]+)\.m\.wikipedia\.org(/.*)?$", "$1.wikipedia.org$2"),),
    "linkedin": (
        (rf"^[^/]*/feed/update/urn(?::|%3A)li(?::|%3A)activity(?::|%3A){_NUMBER}{_END}", "linkedin.com/activity/$1"),
        (rf"^[^/]*/posts/[^/?#]*-activity-{_NUMBER}-[\w-]{{4}}{_END}", "linkedin.com/activity/$1"),
    ),
}
_SITE: Final = {
    "youtube": "youtube.com",
    "twitter": "twitter.com",
    "facebook": "facebook.com",
    "instagram": "instagram.com",
    "telegram": "t.me",
    "tiktok": "tiktok.com",
    "reddit": "reddit.com",
    "vk": "vk.com",
    "linkedin": "linkedin.com",
}
# Names of accounts, channels and forums, which these platforms compare without case.
_CASELESS: Final = {
    "twitter": r"^([^/]*/)(\w+)$",
    "instagram": r"^([^/]*/)([\w.]+)$",
    "telegram": r"^([^/]*/)(\w{4,32})(?:/.*)?$",
    "tiktok": r"^([^/]*/)(@[\w.]+)$",
    "reddit": r"^([^/]*/(?:r|u|user)/)([\w-]+)(?:/.*)?$",
    "facebook": r"^([^/]*/)([\w.]+)(?:/posts/\w+)?$",
}
_SHORT: Final = r"^(?:youtu\.be|redd\.it|dai\.ly|instagr\.am)/"
_ANY: Final = "^(?:" + "|".join(HOSTS.values()) + ")$"


def is_platform(host: pl.Series) -> pl.Series:
    """Whether each host is one of a platform whose addresses are known."""
    return host.str.contains(_ANY)


def identified(links: pl.Series) -> pl.Series:
    """Return links of platforms as 'host/path?query' by the id they name; those that name none keep their path.

    The first rule of a platform that fits counts.
    """
    host = links.str.extract(r"^([^/?#]*)")
    for platform, hosts in HOSTS.items():
        here = host.str.contains(f"^(?:{hosts})$")
        links = changed(links, here, partial(_of, platform))
    return links


def _of(platform: str, links: pl.Series) -> pl.Series:
    """Return the links of one platform, those that no rule fits with the platform's main host."""
    left = pl.int_range(len(links), dtype=pl.UInt32, eager=True)
    for pattern, form in _RULES[platform]:
        rest = links.gather(left)
        fits = rest.str.contains(pattern)
        links = links.scatter(left.filter(fits), rest.filter(fits).str.replace(pattern, form))
        left = left.filter(~fits)
    if platform in _SITE:
        rest = links.gather(left)
        plain = changed(rest, ~rest.str.contains(_SHORT), lambda hit: hit.str.replace(r"^[^/?#]*", _SITE[platform]))
        links = links.clone().scatter(left, plain)
    if platform in _CASELESS:
        pattern = _CASELESS[platform]
        links = changed(links, links.str.contains(pattern), lambda hit: _lowered(hit, pattern))
    return links


def _lowered(links: pl.Series, pattern: str) -> pl.Series:
    """Return links with the pattern's second group, a name, in lower case."""
    pieces = links.str.extract_groups(pattern).struct.unnest()
    begin = pieces["1"].str.len_chars()
    rest = links.to_frame("l").select(pl.col("l").str.slice(pl.lit(begin) + pl.lit(pieces["2"].str.len_chars())))
    return pieces["1"] + pieces["2"].str.to_lowercase() + rest.to_series()
