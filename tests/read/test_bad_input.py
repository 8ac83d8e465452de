"""Files as they come: every damage costs the rows it touches and no others, and is reported."""

import gzip
import json

import polars as pl
import pytest
import zstandard

from cib.errors import ConfigError, InputError
from tests.read.made import DATA, read_files, read_text

HEADER = "id,user,text,time\n"
GOOD = "1,u,hello,2020-01-01T00:00:00Z\n"
MORE = "2,v,bye,2020-01-01T00:00:05Z\n"


def reasons(got):
    return [(row["row"], row["reason"]) for row in got.quarantine]


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"'no\.csv' matches no file in"):
        read_files("no.csv", out=tmp_path / "out")


def test_no_file_named(tmp_path):
    with pytest.raises(InputError, match="Name at least one file"):
        read_files(out=tmp_path / "out")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (HEADER.encode(), "has a header and no rows"),
        (b"PK\x03\x04rest", "is not readable as ZIP"),
        (b"[[1, 2]]", "holds no whole JSON object"),
        (b"PAR1 but no Parquet", "is not readable as Parquet"),
    ],
)
def test_files_that_hold_nothing_to_read(tmp_path, content, sentence):
    with pytest.raises(InputError, match=sentence):
        read_text(content, tmp_path, "posts.data")


def test_rows_that_are_not_utf8(tmp_path):
    got = read_text(HEADER.encode() + b"0,w,caf\xe9,2020-01-01T00:00:00Z\n" + GOOD.encode(), tmp_path)
    assert got.column("post_id") == ["1"]
    assert got.quarantine[0]["row"] == 2
    assert "not valid in the file's encoding" in got.quarantine[0]["reason"]
    assert got.quarantine[0]["start"] == "0,w,caf\ufffd,2020-01-01T00:00:00Z"


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig", "utf-16-be"])
def test_other_encodings(tmp_path, encoding):
    text = HEADER + "0,w,café – Ünder,2020-01-01T00:00:00Z\n".replace("–", "-")
    got = read_text(text.encode(encoding), tmp_path, encoding=encoding)
    assert got.column("text") == ["café - Ünder"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_says_the_encoding(tmp_path, encoding):
    got = read_text((HEADER + GOOD).encode(encoding), tmp_path)
    assert got.column("text") == ["hello"]


def test_half_a_character_at_the_end(tmp_path):
    got = read_text((HEADER + GOOD + MORE).encode("utf-16")[:-1], tmp_path)
    assert got.column("post_id") == ["1"]
    assert [row for row, _ in reasons(got)] == [3]


def test_an_unknown_encoding(tmp_path):
    with pytest.raises(InputError, match="'klingon' is not a known character encoding"):
        read_text(HEADER + GOOD, tmp_path, encoding="klingon")


def test_a_mapped_column_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"'posts\.csv' has no column 'txt', .* maps to text\. Nearest: text"):
        read_text(HEADER + GOOD, tmp_path, columns={"text": "txt"})


def test_a_field_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match=r"'acount_id' is not a field of cib\. Nearest: account_id"):
        read_text(HEADER + GOOD, tmp_path, columns={"acount_id": "user"})


def test_a_field_by_the_name_that_others_give_it(tmp_path):
    with pytest.raises(ConfigError, match=r"'author' is not a field of cib\. It is called account_id here\."):
        read_text(HEADER + GOOD, tmp_path, columns={"author": "user"})


def test_a_reader_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match=r"'corrtweet' is not a reader\. Nearest: coortweet\."):
        read_text(HEADER + GOOD, tmp_path, format="corrtweet")
    with pytest.raises(InputError, match="does not have the columns of format 'coortweet'"):
        read_files(tmp_path / "posts.csv", out=tmp_path / "again", format="coortweet")


def test_no_time_column(tmp_path):
    with pytest.raises(InputError, match=r"no column looks like created_at\. .* It has: a, user\.$"):
        read_text("a,user\n1,u\n", tmp_path)


def test_lines_above_the_header_are_spoken_of(tmp_path):
    with pytest.raises(
        InputError, match=r"It has: Export of May\. If that is not its header, delete the lines above it\."
    ):
        read_text("Export of May\n\nuser,time\nu,1\n", tmp_path)


def test_all_columns_that_lack_are_named_at_once(tmp_path):
    with pytest.raises(
        InputError, match=r"no column looks like account_id or created_at\. Say which it is, by --column acc"
    ):
        read_text("a,b\n1,u\n", tmp_path)


@pytest.mark.parametrize("damaged", ["7.30E+17", "1.23e+17", "8e+17", "730000000000000000.0"])
def test_ids_that_a_spreadsheet_rounded(tmp_path, damaged):
    text = HEADER + GOOD + f"{damaged},v,x,2020-01-01T00:00:00Z\n" + f"3,{damaged},x,2020-01-01T00:00:00Z\n"
    got = read_text(text, tmp_path)
    assert got.column("post_id") == ["1"]
    assert [reason.split(" is damaged")[0] for _, reason in reasons(got)] == ["the post id", "the account id"]
    kept = read_files(tmp_path / "posts.csv", out=tmp_path / "kept", damaged_ids="keep")
    assert kept.column("post_id") == ["1", damaged, "3"]
    assert any("2 rows with a rounded id were kept" in note for note in kept.summary.notes)


def test_ids_that_only_look_odd_are_kept(tmp_path):
    ids = ["4e12345", "0012", "1e5", "dzxr3k1", "129235.0", "=1+1"]
    got = read_text(HEADER + "".join(f"{name},u,{name},2020-01-01T00:00:00Z\n" for name in ids), tmp_path)
    assert got.column("post_id") == ["4e12345", "0012", "1e5", "dzxr3k1", "129235", "=1+1"]


def test_float_ids_in_parquet(tmp_path):
    frame = {"id": [7.3e17, 12.0, None], "user": ["u", "v", "w"], "time": [1577880000] * 3, "text": ["a", "b", "c"]}
    pl.DataFrame(frame).write_parquet(tmp_path / "x.parquet")
    got = read_files(tmp_path / "x.parquet", out=tmp_path / "out")
    assert got.column("post_id") == ["12", "row:x.parquet:3"]
    assert got.quarantine[0]["row"] == 1
    assert json.loads(got.quarantine[0]["start"])["user"] == "u"


def test_long_ids_of_which_too_many_end_in_noughts_are_refused(tmp_path):
    # Excel keeps 15 digits: 14 of these 20 ids went through it.
    ids = [f"{number}000000000000000" for number in range(101, 115)] + [f"10{n}234567890123456" for n in range(6)]
    got = read_text(HEADER + "".join(f"{name},u,{name},2020-01-01T00:00:00Z\n" for name in ids), tmp_path)
    assert got.column("post_id") == ids[14:]
    assert {reason for _, reason in reasons(got)} == {
        "the post id looks rounded, as many in its column do (input.damaged_ids)"
    }
    assert got.summary.notes == [
        "Column 'id' looks rounded: 14 of its first 20 long ids end in noughts: different ids may have become one."
    ]
    kept = read_files(tmp_path / "posts.csv", out=tmp_path / "kept", damaged_ids="keep")
    assert kept.column("post_id") == ids
    assert any("14 rows with a rounded id were kept" in note for note in kept.summary.notes)


def test_long_ids_written_out_from_floats_are_refused(tmp_path):
    # A float keeps 17 digits: every id of 19 digits ends in two noughts.
    exact = [1_200_000_000_000_000_000 + 98_765_432_109_877 * n for n in range(1, 31)]
    written = [f"{float(name):.16e}".replace(".", "").split("e")[0] + "00" for name in exact]
    assert {len(name) for name in written} == {19}
    rows = "".join(f"{name},u,{name},2020-01-01T00:00:00Z\n" for name in written)
    with pytest.raises(InputError, match="looks rounded"):
        read_text(HEADER + rows, tmp_path)


def test_few_ids_that_end_in_noughts_are_chance(tmp_path):
    ids = [f"{n}23456789012345678" for n in range(1, 10)] + ["1234567890123456000", "123456789012345000"]
    got = read_text(HEADER + "".join(f"{name},u,{name},2020-01-01T00:00:00Z\n" for name in ids), tmp_path)
    assert got.column("post_id") == ids
    assert got.summary.notes == []


def test_ragged_rows(tmp_path):
    got = read_text(HEADER + "1,u\n" + GOOD + "1,u,a,b,c\n" + MORE, tmp_path)
    assert got.column("source_row") == [3, 5]
    assert reasons(got) == [(row, "the row has another number of fields than the header") for row in (2, 4)]
    assert got.quarantine[0] == {"file": "posts.csv", "row": 2, "reason": reasons(got)[0][1], "start": "1,u"}


def test_nul_bytes(tmp_path):
    got = read_text(HEADER + GOOD + "2,v,a\0b,2020-01-01T00:00:00Z\n", tmp_path)
    assert got.column("post_id") == ["1"]
    assert reasons(got) == [(3, "a field holds a NUL byte")]


def test_a_field_of_a_megabyte(tmp_path):
    got = read_text(
        HEADER + GOOD + f"2,v,{'x' * 1_000_001},2020-01-01T00:00:00Z\n" + MORE.replace("2,", "3,", 1), tmp_path
    )
    assert got.column("post_id") == ["1", "3"]
    assert reasons(got) == [(3, "a field is longer than input.max_field_bytes")]
    assert len(got.quarantine[0]["start"]) == 200


def test_an_unbalanced_quote(tmp_path):
    got = read_text(HEADER + GOOD + '5,x,"open,2020-01-01T00:00:00Z\n' + MORE, tmp_path)
    assert got.column("post_id") == ["1", "2"]
    assert reasons(got) == [(3, "a quote is opened and not closed before the next row")]


def test_broken_json_lines(tmp_path):
    line = '{"id": 10765432109876543210, "user": {"screen_name": "u"}, "time": 1577880000, "text": "a\\ud83db"}'
    lines = [line, "", "{broken", "[1]", '{"id": 2', "[" * 100_000, '{"id": 3, "time": 1577880000}']
    got = read_text("\n".join(lines).encode() + b'\n{"id": "\xff"}', tmp_path, "posts.ndjson")
    assert got.posts.select("post_id", "account_id", "text").rows() == [
        ("10765432109876543210", "generic:u", "a\ufffdb")
    ]
    assert [row["row"] for row in got.quarantine] == [3, 4, 5, 6, 7, 8]
    assert [row["reason"][:30] for row in got.quarantine] == [
        "it is not valid JSON",
        "it is JSON, but not an object",
        "it is not valid JSON",
        "its JSON is nested deeper than",
        "the row names no account",
        "it is not valid in the file's ",
    ]


@pytest.mark.parametrize("cut", [20, 3])
@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".zst", zstandard.compress)])
def test_archives_that_end_early(tmp_path, suffix, pack, cut):
    packed = pack((HEADER + GOOD * 1000).encode())
    with pytest.raises(InputError, match=r"is damaged or cut off: .* Fetch it again"):
        read_text(packed[:-cut], tmp_path, f"posts.csv{suffix}")


def test_a_damaged_archive(tmp_path):
    packed = bytearray(gzip.compress((HEADER + GOOD * 1000).encode(), mtime=0))
    packed[len(packed) // 2] ^= 255
    with pytest.raises(InputError, match="is damaged or cut off"):
        read_text(bytes(packed), tmp_path, "posts.csv.gz")


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".zst", zstandard.compress)])
@pytest.mark.parametrize("name", ["posts.csv", "posts.ndjson"])
def test_archives_in_two_pieces(tmp_path, suffix, pack, name):
    lines = (HEADER + GOOD, MORE)
    if name == "posts.ndjson":
        lines = tuple(f'{{"id": "{n}", "user": "u", "text": "t", "time": {n}}}\n' for n in (1, 2))
    got = read_text(b"".join(pack(line.encode()) for line in lines), tmp_path, name + suffix)
    assert got.column("post_id") == ["1", "2"]


def test_when_every_row_is_refused_the_commonest_reason_is_said(tmp_path):
    with pytest.raises(InputError, match=r"every one of its 3 rows was refused, most because the row names no account"):
        read_text(HEADER + "1,,a,1577880000\n2,,b,1577880000\n3,u,c,never\n", tmp_path)


def test_one_hopeless_file_among_others_is_an_error(tmp_path):
    (tmp_path / "a.csv").write_text(HEADER + GOOD)
    (tmp_path / "b.csv").write_text(HEADER + "1,u,a,never\n")
    with pytest.raises(InputError, match=r"'b\.csv': every one"):
        read_files(tmp_path / "*.csv", out=tmp_path / "out")


def test_deleted_accounts_are_nobody(tmp_path):
    got = read_text(HEADER + GOOD + "2,[deleted],x,1577880000\n3,NA,x,1577880000\n", tmp_path)
    assert reasons(got) == [(3, "the row names no account"), (4, "the row names no account")]


def test_hostile_text_comes_through_as_it_is(tmp_path):
    text = "<script>alert(1)</script>\x1b[31m\u202e=cmd|' /C calc'!A0"
    got = read_text(HEADER + f'1,u,"{text}",1577880000\n', tmp_path)
    assert got.column("text") == [text]


def test_the_ledger_counts_on_from_line_to_line(tmp_path):
    got = read_text(HEADER + GOOD + "2,u,a,never\n3,u\n" + GOOD + GOOD.replace("1,u", "1,w"), tmp_path)
    assert got.ledger.select("stage", "where", "rows_in", "rows_out").rows() == [
        ("read", "posts.csv", 5, 4),
        ("read", "posts.csv", 4, 3),
        ("read", "posts.csv", 3, 2),
        ("read", "posts.csv", 2, 1),
    ]
    assert got.summary.posts == 1
    assert got.summary.inputs == [
        {
            "file": "posts.csv",
            "path": str(tmp_path / "posts.csv"),
            "bytes": 127,
            "format": "generic",
            "rows": 5,
            "refused": 3,
        },
    ]


def test_nothing_is_left_behind_when_reading_fails(tmp_path):
    with pytest.raises(InputError):
        read_text(HEADER + "1,u,a,never\n", tmp_path)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["quarantine.ndjson"]


def test_fixtures_lose_no_row(tmp_path):
    for name in ("ira_by_author.csv", "ira_2018.csv", "coortweet_shares.csv", "coortweet_wide.csv"):
        assert read_files(DATA / name, out=tmp_path / name).quarantine == []
