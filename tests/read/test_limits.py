"""Encodings are told and stated; archives, links and sizes have bounds that the config sets."""

import gzip
import os
import stat
import zipfile

import pytest
import zstandard

from cib.errors import InputError
from cib.read.encoding import guess_encoding
from tests.read.made import read_files, read_text

HEADER = "id,user,text,time\n"
ROW = "{n},u{n},{text},2020-01-01T00:00:0{n}Z\n"
WESTERN = ["für Élise", "café à la crème", "niño – “mañana”", "plain", "Ærø"]
CYRILLIC = ["привет мир", "новости дня", "правда и ложь", "выборы"]


def rows(texts):
    return "".join(ROW.format(n=n, text=text) for n, text in enumerate(texts))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings_are_told_and_stated(tmp_path, encoding):
    got = read_text((HEADER + rows(WESTERN)).encode(encoding), tmp_path)
    assert got.column("text") == WESTERN
    notes = " ".join(got.summary.notes)
    assert ("was read as" in notes) == (not encoding.startswith("utf-8"))
    if encoding == "cp1252":
        assert notes == "'posts.csv' was read as cp1252, by its bytes. Set input.encoding if that is wrong."


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "iso8859-5"])
def test_other_alphabets_are_not_guessed(tmp_path, encoding):
    with pytest.raises(InputError, match="neither UTF-8 nor a Western European encoding"):
        read_text((HEADER + rows(CYRILLIC)).encode(encoding), tmp_path)
    assert read_files(tmp_path / "posts.csv", out=tmp_path / "told", encoding=encoding).column("text") == CYRILLIC


def test_mixed_encodings_cost_the_rows_they_touch(tmp_path):
    text = HEADER.encode() + rows(WESTERN + CYRILLIC[:2]).encode()
    text += ROW.format(n=8, text="für").encode("latin-1") + ROW.format(n=9, text="ложь").encode("cp1251")
    got = read_text(text, tmp_path)
    assert got.column("text") == WESTERN + CYRILLIC[:2]
    assert [row["row"] for row in got.quarantine] == [9, 10]
    assert got.summary.notes[0].startswith("'posts.csv' was read as utf-8, but for some rows.")


def test_json_is_utf8_whatever_its_bytes_look_like():
    assert guess_encoding(b'{"a": "caf\xe9"}\n' * 9, "x") == ("utf-8", "but for some rows")
    assert guess_encoding("é".encode()[:1], "x") == ("utf-8", "")


@pytest.mark.parametrize("cut", range(1, 5))
def test_a_beginning_that_ends_within_a_character(cut):
    text = ("ж" * 50 + "\U0001f600").encode()
    assert guess_encoding(text[:-cut], "x") == ("utf-8", "")


PACK = {".gz": gzip.compress, ".zst": zstandard.compress}


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".zip"])
def test_bombs(tmp_path, suffix, monkeypatch):
    monkeypatch.setattr("cib.read.packed._HARMLESS", 100_000)
    bomb = (HEADER + rows(WESTERN)).encode() + b"0,u,x,2020-01-01T00:00:00Z\n" * 40_000
    path = tmp_path / f"posts.csv{suffix}"
    if suffix == ".zip":
        zipped(path, {"posts.csv": bomb})
    else:
        path.write_bytes(PACK[suffix](bomb))
    with pytest.raises(InputError, match=r"unpacks to more than .* Raise input\.max_ratio"):
        read_files(path, out=tmp_path / "one")
    with pytest.raises(InputError, match=r"unpacks to more than 900,000 bytes"):
        read_files(path, out=tmp_path / "two", max_ratio=1e9, max_unpacked=900_000)
    assert len(read_files(path, out=tmp_path / "three", max_ratio=1e9).posts) == 5


def test_members_of_a_zip_archive_are_read_each_by_its_name(tmp_path):
    path = zipped(
        tmp_path / "a.zip",
        {
            "two/posts.ndjson": '{"id": "9", "user": "w", "text": "t", "time": 1577836800}',
            "one/posts.csv": HEADER + rows(WESTERN[:2]),
            "media/1.jpg": b"\xff\xd8",
            "../../outside.csv": HEADER + rows(WESTERN),
            "/absolute.csv": HEADER + rows(WESTERN),
            "again.csv.gz": gzip.compress(HEADER.encode()),
            "empty/": "",
        },
    )
    got = read_files(path, out=tmp_path / "out")
    assert got.column("source_file") == ["a.zip/one/posts.csv"] * 2 + ["a.zip/two/posts.ndjson"]
    assert got.summary.notes[0].startswith("'a.zip': 4 of its files are no tables and were passed over, such as")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.zip", "out"]
    assert not (tmp_path.parent.parent / "outside.csv").exists()


def a_link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"a.jpg": b"x"}, "holds no CSV or JSON file"),
        ({a_link("a.csv"): "/etc/passwd"}, "holds no CSV or JSON file"),
        ({"[Content_Types].xml": "<x/>", "a.csv": HEADER}, "is an Excel file"),
        ({f"{n}.csv": HEADER for n in range(4)}, r"holds 4 files, more than input\.max_members"),
        ({"a.csv": ""}, "is empty"),
    ],
)
def test_archives_that_are_refused(tmp_path, members, sentence):
    with pytest.raises(InputError, match=sentence):
        read_files(zipped(tmp_path / "a.zip", members), out=tmp_path / "out", max_members=3)


def test_an_encrypted_archive(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.csv": HEADER + rows(WESTERN)})
    raw = bytearray(path.read_bytes())
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    with pytest.raises(InputError, match="is encrypted"):
        read_files(path, out=tmp_path / "out")


def test_a_damaged_member(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.csv": HEADER + rows(WESTERN) * 50})
    raw = bytearray(path.read_bytes())
    raw[60] ^= 255
    path.write_bytes(raw)
    with pytest.raises(InputError, match="is damaged or cut off"):
        read_files(path, out=tmp_path / "out")


def test_links_that_lead_out_of_a_folder(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text(HEADER + rows(WESTERN))
    (tmp_path / "data" / "same.csv").symlink_to("a.csv")
    (tmp_path / "outside.csv").write_text(HEADER + rows(CYRILLIC))
    assert len(read_files(tmp_path / "data", out=tmp_path / "one").posts) == 5
    (tmp_path / "data" / "link.csv").symlink_to(tmp_path / "outside.csv")
    with pytest.raises(InputError, match=r"link\.csv' is a link that leads out of .*data'"):
        read_files(tmp_path / "data", out=tmp_path / "two")
    (tmp_path / "data" / "link.csv").unlink()
    (tmp_path / "data" / "folder").symlink_to(tmp_path)
    with pytest.raises(InputError, match="is a link that leads out of"):
        read_files(tmp_path / "data", out=tmp_path / "three")
    assert len(read_files(tmp_path / "data" / "same.csv", out=tmp_path / "four").posts) == 5


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match="matches no file"):
        read_files(tmp_path / "pipe.csv", out=tmp_path / "out")


@pytest.mark.parametrize("name", ["posts.csv", "posts.ndjson"])
def test_rows_that_are_too_long(tmp_path, name):
    texts = ["x" * (30_000 if n == 1 else 5) for n in range(3)]
    lines = [f'{{"id": "{n}", "user": "u", "text": "{text}", "time": {n}}}' for n, text in enumerate(texts)]
    if name == "posts.csv":
        lines = [HEADER.strip(), *(f'{n},u,"{text}",{n}' for n, text in enumerate(texts))]
    got = read_text("\n".join(lines), tmp_path, name, max_row_bytes=20_000, max_field_bytes=10_000)
    assert got.column("post_id") == ["0", "2"]
    assert len(got.quarantine) == 1


def test_quotes_that_stay_open(tmp_path):
    text = HEADER + rows(['"open', "fine", '"open', "fine"])
    got = read_text(text, tmp_path, max_open_quotes=2)
    assert got.column("text") == ["fine", "fine"]
    assert [row["row"] for row in got.quarantine] == [2, 4]
    with pytest.raises(InputError, match=r"in more than 1 rows \(input.max_open_quotes\), the last near row 1\."):
        read_files(tmp_path / "posts.csv", out=tmp_path / "strict", max_open_quotes=1)


def test_numbers_of_any_length(tmp_path):
    line = '{{"id": "{n}", "user": "u{n}", "text": "t", "time": "2020-01-01T00:00:0{n}Z", "followers": {count}}}\n'
    counts = ["9" * 5000, "1e999", "-1", "12", "1" + "0" * 40 + ".5"]
    text = "".join(line.format(n=n, count=count) for n, count in enumerate(counts))
    got = read_text(text, tmp_path, "posts.ndjson")
    assert got.accounts["followers"].to_list() == [None, None, None, 12, None]
