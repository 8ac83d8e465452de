"""Synthetic worlds, and campaigns planted in real posts: everything seeded, with a table of the truth.

>>> from cib.settings.world import WorldSettings
>>> tiny = WorldSettings.model_validate({"crowd": {"accounts": 30, "posts": 3}, "decoys": {}})
>>> posts, accounts, truth = world(tiny, seed=7)
>>> len(accounts), truth["kind"].unique().to_list()
(30, ['organic'])
"""

from cib.evaluate.simulate.ask import asked, simulate
from cib.evaluate.simulate.assemble import World, build, world
from cib.evaluate.simulate.into import Corpus, corpus, plant

__all__ = ["Corpus", "World", "asked", "build", "corpus", "plant", "simulate", "world"]
