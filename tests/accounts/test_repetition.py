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


@pytest.mark.parametrize(
    "same",
    [
        ("Vote 1", "Vote 27"),
        ("Rain: 3.5 mm at 07:30", "Rain: 12 mm at 8:00"),
        ("Read this #monday", "Read this #tuesday #news"),
        ("5 #steps", "1,204 #walks"),
        ("It is 4 degrees", "it is 17 DEGREES https://t.co/x"),
    ],
)
def test_numbers_and_tags_fill_in_a_template(same):
    past = repeats(same)
    assert made.values("template_repeats", past) == [0.5]
    assert made.values("duplicate_texts", past) == [0]


@pytest.mark.parametrize("different", [("Vote 1", "Vote"), ("Vote Anna", "Vote Bert"), ("a1", "b1")])
def test_other_words_make_another_template(different):
    assert made.values("template_repeats", repeats(different)) == [0]


def test_three_of_four_texts_begin_alike():
    past = repeats(["I liked a video on cats", "I liked a song", "i LIKED a dog https://t.co/x", "She liked a video"])
    assert made.values("same_opening", past) == [0.5]  # 3 of 6 pairs
    said = made.sentences("same_opening", past)[0]
    assert said.startswith("Two of its original texts begin with the same three words in 50 % of cases; no other ")


def test_a_text_of_three_words_has_no_opening():
    assert made.sentences("same_opening", repeats(["one two three", "one two three four", ""])) == [
        "Insufficient data: 1 original text of more than three words, 2 needed."
    ]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["a b c d", "a b c e", "a b d", "a b d c", "B a c c"]), min_size=4))
def test_openings_as_pairs_compared_one_by_one(texts):
    heads = [tuple(text.lower().split()[:3]) for text in texts if len(text.split()) > 3]
    pairs = [one == other for n, one in enumerate(heads) for other in heads[:n]]
    value = made.values("same_opening", repeats(texts))
    assert value == ([pytest.approx(sum(pairs) / len(pairs))] if pairs else [None])
