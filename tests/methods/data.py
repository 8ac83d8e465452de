"""The rows that tools and oracles are given: the project's data sets, and made-up ones."""

import csv
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from tests.methods.oracle import Share, Timed

__all__ = ["GERMAN", "RUSSIAN", "german", "random_messages", "random_shares", "russian", "sample_messages"]

_ROOT = Path(__file__).parents[2]
RUSSIAN = _ROOT / "data" / "coortweet" / "russian_coord_tweets.parquet"
GERMAN = _ROOT / "data" / "coortweet" / "german_elections.parquet"
SAMPLE = _ROOT / "tests" / "data" / "methods" / "toolkit_sample.csv"

_WORDS = ("Vote now", "vote  NOW", "@you vote now", "@you @me", "", "a good day, it's", "A GOOD day, it's", "Привет")


@cache
def russian() -> tuple[Share, ...]:
    """Every row of the Russian set, repeats included."""
    frame = pl.read_parquet(RUSSIAN).select("object_id", "account_id", "content_id", "timestamp_share")
    return tuple(Share(*row) for row in frame.iter_rows())


@cache
def german(column: str) -> tuple[Share, ...]:
    """The German set with one column as the object, as its authors' example has it: unique rows, no empty objects.

    Objects get a prefix, because ids of posts and of objects are small numbers and must not meet.
    """
    shown = (pl.lit(f"{column}:") + pl.col(column).cast(pl.String)).alias("object")
    frame = pl.read_parquet(GERMAN).filter(pl.col(column).is_not_null())
    frame = frame.select(shown, "account_id", pl.col("post_id").cast(pl.String), "timestamp")
    return tuple(Share(*row) for row in frame.unique(maintain_order=True).iter_rows())


@cache
def sample_messages() -> tuple[Timed, ...]:
    """The toolkit's own example, as its CSV reader takes it: cells of links cut at blanks."""
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return tuple(
        Timed(row[0], row[1], float(row[6]), row[5], row[3] or None, row[4] or None, row[7].split(" ")) for row in rows
    )


def random_shares(rng: np.random.Generator, n: int = 40) -> list[Share]:
    """Few accounts, objects and seconds: ties, repeated rows, posts on several objects, posts that are objects."""
    accounts = rng.integers(0, 7, n)
    times = rng.integers(0, 25, n)
    rows: list[Share] = []
    for post in range(n):
        names = rng.choice(5, size=int(rng.integers(1, 3)), replace=False)
        objects = [f"p{rng.integers(0, n)}" if name == 4 else f"o{name}" for name in names]
        rows += [Share(name, f"u{accounts[post]}", f"p{post}", float(times[post])) for name in objects]
    return rows + [rows[int(i)] for i in rng.integers(0, len(rows), 4)]


def random_messages(rng: np.random.Generator, n: int = 60) -> list[Timed]:
    """Originals, reposts and replies of a few accounts within a minute, with few texts and links."""
    made = []
    for number in range(n):
        repost, reply = rng.integers(0, 4, 2)
        made.append(
            Timed(
                message=f"m{number}",
                account=f"u{rng.integers(0, 6)}",
                time=float(rng.integers(0, 40)),
                text=str(rng.choice(_WORDS)),
                repost_of=f"a{repost}" if repost < 2 else None,
                reply_to=f"b{reply}" if reply < 2 and repost >= 2 else None,
                urls=[f"http://x.org/{k}" for k in rng.choice(4, size=int(rng.integers(0, 3)), replace=False)],
            )
        )
    return made
