"""Which null model keeps its promise, and what does it lose? `python bench/nulls.py`, options with `--help`.

Every null model of the overlap and of the timing, alone and joined, judges the same data three times over: *shuffled*,
where nothing is coordinated by construction and every link and network is false; *as collected*, where it is the
crowd that must not come out; and with a *planted* campaign in it, of which we know who took part.

Shuffles, written here in plain numpy, apart from those of the program:

    clock    each account's times moved round the span of the data by an offset of its own
    daily    each post moved to the same time of another day: the rhythm of everybody's day stays, all else is broken
    authors  the accounts exchanged among the posts of one week

Campaigns: 20 accounts and 30 links or hashtags of their own, each shared by every account within 60 s, and as many
posts of each account copied from the corpus at the times of the originals (half of its activity is camouflage);
'popular': 20 of the 30 are among the corpus' 200 most shared. Prints Markdown; docs/nulls.md holds what it said.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from cib.link import link
from cib.networks import candidates, fuse
from cib.read import read
from cib.settings import COMBINED, GraphSettings, InputSettings, LayerSettings, NetworkSettings, default_layers
from cib.tables import EDGES
from cib.traces import build, combine

ROOT: Final = Path(__file__).parents[1]
MEMORY: Final = 2 * 10**9
SIZE, OBJECTS, DELAY_S, POPULAR = 20, 30, 60.0, 20
DAY_US: Final = 86_400_000_000

MODELS: Final[dict[str, dict[str, str]]] = {
    "hypergeometric": {"null": "hypergeometric", "timing_null": "none"},
    "Chung-Lu": {"null": "chung_lu", "timing_null": "none"},
    "configuration model": {"null": "bicm", "timing_null": "none"},
    "conditional synchrony": {"null": "none", "timing_null": "conditional", "joint": "fisher"},
    "shifted clock": {"null": "none", "timing_null": "shift", "joint": "fisher"},
    "Chung-Lu x conditional": {"null": "chung_lu", "timing_null": "conditional", "joint": "fisher"},
    "configuration model x shifted clock": {"null": "bicm", "timing_null": "shift", "joint": "fisher"},
    "Chung-Lu x conditional, guarded": {"null": "chung_lu", "timing_null": "conditional", "joint": "guarded"},
    "configuration model x conditional": {"null": "bicm", "timing_null": "conditional", "joint": "fisher"},
    "configuration model x conditional, guarded (default)": {
        "null": "bicm",
        "timing_null": "conditional",
        "joint": "guarded",
    },
}


@dataclass(frozen=True)
class Corpus:
    """Posts as read, and the layers that have data in them; campaigns share what stands in `column`."""

    name: str
    posts: pl.DataFrame
    layers: tuple[str, ...]
    column: str


@dataclass(frozen=True)
class Outcome:
    """What one run of the settings came to."""

    links: int
    networks: int
    found: float


def corpora(data: Path | None) -> Iterator[Corpus]:
    """Yield the corpora that are there."""
    german = posts_of(ROOT / "data" / "coortweet" / "german_elections.parquet", InputSettings())
    yield Corpus("German election", german, ("url", "media", "object", "hashtag", COMBINED), "urls")
    ira = posts_of(ROOT / "data" / "ira_sample.parquet", InputSettings(timezone="UTC"))
    yield Corpus("IRA sample", ira, ("repost", "text", "url", "mention", "hashtag", COMBINED), "hashtags")
    crowd = None if data is None else data / "control" / "mayweather_mcgregor_2017.csv"
    if crowd is not None and crowd.is_file():
        posts = posts_of(crowd, InputSettings(timezone="America/New_York", platform="twitter"))
        yield Corpus("boxing crowd", posts, ("text", "url", "mention", "hashtag", COMBINED), "hashtags")


def posts_of(source: Path, settings: InputSettings) -> pl.DataFrame:
    """Return POSTS of a file."""
    with tempfile.TemporaryDirectory() as folder:
        read(settings.model_copy(update={"files": (str(source),)}), root=ROOT, out=Path(folder), memory=MEMORY)
        return pl.read_parquet(Path(folder) / "posts.parquet")


def numbered(posts: pl.DataFrame) -> pl.DataFrame:
    """Return the posts in order of time, numbered anew, as are the accounts, by their id."""
    account = pl.col("account_id").rank("dense").cast(pl.UInt32) - 1
    ordered = posts.sort("created_at", "post_id", maintain_order=True).drop("post").with_row_index("post")
    return ordered.with_columns(account=account).select(posts.columns)


def clock(posts: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Move each account's times round the span of the data."""
    time, first, span = _times(posts)
    offset = rng.integers(0, span, int(posts["account"].max()) + 1)[posts["account"].to_numpy()]
    return _at(posts, (time - first + offset) % span + first)


def daily(posts: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Move each post to another day of the data, at its time of the day."""
    time, first, span = _times(posts)
    n_days = -(-span // DAY_US)
    return _at(posts, (time - first + rng.integers(0, n_days, len(time)) * DAY_US) % (n_days * DAY_US) + first)


def authors(posts: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Exchange the accounts among the posts of one week."""
    week = posts["created_at"].dt.truncate("1w").to_physical().to_numpy()
    by_week = np.argsort(week, kind="stable")
    drawn = np.lexsort((rng.random(len(posts)), week))
    gather = np.empty(len(posts), dtype=np.int64)
    gather[by_week] = drawn
    return numbered(posts.with_columns(pl.col("account_id").gather(gather)))


SHUFFLES: Final[dict[str, Callable[[pl.DataFrame, np.random.Generator], pl.DataFrame]]] = {
    "clock": clock,
    "daily": daily,
    "authors": authors,
}


def _times(posts: pl.DataFrame) -> tuple[np.ndarray, int, int]:
    time = posts["created_at"].dt.epoch("us").to_numpy()
    step = int(np.gcd.reduce(time - time.min()))
    return time, int(time.min()), int(time.max() - time.min()) + max(step, 1)


def _at(posts: pl.DataFrame, time: np.ndarray) -> pl.DataFrame:
    at = pl.from_epoch(pl.Series("created_at", time), "us").dt.replace_time_zone("UTC")
    return numbered(posts.with_columns(at))


def planted(corpus: Corpus, rng: np.random.Generator, *, popular: int) -> pl.DataFrame:
    """Return the posts with a campaign in them; its accounts' ids begin with 'planted:'."""
    posts, column = corpus.posts, corpus.column
    _, first, span = _times(posts)
    known = posts[column].explode().drop_nulls().value_counts(sort=True)[column].head(200).to_list()
    things = [f"https://campaign.example/{n}" if column == "urls" else f"campaign{n}" for n in range(OBJECTS - popular)]
    things += [known[n] for n in rng.choice(len(known), popular, replace=False)]
    begin = first + rng.integers(0, max(span - int(DELAY_S * 1e6), 1), OBJECTS)
    at = np.repeat(begin, SIZE) + (rng.random(OBJECTS * SIZE) * DELAY_S * 1e6).astype(np.int64)
    account = np.tile(np.arange(SIZE), OBJECTS)
    rows = rng.integers(0, len(posts), OBJECTS * SIZE)
    cover = posts[rows].with_columns(account_id=_ids(account), post_id=_post_ids("cover", len(rows)))
    blank = [pl.lit(None, dtype=posts.schema[name]).alias(name) for name in _CONTENT if name in posts.columns]
    acts = cover.with_columns(blank).with_columns(
        pl.Series(column, [[things[n]] for n in np.repeat(np.arange(OBJECTS), SIZE)]),
        post_id=_post_ids("act", len(rows)),
        created_at=pl.from_epoch(pl.Series(at), "us").dt.replace_time_zone("UTC"),
        kind=pl.lit("original", dtype=posts.schema["kind"]),
    )
    return numbered(pl.concat([posts, cover, acts]))


_CONTENT: Final = ("text", "urls", "hashtags", "mentions", "media", "objects", "parent_post_id", "parent_account_id")


def _ids(account: np.ndarray) -> pl.Series:
    return pl.Series([f"planted:{n}" for n in account])


def _post_ids(sort: str, n: int) -> pl.Series:
    return pl.Series([f"{sort}{i}" for i in range(n)])


def run(posts: pl.DataFrame, layers: dict[str, LayerSettings], q: float) -> Outcome:
    """Link, fuse and group; return what came out, and how much of a planted campaign."""
    edges, evidence = [EDGES.empty()], {}
    with tempfile.TemporaryDirectory() as folder:
        acts: dict[str, tuple[pl.DataFrame, pl.DataFrame]] = {}
        for name, layer in layers.items():
            made = combine(acts, name=name) if name == COMBINED else build(posts.lazy(), layer, name=name)
            acts[name] = made.traces, made.objects
            pieces: list[pl.DataFrame] = []
            edges.append(link(made.traces, made.objects, layer, name=name, memory=MEMORY, sink=pieces.append).edges)
            path = Path(folder) / f"{name}.parquet"
            if pieces:
                pl.concat(pieces).write_parquet(path)
                evidence[name] = pl.scan_parquet(path)
        graph = fuse(pl.concat(edges), evidence, layers, GraphSettings(q=q)).graph
    groups = candidates(graph, NetworkSettings(seeds=1, bootstraps=0), seed=1)
    ids = posts.select("account", "account_id").unique().filter(pl.col("account_id").str.starts_with("planted:"))
    mine = groups.with_columns(mine=pl.col("account").is_in(ids["account"].implode()))
    return Outcome(
        links=len(graph),
        networks=groups["group"].n_unique(),
        found=mine.filter("mine")["account"].n_unique() / SIZE,
    )


def layers_of(corpus: Corpus, changes: dict[str, str]) -> dict[str, LayerSettings]:
    """Return the corpus' layers at their defaults, with another null model."""
    defaults = default_layers()
    return {
        name: defaults[name].model_copy(update={"trace": name, **changes, "supporting": False})
        for name in corpus.layers
    }


def judged(corpus: Corpus, options: argparse.Namespace) -> None:
    """Print a row for each null model."""
    for model, changes in MODELS.items():
        if options.models and model not in options.models:
            continue
        layers = layers_of(corpus, changes)
        before = time.process_time()
        cells = []
        for shuffle in SHUFFLES.values():
            rngs = (np.random.default_rng([options.seed, n]) for n in range(options.runs))
            some = [run(shuffle(corpus.posts, rng), layers, options.q) for rng in rngs]
            links, networks = (np.array([getattr(o, name) for o in some]) for name in ("links", "networks"))
            cells += [f"{links.mean():,.1f}, {(networks > 0).mean():.0%}"]
        real = run(corpus.posts, layers, options.q)
        cells += [f"{real.links:,}, {real.networks:,}"]
        for popular in (0, POPULAR):
            rngs = (np.random.default_rng([options.seed, n, 1]) for n in range(options.planted))
            some = [run(planted(corpus, rng, popular=popular), layers, options.q) for rng in rngs]
            cells += [f"{np.mean([o.found for o in some]):.0%}"]
        spent = time.process_time() - before
        print(f"| {model} | {' | '.join(cells)} | {spent:.0f} |", flush=True)


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with control/mayweather_mcgregor_2017.csv")
    parser.add_argument("--runs", type=int, default=20, help="shuffles of each sort")
    parser.add_argument("--planted", type=int, default=5, help="campaigns of each sort")
    parser.add_argument("--q", type=float, default=0.05, help="false-discovery rate of a layer's links")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--models", nargs="*", help="only these rows")
    parser.add_argument("--corpora", nargs="*", help="only these corpora")
    options = parser.parse_args()
    for corpus in corpora(options.data):
        if options.corpora and corpus.name not in options.corpora:
            continue
        print(f"{len(corpus.posts):,} posts; {', '.join(corpus.layers)}")
        print(f"{options.runs} shuffles and {options.planted} campaigns of each sort")
        head = ["null model", "clock: false links, runs with a false network", "daily", "authors"]
        head += ["as collected: links, networks", "campaign found", "partly popular: found", "CPU s"]
        print(f"\n| {' | '.join(head)} |\n|---|{'---:|' * (len(head) - 1)}", flush=True)
        judged(corpus, options)


if __name__ == "__main__":
    main()
