"""Files as streams of bytes: plain, packed with gzip or zstd, or members of a ZIP archive.

Nothing is unpacked onto the disk and nothing is whole in memory. A file that unpacks to more than the config allows
is given up: a few kilobytes can be made to unpack to terabytes.
"""

import gzip
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

import zstandard

from cib.errors import InputError
from cib.settings import SourceSettings

__all__ = ["Packed", "members", "most_unpacked", "regrouped", "too_much", "unpacked"]

# Reddit's monthly dumps are packed with a window of 2 GiB; zstd refuses more than 128 MiB unless told.
_ZSTD_WINDOW: Final = 2**31
_PIECE: Final = 1 << 20
# A zstd block of 4 bytes can unpack to 128 KiB: small pieces in keep pieces out below 32 MiB.
_ZSTD_PIECE: Final = 1024
# However well it is packed, this much does no harm.
_HARMLESS: Final = 64 << 20
_EXCEL: Final = "[Content_Types].xml"
_ENCRYPTED: Final = 1


@dataclass(frozen=True)
class Packed:
    """Where a stream of bytes comes from.

    Attributes
    ----------
    path, label : the file, and its name in messages.
    packing : '', 'gzip', 'zstd' or 'zip'.
    member : which member of a ZIP archive.
    most : bytes that it may unpack to; 0: any number.
    """

    path: Path
    label: str
    packing: str
    member: str = ""
    most: int = 0

    @classmethod
    def of(cls, path: Path, label: str, packing: str, settings: SourceSettings) -> "Packed":
        """Return a file with the bounds that the config sets."""
        return cls(path, label, packing, most=most_unpacked(path, settings) if packing else 0)


def most_unpacked(path: Path, settings: SourceSettings) -> int:
    """Return the bytes that a file may unpack to."""
    return min(max(_HARMLESS, int(settings.max_ratio * path.stat().st_size)), settings.max_unpacked)


def too_much(label: str, most: int) -> str:
    """Say that a file unpacks to more than it may."""
    return (
        f"'{label}' unpacks to more than {most:,} bytes, as archives do that are made to do harm. "
        "Raise input.max_ratio or input.max_unpacked if you trust it."
    )


def unpacked(file: Packed) -> Iterator[bytes]:
    """Yield the file's bytes, decompressed, in pieces of any size.

    Raises
    ------
    InputError
        The stream is broken, ends early, or unpacks to more than it may.
    """
    done = 0
    try:
        with file.path.open("rb") as raw:
            for piece in _member(raw, file.member) if file.packing == "zip" else _PIECES[file.packing](raw):
                done += len(piece)
                if file.most and done > file.most:
                    break
                yield piece
            else:
                return
    except (EOFError, zlib.error, zstandard.ZstdError, zipfile.BadZipFile, NotImplementedError, OSError) as error:
        msg = (
            f"'{file.label}' is damaged or cut off: {error} ({done:,} bytes of text came before). "
            f"Fetch it again, or unpack what is left and read that."
        )
        raise InputError(msg) from error
    raise InputError(too_much(file.label, file.most))


def members(path: Path, label: str, settings: SourceSettings) -> tuple[list[Packed], list[str]]:
    """Return the files in a ZIP archive in the order of their names, and the names of what is passed over.

    Passed over are archives inside, links, and names that lead out of the archive.

    Raises
    ------
    InputError
        It is an Excel file, encrypted, damaged, or holds more members than ``max_members``.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        msg = f"'{label}' is not readable as ZIP: {error}. Fetch it again, or unpack it."
        raise InputError(msg) from error
    if any(info.filename == _EXCEL for info in infos):
        msg = f"'{label}' is an Excel file. Save the sheet as CSV (UTF-8)."
        raise InputError(msg)
    if len(infos) > settings.max_members:
        msg = (
            f"'{label}' holds {len(infos):,} files, more than input.max_members ({settings.max_members:,}). Raise that."
        )
        raise InputError(msg)
    if any(info.flag_bits & _ENCRYPTED for info in infos):
        msg = f"'{label}' is encrypted. Unpack it first."
        raise InputError(msg)
    sound = {info.filename: info for info in infos if _is_plain(info)}
    found = [
        Packed(path, f"{label}/{name}", "zip", name, _most(info, settings)) for name, info in sorted(sound.items())
    ]
    return found, sorted(info.filename for info in infos if not _is_plain(info))


def _is_plain(info: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(info.filename.replace("\\", "/"))
    inside = not name.is_absolute() and ".." not in name.parts and ":" not in name.parts[0]
    return inside and not stat.S_ISLNK(info.external_attr >> 16)


def _most(info: zipfile.ZipInfo, settings: SourceSettings) -> int:
    return min(max(_HARMLESS, int(settings.max_ratio * info.compress_size)), settings.max_unpacked)


def _member(raw: IO[bytes], name: str) -> Iterator[bytes]:
    with zipfile.ZipFile(raw) as archive, archive.open(name) as stream:
        yield from _plain(stream)


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


def regrouped(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
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
