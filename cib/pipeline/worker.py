"""The process that does shuffled replicas for a run: reads what to do from its input, writes lines of numbers."""

import json
import sys

from cib.pipeline.control import replica_of
from cib.pipeline.replicas import work

__all__ = ["main"]


def main() -> None:
    """Do the replicas that the standard input asks for (see :mod:`cib.pipeline.replicas`)."""
    for line in work(json.load(sys.stdin), replica_of):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
