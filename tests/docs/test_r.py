"""The page for R runs where R is: what it reads is what the run holds."""

import shutil
import subprocess

import pytest

from tests.docs.blocks import ROOT, Block, Reader, blocks

R = shutil.which("Rscript")
PACKAGES = "quit(status = !(requireNamespace('arrow', quietly = TRUE) && requireNamespace('igraph', quietly = TRUE)))"


def test_the_page_of_r_runs(tmp_path):
    if R is None or subprocess.run([R, "-e", PACKAGES], capture_output=True, check=False).returncode:
        pytest.skip("R with the packages arrow and igraph is not installed here")
    reader = Reader(tmp_path)
    (config,) = [block for block in blocks(ROOT / "docs" / "tutorial-own-csv.md") if "file" in block.marks]
    reader.follow(config)
    reader.follow(Block(ROOT / "tests", 0, "sh", "cib run configs/mine.toml", {}))
    page = [block.text for block in blocks(ROOT / "docs" / "use-in-r.md") if "run by" in block.marks]
    answer = subprocess.run([R, "-e", "\n".join(page)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
