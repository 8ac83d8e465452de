"""Profile: worked by hand."""

from datetime import timedelta
from itertools import pairwise
from math import log2

import pytest

from tests.accounts import made

NOBODY = made.posts([], [])
DAY = timedelta(days=1)


def past_of(**columns):
    return made.history(NOBODY, made.accounts(len(next(iter(columns.values()))), **columns))


def test_digits_are_a_share_of_the_characters():
    past = past_of(handle=["ab12", "anna", "1999", "", None, "é١2"])
    assert made.values("handle_digits", past) == [0.5, 0, 1, None, None, pytest.approx(1 / 3)]
    assert made.sentences("handle_digits", past)[3:5] == ["The handle is empty.", "Its handle is not known."]


def test_entropy_of_a_handle_in_bits_a_character():
    past = past_of(handle=["aaaa", "aAbB", "abcd", "aab", ""])
    aab = -(2 / 3 * log2(2 / 3) + 1 / 3 * log2(1 / 3))
    assert made.values("handle_entropy", past) == [0, 1, 2, pytest.approx(aab), None]


def test_the_pattern_is_letters_and_eight_digits():
    handles = [
        "Anna12345678",
        "Anna_B123456789",
        "Müller12345678",
        "Anna1234567",
        "12345678",
        "Anna12345678x",
        "A1B12345678",
    ]
    assert made.values("handle_pattern", past_of(handle=handles)) == [1, 1, 1, 0, 0, 0, 0]
    assert made.sentences("handle_pattern", past_of(handle=handles[2:6]))[0] == (
        "Its handle is a name followed by eight or more digits; the same holds for 25 % of the accounts here."
    )


def test_age_at_the_first_post_and_growth_up_to_the_last():
    created = [made.START - 10 * DAY, made.START + 0.5 * DAY, made.START + 2 * DAY, None, made.START]
    profiles = made.accounts(5, created_at=created, post_count=[240, 6, 5, 5, None])
    posts = made.posts([0, 0, 1, 2, 3], [made.START, made.START + 2 * DAY, made.START, made.START, made.START])
    past = made.history(posts, profiles)
    # Account 1 posted half a day before its creation: a date by day, so age 0, and growth over one day.
    assert made.values("age_at_first_post", past) == [10, 0, None, None, None]
    assert made.values("growth", past) == [20, 6, None, None, None]
    assert made.sentences("growth", past)[2:] == [
        "Has posts from before its creation date, so the date cannot be relied on.",
        "Its creation date is not known.",
        "Insufficient data: 0 posts, 1 needed.",
    ]


def test_follower_ratio():
    past = past_of(followers=[30, 0, 7, 0, None], following=[10, 5, 0, 0, 1])
    assert made.values("follower_ratio", past) == [0.75, 0, 1, None, None]
    assert made.sentences("follower_ratio", past)[3:] == [
        "Follows nobody and is followed by nobody.",
        "Its number of followers is not known.",
    ]


def test_flags_of_the_profile():
    past = past_of(default_profile=[True, False, None], description=["", " hello ", None])
    assert made.values("default_profile", past) == [1, 0, None]
    assert made.values("empty_description", past) == [1, 0, None]
    assert made.sentences("empty_description", past) == [
        "The profile text is empty; the same holds for 50 % of the accounts here.",
        "There is a profile text; the same holds for 50 % of the accounts here.",
        "Its profile text is not known.",
    ]


def test_followers_are_gained_and_accounts_followed_over_the_age_at_the_last_post():
    profiles = made.accounts(2, created_at=[made.START] * 2, followers=[90, 0], following=[30, 0])
    past = made.history(made.posts([0, 1], [made.START + 3 * DAY, made.START]), profiles)
    assert made.values("follower_growth", past) == [30, 0]
    assert made.values("following_growth", past) == [10, 0]
    assert made.sentences("following_growth", past)[1].startswith("Follows nobody; ")


def surprise(handle, others):
    """The definition written out: pairs of neighbouring characters, counted in the other handles."""

    def pairs(text):
        edged = f"\n{text.lower()}\n"
        return list(pairwise(edged))

    elsewhere = [pair for other in others for pair in pairs(other)]
    size = len({after for _, after in [*elsewhere, *pairs(handle)]})
    bits = [
        -log2((elsewhere.count(pair) + 1) / (sum(one[0] == pair[0] for one in elsewhere) + size))
        for pair in pairs(handle)
    ]
    return sum(bits) / len(bits)


def test_the_surprise_of_a_handle_is_measured_by_the_others():
    handles = [*(f"anna{letter}" for letter in "abcdefghijklmnopqrst"), "Anna", "xq7z"]
    values = made.values("handle_surprise", past_of(handle=handles))
    for n, handle in enumerate(handles):
        assert values[n] == pytest.approx(surprise(handle, handles[:n] + handles[n + 1 :]))
    assert max(values) == values[-1]
    assert min(values) == values[-2]


def test_twenty_handles_make_a_model():
    assert made.sentences("handle_surprise", past_of(handle=["abc"] * 19 + [None]))[0] == (
        "Insufficient data: 19 accounts with a handle, 20 needed."
    )
