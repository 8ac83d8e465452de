"""The page in a real Chromium: from a file, without a network, at two widths; screenshots stay in pytest's folder.

Skipped with a reason where there is no Chromium. CHROMIUM names another than the one on the path, CIB_SCREENSHOTS
a folder for the pictures.
"""

import csv
import io
import math
import os
import shutil
from pathlib import Path

import matplotlib.image
import numpy as np
import polars as pl
import pytest

from cib.report import words
from cib.report.page import write_page
from cib.report.run import RunFiles
from cib.report.safe import for_sheet
from cib.settings import ReportSettings
from tests.report import made

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-quic"]
VIEWER = "cib.viewer"
WIDE, NARROW = 1400, 390
OUTSIDE = """[...document.querySelectorAll('body *')].filter((part) => !part.closest('.scroll') &&
  part.getBoundingClientRect().right > document.documentElement.clientWidth + 1).slice(0, 9).map((part) =>
  `${part.tagName}.${part.className} in ${part.parentElement.className}: ${part.textContent.slice(0, 40)}`)"""
"""What stands out of the window, for the message of a test that fails."""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")


@pytest.fixture(scope="module")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    folder = os.environ.get("CIB_SCREENSHOTS")
    path = Path(folder) if folder else tmp_path_factory.mktemp("screenshots")
    path.mkdir(parents=True, exist_ok=True)
    return path


class Opened:
    """A page, and whatever it complained about."""

    def __init__(self, browser, path: Path, width: int, **options):
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, offline=True, accept_downloads=True, **options
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append("a dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready]", state="attached")

    def ask(self, script: str):
        return self.page.evaluate(script)

    def status(self) -> str:
        return self.page.inner_text("#graph .status")

    def still(self) -> None:
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def fits(self) -> bool:
        """Whether the page is no wider than its window."""
        return self.ask("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    def quiet(self) -> bool:
        fetched = [url for url in self.asked if not url.startswith(("file:", "data:", "blob:"))]
        return not self.complaints and not fetched


@pytest.fixture(params=[WIDE, NARROW])
def opened(request, chromium, written):
    found = Opened(chromium, written.out / "report.html", request.param)
    yield found
    found.context.close()


@pytest.fixture
def wide(chromium, written):
    found = Opened(chromium, written.out / "report.html", WIDE)
    yield found
    found.context.close()


def colours(picture: Path) -> int:
    """Return how many different colours a picture holds."""
    image = (matplotlib.image.imread(picture)[..., :3] * 255).astype(np.uint32)
    return len(np.unique(image @ np.array([65536, 256, 1], dtype=np.uint32)))


def test_it_opens_draws_and_says_nothing_to_the_console(opened, written, pictures):
    links, accounts = len(written.run.table("graph")), len(written.run.nodes)
    assert opened.status() == f"{accounts} accounts and {links} links are drawn."
    opened.still()
    width = opened.page.viewport_size["width"]
    opened.page.screenshot(path=pictures / f"top-{width}.png")
    stage = opened.page.locator("#graph .stage")
    stage.screenshot(path=pictures / f"graph-{width}.png")
    assert colours(pictures / f"graph-{width}.png") > 30
    drawn = opened.ask(
        f"""(() => {{ const v = {VIEWER}; v.frame(); const gl = v.renderer.gl;
        const pixels = new Uint8Array(4 * gl.drawingBufferWidth * gl.drawingBufferHeight);
        gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
        return pixels.filter((value, i) => i % 4 === 3 && value > 0).length / (pixels.length / 4); }})()"""
    )
    assert 0.005 < drawn < 0.9
    assert opened.fits()
    assert opened.quiet(), opened.complaints


def test_every_part_opened_keeps_within_the_window(opened, pictures):
    opened.ask("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    opened.ask(f"{VIEWER}.openEdge(0)")
    opened.page.wait_for_selector("#graph .panel blockquote")
    opened.page.screenshot(path=pictures / f"opened-{opened.page.viewport_size['width']}.png")
    assert opened.fits()
    assert opened.quiet(), opened.complaints


def test_search_finds_and_opens_an_account(wide, written):
    hostile = [f"@{text}" for text in made.HOSTILE if "<" in text]
    node = written.run.nodes.filter(pl.col("label").is_in(hostile)).row(0, named=True)
    wide.page.fill("#graph .search input", node["label"][:-1].upper())
    assert wide.page.inner_text("#graph .found button") == node["label"]
    wide.page.press("#graph .search input", "Enter")
    assert wide.page.inner_text("#graph .panel h3") == node["label"]
    strongest = wide.page.locator("#graph .panel .links button").all_inner_texts()
    assert len(strongest) == min(20, node["degree"])
    assert wide.ask("document.activeElement.textContent") == node["label"]
    wide.page.click("#graph .panel .close")
    assert not wide.page.is_visible("#graph .panel")
    assert wide.quiet(), wide.complaints


def test_pointing_tells_and_clicking_opens_account_and_link(wide):
    place = wide.ask(
        f"""(() => {{ const v = {VIEWER}; const i = v.scene.points[v.scene.points.length - 1];
        v.stage.scrollIntoView({{ block: "center" }});
        const box = v.stage.getBoundingClientRect(); const [x, y] = v.camera.toScreen(v.scene.x[i], v.scene.y[i]);
        return [box.left + x, box.top + y, v.graph.name[i]]; }})()"""
    )
    wide.page.mouse.move(place[0], place[1])
    wide.page.wait_for_selector("#graph .tip:visible")
    assert "linked account" in wide.page.inner_text("#graph .tip")
    wide.page.mouse.click(place[0], place[1])
    assert "Strength, nats" in wide.page.inner_text("#graph .panel")
    wide.page.click("#graph .panel .links button")
    wide.page.wait_for_selector("#graph .panel blockquote")
    panel = wide.page.inner_text("#graph .panel")
    assert "Its layers, against chance" in panel
    assert "cib evidence RUN" in panel
    assert wide.page.locator("#graph .panel blockquote").count() >= 2
    assert wide.quiet(), wide.complaints


def test_filters_leave_what_they_say(wide, written):
    graph = written.run.table("graph")
    wide.page.click("#graph .controls summary")
    boxes = wide.page.locator("#graph fieldset input")
    for n in range(1, boxes.count()):
        boxes.nth(n).uncheck()
    first = next(iter(written.run.manifest["layers"]))
    left = graph.filter(pl.col("layers").list.contains(first))
    assert wide.status().endswith(f"and {len(left)} links are drawn.")
    wide.page.get_by_text("hide accounts without a link left").click()
    linked = pl.concat([left["source"], left["target"]]).n_unique()
    assert wide.status() == f"{linked} accounts and {len(left)} links are drawn."
    wide.page.click("#graph .controls button:has-text('Reset')")
    assert wide.status().endswith(f"and {len(graph)} links are drawn.")
    wide.page.locator("#graph input[type=range]").first.fill("60")
    bound = float(wide.ask(f"{VIEWER}.filters.now.weight"))
    assert wide.status().endswith(f"and {(graph['weight'] >= bound - 1e-4).sum()} links are drawn.")
    wide.page.click("#graph .controls button:has-text('Reset')")
    last = graph["last_at"].max().date()
    wide.page.locator("#graph input[type=date]").first.fill(last.isoformat())
    late = graph.filter(pl.col("last_at").dt.date() >= last)
    assert 0 < len(late) < len(graph)
    assert wide.status().endswith(f"and {len(late)} links are drawn.")
    assert wide.quiet(), wide.complaints


def test_a_network_is_isolated_and_opened(wide, written):
    members = written.run.table("members").filter(network=1)
    wide.page.locator("#graph select").nth(2).select_option("1")
    assert wide.status().startswith(f"{len(members)} accounts and ")
    wide.page.locator("#graph select").nth(2).select_option("")
    wide.page.click("#network-1 button[data-network]")
    assert wide.status().startswith(f"Network 1: {len(members)} accounts and ")
    wide.page.click("#graph .tools button:has-text('All accounts')")
    assert wide.status().startswith(f"{len(written.run.nodes)} accounts")
    assert wide.quiet(), wide.complaints


def test_colours_and_sizes_change_with_their_legend(busy):
    wide, _ = busy
    ways = wide.page.locator("#graph select").nth(0)
    for way, said in (("layer", "repost"), ("label", "troll"), ("night_share", "insufficient data")):
        before = wide.ask(f"Array.from({VIEWER}.scene.colour).join()")
        ways.select_option(way)
        assert said in wide.page.inner_text("#graph .legend")
        assert wide.ask(f"Array.from({VIEWER}.scene.colour).join()") != before
    before = wide.ask(f"Array.from({VIEWER}.scene.size).join()")
    wide.page.locator("#graph select").nth(1).select_option("links")
    assert wide.ask(f"Array.from({VIEWER}.scene.size).join()") != before
    assert wide.quiet(), wide.complaints


def test_keys_move_and_zoom(wide):
    view = f"(({{ x, y, zoom }}) => [x, y, zoom])({VIEWER}.camera)"
    home = wide.ask(view)
    wide.page.focus("#graph .stage")
    wide.page.keyboard.press("ArrowRight")
    wide.page.keyboard.press("+")
    x, _, zoom = wide.ask(view)
    assert x > home[0]
    assert zoom == pytest.approx(1.3 * home[2])
    wide.page.keyboard.press("0")
    assert wide.ask(view) == pytest.approx(home)


def test_tables_sort_page_search_and_download(busy):
    wide, run = busy
    wide.page.click("#graph details.lists summary")
    table = wide.page.locator("#graph .tables table").first
    n = len(run.nodes)
    bar = wide.page.locator("#graph .tables .bar").first
    assert bar.locator("[role=status]").inner_text() == f"1–25 of {n} rows"
    assert table.locator("tbody tr").count() == 25
    bar.get_by_text("Next").click()
    assert bar.locator("[role=status]").inner_text() == f"26–50 of {n} rows"
    assert table.locator("tbody tr").count() == 25
    head = table.locator("th", has_text="Strength")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    shown = [float(text.replace(",", "")) for text in table.locator("tbody td:nth-child(6)").all_inner_texts()]
    assert shown == sorted(shown, reverse=True)
    bar.locator("input").fill("troll user_")
    known = run.table("accounts").filter(label="troll")["account_id"]
    trolls = run.nodes.filter(pl.col("account_id").is_in(known.implode()), pl.col("label").str.contains("user_"))
    assert bar.locator("[role=status]").inner_text() == f"{len(trolls)} of {n} rows"
    bar.locator("input").fill("")
    with wide.page.expect_download() as waiting:
        bar.locator(".download").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == n
    assert not [row["Account"] for row in rows if row["Account"].startswith(("=", "+", "-", "@", "＝"))]
    assert wide.quiet(), wide.complaints


def test_cells_are_made_safe_as_the_exports_are(wide):
    samples = [*made.HOSTILE, "-5", "\ta", " \u200e=1", "−1", "a,b", 'q"q', "two\nlines", "plain", "−x", "+4 members"]
    cells = wide.page.evaluate("(texts) => texts.map((text) => cib.modules['csv.js'].cell(text))", samples)
    read = [next(csv.reader(io.StringIO(cell, newline="")), [""])[0] for cell in cells]
    expected = for_sheet(pl.DataFrame({"t": samples}))["t"].to_list()
    assert [text for text, sample in zip(read, samples, strict=True) if sample != "-5"] == [
        text for text, sample in zip(expected, samples, strict=True) if sample != "-5"
    ]
    assert read[samples.index("-5")] == "-5", "a number stays one"


def test_numbers_are_said_as_in_the_rest_of_the_page(wide):
    say = "([name, values]) => values.map((value) => cib.modules['text.js'][name](value))"
    chances = [0.5, 0.0312, 0.001, 9.96e-5, 3.2e-9, 1e-280]
    powers = [math.log10(p) for p in chances]
    assert wide.page.evaluate(say, ["chance", powers]) == [words.chance(p) for p in chances]
    assert wide.page.evaluate(say, ["chance", [-math.inf]]) == [words.chance(0)]
    seconds = [0, 0.25, 9.9, 61, 3600, 46_000, 200_000, 12_345_678]
    assert wide.page.evaluate(say, ["duration", seconds]) == [words.duration(s) for s in seconds]
    shares = [0, 0.001, 0.5, 0.995, 1]
    assert wide.page.evaluate(say, ["share", shares]) == [words.share(value) for value in shares]
    values = [0, 2, 0.01234, 12.345, 999.4, 1234.6, 1e6]
    assert wide.page.evaluate(say, ["number", values]) == [words.number(value) for value in values]


def test_inflating_without_the_browsers_help(chromium, written):
    context = chromium.new_context(viewport={"width": WIDE, "height": 900}, offline=True)
    page = context.new_page()
    page.add_init_script("delete window.DecompressionStream")
    page.goto((written.out / "report.html").as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    assert f"{len(written.run.nodes)} accounts" in page.inner_text("#graph .status")
    page.evaluate(f"{VIEWER}.openEdge(0)")
    page.wait_for_selector("#graph .panel blockquote")
    context.close()


def test_without_webgl_the_drawing_stays_and_says_so(chromium, written, pictures):
    context = chromium.new_context(viewport={"width": WIDE, "height": 900}, offline=True)
    page = context.new_page()
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page.goto((written.out / "report.html").as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    assert "no WebGL" in page.inner_text("#graph .status")
    assert page.is_visible("#graph .stage img")
    page.fill("#graph .search input", "user_")
    page.press("#graph .search input", "Enter")
    assert page.inner_text("#graph .panel h3").startswith("@user_")
    page.screenshot(path=pictures / "without-webgl.png")
    context.close()


def test_without_scripts_everything_is_there_to_read(chromium, written):
    context = chromium.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((written.out / "report.html").as_uri())
    assert page.is_visible("#graph .stage img")
    assert page.locator("#networks table tbody tr").first.is_visible()
    assert not page.is_visible("#graph details.lists")
    context.close()


def test_dark_and_light_and_print(chromium, written, pictures):
    found = Opened(chromium, written.out / "report.html", WIDE, color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = found.ask(ground)
    found.page.screenshot(path=pictures / "dark.png")
    found.page.click(".theme")
    light = found.ask(ground)
    assert dark == "rgb(20, 23, 26)"
    assert light == "rgb(255, 255, 255)"
    found.page.emulate_media(media="print")
    assert not found.page.is_visible("nav")
    assert not found.page.is_visible("#graph .stage canvas >> nth=0")
    assert found.page.is_visible("#graph .stage img")
    pdf = found.page.pdf(path=pictures / "print.pdf")
    assert pdf.startswith(b"%PDF")
    assert found.ask("document.querySelectorAll('details.network:not([open])').length") == 1, "closed again afterwards"
    assert found.quiet(), found.complaints
    found.context.close()


def test_headings_landmarks_and_names_for_screen_readers(wide):
    assert wide.ask("document.querySelectorAll('main').length") == 1
    assert wide.ask("document.querySelectorAll('h1').length") == 1
    unnamed = """[...document.querySelectorAll('button, input, select, [role=region], img, svg[role=img]')].filter(
      (part) => ![part.textContent.trim(), part.getAttribute('aria-label'), part.alt, part.labels?.length].some(Boolean)
    ).length"""
    assert wide.ask(unnamed) == 0
    assert wide.ask("[...document.querySelectorAll('table')].every((table) => table.caption?.textContent.trim())")
    wide.page.keyboard.press("Tab")
    assert wide.ask("document.activeElement.className") == "skip"


@pytest.fixture
def busy(chromium, large):
    """A page with more accounts than a page of a table holds, and its run."""
    run, path = large
    found = Opened(chromium, path, WIDE)
    found.ask("cib.viewer.drawMore()")
    found.page.locator("#graph .status", has_text="Drawn in").wait_for()
    yield found, run
    found.context.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A page whose graph is larger than it may draw at once."""
    folder = tmp_path_factory.mktemp("large")
    run = made.run(folder / "run", made.Size(accounts=80, networks=6, largest=24))
    (folder / "figures").mkdir()
    (folder / "figures" / "captions.json").write_text("{}")
    settings = ReportSettings(drawn_accounts=10, drawn_edges=20, networks=1, posts=0)
    return run, write_page(RunFiles(run.folder, run.posts), folder, settings)


def test_a_large_graph_opens_as_networks(chromium, large, pictures):
    run, path = large
    found = Opened(chromium, path, WIDE)
    networks = run.table("networks")
    assert found.status().startswith(f"{len(networks)} networks as circles")
    found.page.locator("#graph .stage").screenshot(path=pictures / "networks.png")
    assert colours(pictures / "networks.png") > 30
    place = found.ask(
        f"""(() => {{ const v = {VIEWER}; v.stage.scrollIntoView({{ block: "center" }});
        const box = v.stage.getBoundingClientRect(); const [x, y] = v.camera.toScreen(v.scene.x[0], v.scene.y[0]);
        return [box.left + x, box.top + y]; }})()"""
    )
    found.page.mouse.click(*place)
    accounts = networks.sort("network")["accounts"][0]
    assert found.status().startswith(f"Network 1: {accounts} accounts and the strongest 20 of ")
    found.page.click("#graph .tools button:has-text('All networks')")
    assert "as circles" in found.status()
    found.page.click("#graph .below button")
    found.page.locator("#graph .status", has_text="Drawn in").wait_for()
    assert found.status().startswith(f"{len(run.nodes)} accounts and {len(run.table('graph'))} links are drawn.")
    assert found.quiet(), found.complaints
    found.context.close()


def test_a_hundred_thousand_rows_sort_search_and_page(wide):
    spent = wide.ask(
        """(() => { const { place } = cib.modules['tables.js']; const n = 100000;
        const holder = document.createElement('div'); document.querySelector('main').append(holder);
        const start = performance.now();
        const table = place(holder, 'many', { n, columns: [
          { head: 'name', text: (i) => `row ${(i * 7919) % n}`, value: (i) => `row ${(i * 7919) % n}` },
          { head: 'value', figures: true, text: (i) => String((i * 31) % n), value: (i) => (i * 31) % n }] });
        table.sort(table.table.tHead.rows[0].cells[1], 1); table.search('99999'); const found = table.found.length;
        table.search(''); const rows = table.table.tBodies[0].rows;
        return [found, rows.length, rows[0].cells[1].textContent, performance.now() - start]; })()"""
    )
    assert spent[:3] == [2, 25, "99999"]
    assert spent[3] < 20_000


def test_a_megabyte_in_every_field_breaks_no_layout(chromium, tmp_path, pictures):
    run = made.run(tmp_path / "run")
    long = ["x" * 1_000_000, "\u05e9\u05dc\u05d5\u05dd" * 50_000, "\U0001f469\u200d\U0001f680" * 50_000, "<b>" * 90_000]
    every = pl.lit(pl.Series(long)).implode().list.get(pl.int_range(pl.len()) % len(long))
    fields = {
        "accounts": ("handle", "name", "description", "label"),
        "explanations": ("sentence",),
        "network_creation": ("sentence",),
        "generic": ("text", "why"),
    }
    for name, columns in fields.items():
        path = run.folder / "tables" / f"{name}.parquet"
        pl.read_parquet(path).with_columns(every.alias(column) for column in columns).write_parquet(path)
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "captions.json").write_text("{}")
    path = write_page(RunFiles(run.folder, run.posts), tmp_path, ReportSettings(networks=2, posts=2))
    assert path.stat().st_size < 3_000_000
    for width in (WIDE, NARROW):
        found = Opened(chromium, path, width)
        found.ask("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        found.ask(f"{VIEWER}.openAccount(0)")
        found.page.wait_for_selector("#graph .panel blockquote")
        found.page.screenshot(path=pictures / f"long-{width}.png")
        assert found.fits(), found.ask(OUTSIDE)
        assert found.quiet(), found.complaints
        found.context.close()
