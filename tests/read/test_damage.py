"""No damage to a file ends in a traceback: it is read, or refused with a sentence. Every reader, those to come too."""

import random

import pytest

from tests.read.damage import attempt, damaged, unpacked
from tests.read.test_readers import EVERY

DAMAGES = 4


@pytest.mark.parametrize(("format_", "path"), EVERY, ids=lambda value: getattr(value, "name", value))
def test_damaged_samples(tmp_path, format_, path):
    chance = random.Random(path.name)
    sample = unpacked(path)[:20_000]
    for turn in range(DAMAGES):
        attempt(damaged(sample, chance), path.name.removesuffix(".gz"), (format_, "auto")[turn % 2], tmp_path)
