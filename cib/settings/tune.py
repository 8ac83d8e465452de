"""What `cib tune` tries, and what it asks of settings before it recommends them."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, model_validator

from cib.settings.values import Section, Share, Window

__all__ = ["TuneSettings"]


class TuneSettings(Section):
    """Which settings `cib tune` tries on the data, and by what it chooses; a run does not read it."""

    grid: dict[str, Annotated[tuple[Any, ...], Field(min_length=1)]] = Field(default_factory=dict)
    """Key of this config by its dotted path = values to try, every combination of all keys; '*' in the place of a
    layer's name means all that run. Empty: windows, least objects, and the false-discovery rate of links."""
    false_alarms: Annotated[float, Field(ge=0)] = 0.05
    """False networks a run, on shuffled data, that recommended settings may give. Lower is stricter."""
    within: Share = 0.03
    """Settings whose power is lower than the best by at most this count as as good; of these the middle of a plateau is
    taken. 0: the best, wherever it stands."""
    sizes: Annotated[tuple[Annotated[int, Field(ge=2, le=5000)], ...], Field(min_length=1)] = (5, 20, 50)
    """Accounts of the planted campaigns. Power is the share found of all of them: name those of interest."""
    levels: Annotated[tuple[Annotated[int, Field(ge=0, le=5)], ...], Field(min_length=1)] = (2, 3, 4)
    """Levels of the planted campaigns; easier ones are found by nearly any setting, and tell none apart."""
    repetitions: Annotated[int, Field(ge=1)] = 10
    """Plantings of each size at each level, the same for all settings."""
    together: Share = 0.01
    """Most planted accounts in one copy of the data, as a share of its accounts; one campaign always fits."""
    shuffles: Annotated[int, Field(ge=1)] = 20
    """Shuffles of the data that tell false networks; the same for all settings."""
    verdicts: bool = False
    """true: what analysts said is further truth (see [verdicts]). A confirmed network that a cell reports again, and a
    rejected one that it does not, count like a planted campaign that is found; the others like one that is missed."""
    cells: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Most combinations that are tried; of a larger grid so many are drawn."""
    budget: Window = timedelta(minutes=15)
    """Time after which no trial is waited for; 'none': no bound. What is done is kept, and the next call goes on."""

    @model_validator(mode="after")
    def _bounded(self) -> "TuneSettings":
        if self.budget is not None and not self.budget:
            msg = "budget must be a time of more than 0, or 'none'"
            raise ValueError(msg)
        return self
