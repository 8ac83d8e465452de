"""Words and signs as coordination-network-toolkit's: answers of its own `tokenize` (1.5.2, with regex 2026.11.15)."""

import polars as pl
import pytest

from cib.link.tokens import tokens

AS_THE_TOOLKIT = [
    ("it's 'quoted' and don't''", "and don't it's quoted"),
    ("' '' a' 'b", "a b"),
    ("3.14 a.b.c 1,000 a,b 12:30 v2.0", ", 1,000 12 3.14 30 : a a.b.c b v2.0"),
    ("http://t.co/x?y=1&z=2", "& / 1 2 : = ? http t.co x y z"),
    ("#maga #a_b __ a__b c++ at&t 50% $5.00", "# $ % & + 5.00 50 __ a__b a_b at c maga t"),
    ("x:y x·y x;y 1;2 _1_ 1_a", "1;2 1_a ; _1_ x x:y x·y y"),
    ("... !! ?? -- —", "! - . ? —"),
    ("i’m “ok” ‘em ’em ’tis l’été x’y", "em i’m l’été ok tis x’y ‘ ’ ’em “ ”"),
    ("r2d2 привет-мир, ё! é ß ﬁ", "! , - r2d2 ß é ё мир привет ﬁ"),
    (
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd \u2764\ufe0f\u2764\ufe0f \U0001f600\U0001f600",
        "\u2764\ufe0f \U0001f44d\U0001f3fd \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f600",
    ),
    ("ok\u200d\U0001f600b", "b ok\u200d\U0001f600"),
    ("🇺a 🇺🇸🇬!", "🇬! 🇺a 🇺🇸"),
    ("東京タワー ひらがな カタカナー ｶﾀｶﾅ アa1", "a1 が な ひ ら ア カタカナー タワー 京 東 ｶﾀｶﾅ"),
    ("שלום'ד ש\"ד ש' ש'1 ש'.ד", ". 1 ד ש\"ד ש' שלום'ד"),
    ("مرحبا، بالعالم ٣٫١٤ ؟", "، ؟ بالعالم مرحبا ٣٫١٤"),
    ("สวัสดี", "ดี วั ส"),
    ("cafe\u0301 a\xadb e\u200fx", "a\xadb cafe\u0301 e\u200fx"),
    ("\u200fabc \u200fabc", "abc \u200f \u200fabc"),
    ("a\tb\nc\xa0d\u3000e\u202ff\x1cg", "a b c d e f g"),
]


@pytest.mark.parametrize(("text", "words"), AS_THE_TOOLKIT)
def test_words_and_signs_are_those_of_the_toolkit(text: str, words: str):
    assert sorted(set(found([text])[0])) == sorted(words.split())


def test_texts_without_words_and_repeats():
    assert found(["", "'", "a a!a"]) == [[], [], ["a", "a", "!", "a"]]


def test_nothing_but_blanks_and_apostrophes_gets_lost():
    texts = ["".join(chr(at) for at in range(start, start + 64)) for start in range(33, 0xD000, 64)]
    for text, words in zip(texts, found(texts), strict=True):
        assert "".join(words).replace("'", "") == "".join(text.split()).replace("'", "")


def found(texts: list[str]) -> list[list[str]]:
    return pl.DataFrame({"text": texts}).select(tokens(pl.col("text"))).to_series().to_list()
