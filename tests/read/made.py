"""What the tests of reading share: write a file, read it, look at what came out."""

import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cib.read import ReadSummary, read
from cib.settings import InputSettings
from cib.tables import ACCOUNTS, LEDGER, POSTS

DATA = Path(__file__).parents[1] / "data" / "read"
MEMORY = 200_000_000


@dataclass(frozen=True)
class Result:
    """The tables that a call of read wrote."""

    summary: ReadSummary
    posts: pl.DataFrame
    accounts: pl.DataFrame
    ledger: pl.DataFrame
    quarantine: list[dict]

    def column(self, name: str) -> list:
        return self.posts[name].to_list()

    def went(self) -> dict[str, int]:
        """Reason -> rows that went for it."""
        lost = self.ledger.filter(pl.col("rows_out") < pl.col("rows_in"))
        return {row["reason"]: row["rows_in"] - row["rows_out"] for row in lost.to_dicts()}


def read_files(*files: Path | str, out: Path, memory: int = MEMORY, **settings) -> Result:
    """Read files that are there."""
    out.mkdir(parents=True)
    chosen = InputSettings(files=tuple(str(file) for file in files), **settings)
    summary = read(chosen, root=out.parent, out=out, memory=memory)
    assert sorted(path.name for path in out.iterdir()) == [
        "accounts.parquet",
        "ledger.parquet",
        "posts.parquet",
        "quarantine.ndjson",
    ]
    posts = POSTS.check(pl.read_parquet(out / "posts.parquet"))
    accounts = ACCOUNTS.check(pl.read_parquet(out / "accounts.parquet"))
    assert posts["post"].to_list() == list(range(len(posts)))
    assert accounts["account_id"].to_list() == sorted(posts["account_id"].unique())
    assert accounts["account"].to_list() == list(range(len(accounts)))
    numbers = dict(accounts.select("account_id", "account").rows())
    assert posts["account"].to_list() == [numbers[account] for account in posts["account_id"]]
    quarantine = [json.loads(line) for line in (out / "quarantine.ndjson").read_text("utf-8").splitlines()]
    assert summary.refused == len(quarantine)
    return Result(summary, posts, accounts, LEDGER.check(pl.read_parquet(out / "ledger.parquet")), quarantine)


def read_text(text: str | bytes, folder: Path, name: str = "posts.csv", **settings) -> Result:
    """Write one file and read it."""
    (folder / name).write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return read_files(folder / name, out=folder / "out", **settings)


def read_json(values: list, folder: Path, name: str = "posts.json", *, lines: bool = True, **settings) -> Result:
    """Write JSON documents, one a line or as a list, and read them."""
    text = "\n".join(json.dumps(value) for value in values) if lines else json.dumps(values, indent=1)
    return read_text(text, folder, name, **settings)


def picked(got: Result, *columns: str) -> list[tuple]:
    """Return these columns of the posts, a tuple a post."""
    return got.posts.select(columns).rows()
