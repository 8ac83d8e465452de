"""The detection config: what runs, on what, with which windows and thresholds.

A config is a TOML file. Every key has a type, a range, a default and a sentence; unknown keys are
refused with the nearest known one and the line (see :mod:`cib.config`). The models are frozen, so a
run cannot change its own settings, and each stage sees only its section, which is also what its
cached result is keyed by.
"""

from datetime import timedelta
from math import isfinite
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from cib.tables import KINDS

__all__ = [
    "AccountSettings",
    "GraphSettings",
    "InputSettings",
    "LayerSettings",
    "NetworkSettings",
    "ReportSettings",
    "RunSettings",
    "Settings",
    "default_layers",
]

_UNITS: Final = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}
_SIZES: Final = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def _split_unit(text: str, units: dict[str, Any], what: str) -> float:
    for unit in sorted(units, key=len, reverse=True):
        number = text.strip().removesuffix(unit)
        if number != text.strip():
            try:
                value = float(number) * float(units[unit])
            except ValueError:
                break
            if isfinite(value):
                return value
            break
    msg = f"must be {what}, a number followed by one of {', '.join(units)}"
    raise ValueError(msg)


def _window(value: object) -> object:
    """Read '60s', '5min', '1.5h', '1d' or 'none' (no window: the same object at any time)."""
    if not isinstance(value, str):
        return value
    if value.strip() == "none":
        return None
    try:
        return timedelta(seconds=_split_unit(value, _UNITS, "'none' or a time"))
    except OverflowError as error:
        msg = "must be 'none' or a time of less than a million years"
        raise ValueError(msg) from error


def _window_text(value: timedelta | None) -> str:
    return "none" if value is None else f"{value.total_seconds():.6f}".rstrip("0").rstrip(".") + "s"


def _bytes(value: object) -> object:
    return int(_split_unit(value, _SIZES, "a size")) if isinstance(value, str) else value


Window = Annotated[
    Annotated[timedelta, Field(ge=timedelta(0))] | None,
    BeforeValidator(_window, json_schema_input_type=str),
    PlainSerializer(_window_text, return_type=str),
]
Bytes = Annotated[int, BeforeValidator(_bytes, json_schema_input_type=str | int), Field(gt=0)]
Kind = Literal["original", "repost", "reply", "quote"]
Stratum = Literal["language", "week", "hour"]
Share = Annotated[float, Field(ge=0, le=1)]

_NOT_REPOSTS: Final[tuple[Kind, ...]] = ("original", "reply", "quote")


class _Section(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, strict=False, allow_inf_nan=False
    )


class InputSettings(_Section):
    """Which files are read, and how."""

    files: tuple[str, ...] = ()
    """Files, folders or globs, relative to the config's folder; CSV, TSV, NDJSON or Parquet, also as .gz or .zst."""
    format: str = "auto"
    """Name of a reader (`cib inspect` lists them), or 'auto': the one that recognises the file's columns."""
    platform: str = ""
    """Platform of the accounts, for formats that do not name it; part of every account_id. '' leaves it to the
    reader."""
    columns: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    """Field of cib = column of the file, or several columns for a list field. What is not mapped is guessed and
    shown."""
    timezone: str = ""
    """Zone of times that carry none, such as 'UTC' or 'Europe/Berlin'. '' refuses such times."""
    time_format: str = ""
    """strptime pattern of the times; '' recognises ISO 8601, Unix seconds and milliseconds, and the platforms' own."""
    encoding: str = "utf-8"
    """Character encoding of text files."""
    delimiter: str = ""
    """Column separator of text files; '' takes it from the file's name and header."""
    list_separator: str = ""
    """Separator inside list cells (urls, hashtags, ...); '' takes JSON lists, '[a, b]', and blanks, commas, '|'
    or ';'."""
    accounts: tuple[str, ...] = ()
    """Files with an account table, joined by account_id; posts by accounts that are not in it are kept and counted."""
    account_columns: dict[str, str] = Field(default_factory=dict)
    """Field of the account table = column of those files."""
    exact_repeats: Literal["drop", "keep"] = "drop"
    """Rows of a source without post ids that repeat account, time and text: one act seen twice, or two acts."""
    damaged_ids: Literal["refuse", "keep"] = "refuse"
    """Ids that a spreadsheet rounded ('7.30E+17'): refused row by row, or kept as written (two accounts may
    share one)."""
    max_field_bytes: Bytes = 1_000_000
    """A row with a longer field is refused."""


class LayerSettings(_Section):
    """One kind of shared act, and when two accounts count as linked by it."""

    trace: str = ""
    """What is shared: url, domain, hashtag, mention, repost, reply, text, media, object or timing. '' takes the
    layer's name."""
    enabled: bool = True
    """false leaves the layer out."""
    kinds: tuple[Kind, ...] = _NOT_REPOSTS
    """Kinds of post that count. Reposts carry somebody else's links and words, so they count in the repost
    layer alone."""
    min_words: Annotated[int, Field(ge=0)] = 0
    """Texts with fewer words are too common to mean anything (text, and reposts known only by their text)."""
    repeats: Literal["once", "keep"] = "once"
    """Rows that repeat account, post and object: one act, or as many as there are rows."""
    window: Window = timedelta(seconds=60)
    """Longest time between two acts on one object, inclusive; 'none': at any time. Wider links more, and means less."""
    min_objects: Annotated[int, Field(ge=1)] = 2
    """Distinct objects two accounts must share inside the window. Higher is stricter."""
    max_accounts: Annotated[int, Field(ge=0)] = 0
    """Objects with more accounts than this are left out as viral, and counted in the ledger; 0: no cap."""
    min_acts: Annotated[int, Field(ge=1)] = 1
    """Acts an account must have in the layer, and again in posts that pair up with somebody's. Higher is stricter."""
    participation: Literal["both", "either"] = "both"
    """Whether both accounts of a pair need min_acts, or one of them (which is how CooRTweet counts)."""
    strata: tuple[Stratum, ...] = ()
    """Chance is judged within objects that are alike in these: language, week, hour of the calendar. Strata
    that a campaign fills by itself hide it."""
    reliability: Share = 1.0
    """How much the layer's evidence counts in the fused graph."""
    supporting: bool = False
    """true: strengthens edges that other layers make, never makes one."""

    @model_validator(mode="after")
    def _kinds_known(self) -> "LayerSettings":
        if not self.kinds:
            msg = f"kinds must name at least one of {', '.join(KINDS)}"
            raise ValueError(msg)
        return self


def default_layers() -> dict[str, LayerSettings]:
    """Return the layers that run when the config names none.

    Windows, minimum support and reliability follow the published settings that METHODS in docs/
    lists for each kind of act; the reasons stand beside each line of configs/default.toml.
    """
    every: tuple[Kind, ...] = KINDS
    return {
        "repost": LayerSettings(kinds=("repost",), min_words=3, window=timedelta(seconds=60), min_objects=3),
        "url": LayerSettings(window=timedelta(hours=1), min_objects=3),
        "text": LayerSettings(min_words=5, window=timedelta(days=1), min_objects=2),
        "reply": LayerSettings(kinds=("reply",), window=timedelta(minutes=5), min_objects=3, reliability=0.8),
        "media": LayerSettings(window=timedelta(hours=1), min_objects=2),
        "object": LayerSettings(kinds=every, window=timedelta(seconds=60), min_objects=2),
        "mention": LayerSettings(window=None, min_objects=5, reliability=0.5),
        "hashtag": LayerSettings(window=None, min_objects=5, reliability=0.3),
        "domain": LayerSettings(window=timedelta(minutes=5), min_objects=5, reliability=0.3, supporting=True),
        "timing": LayerSettings(
            kinds=every, window=None, min_objects=8, strata=("hour",), reliability=0.3, supporting=True
        ),
    }


class GraphSettings(_Section):
    """Which edges are believed, and how layers add up to one weight."""

    q: Annotated[float, Field(gt=0, le=1)] = 0.01
    """A layer's edge counts if its false-discovery rate is at most this. Lower is stricter; 1 keeps all."""
    min_weight: Annotated[float, Field(ge=0)] = 2.0
    """A layer's edge counts if it carries at least this many nats of evidence."""
    min_acts: Annotated[int, Field(ge=1)] = 2
    """Independent acts an edge must rest on, over all its layers: one post with five shared hashtags is one act."""
    min_layers: Annotated[int, Field(ge=1)] = 1
    """Layers that must agree on an edge."""
    layer_bonus: Annotated[float, Field(ge=0)] = 0.25
    """Each layer after the first raises the fused weight by this share: independent acts that agree are rarer
    than more of one act."""


class NetworkSettings(_Section):
    """How dense groups are found and ranked."""

    resolution: Annotated[float, Field(gt=0)] = 0.5
    """Leiden's resolution of modularity: higher gives more and smaller networks."""
    min_accounts: Annotated[int, Field(ge=2)] = 3
    """Smaller groups are not reported."""
    seeds: Annotated[int, Field(ge=1, le=1000)] = 10
    """Leiden is run with this many seeds; the best partition is kept, the others tell how stable it is."""


class AccountSettings(_Section):
    """What is said about single accounts."""

    min_posts: Annotated[int, Field(ge=2)] = 36
    """Indicators that need a history say 'insufficient data' below this many posts."""
    outlier_share: Annotated[float, Field(gt=0, le=0.5)] = 0.05
    """Share of accounts that the outlier model is told to expect; it sets a threshold, not a truth."""


class ReportSettings(_Section):
    """What the page shows."""

    title: str = ""
    """Title of the page; '' takes the config's name."""
    networks: Annotated[int, Field(ge=1)] = 20
    """Networks shown in full; all are in the tables."""
    posts: Annotated[int, Field(ge=0)] = 6
    """Pairs of posts quoted for each network."""
    figure_formats: tuple[Literal["png", "svg"], ...] = ("png", "svg")
    """Formats of the figures' files."""


class RunSettings(_Section):
    """What holds for the whole run."""

    memory: Bytes = 2_000_000_000
    """Bound for the working memory of one step, such as '2GB'; larger work is done in batches."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Seed of everything random: same inputs, settings and seed give the same bytes."""


class Settings(_Section):
    """A whole detection config."""

    run: RunSettings = RunSettings()
    input: InputSettings = InputSettings()
    layers: dict[str, LayerSettings] = Field(default_factory=default_layers)
    """The layers that run. Naming any replaces the default set; a layer starts from its trace's defaults."""
    graph: GraphSettings = GraphSettings()
    networks: NetworkSettings = NetworkSettings()
    accounts: AccountSettings = AccountSettings()
    report: ReportSettings = ReportSettings()

    @model_validator(mode="before")
    @classmethod
    def _start_from_defaults(cls, data: Any) -> Any:
        """Fill each named layer with the defaults of its trace, so that a config states only what differs."""
        layers = data.get("layers") if isinstance(data, dict) else None
        if not isinstance(layers, dict):
            return data
        defaults = default_layers()
        filled = {}
        for name, layer in layers.items():
            if isinstance(layer, LayerSettings):
                filled[name] = layer.model_dump()
                continue
            if not isinstance(layer, dict):
                filled[name] = layer
                continue
            trace = layer.get("trace") or name
            base = defaults.get(trace, LayerSettings()).model_dump()
            filled[name] = base | {"trace": trace} | layer
        return data | {"layers": filled}

    @property
    def active_layers(self) -> dict[str, LayerSettings]:
        """The layers that run, by name, each with its trace filled in."""
        return {
            name: layer.model_copy(update={"trace": layer.trace or name})
            for name, layer in self.layers.items()
            if layer.enabled
        }
