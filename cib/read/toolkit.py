"""The input of the Coordination Network Toolkit: eight columns, Unix times [1]_.

.. [1] Graham et al. (2020), Coordination Network Toolkit,
   github.com/QUT-Digital-Observatory/coordination-network-toolkit
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from cib.read.columns import Mapped, guess, laid_out
from cib.read.fields import FIELDS
from cib.read.generic import with_kinds
from cib.read.reader import Reader
from cib.read.times import TimeRule

__all__ = ["TOOLKIT"]

_LAYOUT: Final = {
    "post_id": ("message_id",),
    "account_id": ("user_id",),
    "created_at": ("timestamp",),
    "text": ("message",),
    "reposted_post_id": ("repost_id",),
    "replied_post_id": ("reply_id",),
    "urls": ("urls",),
    "handle": ("username",),
}


def _recognise(columns: Sequence[str]) -> str:
    needed = [names[0] for names in _LAYOUT.values()]
    if not set(columns) >= set(needed):
        return ""
    return f"it has the columns {', '.join(needed)} of the Coordination Network Toolkit"


def _columns(head: pl.DataFrame) -> Mapped:
    """Take the layout, and further columns by their names: tables for the toolkit often have some."""
    known = laid_out(head.columns, _LAYOUT)
    rest = head.select(known.unused(head.columns))
    further = guess(rest, [target for target in FIELDS if target not in known.columns])
    return Mapped(known.columns | further.columns, known.why | further.why, further.aside)


TOOLKIT: Final = Reader(
    name="toolkit",
    doc="the Coordination Network Toolkit's input: eight columns",
    recognise=_recognise,
    columns=_columns,
    platform="generic",
    prepare=with_kinds,
    times=TimeRule("UTC"),
    repeats="differing",
)
