"""Held against known truth: synthetic worlds and planted campaigns, and how well a run finds what is known."""

from cib.evaluate.labels import Agreement, agreement, describe

__all__ = ["Agreement", "agreement", "describe"]
