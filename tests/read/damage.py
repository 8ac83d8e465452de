"""Samples broken in the ways that files break, and some that nobody would think of; for the tests and for longer hunts.

The tests take a few of them on every run; ``python -m tests.read.damage --seconds 600`` goes on for as long as it is
told. ``make fuzz`` lets atheris choose the bytes for one reader after the other, guided by what they reach in
``cib.read``: rows and posts are made of each file, and of every twentieth the tables too.
"""

import argparse
import contextlib
import gzip
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

if "--coverage" in sys.argv and "all" not in sys.argv:
    import atheris

    with atheris.instrument_imports(include=["cib.read"]):
        import cib.read  # noqa: F401

from cib.errors import CibError
from cib.read import READERS, read
from cib.read.plan import plan_files
from cib.read.rows import REASON, posts_of
from cib.read.source import batches
from cib.settings import InputSettings
from cib.tables import ACCOUNTS, LEDGER, POSTS

MEMORY = 2_000_000
HANG_S = 20
_LONGEST = 16_000
_MOST_MB = 2000
_TABLES_EVERY = 20
_PLAIN = b"""\" ' , ; \\ \\u0000 \\ud83d { } [ ] : null true NaN -1 1e999 7.30E+17 \"\" "," {} [] PAR1 PK\x03\x04 # @ http://
https://[::1 2038-01-19T03:14:08Z 0000-00-00 99999999999999999999 1970-01-01"""
_ODD = [
    b"\t",
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xc3",
    b"\xe9",
    b"\x80" * 9,
]
_LONG = [b"9" * 400, b"-" * 50, b"[" * 3000, b'{"a":' * 3000, b"x" * 70_000, "\u202e\ufeff".encode()]
TOKENS = [*_PLAIN.split(), *_ODD, *_LONG]


def damaged(sample: bytes, chance: random.Random) -> bytes:
    """Return the sample with one to six things done to it."""
    raw = bytearray(sample)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(raw) + 1)
        length = min(chance.choice([1, 2, 7, 60, 900]), len(raw) - at)
        match chance.randrange(7):
            case 0:
                raw[at : at + length] = b""
            case 1:
                raw[at:at] = raw[at : at + length] * chance.choice([1, 2, 30])
            case 2 | 3:
                raw[at:at] = chance.choice(TOKENS)
            case 4:
                raw[at : at + length] = chance.choice(TOKENS)
            case 5 if length:
                raw[at] = chance.randrange(256)
            case _:
                raw = raw[: at + 1] if chance.random() < 0.3 else raw
    return bytes(raw)


def attempt(raw: bytes, name: str, format_: str, folder: Path) -> str:
    """Read bytes as a file; return 'read', or the sentence with which they are refused. Anything else is a fault."""
    path = folder / name
    path.write_bytes(raw)
    with tempfile.TemporaryDirectory(dir=folder) as out:
        try:
            settings = InputSettings(files=(str(path),), format=format_, timezone="UTC")
            summary = read(settings, root=folder, out=Path(out), memory=MEMORY)
        except CibError as error:
            return str(error)
        posts = POSTS.check(pl.read_parquet(Path(out) / "posts.parquet"))
        ACCOUNTS.check(pl.read_parquet(Path(out) / "accounts.parquet"))
        ledger = LEDGER.check(pl.read_parquet(Path(out) / "ledger.parquet"))
        assert summary.posts == len(posts) > 0
        assert (ledger["rows_out"] <= ledger["rows_in"]).all()
        assert (Path(out) / "quarantine.ndjson").read_text("utf-8").count("\n") == summary.refused
    return "read"


def unpacked(path: Path) -> bytes:
    """Return a sample's text."""
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def _shortened(path: Path) -> bytes:
    """Return a sample's text; of a long JSON document one with two items in each list."""
    raw = unpacked(path)
    if len(raw) > _LONGEST and path.name.removesuffix(".gz").endswith(".json"):
        raw = json.dumps(_with_short_lists(json.loads(raw))).encode()
    return raw[:_LONGEST]


def _with_short_lists(value: object) -> object:
    if isinstance(value, dict):
        return {key: _with_short_lists(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_short_lists(item) for item in value[-2:]]
    with contextlib.suppress(ValueError, TypeError):
        inner = json.loads(value)
        return json.dumps(_with_short_lists(inner)) if isinstance(inner, dict) else value
    return value


def _hangs(_signal: int, _frame: object) -> None:
    msg = f"more than {HANG_S} CPU seconds for one file"
    raise TimeoutError(msg)


def _hunt(samples: list[tuple[str, Path]], seconds: float, seed: int) -> None:
    """Damage samples at random until the time is up, and tell how often and what it took."""
    chance, counts, start = random.Random(seed), {"read": 0, "refused": 0}, time.monotonic()
    signal.signal(signal.SIGPROF, _hangs)
    texts = {path: unpacked(path)[:60_000] for _, path in samples}
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() - start < seconds:
            format_, path = chance.choice(samples)
            raw = damaged(texts[path], chance)
            signal.setitimer(signal.ITIMER_PROF, HANG_S)
            try:
                said = attempt(raw, path.name.removesuffix(".gz"), chance.choice([format_, "auto"]), Path(folder))
            except BaseException:
                kept = Path(tempfile.gettempdir()) / f"find-{format_}-{sum(counts.values())}-{path.name}"
                kept.write_bytes(raw)
                sys.stderr.write(f"a fault: {kept}\n")
                raise
            signal.setitimer(signal.ITIMER_PROF, 0)
            counts["read" if said == "read" else "refused"] += 1
    spent, peak = time.monotonic() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    sys.stdout.write(
        f"{sum(counts.values()):,} executions in {spent:.0f} s, {counts}, peak {peak:.0f} MB, seed {seed}\n"
    )


def make_posts(raw: bytes, name: str, format_: str, folder: Path) -> str:
    """Make posts of bytes as a file, without the tables; return as :func:`attempt`."""
    path = folder / name
    path.write_bytes(raw)
    settings = InputSettings(files=(str(path),), format=format_, timezone="UTC")
    try:
        for plan in plan_files(settings, folder):
            for batch in batches(plan.source, plan.wanted, settings, 1 << 14):
                posts = posts_of(batch.frame, plan.mapped, plan.reader, settings, name)
                assert len(posts) == len(batch.frame)
                assert posts.filter(pl.col(REASON).is_null())["account_id"].null_count() == 0
                if batch.raw is not None:
                    assert len(batch.raw(range(len(posts)))) == len(posts)
    except CibError as error:
        return str(error)
    return "read"


def _by_coverage(format_: str, samples: list[Path], seconds: float, seed: int) -> None:
    """Let atheris choose the bytes of files of one reader, guided by which lines of cib.read they reach."""
    runs, start = 0, time.monotonic()
    with tempfile.TemporaryDirectory() as corpus, tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(samples):
            (Path(corpus) / str(number)).write_bytes(_shortened(path))
        name = "posts" + Path(samples[0].name.removesuffix(".gz")).suffix

        def one(data: bytes) -> None:
            nonlocal runs
            runs += 1
            (make_posts if runs % _TABLES_EVERY else attempt)(data, name, format_, Path(folder))
            spent = time.monotonic() - start
            if spent > seconds:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
                sys.stdout.write(f"| `{format_}` | {runs:,} | {spent:.0f} | {peak:.0f} |\n")
                sys.stdout.flush()
                for left in (corpus, folder):
                    shutil.rmtree(left)
                os._exit(0)  # the fuzzer lets nothing else end it without calling it a fault

        def changed(data: bytes, longest: int, seed: int) -> bytes:
            chance = random.Random(seed)
            return damaged(data, chance)[:longest] if chance.random() < 0.5 else atheris.Mutate(data, longest)

        finds = f"-artifact_prefix={tempfile.gettempdir()}/find-{format_}-"
        bounds = [f"-max_len={_LONGEST}", f"-timeout={HANG_S}", f"-rss_limit_mb={_MOST_MB}", "-verbosity=0"]
        atheris.Setup([sys.argv[0], f"-seed={seed}", finds, *bounds, corpus], one, custom_mutator=changed)
        atheris.Fuzz()


def main() -> None:
    """Hunt for as long as the command line says."""
    from tests.read.test_readers import EVERY

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--coverage", default="", help="name of the reader whose files atheris makes up, or 'all'")
    given = parser.parse_args()
    if given.coverage == "all":
        sys.stdout.write("| reader | executions | seconds | peak MB |\n|---|---:|---:|---:|\n")
        sys.stdout.flush()
        own = [sys.executable, "-m", "tests.read.damage", "--seconds", str(given.seconds), "--seed", str(given.seed)]
        failed = [name for name in READERS if subprocess.run([*own, "--coverage", name], check=False).returncode]
        sys.exit(f"a fault in {', '.join(failed)}: see {tempfile.gettempdir()}/find-*" if failed else 0)
    if given.coverage:
        samples = [path for name, path in EVERY if name == given.coverage]
        _by_coverage(given.coverage, samples, given.seconds, given.seed)
    _hunt(EVERY, given.seconds, given.seed)


if __name__ == "__main__":
    main()
