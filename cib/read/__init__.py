"""Reading: raw exports in, posts and accounts out.

A reader is one file and one line in :data:`READERS`: how its files are recognised, which column is
which field, and the source's own customs. Streaming, times, ids, damage and repeats are the same for all.
"""

from cib.read.files import input_files
from cib.read.reader import Reader
from cib.read.registry import READERS
from cib.read.stage import ReadSummary, read

__all__ = ["READERS", "ReadSummary", "Reader", "input_files", "read"]
