"""Make data/synthetic: one made-up world, exported the way two platforms might. `python -m tests.docs.made`."""

import json
import tempfile
from pathlib import Path

import polars as pl
from click.testing import CliRunner

from cib.cli import main

ASKED = "--accounts 240 --posts 7 --days 14 --campaign 16@1 --decoy 8@newsroom --seed 5 --format csv"
FOLDER = Path(__file__).parents[2] / "data" / "synthetic"


def world() -> pl.DataFrame:
    """Return the posts of the world, every account with its platform: two of three are in the forum."""
    with tempfile.TemporaryDirectory() as folder:
        answer = CliRunner().invoke(main, ["simulate", *ASKED.split(), "--out", folder])
        assert answer.exit_code == 0, answer.output
        posts = pl.read_csv(Path(folder) / "posts.csv", infer_schema=False)
        public = pl.read_csv(Path(folder) / "accounts.csv", infer_schema=False)
    names = public.select("account_id", n=pl.col("account_id").rank("ordinal"))
    at = pl.col("created_at").str.to_datetime(time_zone="UTC")
    return posts.join(names, on="account_id", how="left").with_columns(at).sort("created_at", "post_id")


def forum(posts: pl.DataFrame) -> bytes:
    """Return two thirds of the accounts as a German forum exports them: cp1252, local times, two bad rows."""
    listed = [pl.col(name).str.json_decode(pl.List(pl.String)).list.join(" ") for name in ("urls", "hashtags")]
    rows = posts.filter(pl.col("n") % 3 > 0).with_row_index("row", offset=10_001)
    local = pl.col("created_at").dt.convert_time_zone("Europe/Berlin").dt.strftime("%d.%m.%Y %H:%M:%S")
    bad = (pl.col("row") == 10_501, pl.col("row") == 11_001)
    table = rows.select(
        pl.col("row").alias("Lfd. Nr."),
        pl.when(~bad[0]).then("account_id").alias("Verfasser/in"),
        pl.when(bad[1]).then(pl.lit("unbekannt")).otherwise(local).alias("Geschrieben am"),
        pl.col("text").alias("Beitrag"),
        listed[0].alias("Verweise"),
        listed[1].alias("Stichwörter"),
        pl.lit("Zürich und Süddeutschland").alias("Bereich"),
    )
    return table.write_csv(separator=";").encode("cp1252")


def channels(posts: pl.DataFrame) -> bytes:
    """Return the other third as a messenger's export: a JSON object a line, Unix seconds."""
    lines = [
        json.dumps(
            {"msg": row["post_id"], "channel": row["account_id"], "date": int(row["created_at"].timestamp()),
             "body": row["text"], "links": json.loads(row["urls"] or "[]"), "tags": json.loads(row["hashtags"] or "[]")}
        )
        for row in posts.filter(pl.col("n") % 3 == 0).to_dicts()
    ]  # fmt: skip
    return ("\n".join(lines) + "\n").encode()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    made = world()
    (FOLDER / "forum.csv").write_bytes(forum(made))
    (FOLDER / "channels.ndjson").write_bytes(channels(made))
