"""cib and others side by side: CPU and memory from the same table to the same edges.

`make bench` runs it, or

    python -m venv peers && peers/bin/pip install coordination-network-toolkit pandas networkx
    python bench/peers.py --data FOLDER --peers-python peers/bin/python

The others are the Coordination Network Toolkit and what is written in an afternoon: pandas groups, itertools pairs and
networkx' Louvain. Each case is run once for its result, which must be the same on both sides, and then again for its
cost, in turn, each time in a process of its own. CPU seconds are those of the process and its children from when
everything is loaded to when the work is done; the toolkit's import into SQLite and cib's reading of the file stand
apart. Peak memory is that of the largest process. Prints Markdown. Times are of this machine, on this day: quote
ratios.
"""

import argparse
import csv
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import polars as pl

from cib.config import load
from cib.link import link
from cib.methods import find
from cib.read import read
from cib.settings import InputSettings, LayerSettings
from cib.tables import KINDS
from cib.traces import TRACES, build

ROOT: Final = Path(__file__).parents[1]
MEMORY: Final = 2 * 10**9
TWEETS: Final = 300_000

# What the toolkit is asked, in its own Python: open, say how much CPU that took, work.
TOOLKIT: Final = """
import os, sys, time
from coordination_network_toolkit import compute_networks as c
from coordination_network_toolkit.preprocess import preprocess_csv_files
from coordination_network_toolkit.similarity import get_similarity_fn_from_min_size
network, database, source, window, threads = sys.argv[1:]
pools = []
class Pool(c.ProcessPoolExecutor):  # it leaves its workers to the end of Python, and nobody counts what they cost
    def __init__(self, **given):
        super().__init__(**given)
        pools.append(self)
c.ProcessPoolExecutor = Pool
work = {
    "co_retweet": c.compute_co_retweet_parallel, "co_tweet": c.compute_co_tweet_network,
    "co_link": c.compute_co_link_network,
}
print("CPU", time.process_time(), flush=True)
if network == "import":
    preprocess_csv_files(database, [source])
elif network == "co_similar":  # as its command line calls it: two texts without words are else divided by zero
    alike = get_similarity_fn_from_min_size(1)
    c.compute_co_similar_tweet(database, float(window), n_threads=int(threads), similarity_function=alike)
else:
    work[network](database, float(window), n_threads=int(threads))
for pool in pools:
    pool.shutdown()
print("CPU", sum(os.times()[:4]), flush=True)
"""
# A process inherits the peak memory of the one that starts it; this one is small.
LAUNCH: Final = """
import json, os, subprocess, sys, time
before = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
told = [float(line.split()[1]) for line in process.stdout.read().splitlines() if line.startswith("CPU ")]
_, status, used = os.wait4(process.pid, 0)
cpu = told[-1] - told[0]
json.dump([status, cpu, time.perf_counter() - before, used.ru_maxrss / 1e3], sys.stdout)
"""
# Pairs of posts on one text inside the window, edges, communities: as a notebook does it.
BY_HAND: Final = """
import itertools, json, sys, time
import networkx, pandas
source, window, result = sys.argv[1], float(sys.argv[2]), sys.argv[3]
print("CPU", time.process_time(), flush=True)
posts = pandas.read_csv(source, dtype={"user": str, "text": str}, keep_default_na=False).sort_values("time")
weights = {}
for _, group in posts.groupby("text", sort=False):
    for (u, t), (v, s) in itertools.combinations(zip(group["user"], group["time"]), 2):
        if u != v and s - t <= window:
            ends = (u, v) if u < v else (v, u)
            weights[ends] = weights.get(ends, 0) + 1
graph = networkx.Graph()
graph.add_weighted_edges_from((u, v, n) for (u, v), n in weights.items())
networkx.community.louvain_communities(graph, seed=1)
with open(result, "w") as file:
    json.dump([[u, v, n] for (u, v), n in weights.items()], file)
print("CPU", time.process_time(), flush=True)
"""
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
        """The layer of the toolkit's config that computes the same."""
        path = find(f"toolkit_{self.network}")
        if path is None:
            sys.exit(f"no config for {self.network}")
        settings = load(path, traces=TRACES, overrides={"input.files": ["-"]})
        (layer,) = settings.active_layers.values()
        changed: dict[str, object] = {"window": timedelta(seconds=self.window)}
        if self.network == "co_retweet":
            # The set names reposted posts as objects. 39 posts have two, of which the toolkit takes the first; within
            # a minute it makes no difference.
            changed |= {"trace": "object", "kinds": KINDS}
        return layer.model_copy(update=changed)


@dataclass(frozen=True)
class Cost:
    """What a process cost: CPU seconds after loading, wall seconds, megabytes."""

    cpu: float
    wall: float
    megabytes: float


def measured(command: list[str]) -> Cost:
    """Run a process that prints its CPU time once it is loaded."""
    made = subprocess.run([sys.executable, "-S", "-c", LAUNCH, *command], stdout=subprocess.PIPE, check=True)
    status, *cost = json.loads(made.stdout)
    if status:
        sys.exit(f"failed: {' '.join(command)}")
    return Cost(*cost)


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


def compare(case: Case, python: str, folder: Path) -> None:
    """Hold the results against each other, then print what each costs."""
    source, imported, database = (folder / name for name in ("posts.csv", "imported.db", "work.db"))
    imported.unlink(missing_ok=True)
    write_toolkit_csv(case.posts, case.network, source)
    asked = [str(case.window), str(os.cpu_count() or 1)]
    brought_in = measured([python, "-c", TOOLKIT, "import", str(imported), str(source), *asked])

    def theirs_once() -> Cost:
        shutil.copyfile(imported, database)  # it keeps normalised texts and indexes: a second run would find them
        return measured([python, "-c", TOOLKIT, case.network, str(database), str(source), *asked])

    mine, theirs = [], [theirs_once()]
    if (ours := cib_weights(case)) != (other := toolkit_weights(python, database, case.network)):
        sys.exit(f"{case.name}: the results differ: {len(ours.items() ^ other.items())} directed edges of {len(other)}")
    own = [sys.executable, __file__, "--work", case.network, str(case.posts), str(case.window)]
    for turn in range(case.repeats):
        mine.append(measured(own))
        if turn:
            theirs.append(theirs_once())
    print(
        f"| {case.name} | {len(other):,} | {_shown(mine)} | {_shown(theirs)} | {brought_in.cpu:.1f} | {case.repeats} |",
        flush=True,
    )


def by_hand(case: Case, python: str, folder: Path) -> None:
    """Hold the pairs of posts against those that pandas, itertools and networkx find, then print what each costs."""
    source, result = folder / "by_hand.csv", folder / "by_hand.json"
    found, ids = edges(case), pl.read_parquet(case.posts / "accounts.parquet")["account_id"]
    traced = build(pl.scan_parquet(case.posts / "posts.parquet"), case.layer, name=case.layer.trace)
    rows = traced.traces.select(
        user=ids.gather(traced.traces["account"]),
        text=pl.col("object").cast(pl.String),
        time=pl.col("time").dt.epoch("us") / 1e6,
    )
    rows.write_csv(source)
    command = [python, "-c", BY_HAND, str(source), str(case.window), str(result)]
    mine, theirs = [], [measured(command)]
    other = {tuple(ends): n for *ends, n in json.loads(result.read_text(encoding="utf-8"))}
    ends = zip(ids.gather(found["a"]), ids.gather(found["b"]), strict=True)
    if dict(zip(ends, found["pairs"], strict=True)) != other:
        sys.exit(f"{case.name}: the results differ")
    own = [sys.executable, __file__, "--work", case.network, str(case.posts), str(case.window)]
    for turn in range(case.repeats):
        mine.append(measured(own))
        if turn:
            theirs.append(measured(command))
    print(
        f"| {case.name}: pandas | {len(other):,} | {_shown(mine)} | {_shown(theirs)} | | {case.repeats} |", flush=True
    )


def _shown(costs: list[Cost]) -> str:
    cpu, wall, size = (statistics.median(getattr(c, name) for c in costs) for name in ("cpu", "wall", "megabytes"))
    return f"{cpu:.2f} | {wall:.2f} | {size:.0f}"


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


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with ira/ira_tweets.parquet")
    parser.add_argument(
        "--peers-python", help="Python that has coordination-network-toolkit, pandas and networkx installed"
    )
    parser.add_argument("--repeats", type=int, default=5, help="how often each is run (co_similar: once)")
    parser.add_argument("--quick", action="store_true", help="without the 300,000 tweets")
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        return work(asked.work[0], Path(asked.work[1]), int(asked.work[2]))
    if not asked.peers_python:
        parser.error("--peers-python is needed")
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| case | edges | cib: CPU s | wall s | MB | the other: CPU s | wall s | MB | its import: CPU s | runs |")
    print("|---|" + "---:|" * 9)
    with tempfile.TemporaryDirectory() as name:
        for case in _cases(asked, Path(name)):
            compare(case, asked.peers_python, Path(name))
            if case.network == "co_tweet":
                by_hand(case, asked.peers_python, Path(name))
    return None


def _cases(asked: argparse.Namespace, folder: Path) -> list[Case]:
    russian = read_table(ROOT / "data" / "coortweet" / "russian_coord_tweets.parquet", folder / "russian")
    german = read_table(ROOT / "data" / "coortweet" / "german_elections.parquet", folder / "german")
    cases = [
        Case("Russian set, co_retweet, 60 s", "co_retweet", russian, 60, asked.repeats),
        Case("German links, co_link, 60 s", "co_link", german, 60, asked.repeats),
        Case("German links, co_link, 1 h", "co_link", german, 3600, asked.repeats),
    ]
    if asked.data is None or asked.quick:
        return cases
    tweets = earliest_tweets(asked.data / "ira" / "ira_tweets.parquet", folder / "tweets.parquet")
    posts = read_table(tweets, folder / "tweets")
    return [
        *cases,
        Case("300,000 tweets, co_tweet, 1 h", "co_tweet", posts, 3600, asked.repeats),
        Case("300,000 tweets, co_similar 0.9, 1 h", "co_similar", posts, 3600, 1),
    ]


if __name__ == "__main__":
    main()
