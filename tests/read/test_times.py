from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cib.errors import ConfigError, InputError
from cib.read.times import BAD_TIME, GAP_TIME, NO_TIME, NO_ZONE, ODD_TIME, TimeRule, utc_times
from tests.read.made import read_text

NOON = datetime(2020, 1, 1, 12, tzinfo=UTC)


def one(value, rule=None):
    column = pl.Series([value]) if not isinstance(value, pl.Series) else value
    return utc_times(column, rule or TimeRule()).row(0)


@pytest.mark.parametrize(
    "text",
    [
        "2020-01-01T12:00:00Z",
        "2020-01-01 12:00:00Z",
        "2020-01-01T12:00:00.000Z",
        "2020-01-01T13:00:00+01:00",
        "2020-01-01 13:00:00 +0100",
        "2020-01-01T13:00+01",
        "2020-01-01 12:00:00 UTC",
        "2020-01-01 07:00:00 EST",
        "Wed Jan 01 12:00:00 +0000 2020",
        "Wed, 01 Jan 2020 13:00:00 +0100",
        "1577880000",
        "1577880000.0",
        "1577880000000",
        "1577880000000000",
        "1577880000000000000",
        " 1577880000 ",
    ],
)
def test_forms_that_name_their_moment(text):
    assert one(text) == (NOON, None)


@pytest.mark.parametrize("text", ["2020-01-01T12:00:00", "2020-01-01 12:00", "2020-01-01 12:00:00.000"])
def test_times_without_a_zone(text):
    assert one(text) == (None, NO_ZONE)
    assert one(text, TimeRule("UTC")) == (NOON, None)
    assert one(text, TimeRule("Europe/Berlin")) == (NOON - timedelta(hours=1), None)


def test_a_date_alone_is_midnight_of_its_zone():
    assert one("2020-01-01", TimeRule("America/New_York")) == (datetime(2020, 1, 1, 5, tzinfo=UTC), None)


def test_hours_that_come_twice_and_hours_that_do_not_come():
    berlin = TimeRule("Europe/Berlin")
    assert one("2021-10-31 02:30:00", berlin) == (datetime(2021, 10, 31, 0, 30, tzinfo=UTC), None)
    assert one("2021-03-28 02:30:00", berlin) == (None, GAP_TIME)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("yesterday", BAD_TIME),
        ("10/16/17 22:59", BAD_TIME),
        ("2020-13-01T00:00:00Z", BAD_TIME),
        ("", NO_TIME),
        (None, NO_TIME),
        ("2300-01-01T00:00:00Z", ODD_TIME),
        ("1960-01-01T00:00:00Z", ODD_TIME),
        ("8" * 19, ODD_TIME),
    ],
)
def test_refused(text, reason):
    assert utc_times(pl.Series([text], dtype=pl.String), TimeRule()).row(0) == (None, reason)


def test_a_format_of_its_own():
    rule = TimeRule("UTC", ("%d.%m.%Y %H:%M",))
    assert one("01.01.2020 12:00", rule) == (NOON, None)
    assert one("2020-01-01T12:00:00Z", rule) == (None, BAD_TIME)
    assert one("01/01/2020 13:00 +0100", TimeRule("", ("%d/%m/%Y %H:%M %z",))) == (NOON, None)


def test_typed_columns():
    plain = pl.Series([datetime(2020, 1, 1, 12)])  # noqa: DTZ001
    assert one(plain) == (None, NO_ZONE)
    assert one(plain, TimeRule("UTC")) == (NOON, None)
    assert one(plain.dt.replace_time_zone("Asia/Tokyo")) == (NOON - timedelta(hours=9), None)
    assert one(pl.Series([date(2020, 1, 1)]), TimeRule("UTC")) == (NOON - timedelta(hours=12), None)
    assert one(pl.Series([1577880000])) == (NOON, None)
    assert one(pl.Series([1577880000.25])) == (NOON + timedelta(milliseconds=250), None)
    assert one(pl.Series([None], dtype=pl.Int64)) == (None, NO_TIME)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1)),  # noqa: DTZ001
    st.integers(-720, 720).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_iso_times_are_exact(moment, zone):
    moment = moment.replace(tzinfo=zone)
    unix = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    texts = [moment.isoformat(), f"{unix // 10**6}.{unix % 10**6:06}"]
    assert utc_times(pl.Series(texts), TimeRule())["at"].to_list() == [moment, moment]


def test_a_column_may_mix_forms():
    column = pl.Series(["1577880000", "2020-01-01T12:00:00Z", "x", "Wed Jan 01 12:00:00 +0000 2020"])
    assert utc_times(column, TimeRule())["at"].to_list() == [NOON, NOON, None, NOON]


ROWS = "user,text,time\nu,hello,2020-01-01 12:00:00\nv,hello,2020-01-01 12:00:01\n"


def test_a_file_of_zoneless_times_asks_for_the_zone(tmp_path):
    with pytest.raises(InputError, match=r"every one of its 2 rows was refused.*set input\.timezone"):
        read_text(ROWS, tmp_path)


def test_rows_of_zoneless_times_are_refused_one_by_one(tmp_path):
    got = read_text(ROWS + "w,hello,2020-01-01T12:00:00Z\n", tmp_path)
    assert got.column("account_id") == ["generic:w"]
    assert [(row["row"], row["reason"]) for row in got.quarantine] == [(2, NO_ZONE), (3, NO_ZONE)]


def test_the_config_names_the_zone(tmp_path):
    got = read_text(ROWS, tmp_path, timezone="Europe/Moscow")
    assert got.column("created_at")[0] == datetime(2020, 1, 1, 9, tzinfo=UTC)


def test_an_unknown_zone(tmp_path):
    with pytest.raises(ConfigError, match="'Mars/Base' is not a known time zone"):
        read_text(ROWS, tmp_path, timezone="Mars/Base")


@pytest.mark.parametrize(
    ("times", "resolution_s"),
    [
        ([f"2020-01-{day:02}T00:00:00Z" for day in range(1, 11)], 86400.0),
        ([f"2020-01-02T{hour:02}:00:00Z" for hour in range(9)] + ["2020-01-01T00:00:00Z"], 3600.0),
        (["2020-01-01T00:00:00Z", "2020-01-02T00:01:00Z", "2020-01-02T00:02:00Z"], 60.0),
        (["2020-01-01T00:00:00Z", "2020-01-02T01:00:00Z", "2020-01-02T02:00:00Z"], 60.0),  # too few to say hours
        (["2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"] * 20, 1.0),  # two times say nothing
        (["2020-01-01T00:00:00Z", "2020-01-02T00:00:01Z"], 1.0),
        (["2020-01-01T00:00:00Z", "2020-01-02T00:00:00.5Z"], 0.001),
    ],
)
def test_resolution(tmp_path, times, resolution_s):
    got = read_text("user,text,time\n" + "".join(f"u,{at},{at}\n" for at in times), tmp_path)
    assert got.summary.resolution_s == resolution_s
    assert (got.summary.first_at, got.summary.last_at[:10]) == ("2020-01-01T00:00:00+00:00", max(times)[:10])
