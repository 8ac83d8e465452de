"""Client: how many programs, which are rare here, which post by themselves; worked by hand."""

from math import exp, log

import pytest

from tests.accounts import made


def past_of(clients_by_account, **options):
    who = [account for account, clients in enumerate(clients_by_account) for _ in clients]
    clients = [client for clients in clients_by_account for client in clients]
    return made.history(made.posts(who, range(len(who)), client=clients), **options)


def test_effective_number_of_clients():
    past = past_of([["Web"] * 4, ["Web", "Phone"] * 2, ["Web"] * 3 + ["Phone"], ["Web", None, ""]])
    three_to_one = exp(-(0.75 * log(0.75) + 0.25 * log(0.25)))
    assert made.values("client_diversity", past) == [1, 2, pytest.approx(three_to_one), None]
    assert made.sentences("client_diversity", past)[3] == "Insufficient data: 1 post with a client, 2 needed."


def test_the_link_around_a_name_and_its_case_do_not_matter():
    past = past_of([["<a href='https://x.example' rel='nofollow'>Web App</a>", "web app "]])
    assert made.values("client_diversity", past) == [1]


def test_rare_is_what_one_account_in_a_hundred_or_a_single_one_uses():
    # 200 accounts: Own is used by one, Odd by two (1 %), Few by three, Web by nearly all.
    some = [["Own", "Web"], ["Odd", "Odd"], ["Odd", "Web", "Web", "Web"], *[["Few", "Web"]] * 3]
    past = past_of([*some, *[["Web"] * 2] * 194])
    assert made.values("rare_client_share", past)[:7] == [0.5, 1, 0.25, 0, 0, 0, 0]
    fewer = past_of([["Own", "Web"], ["Odd", "Odd"], ["Odd", "Web"], *[["Web"] * 2] * 27])
    assert made.values("rare_client_share", fewer)[:4] == [0.5, 0, 0, 0]


def test_among_fewer_than_twenty_accounts_nothing_is_rare():
    assert made.sentences("rare_client_share", past_of([["Own", "Web"]] * 19))[0] == (
        "Insufficient data: 19 accounts with a client, 20 needed."
    )


@pytest.mark.parametrize("service", ["IFTTT", "dlvr.it", "Hootsuite Inc.", "twitterfeed", "My Weather Bot", "News RSS"])
def test_services_that_post_by_themselves(service):
    assert made.values("automation_client_share", past_of([[service, "Web", "Web", "Web"]])) == [0.25]


@pytest.mark.parametrize("typed", ["Twitter for iPhone", "TweetDeck", "Tweetbot for Mac", "Robotnik", "Mastodon"])
def test_programs_that_people_type_in(typed):
    assert made.values("automation_client_share", past_of([[typed, typed]])) == [0]
