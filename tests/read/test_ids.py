"""Ids tell times: known pairs of id and time from the platforms' own files and pages."""

from datetime import UTC, datetime

import polars as pl
import pytest

from cib.errors import InputError
from cib.read.ids import SNOWFLAKES, id_times
from cib.read.tally import BY_ID
from tests.read.made import DATA, picked, read_files, read_text

EXPORTS = DATA / "exports"


@pytest.mark.parametrize(
    ("platform", "number", "time"),
    [
        # timestamp_ms of the streamed tweet among the fixtures: 1520512683660
        ("twitter", "971726741583605760", datetime(2018, 3, 8, 12, 38, 3, 660_000, UTC)),
        # 52 ms before created_at of the quoted status among the fixtures, 03:48:33.901
        ("mastodon", "103270115826048975", datetime(2019, 12, 8, 3, 48, 33, 849_000, UTC)),
        # 25 s before create_time of a video among the fixtures, 1704499196
        ("tiktok", "7320768196569599275", datetime(2024, 1, 5, 23, 59, 31, 0, UTC)),
        # the example of Discord's documentation
        ("discord", "175928847299117063", datetime(2016, 4, 30, 11, 18, 25, 796_000, UTC)),
        # before snowflakes, of another platform, no number, too large a number
        ("twitter", "20", None),
        ("twitter", "29700859246", None),
        ("mastodon", "1234567", None),
        ("mastodon", "AQetOIEp6Z2GZ4UiI4", None),
        ("reddit", "971726741583605760", None),
        ("twitter", "99999999999999999999999", None),
        ("tiktok", None, None),
    ],
)
def test_known_pairs(platform, number, time):
    ids = pl.Series([number], dtype=pl.String)
    assert id_times(ids, pl.Series([platform])).to_list() == [time]


def test_every_platform_is_known_by_the_name_that_its_reader_gives():
    assert set(SNOWFLAKES) == {"twitter", "mastodon", "discord", "tiktok"}


HEADER = "tweet_id,user,time,text\n"
ROWS = (
    "971726741583605760,a,2018-03-08 12:38,x\n"  # the minute of the id
    "971726741583605761,a,2018-03-08 12:50,x\n"  # another minute: the source is believed
    "971726741583605762,a,,x\n"
    "971726741583605763,a,soon,x\n"
    "20,a,2006-03-21 20:50,x\n"
)


@pytest.mark.parametrize(
    ("mode", "times", "by_id"),
    [
        ("off", {"12:38:00.000", "12:50:00.000", "20:50:00.000"}, None),
        ("missing", {"12:38:00.000", "12:50:00.000", "12:38:03.660", "20:50:00.000"}, (2, ["row 4", "row 5"])),
        ("finer", {"12:38:03.660", "12:50:00.000", "20:50:00.000"}, (3, ["row 2", "row 4", "row 5"])),
    ],
)
def test_what_ids_tell_is_used_as_the_config_says(tmp_path, mode, times, by_id):
    got = read_text(HEADER + ROWS, tmp_path, platform="twitter", timezone="UTC", id_times=mode)
    assert {f"{at:%H:%M:%S}.{at.microsecond // 1000:03}" for at in got.column("created_at")} == times
    noted = got.ledger.filter(pl.col("reason") == BY_ID).select("rows_in", "rows_out", "examples").rows()
    assert noted == ([(by_id[0], by_id[0], by_id[1])] if by_id else [])


def test_a_source_without_any_times(tmp_path):
    text = "tweet_id,user,text\n971726741583605760,a,x\n"
    with pytest.raises(InputError, match="no column looks like created_at"):
        read_text(text, tmp_path, platform="twitter")
    got = read_files(tmp_path / "posts.csv", out=tmp_path / "ids", platform="twitter", id_times="missing")
    assert got.column("created_at") == [datetime(2018, 3, 8, 12, 38, 3, 660_000, UTC)]


def test_times_of_uploads_make_no_time_finer(tmp_path):
    path = EXPORTS / "tiktok_research_api/api_videos_response_page_1_of_2.json"
    plain, finer = (read_files(path, out=tmp_path / mode, id_times=mode) for mode in ("off", "finer"))
    assert finer.posts.equals(plain.posts)
    before = plain.posts["created_at"] - id_times(plain.posts["post_id"], plain.posts["platform"])
    assert (before.min().total_seconds(), before.max().total_seconds()) == (18, 48)


def test_times_of_real_tweets_agree_with_their_ids(tmp_path):
    path = EXPORTS / "twitter_v1_1/search_response.json.gz"
    plain = read_files(path, out=tmp_path / "plain")
    finer = read_files(path, out=tmp_path / "finer", id_times="finer")
    later = finer.posts["created_at"] - plain.posts["created_at"]
    # The API cuts milliseconds off; an id is made a little before that at most.
    assert later.min() >= pl.Series([0]).cast(pl.Duration("us"))[0]
    assert later.max().total_seconds() < 1
    assert picked(finer, "post_id") == picked(plain, "post_id")
