"""Where the heavy stages run: on this machine, or on a cluster that people already operate.

An engine reads files, makes traces and links accounts, each from files into files; what the files hold is the same
whichever engine made them, row for row. Everything after linking works on the links, which are few, and is done here.
"""

from cib.engine.base import Engine, Reading
from cib.engine.local import Local
from cib.engine.spark import Spark
from cib.settings import Settings

__all__ = ["Engine", "Local", "Reading", "Spark", "engine_of"]


def engine_of(settings: Settings) -> Engine:
    """Return the engine that the config names (``[run] engine``); it starts nothing yet."""
    return Spark(settings.spark) if settings.run.engine == "spark" else Local()
