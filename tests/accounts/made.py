"""Made-up posts and accounts that keep the contracts, and short ways to ask one indicator about them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from cib.accounts import INDICATORS
from cib.accounts.history import History, gather
from cib.accounts.wording import compare, say
from cib.settings import AccountSettings
from cib.tables import ACCOUNTS, KINDS, POSTS

START = datetime(2020, 1, 6, tzinfo=UTC)
"""A Monday, midnight."""
HOSTILE = "<script>alert('x')</script>"


def posts(account: Sequence[int], at: Sequence[float | datetime], **columns: Sequence[Any] | pl.Series) -> pl.LazyFrame:
    """Return tables.POSTS: who posted when (seconds after START, or a time); other columns as given, or null."""
    times = [moment if isinstance(moment, datetime) else START + timedelta(seconds=moment) for moment in at]
    size = len(account)
    given = {
        "post": range(size),
        "account": account,
        "post_id": [f"p{row}" for row in range(size)],
        "account_id": [f"x:{one}" for one in account],
        "platform": ["x"] * size,
        "created_at": times,
        "kind": ["original"] * size,
        "source_file": ["made.csv"] * size,
        "source_row": range(2, size + 2),
    }
    return POSTS.shape(_typed(given | columns, POSTS.schema)).lazy()


def accounts(count: int, **columns: Sequence[Any] | pl.Series) -> pl.DataFrame:
    """Return tables.ACCOUNTS for accounts 0 to count - 1; other columns as given, or null."""
    given = {"account": range(count), "account_id": [f"x:{one}" for one in range(count)], "platform": ["x"] * count}
    return ACCOUNTS.shape(_typed(given | columns, ACCOUNTS.schema))


def _typed(columns: Mapping[str, Any], schema: pl.Schema) -> pl.DataFrame:
    return pl.DataFrame({name: pl.Series(list(values), dtype=schema[name]) for name, values in columns.items()})


def corpus(count: int = 110, *, seed: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return posts and accounts of all sorts: busy and nearly silent, with and without profile, hostile names."""
    rng = np.random.default_rng(seed)
    sizes = rng.choice([0, 1, 3, 60, 100, 200], count, p=[0.05, 0.05, 0.1, 0.3, 0.3, 0.2])
    who = np.repeat(np.arange(count), sizes)
    total = len(who)
    pace = rng.choice([300, 1_000, 20_000, 50_000], count)[who]
    gaps = np.where(rng.random(total) < 0.3, pace, rng.integers(0, 2 * pace))
    draw = rng.integers(0, 6, (5, total))
    made = posts(
        who.tolist(),
        (np.cumsum(gaps) % 10_000_000).tolist(),
        kind=[KINDS[kind % 4] for kind in draw[0]],
        text=[
            f"{HOSTILE} {word} of many {row % 3} https://t.co/{row}" if word else None
            for row, word in enumerate(draw[1] * draw[2])
        ],
        urls=[[HOSTILE] * (n // 3) for n in draw[2]],
        hashtags=[["tag"] * (n // 2) if n else None for n in draw[3]],
        mentions=[[f"{HOSTILE}{n}"] if n > 2 else [] for n in draw[4]],
        parent_account_id=[f"x:{n}" if n < 2 else None for n in draw[4]],
        parent_post_id=[f"p{max(0, row - n)}" if row % 5 else None for row, n in enumerate(draw[4])],
        client=[
            [None, "", "IFTTT", f"<a href='#'>{HOSTILE}</a>", "Phone", f"Own {one % 80}"][n]
            for n, one in zip(draw[3], who, strict=True)
        ],
    )
    return made.collect(), _profiles(count, rng)


def _profiles(count: int, rng: np.random.Generator) -> pl.DataFrame:
    handles = ["", HOSTILE, "Anna12345678", "Müller", "x1", "long_name_of_somebody"]
    created = [START - timedelta(days=int(day)) for day in rng.choice([-200, 1, 30, 31, 400], count)]

    def some(values: Sequence[Any]) -> list[Any]:
        return [None if rng.random() < 0.1 else value for value in values]

    return accounts(
        count,
        account_id=[f"x:{number}" if number % 9 else f"x:a{number}" for number in rng.permutation(10 * count)[:count]],
        handle=some([handles[n] for n in rng.integers(0, len(handles), count)]),
        name=[HOSTILE] * count,
        created_at=some(created),
        followers=some(rng.choice([0, 5, 2**62], count).tolist()),
        following=some(rng.choice([0, 5, 7], count).tolist()),
        post_count=some(rng.choice([0, 50, 2**62], count).tolist()),
        description=some([HOSTILE if n else " " for n in rng.integers(0, 2, count)]),
        default_profile=some(rng.random(count) < 0.3),
        label=["bot" if n else None for n in rng.integers(0, 2, count)],
    )


def history(
    made: pl.LazyFrame, profiles: pl.DataFrame | None = None, *, resolution_s: float = 1, min_posts: int = 2
) -> History:
    """Return what the indicators read; without profiles, accounts as many as post."""
    if profiles is None:
        profiles = accounts(made.select(pl.col("account").max()).collect().item() + 1)
    settings = AccountSettings(min_posts=min_posts)
    return gather(made, profiles, settings, resolution_s=resolution_s, seed=1)


def values(name: str, past: History) -> list[float | None]:
    """Return an indicator's value for each account, null where it does not apply."""
    return compare(INDICATORS[name], past)["value"].to_list()


def sentences(name: str, past: History) -> list[str]:
    """Return an indicator's sentence for each account."""
    indicator = INDICATORS[name]
    return say(indicator, compare(indicator, past))["sentence"].to_list()
