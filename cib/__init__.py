"""cib: which accounts act together in a way that chance does not explain, and which posts show it."""

from typing import Final

__all__ = ["SCHEMA_VERSION", "__version__"]

__version__ = "0.1.0"
SCHEMA_VERSION: Final = 1
"""Version of the tables: raised when a column of :mod:`cib.tables` changes meaning; written into every manifest."""
