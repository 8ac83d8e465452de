"""Pseudonyms: keyed, so that nobody without the key can try out names until one fits; the same in every run with it.

HMAC-SHA-256 [1]_ of the name, its first 60 bits in Crockford's base 32 [2]_: among a million names two agree with a
chance of less than one in a million.

.. [1] RFC 2104, https://www.rfc-editor.org/rfc/rfc2104
.. [2] https://www.crockford.com/base32.html
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

import polars as pl

from cib.errors import RunError

__all__ = ["KEY_FILE", "fingerprint", "moves", "pseudonyms", "read_key"]

KEY_FILE: Final = "privacy.key"
"""Name of the key in the run folder, where the config names none."""
_LEAST: Final = 16
"""Bytes: a shorter secret can be tried out."""
_DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH: Final = 12
_BITS: Final = 5


def read_key(path: Path, *, make: bool) -> bytes:
    """Return the secret in a file; `make`: write a new one, readable by its owner alone, if there is none.

    Raises
    ------
    RunError
        The file cannot be read or written, or holds less than 16 bytes.
    """
    try:
        if make and not path.exists():
            _write(path, secrets.token_hex(32))
        key = path.read_bytes().strip()
    except OSError as error:
        msg = f"The key of the pseudonyms, {path}, cannot be read: {error.strerror}. Check [privacy] key."
        raise RunError(msg) from error
    if len(key) < _LEAST:
        msg = (
            f"The key of the pseudonyms, {path}, has {len(key)} bytes; it needs {_LEAST}, so that nobody can guess it."
        )
        raise RunError(msg)
    return key


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text + "\n")


def fingerprint(key: bytes) -> str:
    """Return what tells two keys apart and betrays neither."""
    return hmac.digest(key, b"cib fingerprint", hashlib.sha256)[:6].hex()


def pseudonyms(names: pl.Series, key: bytes, *, kind: str) -> pl.Series:
    """Return the pseudonym of each name, '~' and twelve digits or letters; of one name always the same, of null null.

    Parameters
    ----------
    names : distinct names. The loop is over them, since nothing hashes with a key by the column; 2 microseconds each.
    kind : what the names are names of; the same string of two kinds has two pseudonyms.
    """
    prefix = f"{kind}\0".encode()
    made = [
        None if name is None else _short(hmac.digest(key, prefix + name.encode(), hashlib.sha256)) for name in names
    ]
    return pl.Series(names.name, made, dtype=pl.String)


def moves(names: pl.Series, key: bytes, *, most_s: int) -> pl.Series:
    """Return for each name by how much its times are moved: a duration between minus and plus `most_s` seconds."""
    prefix, span = b"time\0", 2 * most_s + 1
    digests = (hmac.digest(key, prefix + name.encode(), hashlib.sha256) for name in names)
    seconds = [int.from_bytes(digest[:8], "big") % span - most_s for digest in digests]
    return (1_000_000 * pl.Series("moved", seconds, dtype=pl.Int64)).cast(pl.Duration("us"))


def _short(digest: bytes) -> str:
    number = int.from_bytes(digest[:8], "big") >> 4
    return "~" + "".join(_DIGITS[number >> _BITS * place & 31] for place in reversed(range(_LENGTH)))
