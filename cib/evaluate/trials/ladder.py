"""Which campaigns are planted, how often, and in which copies of the data.

Planted campaigns are company for each other: they change what is common, and how many links there are to choose from.
So a copy holds only so many planted accounts, and which campaigns share a copy is drawn anew for every repetition.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cib.errors import ConfigError
from cib.evaluate.simulate.tables import stream
from cib.evaluate.trials.worlds import World
from cib.settings.world import LADDER

__all__ = ["Cell", "Ladder", "copies", "ladder"]

_MOST_IN_A_COPY: Final = 100
"""Planted accounts are numbered in blocks, one a campaign; a copy's seed leaves room for so many."""
_LARGEST: Final = 5000


@dataclass(frozen=True)
class Cell:
    """A step of the ladder: campaigns of so many accounts at a level."""

    accounts: int
    level: int

    @property
    def name(self) -> str:
        """Return its name, SIZE@LEVEL."""
        return f"{self.accounts}@{self.level}"

    @property
    def campaign(self) -> dict[str, Any]:
        """Return the settings of such a campaign."""
        return {"accounts": self.accounts, "level": self.level}


@dataclass(frozen=True)
class Ladder:
    """What is planted.

    Attributes
    ----------
    cells : the steps.
    repetitions : campaigns of each.
    together : most planted accounts in a copy, as a share of the data's accounts; one campaign is always allowed.
    seed : of everything random.
    """

    cells: tuple[Cell, ...]
    repetitions: int
    together: float
    seed: int


def ladder(
    sizes: Sequence[int], levels: Sequence[int], *, repetitions: int, together: float = 0.01, seed: int = 1
) -> Ladder:
    """Return every size at every level.

    Raises
    ------
    ConfigError
        A size or a level is out of range.
    """
    if bad := [level for level in levels if level not in LADDER]:
        msg = f"There is no level {bad[0]}: levels go from {min(LADDER)} to {max(LADDER)}."
        raise ConfigError(msg)
    if bad := [size for size in sizes if not 2 <= size <= _LARGEST]:
        msg = f"A campaign has 2 to {_LARGEST:,} accounts. Got {bad[0]}."
        raise ConfigError(msg)
    cells = [Cell(size, level) for level in sorted(set(levels)) for size in sorted(set(sizes))]
    return Ladder(tuple(cells), repetitions, together, seed)


def copies(plan: Ladder, accounts: int) -> list[World]:
    """Return the copies of data of so many accounts: first all those of the first repetition, then of the second.

    Examples
    --------
    >>> plan = ladder([5, 20], [0, 1], repetitions=2, together=0.03)
    >>> [sorted(copy.campaigns) for copy in copies(plan, 1000)[:2]]
    [['20@0', '5@0', '5@1'], ['20@1']]
    """
    made: list[World] = []
    for repetition in range(plan.repetitions):
        order = stream(plan.seed, "company", repetition).permutation(len(plan.cells))
        for together in _packed([plan.cells[n] for n in order], plan.together * accounts):
            number = len(made)
            campaigns = {cell.name: cell.campaign for cell in together}
            made.append(World("planted", number, plan.seed + number, repetition, campaigns))
    return made


def _packed(cells: list[Cell], room: float) -> list[list[Cell]]:
    """Put each campaign into the first copy that has room for it, large ones first."""
    packed: list[list[Cell]] = []
    for cell in sorted(cells, key=lambda cell: -cell.accounts):  # stable: equal sizes stay in the order drawn
        for held in packed:
            if len(held) < _MOST_IN_A_COPY and sum(one.accounts for one in held) + cell.accounts <= room:
                held.append(cell)
                break
        else:
            packed.append([cell])
    return packed
