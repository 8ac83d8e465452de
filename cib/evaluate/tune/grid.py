"""The grid: keys of a config, the values that are tried of each, and which combinations are neighbours."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any, Final

from cib import config as configs
from cib.errors import ConfigError
from cib.evaluate.simulate.tables import stream
from cib.settings import Settings
from cib.traces import TRACES

__all__ = ["Axis", "Cell", "axes_of", "cells_of", "neighbours", "shown"]

_DEFAULT: Final[dict[str, tuple[Any, ...]]] = {
    "layers.*.window": ("1min", "10min", "1h", "1d"),
    "layers.*.min_objects": (2, 3),
    "graph.q": (0.05, 1.0),
}
_TIMES: Final = ("ms", "s", "min", "h", "d")


@dataclass(frozen=True)
class Axis:
    """One key and the values that are tried of it.

    Attributes
    ----------
    key : dotted; a '*' in the place of a layer's name stands for all `layers`.
    values : as in TOML; numbers and times ascending.
    ordered : whether only adjacent values are neighbours; else all are.
    layers : layers that a '*' means.
    """

    key: str
    values: tuple[Any, ...]
    ordered: bool
    layers: tuple[str, ...] = ()

    def set_to(self, value: Any) -> dict[str, Any]:
        """Return the keys that a value goes to."""
        if "*" not in self.key:
            return {self.key: value}
        return {self.key.replace("*", layer, 1): value for layer in self.layers}


@dataclass(frozen=True)
class Cell:
    """One combination.

    Attributes
    ----------
    place : number of the value on each axis; none: the config as it is, which is no combination of the grid.
    settings : a whole config.
    given : whether it is the config as it is.
    """

    place: tuple[int, ...] | None
    settings: Settings
    given: bool = False


def axes_of(settings: Settings, asked: Sequence[str] = ()) -> list[Axis]:
    """Return the axes that are asked for, else those of [tune.grid], else the default ones.

    Parameters
    ----------
    settings : of which layers run, and what they are.
    asked : each KEY=VALUE,VALUE,...; values as in TOML, text without quotes too.

    Raises
    ------
    ConfigError
        One of `asked` is no such thing, or a '*' means no layer.
    """
    wanted = dict(map(_parsed, asked)) or dict(settings.tune.grid) or _DEFAULT
    return [_axis(settings, key, values) for key, values in wanted.items()]


def _parsed(text: str) -> tuple[str, tuple[Any, ...]]:
    key, equals, values = text.partition("=")
    if not (key.strip() and equals and values.strip()):
        msg = f"--grid takes KEY=VALUE,VALUE,..., such as layers.url.window=10s,60s,10min. Got '{text}'."
        raise ConfigError(msg)
    return key.strip(), tuple(map(_toml, _split(values)))


def _split(text: str) -> Iterator[str]:
    """Yield what stands between commas that are in no brackets.

    >>> list(_split("[1, 2],[3]")), list(_split("10s, 60s"))
    (['[1, 2]', '[3]'], ['10s', '60s'])
    """
    depth, part = 0, ""
    for letter in text:
        depth += (letter in "[{") - (letter in "]}")
        if letter == "," and not depth:
            yield part.strip()
            part = ""
        else:
            part += letter
    yield part.strip()


def _toml(text: str) -> Any:
    """Return a value of TOML, or the text itself where it is none."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _axis(settings: Settings, key: str, values: Sequence[Any]) -> Axis:
    layers = tuple(_meant(settings, key)) if "*" in key else ()
    if "*" in key and (not key.startswith("layers.*.") or not layers):
        msg = f"'{key}' means no layer: '*' stands for the layers that run, as in layers.*.window."
        raise ConfigError(msg)
    unique = list(dict.fromkeys(map(_frozen, values)))
    sizes = [_size(value) for value in unique]
    if all(size is not None for size in sizes):
        order = sorted(range(len(unique)), key=lambda n: sizes[n] or 0.0)
        return Axis(key, tuple(unique[n] for n in order), ordered=True, layers=layers)
    return Axis(key, tuple(unique), ordered=any(isinstance(value, tuple) for value in unique), layers=layers)


def _meant(settings: Settings, key: str) -> Iterator[str]:
    """Yield the layers that a '*' means: those that run; of windows only those that have one."""
    for name, layer in settings.active_layers.items():
        if not (key.endswith(".window") and layer.window is None):
            yield name


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _size(value: Any) -> float | None:
    """Return a number, or the seconds of a time; None for anything else. 'none', for a window, is the longest."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if not isinstance(value, str):
        return None
    if value == "none":
        return float("inf")
    for unit, seconds in zip(_TIMES[::-1], (86400.0, 3600.0, 60.0, 1.0, 0.001), strict=True):
        if value.endswith(unit):
            try:
                return float(value.removesuffix(unit)) * seconds
            except ValueError:
                continue
    return None


def cells_of(settings: Settings, axes: Sequence[Axis], most: int) -> list[Cell]:
    """Return the cells: the config as it is first, then the combinations in an order that is spread over the grid.

    Of more than `most` combinations so many are drawn.

    Raises
    ------
    ConfigError
        A key is unknown, or a value breaks its rule.
    """
    places = list(product(*(range(len(axis.values)) for axis in axes)))
    order = stream(settings.run.seed, "grid").permutation(len(places))
    drawn = [Cell(places[n], _changed(settings, axes, places[n])) for n in order[:most]]
    same = [cell for cell in drawn if cell.settings == settings]
    given = Cell(same[0].place if same else None, settings, given=True)
    return [given, *(cell for cell in drawn if cell.settings != settings)]


def _changed(settings: Settings, axes: Sequence[Axis], place: tuple[int, ...]) -> Settings:
    values: dict[str, Any] = {}
    for axis, number in zip(axes, place, strict=True):
        value = axis.values[number]
        values |= axis.set_to(list(value) if isinstance(value, tuple) else value)
    return configs.changed(settings, values, traces=TRACES)


def neighbours(cells: Sequence[Cell], axes: Sequence[Axis]) -> list[list[int]]:
    """Return for each cell the numbers of those that differ by one step on one axis.

    Examples
    --------
    >>> two = [Axis("a", (1, 2, 3), ordered=True), Axis("b", ("x", "y"), ordered=False)]
    >>> places = [(0, 0), (1, 0), (2, 0), (0, 1), None]
    >>> neighbours([Cell(place, Settings()) for place in places], two)
    [[1, 3], [0, 2], [1], [0], []]
    """
    number = {cell.place: n for n, cell in enumerate(cells) if cell.place is not None}
    return [sorted(number[place] for place in _around(cell.place, axes) if place in number) for cell in cells]


def _around(place: tuple[int, ...] | None, axes: Sequence[Axis]) -> Iterator[tuple[int, ...]]:
    for n, axis in enumerate(axes if place is not None else ()):
        here = place[n] if place is not None else 0
        steps = (here - 1, here + 1) if axis.ordered else range(len(axis.values))
        for step in steps:
            if place is not None and 0 <= step < len(axis.values) and step != here:
                yield (*place[:n], step, *place[n + 1 :])


def shown(value: Any) -> str:
    """Return a value as one writes it on the command line.

    >>> shown("10s"), shown((1.0, 5.0)), shown(True), shown(0.05)
    ('10s', '[1, 5]', 'true', '0.05')
    """
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)
