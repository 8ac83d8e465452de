"""The page holds everything, runs nothing but its own script, and reaches nothing outside itself."""

import base64
import hashlib
import json
import re
import shutil
from dataclasses import dataclass, field
from html.parser import HTMLParser

import polars as pl
import pytest

from cib.errors import RunError
from cib.report.members import unusual_accounts
from cib.report.page import write_page
from cib.report.run import RunFiles
from cib.settings import ReportSettings
from cib.tables import RUN_TABLES
from tests.report import made
from tests.report.conftest import SETTINGS

HOSTILE = made.HOSTILE[0]
VOID = {"meta", "img", "link", "br", "input", "hr", "base"}


@dataclass
class Page(HTMLParser):
    """A parsed page: its elements with their attributes, the text of scripts and styles, and all text."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    code: dict[str, list[str]] = field(default_factory=lambda: {"script": [], "style": []})
    words: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self):
        super().__init__()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if self.open and self.open[-1] in self.code:
            self.code[self.open[-1]].append(data)
        else:
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def parse(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    return page


@pytest.fixture(scope="module")
def page(written) -> Page:
    return parse(written.read("report.html"))


def test_only_our_script_and_style_can_run(page):
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    for kind in ("script", "style"):
        code = page.code[kind][-1]  # blocks of data, which a browser never runs, come before the script
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    kinds = [attributes.pop("type") for attributes in page.all("script")]
    assert kinds == ["text/plain", "text/plain", "module"]
    assert page.all("script") == [{"id": "data-graph"}, {"id": "data-evidence"}, {}]
    assert all(re.fullmatch(r"[A-Za-z0-9+/=]+", block) for block in page.code["script"][:-1])


def test_nothing_hostile_became_markup(page):
    assert {tag for tag, _ in page.tags} <= {
        *("html", "head", "meta", "title", "style", "script", "body", "header", "nav", "main", "section", "article"),
        *("h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "a", "span", "strong", "bdi", "small", "code", "time", "div"),
        *("dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary"),
        *("figure", "figcaption", "img", "blockquote", "aside", "button", "noscript", "mark"),
        *("svg", "rect", "line", "polyline", "text"),
    }
    names = {name for _, attributes in page.tags for name in attributes}
    assert not {name for name in names if name.startswith("on") or name in {"style", "srcdoc", "action", "formaction"}}


def test_nothing_is_fetched_and_nothing_leads_outside(page):
    assert all(a["href"].startswith("#") for a in page.all("a"))
    assert all(image["src"].startswith("data:image/png;base64,") and image["alt"] for image in page.all("img"))
    assert not [
        tag
        for tag, attributes in page.tags
        if tag in {"link", "iframe", "object", "base"} or ("src" in attributes and tag != "img")
    ]
    assert not re.search(r"\bhttps?://", page.text)


def test_links_inside_the_page_lead_somewhere(page):
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in page.all("a")} <= set(ids)
    assert {part for _, a in page.tags for part in (a.get("aria-labelledby") or "").split()} <= set(ids)


def test_hostile_text_is_there_to_be_read(page):
    for text in (
        "<script>alert(1)</script>",
        "javascript:alert(1)//",
        "{{ 7*7 }}{% raw %}",
        '"><img src=x onerror=alert(1)>',
        "safe[U+202E]gnp.exe",
    ):
        assert text in page.text
    assert "\u202e" not in page.text
    assert "\x1b" not in page.text


def test_long_posts_are_cut(written, page):
    assert len(written.read("report.html")) < 3_000_000
    assert "more characters]" in page.text


def test_it_says_what_was_read_found_and_not_said(written, page):
    posts = written.run.manifest["read"]["posts"]
    assert f"{posts:,} posts by 40 accounts were read, from 1 March 2016 to" in page.text
    tiers = "1 in tier B (moderate), 1 in tier C (lead) and 1 on which the tool abstains"
    assert f"3 candidate networks with 18 accounts came out: {tiers}." in page.text
    for sentence in (
        "Not who.",
        "This is not a list of bots.",
        "Why no higher tier: Only two layers agree",
        "windows below a minute say nothing",
    ):
        assert sentence in page.text


def test_what_is_said_of_the_accounts_together(page):
    for number in range(1, SETTINGS.networks + 1):
        assert f"Those of network {number} were active together, p = 0.005." in page.text
        assert f"Of network {number} no dates are known." in page.text
        assert f"The network of number {number} is unlike the others." in page.text
    assert page.text.count("1 of 1 indicator with q of 0.05 or less") == SETTINGS.networks
    assert page.text.count("Pairs active at the same moments beyond their rhythms") == 1
    assert page.text.count("Pairs that keep apart: possibly one operator") == 1
    assert "0 31.5 0.01" in page.text
    assert "77 3.25 0.005" in page.text


def test_every_section_is_filled(written, page):
    manifest = written.run.manifest
    assert manifest["inputs"][0]["blake2b"] in page.text
    assert "the time cannot be read 2" in page.text  # refused rows by reason
    assert "No post has a media id." in page.text
    assert "graph.min_weight 0.5" in page.text
    assert "from cache" in page.text
    assert "cib run configs/made.toml" in page.text
    assert page.text.count("Posts side by side") == SETTINGS.networks
    assert len(page.all("blockquote")) == 2 * SETTINGS.networks * SETTINGS.posts


def test_the_parts_of_the_score_multiply_to_it(written):
    for row in written.run.table("networks").iter_rows(named=True):
        product = row["evidence"]
        for name in row:
            product *= row[name] if name.startswith("factor_") else 1
        assert product == pytest.approx(row["score"], rel=1e-3)


def test_real_numbers_stand_beside_shuffled_ones(written, page):
    assert "On shuffled data (2 times) the same settings keep 0 to 1 links and find 0 networks." in page.text
    links = len(written.run.table("graph"))
    together = f"Links kept, all layers {links:,} 0 to 1 Networks 3 0 Accounts in networks 18 0"
    assert together in page.text
    assert "url authors exchanged 50 7 to 8 40 0 to 1" in page.text
    assert "What this cannot tell." in page.text


def test_a_run_without_a_control_says_so(written, tmp_path):
    shutil.copytree(written.run.folder, tmp_path / "run")
    manifest = written.run.manifest | {"control": {"runs": 0, "replicas": []}}
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(manifest))
    shutil.copytree(written.out / "figures", tmp_path / "figures")
    run = RunFiles(tmp_path / "run", written.run.posts)
    text = parse(write_page(run, tmp_path, SETTINGS).read_text("utf-8")).text
    assert "Not repeated on shuffled data ([control] runs = 0)" in text
    assert "What is shuffled." not in text


def test_known_labels_are_named_as_such(written, page, tmp_path):
    assert "Known label (not used in detection)" in page.text
    run = made.run(tmp_path / "run")
    accounts = run.table("accounts").with_columns(label=pl.lit(None, pl.String))
    accounts.write_parquet(run.folder / "tables" / "accounts.parquet")
    shutil.copytree(written.out / "figures", tmp_path / "figures")
    assert "nown label" not in parse(write_page(run, tmp_path, SETTINGS).read_text("utf-8")).text


def test_the_same_run_gives_the_same_page(written, tmp_path):
    shutil.copytree(written.out / "figures", tmp_path / "figures")
    again = write_page(RunFiles(written.run.folder, written.run.posts), tmp_path, SETTINGS)
    assert again.read_text("utf-8") == written.read("report.html")


def test_settings_choose_title_and_lengths(written, tmp_path):
    (tmp_path / "figures").mkdir()
    for name in ("captions.json", *(f"{name}.svg" for name in json.loads(written.read("figures/captions.json")))):
        shutil.copy(written.out / "figures" / name, tmp_path / "figures")
    settings = ReportSettings(title='A "title" <b>', networks=1, posts=0, figure_formats=("svg",))
    page = parse(write_page(written.run, tmp_path, settings).read_text("utf-8"))
    assert 'A "title" <b>' in page.text
    assert page.all("blockquote") == []
    assert page.all("img")[0]["src"].startswith("data:image/svg+xml;base64,")


def test_a_run_that_found_nothing_says_so(written_empty):
    page = parse(written_empty.read("report.html"))
    assert "No post was read, so nothing could be looked for." in page.text
    assert "No candidate network was found" in page.text
    assert "not an all-clear" in page.text
    assert "There is no network to show." in page.text
    assert page.all("img") == []


def test_an_unfinished_run_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"No finished run .* manifest.json"):
        write_page(RunFiles(tmp_path, tmp_path / "posts.parquet"), tmp_path, SETTINGS)
    (tmp_path / "manifest.json").write_text(json.dumps({"layers": {}, "seed": 1}))
    with pytest.raises(RunError, match=r"tables/networks.parquet is missing"):
        RunFiles(tmp_path, tmp_path / "posts.parquet").table("networks")


def test_a_run_whose_posts_are_gone_says_so(written, tmp_path):
    run = RunFiles(written.run.folder, tmp_path / "posts.parquet")
    with pytest.raises(RunError, match=r"posts of the run .* are gone"):
        write_page(run, tmp_path, SETTINGS)


def test_summaries_of_indicators_are_not_counted_beside_them(tmp_path):
    run = made.run(tmp_path)
    before = unusual_accounts(run)
    path = tmp_path / "tables" / "indicators.parquet"
    known = pl.read_parquet(path)
    more = known.filter(pl.col("name") == known["name"][0])
    summed = [more.with_columns(name=pl.lit(name)) for name in ("extreme_families", "family_schedule", "outlier")]
    pl.concat([known, *summed]).write_parquet(path)
    assert unusual_accounts(run) == before
    assert len(before.rows) > 5


def test_change_over_time_is_told_where_the_run_looked(written, tmp_path):
    run = made.run(tmp_path / "run")
    at = made.START
    rows = [
        (1, 1, at, at.replace(month=4), "born", None, 5, 0, 2, 0),
        (1, 1, at.replace(month=4), at.replace(month=5), "dormant", None, 0, 0, 0, 0),
    ]
    table = RUN_TABLES["changes"]
    pl.DataFrame(rows, schema=table.schema, orient="row").write_parquet(run.folder / "tables" / "changes.parquet")
    shutil.copytree(written.out / "figures", tmp_path / "figures")
    text = parse(write_page(run, tmp_path, SETTINGS).read_text("utf-8")).text
    assert "Change over time" in text
    assert "1 1 2016-03-01 00:00:00 2016-04-01 00:00:00 born – 5 0 2 0" in text
    assert "Change over time" not in parse(written.read("report.html")).text


def test_the_second_of_two_posts_has_its_own_words_marked(page):
    assert len(page.all("mark")) > 0


def test_confidence_is_said_in_the_summary(page):
    assert "Confidence is at most 'moderate' (tier B)." in page.text


def test_verdicts_stand_beside_the_claim(written, tmp_path):
    run = made.run(tmp_path / "run")
    said = [("rejected", "fans", HOSTILE, 0.9), ("confirmed", None, None, 1.0)]
    frame = pl.DataFrame(said, schema=["verdict", "explanation", "note", "similarity"], orient="row").with_columns(
        kind=pl.lit("network"), network=pl.Series([1, 2], dtype=pl.UInt32), subject=pl.lit("s")
    )
    RUN_TABLES["verdicts"].shape(frame).write_parquet(run.folder / "tables" / "verdicts.parquet")
    shutil.copytree(written.out / "figures", tmp_path / "figures")
    text = parse(write_page(run, tmp_path, SETTINGS).read_text("utf-8")).text
    assert f"Rejected by an analyst: fans. “{HOSTILE}” Said of a network that shares 90 % of its accounts." in text
    assert "Confirmed by an analyst." in text
    assert "by an analyst" not in parse(written.read("report.html")).text
