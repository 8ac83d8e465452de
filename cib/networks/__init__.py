"""EDGES -> NETWORKS: layers fused, candidates found on two levels, measured, explained, held against chance, ranked."""

from cib.networks.candidates import candidates, largest_evidence
from cib.networks.change import change
from cib.networks.fuse import Fused, fuse
from cib.networks.group import group
from cib.networks.keep import keep
from cib.networks.measure import Measured, measure, pairs_inside, telling
from cib.networks.organic import Case, explain
from cib.networks.rank import Ranked, rank
from cib.networks.score import score

__all__ = [
    "Case",
    "Fused",
    "Measured",
    "Ranked",
    "candidates",
    "change",
    "explain",
    "fuse",
    "group",
    "keep",
    "largest_evidence",
    "measure",
    "pairs_inside",
    "rank",
    "score",
    "telling",
]
