"""Held against known truth: synthetic worlds and planted campaigns, and how well a run finds what is known."""

from cib.evaluate.judge import judge
from cib.evaluate.labels import Agreement, against_labels, agreement, describe
from cib.evaluate.truth import Held, held, read_truth
from cib.evaluate.verdict import How, evaluate

__all__ = [
    "Agreement",
    "Held",
    "How",
    "against_labels",
    "agreement",
    "describe",
    "evaluate",
    "held",
    "judge",
    "read_truth",
]
