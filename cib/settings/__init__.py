"""The detection config: what runs, on what, with which windows and thresholds.

A config is a TOML file. Every key has a type, a range, a default and a sentence; unknown keys are
refused with the nearest known one and the line (see :mod:`cib.config`). The models are frozen, so a
run cannot change its own settings, and each stage sees only its section, which is also what its
cached result is keyed by.
"""

from typing import Any

from pydantic import Field, model_validator

from cib.settings.layer import COMBINED, KeepRule, LayerSettings, default_layers
from cib.settings.privacy import PrivacySettings
from cib.settings.sections import (
    AccountSettings,
    ControlSettings,
    CoTimingSettings,
    GraphSettings,
    InputSettings,
    ListSettings,
    MethodSettings,
    NetworkSettings,
    ReportSettings,
    RunSettings,
    SourceSettings,
)
from cib.settings.spark import SparkSettings
from cib.settings.text import TextSettings
from cib.settings.tune import TuneSettings
from cib.settings.values import Section
from cib.settings.verdicts import VerdictSettings

__all__ = [
    "COMBINED",
    "AccountSettings",
    "CoTimingSettings",
    "ControlSettings",
    "GraphSettings",
    "InputSettings",
    "KeepRule",
    "LayerSettings",
    "ListSettings",
    "MethodSettings",
    "NetworkSettings",
    "PrivacySettings",
    "ReportSettings",
    "RunSettings",
    "Settings",
    "SourceSettings",
    "SparkSettings",
    "TextSettings",
    "TuneSettings",
    "VerdictSettings",
    "default_layers",
]


class Settings(Section):
    """A whole detection config."""

    run: RunSettings = RunSettings()
    spark: SparkSettings = SparkSettings()
    input: InputSettings = InputSettings()
    block: ListSettings = ListSettings()
    """Names to leave out."""
    allow: ListSettings = ListSettings()
    """Names to keep to: of a kind that is listed here, whatever is not listed is left out."""
    layers: dict[str, LayerSettings] = Field(default_factory=default_layers)
    """The layers that run. Naming any replaces the default set; a layer that is named starts from its trace's defaults
    and runs."""
    text: TextSettings = TextSettings()
    graph: GraphSettings = GraphSettings()
    networks: NetworkSettings = NetworkSettings()
    control: ControlSettings = ControlSettings()
    accounts: AccountSettings = AccountSettings()
    co_timing: CoTimingSettings = CoTimingSettings()
    report: ReportSettings = ReportSettings()
    privacy: PrivacySettings = PrivacySettings()
    method: MethodSettings = MethodSettings()
    verdicts: VerdictSettings = VerdictSettings()
    tune: TuneSettings = TuneSettings()

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
            filled[name] = base | {"trace": trace, "enabled": True} | layer
        return data | {"layers": filled}

    @property
    def active_layers(self) -> dict[str, LayerSettings]:
        """The layers that run, by name, each with its trace filled in."""
        return {
            name: layer.model_copy(update={"trace": layer.trace or name})
            for name, layer in self.layers.items()
            if layer.enabled
        }
