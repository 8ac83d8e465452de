"""Every reader there is."""

from typing import Final

from cib.read.bluesky import BLUESKY
from cib.read.coortweet import COORTWEET
from cib.read.crowdtangle import CROWDTANGLE
from cib.read.fourcat import FOURCAT
from cib.read.generic import GENERIC
from cib.read.ira import IRA
from cib.read.junkipedia import JUNKIPEDIA
from cib.read.mastodon import MASTODON
from cib.read.meta_library import META_LIBRARY
from cib.read.reader import Reader
from cib.read.reddit import REDDIT
from cib.read.telegram import TELEGRAM
from cib.read.tiktok import TIKTOK
from cib.read.toolkit import TOOLKIT
from cib.read.twarc_csv import TWARC_CSV
from cib.read.twitter_io import TWITTER_IO
from cib.read.twitter_v1 import TWITTER_V1
from cib.read.twitter_v2 import TWITTER_V2
from cib.read.youtube import YOUTUBE
from cib.read.zeeschuimer import ZEESCHUIMER

__all__ = ["READERS"]

READERS: Final[dict[str, Reader]] = {
    reader.name: reader
    for reader in (
        IRA,
        COORTWEET,
        ZEESCHUIMER,
        TWITTER_V1,
        TWITTER_V2,
        TWARC_CSV,
        BLUESKY,
        MASTODON,
        REDDIT,
        YOUTUBE,
        TIKTOK,
        TELEGRAM,
        JUNKIPEDIA,
        TWITTER_IO,
        CROWDTANGLE,
        META_LIBRARY,
        TOOLKIT,
        FOURCAT,
        GENERIC,
    )
}
"""Every reader by name, in the order in which they may recognise a file; the last one takes any."""
