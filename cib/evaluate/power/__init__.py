"""What would be found in the user's own data, were it there: `cib power`."""

from cib.evaluate.power.ask import Asked, power
from cib.evaluate.power.table import cells_of, chance_of, sentences

__all__ = ["Asked", "cells_of", "chance_of", "power", "sentences"]
