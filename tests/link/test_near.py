"""Texts that are nearly the same, and the acts on them, against the definition written out pair by pair."""

from collections import Counter
from datetime import timedelta
from fractions import Fraction
from itertools import combinations

import numpy as np
import polars as pl
import pytest

from cib.link.near import near_objects, near_ranges, near_sweep
from cib.settings import LayerSettings
from tests.link.made import Act, acts_at_random, objects, traces

ENOUGH = 10**9
THRESHOLDS = ("0", "0.07", "0.1", "0.25", "0.3", "0.5", "0.6", "0.7", "0.75", "0.8", "0.9", "1")
WINDOWS = (0, 1, 3, 20, None)


def texts_at_random(seed: int, n: int) -> list[str]:
    """Texts of few words, some of them copies with a word or two changed, so that many are near to some degree."""
    rng = np.random.default_rng(seed)
    made: list[str] = []
    for _ in range(n):
        words = [f"w{int(40 * rng.random() ** 2)}" for _ in range(rng.integers(0, 12))]
        if made and rng.random() < 0.6:
            words = made[rng.integers(len(made))].split()
            words = words[: len(words) - int(rng.integers(0, 3))] + [f"w{rng.integers(40)}"] * int(rng.integers(0, 2))
        rng.shuffle(words)
        made.append(" ".join(words))
    return made


def keyed(keys: list[str], numbers: list[int] | None = None) -> pl.DataFrame:
    numbers = list(range(len(keys))) if numbers is None else numbers
    return pl.DataFrame({"object": numbers, "key": keys}, schema={"object": pl.UInt32, "key": pl.String})


def near(keys: pl.DataFrame, least: float, memory: int = ENOUGH) -> list[tuple[int, int]]:
    left, right = near_objects(keys, least, memory=memory)
    assert left.dtype == right.dtype == np.int64
    return list(zip(left.tolist(), right.tolist(), strict=True))


def expected(texts: list[str], least: str) -> list[tuple[int, int]]:
    """In whole numbers, so that no rounding can be shared with what is tested."""
    sets = [set(text.split()) for text in texts]
    pairs = combinations(range(len(sets)), 2)
    return [
        (i, j)
        for i, j in pairs
        if sets[i] & sets[j] and len(sets[i] & sets[j]) >= Fraction(least) * len(sets[i] | sets[j])
    ]


@pytest.mark.parametrize("least", THRESHOLDS)
def test_all_near_pairs_are_found_and_no_others(least: str):
    for seed in range(6):
        texts = texts_at_random(seed, 90)
        assert near(keyed(texts), float(least)) == expected(texts, least)


@pytest.mark.parametrize("least", ["0.3", "0.7", "0.8"])
def test_memory_and_order_change_nothing(least: str):
    texts = texts_at_random(11, 120)
    want = expected(texts, least)
    assert len(want) > 20
    for memory in (1, 300, 5_000, 100_000):
        shuffled = keyed(texts).sample(fraction=1, shuffle=True, seed=memory)
        assert near(shuffled, float(least), memory) == want


@pytest.mark.parametrize(
    ("one", "two", "least"),
    [
        ("a b c d", "a b c d e", 0.8),
        ("a b c d e f g", "a b c d e f g h i j", 0.7),
        ("a b c d e f g h i", "a b c d e f g h i j", 0.9),
        ("a b c", "b c d e", 0.4),
        ("a b", "b c", 1 / 3),
    ],
)
def test_a_threshold_met_exactly_is_met(one: str, two: str, least: float):
    assert near(keyed([one, two]), least) == [(0, 1)]
    assert near(keyed([one, two]), np.nextafter(least, 2)) == []


def test_every_whole_number_quotient_meets_itself():
    letters = [f"w{i}" for i in range(30)]
    for union in range(1, 31):
        for common in range(1, union + 1):
            pair = keyed([" ".join(letters[:common]), " ".join(letters[:union])])
            assert near(pair, common / union) == [(0, 1)], (common, union)


def test_words_count_once_and_signs_count():
    # {so, true, !} and {so, true, !}: the same set; {so, true}: 2 of 3
    texts = ["so so true!", "true! so!!!", "so true"]
    assert near(keyed(texts, [5, 2, 9]), 1.0) == [(2, 5)]
    assert near(keyed(texts, [5, 2, 9]), 0.6) == [(2, 5), (2, 9), (5, 9)]


def test_texts_without_words_are_near_to_none():
    assert near(keyed(["'", "''", "' '", "a"]), 0.0) == []
    assert near(keyed([]), 0.5) == []
    assert near(keyed(["a b"]), 0.5) == []
    assert near(keyed(["a b", "a b c"]), 1.5) == []


def pairs_by_definition(acts: list[Act], close: set[tuple[int, int]], window: int | None) -> Counter:
    """Unordered pairs of acts on one object or near ones, at most the window apart."""
    if window is None:
        firsts: dict[tuple[int, int], Act] = {}
        for act in sorted(acts, key=lambda act: (act[3], act[0], act[2])):
            firsts.setdefault(act[:2], act)
        acts = list(firsts.values())
    return Counter(
        tuple(sorted((one, two)))
        for one, two in combinations(acts, 2)
        if (one[1] == two[1] or tuple(sorted((one[1], two[1]))) in close)
        and (window is None or abs(one[3] - two[3]) <= window)
    )


def second(frame: pl.DataFrame) -> list[Act]:
    """Rows of TRACES as acts again."""
    start = traces([(0, 0, 0, 0)])["time"][0]
    return [(a, o, p, round((at - start).total_seconds())) for a, o, p, at in frame.rows()]


@pytest.mark.parametrize("window", WINDOWS)
def test_every_pair_of_acts_is_in_exactly_one_range(window: int | None):
    for seed in range(40):
        rng = np.random.default_rng(seed)
        acts = acts_at_random(rng)
        close = {pair for pair in combinations(range(4), 2) if rng.random() < 0.5}
        both = np.array(sorted(close), dtype=np.int64).reshape(-1, 2)
        width = None if window is None else timedelta(seconds=window)
        for memory in (1, 2_000, ENOUGH):
            ranges = near_ranges(traces(acts), (both[:, 0], both[:, 1]), width, memory=memory)
            rows = second(ranges.acts)
            assert rows == sorted(rows, key=lambda act: (act[1], act[3], act[0], act[2]))
            assert (np.diff(ranges.owner) >= 0).all()
            found = Counter()
            for owner, first, end in zip(ranges.owner, ranges.first, ranges.end, strict=True):
                for partner in range(first, end):
                    assert rows[owner][3] <= rows[partner][3]
                    assert owner != partner
                    found[tuple(sorted((rows[owner], rows[partner])))] += 1
            assert found == pairs_by_definition(acts, close, window)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("loops", ["drop", "keep"])
def test_the_sweep_yields_the_pairs_on_near_texts(window: int | None, loops: str):
    keys = ["a b c d", "a b c d e", "x y", "a b c e"]
    close = {(0, 1), (1, 3)}  # 4 of 5 words; the first and the last have 3 of 5
    layer = LayerSettings(
        kernel="near",
        min_similarity=0.8,
        window=None if window is None else timedelta(seconds=window),
        loops=loops,
    )
    for seed in range(20):
        acts = acts_at_random(np.random.default_rng(seed))
        texts = objects(acts).with_columns(key=pl.Series(keys))
        swept = near_sweep(traces(acts), texts, layer, memory=ENOUGH)
        rows = second(swept.acts)
        want = pairs_by_definition(acts, close, window)
        if loops == "drop":
            want = Counter({pair: n for pair, n in want.items() if pair[0][0] != pair[1][0]})
        for size in (1, 7, 10**6):
            batches = list(swept.batches(size))
            left = [int(row) for batch in batches for row in batch.left]
            right = [int(row) for batch in batches for row in batch.right]
            found = Counter(tuple(sorted((rows[i], rows[j]))) for i, j in zip(left, right, strict=True))
            assert found == want
            assert all(rows[i][3] <= rows[j][3] for i, j in zip(left, right, strict=True))


def test_objects_nobody_acted_on_are_not_compared():
    acts = [(0, 0, 0, 0), (1, 2, 1, 1)]
    texts = objects(acts, 3).with_columns(key=pl.Series(["a b", "a b", "a b"]))
    layer = LayerSettings(kernel="near", min_similarity=1.0, window=timedelta(seconds=1))
    (batch,) = near_sweep(traces(acts), texts, layer, memory=ENOUGH).batches(100)
    assert (batch.left.tolist(), batch.right.tolist()) == ([0], [1])
