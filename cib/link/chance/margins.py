"""How many accounts and objects have which degree: what null models are fitted to."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cib.link.chance.combine import Floats, Ints

__all__ = ["N_BANDS", "Classes", "Margins", "classes_of"]

N_BANDS: Final = 4
"""Bands of popularity (see :data:`cib.tables.OBJECTS`)."""


@dataclass(frozen=True)
class Classes:
    """Accounts, or objects, of one degree in a stratum, sorted by stratum, degree and band.

    Attributes
    ----------
    stratum, degree : of each class.
    band : of popularity; 0 for accounts.
    number : how many there are.
    """

    stratum: Ints
    degree: Ints
    band: Ints
    number: Ints


@dataclass(frozen=True)
class Margins:
    """What null models are fitted to; small, however many accounts and objects there are.

    Attributes
    ----------
    n_accounts : accounts with an act.
    n_strata : strata, numbered from 0.
    rows : accounts by their distinct objects in each stratum.
    columns : objects with an act by their accounts.
    pairs : summed d (d - 1) over objects with d accounts, strata x bands.
    tick, span : as :class:`Incidence` has them.
    """

    n_accounts: int
    n_strata: int
    rows: Classes
    columns: Classes
    pairs: Floats
    tick: int
    span: int

    @property
    def n_pairs(self) -> int:
        """Pairs of accounts that could have been linked: all accounts with a trace."""
        return self.n_accounts * (self.n_accounts - 1) // 2


def classes_of(stratum: Ints, degree: npt.NDArray[Any], band: npt.NDArray[Any]) -> Classes:
    """Return the distinct triples, and how often each stands there."""
    step = (int(degree.max(initial=0)) + 1) * N_BANDS
    key, number = np.unique(stratum * step + degree.astype(np.int64) * N_BANDS + band, return_counts=True)
    return Classes(key // step, key % step // N_BANDS, key % N_BANDS, number.astype(np.int64))
