"""Which settings are recommended, by a rule that can be argued with.

1. Of all cells those count whose false networks a run are at or below the limit; if there are none, those with fewest.
2. Of these the best power is looked for, and every cell that is at most `within` below it is as good.
3. Of these the one is taken that stands in the middle of what is good: with the highest mean, over itself and its
   neighbours, of power where the false networks are few enough, and of nothing where they are not. A cell at the edge
   of the grid has fewer neighbours, and its mean is over these; one without any shows no plateau, and comes last.
4. Then the one with most neighbours that are as good, the one whose members hold best over its neighbours (to the
   hundredth), the one that changes least of the config, the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

__all__ = ["Choice", "recommend"]


@dataclass(frozen=True)
class Choice:
    """What is recommended.

    Attributes
    ----------
    cell : its number.
    good : whether its false networks are at or below the limit.
    best : power of the best cell among those that count.
    as_good : cells that are within so little of the best.
    middle : mean power over the cell and its neighbours, nothing where there are too many false networks.
    """

    cell: int
    good: bool
    best: float
    as_good: list[int]
    middle: float


def recommend(cells: pl.DataFrame, near: Sequence[Sequence[int]], *, limit: float, within: float) -> Choice | None:
    """Return what the rule chooses; None if no cell was measured.

    Parameters
    ----------
    cells : one row a cell, in the order of their numbers: power, false (a run), same_members, changes (keys that differ
        from the config); power or false are null where a cell was not measured.
    near : neighbours of each cell.

    Examples
    --------
    The third is best and stands alone; the second is nearly as good, and so are both beside it:

    >>> power, false = [0.79, 0.8, 0.82, 0.2, 0.9], [0.0, 0.0, 0.0, 0.0, 1.0]
    >>> cells = pl.DataFrame({"power": power, "false": false, "same_members": [1.0] * 5, "changes": [0] * 5})
    >>> choice = recommend(cells, [[1], [0, 2], [1, 3], [2, 4], [3]], limit=0.05, within=0.03)
    >>> choice.cell, choice.best, choice.as_good
    (1, 0.82, [0, 1, 2])
    """
    power, false = cells["power"].to_list(), cells["false"].to_list()
    measured = [n for n in range(len(cells)) if power[n] is not None and false[n] is not None]
    if not measured:
        return None
    few = [n for n in measured if false[n] <= limit + 1e-12]
    least = min(false[n] for n in measured)
    counted = few or [n for n in measured if false[n] == least]
    best = max(power[n] for n in counted)
    as_good = [n for n in counted if power[n] >= best - within - 1e-12]
    worth = {n: power[n] if n in counted else 0.0 for n in measured}
    around = {n: [worth[other] for other in (n, *near[n]) if other in worth] for n in as_good}
    middle = {n: sum(values) / len(values) for n, values in around.items()}
    company = {n: sum(other in as_good for other in near[n]) for n in as_good}
    same, changes = cells["same_members"].fill_null(0.0).to_list(), cells["changes"].to_list()
    cell = min(
        as_good, key=lambda n: (not near[n], -round(middle[n], 9), -company[n], -round(same[n], 2), changes[n], n)
    )
    return Choice(cell, bool(few), best, as_good, middle[cell])
