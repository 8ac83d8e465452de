"""Reaction: the delay from a post to its repost, with the faults that real data have."""

import polars as pl
import pytest

from tests.accounts import made


def past_of(delays, *, resolution_s=1, **changes):
    """Account 0 posts every hour; account 1 reposts each of its posts after the delays."""
    count = len(delays)
    at = [n * 3_600 for n in range(count)]
    columns = {
        "kind": ["original"] * count + ["repost"] * count,
        "parent_post_id": [None] * count + [f"p{n}" for n in range(count)],
    }
    posts = made.posts(
        [0] * count + [1] * count,
        [*at, *(start + delay for start, delay in zip(at, delays, strict=True))],
        **(columns | changes),
    )
    return made.history(posts, resolution_s=resolution_s)


def test_median_and_shares_by_hand():
    past = past_of([0, 10, 11, 60, 61, 1_000])
    assert made.values("reaction_median", past) == [None, 35.5]
    assert made.values("reaction_10s", past)[1] == pytest.approx(2 / 6)
    assert made.values("reaction_60s", past)[1] == pytest.approx(4 / 6)
    assert made.sentences("reaction_10s", past)[1].startswith("33 % of its reposts came within 10 seconds of the orig")


def test_a_repost_from_before_its_original_does_not_count():
    assert made.values("reaction_median", past_of([-5, 20, 30]))[1] == 25


def test_replies_and_reposts_of_what_is_not_there_do_not_count():
    away = past_of([5, 6], parent_post_id=[None, None, "elsewhere", "p1"])
    assert made.sentences("reaction_10s", away)[1] == ("Insufficient data: 1 repost of a post in the data, 2 needed.")
    replies = past_of([5, 6], kind=["original"] * 2 + ["reply"] * 2)
    assert made.sentences("reaction_10s", replies)[1] == ("The source gives no reposts together with what they repost.")


def test_the_first_of_two_rows_of_one_post_is_the_original():
    ids = ["same", "same", "r1", "r2"]
    past = past_of([4_000, 5_000], post_id=ids, parent_post_id=[None, None, "same", "same"])
    assert made.values("reaction_median", past)[1] == (4_000 + 3_600 + 5_000) / 2


def test_an_original_on_another_platform_is_another_post():
    past = past_of([5, 6], platform=["x", "y", "x", "x"])
    assert past.reactions["delay_s"].to_list() == [5]


@pytest.mark.parametrize(("resolution", "told"), [(1, "median 10 60"), (30, "median 60"), (60, "median"), (3_600, "")])
def test_each_needs_times_fine_enough(resolution, told):
    past = past_of([60, 120, 180], resolution_s=resolution)
    names = {"median": "reaction_median", "10": "reaction_10s", "60": "reaction_60s"}
    able = [short for short, name in names.items() if made.values(name, past)[1] is not None]
    assert " ".join(able) == told


def test_rows_in_any_order_give_the_same():
    past = past_of([7, 3, 9, 100])
    turned = made.posts(
        [1, 0, 1, 0],
        [3_605, 3_600, 3, 0],
        kind=["repost", "original"] * 2,
        parent_post_id=["p1", None, "p3", None],
    )
    assert made.values("reaction_median", made.history(turned))[1] == 4
    assert past.reactions["delay_s"].to_list() == [3, 7, 9, 100]
    assert past.reactions.schema == pl.Schema({"account": pl.UInt32, "delay_s": pl.Float64})
