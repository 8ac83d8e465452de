"""cib: which accounts act together in a way that chance does not explain, and which posts show it."""

__version__ = "0.1.0"
