import gzip
from pathlib import Path

import pytest
import zstandard

from cib.errors import InputError
from cib.read import input_files
from cib.read.files import byte_blocks, expand, look_at
from cib.settings import InputSettings


def found(folder, *entries):
    return [path.relative_to(folder).as_posix() for path in input_files(InputSettings(files=entries), folder)]


@pytest.fixture
def folder(tmp_path):
    for name in ("b.csv", "a.tsv", "notes.txt", "sub/c.ndjson.gz", "sub/deep/d.parquet", "sub/x.zst", "[1].csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def test_folders_are_searched_for_known_suffixes(folder):
    assert found(folder, ".") == ["[1].csv", "a.tsv", "b.csv", "sub/c.ndjson.gz", "sub/deep/d.parquet"]
    assert found(folder, "sub") == ["sub/c.ndjson.gz", "sub/deep/d.parquet"]


def test_globs_and_names(folder):
    assert found(folder, "*.csv") == ["[1].csv", "b.csv"]
    assert found(folder, "**/*.parquet") == ["sub/deep/d.parquet"]
    assert found(folder, "[1].csv", "notes.txt") == ["[1].csv", "notes.txt"]
    assert found(folder, str(folder / "b.csv"), "b.csv", "./b.csv", "*.csv") == ["[1].csv", "b.csv"]
    assert found(folder, str(folder / "s*" / "*.gz")) == ["sub/c.ndjson.gz"]


def test_an_entry_that_matches_nothing(folder):
    with pytest.raises(InputError, match=r"Input '\*\.xlsx' matches no file"):
        found(folder, "b.csv", "*.xlsx")


@pytest.mark.parametrize(
    ("name", "content", "form", "packing"),
    [
        ("x.csv", b"a,b\n", "csv", ""),
        ("x", b'{"a": 1}\n', "ndjson", ""),
        ("x", b"a,b\n", "csv", ""),
        ("x.jsonl", gzip.compress(b'{"a": 1}\n', mtime=0), "ndjson", "gzip"),
        ("x.tsv.zst", zstandard.compress(b"a\tb\n"), "csv", "zstd"),
        ("x.csv", b"PAR1....", "parquet", ""),
    ],
)
def test_what_a_file_is(tmp_path: Path, name, content, form, packing):
    (tmp_path / name).write_bytes(content)
    file = look_at(tmp_path / name, name, InputSettings())
    assert (file.form, file.packing) == (form, packing)


def test_a_frame_of_zstd_with_a_large_window(tmp_path: Path):
    text = bytes(range(1, 128)) * 4000
    window = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True, write_content_size=False)
    packed = zstandard.ZstdCompressor(compression_params=window).compress(text)
    (tmp_path / "x.csv.zst").write_bytes(packed)
    file = look_at(tmp_path / "x.csv.zst", "x", InputSettings())
    assert b"".join(byte_blocks(file, 1000)) == text


def test_an_address_is_no_path_unless_it_is_a_file(tmp_path):
    path = tmp_path / "a b.csv"
    path.write_text("x")
    assert expand([path.as_uri()], tmp_path / "elsewhere") == [path]
    with pytest.raises(InputError, match="is an address, and files are opened by their path"):
        expand(["s3a://bucket/posts.parquet"], tmp_path)
