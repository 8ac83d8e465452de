"""Results of stages, kept by what they were made from.

An artefact is a folder named after its stage and the hash of everything that can change it: the inputs' keys,
the stage's section of the settings, and the stage's own source code. It is built in a temporary folder and
appears by one rename, so it is either whole or not there: an interrupted run loses only the stage it was in.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from cib import SCHEMA_VERSION
from cib.errors import RunError

__all__ = ["Artefact", "Store", "code_digest", "digest", "file_digest", "peak_memory", "written"]

_KEPT_PER_PART: Final = 3
"""Older results kept of each stage and part, so that going back to a setting costs nothing; the rest is deleted."""
_CHUNK: Final = 1 << 20
_PACKAGE: Final = Path(__file__).parent.parent


@dataclass(frozen=True)
class Artefact:
    """A finished result of a stage.

    Attributes
    ----------
    folder : where its files are.
    key : the hash it is known by.
    meta : what the stage said about it (JSON).
    cached : whether it was there already.
    seconds, peak_mb : what making it cost, now or when it was made.
    """

    folder: Path
    key: str
    meta: dict[str, Any]
    cached: bool
    seconds: float
    peak_mb: float

    def file(self, name: str) -> Path:
        """Return the path of one of its files."""
        return self.folder / name


class Store:
    """The folder of artefacts of a run.

    Parameters
    ----------
    folder : is made if it is not there.
    tidy : delete what an interrupted run left; not in a process that works for a run under way.
    also : another such folder, in which what is there is found and nothing is made.
    kept : older artefacts of a stage and part that stay.
    """

    def __init__(
        self, folder: Path, *, tidy: bool = True, also: Path | None = None, kept: int = _KEPT_PER_PART
    ) -> None:
        self.folder, self.also, self.kept = folder, also, kept
        folder.mkdir(parents=True, exist_ok=True)
        for left_over in folder.glob("tmp-*") if tidy else ():
            shutil.rmtree(left_over, ignore_errors=True)

    def known(self, stage: str, part: str, made_from: Mapping[str, Any]) -> bool:
        """Return whether :meth:`make` would find the artefact."""
        return (self._place(stage, part, made_from)[0] / "meta.json").is_file()

    def _place(self, stage: str, part: str, made_from: Mapping[str, Any]) -> tuple[Path, str]:
        """Return the folder and the key of an artefact."""
        key = digest({"schema": SCHEMA_VERSION, "code": code_digest(stage), "from": dict(made_from)})
        name = f"{stage}.{part}-{key}" if part else f"{stage}-{key}"
        elsewhere = self.also is not None and (self.also / name / "meta.json").is_file()
        return (self.also if self.also is not None and elsewhere else self.folder) / name, key

    def make(
        self, stage: str, part: str, made_from: Mapping[str, Any], build: Callable[[Path], dict[str, Any]]
    ) -> Artefact:
        """Return the artefact, building it if it is not there.

        Parameters
        ----------
        stage : name of a package of cib; its source is part of the key.
        part : layer or other part, "" for none.
        made_from : everything else the result depends on (JSON).
        build : writes the files into the folder it is given and returns what is to be known about them (JSON).
        """
        folder, key = self._place(stage, part, made_from)
        if (folder / "meta.json").is_file():
            os.utime(folder)
            known = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
            return Artefact(folder, key, known["meta"], cached=True, seconds=known["seconds"], peak_mb=known["peak_mb"])
        made = self._build(folder, key, build)
        self._forget(folder.name.rpartition("-")[0])
        return made

    def _build(self, folder: Path, key: str, build: Callable[[Path], dict[str, Any]]) -> Artefact:
        with written(self.folder):
            new = Path(tempfile.mkdtemp(prefix="tmp-", dir=self.folder))
            try:
                _give_back()
                _reset_peak()
                start = time.perf_counter()
                meta = build(new)
                seconds, peak_mb = round(time.perf_counter() - start, 3), round(peak_memory() / 1e6, 1)
                known = {"meta": meta, "seconds": seconds, "peak_mb": peak_mb}
                (new / "meta.json").write_text(json.dumps(known, indent=1, ensure_ascii=False), encoding="utf-8")
                new.replace(folder)
            finally:
                shutil.rmtree(new, ignore_errors=True)
        return Artefact(folder, key, meta, cached=False, seconds=seconds, peak_mb=peak_mb)

    def _forget(self, name: str) -> None:
        """Delete all but the last few artefacts of a stage and part."""
        mine = [folder for folder in self.folder.glob(f"{name}-*") if folder.name.rpartition("-")[0] == name]
        for old in sorted(mine, key=lambda folder: folder.stat().st_mtime, reverse=True)[self.kept :]:
            shutil.rmtree(old, ignore_errors=True)


@contextmanager
def written(folder: Path) -> Iterator[None]:
    """Say in one sentence that a folder cannot be written, whoever noticed.

    Raises
    ------
    RunError
        The disk is full, or the like; polars tells it as an error of its own, with the system's number.
    """
    try:
        yield
    except OSError as error:
        raise _unwritable(folder, error.strerror or str(error)) from error
    except pl.exceptions.PolarsError as error:
        found = re.search(r"\(os error (\d+)\)", str(error))
        if found is None:
            raise
        raise _unwritable(folder, os.strerror(int(found[1]))) from error


def _unwritable(folder: Path, reason: str) -> RunError:
    return RunError(f"Cannot write into {folder}: {reason}. Free some space or choose another folder with --out.")


def digest(value: Any) -> str:
    """Return the hash of a JSON value, 16 hexadecimal digits."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def file_digest(path: Path) -> str:
    """Return the BLAKE2b-256 hash of a file's content."""
    hashed = hashlib.blake2b(digest_size=32)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            hashed.update(chunk)
    return hashed.hexdigest()


@cache
def code_digest(*stages: str) -> str:
    """Return the hash of the source that makes some stages' results: their packages, and what all stages rest on."""
    files = sorted(file for room in {*stages, "engine", "tables", "texts"} for file in (_PACKAGE / room).rglob("*"))
    files = [file for file in files if file.is_file() and file.suffix != ".pyc"]
    return digest([file.read_text(encoding="utf-8") for file in files])


def _give_back() -> None:
    """Give memory that earlier stages have freed back to the system, where the C library would keep it (glibc)."""
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _reset_peak() -> None:
    """Start a new peak, where the system can (Linux); elsewhere the peak is that of the whole run."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def peak_memory() -> int:
    """Return the largest resident memory since the last reset, bytes."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        import resource
        import sys

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
