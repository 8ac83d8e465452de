"""What cib/report/interactive/columns.py packed, read again, byte by byte as its docstring says."""

import base64
import gzip
import json
from typing import Any

import numpy as np

_TYPES = {"u8": "u1", "u16": "<u2", "u32": "<u4", "i32": "<i4", "f32": "<f4"}


def unpacked(block: str) -> dict[str, Any]:
    raw = gzip.decompress(base64.b64decode(block))
    size = int.from_bytes(raw[:4], "little")
    start = -(-(4 + size) // 8) * 8
    columns = {}
    for head in json.loads(raw[4 : 4 + size]):
        at = start + head["at"]
        if head["type"] == "json":
            columns[head["name"]] = json.loads(raw[at : at + head["length"]])
        else:
            columns[head["name"]] = np.frombuffer(raw, _TYPES[head["type"]], head["length"], at)
    return columns
