"""Detection configs as files: reading, checking, writing (the settings themselves are in :mod:`cib.settings`).

A bad config is refused once, with everything that is wrong in it: one sentence a problem, with the
file and the line, the full name of the key, the rule, and what was found. An unknown name comes with
the nearest known one. A problem inside a value is reported at the line of its key.
"""

import json
import re
import textwrap
import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from cib.config.lines import KeyPath, key_lines
from cib.errors import ConfigError
from cib.settings import Settings

__all__ = ["changed", "defaults", "dump", "load", "load_as", "schema"]

Problem: TypeAlias = tuple[KeyPath, str]
_Model = TypeVar("_Model", bound=BaseModel)

_OVERRIDE: Final = 0
"""Stands in for the line of a value that came from the command line."""

_WIDTH: Final = 118
_SHOWN: Final = 60
_LAYER_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")


def load(path: Path, *, traces: Collection[str] = (), overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read a detection config, or say everything that is wrong with it.

    Parameters
    ----------
    path : a TOML file in UTF-8.
    traces : names of the known traces; a layer must use one of them. Empty: layer names are not checked.
    overrides : values that replace the file's, by dotted key: ``{"run.seed": 3}``.

    Returns
    -------
    The settings; paths in ``input.files`` are as written, relative to the config's folder.

    Raises
    ------
    ConfigError
        The file is missing, unreadable, not UTF-8 or not TOML, or a value breaks its rule; one line
        a problem, in the order of the file.
    """
    document, lines = _documented(path, overrides or {})
    problems = list(_layer_problems(document, traces))
    return _sound(_runnable(document, problems), path, lines, problems)


def load_as(model: type[_Model], path: Path | None, overrides: Mapping[str, Any] | None = None) -> _Model:
    """Read a file of other settings, such as a synthetic world, by the same rules as :func:`load`.

    Without a path the defaults stand, and `overrides` on them.
    """
    document, lines = _documented(path, overrides or {})
    problems: list[Problem] = []
    return _sound(_validated(model, document, problems), path or Path("command line"), lines, problems)


def changed(settings: Settings, values: Mapping[str, Any], *, traces: Collection[str] = ()) -> Settings:
    """Return the settings with some values replaced, by dotted key, checked as those of a file.

    Raises
    ------
    ConfigError
        A key is unknown, or a value breaks its rule.
    """
    document = settings.model_dump(mode="json")
    lines: dict[KeyPath, int] = {}
    for key, value in values.items():
        keys = tuple(key.split("."))
        _put(document, keys, value)
        lines[keys] = _OVERRIDE
    problems = list(_layer_problems(document, traces))
    return _sound(_runnable(document, problems), Path("command line"), lines, problems)


def defaults() -> str:
    """Return the default config as TOML, each key with its meaning above it; it loads as ``Settings()``.

    The keys of a layer are explained at the first layer.
    """
    return _document(Settings(), comments=True)


def dump(settings: BaseModel) -> str:
    """Return the settings as plain TOML, every key stated; it loads as the same settings."""
    return _document(settings, comments=False)


def schema() -> dict[str, Any]:
    """Return the JSON schema of a config, for editors and other tools."""
    return Settings.model_json_schema()


# Reading ------------------------------------------------------------------------------------------


def _documented(path: Path | None, overrides: Mapping[str, Any]) -> tuple[dict[str, Any], dict[KeyPath, int]]:
    """Return a file's values, replaced where the command line says so, and the line of each."""
    text = _read(path) if path is not None else ""
    document, lines = _parse(text, path or Path()), key_lines(text)
    for key, value in overrides.items():
        keys = tuple(key.split("."))
        _put(document, keys, value)
        lines[keys] = _OVERRIDE
    return document, lines


def _runnable(document: dict[str, Any], problems: list[Problem]) -> Settings | None:
    """Return settings with something to run, or None and add what is wrong with them."""
    settings = _validated(Settings, document, problems)
    if settings is not None and not settings.active_layers:
        problems.append((("layers",), "must hold at least one layer that is enabled."))
    return settings


def _validated(model: type[_Model], document: dict[str, Any], problems: list[Problem]) -> _Model | None:
    """Return the settings, or None and add what is wrong with them."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        problems += _rule_problems(error, document, model)
    return None


def _sound(settings: _Model | None, path: Path, lines: dict[KeyPath, int], problems: list[Problem]) -> _Model:
    if settings is None or problems:
        raise ConfigError("\n".join(_sentences(path, lines, problems)))
    return settings


def _read(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        near = {p.name: str(p.relative_to(path.parent)) for p in path.parent.glob("configs/*.toml")}
        near |= {p.name: p.name for p in path.parent.glob("*.toml")}
        meant = get_close_matches(path.with_suffix(".toml").name, sorted(near), n=1)
        msg = f"{path}: there is no such config." + "".join(f" Did you mean '{near[name]}'?" for name in meant)
        raise ConfigError(msg) from None
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}). Name a file that you may read."
        raise ConfigError(msg) from error
    try:
        # utf-8-sig: editors on Windows put a byte-order mark before the first key.
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        msg = f"{path}:{line}: a config must be UTF-8, but byte 0x{raw[error.start]:02x} is not. Save it as UTF-8."
        raise ConfigError(msg) from error


def _parse(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        msg = f"{path}: is nested too deeply to be read. Write it anew; `cib config` prints one."
        raise ConfigError(msg) from error
    except ValueError as error:  # TOMLDecodeError, and numbers that Python refuses to convert
        found = re.fullmatch(r"(?s)(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
        what, line, column = found.groups() if found else (str(error), None, None)
        where = f"{path}:{line or text.count(chr(10)) + 1}"
        msg = f"{where}: is not valid TOML: {what}{f' (column {column})' if column else ''}."
        raise ConfigError(msg) from error


def _put(document: dict[str, Any], keys: tuple[str, ...], value: object) -> None:
    *tables, last = keys
    for key in tables:
        if not isinstance(document.get(key), dict):
            document[key] = {}
        document = document[key]
    document[last] = list(value) if isinstance(value, tuple) else value


# Checking -----------------------------------------------------------------------------------------


def _layer_problems(document: dict[str, Any], traces: Collection[str]) -> Iterator[Problem]:
    """Yield what only this file can check of a layer: its name and its trace."""
    layers = document.get("layers")
    for name, layer in layers.items() if isinstance(layers, dict) else ():
        if not _LAYER_NAME.fullmatch(name):
            # Layers name files of the run.
            yield ("layers", name), "must be named with letters, digits, '-' and '_' alone."
        if not isinstance(layer, dict):
            continue
        trace = layer.get("trace", "")
        if not isinstance(trace, str):
            del layer["trace"]
            yield ("layers", name, "trace"), f"must be text in quotes. Got {_shown(trace)}."
        elif unknown := [part for part in (trace or name).split("+") if traces and part not in traces]:
            known = f"{_hint(unknown[0], traces)} Known traces: {', '.join(sorted(traces))}."
            if trace:
                yield ("layers", name, "trace"), f"must be a known trace. Got {_shown(trace)}.{known}"
            else:
                yield ("layers", name), f"is not a known trace, and the layer names none by `trace`.{known}"


def _rule_problems(error: ValidationError, document: dict[str, Any], model: type[BaseModel]) -> list[Problem]:
    """Return the validator's findings, one for each key."""
    rules: dict[KeyPath, list[str]] = {}
    remarks: dict[KeyPath, str] = {}
    for detail in error.errors(include_url=False):
        path = _within(document, detail["loc"])
        rules.setdefault(path, []).append(_rule(dict(detail), _schema_at(path, model)))
        remarks[path] = _remark(dict(detail), path, model)
    # A value that may be one thing or another fails once for each; what fails deeper inside says more.
    deepest = [path for path in rules if not any(other[: len(path)] == path != other for other in rules)]
    return [(path, f"{' or '.join(rules[path]).replace(' or must be ', ' or ')}.{remarks[path]}") for path in deepest]


def _within(document: dict[str, Any], location: KeyPath) -> KeyPath:
    """Return the part of a validator's location that is in the document (the rest names types)."""
    node: Any = document
    path: KeyPath = ()
    for part in location:
        children = dict(enumerate(node)) if isinstance(node, list) else node
        if isinstance(children, dict) and part in children:
            node = children[part]
            path += (part,)
    return path


_TYPES: Final = {
    "bool": "must be true or false",
    "dict": "must be a table",
    "finite": "must be a finite number",
    "float": "must be a number",
    "int": "must be a whole number",
    "model": "must be a table",
    "string": "must be text in quotes",
    "tuple": "must be a list",
}


def _rule(detail: dict[str, Any], node: dict[str, Any]) -> str:
    """Return the broken rule in words."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return "is not a known key"
    if kind == "literal_error":
        return f"must be {context['expected']}"
    if kind == "value_error":
        return str(context["error"])
    limits = _limits(node, context)
    if kind.startswith(("greater", "less")) and limits:
        return f"must be {limits}"
    word = _TYPES.get(kind.split("_")[0])
    return ", ".join(filter(None, [word, limits])) if word else str(detail["msg"])


def _remark(detail: dict[str, Any], path: KeyPath, model: type[BaseModel]) -> str:
    """Return what was found, and the nearest thing that is allowed."""
    if detail["type"] == "extra_forbidden":
        known = list(_schema_at(path[:-1], model).get("properties", {}))
        return _hint(str(path[-1]), known) or f" Known here: {', '.join(known)}."
    if isinstance(detail["input"], dict):
        return ""
    return f" Got {_shown(detail['input'])}.{_hint(str(detail['input']), _schema_at(path, model).get('enum', ()))}"


def _limits(node: dict[str, Any], context: dict[str, Any]) -> str:
    """Return the allowed range in words; '' if there is none."""
    at_least, above = node.get("minimum", context.get("ge")), node.get("exclusiveMinimum", context.get("gt"))
    at_most = node.get("maximum", context.get("le"))
    if at_least is not None:
        return f"{at_least} or more" if at_most is None else f"between {at_least} and {at_most}"
    if above is not None:
        return f"more than {above}" + ("" if at_most is None else f" and at most {at_most}")
    return "" if at_most is None else f"at most {at_most}"


@cache
def _whole_schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _schema_at(path: KeyPath, model: type[BaseModel]) -> dict[str, Any]:
    """Return the part of the schema that describes a key; empty where the schema does not say."""
    node = whole = _whole_schema(model)
    for part in path:
        node = node.get("properties", {}).get(part) or node.get("additionalProperties") or node.get("items") or {}
        if not isinstance(node, dict):
            return {}
        if "$ref" in node:
            node = whole["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    return node


def _hint(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f" Did you mean '{near[0]}'?" if near else ""


def _sentences(path: Path, lines: dict[KeyPath, int], problems: list[Problem]) -> list[str]:
    """Return the problems as lines of text, in the order of the file."""
    placed = [(_line(lines, keys), f"{_name(keys)} {problem}") for keys, problem in problems]
    where = {_OVERRIDE: f"{path} (overridden)", None: str(path)}
    return [f"{where.get(line, f'{path}:{line}')}: {text}" for line, text in sorted(placed, key=lambda p: p[0] or 0)]


def _line(lines: dict[KeyPath, int], keys: KeyPath) -> int | None:
    known = (lines[keys[:depth]] for depth in range(len(keys), 0, -1) if keys[:depth] in lines)
    return next(known, None)


def _name(keys: KeyPath) -> str:
    """Return a key's full path as a reader writes it: layers.url.kinds[2]."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{_key(key)}" for key in keys).removeprefix(".")


def _shown(value: object) -> str:
    text = str(value) if type(value) is int else _value(value)
    return textwrap.shorten(text, _SHOWN, placeholder=" ...")


# Writing ------------------------------------------------------------------------------------------


def _document(settings: BaseModel, *, comments: bool) -> str:
    blocks = []
    explained: set[type[BaseModel]] = set()
    for name, section in settings:
        if isinstance(section, BaseModel):
            tables = {name: section}
        else:
            tables = {f"{name}.{_key(layer)}": table for layer, table in section.items()}
        for title, table in tables.items():
            blocks.append(_table(title, table, comments=comments and type(table) not in explained))
            explained.add(type(table))
    return "\n\n".join(blocks) + "\n"


def _table(title: str, section: BaseModel, *, comments: bool) -> str:
    rows = [*_comment(section.__doc__, comments=comments), f"[{title}]"]
    for key, field in type(section).model_fields.items():
        rows += _comment(field.description, comments=comments)
        rows.append(f"{key} = {_value(getattr(section, key))}")
    return "\n".join(rows)


def _comment(text: str | None, *, comments: bool) -> list[str]:
    return [f"# {row}" for row in textwrap.wrap(text or "", _WIDTH)] if comments else []


def _value(value: object) -> str:
    """Return a value as TOML; a window as the largest unit that divides it."""
    if value is None or isinstance(value, timedelta):
        return f'"{_time(value)}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, BaseModel):
        value = dict(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        # A JSON string is a TOML string, but for the one control character that JSON lets stand.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"{value:_}" if isinstance(value, int) else str(value)


def _time(window: timedelta | None) -> str:
    if window is None:
        return "none"
    units = {"d": timedelta(days=1), "h": timedelta(hours=1), "min": timedelta(minutes=1), "s": timedelta(seconds=1)}
    for unit, length in units.items():
        if window and window % length == timedelta(0):
            return f"{window // length}{unit}"
    return f"{window.total_seconds()}s"


def _key(name: str) -> str:
    return name if _LAYER_NAME.fullmatch(name) else _value(name)
