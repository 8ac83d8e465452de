"""What analysts said of earlier findings, and what a run does with it."""

from cib.settings.values import Section, Share

__all__ = ["VerdictSettings"]


class VerdictSettings(Section):
    """Verdicts of analysts, as `cib verdict` records them."""

    file: str = ""
    """CSV file of verdicts, relative to the config's folder; several configs may name one. '': verdicts.csv in the run
    folder, if it is there."""
    min_similarity: Share = 0.5
    """Jaccard index of accounts from which a network counts as the one that was judged. Lower carries verdicts further,
    and to the wrong networks."""
    ranking: bool = False
    """true: networks that were rejected lose rank. The verdict is shown either way."""
    rejected_factor: Share = 0.25
    """What the score of a rejected network is multiplied by (ranking)."""
