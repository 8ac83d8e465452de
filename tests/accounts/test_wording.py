"""Wording: the numbers and comparisons in the sentences."""

from dataclasses import replace

import polars as pl
import pytest

from cib.accounts import INDICATORS
from cib.accounts.indicator import answer, plain_duration
from cib.accounts.wording import compare, middle_ranks, say
from tests.accounts import made

DAY = 86_400


def rates(*per_day):
    """Accounts that posted so often on their one day."""
    who = [account for account, count in enumerate(per_day) for _ in range(count)]
    return made.history(made.posts(who, [0] * len(who)))


def test_the_sentence_of_the_busiest_of_forty():
    sentences = made.sentences("posting_rate", rates(*[36] * 39, 212))
    assert sentences[39] == "Posted 212 times a day on active days; more than 97 % of the accounts here."
    assert sentences[0] == "Posted 36 times a day on active days; hardly any account here has less."


def test_all_alike_and_alone():
    assert (
        made.sentences("posting_rate", rates(5, 5))
        == ["Posted 5 times a day on active days; as all accounts here."] * 2
    )
    assert made.sentences("posting_rate", rates(5)) == [
        "Posted 5 times a day on active days; no other account here to compare with."
    ]


def test_ties_share_the_percentile():
    compared = compare(INDICATORS["posting_rate"], rates(2, 3, 3, 9, 1))
    assert compared["percentile"].to_list() == [0.25, 0.75, 0.75, 1, None]
    assert compared["below"].to_list() == [0, 0.25, 0.25, 0.75, None]
    assert compared["above"].to_list() == [0.75, 0.25, 0.25, 0, None]
    assert middle_ranks({"rate": compared})["rate"].to_list() == [0.125, 0.5, 0.5, 0.875, None]


def computed(*values):
    """What is made of these values, had an indicator come to them."""
    past = made.history(made.posts([], []), made.accounts(len(values), handle=["a"] * len(values)))
    indicator = replace(
        INDICATORS["handle_digits"], function=lambda all_of_it: answer(all_of_it, past.accounts, pl.Series(values))
    )
    return say(indicator, compare(indicator, past))


def test_the_last_digits_of_a_sum_break_no_tie():
    assert computed(0.1 + 0.2, 0.3)["percentile"].to_list() == [1, 1]


def test_what_is_not_a_number_is_not_a_value():
    found = computed(0.5, float("nan"), float("inf"), float("-inf"))
    assert found["value"].to_list() == [0.5, None, None, None]
    assert found["applicable"].to_list() == [True, False, False, False]
    assert set(found["sentence"][1:]) == {"The data on this account do not allow it."}


def test_insufficient_data_in_the_words_of_the_settings():
    past = made.history(made.posts([0] * 12 + [1], [0] * 13), min_posts=36)
    assert made.sentences("posting_rate", past) == [
        "Insufficient data: 12 posts, 36 needed.",
        "Insufficient data: 1 post, 36 needed.",
    ]


@pytest.mark.parametrize(
    ("followers", "following", "percent"),
    [
        (1, 1, "50"),
        (1, 2, "33"),
        (2, 1, "67"),
        (1, 9_999, "Under 0.1"),
        (9_999, 1, "99.9"),
        (1, 199, "0.5"),
        (5, 0, "100"),
    ],
)
def test_percents_are_rounded_but_never_to_nothing_or_everything(followers, following, percent):
    past = made.history(made.posts([], []), made.accounts(1, followers=[followers], following=[following]))
    assert f"{percent.lower()} % are followers" in made.sentences("follower_ratio", past)[0]


@pytest.mark.parametrize(("rest", "percent"), [(999, "99.9"), (99, "99"), (11, "91"), (2, "66")])
def test_more_than_is_never_more_than_holds(rest, percent):
    sentence = made.sentences("posting_rate", rates(*[2] * rest, 3))[-1]
    assert sentence.endswith(f"more than {percent} % of the accounts here.")


@pytest.mark.parametrize(
    ("count", "days", "text"), [(7, 1, "7"), (1_234, 10, "123"), (1, 8, "0.12"), (1, 300, "0.0033"), (2, 200, "0.01")]
)
def test_numbers_are_as_long_as_they_need_to_be(count, days, text):
    profiles = made.accounts(1, created_at=[made.START], post_count=[count])
    past = made.history(made.posts([0], [days * DAY]), profiles)
    assert f" {text} times a day" in made.sentences("growth", past)[0]


@pytest.mark.parametrize(
    ("seconds", "spoken"),
    [(1, "second"), (60, "minute"), (120, "2-minute"), (90, "90-second"), (86_400, "day"), (0.5, "0.5-second")],
)
def test_durations(seconds, spoken):
    assert plain_duration(seconds) == spoken
