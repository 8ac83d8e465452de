"""Everything that is measured of cost, in one table: `make bench`, or `python bench/run.py --data FOLDER`.

Prints Markdown: machine, versions and commit, then a row for each work: linking and texts beside other tools on
the same input, the results held against each other before anything is timed (see :mod:`record`, :mod:`peers`,
:mod:`near`), a whole run of the IRA set, and linking of synthetic acts of growing number (:mod:`scale`). Each row goes
into bench/history.csv; `--check` measures the short ones again and fails if a ratio fell by more than a fifth.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import near
import peers
import scale
from figures import draw
from record import HEAD, ROOT, YARDSTICK, Row, heading, keep, latest, measured, shown

ALLOWED = 0.8
"""The part of its last ratio that a work must reach."""
VERSIONS = """
from importlib.metadata import version
names = ("coordination-network-toolkit", "pandas", "networkx", "datasketch", "scikit-learn")
print(", ".join(f"{name} {version(name)}" for name in names))
"""


def whole(data: Path) -> Iterator[Row]:
    """Yield a cold run of the IRA set, report included, and one with a stricter q, beside the yardstick."""
    with tempfile.TemporaryDirectory() as folder:
        stricter = Path(folder) / "ira.toml"
        text = (ROOT / "configs" / "ira.toml").read_text(encoding="utf-8")
        stricter.write_text(text.replace("q = 0.01", "q = 0.001"), encoding="utf-8")
        run = [sys.executable, "-m", "cib.cli", "run"]
        where = ["--input", str(data / "ira" / "ira_tweets.parquet"), "--out", str(Path(folder) / "ira")]
        for name, config in (("cold", ROOT / "configs" / "ira.toml"), ("q changed", stricter)):
            cost = measured([*run, str(config), *where])
            stages = json.loads((Path(folder) / "ira" / "manifest.json").read_text(encoding="utf-8"))["stages"]
            same = f"{len(stages)} stages, {cost.wall:.0f} s of wall time"
            yield Row(
                f"IRA set, 1,475,458 posts, {name}", same, cost, "numpy, sort of 20 million", measured(YARDSTICK), 1
            )


def synthetic(sizes: list[float]) -> Iterator[Row]:
    """Yield the linking of so many million synthetic acts in 1 GB."""
    options = argparse.Namespace(memory=1, window=60, min_objects=2, scratch=None)
    for size in sizes:
        yield scale.as_row(scale.measure("many objects", int(size * 1e6), options), 1, measured(YARDSTICK))


def rows(asked: argparse.Namespace) -> Iterator[Row]:
    """Yield all that is asked for."""
    long = asked.data is not None and not asked.quick
    if "linking" in asked.only:
        yield from peers.rows(asked)
    if "texts" in asked.only and asked.data is not None:
        yield from near.rows(asked.data, asked.python, [20_000, 50_000] if long else [20_000], min(asked.repeats, 3))
    if "synthetic" in asked.only:
        yield from synthetic([1, 3, 10] if long else [1])
    if "whole" in asked.only and long:
        yield from whole(asked.data)


def main() -> None:
    """Parse the command line, measure, print, keep; or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with ira/ira_tweets.parquet")
    parser.add_argument("--python", default=str(ROOT / ".venv-peers" / "bin" / "python"), help="that has the others")
    parser.add_argument("--repeats", type=int, default=5, help="how often each is run; what takes minutes, once")
    parser.add_argument("--quick", action="store_true", help="without what takes minutes")
    parser.add_argument("--only", nargs="*", default=["linking", "texts", "synthetic", "whole"])
    parser.add_argument("--check", action="store_true", help="keep nothing, fail if a ratio is below the last one")
    asked = parser.parse_args()
    asked.quick |= asked.check
    if asked.data is not None and not (asked.data / "ira" / "ira_tweets.parquet").is_file():
        print(f"No IRA set in {asked.data}: what needs it is not measured.\n")
        asked.data = None
    versions = subprocess.run([asked.python, "-c", VERSIONS], stdout=subprocess.PIPE, check=True, text=True)
    print(f"{heading(versions.stdout.strip())}\n\n{HEAD}", flush=True)
    measured_rows = []
    for row in rows(asked):
        print(shown(row), flush=True)
        measured_rows.append(row)
    if asked.check:
        check(measured_rows, latest())
        return
    keep(measured_rows)
    draw(ROOT / "reports" / "bench")


def check(found: list[Row], before: dict[tuple[str, str], float]) -> None:
    """Fail if a work has lost more than a fifth of its last ratio; one that is new is no loss."""
    lost = [
        f"{row.what}, beside {row.baseline}: {row.ratio:.2f} times, and was {before[row.what, row.baseline]:.2f}"
        for row in found
        if row.ratio < ALLOWED * before.get((row.what, row.baseline), 0.0)
    ]
    if lost:
        sys.exit("\nSlower than before:\n" + "\n".join(lost))
    print("\nNothing is slower than before by more than a fifth.")


if __name__ == "__main__":
    main()
