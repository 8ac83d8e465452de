"""Texts that are nearly the same, beside datasketch and scikit-learn; `bench/run.py` runs and shows it.

All pairs of distinct templates of the IRA set with a Jaccard index of at least 0.7 are known from a full product of
their sets of shingles. What each contender finds of them must be the same before it is timed; with more texts
each misses some, and the shares are shown.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from peers import OTHERS
from record import Row, measured, turns
from text import MEMORY, SETTINGS, all_pairs, distinct

from cib.texts.copies import alike
from cib.texts.leaders import gather
from cib.texts.sketch import bands

LEAST = 0.7
ALL_ALIKE = 20_000
"""Texts up to which everybody finds everything."""
BESIDE = {"datasketch": "datasketch, MinHash 128, LSH 0.5", "tfidf": "scikit-learn, TF-IDF of 4 characters, cosine 0.7"}


def rows(data: Path, python: str, sizes: list[int], repeats: int) -> Iterator[Row]:
    """Yield the measurements of some numbers of texts."""
    with tempfile.TemporaryDirectory() as name:
        source, result = Path(name) / "texts.json", Path(name) / "found.json"
        own = [sys.executable, __file__, str(source), str(result)]
        for size in sizes:
            texts = distinct(data, size)
            left, right, _ = all_pairs(texts, LEAST)
            truth = set(zip(left.tolist(), right.tolist(), strict=True))
            source.write_text(json.dumps(texts.to_list()), encoding="utf-8")
            for how, title in BESIDE.items():
                other = [python, str(OTHERS / "near_texts.py"), how, str(source), str(result)]
                found = [_found(command, result) & truth for command in (own, other)]
                if size <= ALL_ALIKE and found[0] != found[1]:
                    sys.exit(f"{size} texts, {title}: {len(found[0])} and {len(found[1])} of {len(truth)} pairs")
                share = "; ".join(f"{len(some) / len(truth):.3f}" for some in found)
                costs = turns([lambda: measured(own), lambda command=other: measured(command)], repeats)
                same = f"{len(truth)} pairs: {share}"
                yield Row(f"{size:,} texts, pairs with J of {LEAST} or more", same, costs[0], title, costs[1], repeats)


def _found(command: list[str], result: Path) -> set[tuple[int, int]]:
    measured(command)
    return {(one, two) for one, two in json.loads(result.read_text(encoding="utf-8"))}


def pairs(texts: pl.Series) -> list[tuple[int, int]]:
    """Return all pairs that share a band and pass both measures; grouping asks for fewer."""
    buckets = gather(bands(texts, memory=MEMORY))
    begins = np.flatnonzero(np.diff(buckets.bucket, prepend=-1))
    size = np.diff(np.append(begins, len(buckets.thing)))
    place = np.arange(len(buckets.thing)) - np.repeat(begins, size)
    partners = np.repeat(size, size) - place - 1
    one = np.repeat(np.arange(len(buckets.thing)), partners)
    two = one + 1 + np.arange(len(one)) - np.repeat(np.cumsum(partners) - partners, partners)
    both = np.unique(buckets.thing[one] * len(texts) + buckets.thing[two])
    left, right = both // len(texts), both % len(texts)
    near = alike(texts, left, right, SETTINGS, memory=MEMORY)
    return list(zip(left[near].tolist(), right[near].tolist(), strict=True))


if __name__ == "__main__":
    given = pl.Series(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    pairs(given[:50])  # what a later run finds loaded
    print("CPU", time.process_time(), flush=True)
    Path(sys.argv[2]).write_text(json.dumps(pairs(given)), encoding="utf-8")
    print("CPU", time.process_time(), flush=True)
