"""Where the heavy stages run: on this machine, or on a cluster that people already operate.

An engine reads files, makes traces and links accounts, each from files into files; what the files hold is the same
whichever engine made them, row for row. Everything after linking works on the links, which are few, and is done here.
"""

from cib.engine.base import Engine, Reading
from cib.engine.local import Local

__all__ = ["Engine", "Local", "Reading", "engine_of"]


def engine_of(name: str) -> Engine:
    """Return the engine of this name (``[run] engine``)."""
    return {"local": Local}[name]()
