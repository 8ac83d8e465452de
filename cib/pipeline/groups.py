"""The stage that describes the members of each network together: their indicators, their creation, their timing."""

from pathlib import Path
from typing import Any

import polars as pl

from cib.accounts.creation import created_together
from cib.accounts.groups import compare_networks
from cib.accounts.timing import co_timing
from cib.pipeline.publish import write_co_timing, write_table
from cib.pipeline.state import State
from cib.tables import NETWORK_CREATION, NETWORK_INDICATORS, NETWORK_TIMING

__all__ = ["describe_networks", "write_groups"]


def describe_networks(state: State) -> None:
    """Describe each network's members together, and test when they act: two artefacts, since that takes longer."""
    settings, found = state.job.settings, state.judged
    members = found.file("members.parquet")

    def describe(out: Path) -> dict[str, Any]:
        indicators = pl.read_parquet(state.described.file("indicators.parquet"))
        accounts = pl.read_parquet(state.read.file("accounts.parquet"))
        alike = compare_networks(indicators, pl.read_parquet(members))
        alike.write_parquet(out / "network_indicators.parquet")
        created = created_together(accounts, pl.read_parquet(members), seed=settings.run.seed)
        created.write_parquet(out / "network_creation.parquet")
        return {"rows": [len(indicators), len(alike)]}

    def time(out: Path) -> dict[str, Any]:
        timed = co_timing(
            pl.scan_parquet(state.read.file("posts.parquet")), pl.read_parquet(members), settings.co_timing,
            resolution_s=state.read.meta["resolution_s"], seed=settings.run.seed,
        )  # fmt: skip
        timed.networks.write_parquet(out / "network_timing.parquet")
        timed.pairs.write_parquet(out / "co_timing.parquet")
        return {"rows": [state.read.meta["posts"], len(timed.pairs)]}

    seed = settings.run.seed
    made_from = {"described": state.described.key, "found": found.key, "seed": seed}
    state.compared = state.make("accounts", "networks", made_from, describe)
    made_from = {"read": state.read.key, "found": found.key, "seed": seed}
    made_from |= {"settings": settings.co_timing.model_dump(mode="json")}
    state.timed = state.make("accounts", "timing", made_from, time)


def write_groups(state: State, accounts: pl.DataFrame, folder: Path) -> None:
    """Write the tables of this stage into the run folder."""
    for made, table in (
        (state.compared, NETWORK_INDICATORS),
        (state.compared, NETWORK_CREATION),
        (state.timed, NETWORK_TIMING),
    ):
        name = f"{table.name}.parquet"
        write_table(pl.read_parquet(made.file(name)), table, folder / name)
    write_co_timing(pl.read_parquet(state.timed.file("co_timing.parquet")), accounts, folder / "co_timing.parquet")
