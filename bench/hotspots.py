"""Where time and bytes of a run go: `make profile`, or `python bench/hotspots.py CONFIG [FILE]`.

Runs a config in a folder of its own and prints Markdown: the stages with seconds, peak memory and bytes written,
and the functions of cib that processor time was spent in, or in what they called outside of cib. The clock of the
process interrupts it a hundred times a second of processor time; threads that are busy at the same time share it, and
what other processes do is told by the stages alone. Times are of this machine, on this day: quote shares.
"""

import json
import signal
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType

from cib.config import load
from cib.pipeline import Job, run
from cib.traces import TRACES

STEP_S = 0.01
MOST = 20
WAITING = ("threading.py", "selectors.py", "subprocess.py", "futures/thread.py", "pipeline/processes.py")
"""Where a thread is that waits for another, or for a process."""


def innermost(frame: FrameType | None) -> str:
    """Return the innermost function of cib on the stack."""
    while frame is not None:
        path = frame.f_code.co_filename
        if "/cib/" in path:
            return f"{path.rpartition('/cib/')[2]} {frame.f_code.co_name}"
        frame = frame.f_back
    return "elsewhere"


def sample(seen: dict[str, float]) -> None:
    """Count the innermost functions of all threads that are not waiting, together as one."""
    frames = [f for f in sys._current_frames().values() if not f.f_code.co_filename.endswith(WAITING)]
    for frame in frames:
        seen[innermost(frame)] += 1 / len(frames)


def size(folder: Path, name: str) -> int:
    """Return the bytes of a stage's artefacts."""
    return sum(file.stat().st_size for made in folder.glob(f"{name}-*") for file in made.rglob("*") if file.is_file())


def main() -> None:
    """Run the config that is named, and print where its time and bytes went."""
    config = Path(sys.argv[1])
    given = {"input.files": [str(Path(sys.argv[2]).resolve())]} if len(sys.argv) > 2 else {}
    settings = load(config, traces=TRACES, overrides=given)
    seen: dict[str, float] = defaultdict(float)
    signal.signal(signal.SIGPROF, lambda *_: sample(seen))
    with tempfile.TemporaryDirectory() as name:
        out, before = Path(name) / "run", time.process_time()
        signal.setitimer(signal.ITIMER_PROF, STEP_S, STEP_S)
        run(Job(config.stem, settings, config.parent, out, str(config)))
        signal.setitimer(signal.ITIMER_PROF, 0)
        spent = time.process_time() - before
        stages = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["stages"]
        print("| stage | s | peak MB | rows in | rows out | MB written |\n|---|---:|---:|---:|---:|---:|")
        for stage in stages:
            part = f"{stage['stage']}.{stage['part']}" if stage["part"] else stage["stage"]
            cost = f"{stage['seconds']:.1f} | {stage['peak_mb']:.0f}"
            rows = f"{stage['rows_in']:,} | {stage['rows_out']:,}"
            print(f"| {part} | {cost} | {rows} | {size(out / 'cache', part) / 1e6:.1f} |")
    print(f"\n{spent:.0f} CPU seconds.\n\n| function | share |\n|---|---:|")
    for where, n in sorted(seen.items(), key=lambda item: -item[1])[:MOST]:
        print(f"| {where} | {n / sum(seen.values()):.1%} |")


if __name__ == "__main__":
    main()
