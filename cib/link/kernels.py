"""The ways to link two accounts: the same object inside a window, objects alike over all time, texts nearly the same.

A kernel takes the acts that count and returns the links it finds (pairs of accounts) with the sweep whose pairs of acts
are their evidence. Adding one is one function and one line in :data:`KERNELS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.link.acts import Acts
from cib.link.count import PACK, count_links
from cib.link.forecast import Limits, check, check_evidence
from cib.link.near import near_sweep
from cib.link.parts import Parts, Swept, participating
from cib.link.product import product
from cib.link.sweep import BYTES_PER_PAIR
from cib.settings import LayerSettings

__all__ = ["KERNELS", "Beside", "Linking", "Work", "counting"]

Ints: TypeAlias = npt.NDArray[np.int64]
_LONG_S: Final = 20.0
"""Work that takes as long is told beforehand, seconds."""


@dataclass(frozen=True)
class Beside:
    """What a layer's traces do not tell, but linking may need.

    Attributes
    ----------
    order : of each account, its place in the input; decides which of two posts at one moment came first.
    own : (object, post) of posts that are themselves the object; they make no pair where loops are dropped by id.
    scratch : folder for what does not fit into memory; None: the system's.
    disk : bound on what may be put there, bytes.
    tell : is told, before it begins, what long work will take.
    """

    order: Ints | None = None
    own: pl.DataFrame | None = None
    scratch: Path | None = None
    disk: int = 10**12
    tell: Callable[[str], None] = lambda _: None

    @classmethod
    def of(cls, order: pl.DataFrame, own: pl.DataFrame, scratch: Path, disk: int) -> "Beside":
        """Return what goes beside traces whose `order` has account and first, `own` object and post."""
        places = None
        if not order.is_empty():
            places = np.zeros(int(order["account"].max() or 0) + 1, dtype=np.int64)  # type: ignore[arg-type]
            places[order["account"].to_numpy()] = order["first"].to_numpy()
        return cls(places, own, scratch, disk)


@dataclass(frozen=True)
class Work:
    """What a kernel works on.

    Attributes
    ----------
    kept : acts that can be part of a link.
    busy : acts of the accounts that take part, before pruning.
    objects : OBJECTS.
    layer, name : the layer's settings and name.
    memory : bound on working memory, bytes.
    beside : what else is known.
    """

    kept: Acts
    busy: Acts
    objects: pl.DataFrame
    layer: LayerSettings
    name: str
    memory: int
    beside: Beside


@dataclass(frozen=True)
class Linking:
    """What a kernel finds.

    Attributes
    ----------
    swept : the pairs of acts that are the evidence.
    links : key, objects, pairs and perhaps similarity, sorted by key.
    n_pairs : pairs of acts inside the window, an account's own repetitions included.
    """

    swept: Swept
    links: pl.DataFrame
    n_pairs: int


Kernel: TypeAlias = Callable[[Work], Linking]


def _by_sweep(work: Work) -> Linking:
    return _counted(Parts(work.kept, work.layer.window, loops=work.layer.loops, own=work.beside.own), work)


def _by_near(work: Work) -> Linking:
    return _counted(near_sweep(work.kept.frame(), work.objects, work.layer, memory=work.memory), work)


def _by_similarity(work: Work) -> Linking:
    alike = product(work.busy.frame(), work.layer, memory=work.memory)
    links = alike.select(
        key=pl.col("a").cast(pl.Int64) * PACK + pl.col("b"),
        objects="overlap",
        pairs=pl.col("overlap").cast(pl.UInt64),
        similarity="similarity",
    )
    swept = Parts(work.kept, None)
    return Linking(swept, links, sum(part.n_pairs for part in swept.parts()))


def _counted(swept: Swept, work: Work) -> Linking:
    layer, beside = work.layer, work.beside
    limits = Limits(work.memory, beside.disk, beside.scratch)
    cost = check(swept, work.objects, layer, name=work.name, limits=limits)
    if cost.seconds >= _LONG_S:
        beside.tell(cost.sentence(work.name))
    swept = counting(swept, work.busy, layer, work.memory)
    links = count_links(swept, layer.min_objects, memory=work.memory, scratch=beside.scratch)
    check_evidence(links, name=work.name, limits=limits)
    return Linking(swept, links, cost.pairs)


def counting(swept: Swept, acts: Acts, layer: LayerSettings, memory: int) -> Swept:
    """Return the sweep of the accounts that have the layer's ``min_acts`` in posts that pair up."""
    if layer.min_acts <= 1:
        return swept
    active = participating(swept, acts, layer.min_acts, size=max(memory // BYTES_PER_PAIR, 1))
    return swept.counting(active, both=layer.participation == "both")


KERNELS: Final[dict[str, Kernel]] = {"sweep": _by_sweep, "similarity": _by_similarity, "near": _by_near}
