"""cib: which accounts act together in a way that chance does not explain, and which posts show it.

In scripts and notebooks (docs/api.md)::

    import cib

    corpus = cib.read_posts("posts.csv", timezone="UTC")
    layers = cib.link_layers(corpus.posts)
    graph = cib.fuse_layers(layers)
    cib.find_networks(corpus, layers, graph)
"""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cib.api import (
        Corpus,
        Found,
        Layer,
        Run,
        configure,
        describe_accounts,
        find_networks,
        fuse_layers,
        link_layers,
        open_run,
        read_posts,
        run,
        trace_acts,
    )

__all__ = [
    "SCHEMA_VERSION",
    "Corpus",
    "Found",
    "Layer",
    "Run",
    "__version__",
    "configure",
    "describe_accounts",
    "find_networks",
    "fuse_layers",
    "link_layers",
    "open_run",
    "read_posts",
    "run",
    "trace_acts",
]

__version__ = "0.1.0"
SCHEMA_VERSION: Final = 1
"""Version of the tables: raised when a column of :mod:`cib.tables` changes meaning; written into every manifest."""


def __getattr__(name: str) -> Any:
    """Import the stages when one is asked for: `cib --help` needs none of them, and they take a second."""
    if name not in __all__:
        msg = f"module 'cib' has no attribute '{name}'"
        raise AttributeError(msg)
    from importlib import import_module

    return getattr(import_module("cib.api"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
