"""Accounts of the Internet Research Agency mixed with ordinary ones of the same days: what tells them apart.

Mixtures of public data (data/README.md says where they are published): conversations about two events of 2015 with the
agency's English accounts of the same days, a crowd of 70 minutes with those of the week around it, and all three with
the agency's English posts of the three calendar months. Both sides go through one reader: who, when, what text; links,
hashtags and mentions as the text has them; a repost is what begins with 'RT @' or is marked so. Times are cut to the
minute, since the agency's are.

Each mixture is made twice. *As collected*, accounts have the posts that they have; *matched*, each of the agency's
accounts is left with as many posts, drawn at random, as an ordinary account drawn at random has. Beside the columns of
the table scores stand baselines that ask nothing of coordination: the number of posts; and the share of the agency's
accounts among those of the same main language, and of the same day, which are read off the labels, and so are the best
that they can be.

Prints Markdown; intervals are 95 % of a bootstrap over accounts, both sides drawn apart.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from worlds import ROOT, found

from cib.evaluate.curve import curve_of, order_of

DRAWS: Final = 1000
HEBDO, WINGS, CROWD = "charliehebdo", "germanwings-crash", ""
MIXTURES: Final = {
    "Charlie Hebdo, 7 to 15 January 2015": ([HEBDO], [("2015-01-07", "2015-01-16")]),
    "Germanwings, 24 March to 1 April 2015": ([WINGS], [("2015-03-24", "2015-04-02")]),
    "boxing match, 21 to 28 August 2017": ([CROWD], [("2017-08-21", "2017-08-29")]),
    "all three, whole months": (
        [HEBDO, WINGS, CROWD],
        [("2015-01-01", "2015-02-01"), ("2015-03-01", "2015-04-02"), ("2017-08-01", "2017-09-01")],
    ),
}
"""The ordinary posts by event, and the agency's by the days between which they lie (the second one excluded)."""
MADE: Final = ("account_id", "created_at", "text", "language", "repost")


def agency(data: Path, days: list[tuple[str, str]]) -> pl.DataFrame:
    """Return the English posts of the agency's accounts on these days."""
    at = pl.col("publish_date").str.to_datetime("%Y-%m-%d %H:%M:%S")
    return (
        pl.scan_parquet(data / "ira" / "ira_tweets.parquet")
        .filter(
            pl.col("language") == "English",
            pl.any_horizontal(
                (pl.col("publish_date") >= start) & (pl.col("publish_date") < end) for start, end in days
            ),
        )
        .select(
            account_id=pl.concat_str(pl.lit("ira_"), "author"), created_at=at, text="content", language=pl.lit("en"),
            repost=pl.col("retweet") == 1,
        )
        .unique(maintain_order=True)
        .collect()
    )  # fmt: skip


def ordinary(data: Path, event: str) -> pl.DataFrame:
    """Return the posts about an event, or of the crowd if none is named."""
    if event:
        at = pl.col("created_at").str.to_datetime("%a %b %d %H:%M:%S %z %Y").dt.replace_time_zone(None)
        posts = pl.read_parquet(data / "control" / "news_event_tweets.parquet").filter(event=event)
        return posts.select("account_id", created_at=at, text="text", language="lang", repost="is_retweet")
    at = pl.col("created_at").str.to_datetime("%Y-%m-%d %H:%M:%S") + pl.duration(hours=4)  # US Eastern daylight time
    posts = pl.read_csv(data / "control" / "mayweather_mcgregor_2017.csv", infer_schema=False)
    nothing = pl.lit(None, dtype=pl.String)
    return posts.select(
        account_id="screen_name", created_at=at, text="text", language=nothing, repost=pl.lit(value=False)
    )


def matched(theirs: pl.DataFrame, others: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Return the agency's posts, of each account as many as an ordinary account drawn at random has."""
    accounts = theirs.select(pl.col("account_id").unique().sort())
    asked = rng.choice(others.group_by("account_id").len()["len"].sort().to_numpy(), len(accounts))
    asking = accounts.with_columns(asked=pl.Series(asked))
    drawn = theirs.with_columns(draw=pl.Series(rng.random(len(theirs)))).join(asking, on="account_id")
    return drawn.filter(pl.col("draw").rank().over("account_id") <= pl.col("asked")).select(MADE)


def write(posts: pl.DataFrame, folder: Path) -> None:
    """Write the posts as one ordinary file, with links, hashtags and mentions as the texts have them."""
    folder.mkdir()
    text = pl.col("text")
    kind = pl.when(pl.col("repost") | text.str.starts_with("RT @")).then(pl.lit("repost")).otherwise(pl.lit("original"))
    full = posts.with_columns(
        pl.col("created_at").dt.truncate("1m").dt.replace_time_zone("UTC"), platform=pl.lit("twitter"), kind=kind,
        urls=text.str.extract_all(r"https?://[^\s…]+"), hashtags=text.str.extract_all(r"#(\w+)"),
        mentions=text.str.extract_all(r"@(\w+)"),
    )  # fmt: skip
    full.drop("repost").write_parquet(folder / "posts.parquet")
    full.select("platform", "account_id").unique().sort("account_id").write_parquet(folder / "accounts.parquet")


def scored(posts: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """Return a row an account: whether it is the agency's, and every score."""
    write(posts, folder)
    tables, ids, _ = found(str(ROOT / "bench" / "default.toml"), folder, 0)
    networks = tables["members"].select("account").unique().with_columns(network=pl.lit(value=True))
    columns = ("score", "coherence", "centrality", "strength")
    scores = (
        tables["scores"].select("account", *columns).join(networks, on="account", how="left").join(ids, on="account")
    )
    facts = posts.group_by("account_id").agg(
        posts=pl.len(), language=pl.col("language").fill_null("").mode().sort().first(),
        day=pl.col("created_at").median().dt.date(),
    )  # fmt: skip
    whole = facts.sort("account_id").with_columns(
        theirs=pl.col("account_id").str.starts_with("ira_"), account_id=pl.concat_str(pl.lit("twitter:"), "account_id")
    )
    whole = whole.join(scores, on="account_id", how="left", maintain_order="left")
    return whole.with_columns(
        pl.col("network").fill_null(value=False), *(pl.col(column).fill_null(0.0) for column in columns),
        language=pl.col("theirs").mean().over("language"), day=pl.col("theirs").mean().over("day"),
    )  # fmt: skip


def interval(values: np.ndarray, theirs: np.ndarray, rng: np.random.Generator) -> list[str]:
    """Return AUC and average precision, each with its interval, in words."""
    order = order_of(values.astype(np.float64))
    sides = [np.flatnonzero(theirs), np.flatnonzero(~theirs)]
    drawn = []
    for _ in range(DRAWS):
        weight = np.zeros(len(theirs))
        for side in sides:
            weight[side] = np.bincount(rng.integers(0, len(side), len(side)), minlength=len(side))
        curve = curve_of(order, theirs, weight)
        drawn.append((curve.roc_auc(), curve.average_precision()))
    whole = curve_of(order, theirs, np.ones(len(theirs)))
    low, high = np.quantile(np.array(drawn), (0.025, 0.975), axis=0)
    both = zip((whole.roc_auc(), whole.average_precision()), low, high, strict=True)
    return [f"{value:.3f} ({a:.3f} to {b:.3f})" for value, a, b in both]


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with ira/ and control/")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(
        "| mixture | posts | agency's accounts, others | by | ROC AUC | average precision |\n|---|---|---|---|---|---|"
    )
    for name, (events, days) in MIXTURES.items():
        theirs = agency(options.data, days)
        others = pl.concat([ordinary(options.data, event) for event in events])
        rng = np.random.default_rng(options.seed)
        for how, mine in (("as collected", theirs), ("matched", matched(theirs, others, rng))):
            with tempfile.TemporaryDirectory() as folder:
                table = scored(pl.concat([mine, others.select(MADE)]), Path(folder) / "made")
            mark = table["theirs"].to_numpy()
            inside = [int((table["network"] & side).sum()) for side in (table["theirs"], ~table["theirs"])]
            counts = f"{mark.sum()}, {(~mark).sum():,} ({inside[0]}, {inside[1]} in a network)"
            for by in ("score", "coherence", "strength", "posts", "language", "day"):
                said = interval(table[by].to_numpy(), mark, rng)
                print(f"| {name} | {how} | {counts} | {by} | {' | '.join(said)} |", flush=True)


if __name__ == "__main__":
    main()
