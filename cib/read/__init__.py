"""Reading: raw exports in, posts and accounts out.

A reader is one file and one line in :data:`READERS`: how its files are recognised, which column is
which field, and the source's own customs. Streaming, times, ids, damage and repeats are the same for all.
"""

from cib.read.account_lists import AccountLists
from cib.read.files import expand, input_files
from cib.read.lists import names_in, short_links
from cib.read.reader import Reader
from cib.read.registry import READERS
from cib.read.stage import ReadSummary, read

__all__ = [
    "READERS",
    "AccountLists",
    "ReadSummary",
    "Reader",
    "expand",
    "input_files",
    "names_in",
    "read",
    "short_links",
]
