"""The stages as functions of tables, and finished runs as objects: what `import cib` offers to scripts and notebooks.

Everything here can be done with a config and `cib run` as well, which keeps what is done, asks chance and writes a
report. What is here keeps nothing, and works in memory.
"""

from cib.api.opened import Run, open_run, run
from cib.api.stages import (
    Corpus,
    Found,
    Layer,
    configure,
    describe_accounts,
    find_networks,
    fuse_layers,
    link_layers,
    read_posts,
    trace_acts,
)

__all__ = [
    "Corpus",
    "Found",
    "Layer",
    "Run",
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
