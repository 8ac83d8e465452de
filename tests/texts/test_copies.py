"""Near copies against the plain definition: every pair, sets of shingles as strings."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from cib.settings import TextSettings
from cib.texts.copies import alike, comparable, near_copies
from cib.texts.leaders import Buckets, gather, leaders
from cib.texts.shingles import jaccard
from cib.texts.sketch import bands

MEMORY = 10**7
TEXT = "the mayor of our town said on friday that nobody will ever build a bridge over this old river again"
WORDS = list(TEXT.split())


def pieces(text, size=4):
    return {text[i : i + size] for i in range(len(text) - size + 1)}


def index(one, two, size=4):
    a, b = pieces(one, size), pieces(two, size)
    return len(a & b) / len(a | b) if a | b else 0.0


def variants(n, seed):
    """Made-up texts: some of their own, the others edited copies of one that is there."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(n):
        words = (
            list(rng.permutation(WORDS)) if not made or rng.random() < 0.4 else made[rng.integers(len(made))].split()
        )
        for _ in range(rng.integers(0, 5)):
            words[rng.integers(len(words))] = str(rng.choice(WORDS)) + "xyz"[rng.integers(3)]
        made.append(" ".join(words))
    return pl.Series(made).unique(maintain_order=True)


@settings(max_examples=50)
@given(st.lists(st.text("ab c", max_size=12), min_size=2, max_size=6))
def test_jaccard_is_that_of_the_sets_of_pieces(texts):
    left, right = np.triu_indices(len(texts), 1)
    expected = [index(texts[a], texts[b]) for a, b in zip(left, right, strict=True)]
    assert jaccard(pl.Series(texts), left, right).tolist() == pytest.approx(expected)


def test_jaccard_takes_two_characters_where_there_are_no_blanks():
    one, two = "請大家今天都去投票", "請大家明天都去投票"
    assert jaccard(pl.Series([one, two]), np.array([0]), np.array([1]))[0] == pytest.approx(index(one, two, 2))


def test_pairs_that_are_kept_are_near_by_both_measures_and_no_near_one_is_lost():
    texts = variants(120, 1)
    left, right = np.triu_indices(len(texts), 1)
    found = alike(texts, left, right, TextSettings(), memory=MEMORY)
    near = [
        index(texts[a], texts[b]) >= 0.55 and Levenshtein.normalized_similarity(texts[a], texts[b]) >= 0.693
        for a, b in zip(left.tolist(), right.tolist(), strict=True)
    ]
    assert found.tolist() == near
    assert 20 < found.sum() < len(found) / 2
    keys = bands(texts, memory=MEMORY)
    close = np.array([index(texts[a], texts[b]) >= 0.7 for a, b in zip(left.tolist(), right.tolist(), strict=True)])
    shared = (keys[:, left] == keys[:, right]).any(axis=0)
    assert shared[close].mean() >= 0.97
    assert shared[~found].mean() < 0.3


def test_bands_do_not_depend_on_the_pieces_that_memory_allows():
    texts = variants(200, 2)
    assert np.array_equal(bands(texts, memory=10**9), bands(texts, memory=1))
    assert bands(texts.head(0), memory=1).shape[1] == 0


def test_texts_shorter_than_a_piece_are_like_no_other():
    keys = bands(pl.Series(["a", "b", "", "abcd"]), memory=MEMORY)
    assert len(gather(keys).thing) == 0


def greedy(n, near):
    """The definition: each in its order joins the first leader that it is near to."""
    lead, found = [], []
    for x in range(n):
        first = next((y for y in lead if near(y, x)), None)
        found.append(x if first is None else first)
        lead += [x] if first is None else []
    return found


@settings(max_examples=200)
@given(st.integers(0, 12), st.data())
def test_leaders_are_those_of_one_after_the_other(n, data):
    pairs = [(a, b) for a in range(n) for b in range(a + 1, n)]
    near = data.draw(st.sets(st.sampled_from(pairs)) if pairs else st.just(set()))
    boxes = data.draw(st.lists(st.sets(st.integers(0, max(n - 1, 0)), max_size=n), max_size=6)) if n else []
    bucket = np.array([i for i, box in enumerate(boxes) for _ in box], dtype=np.int64)
    thing = np.array([x for box in boxes for x in sorted(box)], dtype=np.int64)
    meet = {(a, b) for box in boxes for a in box for b in box if a < b}
    found = leaders(
        n,
        Buckets(bucket, thing),
        lambda one, two: np.array(
            [(a, b) in near for a, b in zip(one.tolist(), two.tolist(), strict=True)], dtype=bool
        ),
    )
    assert found.tolist() == greedy(n, lambda a, b: (a, b) in near & meet)


def test_a_chain_of_small_changes_makes_no_group():
    """Each text is near to the next, the ends have nothing in common: nobody is far from anybody in a group."""
    new = [f"word{chr(97 + i)}{chr(98 + i)}" for i in range(len(WORDS))]
    chain = pl.Series([" ".join(new[:i] + WORDS[i:]) for i in range(len(WORDS) + 1)])
    settings = TextSettings()
    leader = near_copies(chain, settings, memory=MEMORY)
    assert len(set(leader.tolist())) > 2
    assert len(set(leader.tolist())) < len(chain) / 2
    for x, y in zip(*np.triu_indices(len(chain), 1), strict=True):
        if leader[x] == leader[y]:
            assert index(chain[int(x)], chain[int(y)]) >= 2 * settings.min_jaccard - 1
    assert all(index(chain[int(x)], chain[int(y)]) >= settings.min_jaccard for x, y in enumerate(leader))


@pytest.mark.parametrize(
    ("words", "enough"),
    [
        ("we all meet at the bridge", True),
        ("we all meet there # @ 0 #", False),
        ("a b c d e f g", False),
        ("請大家今天都去投票支持這個好人啊", True),
        ("請大家去投票", False),
        ("ขอให้ทุกคนไปลงคะแนนวันนี้", True),
    ],
)
def test_short_texts_are_not_compared(words, enough):
    assert pl.select(comparable(pl.lit(words), TextSettings())).item() is enough


def test_the_earlier_of_two_near_texts_leads():
    texts = pl.Series(["we all meet at the old bridge tonight", "we all meet at the old bridge tonight ok"])
    assert near_copies(texts, TextSettings(), memory=MEMORY).tolist() == [0, 0]
    assert near_copies(texts.reverse(), TextSettings(), memory=MEMORY).tolist() == [0, 0]


def test_no_texts_have_no_leaders():
    assert near_copies(pl.Series([], dtype=pl.String), TextSettings(), memory=10**7).tolist() == []
