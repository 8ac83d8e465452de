"""One function a stage: tables in, tables out."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from cib import accounts as described
from cib import config as configs
from cib import networks as found
from cib import read as reading
from cib.link import Beside, link
from cib.pipeline.stages import in_order
from cib.pipeline.texts import asked_of
from cib.settings import COMBINED, LayerSettings, Settings
from cib.tables import EDGES, PAIRS
from cib.texts import group_texts
from cib.traces import TRACES, Traced, build, combine, combined_from, texts_of

__all__ = [
    "Corpus",
    "Found",
    "Layer",
    "configure",
    "describe_accounts",
    "find_networks",
    "fuse_layers",
    "link_layers",
    "read_posts",
    "trace_acts",
]

_DEFAULT: Final = Settings()


@dataclass(frozen=True)
class Corpus:
    """What was read.

    Attributes
    ----------
    posts, accounts : POSTS and ACCOUNTS.
    ledger : LEDGER: rows in, rows out, and why they went.
    quarantine : the refused rows: file, row, reason, start.
    resolution_s : the coarsest step, in seconds, that all times keep to.
    """

    posts: pl.DataFrame
    accounts: pl.DataFrame
    ledger: pl.DataFrame
    quarantine: pl.DataFrame
    resolution_s: float

    def _repr_html_(self) -> str:
        refused = f"{len(self.quarantine):,} rows refused"
        said = f"{len(self.posts):,} posts by {len(self.accounts):,} accounts, {refused}"
        return f"<p>{said}</p>{self.posts.head(5)._repr_html_()}"


@dataclass(frozen=True)
class Layer:
    """One layer: who did the same, and which pairs of accounts that links.

    Attributes
    ----------
    settings : of the layer.
    traced : its traces and objects.
    edges : EDGES, with what was expected by chance, p and q.
    pairs : PAIRS: the pairs of posts behind the edges.
    """

    settings: LayerSettings
    traced: Traced
    edges: pl.DataFrame
    pairs: pl.DataFrame

    def _repr_html_(self) -> str:
        return f"<p>{len(self.edges):,} edges from {len(self.pairs):,} pairs of posts</p>{_shown(self.edges)}"


@dataclass(frozen=True)
class Found:
    """Candidate networks: leads, not verdicts.

    Attributes
    ----------
    networks : one row a network, ranked, with what the rank is made of.
    members : its accounts.
    explanations : what else could explain each network.
    """

    networks: pl.DataFrame
    members: pl.DataFrame
    explanations: pl.DataFrame

    def _repr_html_(self) -> str:
        return f"<p>{len(self.networks):,} candidate networks: leads, not verdicts</p>{_shown(self.networks)}"


def configure(path: str | Path | None = None, **overrides: Any) -> Settings:
    """Return settings: a config's, or the defaults, with values replaced.

    Parameters
    ----------
    path : a TOML file; None: the defaults.
    overrides : by key, two underscores for a dot: ``layers__url__window="10s"``. Naming a layer without a `path` leaves
        the default layers out, as in a config.

    Raises
    ------
    ConfigError
        A value breaks its rule, or there is no such key; the sentence says which, and names the nearest known one.

    Examples
    --------
    >>> configure(layers__url__window="10s").active_layers["url"].window
    datetime.timedelta(seconds=10)
    """
    given = {name.replace("__", "."): value for name, value in overrides.items()}
    if path is not None:
        return configs.load(Path(path), traces=TRACES, overrides=given)
    return configs.load_as(Settings, None, given)


def read_posts(*files: str | Path, settings: Settings = _DEFAULT, **input_keys: Any) -> Corpus:
    """Read raw exports of any known format into posts and accounts.

    Parameters
    ----------
    files : files, folders or patterns; none: those of the settings.
    settings : whose section ``[input]`` is obeyed.
    input_keys : keys of ``[input]`` that replace them: ``timezone="UTC"``.

    Returns
    -------
    Corpus
        Posts (POSTS), accounts (ACCOUNTS), and what was left out and why. Memory is that of the tables.

    Raises
    ------
    InputError
        Nothing to read, a damaged file, or a file of which every row is refused.
    ConfigError
        A key of ``[input]`` that cannot be.
    """
    given = settings.input.model_dump(exclude_unset=True) | input_keys
    given |= {"files": [str(file) for file in files]} if files else {}
    asked = configs.load_as(Settings, None, {f"input.{name}": value for name, value in given.items()}).input
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        summary = reading.read(asked, root=Path(), out=out, memory=settings.run.memory)
        posts, accounts, ledger = (
            pl.read_parquet(out / f"{table}.parquet") for table in ("posts", "accounts", "ledger")
        )
        refused = out / "quarantine.ndjson"
        quarantine = pl.read_ndjson(refused) if refused.stat().st_size else pl.DataFrame()
    return Corpus(posts, accounts, ledger, quarantine, summary.resolution_s)


def trace_acts(
    posts: pl.DataFrame, layer: str, settings: Settings = _DEFAULT, texts: pl.DataFrame | None = None
) -> Traced:
    """Return who acted on what in one layer.

    Parameters
    ----------
    posts : POSTS.
    layer : name of a layer of the settings.
    settings : whose section ``[layers.NAME]`` is obeyed.
    texts : TEXTS, what the posts' texts are called; made here if the layer needs it and it is not given.

    Raises
    ------
    KeyError
        There is no such layer, or it is switched off.

    Notes
    -----
    Linear in acts. A layer of the trace 'combined' is made of the others: see :func:`link_layers`.
    """
    chosen = settings.active_layers[layer]
    if texts is None and texts_of(chosen):
        texts = _texts(posts, {layer: chosen}, settings)
    return build(posts.lazy(), chosen, name=layer, texts=None if texts is None else texts.lazy())


def link_layers(posts: pl.DataFrame, settings: Settings = _DEFAULT, layers: Iterable[str] = ()) -> dict[str, Layer]:
    """Link accounts in several layers, and test every link against chance.

    Parameters
    ----------
    posts : POSTS.
    settings : whose sections ``[layers.*]``, ``[text]`` and ``[run]`` are obeyed.
    layers : names of layers of the settings; none: all that are switched on.

    Returns
    -------
    dict[str, Layer]
        By layer: edges (EDGES, one row a pair of accounts, with what chance expects, p, q) and pairs of posts (PAIRS).

    Raises
    ------
    KeyError
        There is no such layer, or it is switched off.

    Notes
    -----
    All pairs of posts behind the edges are held in memory: for more than some ten million use :func:`run`.
    """
    active = settings.active_layers
    chosen = in_order({name: active[name] for name in layers} or active)
    reading_texts = {name: layer for name, layer in chosen.items() if texts_of(layer)}
    texts = _texts(posts, reading_texts, settings) if reading_texts else None
    traced = {name: trace_acts(posts, name, settings, texts) for name in chosen if chosen[name].trace != COMBINED}
    made: dict[str, Layer] = {}
    for name, layer in chosen.items():
        if layer.trace == COMBINED:
            parts = {other: (traced[other].traces, traced[other].objects) for other in combined_from(chosen)}
            traced[name] = combine(parts, name=name)
        made[name] = _linked(traced[name], layer, name, settings)
    return made


def fuse_layers(layers: Mapping[str, Layer], settings: Settings = _DEFAULT) -> pl.DataFrame:
    """Return the graph: one row a pair of accounts that the layers together hold to be linked (GRAPH).

    No pair of posts counts twice; links above ``[graph] q`` or below ``min_weight`` are left out.

    Parameters
    ----------
    layers : what :func:`link_layers` returned.
    settings : whose section ``[graph]`` is obeyed.

    Returns
    -------
    DataFrame
        Accounts a < b, weight (nats by default), layers, acts, q. Linear in edges and pairs.
    """
    return found.fuse(_edges(layers), _evidence(layers), _settings(layers), settings.graph).graph


def find_networks(
    corpus: Corpus, layers: Mapping[str, Layer], graph: pl.DataFrame, settings: Settings = _DEFAULT
) -> Found:
    """Find networks in the graph, explain and rank them.

    Nothing is shuffled here, so no network gets a better tier than C, and none a p-value of its own: see :func:`run`
    with ``control__runs``. The known labels of accounts are not looked at.

    Parameters
    ----------
    corpus : what was read.
    layers : what :func:`link_layers` returned.
    graph : what :func:`fuse_layers` returned.
    settings : whose sections ``[networks]`` and ``[run]`` are obeyed.

    Returns
    -------
    Found
        Networks, best first, their members, and what else each could be.
    """
    groups = found.candidates(graph, settings.networks, seed=settings.run.seed)
    evidence, chosen = _evidence(layers), _settings(layers)
    objects = {name: layer.traced.objects.lazy() for name, layer in layers.items()}
    measured = found.measure(groups, graph, _edges(layers), evidence, objects, chosen)
    inside = measured.members.select("group", "account")
    case = found.Case(
        groups=inside,
        pairs=found.pairs_inside(inside, graph, evidence, found.telling(chosen)),
        objects=objects,
        layers=chosen,
        posts=corpus.posts.lazy(),
        accounts=corpus.accounts.drop("label"),
    )
    ranked = found.rank(measured, found.explain(case), [], settings.networks.floor)
    named = corpus.accounts.select("account", "account_id", "handle")
    members = ranked.members.join(named, on="account", maintain_order="left")
    return Found(ranked.networks, members, ranked.explanations)


def describe_accounts(corpus: Corpus, settings: Settings = _DEFAULT) -> pl.DataFrame:
    """Return the indicators of every account (INDICATORS): weak descriptions, no score of being a bot.

    The known labels are not looked at.

    Parameters
    ----------
    corpus : what :func:`read_posts` returned.
    settings : whose section ``[accounts]`` is obeyed.

    Returns
    -------
    DataFrame
        One row an account and indicator: value, percentile among these accounts, sentence, or why it does not apply.
    """
    unlabelled = corpus.accounts.with_columns(label=pl.lit(None, dtype=pl.String))
    return described.describe(
        corpus.posts.lazy(), unlabelled, settings.accounts, resolution_s=corpus.resolution_s, seed=settings.run.seed
    )


def _texts(posts: pl.DataFrame, layers: Mapping[str, LayerSettings], settings: Settings) -> pl.DataFrame:
    """Return TEXTS for these layers; what compares meanings needs a run, which keeps its vectors."""
    rungs, kinds = asked_of(layers.values())
    return group_texts(posts.lazy(), settings.text, rungs=rungs, kinds=kinds, memory=settings.run.memory).texts


def _linked(traced: Traced, layer: LayerSettings, name: str, settings: Settings) -> Layer:
    pairs = [PAIRS.empty()]
    with tempfile.TemporaryDirectory() as scratch:
        beside = Beside.of(traced.order, traced.own, Path(scratch), settings.run.disk)
        linked = link(
            traced.traces, traced.objects, layer,
            name=name, memory=settings.run.memory, sink=pairs.append, beside=beside,
        )  # fmt: skip
    return Layer(layer, traced, linked.edges, pl.concat(pairs))


def _edges(layers: Mapping[str, Layer]) -> pl.DataFrame:
    return pl.concat([EDGES.empty(), *(layer.edges for layer in layers.values())])


def _evidence(layers: Mapping[str, Layer]) -> dict[str, pl.LazyFrame]:
    return {name: layer.pairs.lazy() for name, layer in layers.items()}


def _settings(layers: Mapping[str, Layer]) -> dict[str, LayerSettings]:
    return {name: layer.settings for name, layer in layers.items()}


def _shown(frame: pl.DataFrame) -> str:
    return str(frame.head(10)._repr_html_())
