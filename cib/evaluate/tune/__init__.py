"""Which settings fit the user's own data: `cib tune`."""

from cib.evaluate.tune.ask import tune
from cib.evaluate.tune.recommend import Choice, recommend

__all__ = ["Choice", "recommend", "tune"]
