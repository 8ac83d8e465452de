"""Finding the input files and opening them as streams of UTF-8 bytes.

What a file is, is decided by its first bytes (Parquet, gzip and zstd name themselves), then by its
suffix, then by whether it begins with ``{``. Compressed text is decompressed as it is read, so no
file is ever whole in memory.
"""

import codecs
import glob
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote

from cib.errors import InputError
from cib.read.encoding import BOMS, HEAD_BYTES, guess_encoding, known_encoding, recoded
from cib.read.packed import Packed, members, regrouped, unpacked
from cib.settings import SourceSettings

__all__ = ["Form", "InputFile", "byte_blocks", "expand", "input_files", "labels", "look_at", "look_into"]

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
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_PACKED: Final = {".gz", ".zst"}
_MAGIC: Final = {b"PAR1": "parquet", b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}
# A header line does not begin like this; recordings of an API hold its answers.
_JSON_START: Final = re.compile(r'\{\s*["}]|\[\s*[\[{\]]|(?:http_)?interactions:\s')


@dataclass(frozen=True)
class InputFile:
    """One file and how to read it.

    Attributes
    ----------
    path : where it is.
    label : its name in tables and messages; with folders only where two inputs have the same name.
    form : csv (any delimiter), ndjson (JSON of any shape) or parquet.
    packing : '', 'gzip', 'zstd' or 'zip'.
    encoding : character encoding of the unpacked text.
    member : which member of a ZIP archive.
    most : bytes that it may unpack to; 0: any number.
    note : what a report must say of how it was opened, '' if nothing.
    """

    path: Path
    label: str
    form: Form
    packing: str
    encoding: str
    member: str = ""
    most: int = 0
    note: str = ""

    @property
    def packed(self) -> Packed:
        """Where its bytes come from."""
        return Packed(self.path, self.label, self.packing, self.member, self.most)


def input_files(settings: SourceSettings, root: Path) -> list[Path]:
    """Return the files that ``settings.files`` names, sorted by path, each once.

    Globs are expanded and folders searched recursively for known suffixes; a file that is named
    outright is taken whatever its suffix.

    Raises
    ------
    InputError
        Nothing is named, or an entry matches nothing.
    """
    if not settings.files:
        msg = "There is no input. Name at least one file, folder or glob in input.files."
        raise InputError(msg)
    return expand(settings.files, root)


def expand(entries: Iterable[str], root: Path) -> list[Path]:
    """Return the files behind names, folders and globs, sorted, each once; see :func:`input_files`."""
    found: dict[Path, None] = {}
    for entry in entries:
        paths = list(_expand_one(_as_path(entry), root))
        if not paths:
            msg = (
                f"Input '{entry}' matches no file in {root}. "
                f"Check the path; folders are searched for {', '.join(_FORMS)}, also as .gz or .zst."
            )
            raise InputError(msg)
        found.update(dict.fromkeys(Path(os.path.normpath(path)) for path in paths))
    return sorted(found)


def _as_path(entry: str) -> str:
    """Return the path of a file:// address; anything without a scheme is a path already."""
    scheme = _SCHEME.match(entry)
    if scheme is None:
        return entry
    if scheme[1].lower() != "file":
        msg = (
            f"Input '{entry}' is an address, and files are opened by their path. Copy it, or mount what holds it "
            "(with the engine spark on every machine), and name the path."
        )
        raise InputError(msg)
    return unquote(entry[scheme.end() :])


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
            if found.is_dir():
                yield from _known_files(found)
            elif found.is_file():  # a pipe would never end
                yield found


def _known_files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder that may hold posts; a link that leads out of it is refused, not followed."""
    inside = folder.resolve()
    for path in folder.rglob("*"):
        known = _form_of(path) is not None or path.suffix.lower() == ".zip"
        if path.is_symlink() and (path.is_dir() or known) and not path.resolve().is_relative_to(inside):
            msg = (
                f"'{path}' is a link that leads out of '{folder}'. Name what it leads to in input.files, or remove it."
            )
            raise InputError(msg)
        if path.is_file() and known:
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


def look_at(path: Path, label: str, settings: SourceSettings) -> InputFile:
    """Find out what a file is from its first bytes and its suffix; of a ZIP archive, what its only file is.

    Raises
    ------
    InputError
        The file is missing, empty, unreadable, or of a kind that is not read; it is an archive of several files.
    """
    found = look_into(path, label, settings)
    if len(found) > 1:
        msg = f"'{label}' holds {len(found)} files. Unpack the one that is meant."
        raise InputError(msg)
    return found[0]


def look_into(path: Path, label: str, settings: SourceSettings) -> list[InputFile]:
    """Find out what a file is, and of a ZIP archive what the files in it are that may hold posts.

    Raises
    ------
    InputError
        As :func:`look_at`; also when an archive holds nothing to read.
    """
    try:
        with path.open("rb") as file:
            first = file.read(4)
    except OSError as error:
        msg = f"Cannot open '{path}': {error.strerror or error}. Name a file that you may read."
        raise InputError(msg) from error
    if not first:
        msg = f"'{label}' is empty (0 bytes). Fetch it again, or take it out of input.files."
        raise InputError(msg)
    magic = next((name for start, name in _MAGIC.items() if first.startswith(start)), "")
    if magic == "zip":
        return _look_into_zip(path, label, settings)
    if magic == "parquet":
        return [InputFile(path, label, "parquet", "", "utf-8")]
    return [_look_at_text(Packed.of(path, label, magic, settings), settings)]


def _look_into_zip(path: Path, label: str, settings: SourceSettings) -> list[InputFile]:
    found, aside = members(path, label, settings)
    texts = [one for one in found if _form_of(Path(one.member)) in {"csv", "ndjson"} and not _is_packed(one.member)]
    aside += [one.member for one in found if one not in texts]
    if not texts:
        msg = f"'{label}' holds no CSV or JSON file that can be read. Unpack it, and name what is meant."
        raise InputError(msg)
    files = [_look_at_text(one, settings) for one in texts]
    if aside:
        note = f"'{label}': {len(aside):,} of its files are no tables and were passed over, such as '{aside[0]}'."
        files[0] = replace(files[0], note=" ".join(filter(None, [note, files[0].note])))
    return files


def _is_packed(name: str) -> bool:
    return Path(name).suffix.lower() in _PACKED


def _look_at_text(packed: Packed, settings: SourceSettings) -> InputFile:
    start = next(regrouped(unpacked(packed), HEAD_BYTES), b"")
    if settings.encoding == "auto":
        encoding, how = guess_encoding(start[:HEAD_BYTES], packed.label)
    else:
        mark = next((name for mark, name in BOMS.items() if start.startswith(mark)), "")
        encoding, how = mark or known_encoding(settings.encoding), ""
    text = next(_without_bom(iter([start[:4096]]))).decode(encoding, "replace").lstrip()
    if not text:
        msg = f"'{packed.label}' is empty. Fetch it again, or take it out of input.files."
        raise InputError(msg)
    form = "ndjson" if _JSON_START.match(text) else _form_of(Path(packed.member or packed.path))
    form = form if form in {"csv", "ndjson"} else "csv"
    note = f"'{packed.label}' was read as {encoding}, {how}. Set input.encoding if that is wrong." if how else ""
    return InputFile(
        packed.path, packed.label, form, packed.packing, encoding, member=packed.member, most=packed.most, note=note
    )


def byte_blocks(file: InputFile, size: int) -> Iterator[bytes]:
    """Yield the unpacked text as UTF-8 in blocks of about ``size`` bytes, without a byte-order mark.

    Bytes that the encoding does not allow come through as bytes that are not UTF-8, so that the
    row they stand in can be refused, and no other.

    Raises
    ------
    InputError
        The file cannot be read, or its compressed stream is damaged or ends early.
    """
    blocks = _without_bom(regrouped(unpacked(file.packed), size))
    if codecs.lookup(file.encoding).name == "utf-8":
        yield from blocks
        return
    try:
        yield from recoded(blocks, file.encoding)
    except UnicodeError as error:
        msg = f"'{file.label}' is not encoded as {file.encoding}: {error}. Set input.encoding."
        raise InputError(msg) from error


def _without_bom(blocks: Iterator[bytes]) -> Iterator[bytes]:
    first = next(blocks, b"")
    yield first.removeprefix(next((bom for bom in BOMS if first.startswith(bom)), b""))
    yield from blocks
