"""A small made-up corpus (synthetic: no real account or post) as an ordinary CSV file, with a planted campaign
in it."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

START = datetime(2020, 3, 1, tzinfo=UTC)
HEADER = ["id", "user", "created_at", "text", "kind", "parent", "urls", "hashtags", "lang"]
CAMPAIGN = [f"plant{n}" for n in range(8)]


def rows(seed: int = 0, *, campaign: bool = True) -> list[list[str]]:
    """Posts of 120 strangers, each with its own words and a few popular links, and of 8 accounts who post the
    same 12 texts and links within seconds."""
    rng = np.random.default_rng(seed)
    made: list[list[str]] = []

    def post(user: str, at: datetime, text: str, url: str, tag: str) -> None:
        made.append([f"p{len(made)}", user, at.isoformat(), text, "", "", url, tag, "en"])

    popular = rng.pareto(1.2, 40) + 0.2
    for n in range(1500):
        at = START + timedelta(seconds=int(rng.integers(0, 20 * 86400)))
        page = rng.choice(40, p=popular / popular.sum())
        post(
            f"person{rng.integers(0, 120)}",
            at,
            f"my own thought number {n} on the matter",
            f"https://news.example/{page}",
            f"topic{page % 9}",
        )
    for item in range(12 if campaign else 0):
        at = START + timedelta(days=item, hours=int(rng.integers(0, 24)))
        for user in CAMPAIGN:
            text = f"everybody has to read story {'abcdefghijkl'[item]} before the vote"
            post(user, at + timedelta(seconds=int(rng.integers(0, 40))), text, f"https://plant.example/{item}", "vote")
    return sorted(made, key=lambda row: row[2])


def write(
    folder: Path, seed: int = 0, *, campaign: bool = True, extra: tuple[list[str], ...] = (), config: str = ""
) -> Path:
    """Write the corpus and a config for it; return the config's path."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "posts.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *rows(seed, campaign=campaign), *extra])
    path = folder / "made.toml"
    path.write_text(
        f'[input]\nfiles = ["posts.csv"]\n\n[layers.url]\n[layers.text]\n[layers.hashtag]\n{config}', encoding="utf-8"
    )
    return path
