"""The report page in Chromium: size, seconds until it can be used, heap, frames a second; `--help` for options.

    python bench/page.py                        # synthetic graphs of 5,000 and of 50,000 accounts
    python bench/page.py --run reports/ira      # the page of a run
    python bench/page.py --sigma                # the same graphs drawn by sigma.js, which npm fetches

Drawn in software (SwiftShader) unless `--gpu` is given: a graphics card is many times as fast. Frames are counted for
two seconds of moving the view at each frame, in a window of 1400 by 900. Prints Markdown.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from page_world import synthetic

from cib.report.page import write_page
from cib.report.run import RunFiles, open_run
from cib.settings import ReportSettings

LIBRARIES = (("sigma", "3.0.3", "dist/sigma.min.js"), ("graphology", "0.26.0", "dist/graphology.umd.min.js"))
SIZES = ((5_000, 30_000), (50_000, 500_000))
SOFTWARE = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
VIEWER = "cib.viewer"
FRAMES = """async (camera) => {
  const start = performance.now();
  let frames = 0;
  await new Promise((done) => {
    const next = () => {
      camera(frames);
      frames += 1;
      if (performance.now() - start < 2000) requestAnimationFrame(next); else done();
    };
    requestAnimationFrame(next);
  });
  return frames / ((performance.now() - start) / 1000);
}"""
PAN = f"(n) => {VIEWER}.camera.pan(n % 40 < 20 ? 4 : -4, 0)"
SIGMA = """<!DOCTYPE html><meta charset="utf-8"><div id="g" style="width:1200px;height:600px"></div>
<script src="graphology.js"></script><script src="sigma.js"></script><script>
const start = performance.now(), data = DATA, graph = new graphology.Graph({ type: "undirected" });
data.x.forEach((x, i) => graph.addNode(i, { x, y: data.y[i], size: 3, color: "#0072b2" }));
data.a.forEach((a, e) => graph.mergeEdge(a, data.b[e], { size: 0.5, color: "#cccccc" }));
const drawn = new Sigma(graph, document.getElementById("g"));
requestAnimationFrame(() => requestAnimationFrame(() => { document.documentElement.dataset.ready = "true"; }));
window.pan = (n) => drawn.getCamera().setState({ x: 0.5 + (n % 40) / 2000 });
</script>"""


@contextmanager
def browser(*, gpu: bool) -> Iterator[Any]:
    """Start Chromium, without a network."""
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--enable-precise-memory-info", "--js-flags=--expose-gc", *(() if gpu else SOFTWARE)]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield chromium.new_context(viewport={"width": 1400, "height": 900}, offline=True)
        chromium.close()


def opened(context: Any, path: Path) -> tuple[Any, float]:
    """Open a page, and return it with the seconds until it said that it is ready."""
    page = context.new_page()
    page.set_default_timeout(300_000)
    start = time.perf_counter()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    return page, time.perf_counter() - start


def frames(page: Any, move: str) -> float:
    """Return frames a second while the view moves."""
    return float(page.evaluate(f"() => ({FRAMES})({move})"))


def heap(page: Any) -> float:
    """Return what the page's script holds, in MB."""
    return float(page.evaluate("() => { gc(); return performance.memory.usedJSHeapSize / 1e6; }"))


def drawn(page: Any, what: str) -> float:
    """Return the seconds from asking for a view until it is on the screen."""
    after = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    script = f"async () => {{ const t = performance.now(); {what}; await {after}; return performance.now() - t; }}"
    return float(page.evaluate(script)) / 1000


def measured(path: Path, *, gpu: bool) -> list[tuple[str, str]]:
    """Measure a page: as it opens, with one network open, and with all it holds."""
    with browser(gpu=gpu) as context:
        page, seconds = opened(context, path)
        page.evaluate("document.getElementById('graph').scrollIntoView()")
        kind = page.evaluate(f"{VIEWER}.scene.kind")
        told = [
            ("page, MB", f"{path.stat().st_size / 1e6:.1f}"),
            ("ready, s", f"{seconds:.1f}"),
            ("drawn at first", page.inner_text("#graph .status")),
            (f"{kind}: frames a second", f"{frames(page, PAN):.0f}"),
            ("heap, MB", f"{heap(page):.0f}"),
            ("a network opened, s", f"{drawn(page, f'{VIEWER}.openNetwork(1)'):.2f}"),
            ("network: frames a second", f"{frames(page, PAN):.0f}"),
        ]
        if not page.evaluate(f"{VIEWER}.goHome(); {VIEWER}.more.hidden"):
            seconds = drawn(page, f"{VIEWER}.drawMore(); await new Promise((done) => setTimeout(done, 1))")
            told += [
                ("all it holds, s", f"{seconds:.1f}"),
                ("all: drawn", page.inner_text("#graph .status")),
                ("all: frames a second", f"{frames(page, PAN):.0f}"),
                ("all: heap, MB", f"{heap(page):.0f}"),
            ]
        return told


def by_sigma(run: RunFiles, folder: Path, *, gpu: bool) -> list[tuple[str, str]]:
    """Measure sigma.js with the same places and all links."""
    for name, version, file in LIBRARIES:
        command = ["npm", "pack", "--silent", f"{name}@{version}"]
        packed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        subprocess.run(["tar", "xzf", packed.stdout.strip()], cwd=folder, check=True)  # noqa: S607
        (folder / f"{name}.js").write_bytes((folder / "package" / file).read_bytes())
    ids = run.nodes.select("account_id", i=pl.int_range(pl.len()))
    number = pl.all().replace_strict(ids["account_id"], ids["i"])
    ends = run.table("graph", ["source", "target"]).select(number)
    data = {"x": run.nodes["x"], "y": run.nodes["y"], "a": ends["source"], "b": ends["target"]}
    path = folder / "sigma.html"
    path.write_text(SIGMA.replace("DATA", json.dumps({name: column.to_list() for name, column in data.items()})))
    with browser(gpu=gpu) as context:
        page, seconds = opened(context, path)
        return [
            ("sigma.js: ready, s", f"{seconds:.1f}"),
            ("sigma.js: frames a second", f"{frames(page, 'window.pan'):.1f}"),
            ("sigma.js: heap, MB", f"{heap(page):.0f}"),
        ]


def main() -> None:
    """Print a table for each graph."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, help="a finished run, instead of synthetic graphs")
    parser.add_argument("--gpu", action="store_true", help="draw with the graphics card")
    parser.add_argument("--sigma", action="store_true", help="draw the same with sigma.js beside it")
    parser.add_argument("--keep", type=Path, help="keep the synthetic pages in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        for size in ("run",) if options.run else SIZES:
            name = "run" if size == "run" else f"synthetic-{size[0]}"
            out = folder / name
            out.mkdir(parents=True, exist_ok=True)
            run = open_run(options.run) if options.run else synthetic(out, *size)
            start = time.perf_counter()
            path = write_page(run, out, ReportSettings())
            spent = time.perf_counter() - start
            links = run.table("graph").height
            print(f"\n### {name}: {len(run.nodes):,} accounts, {links:,} links\n\n| what | measured |\n|---|---|")
            show([("written, s", f"{spent:.1f}"), *measured(path, gpu=options.gpu)])
            if options.sigma:
                show(by_sigma(run, out, gpu=options.gpu))


def show(rows: list[tuple[str, str]]) -> None:
    """Print rows of a Markdown table."""
    print("\n".join(f"| {what} | {value} |" for what, value in rows), flush=True)


if __name__ == "__main__":
    main()
