"""The similarity kernel against its definition, written out pair by pair, and against scikit-learn."""

import math
from collections import Counter
from itertools import combinations
from itertools import product as choices

import numpy as np
import polars as pl
import pytest

from cib.link.product import predicted, product
from cib.settings import LayerSettings
from tests.link.made import traces

Act = tuple[int, int, int, int]
ENOUGH = 10**9
MEASURES = ("cosine", "jaccard", "overlap", "count")


def layer(**changes) -> LayerSettings:
    return LayerSettings(**({"kernel": "similarity", "window": None, "min_objects": 1} | changes))


def made(seed: int, accounts: int = 9, objects: int = 7, acts: int = 60) -> list[Act]:
    """Acts with repeats and gaps in the numbering of accounts; popular and rare objects."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, accounts, acts) * 3 + 2
    what = (rng.random(acts) ** 2 * objects).astype(int)
    return [(int(a), int(o), post, post) for post, (a, o) in enumerate(zip(who, what, strict=True))]


def weighed(acts: list[Act], tf: str, idf: str) -> dict[int, dict[int, float]]:
    """account -> object -> tf x idf."""
    times = Counter((a, o) for a, o, _, _ in acts)
    n = len({a for a, _ in times})
    degree = Counter(o for _, o in times)
    rows: dict[int, dict[int, float]] = {}
    for (a, o), count in times.items():
        one = {"count": count, "binary": 1, "sublinear": 1 + math.log(count)}[tf]
        d = degree[o]
        two = {
            "none": 1,
            "plain": math.log(n / d),
            "smooth": math.log((1 + n) / (1 + d)) + 1,
            "smoothlog": math.log(n / d + 1),
        }[idf]
        rows.setdefault(a, {})[o] = one * two
    return rows


def similarity(one: dict[int, float], two: dict[int, float], measure: str) -> float:
    both = len(one.keys() & two.keys())
    if measure == "cosine":
        norms = math.sqrt(sum(x * x for x in one.values()) * sum(x * x for x in two.values()))
        return sum(one[o] * two[o] for o in one.keys() & two.keys()) / norms if norms else 0.0
    return {"jaccard": both / len(one.keys() | two.keys()), "overlap": both / min(len(one), len(two)), "count": both}[
        measure
    ]


def expected(acts: list[Act], settings: LayerSettings) -> dict[tuple[int, int], tuple[int, float]]:
    """The definition: look at all pairs of accounts; if `neighbours` is set, one has to list the other."""
    rows = weighed(acts, settings.tf, settings.idf)
    alike = {
        pair: round(similarity(rows[pair[0]], rows[pair[1]], settings.measure), 12)
        for pair in combinations(sorted(rows), 2)
    }
    alike = {pair: value for pair, value in alike.items() if value > 0}
    if settings.neighbours:
        lists = {
            a: sorted((-value, pair[0] + pair[1] - a) for pair, value in alike.items() if a in pair)[
                : settings.neighbours - 1
            ]
            for a in rows
        }
        listed = {tuple(sorted((a, b))) for a in rows for _, b in lists[a]}
        alike = {pair: value for pair, value in alike.items() if pair in listed}
    shared = {pair: len(rows[pair[0]].keys() & rows[pair[1]].keys()) for pair in alike}
    return {
        pair: (shared[pair], value)
        for pair, value in alike.items()
        if shared[pair] >= settings.min_objects and value >= settings.min_similarity
    }


def check(acts: list[Act], settings: LayerSettings, memory: int = ENOUGH) -> None:
    found = product(traces(acts), settings, memory=memory)
    assert found.columns == ["a", "b", "overlap", "similarity"]
    assert found.dtypes == [pl.UInt32, pl.UInt32, pl.UInt32, pl.Float64]
    want = expected(acts, settings)
    assert found.select("a", "b").rows() == sorted(want)
    assert found["overlap"].to_list() == [want[pair][0] for pair in sorted(want)]
    assert found["similarity"].to_list() == pytest.approx([want[pair][1] for pair in sorted(want)], abs=1e-11)


@pytest.mark.parametrize(
    ("tf", "idf"), list(choices(("count", "binary", "sublinear"), ("none", "plain", "smooth", "smoothlog")))
)
def test_cosine_is_what_its_formula_says(tf: str, idf: str):
    for seed in range(8):
        check(made(seed), layer(measure="cosine", tf=tf, idf=idf))
        check(made(seed), layer(measure="cosine", tf=tf, idf=idf, min_objects=3, min_similarity=0.3))


@pytest.mark.parametrize("measure", ["jaccard", "overlap", "count"])
def test_measures_of_sets_are_what_their_formulas_say(measure: str):
    for seed in range(8):
        check(made(seed), layer(measure=measure))
        check(made(seed), layer(measure=measure, min_objects=2, min_similarity=0.5))


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("neighbours", [1, 2, 3, 5, 100])
def test_neighbours_are_the_most_similar_of_either_end(measure: str, neighbours: int):
    for seed in range(12):
        check(made(seed), layer(measure=measure, neighbours=neighbours, idf="smooth"), memory=1 + seed * 2000)
        check(made(seed), layer(measure=measure, neighbours=neighbours, min_objects=2))


def test_an_account_itself_takes_one_place_and_one_list_is_enough():
    # 2 is like 0 (2 of 2 objects), like 1 less; 1's best is 2, 2's best is 0.
    acts = [(0, 0, 0, 0), (0, 1, 1, 0), (2, 0, 2, 0), (2, 1, 3, 0), (1, 1, 4, 0), (1, 5, 5, 0)]
    found = product(traces(acts), layer(measure="jaccard", neighbours=2), memory=ENOUGH)
    assert found.select("a", "b").rows() == [(0, 1), (0, 2)]  # 1 is as similar to 0 as to 2, and lists the smaller
    assert product(traces(acts), layer(measure="jaccard", neighbours=1), memory=ENOUGH).is_empty()


def test_sublinear_smooth_cosine_is_that_of_scikit_learn():
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import TfidfTransformer

    acts = made(3, accounts=40, objects=60, acts=1500)
    who, what = (sorted({act[i] for act in acts}) for i in (0, 1))
    counts = np.zeros((len(who), len(what)))
    for a, o, _, _ in acts:
        counts[who.index(a), what.index(o)] += 1
    rows = TfidfTransformer(norm="l2", use_idf=True, smooth_idf=True, sublinear_tf=True).fit_transform(
        csr_array(counts)
    )
    cosine = (rows @ rows.T).toarray()
    found = product(traces(acts), layer(tf="sublinear", idf="smooth"), memory=ENOUGH)
    assert len(found) == np.count_nonzero(np.triu(cosine, 1)) > 100
    for a, b, _, value in found.rows():
        assert value == pytest.approx(cosine[who.index(a), who.index(b)], abs=1e-11)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("neighbours", [0, 6])
def test_memory_changes_no_byte(measure: str, neighbours: int):
    acts = traces(made(5, accounts=60, objects=40, acts=900))
    settings = layer(measure=measure, tf="sublinear", idf="plain", neighbours=neighbours)
    whole = product(acts, settings, memory=ENOUGH)
    assert len(whole) > 50
    for memory in (1, 5_000, 40_000, 200_000):
        assert product(acts.sample(fraction=1, shuffle=True, seed=memory), settings, memory=memory).equals(whole)


def test_accounts_with_one_object_are_alike_whatever_the_weights():
    acts = [(0, 0, 0, 0), (1, 0, 1, 0), (1, 0, 2, 0), (2, 1, 3, 0)]
    for tf, idf in choices(("count", "binary", "sublinear"), ("none", "plain", "smooth", "smoothlog")):
        found = product(traces(acts), layer(tf=tf, idf=idf, min_similarity=1.0), memory=ENOUGH)
        assert found.rows() == [(0, 1, 1, 1.0)]


def test_thresholds_met_exactly_are_kept():
    half = [(0, 0, 0, 0), (0, 1, 1, 0), (0, 2, 2, 0), (1, 0, 3, 0), (1, 1, 4, 0), (1, 3, 5, 0)]
    assert product(traces(half), layer(measure="jaccard", min_similarity=0.5), memory=ENOUGH).rows() == [(0, 1, 2, 0.5)]
    # 4 of 5 objects each: the cosine is 0.8, but four times the square of 1/sqrt(5) is 0.7999999999999999 in floats
    acts = [(a, o + (o == 4) * a, 5 * a + o, 0) for a in range(2) for o in range(5)]
    assert product(traces(acts), layer(min_similarity=0.8), memory=ENOUGH).rows() == [(0, 1, 4, 0.8)]


def test_nothing_is_similar_where_every_weight_is_zero():
    everybodys = [(a, o, 2 * a + o, 0) for a in range(3) for o in range(2)]
    assert product(traces(everybodys), layer(idf="plain"), memory=ENOUGH).is_empty()
    # account 3 has an object of its own: the three others still have none that tells
    assert product(
        traces([*everybodys, (3, 0, 9, 0), (3, 1, 10, 0), (3, 7, 11, 0)]), layer(idf="plain"), memory=ENOUGH
    ).is_empty()


def test_weights_of_zero_count_in_the_overlap_but_not_in_the_cosine():
    acts = [(0, 0, 0, 0), (1, 0, 1, 0), (2, 0, 2, 0), (0, 1, 3, 0), (1, 1, 4, 0), (2, 2, 5, 0)]
    assert product(traces(acts), layer(idf="plain"), memory=ENOUGH).rows() == [(0, 1, 2, 1.0)]


@pytest.mark.parametrize("acts", [[], [(4, 0, 0, 0)], [(4, 0, 0, 0), (4, 1, 1, 0)], [(0, 0, 0, 0), (1, 1, 1, 0)]])
def test_nobody_to_be_similar_to(acts: list[Act]):
    for measure, neighbours in choices(MEASURES, (0, 1, 5)):
        check(acts, layer(measure=measure, neighbours=neighbours, idf="plain"))


def test_the_forecast_counts_every_meeting_of_two_cells_on_one_object():
    for seed in range(5):
        acts = made(seed)
        cells = {(a, o) for a, o, _, _ in acts}
        assert predicted(traces(acts)) == sum(one[1] == two[1] for one, two in choices(cells, cells))
    assert predicted(traces([])) == 0
