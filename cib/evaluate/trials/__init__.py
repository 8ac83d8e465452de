"""Trials on the user's own data: campaigns planted in it, its shuffles, and what a config makes of them.

`cib power` and `cib tune` are made of these. A *world* is the data as collected, shuffled, or with campaigns planted in
it; a *variant* is a config; one trial is one variant on one world, and is kept as soon as it is done.
"""

from cib.evaluate.trials.found import false_networks
from cib.evaluate.trials.ladder import Cell, Ladder, copies, ladder
from cib.evaluate.trials.work import Answers, Bounds, Trials, Watcher, prepared
from cib.evaluate.trials.worlds import Ground, World

__all__ = [
    "Answers",
    "Bounds",
    "Cell",
    "Ground",
    "Ladder",
    "Trials",
    "Watcher",
    "World",
    "copies",
    "false_networks",
    "ladder",
    "prepared",
]
