"""The summary says in Markdown and PDF what the page says, and hostile text stays text."""

import re
import sys

import pypdf
import pytest
from markdown_it import MarkdownIt

from cib.errors import RunError
from cib.report.about import facts
from cib.report.safe import for_markdown
from cib.report.summary import Section, Summary, summarise
from cib.report.summary.markdown import as_markdown, write_markdown
from cib.report.summary.pdf import write_pdf
from cib.report.words import NOT_SAID
from tests.report.made import HOSTILE


def shown(markdown: str) -> str:
    """Return what a reader sees of Markdown, as a CommonMark parser has it."""
    texts = []
    for token in MarkdownIt().enable("table").parse(markdown):
        assert token.type not in {"html_block", "code_block", "fence"}, token.content
        if token.type == "inline":
            assert not {child.type for child in token.children} & {"html_inline", "link_open", "code_inline"}, (
                token.content
            )
            texts.append("".join(child.content for child in token.children if child.type in {"text", "text_special"}))
    return "\n".join(texts)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@pytest.fixture(scope="module")
def summary(written) -> Summary:
    return summarise(written.run, written.out)


def test_the_markdown_says_what_the_page_says(written, summary):
    text, page = shown(as_markdown(summary)), written.read("report.html")
    about = facts(written.run)
    for sentence in (
        about["read"],
        about["outcome"],
        about["control"],
        about["privacy"],
        *(why for _, why in NOT_SAID),
    ):
        assert sentence in text
        assert words(sentence)[0] in page
    assert text.splitlines()[0] == "made <script>alert(1)</script>"
    for number, said, tier, word, _ in about["strongest"]:
        assert f"Network {number}, tier {tier}, {word}. " in text
        assert said in text
    assert [row.split()[0] for row in text.splitlines() if re.fullmatch(r"\d+", row)] != []


def test_its_figures_and_table_are_there(written, summary, tmp_path):
    markdown = write_markdown(summary, tmp_path / "a" / "summary.md").read_text("utf-8")
    for name in re.findall(r"\]\((figures/[a-z]+\.png)\)", markdown):
        assert (written.out / name).is_file()
    assert markdown.count("](figures/") == 2
    rows = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + len(written.run.table("networks"))


def test_the_pdf_says_the_same_and_is_the_same_again(summary, tmp_path):
    path = write_pdf(summary, tmp_path / "s.pdf", at=None)
    pages = pypdf.PdfReader(path)
    text = words(" ".join(page.extract_text() for page in pages.pages))
    for section in summary.sections:
        assert words(section.heading)[0] in text
        for strong, said in section.items:
            wanted = words(f"{strong} {shown_text(said)}")
            assert any(text[i : i + len(wanted)] == wanted for i in range(len(text))), said
    assert pages.metadata.title == summary.title
    assert sum(len(page.images) for page in pages.pages) == 2
    assert path.read_bytes() == write_pdf(summary, tmp_path / "t.pdf", at=None).read_bytes()


@pytest.mark.parametrize(
    "text", [*HOSTILE, "1. one", "# head", "| a | b |", "![x](https://e.org/t.gif)", "$x$", "a" * 10**6]
)
def test_hostile_text_is_text(text):
    hostile = Summary(text, (text,), (Section(text, (text,), ((text, text), ("", text)), table=((text,), (text,))),))
    markdown = as_markdown(hostile)
    seen = shown(markdown)
    assert seen.splitlines()[0] == " ".join(shown_text(text)[:5000].split())[: len(seen.splitlines()[0])]
    assert len(markdown) < 40_000
    assert not re.search(r"https?://", markdown)


def test_a_pdf_of_hostile_text_can_be_read(tmp_path):
    items = tuple((text, "a" * 10**6) for text in HOSTILE)
    hostile = Summary("x" * 10**6, HOSTILE, (Section(HOSTILE[0], HOSTILE, items, table=(HOSTILE, HOSTILE)),))
    text = pypdf.PdfReader(write_pdf(hostile, tmp_path / "h.pdf", at=None)).pages[1].extract_text()
    assert "safe[U+202E]gnp.exe" in "".join(text.split())


def shown_text(text: str) -> str:
    """Return a text as it is meant to be seen: markup in, controls named, addresses harmless."""
    from cib.report.safe import defang, visible

    return defang(visible(text.replace("\n", " ").replace("\t", " ")))


def test_a_list_or_heading_cannot_be_begun():
    assert shown("- " + for_markdown("1. one")) == "1. one"
    assert shown("- " + for_markdown("# one")) == "# one"
    assert for_markdown("44.3 of 1.5") == "44.3 of 1.5"


def test_nothing_found_is_said(written_empty):
    text = as_markdown(summarise(written_empty.run, written_empty.out))
    assert "No candidate network was found" in text
    assert "The strongest" not in text


def test_without_the_extra_a_pdf_says_how_to_get_it(summary, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fpdf", None)
    with pytest.raises(RunError, match=r"pip install 'cib-graph\[pdf\]'"):
        write_pdf(summary, tmp_path / "s.pdf", at=None)
