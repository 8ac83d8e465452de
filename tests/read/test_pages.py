"""Parquet files that promise more than they are are refused before it comes, and others are read as they were."""

import contextlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cib.errors import InputError
from cib.read import packed
from cib.read.pages import chunks
from cib.read.thrift import structure
from tests.read.made import read_files

ROWS = 3000


def table(**columns):
    numbers = [str(number) for number in range(ROWS)]
    times = ["2020-01-01T00:00:00Z"] * ROWS
    return pa.table({"id": numbers, "user": numbers, "time": times} | columns)


def repeated(text, rows=ROWS):
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array([text]))


def lists(text):
    offsets = pa.array(np.arange(ROWS + 1, dtype=np.int32))
    return pa.ListArray.from_arrays(offsets, repeated(text))


@pytest.mark.parametrize(
    ("column", "written"),
    [
        ({"text": repeated("y" * 5000)}, {"compression": "zstd"}),
        ({"text": repeated("y" * 5000).cast(pa.string())}, {"compression": "zstd"}),
        ({"urls": lists("http://a.org/" + "y" * 5000)}, {"compression": "zstd"}),
        ({"text": ["y" * 5000] * ROWS}, {"compression": "zstd", "use_dictionary": False}),
    ],
    ids=["a dictionary", "a dictionary in the file alone", "a dictionary of lists", "pages of nothing"],
)
def test_bombs(tmp_path, monkeypatch, column, written):
    path = tmp_path / "x.parquet"
    pq.write_table(table(**column), path, **written)
    monkeypatch.setattr(packed, "_HARMLESS", 1_000_000)
    with pytest.raises(InputError, match=r"'x.parquet' unpacks to more than [\d,]+ bytes"):
        read_files(path, out=tmp_path / "bomb", max_ratio=10)
    assert len(read_files(path, out=tmp_path / "trusted", max_ratio=10_000).posts) == ROWS


def test_a_number_of_rows_that_no_file_of_that_size_has(tmp_path, monkeypatch):
    pq.write_table(pa.table({"user": repeated("u"), "time": repeated("2020-01-01T00:00:00Z")}), tmp_path / "x.parquet")
    monkeypatch.setattr(packed, "_HARMLESS", ROWS - 1)
    with pytest.raises(InputError, match="unpacks to more"):
        read_files(tmp_path / "x.parquet", out=tmp_path / "out", max_ratio=1)


@pytest.mark.parametrize("column", [{"text": ["y" * 200] * ROWS}, {"urls": [["http://a.org"] * 9] * ROWS}])
def test_a_page_that_is_too_large(tmp_path, column):
    pq.write_table(table(**column), tmp_path / "x.parquet", use_dictionary=False, data_page_size=1 << 30)
    with pytest.raises(InputError, match=r"a page unpacks to [\d,]+ bytes.*input.max_page_bytes"):
        read_files(tmp_path / "x.parquet", out=tmp_path / "out", max_page_bytes=200_000)


def test_values_of_all_lengths_come_through(tmp_path):
    texts = [("long " * 10_000 if number % 1500 == 0 else "short") + str(number) for number in range(ROWS)]
    for name, options in {"plain": {"use_dictionary": False}, "coded": {"dictionary_pagesize_limit": 1 << 26}}.items():
        path = tmp_path / f"{name}.parquet"
        pq.write_table(table(text=texts), path, row_group_size=700, data_page_version="2.0", **options)
        got = read_files(path, out=tmp_path / name, memory=30_000_000)
        assert got.column("text") == texts
        assert got.column("source_row") == list(range(1, ROWS + 1))


def test_what_headers_say_is_what_the_footer_says(tmp_path):
    values = {"text": [f"a text {number}" for number in range(ROWS)], "urls": [["a", "b"], []] * (ROWS // 2)}
    for version in ("1.0", "2.0"):
        pq.write_table(table(**values), tmp_path / "x.parquet", data_page_version=version, data_page_size=4000)
        metadata = pq.ParquetFile(tmp_path / "x.parquet").metadata
        found = {chunk.path: chunk for chunk in chunks(tmp_path / "x.parquet", metadata, 0, ["id", "urls"])}
        assert list(found) == ["id", "urls.list.element"]
        assert [chunk.repeated for chunk in found.values()] == [False, True]
        footer = {metadata.row_group(0).column(at).path_in_schema: metadata.row_group(0).column(at) for at in range(5)}
        for path, chunk in found.items():
            # The footer counts the headers as well.
            assert 0.9 * footer[path].total_uncompressed_size < chunk.unpacked <= footer[path].total_uncompressed_size


def test_headers_that_are_damaged_end_in_a_sentence(tmp_path):
    pq.write_table(table(), tmp_path / "x.parquet", use_dictionary=False)
    sound = (tmp_path / "x.parquet").read_bytes()
    for at in range(4, 40, 4):
        (tmp_path / "y.parquet").write_bytes(sound[:at] + b"\xff" + sound[at + 1 :])
        with contextlib.suppress(InputError):
            read_files(tmp_path / "y.parquet", out=tmp_path / f"out{at}")


@given(st.binary(max_size=60))
def test_bytes_that_are_no_structure(raw):
    try:
        fields, end = structure(raw)
    except (IndexError, ValueError):
        return
    assert 0 < end <= len(raw)
    assert isinstance(fields, dict)


def test_a_structure_by_hand():
    # 1: i32 3, 2: i64 -1, 4: binary "ab", 5: {1: true, 2: i32 150}, 7: list of two i32, 20 (long form): i16 1
    raw = bytes(
        [0x15, 6, 0x16, 1, 0x28, 2, 97, 98, 0x1C, 0x11, 0x15, 0xAC, 0x02, 0, 0x29, 0x25, 2, 4, 0x04, 40, 2, 0, 9]
    )
    assert structure(raw) == ({1: 3, 2: -1, 5: {2: 150}, 20: 1}, len(raw) - 1)
