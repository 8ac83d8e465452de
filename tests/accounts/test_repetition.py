"""Repetition: what counts as the same text, and the share of repeats."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.accounts import made


def repeats(texts, kinds=None, **options):
    size = len(texts)
    made_posts = made.posts([0] * size, range(size), text=texts, kind=kinds or ["original"] * size)
    return made.history(made_posts, **options)


@pytest.mark.parametrize(
    "same",
    [
        ("Vote now", "vote  NOW "),
        ("Vote now https://t.co/a", "Vote now http://t.co/b"),
        ("@anna Vote now", "Vote now @bob.example.org"),
        ("Vote\tnow", "Vote\n\nnow"),
        ("ÜBER alles", "über alles"),
        ("Vote\u00a0now", "Vote now"),
    ],
)
def test_case_links_mentions_and_white_space_do_not_make_a_new_text(same):
    assert made.values("duplicate_texts", repeats(same)) == [0.5]


@pytest.mark.parametrize("different", [("Vote now", "Vote now!"), ("Vote 1", "Vote 2"), ("#vote", "vote")])
def test_anything_else_does(different):
    assert made.values("duplicate_texts", repeats(different)) == [0]


def test_only_originals_with_words_count():
    texts = ["a", "a", "a", "b", None, "https://t.co/x", "@anna", "a", "a"]
    kinds = ["original"] * 7 + ["repost", "quote"]
    past = repeats(texts, kinds)
    assert made.values("duplicate_texts", past) == [0.5]  # a, a, a, b
    assert made.sentences("duplicate_texts", repeats(texts, kinds, min_posts=5)) == [
        "Insufficient data: 4 original texts, 5 needed."
    ]


def test_the_same_text_of_two_accounts_is_no_repeat():
    past = made.history(made.posts([0, 0, 1, 1], range(4), text=["a", "b", "a", "b"]))
    assert made.values("duplicate_texts", past) == [0, 0]


pieces = st.sampled_from(
    ["a", "A", "b", "ß", " ", "  ", "\n", "https://t.co/1 ", "http://x.y/2 ", "@me ", "1", "\U0001f600"]
)


@settings(max_examples=25)
@given(st.lists(st.lists(pieces, max_size=4).map("".join), min_size=2, max_size=25))
def test_duplicates_as_counted_one_by_one(texts):
    bare = [re.sub(r"\s+", " ", re.sub(r"https?://\S+|@[\w.:-]+", " ", text.lower())).strip() for text in texts]
    bare = [text for text in bare if text]
    expected = 1 - len(set(bare)) / len(bare) if len(bare) >= 2 else None
    assert made.values("duplicate_texts", repeats(texts)) == [expected if expected is None else pytest.approx(expected)]
