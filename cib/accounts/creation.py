r"""Creation: accounts of a network created together, more than so many accounts of this data usually are.

Of all stretches of 1, 7 and 30 days that begin with the day of a member, the one that holds the most surprisingly many
of them is looked for. With c of the k members in it, where a share f of all accounts with a date lies,

.. math:: S = -\log_{10} P(X \ge c), \quad X \sim \mathrm{Poisson}(k f)

and the largest S is held against the largest S of groups of k drawn at random from all accounts with a date [1]_: a
scan statistic, so that the choice of the stretch needs no correction. Waves of sign-ups of all do not count.

References
----------
.. [1] Bellutta and Carley (2023), Investigating coordinated account creation using burst detection and network
       analysis, Journal of Big Data 10, 20. doi:10.1186/s40537-023-00695-7; Kulldorff (1997), A spatial scan statistic,
       Commun. Stat. 26(6). doi:10.1080/03610929708831995
"""

from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.tables import ACCOUNTS, NETWORK_CREATION

__all__ = ["created_together"]

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Row: TypeAlias = dict[str, object]

_STRETCHES: Final = (1, 7, 30)
_GROUPS: Final = 499
"""Random groups: no p is below 0.002."""
_MEMBERS_NEEDED: Final = 5
_AT_ONCE: Final = 1_000_000
"""Days of random groups held at once: bounds the memory at some 50 MB."""
_FLOOR: Final = 1e-300


def created_together(accounts: pl.DataFrame, members: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Return for each network the densest stretch of creation days, and how unusual it is.

    Parameters
    ----------
    accounts : tables.ACCOUNTS.
    members : network, account; an account may be in several networks.
    seed : of the random groups.

    Returns
    -------
    tables.NETWORK_CREATION, in order of network.

    Raises
    ------
    TableError
        `accounts` break their contract.

    Notes
    -----
    For each network about 1,500 x members steps.
    """
    ACCOUNTS.check_schema(accounts.schema)
    day = pl.col("created_at").dt.epoch("d").cast(pl.Int64)
    known = accounts.select("account", day=day).drop_nulls()
    every = np.sort(known["day"].to_numpy())
    dated = members.select("network", "account").join(known, on="account", how="left").sort("network", "day")
    rows = [
        _one_network(int(network), part["day"].drop_nulls().to_numpy(), every, seed)
        for (network,), part in dated.group_by("network", maintain_order=True)
    ]
    return NETWORK_CREATION.check(pl.DataFrame(rows, schema=NETWORK_CREATION.schema))


def _one_network(network: int, days: Ints, every: Ints, seed: int) -> Row:
    row: Row = {"network": network, "members": len(days)}
    if len(days) < _MEMBERS_NEEDED or 2 * len(days) > len(every):
        few = f"{len(days)} of its accounts have a creation date, {_MEMBERS_NEEDED} needed"
        many = f"{len(days)} of {len(every)} dated accounts are its own, so there are no others to compare with"
        return row | {"sentence": f"Insufficient data: {few if len(days) < _MEMBERS_NEEDED else many}."}
    surprise, place, days_long = (part[0] for part in _densest(days[None, :], every))
    rng = np.random.default_rng([seed, network])
    size = max(1, _AT_ONCE // len(days))
    drawn = [
        _densest(_groups(rng, every, min(size, _GROUPS - start), len(days)), every)[0]
        for start in range(0, _GROUPS, size)
    ]
    p = (1 + int((np.concatenate(drawn) >= surprise).sum())) / (_GROUPS + 1)
    first, length = int(days[place]), int(days_long)
    inside = int(((days >= first) & (days < first + length)).sum())
    expected = len(days) * float(((every >= first) & (every < first + length)).mean())
    return row | {
        "first_at": datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=first),
        "days": length,
        "inside": inside,
        "expected": expected,
        "p": p,
        "sentence": _sentence(first, length, (inside, len(days)), expected, p),
    }


def _groups(rng: np.random.Generator, every: Ints, groups: int, size: int) -> Ints:
    """Return the sorted days of random groups without repeats, groups x size."""
    drawn = np.stack([rng.choice(every, size, replace=False) for _ in range(groups)])
    drawn.sort(axis=1)
    return drawn


def _densest(days: Ints, every: Ints) -> tuple[Floats, Ints, Ints]:
    """Return of each group (a sorted row of days) the largest surprise, its first member's place, and its length."""
    from scipy.special import gammainc

    groups, size = days.shape
    # Rows are laid end to end, farther apart than any stretch, to be searched at once.
    apart = np.arange(groups)[:, None] * (np.ptp(every) + 2 * max(_STRETCHES) + 1)
    flat = (days - every[0] + apart).ravel()
    best, place, length = np.full(groups, -1.0), np.zeros(groups, dtype=np.int64), np.zeros(groups, dtype=np.int64)
    for stretch in _STRETCHES:
        # An earlier member of the same day opens the same stretch and counts them all.
        inside = np.searchsorted(flat, flat + stretch, side="left") - np.searchsorted(flat, flat, side="left")
        usual = np.searchsorted(every, days + stretch, side="left") - np.searchsorted(every, days, side="left")
        chance = gammainc(inside.reshape(days.shape), size * usual / len(every))
        surprise = -np.log10(np.maximum(chance, _FLOOR))
        top = surprise.argmax(axis=1)
        highest = surprise[np.arange(groups), top]
        better = highest > best
        best, place = np.where(better, highest, best), np.where(better, top, place)
        length = np.where(better, stretch, length)
    return best, place, length


def _sentence(first: int, length: int, of: tuple[int, int], expected: float, p: float) -> str:
    start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=first)
    when = f"on {start:%Y-%m-%d}" if length == 1 else f"in the {length} days from {start:%Y-%m-%d}"
    usual = f"{expected:.0f}" if expected >= 10 else f"{expected:.2g}"
    return (
        f"{of[0]} of {of[1]} were created {when}, where {usual} of as many accounts here would be; a group drawn at "
        f"random has so dense a stretch with a chance of {p:.2g}."
    )
