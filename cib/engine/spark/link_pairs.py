"""What executors do with shards of acts: answer, count, match, tell. Each takes and gives batches of Arrow rows.

Every function here hands slabs of whole shards to the functions of :mod:`cib.link` that the engine of one machine uses.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from cib.engine.spark.link_shards import BUCKET, COPY, ONE, OTHER, SHARD, Shards, arrow, slabs
from cib.link.count import account_keys, count_links, matches
from cib.link.evidence import MATCHES, facts_of, pairs_of, records_of, repeats
from cib.link.prune import answered
from cib.link.sweep import BYTES_PER_PAIR, Loops, Sweep, sweep
from cib.tables import PAIRS

__all__ = [
    "MATCHED",
    "Pairing",
    "all_inside",
    "answered_acts",
    "facts",
    "in_time",
    "paired",
    "pairs_inside",
    "pairs_written",
    "repeated_acts",
    "steps",
]

Batches: TypeAlias = Iterator[pa.RecordBatch]
Ints: TypeAlias = npt.NDArray[np.int64]
MATCHED: Final = "key long, object long, time_a long, time_b long, post_a long, post_b long, turned boolean, other long"
"""Spark's schema of pairs behind links: MATCHES; whether b's act is the earlier one; the object of the later act."""
_COUNTED: Final = ((1, 0), (-1, COPY), (-1, ONE), (-1, OTHER), (1, ONE | COPY), (1, OTHER | COPY))
"""Pairs of a bucket are all but those of two acts with a bit in common; what is taken away twice is given back."""
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Pairing:
    """How acts of shards are paired.

    Attributes
    ----------
    window, loops : as of :func:`cib.link.sweep.sweep`.
    memory : bound of the working memory, bytes.
    active : a broadcast of marks of the accounts that take part; None: all do.
    both : whether both ends of a pair must, or one.
    """

    window: timedelta | None
    loops: Loops
    memory: int
    active: Any = None
    both: bool = True

    def shards(self, batches: Batches) -> Shards:
        """Return the sweep of the shards of one part."""
        active = None if self.active is None else self.active.value
        return Shards(lambda: slabs(batches, SHARD), self.window, self.loops, active, self.both)

    @property
    def size(self) -> int:
        """Pairs that are looked at together."""
        return max(self.memory // 4 // BYTES_PER_PAIR, 1)

    def count(self, batches: Batches) -> Batches:
        """Count pairs of accounts on objects that are in one shard each: key, objects, pairs."""
        yield from arrow(count_links(self.shards(batches), 1, memory=self.memory))

    def count_apart(self, batches: Batches) -> Batches:
        """Count pairs of accounts on each object: key, object, pairs; a shard may hold a part of an object."""
        for part in self.shards(batches).parts():
            for batch in part.batches(min(self.size, 2**20)):
                left, _ = in_time(part, batch.left, batch.right)
                met = pl.DataFrame({"key": account_keys(part, batch), "object": part.object[left]})
                yield from arrow(met.group_by("key", "object").agg(pairs=pl.len().cast(pl.Int64)))

    def match(self, batches: Batches, keys: Any) -> Batches:
        """Find the pairs of acts whose accounts' key is among those that are broadcast: :data:`MATCHED`."""
        for part, one, other, key in matches(self.shards(batches), keys.value, self.size):
            left, right = in_time(part, one, other)
            records = records_of(part, left, right, key)
            found = pl.DataFrame({name: records[name] for name in MATCHES}, schema=MATCHES)
            yield from arrow(
                found.with_columns(
                    turned=pl.Series(part.account[left] > part.account[right]), other=pl.Series(part.object[right])
                )
            )


def in_time(part: Sweep, left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Return the pairs with the earlier act first; of two at one moment, that on the smaller object."""
    turned = (part.time[left] == part.time[right]) & (part.object[left] > part.object[right])
    return np.where(turned, right, left), np.where(turned, left, right)


def paired(batches: Batches, pairing: Pairing) -> Batches:
    """Give the posts that pair up, each once a slab."""
    for part in pairing.shards(batches).parts():
        pairs_up = np.zeros(len(part.acts), dtype=np.bool_)
        for batch in part.batches(pairing.size):
            pairs_up[batch.left] = True
            pairs_up[batch.right] = True
        yield from arrow(part.acts.filter(pl.Series(pairs_up)).select("post").unique())


def answered_acts(batches: Batches, width: int) -> Batches:
    """Give the acts that another account answers within `width` microseconds, without copies."""
    for slab in slabs(batches, BUCKET):
        shard = slab.select(pl.struct(BUCKET).rle_id()).to_series().to_numpy()
        marks = answered(shard, slab["account"].to_numpy(), slab["at"].to_numpy(), width)
        kept = slab.filter(pl.Series(marks) & (pl.col("bits") == 0))
        yield from arrow(kept.select("account", "object", "post", "at"))


def pairs_inside(batches: Batches, count: Callable[[pl.DataFrame], Ints]) -> Batches:
    """Give object and number of pairs inside the window in each shard, as `count` tells of the objects of TRACES."""
    for slab in slabs(batches, BUCKET):
        shard = pl.struct(BUCKET).rle_id()
        time = pl.from_epoch("at", "us").dt.replace_time_zone("UTC")
        acts = slab.select("account", "post", "bits", object=shard, time=time, thing="object")
        for sign, bits in _COUNTED:
            part = acts.filter(pl.col("bits") & bits == bits)
            if len(part):
                whose = part.group_by("object", maintain_order=True).agg(pl.col("thing").first())
                yield from arrow(whose.select(object="thing", near=sign * pl.Series(count(part))))


def all_inside(acts: pl.DataFrame, window: timedelta) -> Ints:
    """Return for each object its pairs of acts inside the window, those of one account too."""
    swept = sweep(acts, window)
    return np.add.reduceat(swept.reach, np.flatnonzero(np.diff(swept.object, prepend=-1)))


def steps(batches: Batches, origin: int) -> Batches:
    """Give the greatest common divisor of the times since the origin."""
    step = 0
    for batch in batches:
        step = int(np.gcd(step, np.gcd.reduce(batch.column(0).to_numpy() - origin)))
    yield from arrow(pl.DataFrame({"step": [step]}))


def repeated_acts(batches: Batches, window: timedelta) -> Batches:
    """Give account, post and reach of the acts that others of the account on the object match."""
    for slab in slabs(batches, ("account", "object")):
        acts = slab.with_columns(time=pl.from_epoch("at", "us").dt.replace_time_zone("UTC"))
        yield from arrow(repeats(acts, window))


def facts(batches: Batches, told: Any) -> Batches:
    """Give what the pairs behind links say of each; `told` is a broadcast of the fast window and the order."""
    fast, order = told.value
    for slab in slabs(batches, ("key",)):
        yield from arrow(facts_of(pairs_of(slab.select(list(MATCHES)).cast(pl.Schema(MATCHES))), fast, order))


def pairs_written(batches: Batches) -> Batches:
    """Give PAIRS of the pairs behind links."""
    for slab in slabs(batches, ("key",)):
        yield from arrow(
            PAIRS.check(pairs_of(slab.select(list(MATCHES)).cast(pl.Schema(MATCHES))).select(list(PAIRS.columns)))
        )
