"""Content: shares, densities, and whom an account addresses; worked by hand."""

from math import log

import pytest

from tests.accounts import made

KINDS = ["original", "repost", "repost", "reply"]


def test_kinds_are_shares_of_all_posts():
    past = made.history(made.posts([0] * 4 + [1] * 2, range(6), kind=[*KINDS, "original", "original"]))
    assert made.values("repost_share", past) == [0.5, 0]
    assert made.values("reply_share", past) == [0.25, 0]
    assert made.sentences("repost_share", past)[1] == "Never reposts; hardly any account here has less."


def test_a_corpus_without_reposts_says_nothing_about_reposting():
    past = made.history(made.posts([0] * 3, range(3)))
    assert made.sentences("repost_share", past) == ["No repost in the whole corpus: the source may not mark reposts."]
    assert made.sentences("reply_share", past) == ["No reply in the whole corpus: the source may not mark replies."]


def test_links_hashtags_and_mentions_of_reposts_are_not_counted():
    past = made.history(
        made.posts(
            [0] * 4,
            range(4),
            kind=KINDS,
            urls=[["x", "y"], ["z"], [], []],
            hashtags=[["a", "b"], ["c"], ["d"], ["e"]],
            mentions=[[], ["m"], ["m"], ["n"]],
        )
    )
    assert made.values("link_share", past) == [0.5]  # of the original and the reply, the original
    assert made.values("hashtag_density", past) == [1.5]
    assert made.values("mention_density", past) == [0.5]


def test_null_is_none_in_a_file_that_gives_links_and_unknown_in_one_that_does_not():
    past = made.history(
        made.posts(
            [0, 0, 0, 1, 1, 1],
            range(6),
            urls=[["x"], None, [], None, None, None],
            source_file=["with.csv"] * 3 + ["without.csv"] * 3,
        )
    )
    assert made.values("link_share", past) == [pytest.approx(1 / 3), None]
    assert made.sentences("link_share", past)[1] == "Insufficient data: 0 own posts, 2 needed."


def test_targets_are_parents_or_else_mentions_and_never_oneself():
    past = made.history(
        made.posts(
            [0] * 5 + [1] * 4 + [2] * 4,
            range(13),
            # account 0 addresses x:9 three times (mentions of a reply are its parent's business) and itself never
            parent_account_id=["x:9", "x:9", "x:9", "x:0", None] + [None] * 4 + ["x:1", "x:2", "x:3", "x:4"],
            mentions=[["x9"], ["other"], [], ["me"], []] + [["Anna"], ["anna", "BOB"], ["bob"], None] + [[]] * 4,
        )
    )
    # account 1: anna twice, bob twice: ln 2 over ln 4
    assert made.values("target_entropy", past) == [0, pytest.approx(log(2) / log(4)), 1]


def test_too_few_addresses():
    past = made.history(made.posts([0] * 3, range(3), mentions=[["a"], [], []]))
    assert made.sentences("target_entropy", past) == ["Insufficient data: 1 address, 2 needed."]


def test_the_mix_of_acts_by_hand():
    kinds = ["original"] * 4 + ["original", "repost", "reply", "quote"] + ["repost"] * 3 + ["original"]
    past = made.history(made.posts([0] * 4 + [1] * 4 + [2] * 4, range(12), kind=kinds))
    three_to_one = -(0.75 * log(0.75) + 0.25 * log(0.25)) / log(4)
    assert made.values("act_mix", past) == [0, 1, pytest.approx(three_to_one)]


def test_one_kind_of_post_in_the_corpus_says_nothing():
    past = made.history(made.posts([0, 0], [0, 1], kind=["reply", "reply"]))
    assert made.sentences("act_mix", past) == ["One kind of post in the whole corpus: the source may not mark kinds."]
