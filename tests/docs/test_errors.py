"""Error messages as one text: each says what happened, where, and what to do about it, in sentences."""

import re
import sys

import pytest

from tests.docs.blocks import ROOT

sys.path.insert(0, str(ROOT / "docs" / "hooks"))
from errors import Message, messages, page

DO = re.compile(
    r"\b(Set|Say|Give|Name|Choose|Try|Use|Run|Check|Save|Write|Unpack|Fetch|Train|Install|Raise|Record|Wait|Quote|Correct|Copy|Look)\b|"
    r"\b(Take|Add|Report|Known|It has|It is called|Nearest|Readers|Fields|Did you mean|Got|pip install|lists|needs?)\b|"
    r"\b(must be|must end in|takes?|levels go from|no such config|is not valid TOML|means no layer)\b|"
    r"⟨(…|_NO_TRUTH)⟩.?$"
)
"""What tells the reader what to do: an imperative, what there is to choose from, or what the thing must be."""
OURS = [message for message in messages() if message.kind in {"ConfigError", "InputError", "RunError"}]


def test_there_are_as_many_as_there_were():
    assert len(OURS) > 90


@pytest.mark.parametrize("message", OURS, ids=lambda message: message.words[:60])
def test_a_message_says_what_to_do_in_sentences(message: Message):
    assert message.words.rstrip()[-1] in ".⟩", "it ends like a sentence"
    assert DO.search(message.words), "it says what to do"
    assert not re.search(r"\b(invalid|illegal|failed|fatal|please|oops|error occurred)\b", message.words, re.IGNORECASE)


def test_the_page_has_every_message():
    said = page()
    assert all(message.words.split("⟨")[0].replace("*", "\\*").replace("<", "&lt;") in said for message in messages())
    assert "`cib/read/plan.py`" in said
