"""Checks that every indicator has to pass, whatever it measures; the page's example is one of them.

A new indicator is checked here for being in the registry. What its right value is, its own test knows.
"""

import os
import re
import subprocess
import sys

import polars as pl
import pytest

from cib.accounts import INDICATORS, describe
from cib.settings import AccountSettings
from cib.tables import ACCOUNTS, POSTS
from cib.tables import INDICATORS as CONTRACT
from tests.accounts import made

pytestmark = pytest.mark.usefixtures("with_example")

NAMES = [*INDICATORS, "weekend_share"]
SETTINGS = AccountSettings(min_posts=36)
FIELDS_OF_POSTS = ("text", "urls", "hashtags", "mentions", "client", "parent_account_id", "parent_post_id", "language")
FIELDS_OF_ACCOUNTS = tuple(name for name, column in ACCOUNTS.columns.items() if column.nullable and name != "label")
every_indicator = pytest.mark.parametrize("name", NAMES)


def look(posts: pl.DataFrame, accounts: pl.DataFrame, resolution_s: float = 1) -> pl.DataFrame:
    return describe(posts.lazy(), accounts, SETTINGS, resolution_s=resolution_s, seed=7)


def of(found: pl.DataFrame, name: str) -> pl.DataFrame:
    return found.filter(pl.col("name") == name)


@pytest.fixture(scope="module")
def corpus():
    return made.corpus()


@pytest.fixture(scope="module")
def base(corpus, with_example):
    return look(*corpus)


@pytest.fixture(scope="module")
def shuffled(corpus, with_example):
    posts, accounts = (table.sample(fraction=1, shuffle=True, seed=3) for table in corpus)
    return look(posts, accounts)


@pytest.fixture(scope="module")
def renumbered(corpus, with_example):
    """The same accounts under other numbers, given back under the old ones."""
    posts, accounts = corpus
    old = accounts["account"]
    new = old.sample(fraction=1, shuffle=True, seed=5)
    other = [table.with_columns(pl.col("account").replace_strict(old, new)) for table in (posts, accounts)]
    found = look(other[0], other[1].sort("account"))
    return found.with_columns(pl.col("account").replace_strict(new, old)).sort("account", "name")


@pytest.fixture(scope="module")
def bare(corpus, with_example):
    """A source that gives nothing but who posted when."""
    posts, accounts = corpus
    no_fields = [pl.lit(None, dtype=POSTS.schema[field]).alias(field) for field in FIELDS_OF_POSTS]
    no_profile = [pl.lit(None, dtype=ACCOUNTS.schema[field]).alias(field) for field in FIELDS_OF_ACCOUNTS]
    only_original = pl.lit("original", dtype=POSTS.schema["kind"]).alias("kind")
    return look(posts.with_columns(*no_fields, only_original), accounts.with_columns(no_profile))


@pytest.fixture(scope="module")
def alone(corpus, with_example):
    posts, accounts = corpus
    busiest = posts["account"].mode().min()
    return look(*(table.filter(pl.col("account") == busiest) for table in (posts, accounts)))


def test_the_table_keeps_its_contract_and_order(base):
    CONTRACT.check(base)
    assert base.equals(base.sort("account", "name"))


@every_indicator
def test_every_account_has_one_row(base, corpus, name):
    assert of(base, name)["account"].to_list() == corpus[1]["account"].to_list()


@every_indicator
def test_the_made_corpus_has_accounts_it_applies_to_and_they_differ(base, name):
    values = of(base, name)["value"].drop_nulls()
    assert values.n_unique() > 1


@every_indicator
def test_a_value_stands_exactly_where_it_applies(base, name):
    rows = of(base, name)
    assert rows["applicable"].to_list() == rows["value"].is_not_null().to_list()
    assert rows["applicable"].to_list() == rows["percentile"].is_not_null().to_list()
    assert rows["value"].drop_nulls().is_finite().all()


@every_indicator
def test_percentile_is_the_share_as_low_or_lower(base, name):
    rows = of(base, name).filter("applicable")
    values = rows["value"].to_list()
    expected = [sum(other <= value for other in values) / len(values) for value in values]
    assert rows["percentile"].to_list() == pytest.approx(expected)


@every_indicator
def test_the_order_of_rows_makes_no_difference(base, shuffled, name):
    assert of(shuffled, name).equals(of(base, name))


@every_indicator
def test_the_numbers_of_accounts_make_no_difference(base, renumbered, name):
    assert of(renumbered, name).equals(of(base, name))


@every_indicator
def test_sentences_hold_our_own_words_only(base, name):
    for sentence in of(base, name)["sentence"]:
        assert re.fullmatch(r"[A-Z0-9][\w \-+.,:;%()/']+\.", sentence, flags=re.ASCII), sentence
        assert not set("<>{}") & set(sentence)
        assert "alert" not in sentence
        assert "nan" not in sentence.lower().split()


@every_indicator
def test_a_source_that_lacks_a_field_is_told_from_an_account_without_it(base, bare, name):
    needs = set(INDICATORS[name].needs)
    if needs == {"indicators"}:
        return  # what each of the others can tell is asked of it
    if needs <= {"posts.created_at", "accounts.account_id"}:
        assert of(bare, name)["applicable"].any()
    else:
        rows = of(bare, name)
        assert not rows["applicable"].any()
        assert rows["sentence"].str.contains("^The source gives no |in the whole corpus").all()
        assert not of(base, name)["sentence"].str.contains("^The source gives no ").any()


@pytest.mark.parametrize("field", [*FIELDS_OF_POSTS, *FIELDS_OF_ACCOUNTS])
def test_one_missing_field_silences_those_that_need_it_and_no_other(corpus, base, field, monkeypatch):
    for name in [name for name, one in INDICATORS.items() if "indicators" in one.needs]:
        monkeypatch.delitem(INDICATORS, name)  # needs none and reads all
    posts, accounts = corpus
    of_posts = field in FIELDS_OF_POSTS
    table = posts if of_posts else accounts
    table = table.with_columns(pl.lit(None, dtype=table.schema[field]).alias(field))
    found = look(table, accounts) if of_posts else look(posts, table)
    needed = f"posts.{field}" if of_posts else f"accounts.{field}"
    for name, indicator in INDICATORS.items():
        assert of(found, name)["applicable"].any() == (needed not in indicator.needs), name
        if needed not in "|".join(indicator.needs):
            assert of(found, name).equals(of(base, name)), name


def test_no_accounts_no_rows():
    found = look(POSTS.empty(), ACCOUNTS.empty())
    CONTRACT.check(found)
    assert found.is_empty()


def test_accounts_without_any_posts_are_described_by_their_profiles(corpus):
    found = look(POSTS.empty(), corpus[1])
    CONTRACT.check(found)
    assert of(found, "handle_digits")["applicable"].any()
    assert not of(found, "posting_rate")["applicable"].any()


@every_indicator
def test_one_account_alone_is_compared_with_nobody(alone, name):
    row = of(alone, name).row(0, named=True)
    assert not row["applicable"] or (row["percentile"] == 1 and "no other account" in row["sentence"])


def test_the_known_truth_is_never_read(corpus, base):
    posts, accounts = corpus
    assert "label" not in made.history(posts.lazy(), accounts).accounts.columns
    assert look(posts, accounts.with_columns(label=pl.lit(None, dtype=pl.String))).equals(base)
    assert look(posts, accounts.with_columns(label=pl.lit("bot"))).equals(base)


def test_the_same_bytes_on_one_thread(base):
    program = (
        "import sys; from cib.accounts import INDICATORS, describe; from cib.settings import AccountSettings;"
        "from tests.accounts import made; posts, accounts = made.corpus(); del INDICATORS['outlier'];"
        "found = describe(posts.lazy(), accounts, AccountSettings(min_posts=36), resolution_s=1, seed=7);"
        "sys.stdout.write(found.write_csv())"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "POLARS_MAX_THREADS": "1"}
    alone = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True)
    assert alone.stdout == base.filter(~pl.col("name").is_in(["outlier", "weekend_share"])).write_csv()


def test_the_example_of_the_page_passes_its_own_test(page_code):
    names = {}
    exec(page_code[2], names)  # noqa: S102
    tests = [test for name, test in names.items() if name.startswith("test_")]
    assert len(tests) == 1
    tests[0]()
