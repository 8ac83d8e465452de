"""Every command and code block of the pages is run in a reader's folder, or says why not; what it prints is as printed.

`CIB_REWRITE=1 python -m pytest tests/docs/test_blocks.py` puts into the pages what their blocks print today.
"""

import os
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from tests.docs.blocks import ROOT, SHOWN, Block, Reader, blocks, pages, same

SAMPLE = [page for page in pages() if "reports/default" in page.read_text(encoding="utf-8")]
"""Pages that look into the run of the sample: they share one."""
OTHERS = [page for page in pages() if page not in SAMPLE]


def posts_of_the_reader(folder: Path) -> None:
    """Put a file `posts.csv` there, as a reader has one."""
    forum = pl.read_csv(ROOT / "data" / "synthetic" / "forum.csv", separator=";", encoding="cp1252", infer_schema=False)
    at = pl.col("Geschrieben am").str.to_datetime("%d.%m.%Y %H:%M:%S", strict=False).dt.to_string("iso")
    forum.select(
        created_at=at, account_id="Verfasser/in", text="Beitrag", urls="Verweise", hashtags="Stichwörter"
    ).write_csv(folder / "posts.csv")


@pytest.fixture
def reader(tmp_path):
    """Somebody with a file of posts and the tutorial's config."""
    reader = Reader(tmp_path)
    posts_of_the_reader(tmp_path)
    (config,) = [block for block in blocks(ROOT / "docs" / "tutorial-own-csv.md") if "file" in block.marks]
    reader.follow(config)
    return reader


@pytest.mark.parametrize("followed", [SAMPLE, OTHERS], ids=["of the sample", "others"])
def test_blocks_do_what_the_pages_say(followed, reader, subtests):
    runs = reader.folder / "reports"
    if ROOT / "README.md" in followed:  # which makes its run itself
        runs.mkdir()
        for name in ("one", "two"):
            (runs / name).symlink_to("mine")
    else:
        reader.follow(Block(ROOT / "tests", 0, "sh", "cib run configs/mine.toml", {}))
        for name in ("one", "two"):
            shutil.copytree(runs / "mine", runs / name)
    for page in followed:
        with subtests.test(page=str(page.relative_to(ROOT))):
            follow(page, reader)


def follow(page: Path, reader: Reader) -> None:
    printed = None
    for block in blocks(page):
        if block.language == "output":
            assert printed is not None, f"{block}: no block stands before it"
            if "CIB_REWRITE" in os.environ and not same(block.text, printed):
                text = page.read_text(encoding="utf-8")
                page.write_text(text.replace(f"```output\n{block.text}```", f"```output\n{printed}```", 1), "utf-8")
            else:
                assert same(block.text, printed), f"{block}: this is printed:\n{printed}"
        elif block.language not in SHOWN and not {"not run", "run by"} & set(block.marks):
            printed = reader.follow(block)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_marks_say_why_and_name_what_is_there(page):
    text = page.read_text(encoding="utf-8")
    found = blocks(page)
    for block in found:
        assert len(block.marks.get("not run", "a long reason").split()) > 1, f"{block}: say why"
        if "run by" in block.marks:
            path, _, name = block.marks["run by"].partition("::")
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), block
    assert len(re.findall(r"^<!-- (?:not run|run by|file|fails):", text, re.MULTILINE)) == sum(
        len(block.marks) for block in found
    ), "a mark stands before no block"


def test_what_is_left_out_may_be_anything_and_what_is_said_is_exact():
    printed = "first\n\n  2 of 3: because\nlast  \n"
    assert same("first\n  2 of 3: because\nlast\n", printed)
    assert same("...\n  2 of ...\n...\nlast\n", printed)
    assert same("first\n...\n", printed)
    assert not same("first\nlast\n", printed)
    assert not same("...\n  1 of ...\n...\n", printed)
