"""How likely is so much agreement by chance? Interchangeable null models, and one verdict on each pair of accounts.

*Overlap*: do two accounts share more objects than their activity and the objects' popularity explain? (``null``: the
closed form of Chung and Lu, the bipartite configuration model, the hypergeometric test of published methods.)

*Timing*, given what they share: are they inside the window more often than the objects' own spread in time explains, or
than the accounts' own rhythm does? (``timing_null``: conditional synchrony, a shifted clock.)

The two are independent, so Fisher's product joins them, and by default a shifted clock must find the timing as unlikely
as the two together are (``joint``). Benjamini and Hochberg's false-discovery rate runs over all pairs of accounts that
could have been. Which models are the defaults, and what each finds where there is nothing to find: docs/nulls.md.
"""

from cib.link.chance.combine import benjamini_hochberg, fisher, log_likelihood_ratio
from cib.link.chance.judge import JOINT, OVERLAP, TIMING, Chance, Expectation, Judge

__all__ = [
    "JOINT",
    "OVERLAP",
    "TIMING",
    "Chance",
    "Expectation",
    "Judge",
    "benjamini_hochberg",
    "fisher",
    "log_likelihood_ratio",
]
