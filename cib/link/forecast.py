"""What linking will cost, known exactly before it starts; and what to change where it does not fit.

The sweep knows the pairs inside the window without writing them out. What counting them puts into memory and on disk
follows (see :mod:`cib.link.count`), and for edges of one object also the evidence, which then is all pairs.
"""

import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.errors import RunError
from cib.link.acts import BYTES_PER_ACT
from cib.link.parts import Parts, Swept
from cib.link.prune import SHELVED, Shelves, prune
from cib.link.sweep import BYTES_PER_PAIR, Sweep, repeated
from cib.settings import LayerSettings

__all__ = [
    "BYTES_PER_PAIR_PILED",
    "BYTES_PER_PAIR_WRITTEN",
    "Forecast",
    "Limits",
    "check",
    "check_evidence",
    "forecast",
]

Ints: TypeAlias = npt.NDArray[np.int64]
BYTES_PER_PAIR_WRITTEN: Final = 24
"""A pair of the evidence on disk, compressed (measured: 18 to 23)."""
BYTES_PER_PAIR_PILED: Final = 36
"""A pair of the evidence on disk while it is sorted, if not all fit into a quarter of the memory."""
_BYTES_PER_KEY: Final = 8
_BYTES_PER_REPEATED: Final = 16
"""A pair on an object on which some account repeats itself, at most."""
_SHORTER: Final = (2, 5, 20)
"""What windows the advice divides by."""
_CAPS: Final = 3
_S_PER_ACT: Final = 1.0e-6
_S_PER_PAIR: Final = 0.5e-6
"""Processor seconds (measured: bench/scale.py, which holds each forecast against what came)."""
_LIBRARIES: Final = 2 * 10**8
_BYTES_PER_OBJECT: Final = 45
_BYTES_PER_ACT: Final = 16
"""Of what is held beside the working memory: objects' degrees and shares, and who acted on what, at most."""


@dataclass(frozen=True)
class Forecast:
    """What linking a layer costs, from its sweep on.

    Attributes
    ----------
    pairs : pairs of acts inside the window, an account's own repetitions included: exact.
    bytes_memory : memory with which counting puts nothing on disk, at most.
    bytes_disk : bytes that pruning and counting put on disk with the memory that there is, at most, the evidence of
        edges of one object included.
    acts : acts that are swept.
    bytes_peak : what the process takes at most, the libraries included; the edges come on top, 300 bytes each.
    """

    pairs: int
    bytes_memory: int
    bytes_disk: int
    acts: int = 0
    bytes_peak: int = 0

    @property
    def seconds(self) -> float:
        """How long it takes on one core of 2020 or later, within a factor of three (docs/scale.md)."""
        return self.acts * _S_PER_ACT + self.pairs * _S_PER_PAIR

    def sentence(self, name: str) -> str:
        """Return the forecast in words."""
        return (
            f"Layer {name}: {self.pairs:,} pairs of {self.acts:,} acts lie inside the window. Linking them takes about "
            f"{self.seconds:,.0f} s, {_gb(self.bytes_peak)} of memory, up to {_gb(self.bytes_disk)} on disk, and then "
            f"{BYTES_PER_PAIR_WRITTEN + BYTES_PER_PAIR_PILED} bytes for each pair of an edge."
        )


@dataclass(frozen=True)
class Limits:
    """What may be used, bytes.

    Attributes
    ----------
    memory : working memory.
    disk : what may be put on disk.
    scratch : the folder where; None: the system's. What is free there is a limit too.
    """

    memory: int
    disk: int
    scratch: Path | None = None

    @property
    def room(self) -> int:
        """Bytes that can be put on disk."""
        return min(self.disk, self.free)

    @property
    def free(self) -> int:
        """Bytes that are free there."""
        return shutil.disk_usage(self.scratch or tempfile.gettempdir()).free


def forecast(swept: Swept, min_objects: int, memory: int) -> Forecast:
    """Return what counting the pairs of a sweep will cost; linear in acts.

    Examples
    --------
    >>> from datetime import datetime, timedelta, timezone
    >>> from cib.link.sweep import sweep
    >>> at = datetime(2020, 1, 1, tzinfo=timezone.utc)
    >>> acts = pl.DataFrame({"account": [0, 1, 2], "object": [7, 7, 7], "post": [0, 1, 2], "time": [at, at, at]})
    >>> forecast(sweep(acts, timedelta(seconds=10)), 2, memory=10**6)
    Forecast(pairs=3, bytes_memory=48, bytes_disk=0, acts=3, bytes_peak=0)
    """
    total = more = different = acts = 0
    for part in swept.parts():
        number, pairs = _by_object(part)
        again = number if part.owner is not None else part.object[repeated(part.object, part.account)]
        more += int(pairs[np.isin(number, again)].sum()) * (_BYTES_PER_REPEATED - _BYTES_PER_KEY)
        total += int(pairs.sum())
        different += _pairs_of_two(part, int(pairs.sum())) if min_objects == 1 else 0
        acts += len(part.acts)
    counting = total * _BYTES_PER_KEY + more
    disk = different * BYTES_PER_PAIR_WRITTEN + (counting if 2 * counting > memory else 0)
    disk += acts * BYTES_PER_ACT if acts * BYTES_PER_ACT > memory // SHELVED else 0
    return Forecast(total, 2 * counting, disk, acts)


def check(swept: Swept, objects: pl.DataFrame, layer: LayerSettings, *, name: str, limits: Limits) -> Forecast:
    """Return the forecast of a layer's sweep, or raise with advice if it does not fit.

    Parameters
    ----------
    swept : the sweep whose pairs are to be counted.
    objects : OBJECTS.
    layer, name : the layer's settings and name.
    limits : what may be used.

    Raises
    ------
    RunError
        More would go to disk than there is room. The message names the pairs, the most popular objects' share of them,
        and what a cap on popularity, a shorter window or more objects to an edge would leave, all counted in this data.
    """
    cost = forecast(swept, layer.min_objects, limits.memory)
    beside = _LIBRARIES + _BYTES_PER_OBJECT * len(objects) + _BYTES_PER_ACT * cost.acts
    cost = replace(cost, bytes_peak=beside + min(cost.bytes_memory, limits.memory))
    if cost.bytes_disk <= limits.room:
        return cost
    msg = (
        f"Layer '{name}': {cost.pairs:,} pairs of acts lie inside the window. To link them takes up to "
        f"{_gb(cost.bytes_disk)} on disk, and {_room(limits)}. {_viral(swept, objects)} Try one of these in "
        f"[layers.{name}]: {'; '.join([*_capped(swept, objects), *_shorter(swept, layer), *_stricter(swept, layer)])}. "
        "Or allow more: memory and disk in [run]."
    )
    raise RunError(msg)


def check_evidence(links: pl.DataFrame, *, name: str, limits: Limits) -> None:
    """Raise if the evidence of the links that were found does not fit on disk; they are counted, so this is exact.

    Raises
    ------
    RunError
        The sentence names the pairs, and how many would be left with more objects to an edge.
    """
    pairs = int(links["pairs"].sum())
    piled = pairs * BYTES_PER_PAIR > limits.memory // 4
    each = BYTES_PER_PAIR_WRITTEN + BYTES_PER_PAIR_PILED * piled
    if pairs * each <= limits.room:
        return
    fewest = int(links["objects"].cast(pl.Int64).min() or 0)  # type: ignore[arg-type]
    left = [
        f"min_objects = {more} leaves {len(some):,} edges and {some['pairs'].sum():,} pairs"
        for more in range(fewest + 1, fewest + 4)
        for some in [links.filter(pl.col("objects") >= more)]
    ]
    msg = (
        f"Layer '{name}': the evidence of its {len(links):,} edges is {pairs:,} pairs of posts, about "
        f"{_gb(pairs * each)} on disk, and {_room(limits)}. Set a higher min_objects in "
        f"[layers.{name}]: {'; '.join(left)}. Or allow more: disk in [run]."
    )
    raise RunError(msg)


def _room(limits: Limits) -> str:
    if limits.disk <= limits.free:
        return f"disk in [run] allows {_gb(limits.disk)}"
    return f"only {_gb(limits.free)} are free there"


def _gb(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 10**8 else f"{size:,} bytes"


def _by_object(swept: Sweep) -> tuple[Ints, Ints]:
    """Return the objects' numbers, ascending, and how many pairs inside the window each has."""
    whose = swept.object if swept.owner is None else swept.object[swept.owner]
    starts = np.flatnonzero(np.concatenate((np.ones(min(len(whose), 1), np.bool_), whose[1:] != whose[:-1])))
    return whose[starts], np.add.reduceat(swept.reach, starts) if len(starts) else swept.reach


def _pairs_of_two(swept: Sweep, total: int) -> int:
    """Return the pairs without those of an account with itself, where they are no pairs."""
    if swept.loops == "keep" or swept.owner is not None:
        return total
    return total - int(swept.self_pairs(int(swept.object.max(initial=-1)) + 1).sum())


def _popularity(swept: Swept, objects: pl.DataFrame) -> tuple[Ints, Ints]:
    """Return accounts and pairs of each object that has any, the most popular first."""
    number, pairs = (np.concatenate(column) for column in zip(*map(_by_object, swept.parts()), strict=True))
    accounts = objects["accounts"].to_numpy().astype(np.int64)[number]
    order = np.argsort(-accounts, kind="stable")
    return accounts[order], pairs[order]


def _viral(swept: Swept, objects: pl.DataFrame) -> str:
    accounts, pairs = _popularity(swept, objects)
    few = max(len(accounts) // 1000, 1)
    share = pairs[:few].sum() / pairs.sum()
    which = f"The {few:,} most popular of {len(accounts):,} objects ({accounts[few - 1]:,} accounts and more)"
    return f"{which} hold {share:.0%} of them."


def _capped(swept: Swept, objects: pl.DataFrame) -> list[str]:
    """Say what the three highest round caps would leave that leave less than half."""
    accounts, pairs = _popularity(swept, objects)
    grid = [digit * 10**power for power in range(9, 0, -1) for digit in (5, 2, 1)]
    left = [(cap, int(pairs[accounts <= cap].sum())) for cap in grid]
    some = [(cap, n) for cap, n in left if 2 * n < pairs.sum()][:_CAPS]
    return [f"max_accounts = {cap} leaves {n:,} pairs" for cap, n in some]


def _shorter(swept: Swept, layer: LayerSettings) -> list[str]:
    """Say what shorter windows would leave; only the sweep of one object's acts can be asked."""
    if layer.window is None or not isinstance(swept, Parts):
        return []
    windows = [layer.window / by for by in _SHORTER]
    return [f'window = "{_seconds(w)}" leaves {_pairs(Parts(swept.acts, w)):,} pairs' for w in windows]


def _pairs(swept: Swept) -> int:
    return sum(part.n_pairs for part in swept.parts())


def _seconds(window: timedelta) -> str:
    return f"{window.total_seconds():.6f}".rstrip("0").rstrip(".") + "s"


def _stricter(swept: Swept, layer: LayerSettings) -> list[str]:
    """Say what more objects to an edge would leave, by pruning alone."""
    if not isinstance(swept, Parts) or layer.loops == "keep":
        return []
    said = []
    for n in (layer.min_objects + 1, layer.min_objects + 3):
        with Shelves() as shelves:
            left = _pairs(Parts(prune(swept.acts, n, layer.window, shelves), layer.window))
        said.append(f"min_objects = {n} leaves {left:,} pairs")
    return said
