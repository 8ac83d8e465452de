"""EDGES -> NETWORKS: layers fused, communities found, networks ranked with every part of the score shown."""

from cib.networks.fuse import Fused, fuse
from cib.networks.group import group
from cib.networks.keep import keep
from cib.networks.rank import Ranked, rank

__all__ = ["Fused", "Ranked", "fuse", "group", "keep", "rank"]
