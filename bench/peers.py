"""Linking beside others: CPU and memory from the same table to the same edges; `bench/run.py` runs and shows it.

The others are the Coordination Network Toolkit, CooRTweet where R has it, and what is written in an afternoon: pandas
and networkx (`bench/others`). Each case is run once for its result, which must be the same on both sides, and then
for its cost, in turn. The toolkit's import into SQLite and cib's reading of the file are not counted; cib's tests
against chance are left out where the other makes none (`null` and `timing_null` "none"), its evidence is not.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import polars as pl
from record import ROOT, Cost, Row, measured, turns

from cib.config import load
from cib.link import link
from cib.methods import find
from cib.read import read
from cib.settings import InputSettings, LayerSettings
from cib.tables import KINDS
from cib.traces import TRACES, build

OTHERS: Final = ROOT / "bench" / "others"
BY_HAND: Final = {"loop": "pandas, itertools, networkx", "join": "pandas, merge", "projection": "networkx, projection"}
MEMORY: Final = 2 * 10**9
TWEETS: Final = 300_000

DUMP: Final = """
import json, sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute(f"select * from {sys.argv[2]}_network where user_1 != user_2")
json.dump([list(row) for row in rows], sys.stdout)
"""


@dataclass(frozen=True)
class Case:
    """One network of the toolkit on one table."""

    name: str
    network: str
    posts: Path
    window: int
    repeats: int

    @property
    def layer(self) -> LayerSettings:
        """The layer of the toolkit's config that computes the same, or of a network that is named by its trace."""
        untested: dict[str, object] = {"null": "none", "timing_null": "none"}
        window = timedelta(seconds=self.window) if self.window else None
        if self.network == "objects":
            least = 1 if window else 2
            return LayerSettings(
                trace="object", kinds=KINDS, window=window, min_objects=least, repeats="keep", **untested
            )
        path = find(f"toolkit_{self.network}")
        if path is None:
            sys.exit(f"no config for {self.network}")
        settings = load(path, traces=TRACES, overrides={"input.files": ["-"]})
        (layer,) = settings.active_layers.values()
        if self.network == "co_retweet":
            # The set names reposted posts as objects. 39 posts have two, of which the toolkit takes the first; within
            # a minute it makes no difference.
            untested |= {"trace": "object", "kinds": KINDS}
        return layer.model_copy(update={"window": window, **untested})

    @property
    def own(self) -> list[str]:
        """The command that does cib's side once."""
        return [sys.executable, __file__, "--work", self.network, str(self.posts), str(self.window)]


def edges(case: Case) -> pl.DataFrame:
    """Return the edges of a case."""
    traced = build(pl.scan_parquet(case.posts / "posts.parquet"), case.layer, name=case.layer.trace)
    return link(
        traced.traces, traced.objects, case.layer, name=case.layer.trace, memory=MEMORY, sink=lambda _: None
    ).edges  # fmt: skip


def cib_weights(case: Case) -> dict[tuple[str, str], int]:
    """Return the messages with a match, in each direction."""
    found, ids = edges(case), pl.read_parquet(case.posts / "accounts.parquet")["account_id"]
    source, target = ids.gather(found["a"]), ids.gather(found["b"])
    ways = zip(source, target, found["messages_a"], found["messages_b"], strict=True)
    return {ends: n for a, b, one, two in ways for ends, n in (((a, b), one), ((b, a), two))}


def toolkit_weights(python: str, database: Path, network: str) -> dict[tuple[str, str], int]:
    """Return what the toolkit's last run left in its database."""
    table = {"co_similar": "co_similar_tweet"}.get(network, network)
    made = subprocess.run([python, "-c", DUMP, str(database), table], capture_output=True, check=True)
    return {(a, b): n for a, b, n in json.loads(made.stdout)}


def read_table(file: Path, out: Path) -> Path:
    """Read a file as cib does; return the folder with its posts."""
    out.mkdir()
    read(InputSettings(files=(file.name,), timezone="UTC"), root=file.parent, out=out, memory=MEMORY)
    return out


def write_toolkit_csv(posts: Path, network: str, out: Path) -> Path:
    """Write a table of posts in the toolkit's format; the objects of CooRTweet's Russian set are reposted posts."""
    frame = pl.read_parquet(posts / "posts.parquet")
    seconds = frame["created_at"].dt.epoch("us") / 1e6
    lists = frame["objects" if network == "co_retweet" else "urls"].fill_null([]).to_list()
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["message_id", "user_id", "username", "repost_id", "reply_id", "message", "timestamp", "urls"])
        rows = zip(
            frame["post_id"], frame["account_id"], frame["kind"], frame["text"].fill_null(""), seconds, lists,
            strict=True,
        )  # fmt: skip
        for post, account, kind, text, at, names in rows:
            repost = names[0] if network == "co_retweet" else "somebody's" if kind == "repost" else ""
            if network == "co_link" and not names:
                continue  # the toolkit's reader gives such a post the link '', which it shares with all others
            links = " ".join(names) if network == "co_link" else ""
            writer.writerow([post, account, account, repost, "", text, at, links])
    return out


def compare(case: Case, python: str, folder: Path) -> Row:
    """Hold the results against each other, and return what each costs."""
    source, imported, database = (folder / name for name in ("posts.csv", "imported.db", "work.db"))
    imported.unlink(missing_ok=True)
    write_toolkit_csv(case.posts, case.network, source)
    asked = [str(source), str(case.window), str(os.cpu_count() or 1)]
    script = str(OTHERS / "toolkit.py")
    measured([python, script, "import", str(imported), *asked])

    def theirs() -> Cost:
        shutil.copyfile(imported, database)  # it keeps normalised texts and indexes: a second run would find them
        return measured([python, script, case.network, str(database), *asked])

    first = theirs()
    if (ours := cib_weights(case)) != (other := toolkit_weights(python, database, case.network)):
        sys.exit(f"{case.name}: the results differ: {len(ours.items() ^ other.items())} directed edges of {len(other)}")
    known = [first]  # what was run for its result is the first of its runs
    mine, cost = turns([lambda: measured(case.own), lambda: known.pop() if known else theirs()], case.repeats)
    return Row(case.name, f"{len(other):,} directed edges", mine, "coordination-network-toolkit", cost, case.repeats)


def by_hand(case: Case, python: str, folder: Path, how: str) -> Row:
    """Hold the edges against those of `bench/others/by_hand.py`, and return what each costs."""
    source, result = folder / "by_hand.csv", folder / "by_hand.json"
    _write_acts(case, source)
    command = [python, str(OTHERS / "by_hand.py"), how, str(source), str(case.window), str(result)]
    first = measured(command)
    other = {tuple(ends): n for *ends, n in json.loads(result.read_text(encoding="utf-8"))}
    if _undirected(case, "objects" if how == "projection" else "pairs") != other:
        sys.exit(f"{case.name}, {how}: the results differ")
    known = [first]
    mine, cost = turns([lambda: measured(case.own), lambda: known.pop() if known else measured(command)], case.repeats)
    return Row(case.name, f"{len(other):,} edges", mine, BY_HAND[how], cost, case.repeats)


def coortweet(case: Case, folder: Path) -> Row | None:
    """Hold the pairs of posts against CooRTweet's, and return what each costs; None: R or the package is not here."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return None
    if subprocess.run([rscript, "-e", "library(CooRTweet)"], capture_output=True, check=False).returncode:
        return None
    source, result = folder / "coortweet.csv", folder / "coortweet_found.csv"
    _write_acts(case, folder / "acts.csv")
    acts = pl.read_csv(folder / "acts.csv", schema_overrides={"user": pl.String, "object": pl.String}).with_row_index()
    acts.select(object_id="object", account_id="user", content_id="index", timestamp_share="time").write_csv(source)
    command = [rscript, str(OTHERS / "coortweet.R"), str(source), str(case.window), str(result)]
    first = measured(command)
    ends = pl.read_csv(result, infer_schema=False).select(
        a=pl.min_horizontal("account_id", "account_id_y"), b=pl.max_horizontal("account_id", "account_id_y")
    )
    other = {(a, b): n for a, b, n in ends.group_by("a", "b").len().iter_rows()}
    if _undirected(case, "pairs") != other:
        sys.exit(f"{case.name}, CooRTweet: the results differ")
    known = [first]
    mine, cost = turns([lambda: measured(case.own), lambda: known.pop() if known else measured(command)], case.repeats)
    return Row(case.name, f"{len(other):,} edges", mine, "CooRTweet", cost, case.repeats)


def _write_acts(case: Case, path: Path) -> None:
    """Write user, object and time (seconds) of the case's acts."""
    traced = build(pl.scan_parquet(case.posts / "posts.parquet"), case.layer, name=case.layer.trace)
    ids = pl.read_parquet(case.posts / "accounts.parquet")["account_id"]
    traced.traces.select(
        user=ids.gather(traced.traces["account"]),
        object=pl.col("object").cast(pl.String),
        time=pl.col("time").dt.epoch("us") / 1e6,
    ).write_csv(path)


def _undirected(case: Case, count: str) -> dict[tuple[str, str], int]:
    """Return a count of each edge, by the two ids in order."""
    found, ids = edges(case), pl.read_parquet(case.posts / "accounts.parquet")["account_id"]
    ends = zip(ids.gather(found["a"]), ids.gather(found["b"]), strict=True)
    return dict(zip(map(tuple, map(sorted, ends)), found[count], strict=True))


def work(network: str, posts: Path, window: int) -> None:
    """Do cib's side of a case once, in a process of its own; what a later run finds loaded is loaded before."""
    case = Case("", network, posts, window, 1)
    layer = case.layer
    import scipy.sparse
    import scipy.special
    import scipy.stats  # noqa: F401

    pl.read_parquet(posts / "posts.parquet", n_rows=1)
    del layer
    print("CPU", time.process_time(), flush=True)
    edges(case)
    print("CPU", time.process_time(), flush=True)


def earliest_tweets(source: Path, out: Path) -> Path:
    """Write the earliest tweets of the IRA set, as the source has them."""
    order = pl.col("publish_date").str.to_datetime(strict=False)
    kept = pl.scan_parquet(source).with_row_index("row").sort(order, "row").head(TWEETS).drop("row")
    kept.sink_parquet(out)
    return out


def rows(asked: argparse.Namespace) -> Iterator[Row]:
    """Yield all measurements of linking; `asked` has data (None: the sets of CooRTweet alone), python and repeats."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sets = ROOT / "data" / "coortweet"
        russian = read_table(sets / "russian_coord_tweets.parquet", folder / "russian")
        german = read_table(sets / "german_elections.parquet", folder / "german")
        yield compare(
            Case("Russian set, co_retweet, 60 s", "co_retweet", russian, 60, asked.repeats), asked.python, folder
        )
        yield compare(Case("German links, co_link, 60 s", "co_link", german, 60, asked.repeats), asked.python, folder)
        yield compare(Case("German links, co_link, 1 h", "co_link", german, 3600, asked.repeats), asked.python, folder)
        minute = Case("Russian set, 60 s", "objects", russian, 60, asked.repeats)
        yield by_hand(minute, asked.python, folder, "loop")
        yield by_hand(minute, asked.python, folder, "join")
        any_time = Case("Russian set, any time, two objects", "objects", russian, 0, asked.repeats)
        yield by_hand(any_time, asked.python, folder, "projection")
        if (found := coortweet(minute, folder)) is not None:
            yield found
        if asked.data is not None and not asked.quick:
            yield from _tweets(asked, folder)


def _tweets(asked: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """Yield the measurements on tweets of the IRA set."""
    source = asked.data / "ira" / "ira_tweets.parquet"
    posts = read_table(earliest_tweets(source, folder / "tweets.parquet"), folder / "tweets")
    same = Case("300,000 tweets, co_tweet, 1 h", "co_tweet", posts, 3600, asked.repeats)
    yield compare(same, asked.python, folder)
    yield by_hand(same, asked.python, folder, "loop")
    yield compare(Case("300,000 tweets, co_similar 0.9, 1 h", "co_similar", posts, 3600, 1), asked.python, folder)
    every = read_table(source, folder / "every")
    yield compare(Case("1,475,458 tweets, co_tweet, 1 h", "co_tweet", every, 3600, 1), asked.python, folder)


if __name__ == "__main__":
    work(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
