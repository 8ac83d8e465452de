"""Recordings of API exchanges (VCR, Betamax), in which each answer stands as a text inside JSON or YAML.

Of YAML only what these programs write is read: the scalar after ``string:`` in single or double quotes, in one
piece, or as base64 (packed with gzip or not). Nothing in a recording is run or fetched.
"""

import base64
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any, Final

__all__ = ["MAX_ANSWER", "RECORDING", "answers"]

MAX_ANSWER: Final = 64 << 20
"""Bytes of an answer that stands packed in a recording."""

RECORDING: Final = re.compile(rb'\s*(?:\{\s*"(?:http_)?interactions"\s*:|(?:http_)?interactions:\s)')
"""How a recording begins."""

_SCALAR: Final = re.compile(
    r"^ +string: +(?:"
    r"!!binary +\|-?\n(?P<binary>(?: +[A-Za-z0-9+/=]+\n?)+)|"
    r"'(?P<single>(?:[^']|'')*)'|\"(?P<double>(?:[^\"\\]|\\.|\\\n)*)\"|(?P<plain>[{\[][^\n]*)"
    r") *$",
    re.MULTILINE,
)
# In a quoted scalar one line end is a blank, and each more than one is a line end.
_FOLD: Final = re.compile(r"[ \t]*\n(?P<more>(?:[ \t]*\n)*)[ \t]*")
_ESCAPE: Final = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_MEANT: Final = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029", "\n": "",
}  # fmt: skip


def answers(text: str) -> Iterator[str]:
    """Yield the bodies of the answers of a recording, in order; those that are not JSON are left out.

    Raises
    ------
    ValueError
        A recording in JSON is not valid.
    """
    bodies = _from_json(json.loads(text)) if text.lstrip().startswith("{") else _from_yaml(text)
    yield from (body for body in bodies if body.lstrip().startswith(("{", "[")))


def _from_json(recording: Any) -> Iterator[str]:
    exchanges = recording.get("interactions") or recording.get("http_interactions")
    for exchange in exchanges if isinstance(exchanges, list) else []:
        body: Any = exchange
        for key in ("response", "body"):
            body = body.get(key) if isinstance(body, dict) else None
        held = body.get("string") if isinstance(body, dict) else body
        packed = body.get("base64_string") if isinstance(body, dict) else None
        if isinstance(packed, str):
            yield _unpacked(packed)
        elif isinstance(held, str):
            yield held


def _from_yaml(text: str) -> Iterator[str]:
    for found in _SCALAR.finditer(text.replace("\r\n", "\n")):
        if found["binary"] is not None:
            yield _unpacked(found["binary"])
        elif found["single"] is not None:
            yield _folded(found["single"]).replace("''", "'")
        elif found["double"] is not None:
            # A backslash at the end of a line joins it to the next one without a blank.
            joined = re.sub(r"(?<!\\)((?:\\\\)*)\\\n[ \t]*", r"\1", found["double"])
            yield _ESCAPE.sub(_character, _folded(joined))
        else:
            yield found["plain"]


def _unpacked(text: str) -> str:
    """Return what base64 holds, unpacked if it is gzip; '' if it is neither, or more than a recording may be."""
    try:
        raw = base64.b64decode(text)
        if raw.startswith(b"\x1f\x8b"):
            unpacker = zlib.decompressobj(wbits=31)
            raw = unpacker.decompress(raw, MAX_ANSWER)
            if unpacker.unconsumed_tail:
                return ""
        return raw.decode("utf-8")
    except (ValueError, zlib.error):
        return ""


def _folded(text: str) -> str:
    return _FOLD.sub(lambda found: "\n" * found["more"].count("\n") or " ", text)


def _character(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    return chr(int(code, 16)) if code else _MEANT.get(found[4], found[4])
