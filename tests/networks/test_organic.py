"""Organic explanations: checks that every one of them has to pass, and for each a made-up network that it fits and one
that it does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from cib.networks.organic import EXPLANATIONS, Case, explain
from cib.settings import LayerSettings
from cib.tables import ACCOUNTS, OBJECTS, PAIRS, POSTS

START = datetime(2020, 3, 2, 9, tzinfo=UTC)
MEMBERS, OTHERS = 5, 195


def account(n, **facts):
    base = dict.fromkeys(ACCOUNTS.columns) | {"account": n, "account_id": f"x:{n}", "platform": "x"}
    return base | {"handle": f"handle{n:03}"} | facts


def post(n, who, at, **facts):
    base = dict.fromkeys(POSTS.columns) | {
        "post": n, "account": who, "post_id": str(n), "account_id": f"x:{who}", "platform": "x", "created_at": at,
        "kind": "original", "text": f"text {n}", "language": "en", "source_file": "f", "source_row": n + 2,
    }  # fmt: skip
    return base | facts


def made(
    *,
    trace="url",
    objects=6,
    keys=lambda o: f"https://site{o}.example/page",
    accounts_of=lambda _: MEMBERS,
    days=lambda o: 2 * o,
    profile=lambda _: {},
    told=lambda _who, _object: {},
    own=lambda _who: [],
):
    """A network of the accounts 0 to 4, every two of which acted on every object within a minute, among 200."""
    accounts = [account(n, **profile(n)) for n in range(MEMBERS + OTHERS)]
    posts, pairs = [], []
    for o in range(objects):
        at = START + timedelta(days=days(o))
        for who in range(MEMBERS):
            posts.append(post(len(posts), who, at + timedelta(seconds=who), **told(who, o)))
        first = len(posts) - MEMBERS
        pairs += [
            (a, b, o, first + a, first + b, at, float(b - a)) for a in range(MEMBERS) for b in range(a + 1, MEMBERS)
        ]
    for who in range(MEMBERS + OTHERS):
        posts += [post(len(posts) + k, who, at, **facts) for k, (at, facts) in enumerate(own(who))]
    rows = [(o, keys(o), keys(o), 9, accounts_of(o), 0, 0) for o in range(objects)]
    frame = pl.DataFrame(pairs, schema=PAIRS.schema, orient="row").with_columns(group=pl.lit(7, pl.UInt32))
    groups = {"group": [7] * MEMBERS, "account": range(MEMBERS)}
    return Case(
        groups=pl.DataFrame(groups, schema={"group": pl.UInt32, "account": pl.UInt32}),
        pairs={"layer": frame.lazy()},
        objects={"layer": pl.DataFrame(rows, schema=OBJECTS.schema, orient="row").lazy()},
        layers={"layer": LayerSettings(trace=trace)},
        posts=POSTS.check(pl.DataFrame(posts, schema=POSTS.schema)).lazy(),
        accounts=ACCOUNTS.check(pl.DataFrame(accounts, schema=ACCOUNTS.schema)),
    )  # fmt: skip


def repost(of):
    return {"kind": "repost", "parent_account_id": of}


def every(step, count=30, **facts):
    """Posts at equal steps."""
    return [(START + timedelta(hours=step * k), facts) for k in range(count)]


def by_turns(who):
    """Each member's own hour of the day, on 120 days; nobody is ever there when another is."""
    return [(START + timedelta(days=d, hours=(who + d) % MEMBERS), {}) for d in range(120)] if who < MEMBERS else []


def together(who):
    return [(START + timedelta(days=d, hours=d % MEMBERS), {}) for d in range(120)] if who < MEMBERS else []


def speakers(few):
    """Members and `few` others post in Basque."""
    return lambda who: every(1, 3, language="eu" if who < MEMBERS + few else "en")


PLANTED = {
    "fans": made(told=lambda *_: repost("x:190")),
    "publisher": made(keys=lambda o: f"https://www.daily.example/{o}", profile=lambda n: {"name": f"Daily desk {n}"}),
    "feeds": made(own=lambda _: every(6)),
    "generic_text": made(trace="text", accounts_of=lambda _: 60),
    "one_day": made(days=lambda _: 0),
    "one_object": made(objects=1),
    "collected": made(accounts_of=lambda _: 120),
    "language_pool": made(own=speakers(2), told=lambda *_: {"language": "eu"}),
    "one_person": made(objects=1, own=by_turns),
    "advocates": made(profile=lambda n: {"description": "Member of #unionlocal7" if n < MEMBERS else "I like cats"}),
}
"""For each explanation a network that it fits."""

OTHERWISE = {
    "fans": made(told=lambda who, o: repost(f"x:{100 + o}")),
    "publisher": made(profile=lambda n: {"name": f"Daily desk {n}"}),
    "feeds": made(own=lambda who: every(6, kind="reply")),
    "generic_text": made(trace="text"),
    "one_day": made(),
    "one_object": made(),
    "collected": made(accounts_of=lambda _: 9),
    "language_pool": made(own=speakers(100), told=lambda *_: {"language": "eu"}),
    "one_person": made(objects=1, own=together),
    "advocates": made(profile=lambda n: {"description": f"Reader number {n} of #unionlocal7"}),
}
"""For each explanation a network that has what it looks at, and that it does not fit."""


def said(case, name):
    return explain(case).row(by_predicate=pl.col("name") == name, named=True)


@pytest.mark.parametrize("name", EXPLANATIONS)
def test_it_fits_what_was_planted_for_it(name):
    row = said(PLANTED[name], name)
    assert row["applicable"]
    assert row["value"] >= EXPLANATIONS[name].full
    assert row["factor"] == pytest.approx(EXPLANATIONS[name].factor)


@pytest.mark.parametrize("name", EXPLANATIONS)
def test_it_leaves_another_network_alone(name):
    row = said(OTHERWISE[name], name)
    assert row["applicable"]
    assert row["value"] < EXPLANATIONS[name].begins
    assert row["factor"] == 1


@pytest.mark.parametrize("name", EXPLANATIONS)
def test_it_says_what_it_says_in_a_sentence_and_within_bounds(name):
    explanation = EXPLANATIONS[name]
    assert 0 <= explanation.begins < explanation.full <= 1
    assert 0 < explanation.factor < 1
    assert explanation.effect(None) == explanation.effect(explanation.begins) == 1
    assert explanation.effect(1.0) == pytest.approx(explanation.factor)
    for case in (PLANTED[name], OTHERWISE[name]):
        row = said(case, name)
        assert row["group"] == 7
        assert 0 <= row["value"] <= 1
        assert row["sentence"].endswith(".")
        assert row["sentence"][0].isupper() or row["sentence"][0].isdigit()


@pytest.mark.parametrize("name", EXPLANATIONS)
def test_it_says_so_where_the_data_cannot_tell(name):
    bare = replace(
        PLANTED[name],
        pairs={},
        posts=POSTS.empty().lazy(),
        accounts=PLANTED[name].accounts.with_columns(
            pl.lit(None, dtype=pl.String).alias(c) for c in ("handle", "name", "description")
        ),
    )
    row = said(bare, name)
    assert (row["applicable"], row["value"], row["factor"]) == (False, None, 1.0)
    assert row["sentence"] == f"The data cannot tell: it needs {EXPLANATIONS[name].needs}."


@pytest.mark.parametrize("name", EXPLANATIONS)
def test_other_networks_and_the_order_of_rows_change_nothing(name):
    case = PLANTED[name]
    second = pl.DataFrame({"group": [3, 3, 3], "account": [50, 51, 52]}, schema=case.groups.schema)
    more = replace(
        case,
        groups=pl.concat([second, case.groups]).reverse(),
        posts=case.posts.reverse(),
        accounts=case.accounts.reverse(),
        pairs={layer: pairs.reverse() for layer, pairs in case.pairs.items()},
    )
    assert explain(more).filter(pl.col("group") == 7).equals(explain(case))
    assert explain(more)["group"].unique(maintain_order=True).to_list() == [3, 7]


def test_an_author_among_the_members_is_no_star_of_theirs():
    assert said(made(told=lambda *_: repost("x:3")), "fans")["value"] == 0


def test_half_the_reposts_of_one_author_are_half_of_the_effect():
    row = said(made(told=lambda _who, o: repost("x:190" if o < 4 else f"x:{100 + o}")), "fans")
    assert row["value"] == pytest.approx(4 / 6)
    assert row["factor"] == pytest.approx(1 - 0.5 * (4 / 6 - 0.5) / 0.4)


def test_one_night_is_one_day():
    """From 21:00 to 03:00: two dates, and within 24 hours from a noon."""
    case = made(days=lambda o: 0.5 + o / 24)
    assert said(case, "one_day")["value"] == 1


def test_no_network_no_explanation():
    case = replace(PLANTED["fans"], groups=PLANTED["fans"].groups.clear(), pairs={})
    assert explain(case).is_empty()
