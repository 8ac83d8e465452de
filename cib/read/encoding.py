"""Which character encoding a text file has, told from its beginning, and text of any encoding as UTF-8.

A guess is made only where the bytes are plain about it, and it is always stated. A file with rows of UTF-8 is UTF-8,
as is all JSON (RFC 8259), and its other rows are refused one by one; a file that is neither UTF-8 nor Western
European is refused whole, because all single-byte encodings look alike and a wrong one turns words into others in
silence.
"""

import codecs
from collections.abc import Iterator
from typing import Final

import numpy as np

from cib.errors import InputError

__all__ = ["BOMS", "HEAD_BYTES", "guess_encoding", "known_encoding", "recoded"]

HEAD_BYTES: Final = 1 << 20
"""Bytes that a guess looks at."""
BOMS: Final = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Byte-order mark -> encoding; the longer ones stand before those that they begin with."""
# Half of the bytes of Latin text in UTF-16 are NUL, all on one side; in other text hardly any is.
_NUL_SHARE: Final = 0.2
# In Western text accented letters stand alone between plain ones; in Cyrillic or Greek they stand side by side.
_ALONE_SHARE: Final = 0.5
_MIXED_SHARE: Final = 0.1
# One odd byte is damage, not another encoding.
_FEW: Final = 3


def guess_encoding(start: bytes, label: str) -> tuple[str, str]:
    """Return the encoding of a text that begins so, and how it is known: '' if it is plain UTF-8.

    Raises
    ------
    InputError
        It cannot be told.
    """
    for mark, name in BOMS.items():
        if start.startswith(mark):
            return name, "by its byte-order mark" if name != "utf-8" else ""
    wide = _wide(start)
    if wide:
        return wide, "by its NUL bytes"
    if _is_utf8(start):
        return "utf-8", ""
    high = [line for line in start.splitlines() if not line.isascii()]
    sound = sum(_is_utf8(line) for line in high)
    if len(high) < _FEW or sound > _MIXED_SHARE * len(high) or start.lstrip()[:1] in {b"{", b"["}:
        return "utf-8", "but for some rows"
    if not _is_western(start):
        msg = (
            f"'{label}' is neither UTF-8 nor a Western European encoding. "
            "Set input.encoding to the one it has, such as 'cp1251' or 'koi8-r'."
        )
        raise InputError(msg)
    return "cp1252", "by its bytes"


def known_encoding(name: str) -> str:
    """Return an encoding's name as Python has it.

    Raises
    ------
    InputError
        There is none of that name, or it is none of characters.
    """
    try:
        b"".decode(name)
        return codecs.lookup(name).name
    except LookupError as error:
        msg = f"input.encoding '{name}' is not a known character encoding. Try 'utf-8', 'latin-1' or 'cp1252'."
        raise InputError(msg) from error


def recoded(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
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


def _wide(start: bytes) -> str:
    """Return UTF-16 with its byte order if the text looks like it, else ''."""
    nul = np.frombuffer(start[: len(start) // 2 * 2], dtype=np.uint8) == 0
    first, second = (float(nul[side::2].mean()) if len(nul) else 0.0 for side in (0, 1))
    if second > _NUL_SHARE and first < second / 10:
        return "utf-16-le"
    return "utf-16-be" if first > _NUL_SHARE and second < first / 10 else ""


def _is_utf8(text: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(text)  # may end within a character
    except UnicodeDecodeError:
        return False
    return True


def _is_western(start: bytes) -> bool:
    """Whether most characters beyond ASCII stand alone, as accented letters do."""
    high = np.frombuffer(start, dtype=np.uint8) >= 0x80
    beside = np.append(high[1:], False) | np.append(False, high[:-1])
    return bool((high & ~beside).sum() > _ALONE_SHARE * high.sum())
