"""Tables of labelled accounts, with the damage that such files have (synthetic rows)."""

from datetime import UTC, datetime

import pytest

from cib.errors import ConfigError, InputError
from cib.read.labelled import labelled_accounts
from cib.settings import InputSettings

HEAD = "id,screen_name,description,followers_count,created_at,verified,bot\n"


def read(tmp_path, text, *, encoding="utf-8", **settings):
    path = tmp_path / "profiles.csv"
    path.write_bytes(text.encode(encoding))
    columns = settings.pop("account_columns", {"account_id": "screen_name", "handle": "screen_name", "label": "bot"})
    return labelled_accounts(path, InputSettings(account_columns=columns, encoding=encoding, **settings))


def test_two_forms_of_date_cells_quoted_twice_and_latin_1(tmp_path):
    rows = (
        "7.30E+17,anna,Grüße,12,Mon Aug 25 23:17:59 +0000 2014,FALSE,1\n"
        '7.30E+17,"""bert""","""two\nlines""",-1,3/19/2016 4:05,TRUE,0\n'
    )
    found = read(
        tmp_path, HEAD + rows, encoding="latin-1", timezone="UTC", time_format="%m/%d/%Y %H:%M", platform="twitter"
    )
    assert found.select(
        "account_id", "handle", "description", "followers", "created_at", "verified", "label"
    ).rows() == [
        ("twitter:anna", "anna", "Grüße", 12, datetime(2014, 8, 25, 23, 17, 59, tzinfo=UTC), False, "1"),
        ("twitter:bert", "bert", "two\nlines", None, datetime(2016, 3, 19, 4, 5, tzinfo=UTC), True, "0"),
    ]
    assert found["account"].to_list() == [0, 1]


def test_an_account_with_two_labels_or_none_is_left_out_and_the_last_known_value_counts(tmp_path):
    rows = "1,a,first,1,,,x\n2,a,,2,,,x\n3,b,,1,,,x\n4,b,,1,,,y\n5,c,,1,,,\n6,,,1,,,x\n"
    found = read(tmp_path, HEAD + rows)
    assert found.select("account_id", "description", "followers").rows() == [("generic:a", "first", 2)]


def test_the_key_and_common_names_are_guessed(tmp_path):
    found = read(tmp_path, "username,followers,label\nanna,3,bot\n", account_columns={})
    assert found.select("account_id", "followers", "label").row(0) == ("generic:anna", 3, "bot")


@pytest.mark.parametrize(
    ("text", "columns", "error", "said"),
    [
        ("username,x\na,1\n", {}, InputError, "no column is the label"),
        ("x,label\na,1\n", {}, InputError, "no column names the account"),
        ("username,label\na,\n", {}, InputError, "no row has both"),
        ("username,label\na,1\n", {"label": "bot"}, InputError, "has no column 'bot'"),
        ("username,label\na,1\n", {"text": "label"}, ConfigError, "is not a field of the account table"),
    ],
)
def test_mistakes_are_told_in_a_sentence(tmp_path, text, columns, error, said):
    with pytest.raises(error, match=said):
        read(tmp_path, text, account_columns=columns)
