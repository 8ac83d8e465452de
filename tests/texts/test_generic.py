"""Which texts are nobody's: made-up greetings and campaigns, and the plain definition."""

from itertools import combinations

import numpy as np
import polars as pl

from cib.settings import TextSettings
from cib.texts.generic import generic_texts

SETTINGS = TextSettings(generic_accounts=12, generic_titles=5, generic_connected=0.05)


def acts(*rows):
    columns = {"account": pl.UInt32, "text": pl.String, "link": pl.String}
    return pl.DataFrame([(*row, None)[:3] for row in rows], schema=columns, orient="row")


def found(frame, settings=SETTINGS):
    return generic_texts(frame, settings)


def greeting(text, accounts, link=None):
    return [(account, text, link) for account in accounts]


def own(accounts):
    return [(account, f"own {account} {n}") for account in accounts for n in range(3)]


def test_a_greeting_of_strangers_is_generic_and_a_campaigns_text_is_not():
    campaign = [(account, f"slogan {n}") for account in range(15) for n in range(3)]
    rows = [*campaign, *greeting("good morning", range(100, 130)), *own(range(100, 130))]
    table = found(acts(*rows))
    assert table.select("text", "accounts", "posts", "connected", "why").rows() == [
        ("good morning", 30, 30, 0.0, "many accounts")
    ]


def test_two_greetings_of_some_of_the_same_strangers_fall_one_after_the_other():
    """'night' connects no two of those who say 'morning' but a few; once it is out, nothing does."""
    rows = [*greeting("morning", range(40)), *greeting("night", range(36, 90))]
    assert set(found(acts(*rows))["text"]) == {"morning", "night"}


def test_few_accounts_are_enough_where_the_text_goes_with_one_link():
    assert found(acts(*greeting("title", range(6), "http://a"))).select("text", "why").rows() == [
        ("title", "goes with one link")
    ]
    assert found(acts(*greeting("title", range(6)))).is_empty()
    links = [(account, "title", f"http://{account}") for account in range(6)]
    assert found(acts(*links)).is_empty()


def test_nothing_is_generic_where_it_is_not_asked_and_in_no_data():
    off = TextSettings(generic_accounts=0, generic_titles=0)
    assert found(acts(*greeting("good morning", range(100), "http://a")), off).is_empty()
    assert found(acts()).is_empty()


def test_the_share_is_that_of_all_pairs_where_all_are_looked_at():
    rng = np.random.default_rng(5)
    rows = {(int(rng.integers(14)), f"t{rng.integers(25)}") for _ in range(60)} | {(a, "all") for a in range(14)}
    frame = acts(*sorted(rows))
    texts = frame.group_by("account").agg("text").sort("account")["text"].to_list()
    shared = [len(set(one) & set(two)) > 1 for one, two in combinations(texts, 2)]
    settings = TextSettings(generic_accounts=14, generic_connected=1.0, generic_titles=0)
    table = found(frame, settings.model_copy(update={"generic_connected": 0.999}))
    assert 0.2 < np.mean(shared) < 0.9
    # It falls, and is then no connection itself: the share is of other texts either way.
    assert table["connected"].to_list() == [np.mean(shared)]
