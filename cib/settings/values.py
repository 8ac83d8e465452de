"""The kinds of value a config holds: times with a unit, sizes with a unit, shares."""

from datetime import timedelta
from math import isfinite
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

__all__ = ["Bytes", "Kind", "Section", "Share", "Stratum", "Width", "Window"]

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
Width = Annotated[
    timedelta,
    Field(ge=timedelta(seconds=1), le=timedelta(days=1)),
    BeforeValidator(_window, json_schema_input_type=str),
    PlainSerializer(_window_text, return_type=str),
]
Bytes = Annotated[int, BeforeValidator(_bytes, json_schema_input_type=str | int), Field(gt=0)]
Kind = Literal["original", "repost", "reply", "quote"]
Stratum = Literal["language", "week", "hour"]
Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A part of the config: frozen, with no keys but its own."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, strict=False, allow_inf_nan=False
    )
