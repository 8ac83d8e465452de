"""The normaliser: every step, in its order, by hand."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cib.settings import TextSettings
from cib.texts import long_enough, normalise, template
from cib.texts.normalise import own_words, unspaced


def normal(raw, **settings):
    return pl.select(normalise(pl.lit(raw), TextSettings(**settings))).item()


@pytest.mark.parametrize(
    ("raw", "settings", "words"),
    [
        ("Fish &amp; chips", {}, "fish chips"),
        ("Fish &amp; chips", {"entities": False}, "fish amp chips"),
        ("&lt;3 &amp;lt; you", {"punctuation": "keep"}, "<3 &lt; you"),
        ("ﬁne Ｗords", {}, "fine words"),
        ("ﬁne", {"unicode": "NFC"}, "ﬁne"),
        ("cafe\u0301", {"unicode": "none"}, "cafe\u0301"),
        ("cafe\u0301", {"unicode": "NFC"}, "café"),
        ("vo\u200bte n\u00adow \u2764\ufe0f", {}, "vote now"),
        ("Vote NOW", {"case": "keep"}, "Vote NOW"),
        ("see https://t.co/x now", {}, "see now"),
        ("see https://t.co/x now", {"urls": "placeholder"}, "see :// now"),
        ("see https://t.co/x", {"urls": "keep"}, "see https t co x"),
        ("RT @ann: so it is", {}, "so it is"),
        ("Rt @ann so it is", {"case": "keep"}, "so it is"),
        ("ask @Ann, not a@b.org", {"mentions": "placeholder"}, "ask @ not a@b org"),
        ("ask @Ann now", {"mentions": "drop"}, "ask now"),
        ("@a @b @c hello", {"mentions": "drop"}, "hello"),
        ("#One #two c#", {"hashtags": "words"}, "one two c#"),
        ("#One #two now", {"hashtags": "placeholder"}, "# # now"),
        ("#One now", {"hashtags": "drop"}, "now"),
        ("go 🔥🔥 now", {}, "go now"),
        ("go 🔥 now", {"emoji": "keep"}, "go 🔥 now"),
        ("go 🔥, now!", {"punctuation": "keep"}, "go , now!"),
        ("go 🔥, now!", {"punctuation": "keep", "emoji": "keep"}, "go 🔥, now!"),
        ("at 10:30 on ٣", {"digits": "placeholder"}, "at 0 0 on 0"),
        ("at 10 now", {"digits": "drop"}, "at now"),
        ("  a \t\n b  ", {"punctuation": "keep"}, "a b"),
        ("2016", {}, "2016"),
        ("2016", {"digits": "placeholder"}, None),
        ("🔥 !! …", {"emoji": "keep"}, None),
        ("https://t.co/x", {"urls": "placeholder"}, None),
        ("", {}, None),
    ],
)
def test_each_step(raw, settings, words):
    assert normal(raw, **settings) == words


@given(st.text(max_size=60))
def test_what_is_normal_stays(raw):
    words = normal(raw, case="lower")
    assert words is None or normal(words) == words


@pytest.mark.parametrize(
    ("words", "made"),
    [
        ("#news mayor resigns #maga #tcot", "# mayor resigns #"),
        ("@a @b 12 30 people", "@ 0 people"),
        ("covid19 is a lie", "covid0 is a lie"),
        ("#a @b 3", None),
    ],
)
def test_template(words, made):
    assert pl.select(template(pl.lit(words))).item() == made


def test_a_templates_length_is_that_of_its_own_words():
    assert pl.select(own_words(pl.lit("@ # vote for us 0 0 now #"))).item() == "vote for us now"


def test_scripts_without_blanks_are_known_and_counted_by_letters():
    assert pl.select(unspaced(pl.lit("投票してください ok"))).item()
    assert not pl.select(unspaced(pl.lit("vote 票"))).item()
    assert pl.select(long_enough(pl.lit("請大家今天都去投票支持他"), 4)).item()
    assert not pl.select(long_enough(pl.lit("請大家去投票"), 4)).item()
