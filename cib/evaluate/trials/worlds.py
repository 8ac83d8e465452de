"""Worlds: the user's data as collected, shuffled, or with campaigns planted in it, as runs that have just been read.

A planted copy is the table of posts with the planted ones after it, and the table of accounts with the planted ones in
its order: what reading the files of ``cib simulate --into`` gives, without reading the data again. Shuffles are those
of a run's own control (:mod:`cib.pipeline.control`).
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import polars as pl

from cib.evaluate.simulate import Corpus, corpus, plant
from cib.pipeline.control import shuffled
from cib.pipeline.stages import given_for, in_order, trace_layer
from cib.pipeline.state import Job, State
from cib.pipeline.store import Artefact, Store
from cib.pipeline.texts import name_texts
from cib.settings import Settings
from cib.settings.world import CampaignSettings
from cib.tables import ACCOUNTS, POSTS

__all__ = ["Ground", "World", "planted_read", "traced"]

Kind: TypeAlias = Literal["collected", "shuffled", "planted"]
_FILE: Final = "planted"
"""Stands in the posts' table for the file that planted posts come from."""
_BATCH: Final = 200_000


@dataclass(frozen=True)
class World:
    """One world.

    Attributes
    ----------
    kind : the data as collected, shuffled, or with campaigns planted in them.
    number : of the shuffle, or of the copy.
    seed : of what is planted.
    repetition : of the ladder that a copy belongs to.
    campaigns : settings of what is planted, by name.
    """

    kind: Kind
    number: int = 0
    seed: int = 0
    repetition: int = 0
    campaigns: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Ground:
    """The user's data as they were read.

    Attributes
    ----------
    root : folder that the config's files are relative to.
    cache : folder of the artefacts that all worlds share.
    read : posts and accounts.
    seed : of the sample of real posts that planted ones are made of.
    """

    root: Path
    cache: Path
    read: Artefact
    seed: int

    @cached_property
    def corpus(self) -> Corpus:
        """What planting needs to know of the real posts."""
        return corpus(pl.scan_parquet(self.read.file("posts.parquet"), glob=False), self.seed)

    def state(self, settings: Settings, store: Store, read: Artefact | None = None) -> State:
        """Return a run of these settings that has read its posts."""
        job = Job("", settings, self.root, store.folder)
        state = State(job, store, lambda _: None, in_order(settings.active_layers))
        state.read = self.read if read is None else read
        state.given = given_for(settings, self.root)
        return state


def traced(ground: Ground, world: World, settings: Settings, store: Store) -> State:
    """Return a run on a world, with its traces made."""
    read = planted_read(ground, world, store) if world.kind == "planted" else None
    state = ground.state(settings, store, read)
    name_texts(state)
    for name in state.layers:
        trace_layer(state, name)
    if world.kind == "shuffled":
        _shuffle(state, world.number)
    return state


def _shuffle(state: State, number: int) -> None:
    """Put shuffled traces in place of a run's own."""
    made: dict[str, Artefact] = {}
    for name, (traces, objects) in shuffled(state, number):
        real, layer = state.traced[name], state.layers[name]
        how = [number, state.job.settings.run.seed, layer.window is None, layer.weight == "agreement"]

        def build(
            out: Path, real: Artefact = real, traces: pl.DataFrame = traces, objects: pl.DataFrame = objects
        ) -> dict[str, Any]:
            traces.write_parquet(out / "traces.parquet", compression="lz4")
            objects.write_parquet(out / "objects.parquet", compression="lz4")
            pl.read_parquet(real.file("own.parquet"), glob=False).write_parquet(out / "own.parquet")
            pl.read_parquet(real.file("order.parquet"), glob=False).clear().write_parquet(out / "order.parquet")
            return real.meta

        made[name] = state.make("traces", f"{name}.shuffled", {"traces": real.key, "how": how}, build)
    state.traced |= made


def planted_read(ground: Ground, world: World, store: Store) -> Artefact:
    """Return the posts and accounts of a planted copy, and `planted.parquet`: account and name of each campaign's."""

    def build(out: Path) -> dict[str, Any]:
        plans = {name: CampaignSettings.model_validate(plan) for name, plan in world.campaigns.items()}
        posts, profiles, truth = plant(ground.corpus, plans, world.seed)
        known = pl.read_parquet(ground.read.file("accounts.parquet"), glob=False)
        accounts = _everybody(known, profiles)
        new = _numbered(posts, accounts, ground.read.meta["posts"])
        _write_posts(ground.read.file("posts.parquet"), _moved(known, accounts), new, out / "posts.parquet")
        accounts.write_parquet(out / "accounts.parquet", compression="lz4")
        named = truth.join(accounts.select("account_id", "account"), on="account_id").select("account", "name")
        named.write_parquet(out / "planted.parquet")
        times = new["created_at"].to_list()
        read = ground.read.meta
        first, last = (datetime.fromisoformat(read[name]) for name in ("first_at", "last_at"))
        span = {"first_at": min(first, *times).isoformat(), "last_at": max(last, *times).isoformat()}
        return read | span | {"posts": read["posts"] + len(new), "accounts": len(accounts)}

    made_from = {"read": ground.read.key, "seed": world.seed, "campaigns": world.campaigns, "sample": ground.seed}
    return store.make("read", "planted", made_from, build)


def _everybody(known: pl.DataFrame, profiles: pl.DataFrame) -> pl.DataFrame:
    """Return ACCOUNTS of real and planted accounts, numbered anew in the order of their ids."""
    new = profiles.select(
        pl.concat_str("platform", pl.lit(":"), "account_id").alias("account_id"),
        "platform",
        created_at="account_created_at",
    )
    both = pl.concat([known.drop("account"), new], how="diagonal_relaxed").sort("account_id").with_row_index("account")
    return ACCOUNTS.shape(both)


def _numbered(planted: pl.DataFrame, accounts: pl.DataFrame, first: int) -> pl.DataFrame:
    """Return POSTS of the planted posts, numbered from `first`."""
    new = planted.with_row_index("post", offset=first).with_columns(
        account_id=pl.concat_str("platform", pl.lit(":"), "account_id"),
        parent_account_id=pl.concat_str("platform", pl.lit(":"), "parent_account_id"),
        source_file=pl.lit(_FILE),
        source_row=pl.int_range(2, pl.len() + 2, dtype=pl.UInt32),
    )
    return POSTS.shape(
        new.join(accounts.select("account_id", "account"), on="account_id", how="left", maintain_order="left")
    )


def _moved(known: pl.DataFrame, accounts: pl.DataFrame) -> pl.Series:
    """Return the new number of each account by its old one."""
    both = known.select("account", "account_id").join(accounts.select("account_id", new="account"), on="account_id")
    return both.sort("account")["new"]


def _write_posts(real: Path, number: pl.Series, new: pl.DataFrame, path: Path) -> None:
    """Write the real posts as they are, their accounts numbered anew, then the new ones; memory is that of a batch."""
    import pyarrow.parquet as pq

    source = pl.scan_parquet(real, glob=False)
    rows = source.select(pl.len()).collect().item()
    schema = POSTS.empty().to_arrow().schema
    with pq.ParquetWriter(path, schema, compression="lz4") as writer:
        for first in range(0, rows, _BATCH):
            batch = source.slice(first, _BATCH).collect()
            moved = batch.with_columns(account=number.gather(batch["account"]))
            writer.write_table(moved.select(list(POSTS.columns)).to_arrow().cast(schema))
        writer.write_table(new.to_arrow().cast(schema))
