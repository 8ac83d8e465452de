"""Finding the input files and opening them as streams of UTF-8 bytes.

What a file is, is decided by its first bytes (Parquet, gzip and zstd name themselves), then by its
suffix, then by whether it begins with ``{``. Compressed text is decompressed as it is read, so no
file is ever whole in memory.
"""

import codecs
import glob
import gzip
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal

import zstandard

from cib.errors import InputError
from cib.settings import InputSettings

__all__ = ["Form", "InputFile", "byte_blocks", "expand", "input_files", "labels", "look_at"]

Form = Literal["csv", "ndjson", "parquet"]

_FORMS: Final[dict[str, Form]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "ndjson",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_PACKED: Final = {".gz", ".zst"}
_MAGIC: Final = {b"PAR1": "parquet", b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}
_BOMS: Final = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# Reddit's monthly dumps are packed with a window of 2 GiB; zstd refuses more than 128 MiB unless told.
_ZSTD_WINDOW: Final = 2**31
# A header line does not begin like this; recordings of an API hold its answers.
_JSON_START: Final = re.compile(r'\{\s*["}]|\[\s*[\[{\]]|(?:http_)?interactions:\s')
_PIECE: Final = 1 << 20
# A zstd block of 4 bytes can unpack to 128 KiB: small pieces in keep pieces out below 32 MiB.
_ZSTD_PIECE: Final = 1024


@dataclass(frozen=True)
class InputFile:
    """One file and how to read it.

    Attributes
    ----------
    path : where it is.
    label : its name in tables and messages; with folders only where two inputs have the same name.
    form : csv (any delimiter), ndjson (JSON of any shape) or parquet.
    packing : '', 'gzip' or 'zstd'.
    encoding : character encoding of the unpacked text.
    """

    path: Path
    label: str
    form: Form
    packing: str
    encoding: str


def input_files(settings: InputSettings, root: Path) -> list[Path]:
    """Return the files that ``settings.files`` names, sorted by path, each once.

    Globs are expanded and folders searched recursively for known suffixes; a file that is named
    outright is taken whatever its suffix.

    Raises
    ------
    InputError
        Nothing is named, or an entry matches nothing.
    """
    if not settings.files:
        msg = "No input: name at least one file, folder or glob in input.files."
        raise InputError(msg)
    return expand(settings.files, root)


def expand(entries: Iterable[str], root: Path) -> list[Path]:
    """Return the files behind names, folders and globs, sorted, each once; see :func:`input_files`."""
    found: dict[Path, None] = {}
    for entry in entries:
        paths = list(_expand_one(entry, root))
        if not paths:
            msg = (
                f"Input '{entry}' matches no file in {root}. "
                f"Folders are searched for {', '.join(_FORMS)}, also as .gz or .zst."
            )
            raise InputError(msg)
        found.update(dict.fromkeys(Path(os.path.normpath(path)) for path in paths))
    return sorted(found)


def _expand_one(entry: str, root: Path) -> Iterator[Path]:
    path = root / Path(entry).expanduser()
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from _known_files(path)
    else:
        # pathlib's glob takes no absolute patterns.
        for match in glob.glob(str(Path(entry).expanduser()), root_dir=root, recursive=True):  # noqa: PTH207
            found = root / match
            yield from _known_files(found) if found.is_dir() else [found]


def _known_files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and _form_of(path) is not None:
            yield path


def _form_of(path: Path) -> Form | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    while suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    return _FORMS.get(suffixes[-1]) if suffixes else None


def labels(paths: list[Path]) -> dict[Path, str]:
    """Return a short name for each file: its own name, or its path below the common folder if names repeat.

    >>> sorted(labels([Path("a/x.csv"), Path("b/x.csv")]).values())
    ['a/x.csv', 'b/x.csv']
    >>> labels([Path("a/x.csv")])[Path("a/x.csv")]
    'x.csv'
    """
    if len({path.name for path in paths}) == len(paths):
        return {path: path.name for path in paths}
    top = Path(os.path.commonpath([path.absolute().parent for path in paths]))
    return {path: path.absolute().relative_to(top).as_posix() for path in paths}


def look_at(path: Path, label: str, settings: InputSettings) -> InputFile:
    """Find out what a file is from its first bytes and its suffix.

    Raises
    ------
    InputError
        The file is missing, empty, unreadable, or of a kind that is not read.
    """
    try:
        with path.open("rb") as file:
            first = file.read(4)
    except OSError as error:
        msg = f"Cannot open '{path}': {error.strerror or error}."
        raise InputError(msg) from error
    if not first:
        msg = f"'{label}' is empty (0 bytes)."
        raise InputError(msg)
    magic = next((name for start, name in _MAGIC.items() if first.startswith(start)), "")
    if magic == "zip":
        msg = f"'{label}' is a ZIP or Excel file. Unpack it, or save the sheet as CSV (UTF-8)."
        raise InputError(msg)
    if magic == "parquet":
        return InputFile(path, label, "parquet", "", "utf-8")
    return _look_at_text(InputFile(path, label, "csv", magic, settings.encoding))


def _look_at_text(file: InputFile) -> InputFile:
    start = next(_regrouped(_unpacked(file), 4096), b"")
    bom = next((bom for bom in _BOMS if start.startswith(bom)), b"")
    encoding = _BOMS.get(bom, file.encoding)
    try:
        text = start[len(bom) :].decode(encoding, "replace").lstrip()
    except LookupError as error:
        msg = f"input.encoding '{encoding}' is not a known character encoding. Try 'utf-8', 'latin-1' or 'cp1252'."
        raise InputError(msg) from error
    if not text:
        msg = f"'{file.label}' is empty."
        raise InputError(msg)
    form = "ndjson" if _JSON_START.match(text) else _form_of(file.path)
    form = form if form in {"csv", "ndjson"} else "csv"
    return InputFile(file.path, file.label, form, file.packing, encoding)


def byte_blocks(file: InputFile, size: int) -> Iterator[bytes]:
    """Yield the unpacked text as UTF-8 in blocks of about ``size`` bytes, without a byte-order mark.

    Bytes that the encoding does not allow come through as bytes that are not UTF-8, so that the
    row they stand in can be refused, and no other.

    Raises
    ------
    InputError
        The file cannot be read, or its compressed stream is damaged or ends early.
    """
    blocks = _without_bom(_regrouped(_unpacked(file), size))
    if codecs.lookup(file.encoding).name == "utf-8":
        yield from blocks
        return
    try:
        yield from _recoded(blocks, file.encoding)
    except UnicodeError as error:
        msg = f"'{file.label}' is not encoded as {file.encoding}: {error}. Set input.encoding."
        raise InputError(msg) from error


def _recoded(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Turn text of any encoding into UTF-8; what it does not allow comes out as bytes that are not UTF-8."""
    wide = codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
    errors = "surrogatepass" if wide else "surrogateescape"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", errors)
    try:
        yield decoder.decode(b"", final=True).encode("utf-8", errors)
    except UnicodeDecodeError:
        yield b"\xff"  # the file ends within a character: its last row is refused


def _unpacked(file: InputFile) -> Iterator[bytes]:
    """Yield the file's bytes, decompressed, in pieces of any size; say so if the stream is broken."""
    done = 0
    try:
        with file.path.open("rb") as raw:
            for piece in _PIECES[file.packing](raw):
                done += len(piece)
                yield piece
    except (EOFError, zlib.error, zstandard.ZstdError, OSError) as error:
        msg = (
            f"'{file.label}' is damaged or cut off: {error} ({done:,} bytes of text came before). "
            f"Fetch it again, or unpack what is left and read that."
        )
        raise InputError(msg) from error


def _plain(raw: IO[bytes]) -> Iterator[bytes]:
    while piece := raw.read(_PIECE):
        yield piece


def _gzip(raw: IO[bytes]) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=raw) as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _zstd(raw: IO[bytes]) -> Iterator[bytes]:
    """Unpack frame after frame; unlike the library's own stream reader it notices a missing end."""
    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    frame = unpacker.decompressobj()
    while packed := raw.read(_ZSTD_PIECE):
        while packed:
            if frame.eof:
                frame = unpacker.decompressobj()
            yield frame.decompress(packed)
            packed = frame.unused_data
    if not frame.eof:
        msg = "the zstd stream ends early"
        raise EOFError(msg)


_PIECES: Final[dict[str, Callable[[IO[bytes]], Iterator[bytes]]]] = {"": _plain, "gzip": _gzip, "zstd": _zstd}


def _regrouped(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Yield blocks of at least ``size`` bytes, the last one with what is left."""
    held: list[bytes] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= size:
            yield b"".join(held)
            held, length = [], 0
    if held:
        yield b"".join(held)


def _without_bom(blocks: Iterator[bytes]) -> Iterator[bytes]:
    first = next(blocks, b"")
    yield first.removeprefix(next((bom for bom in _BOMS if first.startswith(bom)), b""))
    yield from blocks
