"""cib on a cluster of two machines, one of which is lost half-way; `make bench`, or `python bench/cluster.py`.

The machines are two workers of Spark's standalone cluster on this computer, each with one core and processes of its
own. A run of the sample, its posts in several files, is made on one machine without Spark, on the cluster, and on
the cluster once more, where one worker is killed with all its processes as soon as a number of steps are done. Prints
Markdown: whether all tables are the same, what was lost, and what each step cost in CPU seconds of all processes.
Ends with 1 if a table differs. Needs Java and the extra `spark`; about 8 GB of memory.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

ROOT = Path(__file__).parents[1]
FILES = 6
NAME = 28
"""Width of the name of a step in what a run says."""
START_S = 120.0
TICKS = os.sysconf("SC_CLK_TCK")


class Cluster:
    """A master and two workers on the loopback address, each the leader of a session of its own."""

    def __init__(self, folder: Path) -> None:
        import pyspark

        self.folder, self.home = folder, Path(pyspark.__file__).parent
        self.port = free_port()
        self.master = f"spark://127.0.0.1:{self.port}"
        self.parts: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start all, and wait until the workers are known."""
        ports = ["--webui-port", "0", "--host", "127.0.0.1"]
        self._launch("master", "master.Master", [*ports, "--port", str(self.port)])
        self._await("master", "I have been elected leader")
        for name in ("worker 1", "worker 2"):
            self._launch(name, "worker.Worker", [*ports, "--cores", "1", "--memory", "2g", self.master])
        for name in ("worker 1", "worker 2"):
            self._await(name, "Successfully registered with master")

    def kill(self, name: str) -> None:
        """Kill a part with all that it started, as a machine that loses its power would."""
        os.killpg(self.parts[name].pid, signal.SIGKILL)
        self.parts[name].wait()

    def stop(self) -> None:
        """End what is still there."""
        for process in self.parts.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()

    def said(self, name: str, pattern: str) -> list[str]:
        """Return the lines of a part's log in which a pattern is found."""
        return [line for line in self._log(name).read_text(errors="replace").splitlines() if re.search(pattern, line)]

    def _log(self, name: str) -> Path:
        return self.folder / f"{name.replace(' ', '-')}.log"

    def _launch(self, name: str, what: str, arguments: list[str]) -> None:
        aside = {"SPARK_WORKER_DIR": "work", "SPARK_LOCAL_DIRS": "local", "SPARK_CONF_DIR": "conf"}
        folders = {key: str(self.folder / f"{value}-{name.replace(' ', '-')}") for key, value in aside.items()}
        known = {"SPARK_HOME": str(self.home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
        with self._log(name).open("wb") as log:
            self.parts[name] = subprocess.Popen(
                [self.home / "bin" / "spark-class", f"org.apache.spark.deploy.{what}", *arguments],
                env=os.environ | folders | known, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def _await(self, name: str, pattern: str) -> None:
        end = time.monotonic() + START_S
        while not self.said(name, pattern):
            if time.monotonic() > end or self.parts[name].poll() is not None:
                sys.exit(f"the {name} did not start:\n{self._log(name).read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Give a cluster while inside."""
    folder.mkdir()
    made = Cluster(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@dataclass
class Watched:
    """A run: its steps with the CPU seconds that all processes had spent when each was done, and what it said."""

    steps: list[tuple[str, float, float]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    seconds: float = 0.0


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def cpu_seconds(sessions: set[int]) -> float:
    """Return the CPU seconds spent by the processes of some sessions, those that have ended and been waited for too."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(parts[3]) in sessions:
            ticks += sum(map(int, parts[11:15]))
    return ticks / TICKS


def run(config: Path, inputs: list[Path], out: Path, machines: Cluster | None, kill_after: int = 0) -> Watched:
    """Run cib in a process of its own; after so many steps kill a worker, if there is any."""
    command = [sys.executable, "-m", "cib.cli", "run", str(config), "--out", str(out), "-v"]
    command += [part for path in inputs for part in ("--input", str(path))]
    watched, begun = Watched(), time.monotonic()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
    sessions = {process.pid} | ({part.pid for part in machines.parts.values()} if machines else set())
    for line in process.stderr or ():
        said = line.decode(errors="replace").rstrip()
        watched.lines.append(said)
        if re.match(r"(read|texts|traces|link)\b", said):
            name = said[:NAME].strip()
            watched.steps.append((name, time.monotonic() - begun, cpu_seconds(sessions)))
            if machines and kill_after and len(watched.steps) == kill_after:
                threading.Timer(2.0, machines.kill, ["worker 2"]).start()
    watched.seconds = time.monotonic() - begun
    if process.wait():
        sys.exit("\n".join([f"failed: {' '.join(command)}", *watched.lines[-40:]]))
    return watched


def on_spark(config: Path, out: Path, master: str, events: Path) -> Path:
    """Write a config that is another one on Spark; its paths are those of the other's folder."""
    events.mkdir(exist_ok=True)
    text = config.read_text(encoding="utf-8").replace("[run]\n", '[run]\nengine = "spark"\n')
    settings = {
        "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.executor.cores": "1",
        "spark.eventLog.enabled": "true", "spark.eventLog.dir": events.as_uri(),
        "spark.eventLog.compress": "false", "spark.eventLog.rolling.enabled": "false",
    }  # fmt: skip
    lines = [f'master = "{master}"', "partitions = 4", 'executor_memory = "1GB"', 'driver_memory = "1GB"']
    given = ", ".join(f'"{name}" = "{value}"' for name, value in settings.items())
    spark = "\n".join(["", "[spark]", *lines, f"settings = {{ {given} }}", ""])
    out.write_text(text + spark, encoding="utf-8")
    return out


def shuffled(events: Path) -> tuple[float, int]:
    """Return how many MB the tasks of a run wrote for others to fetch, and how many tasks failed."""
    moved, failed = 0, 0
    for log in events.iterdir():
        for line in log.open(encoding="utf-8"):
            event = json.loads(line)
            if event["Event"] != "SparkListenerTaskEnd":
                continue
            failed += event["Task End Reason"]["Reason"] != "Success"
            metrics = event.get("Task Metrics") or {}
            moved += metrics.get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0)
    return moved / 1e6, failed


def differing(one: Path, other: Path) -> list[str]:
    """Return the tables of two run folders that are not the same, row for row."""
    names = sorted(path.name for path in (one / "tables").iterdir())
    found = []
    for name in names:
        try:
            assert_frame_equal(*(pl.read_parquet(folder / "tables" / name) for folder in (one, other)))
        except AssertionError as error:
            found.append(f"{name}: {str(error).splitlines()[0]}")
    return found


def cut(source: Path, folder: Path, rows: int) -> list[Path]:
    """Cut the posts of a Parquet file into several, each read by a task of its own."""
    posts = pl.read_parquet(source).head(rows or None)
    folder.mkdir()
    paths = [folder / f"posts-{number}.parquet" for number in range(FILES)]
    for path, part in zip(paths, posts.iter_slices(-(-len(posts) // FILES)), strict=True):
        part.write_parquet(path)
    return paths


def costs(name: str, watched: Watched, posts: int) -> None:
    """Print what each step of a run cost."""
    print(f"\n| {name}: step | wall s | CPU s of all processes | CPU s a million posts |\n|---|---:|---:|---:|")
    before = (0.0, 0.0)
    for step, wall, cpu in watched.steps:
        spent = cpu - before[1]
        print(f"| {step} | {wall - before[0]:.1f} | {spent:.1f} | {spent / posts * 1e6:.1f} |")
        before = wall, cpu


def main() -> None:
    """Parse the command line, run, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, default=ROOT / "data" / "ira_sample.parquet", help="posts as Parquet")
    parser.add_argument("--config", type=Path, default=ROOT / "configs" / "default.toml")
    parser.add_argument("--rows", type=int, default=0, help="of the posts, the first so many; 0: all")
    parser.add_argument("--kill-after", type=int, default=3, help="steps, after which a worker is killed")
    parser.add_argument("--runs", nargs="+", choices=("whole", "killed"), default=("whole", "killed"))
    asked = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="cib-cluster-"))
    try:
        wrong = measured(asked, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(bool(wrong))


def measured(asked: argparse.Namespace, scratch: Path) -> list[str]:
    """Run on one machine and on the cluster, print what is seen, and return which tables differ."""
    inputs = cut(asked.input, scratch / "input", asked.rows)
    posts = sum(len(pl.read_parquet(path)) for path in inputs)
    local = run(asked.config, inputs, scratch / "local", None)
    print(f"{posts:,} posts in {FILES} files. One machine without Spark: {local.seconds:.0f} s.", flush=True)
    wrong = []
    for name in asked.runs:
        kill_after = asked.kill_after if name == "killed" else 0
        events = scratch / f"events-{name}"
        with cluster(scratch / name) as machines:
            config = on_spark(asked.config, scratch / "spark.toml", machines.master, events)
            watched = run(config, inputs, scratch / f"out-{name}", machines, kill_after)
            executors = len(machines.said("master", "Launching executor"))
            lost = len(machines.said("master", "Removing worker"))
        tables = differing(scratch / "local", scratch / f"out-{name}")
        moved, failed = shuffled(events)
        print(
            f"\nCluster, {name}: {watched.seconds:.0f} s, {executors} executors started, {lost} workers lost, "
            f"{failed} tasks failed and done again, {moved:.1f} MB shuffled; "
            f"{'all tables are the same' if not tables else 'DIFFERENT: ' + '; '.join(tables)}.",
            flush=True,
        )
        costs(name, watched, posts)
        wrong += tables
    return wrong


if __name__ == "__main__":
    main()
