"""What whoever takes over needs is there and true: CONTRIBUTING, make help, the page of the architecture."""

import subprocess

from tests.docs.blocks import ROOT, blocks


def test_contributing_names_targets_that_are_there():
    (steps,) = [block for block in blocks(ROOT / "CONTRIBUTING.md") if block.language == "sh"]
    for line in steps.text.splitlines():
        command = line.split("#")[0].split()
        answer = subprocess.run([*command[:1], "-n", *command[1:]], cwd=ROOT, capture_output=True, check=False)
        assert answer.returncode == 0, answer.stderr.decode()
